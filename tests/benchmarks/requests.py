"""Count what one run asks of a guest, message by message: prints a JSON object of names and numbers."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from tests.benchmarks import scenes
from toolkit.secret import Secret
from toolkit.simulator.server import SimulatedGuest
from toolkit.simulator.state import GuestState, LocalUser


def main(folder: Path) -> None:
    users = (LocalUser(scenes.USER, Secret(scenes.PASSWORD)),)
    with SimulatedGuest(GuestState("WIN-BENCH", users, basic=True, allow_unencrypted=True)) as guest:
        address = scenes.Address("127.0.0.1", guest.port)
        counts = {name: _requests(guest, arguments, folder) for name, arguments in _runs(address, folder).items()}
    print(json.dumps(counts))


def _runs(address: scenes.Address, folder: Path) -> dict[str, tuple[str, ...]]:
    verify = ("verify-winrm", address.host, "--port", str(address.port), "-u", scenes.USER, "--auth")
    template = scenes.packer_template(folder, address)
    return {
        "by Basic": scenes.unattend(*verify, "basic"),
        "by NTLM": scenes.unattend(*verify, "ntlm"),
        "by Basic, with --full": scenes.unattend(*verify, "basic", "--full"),
        "packer build, null builder": ("packer", "build", "-color=false", str(template)),
    }


def _requests(guest: SimulatedGuest, arguments: tuple[str, ...], folder: Path) -> int:
    before = guest.request_count
    environment = {**os.environ, **scenes.environment(), **scenes.quiet(folder)}
    subprocess.run(
        arguments,
        cwd=folder,
        env={**environment, "UNATTEND_WINRM_PASSWORD": scenes.PASSWORD},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=True,
    )
    return guest.request_count - before


if __name__ == "__main__":
    main(Path(sys.argv[1]))
