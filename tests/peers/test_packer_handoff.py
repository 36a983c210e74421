"""Packer itself reads what `generate` hands over, and connects with it, or is refused where it should be."""

from __future__ import annotations

import json
import os
import re
import subprocess
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from tests.render.guests import CERTIFICATE, bootstrap, guest, ssh, winrm
from toolkit.certificates import self_signed
from toolkit.files import NamedFile, write_all
from toolkit.render.generate import generated
from toolkit.render.handoff.files import handoff_files
from toolkit.render.handoff.settings import PASSWORD_VARIABLE
from toolkit.secret import Secret
from toolkit.simulator.firstboot import first_boot
from toolkit.simulator.server import SimulatedGuest
from toolkit.spec.guest import AutoLogon, Bootstrap, Consumer, Firmware, Guest, NoCommunicator, OwnPfx, Winrm

if TYPE_CHECKING:
    from pathlib import Path

    from toolkit.certificates import Certificate
    from toolkit.simulator.state import GuestState

pytestmark = pytest.mark.peer(name="packer", program="packer")

# Packer takes every one of these as an end or a beginning of something somewhere.
HOSTILE_USER = "us$$${er}{{y}}$'"
PASSWORD = "p$${a}%{s}'s"

MEDIUM = (NamedFile("Autounattend.xml", b"<unattend/>"), NamedFile("winrmConfig.bat", b"exit /b 0\r\n"))
LANGUAGES = ("packer.json", "packer.pkr.hcl")


def packer(arguments: list[str], folder: Path, password: str = PASSWORD) -> subprocess.CompletedProcess[str]:
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("PACKER_")},
        "HOME": str(folder),
        "PACKER_CONFIG_DIR": str(folder),
        "CHECKPOINT_DISABLE": "1",
        "NO_PROXY": "127.0.0.1",
        PASSWORD_VARIABLE: password,
    }
    return subprocess.run(
        ["packer", *arguments],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def written(wanted: Guest, folder: Path) -> Path:
    """Write what the medium holds and what is handed over, as `generate` does."""
    write_all(folder, [*MEDIUM, *handoff_files(wanted, None, MEDIUM)])
    return folder / "handoff"


VALID = {
    "basic": guest(),
    "ntlm": guest(winrm(ntlm=True)),
    "https": guest(winrm(ssl=True, port=8443)),
    "ssh": guest(ssh(port=2222)),
    "none": guest(NoCommunicator()),
    "hostile": guest(replace(winrm(), username=HOSTILE_USER, host="fe80::1", pause=90)),
}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    ("builder", "firmware"),
    [("qemu", Firmware.BIOS), ("virtualbox-iso", Firmware.BIOS), ("vmware-iso", Firmware.UEFI)],
)
def test_every_builder_of_iso_files_takes_the_template(
    language: str, builder: str, firmware: Firmware, tmp_path: Path
) -> None:
    base = guest()
    template = written(replace(base, disk=replace(base.disk, firmware=firmware)), tmp_path) / language
    template.write_text(template.read_text(encoding="utf-8").replace("qemu", builder), encoding="utf-8")
    assert_valid(template, tmp_path)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", VALID)
def test_every_mode_is_a_valid_template(name: str, language: str, tmp_path: Path) -> None:
    assert_valid(written(VALID[name], tmp_path) / language, tmp_path)


@pytest.mark.parametrize("name", VALID)
def test_the_template_is_formatted_as_packer_formats(name: str, tmp_path: Path) -> None:
    done = packer(["fmt", "-check", "-diff", str(written(VALID[name], tmp_path) / "packer.pkr.hcl")], tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("language", LANGUAGES)
def test_packer_does_object_to_an_option_that_it_lacks(language: str, tmp_path: Path) -> None:
    """Say that the two tests above can fail."""
    template = written(guest(), tmp_path) / language
    template.write_text(template.read_text(encoding="utf-8").replace("winrm_timeout", "winrm_timeot"), encoding="utf-8")
    assert validate(template, tmp_path).returncode != 0


@pytest.mark.parametrize("language", LANGUAGES)
def test_packer_connects_by_basic_and_a_name_full_of_beginnings_arrives_as_it_is(language: str, tmp_path: Path) -> None:
    done, _ = connected(replace(winrm(), username=HOSTILE_USER), bootstrap(), language, tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Connected to WinRM!" in done.stdout
    assert "provisioned" in done.stdout


@pytest.mark.parametrize("language", LANGUAGES)
def test_packer_connects_by_ntlm_where_the_consumer_is_packer(language: str, tmp_path: Path) -> None:
    settings = bootstrap(consumer=Consumer.PACKER)
    done, refused = connected(winrm(ntlm=True), settings, language, tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "provisioned" in done.stdout
    assert not refused


@pytest.mark.parametrize("language", LANGUAGES)
def test_packer_connects_over_https_with_what_it_is_handed(language: str, tmp_path: Path) -> None:
    certificate = self_signed(["unattend"], now=datetime.now(UTC), days=2)
    done, _ = connected(winrm(ssl=True), bootstrap(), language, tmp_path, certificate)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "provisioned" in done.stdout


def test_a_password_that_begins_a_template_is_quoted_where_that_can_be(tmp_path: Path) -> None:
    """Packer's JSON cannot, and says so itself."""
    braces = replace(winrm(), password=Secret(f"{PASSWORD}{{{{x"))
    done, _ = connected(braces, bootstrap(), "packer.pkr.hcl", tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    done, _ = connected(braces, bootstrap(), "packer.json", tmp_path)
    assert done.returncode != 0
    assert "packer_user_variables" in done.stdout + done.stderr


def test_packers_ntlm_is_refused_as_the_fragment_says_where_the_consumer_encrypts(tmp_path: Path) -> None:
    settings = bootstrap(consumer=Consumer.ANSIBLE)
    done, refused = connected(replace(winrm(ntlm=True), timeout=4), settings, "packer.json", tmp_path)
    assert done.returncode != 0
    assert "Timeout waiting for WinRM" in done.stdout + done.stderr
    assert refused
    assert "Packer will be refused" in (tmp_path / "handoff" / "packer.json").read_text(encoding="utf-8")


def test_packer_is_refused_where_only_kerberos_and_sealed_messages_are_let_in(tmp_path: Path) -> None:
    settings = replace(bootstrap(consumer=Consumer.ANY), kerberos=True)
    done, refused = connected(replace(winrm(), timeout=4), settings, "packer.pkr.hcl", tmp_path)
    assert done.returncode != 0
    assert refused
    assert "Packer will be refused" in (tmp_path / "handoff" / "packer.pkr.hcl").read_text(encoding="utf-8")


def test_packer_comes_in_by_ntlm_where_kerberos_is_wanted_over_https(tmp_path: Path) -> None:
    certificate = self_signed(["unattend"], now=datetime.now(UTC), days=2)
    settings = replace(bootstrap(consumer=Consumer.ANY), kerberos=True)
    done, _ = connected(winrm(ssl=True), settings, "packer.json", tmp_path, certificate)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("ntlm", [False, True], ids=["basic", "ntlm"])
def test_packer_is_refused_with_another_password(tmp_path: Path, *, ntlm: bool) -> None:
    done, _ = connected(
        replace(winrm(ntlm=ntlm), timeout=4), bootstrap(), "packer.json", tmp_path, sent="not the password"
    )
    assert done.returncode != 0
    assert "Timeout waiting for WinRM" in done.stdout + done.stderr


def test_packer_checks_a_certificate_that_is_the_users_own(tmp_path: Path) -> None:
    """Nobody vouches for this one, so that the check shows."""
    certificate = self_signed(["127.0.0.1"], now=datetime.now(UTC), days=2)
    own = replace(bootstrap(), certificate=OwnPfx("own.pfx", b"", Secret("x")))
    done, _ = connected(replace(winrm(ssl=True), timeout=4), own, "packer.pkr.hcl", tmp_path, certificate)
    assert done.returncode != 0
    assert "Connected to WinRM!" not in done.stdout


def connected(
    communicator: Winrm,
    settings: Bootstrap,
    language: str,
    folder: Path,
    tls: Certificate | None = None,
    *,
    sent: str = "",
) -> tuple[subprocess.CompletedProcess[str], bool]:
    """Build with Packer's null builder on the guest that the generated files make, in their first boot as modelled.

    Also tell whether the guest turned away a request of somebody whom it knew.
    """
    state = opened(with_account(guest(communicator, settings)))
    with SimulatedGuest(state, tls=tls) as simulated:
        here = replace(communicator, host="127.0.0.1", port=simulated.port, timeout=min(communicator.timeout, 20))
        template = written(guest(here, settings), folder) / language
        template.write_text(on_the_null_builder(template.read_text(encoding="utf-8"), language), encoding="utf-8")
        done = packer(["build", "-color=false", str(template)], folder, sent or communicator.password.reveal())
        return done, any(exchange.status == 401 and exchange.user for exchange in simulated.exchanges)


def with_account(wanted: Guest) -> Guest:
    """Give the guest whose account is the communicator's, as a spec's is."""
    communicator = wanted.communicator
    assert isinstance(communicator, Winrm)
    name, password = communicator.username, communicator.password
    return replace(
        wanted,
        accounts=(replace(wanted.accounts[0], name=name, password=password),),
        autologon=AutoLogon(username=name, password=password, count=1),
    )


def opened(wanted: Guest) -> GuestState:
    boot = first_boot(generated(wanted, CERTIFICATE), release=wanted.windows.release)
    assert (boot.problems, boot.closed) == ((), None)
    assert boot.state is not None
    return boot.state


def on_the_null_builder(text: str, language: str) -> str:
    """Change nothing but the builder, what only installing builders have, and that something is provisioned."""
    if language == "packer.json":
        template = json.loads(text)
        (only,) = template["builders"]
        kept = {name: value for name, value in only.items() if name.startswith(("winrm_", "communicator"))}
        template["builders"] = [{"type": "null", **kept}]
        template["provisioners"] = [{"type": "shell-local", "inline": ["echo provisioned"]}]
        del template["variables"]["iso_url"], template["variables"]["iso_checksum"]
        return json.dumps(template)
    text = re.sub(r'variable "iso_\w+" \{\n.*\n\}\n', "", text)
    text = re.sub(r"^  (iso_\w+|cd_label|shutdown_command) +=.*\n", "", text, flags=re.MULTILINE)
    text = re.sub(r"^  cd_files = \[\n(    .*\n)+  \]\n", "", text, flags=re.MULTILINE)
    provisioner = '\n  provisioner "shell-local" {\n    inline = ["echo provisioned"]\n  }\n}\n'
    return text.replace("qemu", "null").removesuffix("}\n") + provisioner


def validate(template: Path, folder: Path) -> subprocess.CompletedProcess[str]:
    image = folder / "windows.iso"
    image.touch()
    given = ["-var", f"iso_url={image}", "-var", "iso_checksum=none"]
    return packer(["validate", *given, str(template)], folder)


def assert_valid(template: Path, folder: Path) -> None:
    done = validate(template, folder)
    assert done.returncode == 0, done.stdout + done.stderr
