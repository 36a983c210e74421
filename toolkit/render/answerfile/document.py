"""Guest -> Autounattend.xml."""

from __future__ import annotations

import base64
from itertools import groupby
from typing import TYPE_CHECKING, Any

from toolkit.files import NamedFile
from toolkit.render.answerfile import (
    accounts,
    commands,
    computer,
    disk,
    drivers,
    locale,
    network,
    oobe,
    tree,
    tweaks,
    windows,
    windows11,
)
from toolkit.render.answerfile.contribution import Pass
from toolkit.render.answerfile.proof import proven
from toolkit.render.runner.carried import EXTRACT_SCRIPT
from toolkit.render.templating import render

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from toolkit.render.answerfile.contribution import Contribution
    from toolkit.spec.guest import Guest

NAME = "Autounattend.xml"
_EXTENSIONS = "urn:unattend:carried-files"  # foreign elements are allowed at the end, where they have a namespace

# The order of concerns is the order of components within a pass, and of settings within a component.
_CONCERNS = (locale, drivers, windows11, disk, windows, computer, network, tweaks, oobe, accounts, commands)


def answer_file(guest: Guest, carried: Sequence[NamedFile] = ()) -> NamedFile:
    r"""Render the answer file for `guest`, with the `carried` files in it, named below `Windows\Setup\Scripts`."""
    contributions = (contribution for concern in _CONCERNS for contribution in concern.contributions(guest))
    return NamedFile(NAME, document(guest, contributions, carried))


def document(guest: Guest, contributions: Iterable[Contribution], carried: Sequence[NamedFile] = ()) -> bytes:
    """Print the contributions, merge the user's own XML for the same passes into them, and do what comes late."""
    root = tree.parsed(
        render("answerfile/autounattend.xml.j2", passes=_passes(contributions), carried=_inside(carried))
    )
    tree.drop_empty(root)
    tree.join_lists(root)
    opening = tree.last_of_first_logon(root)
    for fragment in guest.raw:
        tree.merge(root, fragment.during, fragment.component, fragment.xml)
    tree.keep_last(opening)
    tree.number_orders(root)
    tree.for_architectures(root, guest.windows.architectures)
    return proven(tree.serialized(root), guest, name=NAME)


def _passes(contributions: Iterable[Contribution]) -> list[tuple[Pass, list[tuple[str, list[Contribution]]]]]:
    """Group the contributions: pass by pass, component by component, each component once in a pass."""
    everything = list(contributions)
    order = {name: number for number, name in reversed(list(enumerate(c.component for c in everything)))}
    everything.sort(key=lambda each: (list(Pass).index(each.during), order[each.component], each.rank))
    return [
        (during, [(name, list(same)) for name, same in groupby(group, key=lambda c: c.component)])
        for during, group in groupby(everything, key=lambda c: c.during)
    ]


def _inside(carried: Sequence[NamedFile]) -> dict[str, Any] | None:
    """Base64, because a file is bytes and XML is text."""
    if not carried:
        return None
    files = [
        {"path": file.name.replace("/", "\\"), "text": base64.b64encode(file.data).decode("ascii")} for file in carried
    ]
    return {"namespace": _EXTENSIONS, "script": EXTRACT_SCRIPT, "files": files}
