"""The last look at an answer file before anybody gets it: the catalog must have nothing to say about it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from toolkit.catalog.check import check_tree
from toolkit.catalog.elements import parsed
from toolkit.errors import ToolkitError
from toolkit.problems import Severity

if TYPE_CHECKING:
    from toolkit.problems import Problem
    from toolkit.spec.guest import Guest


_TWICE = (
    "Settings of the spec write one of them: change those, or leave it out of the fragment"
    ' (disk.layout = "none" leaves the disks to you).'
)


def proven(data: bytes, guest: Guest, *, name: str) -> bytes:
    """Give `data` back. Raises ToolkitError naming the finding where the catalog has one.

    Where the spec brings XML of its own, that is what is wrong, and only errors count: the user may want what is
    deprecated.
    """
    problems = check_tree(parsed(data), guest.windows.release.build, file=name)
    own = any(fragment.xml for fragment in guest.raw)
    found = [problem for problem in problems if not own or problem.severity is Severity.ERROR]
    if found:
        raise _refused(found, own=own)
    return data


def _refused(found: list[Problem], *, own: bool) -> ToolkitError:
    first = found[0].concise()
    more = f" (and {len(found) - 1} more)" if len(found) > 1 else ""
    if own:
        mend = _TWICE if found[0].rule == "repeated-key" else "Correct the fragment."
        return ToolkitError(
            f"the answer file would not be valid with the XML of [[raw]]: {first}{more}",
            help=f"{mend} Lines are those of the answer file that would have been written.",
        )
    return ToolkitError(
        f"the answer file would not be valid: {first}{more}",
        help="This is a mistake in unattend, not in your spec. Please report it with the spec.",
    )
