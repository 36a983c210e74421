"""`--as ansible` sends what Ansible itself sends, and foretells how it fares; the simulated guest serves both."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from tests.peer import go_without
from tests.peers.tap import shape, tap
from toolkit.communicators.endpoint import Auth, Endpoint
from toolkit.explain.question import explain_text
from toolkit.secret import Secret
from toolkit.simulator.server import SimulatedGuest
from toolkit.simulator.state import GuestState, LocalUser, WindowsVersion
from toolkit.verify.consumer import Client
from toolkit.verify.options import Options
from toolkit.verify.verification import verify
from toolkit.verify.wait import Patience

USER, PASSWORD = "packeruser", "SecretPassword1"
_LIBRARIES = Path("/usr/lib/python3/dist-packages")

pytestmark = pytest.mark.peer(name="ansible", program="ansible")


def ansible(
    port: int, folder: Path, *arguments: str, auth: Auth = Auth.BASIC, password: str = PASSWORD, timeout: float = 60
) -> subprocess.CompletedProcess[str]:
    """Run `ansible` against the guest at `port`."""
    for needed in ("winrm", "ansible_collections/ansible/windows"):
        if not (_LIBRARIES / needed).exists():
            go_without(f"{needed} is not installed (apt-get install ansible python3-winrm python3-requests-ntlm)")
    inventory = folder / "inventory.ini"
    inventory.write_text(
        f"guest ansible_host=127.0.0.1 ansible_port={port} ansible_connection=winrm ansible_winrm_scheme=http "
        f"ansible_winrm_transport={auth} ansible_user={USER} ansible_password={password}\n",
        encoding="utf-8",
    )
    return subprocess.run(
        ["ansible", "-i", str(inventory), "guest", *arguments],
        env={"PATH": os.environ["PATH"], "HOME": str(folder), "ANSIBLE_NOCOLOR": "1", "NO_PROXY": "127.0.0.1"},
        capture_output=True,
        text=True,
        check=False,
        timeout=timeout,
    )


def state(*, basic: bool = True, allow_unencrypted: bool = True, build: int = 20348, envelope: int = 500) -> GuestState:
    return GuestState(
        "WIN-BUILD",
        (LocalUser(USER, Secret(PASSWORD)),),
        windows=WindowsVersion("Windows", build),
        basic=basic,
        allow_unencrypted=allow_unencrypted,
        max_envelope_kb=envelope,
    )


def foretold(port: int, auth: Auth = Auth.BASIC) -> bool:
    endpoint = Endpoint("127.0.0.1", port, False, auth, USER, Secret(PASSWORD))
    report = verify(endpoint, patience=Patience(timeout=0), options=Options(client=Client.ANSIBLE))
    return report.ready


def test_the_replay_has_the_shape_of_ansibles_own_messages(tmp_path: Path) -> None:
    with SimulatedGuest(state()) as guest, tap(guest.port) as (port, messages):
        ansible(port, tmp_path, "-m", "setup")
        real = [shape(message) for message in messages]
        messages.clear()
        assert foretold(port)
        # The ladder comes first, in a shell of its own.
        replayed = [shape(message) for message in messages][-len(real) :]

    # Only the last piece's size is the module's own.
    assert [_without_last_size(one) for one in replayed] == [_without_last_size(one) for one in real]
    assert [one[0] for one in real] == ["Create", "Command", "Send", "Send", "Receive", "Signal", "Delete"]


def _without_last_size(message: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(part for part in message if not (part.startswith("stdin: ") and message[-1] == "stdin ends"))


@dataclass(frozen=True)
class Case:
    """A guest, and how the client logs on."""

    state: GuestState
    works: bool
    auth: Auth = Auth.BASIC


CASES = {
    "basic": Case(state(), works=True),
    "ntlm, sealed only": Case(state(basic=False, allow_unencrypted=False), works=True, auth=Auth.NTLM),
    "basic is off": Case(state(basic=False), works=False),
    "PowerShell 2": Case(state(build=7601), works=False),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_win_ping_fares_as_foretold(case: Case, tmp_path: Path) -> None:
    with SimulatedGuest(case.state) as guest:
        done = ansible(guest.port, tmp_path, "-m", "win_ping", auth=case.auth)
        left = guest.open_shells
        assert foretold(guest.port, case.auth) is case.works

    assert (done.returncode == 0) is case.works, done.stdout + done.stderr
    assert ('"ping": "pong"' in done.stdout) is case.works
    assert not case.works or left == 0


LOGS = {
    "a wrong password": (state(), "WrongPassword1", "credentials-rejected"),
    "PowerShell 2": (state(build=7601), PASSWORD, "powershell-too-old"),
    "a user whose rights UAC takes": (replace(state(), remote_elevation=False), PASSWORD, "access-denied"),
    "no shell left": (replace(state(), max_shells_per_user=0), PASSWORD, "0x803381A5 WSMAN_QUOTA_MAX_SHELLS"),
}


@pytest.mark.parametrize(("guest_state", "password", "subject"), LOGS.values(), ids=LOGS)
def test_what_ansible_says_is_understood(guest_state: GuestState, password: str, subject: str, tmp_path: Path) -> None:
    with SimulatedGuest(guest_state) as guest:
        done = ansible(guest.port, tmp_path, "-m", "win_ping", password=password)

    assert done.returncode != 0
    assert explain_text(done.stdout + done.stderr).subject == subject


def test_ansible_hangs_where_a_guest_takes_small_envelopes_only_and_that_is_foretold(tmp_path: Path) -> None:
    """Its connection goes on to wait for a module that the guest never got whole."""
    with SimulatedGuest(state(envelope=150)) as guest:
        assert not foretold(guest.port)
        with pytest.raises(subprocess.TimeoutExpired) as hung:
            ansible(guest.port, tmp_path, "-m", "win_ping", timeout=15)

    assert explain_text((hung.value.stderr or b"").decode()).subject == "envelope-too-small"


def test_a_raw_command_of_ansibles_runs(tmp_path: Path) -> None:
    with SimulatedGuest(state()) as guest:
        done = ansible(guest.port, tmp_path, "-m", "raw", "-a", "hostname")

    assert "WIN-BUILD" in done.stdout, done.stdout + done.stderr
