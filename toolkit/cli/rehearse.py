"""`unattend rehearse`: spec -> files -> ISO -> a simulated first boot from that ISO -> a guest proven over WinRM."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from toolkit.cli import console, specs
from toolkit.cli.cargo import media_files
from toolkit.cli.options import Json, Output, Settings, Spec
from toolkit.errors import ExitCode

if TYPE_CHECKING:
    from toolkit.simulator.firstboot import FirstBoot
    from toolkit.simulator.state import GuestState
    from toolkit.spec.guest import Guest
    from toolkit.verify.report import Report

HELP = "Boot a simulated guest from the medium."


def command(spec: Spec = None, output: Output = None, settings: Settings = None, json: Json = False) -> ExitCode:
    path = specs.found(spec)
    folder = specs.output_folder(path, output)
    guest = specs.guest_of(path, settings or (), folder)
    boot = _first_boot(guest, folder)
    report = _verified(guest, boot.state, folder)
    if json:
        console.data_json({**_boot_json(boot), "verification": report.to_json() if report else None})
    else:
        _show(guest, boot, report)
    if report is not None and not report.ready:
        return report.code
    return ExitCode.FINDINGS if _complaints(guest, boot) else ExitCode.OK


def _first_boot(guest: Guest, folder: Path) -> FirstBoot:
    """Pack the medium, read it back, and boot from what is on it: nothing reaches the guest by another way."""
    from toolkit.media.pack import Medium, contents, pack
    from toolkit.simulator.firstboot import first_boot

    with tempfile.TemporaryDirectory() as scratch:
        image = Path(scratch, "unattend.iso")
        timestamp = specs.source_date(os.environ)
        packed = pack(media_files(guest, folder), image, Medium.ISO, label=guest.media.label, timestamp=timestamp)
        console.say(f"packed {len(packed.files)} files into an ISO of {packed.size:,} bytes, sha256 {packed.sha256}")
        return first_boot(contents(image), release=guest.windows.release)


def _verified(guest: Guest, state: GuestState | None, folder: Path) -> Report | None:
    """Serve the guest that came out of the boot, and verify it the way the spec says it is to be reached.

    None where the spec wants no WinRM, or where the guest stayed shut: the boot's problems say why.
    """
    from datetime import UTC, datetime

    from toolkit.cli.target import Flags, Target, endpoint
    from toolkit.cli.waiting import watched
    from toolkit.render.certificate import kept_thumbprint, listener_certificate
    from toolkit.simulator.server import SimulatedGuest
    from toolkit.spec.guest import Winrm
    from toolkit.verify.wait import Patience
    from toolkit.verify.wanted import Wanted

    winrm = guest.communicator
    if not isinstance(winrm, Winrm) or state is None or not state.reachable:
        return None
    certificate = listener_certificate(guest, folder, lambda: datetime.now(UTC))
    with SimulatedGuest(state, 0, certificate) as simulated:
        flags = Flags(host="127.0.0.1", port=simulated.port)
        where = endpoint(flags, winrm, winrm.password, kept_thumbprint(folder) if winrm.ssl else None)
        wanted = Wanted(guest.computer.name, (guest.windows.release.build,))
        return watched(Target(where, wanted, Patience(timeout=0)))


def _complaints(guest: Guest, boot: FirstBoot) -> list[str]:
    """Judge the boot by the spec: a guest that stays shut is a failure only where something wants to connect."""
    from toolkit.spec.guest import Ssh, Winrm

    communicator = guest.communicator
    wanted = isinstance(communicator, Winrm)
    if wanted and boot.closed:
        return [*boot.problems, boot.closed]
    if isinstance(communicator, Ssh) and not boot.sshd_answers(communicator.port):
        return [*boot.problems, f"SSH does not answer on port {communicator.port}: sshd is stopped, or shut out"]
    if _unasked(guest, boot) and not guest.windows.release.server:
        return [*boot.problems, "WinRM answers although the spec wants no WinRM: a command or a script has opened it"]
    return list(boot.problems)


def _unasked(guest: Guest, boot: FirstBoot) -> bool:
    from toolkit.spec.guest import Winrm

    return not isinstance(guest.communicator, Winrm) and boot.state is not None and boot.state.reachable


def _show(guest: Guest, boot: FirstBoot, report: Report | None) -> None:
    from toolkit.spec.guest import Ssh

    console.data("First boot, as modelled from the medium:")
    for step in boot.steps:
        console.data(f"  {step.where}: {step.command}" if step.command else f"  {step.where}")
        console.data(f"    {'open' if step.reachable else 'shut'}: {step.effect}")
    complaints = _complaints(guest, boot)
    for complaint in complaints:
        console.warn(complaint)
    if _unasked(guest, boot) and not complaints:
        console.warn(
            "WinRM answers too: servers have it on by themselves, and nothing in the spec shuts it",
            help="A first-logon command that does: sc.exe config WinRM start= disabled & net stop WinRM",
        )
    if report is not None:
        console.data("")
        console.data(report.to_text(console.width()))
    elif isinstance(guest.communicator, Ssh) and not complaints:
        port = guest.communicator.port
        console.data(f"SSH answers on port {port}, as far as sshd and the firewall are modelled; no session was tried.")
    elif boot.closed and not isinstance(guest.communicator, Ssh):
        console.data(boot.closed)


def _boot_json(boot: FirstBoot) -> dict[str, object]:
    steps = [
        {"where": step.where, "command": step.command, "effect": step.effect, "open": step.reachable}
        for step in boot.steps
    ]
    return {"steps": steps, "problems": list(boot.problems), "closed": boot.closed}
