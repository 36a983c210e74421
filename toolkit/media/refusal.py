"""What cannot be put on a medium, told all at once and before a byte is written."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from toolkit.errors import ToolkitError, UnreadableError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

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
    """Give every hint once, and none that another one says along with more."""
    hints = dict.fromkeys(problem.help for problem in problems if problem.help)
    return " ".join(hint for hint in hints if not any(_is_part(hint, other) for other in hints)) or None


def _is_part(hint: str, other: str) -> bool:
    return hint != other and other.startswith(hint.removesuffix("."))


@contextlib.contextmanager
def told_of(path: Path) -> Iterator[None]:
    """Have what goes wrong while an image is read say which image that was, where it does not already."""
    try:
        yield
    except MediumError:
        raise
    except UnreadableError as err:
        if str(path) in err.message:
            raise
        raise UnreadableError(f"{path}: {err.message}", help=err.help) from err
