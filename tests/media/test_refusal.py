from __future__ import annotations

from pathlib import Path

import pytest

from toolkit.errors import UnreadableError
from toolkit.media.refusal import MediumError, told_of
from toolkit.problems import Place, Problem, Severity


def problem(message: str, advice: str) -> Problem:
    return Problem("rule", Severity.ERROR, message, Place("x"), advice)


def test_every_problem_is_told_and_no_hint_twice() -> None:
    error = MediumError(
        "the ISO",
        [
            problem("one", "Rename the file; folders are separated by /."),
            problem("two", "Rename the file."),
            problem("three", "Shorten the name."),
            problem("four", "Shorten the name."),
        ],
    )
    assert error.message.splitlines() == [
        "the ISO cannot be made, for 4 reasons:",
        "  one",
        "  two",
        "  three",
        "  four",
    ]
    assert error.help == "Rename the file; folders are separated by /. Shorten the name."


def test_what_goes_wrong_names_its_image_once() -> None:
    path = Path("in") / "x.iso"
    with pytest.raises(UnreadableError) as nameless, told_of(path):
        raise UnreadableError("the ISO is damaged", help="Fetch it again.")
    assert (nameless.value.message, nameless.value.help) == (f"{path}: the ISO is damaged", "Fetch it again.")
    with pytest.raises(UnreadableError) as named, told_of(path):
        raise UnreadableError(f"{path} cannot be read", help=None)
    assert named.value.message == f"{path} cannot be read"
    refusal = MediumError("the ISO", [problem("one", "Rename it.")])
    with pytest.raises(MediumError) as passed, told_of(path):
        raise refusal
    assert passed.value is refusal
