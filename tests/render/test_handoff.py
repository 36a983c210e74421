from __future__ import annotations

from dataclasses import replace

import pytest

from tests.render.guests import PASSWORD, bootstrap, guest, ssh, winrm
from toolkit.errors import ToolkitError
from toolkit.files import NamedFile
from toolkit.render.handoff.files import handoff_files
from toolkit.render.handoff.settings import PASSWORD_VARIABLE, seconds_text
from toolkit.render.handoff.trust import Trust, trust_of
from toolkit.render.host_certificate import HostCertificate
from toolkit.secret import Secret
from toolkit.spec.guest import Communicator, Guest, GuestMade, HostMade, NoCommunicator, OwnPfx, ServerCertificate

CERTIFICATE = HostCertificate("AB" * 20, "unattend", b"pfx", Secret("PfxPassword"), pem="-----BEGIN CERTIFICATE-----\n")
MEDIUM = (NamedFile("Autounattend.xml", b""), NamedFile("winrmConfig.bat", b""))


def files(wanted: Guest, certificate: HostCertificate | None = None) -> dict[str, str]:
    return {file.name: file.data.decode("utf-8") for file in handoff_files(wanted, certificate, MEDIUM)}


def test_every_tool_gets_its_fragment() -> None:
    assert list(files(guest())) == [
        "handoff/packer.pkr.hcl",
        "handoff/packer.json",
        "handoff/inventory.yml",
        "handoff/Vagrantfile",
    ]


def test_where_nothing_connects_only_packer_has_something_to_do() -> None:
    assert list(files(guest(NoCommunicator()))) == ["handoff/packer.pkr.hcl", "handoff/packer.json"]


@pytest.mark.parametrize("communicator", [winrm(), winrm(ssl=True), winrm(ntlm=True), ssh()], ids=str)
def test_no_secret_is_written_and_every_fragment_says_where_it_looks(communicator: Communicator) -> None:
    for name, text in files(guest(communicator), CERTIFICATE).items():
        assert PASSWORD.reveal() not in text, name
        assert CERTIFICATE.pfx_password.reveal() not in text, name
        assert PASSWORD_VARIABLE in text, name


def test_the_same_guest_gives_the_same_bytes() -> None:
    assert handoff_files(guest(), None, MEDIUM) == handoff_files(guest(), None, MEDIUM)


def test_the_certificate_travels_along_where_a_client_can_check_it() -> None:
    known = guest(replace(winrm(ssl=True), host="10.0.0.5"))
    assert files(known, CERTIFICATE)["handoff/winrm.pem"] == CERTIFICATE.pem
    assert "handoff/winrm.pem" not in files(guest(winrm(ssl=True)), CERTIFICATE)


@pytest.mark.parametrize(
    ("source", "host", "insecure", "trust"),
    [
        (HostMade(), "10.0.0.5", False, Trust.OWN_AUTHORITY),
        (HostMade(), "10.0.0.5", True, Trust.UNCHECKED),
        (HostMade(), None, False, Trust.UNCHECKED),
        (GuestMade(), "10.0.0.5", False, Trust.UNCHECKED),
        (OwnPfx("own.pfx", b"", PASSWORD), None, False, Trust.SYSTEM),
        (OwnPfx("own.pfx", b"", PASSWORD), None, True, Trust.UNCHECKED),
    ],
)
def test_what_a_client_can_trust_follows_from_where_the_certificate_is_from(
    source: ServerCertificate, host: str | None, *, insecure: bool, trust: Trust
) -> None:
    communicator = replace(winrm(ssl=True), host=host, insecure=insecure)
    wanted = guest(communicator, replace(bootstrap(), certificate=source))
    assert trust_of(wanted, CERTIFICATE) is trust


@pytest.mark.parametrize("character", ["\n", "\0", "\x7f", "\x85", "\u2028", "\ufeff"])
def test_a_name_that_no_language_can_hold_is_refused_without_showing_it(character: str) -> None:
    name = f"user{character}name"
    with pytest.raises(ToolkitError, match="character 5 is not printable") as refused:
        files(guest(replace(winrm(), username=name)))
    assert name not in refused.value.message


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0s"), (90, "1m30s"), (1800, "30m"), (5400, "1h30m"), (86400, "24h"), (1.5, "1.5s"), (3601, "1h1s")],
)
def test_durations_are_written_as_go_reads_them(seconds: float, text: str) -> None:
    assert seconds_text(seconds) == text
