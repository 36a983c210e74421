from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from tests.spec.loading import NONE, SMALLEST, WINDOWS, guest_of
from toolkit.errors import ToolkitError
from toolkit.render.certificate import certificate_names, host_certificate, kept_thumbprint, listener_certificate
from toolkit.render.generate import generated
from toolkit.secret import Secret
from toolkit.spec.guest import Winrm

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from toolkit.spec.guest import Guest

SSL = SMALLEST + "winrm_use_ssl = true\n"
SSH = WINDOWS + '[communicator]\ncommunicator = "ssh"\nssh_username = "packer"\nssh_password = "Passw0rd!"\n'


def now() -> datetime:
    return datetime(2026, 1, 2, tzinfo=UTC)


def on_the_medium(names: Iterable[str]) -> list[str]:
    """Leave out what is handed to other tools, which tests of its own look at."""
    return [name for name in names if not name.startswith("handoff/")]


def manifest_of(guest: Guest) -> Any:
    [*_, last] = generated(guest)
    assert last.name == "manifest.json"
    return json.loads(last.data)


def test_the_manifest_says_what_was_promised() -> None:
    content = manifest_of(guest_of(SMALLEST + '[computer]\nname = "build-vm"\n'))
    files = content.pop("files")
    assert content == {
        "format": 1,
        "windows": {
            "release": "server-2022",
            "edition": "standard",
            "installation": "desktop",
            "architecture": "amd64",
            "firmware": "bios",
        },
        "host_name": "build-vm",
        "users": [
            {"name": "Administrator", "groups": ["Administrators"]},
            {"name": "packer", "groups": ["Administrators"]},
        ],
        "communicator": {
            "kind": "winrm",
            "username": "packer",
            "port": 5985,
            "ssl": False,
            "auth": "basic",
            "certificate_thumbprint": None,
        },
        "close": {
            "script": "winrmClose.bat",
            "command": 'cmd.exe /d /c "%ProgramData%\\unattend\\winrmClose.bat"',
            "shutdown_command": 'cmd.exe /d /c "%ProgramData%\\unattend\\winrmClose.bat" shutdown',
            "delay_seconds": 5,
        },
        "shutdown_command": None,
    }
    assert on_the_medium(file["name"] for file in files) == ["Autounattend.xml", "winrmConfig.bat", "winrmClose.bat"]


def test_every_file_stands_there_with_its_size_and_hash() -> None:
    *files, _ = generated(guest_of(SMALLEST))
    assert manifest_of(guest_of(SMALLEST))["files"] == [
        {"name": file.name, "size": len(file.data), "sha256": hashlib.sha256(file.data).hexdigest()} for file in files
    ]


def test_a_name_that_windows_makes_up_is_not_promised() -> None:
    assert manifest_of(guest_of(SMALLEST))["host_name"] is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (WINDOWS + NONE, {"kind": "none"}),
        (SSH, {"kind": "ssh", "username": "packer", "port": 22}),
    ],
)
def test_every_communicator_is_described(text: str, expected: dict[str, object]) -> None:
    assert manifest_of(guest_of(text))["communicator"] == expected


def test_ntlm_is_told_from_basic() -> None:
    assert manifest_of(guest_of(SMALLEST + "winrm_use_ntlm = true\n"))["communicator"]["auth"] == "ntlm"


@pytest.mark.parametrize("text", [SMALLEST, SSH, WINDOWS + NONE])
def test_the_manifest_is_ascii_ends_its_line_and_holds_no_secret(text: str) -> None:
    data = generated(guest_of(text + '[[accounts]]\nname = "Jürgen"\npassword = "An-0-ther"\n'))[-1].data
    assert data.isascii()
    assert data.endswith(b"}\n")
    assert b"Passw0rd!" not in data
    assert b"An-0-ther" not in data
    assert json.loads(data)["users"][-1 if text == WINDOWS + NONE else -2]["name"] == "Jürgen"


def test_without_a_communicator_there_is_only_the_answer_file() -> None:
    names = on_the_medium(file.name for file in generated(guest_of(WINDOWS + NONE)))
    assert names == ["Autounattend.xml", "manifest.json"]


def test_https_without_a_certificate_is_refused() -> None:
    with pytest.raises(ToolkitError, match="needs a certificate"):
        generated(guest_of(SSL))


def test_the_thumbprint_that_clients_pin_is_in_the_manifest(tmp_path: Path) -> None:
    certificate = host_certificate(guest_of(SSL), tmp_path, now)
    assert certificate is not None
    files = {file.name: file.data for file in generated(guest_of(SSL), certificate)}
    names = ["Autounattend.xml", "winrmConfig.bat", "winrmClose.bat", "winrm.pfx", "winrm.pfx.txt", "manifest.json"]
    assert on_the_medium(files) == names
    content = json.loads(files["manifest.json"])
    assert content["communicator"]["certificate_thumbprint"] == certificate.thumbprint
    assert certificate.thumbprint.encode() in files["winrmConfig.bat"]
    assert certificate.pfx_password.reveal().encode() not in files["manifest.json"]


def test_a_certificate_is_made_once_and_used_by_everybody(tmp_path: Path) -> None:
    guest = guest_of(SSL)
    first = host_certificate(guest, tmp_path, now)
    listener = listener_certificate(guest, tmp_path, now)
    assert first == host_certificate(guest, tmp_path, now)
    assert first is not None
    assert listener is not None
    assert (listener.thumbprint, listener.sha256) == (first.thumbprint, kept_thumbprint(tmp_path))
    assert generated(guest, first) == generated(guest, host_certificate(guest, tmp_path, now))


def test_another_name_needs_another_certificate(tmp_path: Path) -> None:
    first = host_certificate(guest_of(SSL), tmp_path, now)
    second = host_certificate(guest_of(SSL + '[computer]\nname = "build-vm"\n'), tmp_path, now)
    assert first is not None
    assert second is not None
    assert first.thumbprint != second.thumbprint
    assert (first.host_name, second.host_name) == ("unattend", "build-vm")


@pytest.mark.parametrize("text", [SMALLEST, SSH, WINDOWS + NONE])
def test_no_certificate_is_made_where_none_is_needed(tmp_path: Path, text: str) -> None:
    assert host_certificate(guest_of(text), tmp_path, now) is None
    assert listener_certificate(guest_of(text), tmp_path, now) is None
    assert kept_thumbprint(tmp_path) is None
    assert list(tmp_path.iterdir()) == []


def test_a_certificate_is_for_the_name_and_the_address() -> None:
    guest = guest_of(SSL + 'winrm_host = "10.0.0.5"\n[computer]\nname = "build-vm"\n')
    assert isinstance(guest.communicator, Winrm)
    assert certificate_names(guest, guest.communicator) == ("build-vm", "10.0.0.5")


def test_a_certificate_shows_neither_key_nor_password(tmp_path: Path) -> None:
    guest = guest_of(SSL)
    host, listener = host_certificate(guest, tmp_path, now), listener_certificate(guest, tmp_path, now)
    assert host is not None
    assert listener is not None
    for secret in (host.pfx_password, listener.key):
        assert isinstance(secret, Secret)
        assert secret.reveal() not in repr(host) + repr(listener)
