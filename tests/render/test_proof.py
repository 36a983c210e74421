from __future__ import annotations

import time

import pytest

from tests.render.guests import guest
from toolkit.errors import ToolkitError
from toolkit.render.answerfile.document import NAME, answer_file
from toolkit.render.answerfile.proof import proven


def test_a_file_and_its_proof_take_no_more_than_25_ms() -> None:
    """In a warm process, by processor time, and the best of several, since other things run here too."""
    answer_file(guest())

    def cost() -> float:
        start = time.process_time()
        answer_file(guest())
        return time.process_time() - start

    assert min(cost() for _ in range(7)) <= 0.025


def test_what_is_right_is_given_back() -> None:
    data = answer_file(guest()).data
    assert proven(data, guest(), name=NAME) is data


def test_a_mistake_of_ours_is_named_and_no_file_comes_of_it() -> None:
    data = answer_file(guest()).data.replace(b"ProtectYourPC", b"ProtectYourPet")
    with pytest.raises(ToolkitError) as refusal:
        proven(data, guest(), name=NAME)
    assert "Microsoft-Windows-Shell-Setup/OOBE has no setting ProtectYourPet" in refusal.value.message
    assert "a mistake in unattend" in str(refusal.value.help)


def test_even_what_is_only_deprecated_is_a_mistake_of_ours() -> None:
    data = answer_file(guest()).data.replace(b"<ProtectYourPC>", b"<SkipUserOOBE>true</SkipUserOOBE><ProtectYourPC>")
    with pytest.raises(ToolkitError, match="SkipUserOOBE is deprecated"):
        proven(data, guest(), name=NAME)
