"""The build's last command: takes back what was only for the build, then generalises Windows or turns it off.

Switches: Microsoft's Sysprep command-line options. Modelled: what sysprep then does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from toolkit.files import NamedFile
from toolkit.render.closing import close_command
from toolkit.render.runner.step import FOLDER
from toolkit.render.templating import render
from toolkit.render.tweak_commands import taken_back

if TYPE_CHECKING:
    from toolkit.spec.guest import Guest

NAME = "build-end.cmd"


def ends_build(guest: Guest) -> bool:
    """Say whether the build has an end of its own."""
    return guest.sysprep is not None or bool(taken_back(guest))


def shutdown_command(guest: Guest) -> str | None:
    """Give the command that ends the build, for whoever builds; None where turning Windows off is all."""
    return rf'cmd.exe /d /c "{FOLDER}\{NAME}"' if ends_build(guest) else None


def build_end_file(guest: Guest) -> NamedFile | None:
    """Give the script; None where the build has no end of its own."""
    if not ends_build(guest):
        return None
    close = close_command(guest, shutdown=True)
    text = render(
        "runner/build_end.cmd.j2",
        commands=taken_back(guest),
        sysprep=guest.sysprep,
        switches=_switches(guest),
        close=close,
        arguments="",
    )
    return NamedFile(NAME, text.replace("\n", "\r\n").encode("ascii"))


def _switches(guest: Guest) -> str:
    vm = " /mode:vm" if guest.sysprep and guest.sysprep.vm_mode else ""
    return f"/generalize /oobe /quiet /shutdown{vm}"
