"""What is handed over, read by its readers: pywinrm as Ansible calls it, ansible-inventory, and Ruby."""

from __future__ import annotations

import json
import os
import subprocess
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
import requests
from winrm.protocol import Protocol

from tests.render.guests import PASSWORD, bootstrap, guest, ssh, winrm
from tests.render.test_handoff_ansible import variables
from toolkit.certificates import pfx, self_signed
from toolkit.files import NamedFile, write_all
from toolkit.render.handoff.files import handoff_files
from toolkit.render.handoff.settings import PASSWORD_VARIABLE
from toolkit.render.handoff.trust import trust_of
from toolkit.render.host_certificate import HostCertificate
from toolkit.render.winrm_steps import needs_unencrypted
from toolkit.secret import Secret
from toolkit.simulator.server import SimulatedGuest
from toolkit.simulator.state import GuestState, LocalUser
from toolkit.spec.guest import Consumer, Guest, Winrm

if TYPE_CHECKING:
    from pathlib import Path

    from toolkit.certificates import Certificate

MEDIUM = (NamedFile("Autounattend.xml", b""),)

HOSTILE = 'us\'er \\ "x" #{y} {{z}} \u00fc'


@pytest.fixture(scope="module")
def certificate() -> Certificate:
    return self_signed(["127.0.0.1"], now=datetime.now(UTC), days=2)


@pytest.fixture(autouse=True)
def _own_trust(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the machine's own authorities out of what the variables say."""
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)


def as_host_certificate(made: Certificate) -> HostCertificate:
    password = Secret("Pfx")
    return HostCertificate(made.thumbprint, made.names[0], pfx(made, password), password, pem=made.certificate)


def state(wanted: Guest) -> GuestState:
    communicator = wanted.communicator
    assert isinstance(communicator, Winrm)
    unencrypted = needs_unencrypted(communicator, wanted.bootstrap.consumer)
    users = (LocalUser(communicator.username, communicator.password),)
    return GuestState("WIN-BUILD", users, basic=not communicator.ntlm, allow_unencrypted=unencrypted)


def as_ansible_connects(settings: dict[str, Any], inventory: Path) -> Protocol:
    """Do what ansible.builtin.winrm does: scheme and port make the endpoint, the other variables are parameters."""
    given = {name.removeprefix("ansible_winrm_"): value for name, value in settings.items() if "_winrm_" in name}
    endpoint = f"{given.pop('scheme')}://127.0.0.1:{settings['ansible_port']}/wsman"
    given = {name: str(value).replace("{{ inventory_dir }}", str(inventory)) for name, value in given.items()}
    return Protocol(endpoint, username=settings["ansible_user"], password=PASSWORD.reveal(), proxy=None, **given)


def greeting(protocol: Protocol) -> str:
    shell = protocol.open_shell()
    try:
        command = protocol.run_command(shell, "hostname")
        return protocol.get_command_output(shell, command)[0].decode("ascii").strip()
    finally:
        protocol.close_shell(shell)


@pytest.mark.parametrize("consumer", [Consumer.ANSIBLE, Consumer.PACKER])
@pytest.mark.parametrize("ntlm", [False, True], ids=["basic", "ntlm"])
def test_ansibles_client_gets_in_with_the_inventorys_variables(
    consumer: Consumer, tmp_path: Path, *, ntlm: bool
) -> None:
    settings = bootstrap(consumer=consumer)
    with SimulatedGuest(state(guest(winrm(ntlm=ntlm), settings))) as simulated:
        given = variables(winrm(ntlm=ntlm, port=simulated.port), settings)["unattend_winrm"]
        assert greeting(as_ansible_connects(given, tmp_path)) == "WIN-BUILD"
        sealed = [exchange for exchange in simulated.exchanges if exchange.sealed]
        assert bool(sealed) == ntlm


def test_ansibles_client_checks_the_guests_certificate_by_the_file_beside_the_inventory(
    certificate: Certificate, tmp_path: Path
) -> None:
    wanted = replace(winrm(ssl=True), host="127.0.0.1")
    own = as_host_certificate(certificate)
    write_all(tmp_path, handoff_files(guest(wanted), own, MEDIUM))
    trust = trust_of(guest(wanted), own)
    with SimulatedGuest(state(guest(wanted)), tls=certificate) as simulated:
        given = variables(replace(wanted, port=simulated.port), trust=trust)["unattend_winrm"]
        assert given["ansible_winrm_server_cert_validation"] == "validate"
        assert greeting(as_ansible_connects(given, tmp_path / "handoff")) == "WIN-BUILD"
    stranger = self_signed(["127.0.0.1"], now=datetime.now(UTC), days=2)
    with SimulatedGuest(state(guest(wanted)), tls=stranger) as simulated:
        given = variables(replace(wanted, port=simulated.port), trust=trust)["unattend_winrm"]
        with pytest.raises(requests.exceptions.SSLError):
            greeting(as_ansible_connects(given, tmp_path / "handoff"))


def written(wanted: Guest, folder: Path) -> Path:
    write_all(folder, handoff_files(wanted, None, MEDIUM))
    return folder / "handoff"


@pytest.mark.peer(name="Ansible", program="ansible-inventory")
@pytest.mark.parametrize("username", ["packeruser", HOSTILE], ids=["plain", "hostile"])
def test_ansible_reads_the_inventory_as_it_is_meant(username: str, tmp_path: Path) -> None:
    wanted = guest(replace(winrm(ntlm=True), username=username, host="10.0.0.5"))
    done = subprocess.run(
        ["ansible-inventory", "-i", str(written(wanted, tmp_path) / "inventory.yml"), "--list"],
        env={
            **os.environ,
            PASSWORD_VARIABLE: PASSWORD.reveal(),
            "HOME": str(tmp_path),
            "ANSIBLE_LOCAL_TEMP": str(tmp_path),
        },
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    hosts = json.loads(done.stdout)["_meta"]["hostvars"]
    assert list(hosts) == ["unattend", "unattend-psrp"]
    for settings in hosts.values():
        assert settings["ansible_host"] == "10.0.0.5"
        name = settings["ansible_user"]
        assert (name["__ansible_unsafe"] if isinstance(name, dict) else name) == username


@pytest.mark.peer(name="Ruby", program="ruby")
@pytest.mark.parametrize("communicator", [winrm(), winrm(ssl=True), ssh(port=2222), replace(winrm(), username=HOSTILE)])
def test_ruby_takes_the_vagrantfile(communicator: Winrm, tmp_path: Path) -> None:
    done = subprocess.run(
        ["ruby", "-c", str(written(guest(communicator), tmp_path) / "Vagrantfile")],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.stdout.strip() == "Syntax OK", done.stderr
