"""`[windows11]`: what Setup need not check, where somebody asks for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from toolkit.spec.oobe_choices import WINDOWS_11, Bypass
from toolkit.spec.section import Findings, Section

if TYPE_CHECKING:
    from toolkit.spec.guest import Windows


class Windows11Section(Section):
    """`[windows11]`."""

    bypass: list[Annotated[Bypass, Field(strict=False)]] = Field(
        default_factory=list, description="tpm, secure-boot, ram, cpu, storage: requirements that Setup skips."
    )


def resolve_windows11(section: Windows11Section, windows: Windows | None, findings: Findings) -> tuple[Bypass, ...]:
    """Give the requirements to skip, each once and in a fixed order."""
    if section.bypass and windows and windows.release.key != WINDOWS_11:
        message = f"windows11.bypass is for Windows 11; {windows.release.name} has no such requirements"
        findings.error(("windows11", "bypass"), message, help="Remove it.")
    return tuple(requirement for requirement in Bypass if requirement in section.bypass)
