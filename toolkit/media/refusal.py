"""What cannot be put on a medium, told all at once and before a byte is written."""

from __future__ import annotations

from typing import TYPE_CHECKING

from toolkit.errors import ToolkitError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from toolkit.problems import Problem

SHOWN = 20


class MediumError(ToolkitError):
    """These files cannot be put on this medium. Holds every problem; the message tells the first `SHOWN` of them."""

    def __init__(self, medium: str, problems: Sequence[Problem]) -> None:
        super().__init__(_message(medium, problems), help=_common_help(problems))
        self.problems = tuple(problems)


def _message(medium: str, problems: Sequence[Problem]) -> str:
    if len(problems) == 1:
        return f"{medium} cannot be made: {problems[0].message}"
    told = [f"  {problem.message}" for problem in problems[:SHOWN]]
    rest = [f"  and {len(problems) - SHOWN} more"] if len(problems) > SHOWN else []
    return "\n".join([f"{medium} cannot be made, for {len(problems)} reasons:", *told, *rest])


def _common_help(problems: Sequence[Problem]) -> str | None:
    hints = dict.fromkeys(problem.help for problem in problems if problem.help)
    return " ".join(hints) or None
