"""The scripts, run by a real command processor: what reaches netsh, sc, winrm and the others, in which order."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from tests.peers.wine.harness import Rule
from tests.peers.wine.medium import SERVICE_RUNS, THUMBPRINT
from tests.render.guests import bootstrap, guest, winrm
from toolkit.files import NamedFile
from toolkit.render.bootstrap import BootstrapExit, bootstrap_files
from toolkit.spec.guest import Consumer, Guest, Style

if TYPE_CHECKING:
    from tests.peers.wine.medium import Medium

pytestmark = pytest.mark.peer(name="wine", program=("wine", "wineserver", "x86_64-w64-mingw32-gcc"))

STARTING = "        STATE              : 2  START_PENDING\r\n"

HTTP = "winrm/config/Listener?Address=*+Transport=HTTP"
HTTPS = "winrm/config/Listener?Address=*+Transport=HTTPS"

NO_LISTENER = Rule(f"get {HTTP}", code=1)
NO_CERTIFICATE = Rule("certutil -store", code=-2146885628)
ONLY_HTTPS = (Rule(f"get {HTTPS}"), Rule(f"get {HTTP}", code=1))
NO_HTTPS = Rule(f"get {HTTPS}", code=1)

FRESH = (SERVICE_RUNS, NO_CERTIFICATE, NO_LISTENER)

HOLD = (
    "netsh advfirewall firewall add rule name=unattend-winrm-hold"
    " dir=in action=block protocol=TCP localport=5985,5986 profile=any"
)
RELEASE = "netsh advfirewall firewall delete rule name=unattend-winrm-hold"

TOKEN_POLICY = r"HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Policies\System"
PREPARE = (
    "fsutil dirty query C:",
    HOLD,
    f"reg add {TOKEN_POLICY} /v LocalAccountTokenFilterPolicy /t REG_DWORD /d 1 /f",
    r"reg add HKLM\SYSTEM\CurrentControlSet\Control\Network\NewNetworkWindowOff /f",
    "sc.exe config WinRM start= delayed-auto",
    "net start WinRM",
    "sc.exe query WinRM",
)
QUOTAS = (
    'winrm set winrm/config @{MaxEnvelopeSizekb="500";MaxTimeoutms="1800000"}',
    'winrm set winrm/config/winrs @{MaxMemoryPerShellMB="2048";MaxShellsPerUser="30";MaxProcessesPerShell="100"}',
)
EVIDENCE = ("winrm enumerate winrm/config/Listener", "winrm get winrm/config")

CREATE_HTTP = (f"winrm get {HTTP}", f"winrm create {HTTP}", f"winrm get {HTTPS}")
CREATE_HTTPS = (
    f"certutil -store My {THUMBPRINT}",
    r'certutil -f -p "Pfx_Password=1" -importpfx "e:\winrm.pfx"',
    f"winrm get {HTTPS}",
    f'winrm create {HTTPS} @{{Hostname="build-vm";CertificateThumbprint="{THUMBPRINT}"}}',
    f"winrm get {HTTP}",
)


def authentication(*, basic: bool, unencrypted: bool) -> tuple[str, ...]:
    methods = f'Basic="{_word(basic)}";Kerberos="true";Negotiate="true";Certificate="false";CredSSP="false"'
    return (
        f'winrm set winrm/config/service @{{AllowUnencrypted="{_word(unencrypted)}"}}',
        f"winrm set winrm/config/service/auth @{{{methods}}}",
    )


def opening(port: int) -> tuple[str, ...]:
    rule = f"dir=in action=allow protocol=TCP localport={port} profile=any remoteip=any"
    return (
        "netsh advfirewall firewall delete rule name=unattend-winrm-allow",
        f"netsh advfirewall firewall add rule name=unattend-winrm-allow {rule}",
        RELEASE,
    )


def _word(value: bool) -> str:  # noqa: FBT001  (one value, named by its type)
    return "true" if value else "false"


@dataclass(frozen=True, slots=True)
class Case:
    """A guest and what its script is to do, line by line, on a fresh Windows."""

    guest: Guest
    lines: tuple[str, ...]


def _http(consumer: Consumer, *, ntlm: bool, unencrypted: bool) -> Case:
    configured = (*CREATE_HTTP, *QUOTAS, *authentication(basic=not ntlm, unencrypted=unencrypted))
    wanted = guest(winrm(ntlm=ntlm), bootstrap(consumer=consumer))
    return Case(wanted, (*PREPARE, *configured, *EVIDENCE, *opening(5985)))


def _https(*, ntlm: bool) -> Case:
    configured = (*CREATE_HTTPS, *QUOTAS, *authentication(basic=not ntlm, unencrypted=False))
    return Case(guest(winrm(ssl=True, ntlm=ntlm)), (*PREPARE, *configured, *EVIDENCE, *opening(5986)))


CASES = {
    "basic for packer": _http(Consumer.PACKER, ntlm=False, unencrypted=True),
    "basic for ansible": _http(Consumer.ANSIBLE, ntlm=False, unencrypted=True),
    "ntlm for packer": _http(Consumer.PACKER, ntlm=True, unencrypted=True),
    "ntlm for any": _http(Consumer.ANY, ntlm=True, unencrypted=True),
    "ntlm for ansible": _http(Consumer.ANSIBLE, ntlm=True, unencrypted=False),
    "ntlm for vagrant": _http(Consumer.VAGRANT, ntlm=True, unencrypted=False),
    "https basic": _https(ntlm=False),
    "https ntlm": _https(ntlm=True),
}
BASIC = CASES["basic for packer"].guest
TLS = CASES["https basic"].guest


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_a_closed_script_does_exactly_this_in_this_order(medium: Medium, case: Case) -> None:
    ran = medium.run(case.guest, *FRESH)
    assert ran.lines == case.lines
    assert ran.exit_code == BootstrapExit.DONE
    assert medium.status("winrm-ready.txt") is not None
    assert medium.status("winrm-failed.txt") is None


# Which command is made to fail, and what the script then ends with. Codes below 0 are what certutil and dism give.
BROKEN = {
    "fsutil dirty": BootstrapExit.ELEVATION,
    "name=unattend-winrm-hold dir=in": BootstrapExit.CLOSE,
    "LocalAccountTokenFilterPolicy": BootstrapExit.TOKEN,
    "NewNetworkWindowOff": BootstrapExit.FLYOUT,
    "sc.exe config WinRM": BootstrapExit.START_TYPE,
    f"create {HTTP}": BootstrapExit.LISTENER,
    "set winrm/config @": BootstrapExit.QUOTAS,
    "set winrm/config/winrs @": BootstrapExit.QUOTAS,
    "set winrm/config/service @": BootstrapExit.AUTHENTICATION,
    "set winrm/config/service/auth @": BootstrapExit.AUTHENTICATION,
    "name=unattend-winrm-allow dir=in": BootstrapExit.ALLOW,
    "delete rule name=unattend-winrm-hold": BootstrapExit.RELEASE,
}


@pytest.mark.parametrize(("substring", "code"), BROKEN.items(), ids=BROKEN)
def test_a_failing_step_ends_the_script_with_its_code_and_leaves_the_guest_shut(
    medium: Medium, substring: str, code: BootstrapExit
) -> None:
    ran = medium.run(BASIC, Rule(substring, code=7), *FRESH)
    assert ran.exit_code == code
    assert substring in ran.lines[-1]
    assert RELEASE not in ran.lines[:-1]
    assert medium.status("winrm-ready.txt") is None
    failed = medium.status("winrm-failed.txt")
    assert failed is not None
    assert "exit_code=7\n" in failed
    assert f"script_exit_code={code.value}\n" in failed
    assert "FAILED in step" in medium.log()


@pytest.mark.parametrize(
    ("rules", "code", "last"),
    [
        ((Rule("-importpfx", code=-2147024810),), BootstrapExit.CERTIFICATE, "-importpfx"),
        ((Rule(f"create {HTTPS}", code=1),), BootstrapExit.LISTENER, f"create {HTTPS}"),
        ((Rule(f"delete {HTTPS}", code=1), Rule(f"get {HTTPS}")), BootstrapExit.LISTENER, f"delete {HTTPS}"),
        ((Rule(f"delete {HTTP}", code=1), NO_HTTPS, Rule(f"get {HTTP}")), BootstrapExit.LISTENER, f"delete {HTTP}"),
    ],
    ids=["import", "create", "delete https", "delete http"],
)
def test_a_failing_step_of_https_leaves_the_guest_shut_and_the_key_on_the_medium(
    medium: Medium, rules: tuple[Rule, ...], code: BootstrapExit, last: str
) -> None:
    ran = medium.run(TLS, *rules, *FRESH)
    assert ran.exit_code == code
    assert last in ran.lines[-1]
    assert medium.status("winrm-ready.txt") is None
    assert (medium.folder / "winrm.pfx").exists()


def test_a_marker_that_cannot_be_written_leaves_the_guest_shut(medium: Medium) -> None:
    medium.windows.path("ProgramData/unattend").write_bytes(b"a file where the folder belongs")
    try:
        ran = medium.run(BASIC, *FRESH)
    finally:
        medium.windows.path("ProgramData/unattend").unlink()
    assert ran.exit_code == BootstrapExit.MARKER
    assert RELEASE not in ran.lines


def test_a_service_that_comes_up_slowly_is_waited_for(medium: Medium) -> None:
    ran = medium.run(BASIC, Rule("sc.exe query WinRM", output=STARTING, times=3), *FRESH)
    assert ran.exit_code == BootstrapExit.DONE
    assert ran.lines.count("sc.exe query WinRM") == 4
    assert ran.lines.count("ping -n 3 127.0.0.1") == 3


def test_a_service_that_never_comes_up_is_given_up_on(medium: Medium) -> None:
    ran = medium.run(BASIC, Rule("sc.exe query WinRM", output=STARTING), *FRESH)
    assert ran.exit_code == BootstrapExit.START
    assert ran.lines.count("ping -n 3 127.0.0.1") == 29
    assert "WinRM is not running after 60 seconds" in medium.log()


def test_a_service_that_runs_already_is_no_failure(medium: Medium) -> None:
    assert medium.run(BASIC, Rule("net start WinRM", code=2), *FRESH).exit_code == BootstrapExit.DONE


def test_a_second_run_ends_in_the_same_state_and_creates_nothing(medium: Medium) -> None:
    first = medium.run(BASIC, *FRESH)
    second = medium.run_again(BASIC, NO_HTTPS, *FRESH[:1])
    assert second.exit_code == BootstrapExit.DONE
    assert second.lines == tuple(line for line in first.lines if line != f"winrm create {HTTP}")
    assert medium.status("winrm-ready.txt") is not None


def test_a_second_run_does_not_need_the_key_that_the_first_removed(medium: Medium) -> None:
    medium.run(TLS, *FRESH)
    assert not (medium.folder / "winrm.pfx").exists()
    assert not (medium.folder / "winrm.pfx.txt").exists()
    second = medium.run_again(TLS, *ONLY_HTTPS, SERVICE_RUNS)
    assert second.exit_code == BootstrapExit.DONE
    assert not [line for line in second.lines if "-importpfx" in line]


def test_a_good_run_after_a_failed_one_takes_the_verdict_back(medium: Medium) -> None:
    medium.run(BASIC, Rule("NewNetworkWindowOff", code=1), *FRESH)
    medium.run_again(BASIC, *FRESH)
    assert medium.status("winrm-failed.txt") is None
    assert medium.status("winrm-ready.txt") is not None


@pytest.mark.parametrize(("wanted", "unwanted"), [(BASIC, HTTPS), (TLS, HTTP)], ids=["http", "https"])
def test_the_listener_that_was_not_asked_for_is_deleted(medium: Medium, wanted: Guest, unwanted: str) -> None:
    ran = medium.run(wanted, NO_CERTIFICATE, SERVICE_RUNS)
    assert ran.exit_code == BootstrapExit.DONE
    assert f"winrm delete {unwanted}" in ran.lines


def test_the_log_and_the_markers_hold_no_password(medium: Medium) -> None:
    medium.run(TLS, *FRESH)
    assert "Pfx_Password" not in medium.log() + str(medium.status("winrm-ready.txt"))
    assert f"port=5986 transport=https thumbprint={THUMBPRINT}" in str(medium.status("winrm-ready.txt"))


def test_a_32_bit_caller_is_sent_to_the_native_command_processor(medium: Medium) -> None:
    native = medium.windows.path("windows/sysnative")
    native.mkdir()
    shutil.copy(medium.windows.recorder, native / "cmd.exe")
    medium.insert(BASIC)
    line = r"cmd.exe /c set PROCESSOR_ARCHITEW6432=AMD64& e:\winrmConfig.bat"
    ran = medium.windows.run(line, [Rule("Sysnative", code=9)])
    assert [line.lower() for line in ran.lines] == [r'"c:\windows\sysnative\cmd.exe" /d /c ""e:\winrmconfig.bat""']
    assert ran.exit_code == 9


PLAIN_LINES = (
    "winrm quickconfig -q",
    'winrm set winrm/config/service @{AllowUnencrypted="true"}',
    'winrm set winrm/config/service/auth @{Basic="true"}',
    'netsh  advfirewall firewall set rule group="remote administration" new enable=yes',
    "net  stop winrm",
    "net  start winrm",
)


@pytest.mark.parametrize("ntlm", [False, True], ids=["basic", "ntlm"])
def test_the_plain_script_runs_to_its_end(medium: Medium, *, ntlm: bool) -> None:
    ran = medium.run(guest(winrm(ntlm=ntlm), bootstrap(Style.PLAIN)))
    assert [" ".join(line.split()) for line in ran.lines] == [
        " ".join(line.split()) for line in PLAIN_LINES if not (ntlm and "Basic" in line)
    ]


def test_a_script_that_calls_winrm_by_its_bare_name_is_caught(medium: Medium) -> None:
    (script,) = bootstrap_files(BASIC)
    bare = NamedFile(script.name, script.data.replace(b"cmd.exe /c winrm", b"winrm"))
    medium.windows.insert("e", medium.folder, [bare])
    ran = medium.run_again(BASIC, *FRESH)
    assert ran.lines == CASES["basic for packer"].lines[: len(PREPARE) + 1]
    assert medium.status("winrm-ready.txt") is None
