"""`[sysprep]`: generalising the finished build, and reaching every copy of it again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import Field

from toolkit.spec.computer import name_fault
from toolkit.spec.section import Findings, Section
from toolkit.spec.work import Sysprep

if TYPE_CHECKING:
    from toolkit.spec.guest import Windows

_VM_MODE_BUILD = 9200  # /mode:vm came with Windows 8 (Microsoft's Sysprep command-line options)


class SysprepSection(Section):
    """`[sysprep]`: an empty table is enough."""

    computer_name: str = Field("*", description="A copy's name; * lets Windows make one up.")
    vm_mode: bool = Field(
        default=False,
        description="/mode:vm: copies run on the same hypervisor with the same hardware, and start faster.",
    )
    keep_devices: bool = Field(default=False, description="Keep the drivers' installed devices: same hardware only.")
    skip_rearm: bool = Field(default=False, description="Keep the licensing state: for builds generalised many times.")


def resolve_sysprep(section: SysprepSection, windows: Windows | None, findings: Findings) -> Sysprep:
    """Check the name against Setup's rules."""
    fault = name_fault(section.computer_name)
    if fault:
        findings.error(("sysprep", "computer_name"), f'sysprep.computer_name "{section.computer_name}" {fault}')
    if section.vm_mode and windows and windows.release.build < _VM_MODE_BUILD:
        findings.error(("sysprep", "vm_mode"), f"{windows.release.name}'s sysprep does not know /mode:vm")
    return Sysprep(section.computer_name, section.vm_mode, section.keep_devices, section.skip_rearm)
