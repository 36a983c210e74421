"""Secrets show themselves nowhere, and their files are read however editors leave them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from toolkit.errors import UnreadableError
from toolkit.secret import Secret, first_line

if TYPE_CHECKING:
    from pathlib import Path


def test_a_secret_is_only_revealed_when_asked_to() -> None:
    secret = Secret("s3cret")

    assert secret.reveal() == "s3cret"
    assert "s3cret" not in f"{secret} {secret!r}"


@pytest.mark.parametrize("content", [b"s3cret", b"s3cret\n", b"s3cret\r\n", b"\xef\xbb\xbfs3cret\nsecond line\n"])
def test_the_first_line_is_the_secret_without_its_end_or_a_mark(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "password"
    file.write_bytes(content)

    assert first_line(file) == "s3cret"


@pytest.mark.parametrize(
    ("content", "words"), [(None, "cannot be read: No such file"), (b"\xff\xfes\0", "is not UTF-8 text")]
)
def test_a_file_that_cannot_be_read_is_named_and_its_content_is_not(
    tmp_path: Path, content: bytes | None, words: str
) -> None:
    file = tmp_path / "password"
    if content is not None:
        file.write_bytes(content)

    with pytest.raises(UnreadableError, match=words) as caught:
        first_line(file)

    assert str(file) in caught.value.message
