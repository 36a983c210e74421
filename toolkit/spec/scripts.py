"""`[[scripts]]`: the user's script files, each a step of its phase, in the order of the spec."""

from __future__ import annotations

from codecs import BOM_UTF8, BOM_UTF16_BE, BOM_UTF16_LE
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from toolkit.catalog.suggest import one_of
from toolkit.files import read_at_most
from toolkit.spec.guest import Phase
from toolkit.spec.section import Findings, Section
from toolkit.spec.work import Carry, Script, ScriptKind

if TYPE_CHECKING:
    from pathlib import Path

    from toolkit.spec.guest import Windows
    from toolkit.spec.places import KeyPath

_KINDS = {
    ".cmd": ScriptKind.BATCH,
    ".bat": ScriptKind.BATCH,
    ".ps1": ScriptKind.POWERSHELL,
    ".reg": ScriptKind.REGISTRY,
    ".vbs": ScriptKind.VBSCRIPT,
}
_LARGEST = 16 << 20
_LARGEST_INSIDE = 1 << 20  # all of them; an answer file is read whole into memory, by Setup and many times
_MAY_RESTART = frozenset({Phase.SPECIALIZE, Phase.FIRST_LOGON})


class ScriptSection(Section):
    """One of `[[scripts]]`."""

    file: str = Field(min_length=1, description="A .cmd, .bat, .ps1, .reg or .vbs file; relative to the spec.")
    phase: Annotated[Phase, Field(strict=False)] = Phase.FIRST_LOGON
    reboot: bool = Field(default=False, description="Restart Windows after it, and go on with what follows.")
    optional: bool = Field(default=False, description="Go on when it fails. Otherwise what follows is not run.")


def resolve_scripts(
    sections: list[ScriptSection], carry: Carry, windows: Windows | None, findings: Findings
) -> tuple[Script, ...]:
    """Read every script. One that cannot be read, or cannot run in its phase or on this Windows, is an error."""
    for number, section in enumerate(sections):
        if windows:
            _check_powershell(("scripts", number), section, windows, findings)
    scripts = [
        script
        for number, section in enumerate(sections)
        if (script := _script(("scripts", number), section, carry, findings)) is not None
    ]
    size = sum(len(script.data) for script in scripts)
    if carry is Carry.ANSWER_FILE and size > _LARGEST_INSIDE:
        findings.error(
            ("media", "carry"),
            f"the scripts are {size} bytes; an answer file carries {_LARGEST_INSIDE} at most",
            help='Use carry = "medium".',
        )
    return tuple(scripts)


def _script(path: KeyPath, section: ScriptSection, carry: Carry, findings: Findings) -> Script | None:
    source = findings.document.layer((*path, "file")).folder / section.file
    kind = _KINDS.get(source.suffix.lower())
    if kind is None:
        findings.error(
            (*path, "file"), f'nothing is known to run "{section.file}"', help=f"Scripts end in {one_of(_KINDS)}."
        )
        return None
    _check_phase(path, section, kind, carry, findings)
    data = _content((*path, "file"), source, findings)
    if data is None:
        return None
    _check_encoding((*path, "file"), source, kind, data, findings)
    return Script(section.phase, source.name, kind, data, section.reboot, section.optional)


def _check_phase(path: KeyPath, section: ScriptSection, kind: ScriptKind, carry: Carry, findings: Findings) -> None:
    if section.reboot and section.phase not in _MAY_RESTART:
        findings.error(
            (*path, "reboot"),
            f"nothing may restart Windows in the phase {section.phase}",
            help='Use phase = "specialize" or "first-logon".',
        )
    if section.phase is not Phase.WINDOWS_PE:
        return
    if kind is ScriptKind.POWERSHELL:
        findings.error((*path, "file"), "Windows Setup's PE has no PowerShell", help="Write it as a .cmd file.")
    if carry is Carry.ANSWER_FILE:
        findings.error(
            (*path, "phase"),
            "scripts inside the answer file are written in specialize, too late for windows-pe",
            help='Use carry = "medium" in [media].',
        )


def _check_encoding(path: KeyPath, source: Path, kind: ScriptKind, data: bytes, findings: Findings) -> None:
    """Find what the guest would read as another text, though the bytes arrive as they are.

    cmd.exe reads its own code page and knows no marks (devblogs.microsoft.com/oldnewthing, 2021-07-26); Windows
    PowerShell does so where there is no mark (PSScriptAnalyzer, UseBOMForUnicodeEncodedFile).
    """
    if kind is ScriptKind.BATCH and data.startswith((BOM_UTF16_LE, BOM_UTF16_BE)):
        findings.error(path, f"{source} is UTF-16, of which cmd.exe reads one character", help="Save it as ASCII.")
    elif kind is ScriptKind.BATCH and data.startswith(BOM_UTF8):
        message = f"{source} begins with a byte order mark, which cmd.exe takes for a part of the first command"
        findings.warning(path, message, help="Save it as ASCII.")
    elif kind is ScriptKind.POWERSHELL and not data.isascii() and not data.startswith(BOM_UTF8) and _is_utf8(data):
        message = f"{source} is UTF-8 without a byte order mark: Windows PowerShell reads it in the guest's code page"
        findings.warning(path, message, help="Save it as UTF-8 with a byte order mark.")


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _check_powershell(path: KeyPath, section: ScriptSection, windows: Windows, findings: Findings) -> None:
    """Server Core of 2008 R2 is without PowerShell until the bootstrap turns it on, at the end of the first logon."""
    if section.file.lower().endswith(".ps1") and not windows.has_powershell:
        message = f"Server Core of {windows.release.name} has no PowerShell to run {section.file}"
        findings.error((*path, "file"), message, help="Write it as a .cmd file.")


def _content(path: KeyPath, source: Path, findings: Findings) -> bytes | None:
    try:
        data = read_at_most(source, _LARGEST)
    except OSError as err:
        findings.error(path, f"{source} cannot be read: {err.strerror}", help=findings.counts_from(path))
        return None
    if data is None:
        findings.error(path, f"{source} is larger than {_LARGEST >> 20} MiB: that is not a script")
        return None
    if not data.strip():
        findings.error(path, f"{source} is empty")
        return None
    return data
