"""From whatever the user gives (a code, a symbol, a pasted log, the path of one) to its explanation."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from toolkit.errors import UnreadableError
from toolkit.explain.code import explain_code
from toolkit.explain.explanation import Explanation
from toolkit.explain.log import explain_log
from toolkit.files import is_folder

if TYPE_CHECKING:
    from typing import BinaryIO

_LARGEST_LOG = 32 * 1024 * 1024
_CHUNK = 1 << 20
_LIKE_A_PATH = re.compile(r"\S+\.(?:log|txt)|(?:~|\.{0,2})/\S+|(?:[A-Za-z]:|\.{1,2})\\\S+", re.IGNORECASE)
_LONGEST_PATH = 1024
_BYTE_ORDER_MARKS = ((b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))


def explain(text: str) -> Explanation:
    """Explain a code in any form, a symbol, a log, or the file of that name. Raises UnreadableError for such a file."""
    question = text.strip()
    if found := explain_code(question):
        return found
    path = _file(question)
    if path is None and _LIKE_A_PATH.fullmatch(question):
        why = f"{question} is a folder" if is_folder(Path(question)) else f"there is no file {question}"
        raise UnreadableError(why, help="Check the path, or paste the log's text.")
    return explain_text(_read(path) if path else question)


def explain_stream(stream: BinaryIO) -> Explanation:
    """Explain a log that comes through a pipe: the end of it, where it is long."""
    mark, kept, size = b"", b"", 0
    while data := stream.read(_CHUNK):
        mark = mark or data[:2]
        size += len(data)
        kept += data
        if len(kept) > 2 * _LARGEST_LOG:
            kept = _end_of(kept, size)
    return explain_text(_decoded(mark, _end_of(kept, size)))


def explain_text(text: str) -> Explanation:
    """Explain what a log says; nothing in it is taken for a path."""
    found = explain_code(text.strip()) or explain_log(text)
    if found is not None:
        return found
    return Explanation(
        subject="nothing known",
        known=False,
        meaning="No line of this is one that clients of WinRM are known to write, and there is no code in it.",
        in_client=("PACKER_LOG=1 packer build ...", "vagrant up --debug", "ansible-playbook -vvvv ..."),
    )


def _file(text: str) -> Path | None:
    if not text or "\n" in text or "\0" in text or len(text) > _LONGEST_PATH:
        return None
    try:
        return Path(text) if Path(text).is_file() else None
    except OSError:
        return None  # too long, or of a form that this host's file system has no files of


def _read(path: Path) -> str:
    """Read the end of a log."""
    try:
        with path.open("rb") as stream:
            mark = stream.read(2)
            size = stream.seek(0, 2)
            stream.seek(max(0, size - _LARGEST_LOG) & ~1)
            data = stream.read(_LARGEST_LOG)
    except OSError as err:
        raise UnreadableError(
            f"{path} cannot be read: {err.strerror or err}", help="Give a file that you may read, or paste its text."
        ) from err
    return _decoded(mark, data)


def _end_of(kept: bytes, size: int) -> bytes:
    """Give the last part of `kept`, which ends after `size` bytes, from where a character of UTF-16 may begin."""
    surplus = max(0, len(kept) - _LARGEST_LOG)
    return kept[surplus + (size - len(kept) + surplus) % 2 :]


def _decoded(mark: bytes, data: bytes) -> str:
    """Read a log in the encoding that its first bytes say: PowerShell's `>` writes UTF-16."""
    encoding = next((name for start, name in _BYTE_ORDER_MARKS if mark.startswith(start)), "utf-8")
    return data.decode(encoding, "replace").removeprefix("\ufeff")
