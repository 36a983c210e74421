"""From whatever the user gives (a code, a symbol, a pasted log, the path of one) to its explanation."""

from __future__ import annotations

from pathlib import Path

from toolkit.errors import UnreadableError
from toolkit.explain.code import explain_code
from toolkit.explain.explanation import Explanation
from toolkit.explain.log import explain_log

_LARGEST_LOG = 32 * 1024 * 1024
_LONGEST_PATH = 1024
_BYTE_ORDER_MARKS = ((b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))


def explain(text: str) -> Explanation:
    """Explain a code in any form, a symbol, a log, or the file of that name. Raises UnreadableError for such a file."""
    question = text.strip()
    if found := explain_code(question):
        return found
    path = _file(question)
    return explain_text(_read(path) if path else question)


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
    """Read the end of a log, in the encoding that its first bytes say: PowerShell's `>` writes UTF-16."""
    try:
        with path.open("rb") as stream:
            mark = stream.read(4)
            size = stream.seek(0, 2)
            stream.seek(max(0, size - _LARGEST_LOG) & ~1)
            data = stream.read(_LARGEST_LOG)
    except OSError as err:
        raise UnreadableError(
            f"{path} cannot be read: {err.strerror or err}", help="Give a file that you may read, or paste its text."
        ) from err
    encoding = next((name for start, name in _BYTE_ORDER_MARKS if mark.startswith(start)), "utf-8")
    return data.decode(encoding, "replace").removeprefix("\ufeff")
