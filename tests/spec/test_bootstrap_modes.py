"""The settings of `[bootstrap]` that choose a mode: certificates, methods, SSH."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.render.openssh import KEY, MSI, ZIP, zipped
from tests.spec.loading import NONE, SMALLEST, WINDOWS
from toolkit.errors import SpecError
from toolkit.spec.document import read_document
from toolkit.spec.guest import Bootstrap, CarriedFile, GuestMade, HostMade, OpenSsh, OwnPem, OwnPfx
from toolkit.spec.load import load_guest
from toolkit.spec.secrets import Vault

if TYPE_CHECKING:
    from pathlib import Path

HTTPS = SMALLEST + "winrm_use_ssl = true\n"
SSH = WINDOWS + '[communicator]\ncommunicator = "ssh"\nssh_username = "a"\nssh_password = "b"\n'


def read(folder: Path, lines: str, base: str = HTTPS) -> Bootstrap:
    spec = folder / "unattend.toml"
    spec.write_text(f"{base}[bootstrap]\n{lines}\n", encoding="utf-8")
    return load_guest(read_document(spec), Vault({"PFX": "of the pfx"}, None, folder)).guest.bootstrap


def refused(folder: Path, lines: str, base: str = HTTPS) -> list[str]:
    with pytest.raises(SpecError) as refusal:
        read(folder, lines, base)
    return [problem.message for problem in refusal.value.problems if problem.severity == "error"]


def test_without_a_word_the_host_makes_the_certificate_and_nothing_more_is_opened(tmp_path: Path) -> None:
    bootstrap = read(tmp_path, "")
    assert bootstrap.certificate == HostMade()
    assert (bootstrap.certificate_names, bootstrap.client_certificate) == ((), None)
    assert (bootstrap.kerberos, bootstrap.credssp, bootstrap.psrp, bootstrap.also_ssh) == (False, False, None, False)
    assert bootstrap.openssh == OpenSsh()


def test_the_certificate_can_be_the_guests_or_ones_own(tmp_path: Path) -> None:
    (tmp_path / "own.pfx").write_bytes(b"data")
    assert read(tmp_path, 'certificate = "host"').certificate == HostMade()
    assert read(tmp_path, 'certificate = "guest"').certificate == GuestMade()
    own = read(tmp_path, 'certificate = { file = "own.pfx", password = { env = "PFX" } }').certificate
    assert isinstance(own, OwnPfx)
    assert (own.name, own.data, own.password.reveal()) == ("own.pfx", b"data", "of the pfx")
    assert "data" not in repr(own)


def test_methods_and_names_are_taken_as_they_are(tmp_path: Path) -> None:
    bootstrap = read(
        tmp_path, 'certificate_names = ["win.lab", "10.0.0.5", "*.lab"]\nkerberos = true\ncredssp = true\npsrp = false'
    )
    assert bootstrap.certificate_names == ("win.lab", "10.0.0.5", "*.lab")
    assert (bootstrap.kerberos, bootstrap.credssp, bootstrap.psrp) == (True, True, False)


def test_a_client_certificate_is_the_hosts_or_ones_own(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_bytes(b"pem")
    assert read(tmp_path, 'client_certificate = "host"').client_certificate == HostMade()
    assert read(tmp_path, 'client_certificate = { file = "ca.pem" }').client_certificate == OwnPem("ca.pem", b"pem")


def test_ssh_can_stand_beside_winrm_and_have_its_keys_shell_and_package(tmp_path: Path) -> None:
    (tmp_path / "OpenSSH-Win64.msi").write_bytes(MSI)
    bootstrap = read(
        tmp_path,
        f'also = ["ssh"]\nauthorized_keys = ["{KEY}"]\ndefault_shell = "powershell"\n'
        'openssh = { file = "OpenSSH-Win64.msi" }',
    )
    assert bootstrap.also_ssh
    assert bootstrap.openssh == OpenSsh(CarriedFile("OpenSSH-Win64.msi", MSI), (KEY,), "powershell")


def test_a_zip_with_the_installer_in_it_is_a_package(tmp_path: Path) -> None:
    (tmp_path / "o.zip").write_bytes(ZIP)
    assert read(tmp_path, 'openssh = { file = "o.zip" }', SSH).openssh.package == CarriedFile("o.zip", ZIP)


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ('certificate = "gest"', 'bootstrap.certificate is "gest"; it must be one of'),
        ("certificate = 1", "bootstrap.certificate is 1; it must be one of"),
        ('certificate = { file = "x.pfx" }', "bootstrap.certificate.password must be given"),
        ('certificate = { file = "x.pfx", password = "a" }', "x.pfx cannot be read"),
        ('certificate_names = ["a b"]', 'bootstrap.certificate_names "a b" is neither a host name nor an address'),
        ('certificate_names = ["a&b"]', "is neither a host name nor an address"),
        ('certificate_names = ["x\\";Port="]', "is neither a host name nor an address"),
        ('client_certificate = { file = "x.pem" }', "x.pem cannot be read"),
        ('certificate = "guest"\nclient_certificate = "host"', "a client certificate made on the host comes with"),
        ('also = ["telnet"]', 'bootstrap.also[0] is "telnet"'),
        ('consumer = "packer"\nquotas = { max_timeout_ms = 1799999 }', "less than winrm_timeout"),
        (f'authorized_keys = ["{KEY}"]', "bootstrap.authorized_keys does nothing without an SSH server"),
        ('default_shell = "cmd"', "bootstrap.default_shell does nothing without an SSH server"),
        ('openssh = { file = "x.zip" }', "bootstrap.openssh does nothing without an SSH server"),
    ],
)
def test_a_mistake_is_named(tmp_path: Path, lines: str, message: str) -> None:
    assert any(message in found for found in refused(tmp_path, lines))


@pytest.mark.parametrize(
    "lines",
    [
        'consumer = "packer"\nquotas = { max_timeout_ms = 1800000 }',
        'consumer = "ansible"\nquotas = { max_timeout_ms = 60000 }',
        "quotas = { max_timeout_ms = 60000 }",
    ],
)
def test_a_command_may_take_less_time_where_packer_does_not_ask_for_more(tmp_path: Path, lines: str) -> None:
    assert read(tmp_path, lines).quotas.max_timeout_ms >= 60_000


def test_packer_which_has_no_kerberos_comes_in_by_ntlm_over_https_only(tmp_path: Path) -> None:
    lines = 'kerberos = true\nconsumer = "packer"'
    assert refused(tmp_path, lines, SMALLEST) == ["Packer knows neither Kerberos nor encrypted messages over http"]
    assert read(tmp_path, lines).kerberos


@pytest.mark.parametrize("line", ['certificate = "host"', 'certificate_names = ["a"]', 'client_certificate = "host"'])
@pytest.mark.parametrize("base", [SMALLEST, SSH, WINDOWS + NONE], ids=["http", "ssh", "none"])
def test_certificates_without_https_are_a_mistake(tmp_path: Path, line: str, base: str) -> None:
    [found] = refused(tmp_path, line, base)
    assert found.endswith("does nothing without https")


@pytest.mark.parametrize("line", ["kerberos = true", "credssp = true", "psrp = true", 'also = ["ssh"]'])
def test_winrms_methods_without_winrm_are_a_mistake(tmp_path: Path, line: str) -> None:
    assert any(found.endswith("does nothing without WinRM") for found in refused(tmp_path, line, SSH))


@pytest.mark.parametrize("line", ["kerberos = true", "credssp = true", "psrp = true", 'also = ["ssh"]'])
def test_the_plain_style_knows_no_modes(tmp_path: Path, line: str) -> None:
    found = refused(tmp_path, f'style = "plain"\n{line}', SMALLEST)
    assert any("the plain style does not know" in message for message in found)


@pytest.mark.parametrize(
    "key",
    [
        "",
        "ssh-ed25519",
        "ssh-ed25519 AAAA",
        KEY.replace("ssh-ed25519 ", "ssh-rsa "),
        KEY.replace(" builder", "\tbuilder"),
        KEY + " w\u00f6rker",
        "-----BEGIN OPENSSH PRIVATE KEY-----",
    ],
)
def test_what_is_no_public_key_is_refused(tmp_path: Path, key: str) -> None:
    assert refused(tmp_path, f"authorized_keys = ['{key}']", SSH)


@pytest.mark.parametrize(
    "shell", ["bash", "C:pwsh.exe", r"C:\a%b.exe", 'C:\\a"b.exe', "C:\\a\\", "C:\\w\u00f6\\a.exe", r"C:\a&b.exe"]
)
def test_what_is_no_shell_is_refused(tmp_path: Path, shell: str) -> None:
    assert "neither cmd" in refused(tmp_path, f"default_shell = '{shell}'", SSH)[0]


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("o.zip", zipped("readme.txt"), "is neither an OpenSSH zip"),
        ("o.zip", zipped("a b/install-sshd.ps1"), "is neither an OpenSSH zip"),
        ("o.zip", b"PK nonsense", "is neither an OpenSSH zip"),
        ("o.exe", MSI, "is no name for a package"),
        ("o&o.zip", ZIP, "is no name for a package"),
    ],
)
def test_what_is_no_package_is_refused(tmp_path: Path, name: str, data: bytes, message: str) -> None:
    (tmp_path / name).write_bytes(data)
    assert message in refused(tmp_path, f'openssh = {{ file = "{name}" }}', SSH)[0]


@pytest.mark.parametrize(
    ("release", "more", "warned"),
    [
        ("7", "winrm_use_ssl = true\n", True),
        ("server-2008r2", "winrm_use_ssl = true\n", True),
        ("8.1", "winrm_use_ssl = true\n", False),
        ("7", "", False),
        ("7", 'winrm_use_ssl = true\n[[scripts]]\nfile = "tls.reg"\nreboot = true\n', False),
        ("7", 'winrm_use_ssl = true\n[[scripts]]\nfile = "tls.reg"\n', True),
    ],
)
def test_a_windows_whose_tls_every_client_refuses_until_it_restarts_is_pointed_out(
    tmp_path: Path, release: str, more: str, *, warned: bool
) -> None:
    (tmp_path / "tls.reg").write_text("Windows Registry Editor Version 5.00\n", encoding="ascii")
    spec = tmp_path / "unattend.toml"
    spec.write_text(SMALLEST.replace("server-2022", release) + more, encoding="utf-8")
    told = load_guest(read_document(spec), Vault({}, None, tmp_path)).warnings
    assert [warning.place.line for warning in told if "TLS 1.0" in warning.message] == ([7] if warned else [])
