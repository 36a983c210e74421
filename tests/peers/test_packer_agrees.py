"""What `--as packer` foretells, real Packer does; and what Packer then writes into its log, `explain` understands."""

from __future__ import annotations

import json
import os
import subprocess
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from tests.peers.tap import shape, tap
from toolkit.certificates import self_signed
from toolkit.communicators.endpoint import Auth, Endpoint
from toolkit.explain.question import explain_text
from toolkit.secret import Secret
from toolkit.simulator.server import SimulatedGuest
from toolkit.simulator.state import GuestState, LocalUser
from toolkit.verify.consumer import Client
from toolkit.verify.options import Options
from toolkit.verify.verification import verify
from toolkit.verify.wait import Patience

if TYPE_CHECKING:
    from pathlib import Path

USER, PASSWORD = "packeruser", "SecretPassword1"

pytestmark = pytest.mark.peer(name="packer", program="packer")


@dataclass(frozen=True)
class Case:
    """A guest, and Packer's options for it; `sign` is what its log shows where it fails."""

    basic: bool
    allow_unencrypted: bool
    ntlm: bool = False
    tls: bool = False
    ssl: bool = False
    insecure: bool = False
    sign: str | None = None


CASES = {
    "basic": Case(basic=True, allow_unencrypted=True),
    "ntlm in the clear": Case(basic=False, allow_unencrypted=True, ntlm=True),
    "ntlm, sealed only": Case(basic=False, allow_unencrypted=False, ntlm=True, sign="basic-off"),
    "basic is off": Case(basic=False, allow_unencrypted=True, sign="basic-off"),
    "https, not checked": Case(basic=True, allow_unencrypted=False, tls=True, ssl=True, insecure=True),
    "https, checked": Case(basic=True, allow_unencrypted=False, tls=True, ssl=True, sign="unknown-issuer"),
    "https to http": Case(basic=True, allow_unencrypted=True, ssl=True, insecure=True, sign="tls-on-http-port"),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_packer_does_what_is_foretold_and_its_log_is_understood(case: Case, tmp_path: Path) -> None:
    users = (LocalUser(USER, Secret(PASSWORD)),)
    guest_state = GuestState("WIN-BUILD", users, basic=case.basic, allow_unencrypted=case.allow_unencrypted)
    certificate = self_signed(["127.0.0.1"], now=datetime.now(UTC), days=2) if case.tls else None
    with SimulatedGuest(guest_state, tls=certificate) as guest:
        foretold = verify(
            _endpoint(case, guest.port), patience=Patience(timeout=0), options=Options(client=Client.PACKER)
        )
        before = guest.request_count
        done = _build(case, guest.port, tmp_path)
        actions = [exchange.action.rpartition("/")[2] for exchange in guest.exchanges[before:] if exchange.action]

    assert foretold.ready is (done.returncode == 0), done.stdout + done.stderr
    assert foretold.ready is (case.sign is None)
    if case.sign is None:
        assert actions[:4] == ["Create", "Delete", "Create", "Command"]
    else:
        assert explain_text(done.stdout + done.stderr).subject == case.sign


def test_the_replay_has_the_shape_of_packers_own_messages(tmp_path: Path) -> None:
    """Save that ours tells the guest to forget a command that has ended, which Packer leaves to the shell's end."""
    case = CASES["basic"]
    users = (LocalUser(USER, Secret(PASSWORD)),)
    guest_state = GuestState("WIN-BUILD", users, basic=True, allow_unencrypted=True)
    with SimulatedGuest(guest_state) as guest, tap(guest.port) as (port, messages):
        _build(case, port, tmp_path)
        real = [shape(message) for message in messages]
        messages.clear()
        verify(_endpoint(case, port), patience=Patience(timeout=0), options=Options(client=Client.PACKER))
        replayed = [one for one in map(shape, messages) if one[0] != "Signal"]

    assert [one[0] for one in real] == ["Create", "Delete", "Create", "Command", "Receive", "Delete"]
    assert replayed[-len(real) :] == real


def _endpoint(case: Case, port: int) -> Endpoint:
    auth = Auth.NTLM if case.ntlm else Auth.BASIC
    return Endpoint("127.0.0.1", port, case.ssl, auth, USER, Secret(PASSWORD), insecure=case.insecure)


def _build(case: Case, port: int, folder: Path) -> subprocess.CompletedProcess[str]:
    builder = {
        "type": "null",
        "communicator": "winrm",
        "winrm_host": "127.0.0.1",
        "winrm_port": port,
        "winrm_username": USER,
        "winrm_password": PASSWORD,
        "winrm_timeout": "20s" if case.sign is None else "4s",
        "winrm_use_ntlm": case.ntlm,
        "winrm_use_ssl": case.ssl,
        "winrm_insecure": case.insecure,
    }
    template = folder / "template.json"
    template.write_text(json.dumps({"builders": [builder]}), encoding="utf-8")
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PACKER_")}
    ours = {"HOME": str(folder), "PACKER_CONFIG_DIR": str(folder), "PACKER_LOG": "1", "CHECKPOINT_DISABLE": "1"}
    return subprocess.run(
        ["packer", "build", "-color=false", str(template)],
        cwd=folder,
        env={**environment, **ours, "NO_PROXY": "127.0.0.1"},
        capture_output=True,
        text=True,
        check=False,
        timeout=90,
    )
