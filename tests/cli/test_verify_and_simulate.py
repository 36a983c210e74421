"""Two terminals: a simulated guest in one, `verify-winrm` in the other."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.cli.conftest import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.cli.conftest import Unattend

SAMPLES = sorted((ROOT / "samples").iterdir())
CONNECTED = [path.name for path in SAMPLES if 'communicator = "winrm"' in (path / "unattend.toml").read_text("utf-8")]
BY_SSH = [path.name for path in SAMPLES if 'communicator = "ssh"' in (path / "unattend.toml").read_text("utf-8")]


@contextlib.contextmanager
def simulated(folder: Path, *arguments: str, **environment: str) -> Iterator[int]:
    """Run `unattend simulate` and give its port."""
    process = subprocess.Popen(
        [sys.executable, "-m", "toolkit", "simulate", *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
    )
    assert process.stdout is not None
    try:
        url = process.stdout.readline()
        found = re.fullmatch(r"https?://127\.0\.0\.1:(\d+)/wsman\n", url)
        assert found, url
        yield int(found[1])
    finally:
        process.send_signal(signal.SIGTERM)
        _, err = process.communicate(timeout=10)
    assert process.returncode == 0, err
    assert "Traceback" not in err


@pytest.mark.parametrize("name", CONNECTED)
def test_every_sample_ends_in_a_proven_guest_with_no_flag_but_the_port(
    unattend: Unattend, folder: Path, name: str
) -> None:
    shutil.copytree(ROOT / "samples" / name, folder, dirs_exist_ok=True)
    assert unattend("generate").code == 0
    assert unattend("pack-iso").code == 0
    with simulated(folder) as port:
        done = unattend("verify-winrm", "127.0.0.1", "--port", str(port), "--json")
    report = json.loads(done.out)
    assert (done.code, report["ready"], report["facts"]["guest"]["elevated"]) == (0, True, True)


def test_nothing_answers_where_the_spec_wants_no_communicator(unattend: Unattend, folder: Path) -> None:
    shutil.copytree(ROOT / "samples" / "no-communicator", folder, dirs_exist_ok=True)
    unattend("simulate").ends_with_a_message(2, "only a guest that is reached over WinRM")
    unattend("verify-winrm", "127.0.0.1").ends_with_a_message(2, "nothing connects over WinRM")


def test_https_is_trusted_by_the_pin_that_generate_kept(unattend: Unattend, spec: Path, folder: Path) -> None:
    spec.write_text(spec.read_text() + "winrm_use_ssl = true\n")
    unattend("generate")
    with simulated(folder) as port:
        done = unattend("verify-winrm", "127.0.0.1", "--port", str(port))
    assert done.code == 0, done.out
    assert "pin" in done.out


def test_the_spec_comes_from_stdin_too(unattend: Unattend, spec: Path, folder: Path) -> None:
    with simulated(folder) as port:
        text = spec.read_text()
        spec.unlink()
        assert unattend("verify-winrm", "127.0.0.1", "--port", str(port), "--spec", "-", stdin=text).code == 0


def test_without_a_spec_the_flags_alone_suffice(unattend: Unattend, folder: Path) -> None:
    secret = {"UNATTEND_WINRM_PASSWORD": "p w&'\"é"}
    with simulated(folder, "--username", "bob", **secret) as port:
        for auth in ("basic", "ntlm"):
            done = unattend("verify-winrm", f"127.0.0.1:{port}", "-u", "bob", "--auth", auth, **secret)
            assert done.code == 0, done.out


def test_the_password_comes_from_stdin_or_a_file_too(unattend: Unattend, folder: Path) -> None:
    (folder / "pw").write_text("from a file\nsecond line\n")
    with simulated(folder, "--username", "bob", "--password-file", "pw") as port:
        flags = ["verify-winrm", f"127.0.0.1:{port}", "-u", "bob"]
        assert unattend(*flags, "--password-stdin", stdin="from a file\n").code == 0
        assert unattend(*flags, "--password-file", "pw").code == 0
        unattend(*flags).ends_with_a_message(2, 'no password for "bob"', "UNATTEND_WINRM_PASSWORD")


def test_a_password_from_stdin_is_utf_8_whatever_the_locale_says(unattend: Unattend, folder: Path) -> None:
    (folder / "pw").write_text("Zwölf Boxkämpfer\n", encoding="utf-8")
    with simulated(folder, "--username", "bob", "--password-file", "pw") as port:
        flags = ["verify-winrm", f"127.0.0.1:{port}", "-u", "bob", "--password-stdin"]
        assert unattend(*flags, stdin="Zwölf Boxkämpfer\n", PYTHONIOENCODING="cp850").code == 0


def test_a_wrong_password_and_a_refused_method_are_different_messages(
    unattend: Unattend, spec: Path, folder: Path
) -> None:
    with simulated(folder, "--set", "communicator.winrm_use_ntlm=true") as port:
        where = ["verify-winrm", "127.0.0.1", "--port", str(port)]
        refused = unattend(*where, "--auth", "basic")
        wrong = unattend(*where, "--auth", "ntlm", UNATTEND_WINRM_PASSWORD="not it")
    assert (refused.code, wrong.code) == (15, 15)
    assert "does not offer Basic" in refused.out
    assert "with this password" in wrong.out


def test_a_name_that_does_not_resolve_ends_soon(unattend: Unattend, spec: Path) -> None:
    assert unattend("verify-winrm", "nosuch.invalid").code == 10


def test_tls_on_the_plain_port_ends_at_once(unattend: Unattend, spec: Path, folder: Path) -> None:
    with simulated(folder) as port:
        done = unattend("verify-winrm", "127.0.0.1", "--port", str(port), "--ssl")
    assert done.code == 12
    assert "--ssl" in done.out


def test_an_unknown_certificate_is_refused_and_insecure_says_so(unattend: Unattend, spec: Path, folder: Path) -> None:
    with simulated(folder, "--tls") as port:
        where = ["verify-winrm", "127.0.0.1", "--port", str(port), "--ssl"]
        assert unattend(*where).code == 13
        assert unattend(*where, "--insecure").code == 0


@pytest.mark.parametrize("name", CONNECTED)
def test_every_sample_rehearses_to_a_proven_guest(unattend: Unattend, folder: Path, name: str) -> None:
    shutil.copytree(ROOT / "samples" / name, folder, dirs_exist_ok=True)
    done = unattend("rehearse")
    assert (done.code, "Ready: " in done.out) == (0, True), done.out + done.err


@pytest.mark.parametrize("name", BY_SSH)
def test_a_sample_that_is_reached_by_ssh_rehearses_to_an_sshd_that_answers(
    unattend: Unattend, folder: Path, name: str
) -> None:
    shutil.copytree(ROOT / "samples" / name, folder, dirs_exist_ok=True)
    done = unattend("rehearse")
    assert (done.code, "SSH answers on port" in done.out) == (0, True), done.out + done.err
    assert "WinRM stays closed" not in done.out


def test_a_guest_that_ssh_does_not_reach_is_a_finding(unattend: Unattend, folder: Path) -> None:
    shutil.copytree(ROOT / "samples" / "wireless-laptop", folder, dirs_exist_ok=True)
    with (folder / "unattend.toml").open("a", encoding="utf-8") as stream:
        stream.write('\n[[commands]]\nphase = "first-logon"\nrun = "sc.exe config sshd start= disabled"\n')
        stream.write('[autologon]\nusername = "alice"\n')
        stream.write('[[accounts]]\nname = "alice"\npassword = "x1"\ngroups = ["Users"]\n')
    done = unattend("rehearse")
    assert done.code == 1
    assert "SSH does not answer on port 22" in done.err


def test_a_guest_that_nothing_connects_to_rehearses_to_a_shut_one(unattend: Unattend, folder: Path) -> None:
    shutil.copytree(ROOT / "samples" / "no-communicator", folder, dirs_exist_ok=True)
    done = unattend("rehearse")
    assert done.code == 0
    assert "WinRM stays closed" in done.out


def test_a_server_that_is_open_by_itself_is_told_of_and_no_failure(unattend: Unattend, folder: Path) -> None:
    spec = '[windows]\nrelease = "server-2022"\n[communicator]\ncommunicator = "none"\n'
    spec += '[[accounts]]\nname = "ann"\npassword = "Passw0rd!"\n'
    (folder / "unattend.toml").write_text(spec)
    done = unattend("rehearse")
    assert done.code == 0
    assert "WinRM answers too: servers have it on by themselves" in done.err
    command = (
        '[[commands]]\nphase = "first-logon"\nrun = "cmd.exe /c sc.exe config WinRM start= disabled & net stop WinRM"\n'
    )
    (folder / "unattend.toml").write_text(spec + command)
    done = unattend("rehearse")
    assert (done.code, "WinRM answers too" in done.err) == (0, False)
    assert "WinRM stays closed" in done.out


def test_a_client_that_opens_unasked_is_a_finding(unattend: Unattend, folder: Path) -> None:
    opening = "cmd.exe /c winrm quickconfig -q"
    (folder / "unattend.toml").write_text(
        '[windows]\nrelease = "11"\n[communicator]\ncommunicator = "none"\n[[accounts]]\nname = "ann"\n'
        f'password = "Passw0rd!"\n[[commands]]\nphase = "first-logon"\nrun = "{opening}"\n'
    )
    done = unattend("rehearse")
    assert done.code == 1
    assert "WinRM answers although the spec wants no WinRM" in done.err


def test_a_bootstrap_that_stays_shut_is_a_finding(unattend: Unattend, spec: Path) -> None:
    with spec.open("a", encoding="utf-8") as stream:
        stream.write('[[commands]]\nphase = "first-logon"\nrun = "net stop winrm"\n[autologon]\nusername = "alice"\n')
        stream.write('[[accounts]]\nname = "alice"\npassword = "x1"\ngroups = ["Users"]\n')
    done = unattend("rehearse")
    assert done.code == 1
    assert "alice is no administrator" in done.err


def test_every_check_passes_on_the_guest_that_the_spec_describes(unattend: Unattend, spec: Path, folder: Path) -> None:
    unattend("generate")
    with simulated(folder) as port:
        done = unattend("verify-winrm", "127.0.0.1", "--port", str(port), "--full", "--json")
    report = json.loads(done.out)
    assert (done.code, report["ready"]) == (0, True), done.out
    assert {"configuration", "files", "firewall", "posture"} <= {outcome["name"] for outcome in report["checks"]}


def test_reports_are_written_for_other_machines(unattend: Unattend, spec: Path, folder: Path) -> None:
    with simulated(folder) as port:
        where = ["verify-winrm", "127.0.0.1", "--port", str(port)]
        done = unattend(*where, "--junit", "junit.xml", "--timeline", "boot.svg", "--github")
    assert done.code == 0, done.err
    assert (folder / "junit.xml").read_bytes().startswith(b"<?xml")
    assert "<svg" in (folder / "boot.svg").read_text(encoding="utf-8")
    assert "recommended winrm_timeout" in done.err


def test_a_client_is_met_on_its_own_terms(unattend: Unattend, folder: Path) -> None:
    shutil.copytree(ROOT / "samples" / "server-2022-ntlm", folder, dirs_exist_ok=True)
    with simulated(folder) as port:
        where = ["verify-winrm", "127.0.0.1", "--port", str(port)]
        assert unattend(*where, "--as", "ansible").code == 0
        packer = unattend(*where, "--as", "packer")
    assert packer.code == 15
    assert "its NTLM does not encrypt" in packer.out


def test_a_guest_that_is_meant_to_be_shut_is_proven_so(unattend: Unattend, spec: Path, folder: Path) -> None:
    assert unattend("verify-winrm", "127.0.0.1", "--port", "1", "--expect", "closed").code == 0
    with simulated(folder) as port:
        assert unattend("verify-winrm", "127.0.0.1", "--port", str(port), "--expect", "closed").code == 20


def test_nobody_is_asked_for_a_user_or_a_password_to_prove_a_guest_shut(
    unattend: Unattend, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("UNATTEND_WINRM_PASSWORD", raising=False)
    done = unattend("verify-winrm", "127.0.0.1", "--port", "1", "--expect", "closed")
    assert done.code == 0
    assert done.out.startswith("http://127.0.0.1:1/wsman\n")


def test_a_kerberos_ticket_stands_in_for_a_password(
    unattend: Unattend, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("UNATTEND_WINRM_PASSWORD", raising=False)
    done = unattend("verify-winrm", "nonexistent.invalid", "--auth", "kerberos", "-u", "bob@CORP", "--timeout", "0")
    assert done.code == 10, done.err


def test_a_probe_needs_no_password(unattend: Unattend, spec: Path, folder: Path) -> None:
    with simulated(folder) as port:
        done = unattend("probe", f"127.0.0.1:{port}", "--json")
    assert done.code == 0
    assert str(port) in done.out


def test_codes_and_logs_are_explained_offline(unattend: Unattend) -> None:
    for form in ("2150859113", "0x80338169", "-2144108183"):
        assert "PUBLIC_FIREWALL_PROFILE_ACTIVE" in unattend("explain", form).out
    log = "==> default: Waiting for WinRM to become available...\n[ERROR] http error: 401 - invalid content type\n"
    done = unattend("explain", "-", stdin=log)
    assert done.code == 0
    assert "Line 2" in done.out
    assert unattend("explain", "all is well").code == 1


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (["--as", "puppet"], "--as puppet is not known"),
        (["--expect", "open"], "--expect open is not known"),
        (["--check", "nothing"], "nothing is no check"),
        (["--timeline", "boot.png"], "its name says no format"),
        (["--client-cert", "x.pem"], "--client-cert and --client-key go together"),
        (["--settle", "1"], "--settle:"),
    ],
)
def test_flags_that_make_no_sense(unattend: Unattend, spec: Path, flags: list[str], message: str) -> None:
    unattend("verify-winrm", "127.0.0.1", "--timeout", "0", *flags).ends_with_a_message(2, message)
