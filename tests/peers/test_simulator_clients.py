"""Packer itself, with its `null` builder, connects to a simulated guest."""

from __future__ import annotations

import json
import os
import subprocess
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from toolkit.certificates import self_signed
from toolkit.secret import Secret
from toolkit.simulator.server import SimulatedGuest
from toolkit.simulator.state import GuestState, LocalUser

if TYPE_CHECKING:
    from pathlib import Path

USER, PASSWORD = "packeruser", 'S:cret "pa55" %x%'

pytestmark = pytest.mark.peer(name="packer", program="packer")


def state(*, basic: bool = True, allow_unencrypted: bool = True) -> GuestState:
    users = (LocalUser(USER, Secret(PASSWORD)),)
    return GuestState("WIN-BUILD", users, basic=basic, allow_unencrypted=allow_unencrypted)


ECHOED = {"type": "shell-local", "inline": ["echo provisioned"]}


def build(
    guest: SimulatedGuest, folder: Path, provisioner: dict[str, object] | None = None, **options: object
) -> subprocess.CompletedProcess[str]:
    """Run `packer build` to its end; the provisioner is reached only if the communicator connected."""
    builder = {
        "type": "null",
        "communicator": "winrm",
        "winrm_host": "127.0.0.1",
        "winrm_port": guest.port,
        "winrm_username": USER,
        "winrm_password": PASSWORD,
        "winrm_timeout": "20s",
        **options,
    }
    template = folder / "template.json"
    template.write_text(
        json.dumps({"builders": [builder], "provisioners": [provisioner or ECHOED]}),
        encoding="utf-8",
    )
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("PACKER_")},
        "HOME": str(folder),
        "PACKER_CONFIG_DIR": str(folder),
        "CHECKPOINT_DISABLE": "1",
        "NO_PROXY": "127.0.0.1",
    }
    return subprocess.run(
        ["packer", "build", "-color=false", str(template)],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_packer_connects_by_basic(tmp_path: Path) -> None:
    with SimulatedGuest(state()) as guest:
        done = build(guest, tmp_path)
        assert done.returncode == 0, done.stdout + done.stderr
        assert "Connected to WinRM!" in done.stdout
        assert "provisioned" in done.stdout
        assert guest.open_shells == 0


def test_packer_connects_by_ntlm_in_the_clear(tmp_path: Path) -> None:
    with SimulatedGuest(state(basic=False)) as guest:
        done = build(guest, tmp_path, winrm_use_ntlm=True)
        assert done.returncode == 0, done.stdout + done.stderr
        assert "Connected to WinRM!" in done.stdout
        assert not any(exchange.sealed for exchange in guest.exchanges)


def test_packers_ntlm_is_refused_where_everything_must_be_encrypted(tmp_path: Path) -> None:
    with SimulatedGuest(state(basic=False, allow_unencrypted=False)) as guest:
        done = build(guest, tmp_path, winrm_use_ntlm=True, winrm_timeout="4s")
        assert done.returncode != 0
        assert "Timeout waiting for WinRM" in done.stdout + done.stderr
        assert any(exchange.action == "" and exchange.status == 401 and exchange.user for exchange in guest.exchanges)


def test_packer_connects_over_https_to_a_self_signed_certificate_it_does_not_check(tmp_path: Path) -> None:
    certificate = self_signed(["127.0.0.1"], now=datetime.now(UTC), days=2)
    with SimulatedGuest(state(allow_unencrypted=False), tls=certificate) as guest:
        done = build(guest, tmp_path, winrm_use_ssl=True, winrm_insecure=True)
        assert done.returncode == 0, done.stdout + done.stderr
        assert "provisioned" in done.stdout


def test_packer_does_not_connect_over_https_where_it_checks_the_certificate(tmp_path: Path) -> None:
    certificate = self_signed(["127.0.0.1"], now=datetime.now(UTC), days=2)
    with SimulatedGuest(state(), tls=certificate) as guest:
        assert build(guest, tmp_path, winrm_use_ssl=True, winrm_timeout="4s").returncode != 0
        assert guest.request_count == 0


def test_packer_uploads_a_file_and_leaves_nothing_else(tmp_path: Path) -> None:
    source = tmp_path / "payload.bin"
    source.write_bytes(bytes(range(256)) * 100)
    target = "C:/Windows/Temp/pay load.bin"
    with SimulatedGuest(state()) as guest:
        done = build(guest, tmp_path, {"type": "file", "source": str(source), "destination": target})
        assert done.returncode == 0, done.stdout + done.stderr
        assert guest.files == (r"c:\windows\temp\pay load.bin",)
        assert guest.service.shells.files.read(target) == source.read_bytes()
        assert guest.open_shells == 0
