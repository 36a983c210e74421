from __future__ import annotations

import pytest

from toolkit.media.labels import floppy_label_problems, iso_label_problems


@pytest.mark.parametrize("label", ["", "UNATTEND", "cidata", "config-2", "MY DISK", "A" * 11])
def test_usual_labels_fit_both_media(label: str) -> None:
    assert floppy_label_problems(label) == ()
    assert iso_label_problems(label) == ()


def test_the_longest_label_depends_on_the_medium() -> None:
    assert iso_label_problems("A" * 16) == ()
    assert floppy_label_problems("A" * 12)[0].message.endswith("has 12 characters")
    assert iso_label_problems("A" * 17)[0].message.endswith("has 17 characters")


@pytest.mark.parametrize("label", ["\u00fc", "a/b", " A", "A ", "A\n", "\u0661"])
def test_a_label_with_other_characters_says_what_is_allowed(label: str) -> None:
    for (problem,) in (floppy_label_problems(label), iso_label_problems(label)):
        assert problem.rule == "label"
        assert problem.help is not None
        assert "0-9" in problem.help
