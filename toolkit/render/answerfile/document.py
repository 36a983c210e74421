"""Guest -> Autounattend.xml."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from toolkit.files import NamedFile
from toolkit.render.answerfile import accounts, commands, computer, disk, locale, tree, windows
from toolkit.render.answerfile.contribution import Pass
from toolkit.render.templating import render

if TYPE_CHECKING:
    from toolkit.render.answerfile.contribution import Contribution
    from toolkit.spec.guest import Guest

NAME = "Autounattend.xml"

# The order of concerns is the order of components within a pass, and of settings within a component.
_CONCERNS = (locale, disk, windows, computer, accounts, commands)


def answer_file(guest: Guest) -> NamedFile:
    """Render the answer file for `guest`."""
    root = tree.parsed(render("answerfile/autounattend.xml.j2", passes=_passes(guest)))
    tree.drop_empty(root)
    tree.number_orders(root)
    tree.for_architectures(root, [guest.windows.architecture])
    return NamedFile(NAME, tree.serialized(root))


def _passes(guest: Guest) -> list[tuple[Pass, list[tuple[str, list[Contribution]]]]]:
    """Group the contributions: pass by pass, component by component, each component once in a pass."""
    everything = [contribution for concern in _CONCERNS for contribution in concern.contributions(guest)]
    order = {name: number for number, name in reversed(list(enumerate(c.component for c in everything)))}
    everything.sort(key=lambda contribution: (list(Pass).index(contribution.during), order[contribution.component]))
    return [
        (during, [(name, list(same)) for name, same in groupby(group, key=lambda c: c.component)])
        for during, group in groupby(everything, key=lambda c: c.during)
    ]
