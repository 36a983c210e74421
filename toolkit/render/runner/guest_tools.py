"""A hypervisor's tools for its guests, found on any drive and installed without a question.

The switches are the vendors' own: VMware Tools, "Automate VMware Tools installation" (setup.exe /S /v"/qn REBOOT=R");
VirtualBox manual, chapter 4 (VBoxWindowsAdditions.exe /S, VBoxCertUtil add-trusted-publisher); virtio-win's
virtio-win-guest-tools.exe, a WiX bundle (/install /quiet /norestart); Hyper-V's vmguest.iso (setup.exe /quiet
/norestart). Modelled: what they then do; each may fail without ending the build.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

from toolkit.files import NamedFile
from toolkit.render.bootstrap import LETTERS
from toolkit.render.runner.step import RunnerStep
from toolkit.render.templating import render
from toolkit.spec.guest import Architecture
from toolkit.spec.work import GuestTool

if TYPE_CHECKING:
    from collections.abc import Iterator

    from toolkit.spec.guest import Guest


def guest_tool_steps(guest: Guest) -> Iterator[RunnerStep]:
    """Give a step for each of the wanted tools."""
    for tool in guest.drivers.guest_tools:
        name = f"guest-tools-{tool}.cmd"
        _, switches, certificates = _installer(tool, guest.windows.architecture)
        setups = {only: _installer(tool, only)[0] for only in guest.windows.architectures}
        several = len(set(setups.values())) > 1
        text = render(
            "runner/guest_tools.cmd.j2",
            tool=tool,
            letters=LETTERS,
            setups=setups if several else {},
            setup="%SETUP%" if several else setups[guest.windows.architecture],
            switches=switches,
            certificates=certificates,
        )
        data = text.replace("\n", "\r\n").encode("ascii")
        yield RunnerStep(
            f"guest tools {tool}", f'cmd.exe /d /c "%HERE%{name}"', (NamedFile(name, data),), optional=True
        )


def _installer(tool: GuestTool, architecture: Architecture) -> tuple[str, str, bool]:
    """Give the program on the tool's disc, its switches, and whether its publisher must be trusted first."""
    match tool:
        case GuestTool.VMWARE:
            program = {Architecture.X86: "setup.exe", Architecture.ARM64: "arm64\\setup.exe"}
            return program.get(architecture, "setup64.exe"), '/S /v"/qn REBOOT=R"', False
        case GuestTool.VIRTUALBOX:
            program = {Architecture.ARM64: "VBoxWindowsAdditions-arm64.exe"}
            return program.get(architecture, "VBoxWindowsAdditions.exe"), "/S", True
        case GuestTool.HYPERV:
            folder = "x86" if architecture is Architecture.X86 else "amd64"
            return f"support\\{folder}\\setup.exe", "/quiet /norestart", False
        case GuestTool.QEMU:
            return "virtio-win-guest-tools.exe", "/install /quiet /norestart", False
        case _:
            assert_never(tool)
