"""The scripts, run by a real command processor: what does not depend on the mode, one behaviour at a time."""

from __future__ import annotations

import shutil
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from tests.peers.wine.harness import Rule
from tests.peers.wine.medium import SERVICE_RUNS
from tests.render.guests import THUMBPRINT, bootstrap, guest, winrm
from tests.render.modes import MODES, OLD_CORE, on
from toolkit.files import NamedFile
from toolkit.render.bootstrap import BootstrapExit, bootstrap_files
from toolkit.spec.guest import HostMade, Style

if TYPE_CHECKING:
    from tests.peers.wine.medium import Medium

pytestmark = pytest.mark.peer(name="wine", program=("wine", "wineserver", "x86_64-w64-mingw32-gcc"))

STARTING = "        STATE              : 2  START_PENDING\r\n"

NO_CERTIFICATE = Rule("certutil -store", code=-2146885628)
FRESH = (SERVICE_RUNS, NO_CERTIFICATE)
SERIAL = Rule("SERIALCOMM", output="    \\Device\\Serial0    REG_SZ    COM1\r\n")

RELEASE = "netsh advfirewall firewall delete rule name=unattend-winrm-hold"

BASIC = on("server-2019", guest())
TLS = on("server-2019", guest(winrm(ssl=True)))
CLIENTS = on("server-2022", guest(winrm(ssl=True), replace(bootstrap(), client_certificate=HostMade())))


def test_a_marker_that_cannot_be_written_leaves_the_guest_shut(medium: Medium) -> None:
    medium.windows.path("ProgramData/unattend").write_bytes(b"a file where the folder belongs")
    try:
        ran = medium.run(BASIC, *FRESH)
    finally:
        medium.windows.path("ProgramData/unattend").unlink()
    assert ran.exit_code == BootstrapExit.MARKER
    assert RELEASE not in ran.lines


def test_a_failure_is_told_with_its_step_and_code(medium: Medium) -> None:
    ran = medium.run(BASIC, Rule(r"Service\AllowUnencrypted", code=7), *FRESH)
    assert ran.exit_code == BootstrapExit.AUTHENTICATION
    assert medium.status("winrm-ready.txt") is None
    assert medium.status("winrm-failed.txt") == "step=8 authentication\nexit_code=7\nscript_exit_code=19\n"
    assert "FAILED in step 8 authentication: its command ended with 7, this script ends with 19" in medium.log()


def test_the_log_ends_with_a_summary_that_a_person_can_read(medium: Medium) -> None:
    medium.run(BASIC, *FRESH)
    assert medium.log().splitlines()[-4:] == [
        "WinRM over http on port 5985",
        "methods: Basic, Kerberos, Negotiate",
        "messages: may be in the clear",
        "let in from: anywhere",
    ]


def test_the_serial_port_hears_of_it_where_there_is_one(medium: Medium) -> None:
    console = medium.folder / "console.txt"
    medium.insert(BASIC)
    console.write_bytes(b"")
    port = medium.windows.path("").parent / "dosdevices" / "com1"
    port.unlink(missing_ok=True)
    port.symlink_to(console)
    try:
        medium.run_again(BASIC, SERIAL, *FRESH)
        heard = console.read_text(encoding="ascii")
        console.write_bytes(b"")
        medium.run_again(BASIC, Rule("SERIALCOMM", code=1), *FRESH)
    finally:
        port.unlink()
    # A file in the port's place holds what was written last; a port would have seen all of it.
    assert heard == "unattend winrm: open, port=5985 transport=http\n"
    assert console.read_bytes() == b""


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


def test_a_self_test_that_fails_at_first_is_tried_again(medium: Medium) -> None:
    ran = medium.run(BASIC, Rule("Test-WSMan", code=1, times=2), *FRESH)
    assert ran.exit_code == BootstrapExit.DONE
    assert sum("Test-WSMan" in line for line in ran.lines) == 3


def test_a_listener_that_never_answers_is_not_opened(medium: Medium) -> None:
    ran = medium.run(BASIC, Rule("Test-WSMan", code=1), *FRESH)
    assert ran.exit_code == BootstrapExit.SELF_TEST
    assert sum("Test-WSMan" in line for line in ran.lines) == 5
    assert RELEASE not in ran.lines


def test_a_second_run_does_the_same_and_ends_in_the_same_state(medium: Medium) -> None:
    first = medium.run(BASIC, *FRESH)
    second = medium.run_again(BASIC, *FRESH)
    assert second.exit_code == BootstrapExit.DONE
    assert second.lines == first.lines
    assert medium.status("winrm-ready.txt") is not None


def test_a_second_run_does_not_need_the_key_that_the_first_removed(medium: Medium) -> None:
    medium.run(TLS, *FRESH)
    assert not (medium.folder / "winrm.pfx").exists()
    assert not (medium.folder / "winrm.pfx.txt").exists()
    second = medium.run_again(TLS, SERVICE_RUNS)
    assert second.exit_code == BootstrapExit.DONE
    assert not [line for line in second.lines if "-importpfx" in line]


def test_a_listener_that_fails_leaves_the_key_on_the_medium(medium: Medium) -> None:
    ran = medium.run(TLS, Rule("New-WSManInstance", code=1), *FRESH)
    assert ran.exit_code == BootstrapExit.LISTENER
    assert (medium.folder / "winrm.pfx").exists()


def test_the_password_of_a_mapped_account_leaves_the_medium_and_is_not_needed_twice(medium: Medium) -> None:
    first = medium.run(CLIENTS, *FRESH)
    assert first.exit_code == BootstrapExit.DONE
    assert not (medium.folder / "winrm-client.txt").exists()
    second = medium.run_again(CLIENTS, SERVICE_RUNS)
    assert second.exit_code == BootstrapExit.DONE
    assert not [line for line in second.lines if "ReadAllLines" in line or "-addstore" in line]
    lost = medium.run_again(CLIENTS, SERVICE_RUNS, Rule("Count -eq 0", code=1))
    assert lost.exit_code == BootstrapExit.CLIENT_CERTIFICATE


def test_a_good_run_after_a_failed_one_takes_the_verdict_back(medium: Medium) -> None:
    medium.run(BASIC, Rule("NewNetworkWindowOff", code=1), *FRESH)
    medium.run_again(BASIC, *FRESH)
    assert medium.status("winrm-failed.txt") is None
    assert medium.status("winrm-ready.txt") is not None


def test_the_log_and_the_markers_hold_no_password(medium: Medium) -> None:
    medium.run(TLS, *FRESH)
    assert "Pfx-Password1" not in medium.log() + str(medium.status("winrm-ready.txt"))
    assert f"port=5986 transport=https thumbprint={THUMBPRINT}" in str(medium.status("winrm-ready.txt"))


def test_the_way_back_stays_in_the_guest(medium: Medium) -> None:
    medium.run(BASIC, *FRESH)
    (_, closing) = bootstrap_files(BASIC)
    assert medium.windows.path("ProgramData/unattend/winrmClose.bat").read_bytes() == closing.data


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
    wanted = guest(winrm(), bootstrap(Style.PLAIN))
    script, *_ = bootstrap_files(wanted)
    bare = NamedFile(script.name, script.data.replace(b"cmd.exe /c winrm", b"winrm"))
    medium.windows.insert("e", medium.folder, [bare])
    ran = medium.run_again(wanted)
    assert ran.lines == ("winrm quickconfig -q",)


def test_powershell_may_be_missing_and_may_want_a_restart(medium: Medium) -> None:
    core = on(OLD_CORE, guest())
    missing = Rule("-Command exit", code=9009)
    ran = medium.run(core, missing, Rule("dism", code=3010), *FRESH)
    assert ran.exit_code == BootstrapExit.DONE
    assert [line.split()[3] for line in ran.lines if line.startswith("dism")] == [
        "/FeatureName:NetFx2-ServerCore",
        "/FeatureName:MicrosoftWindowsPowerShell",
    ]
    assert medium.run_again(core, missing, Rule("dism", code=5), *FRESH).exit_code == BootstrapExit.POWERSHELL
    assert not [line for line in medium.run_again(core, *FRESH).lines if line.startswith("dism")]


def test_a_certificate_is_made_even_where_certreq_takes_no_date(medium: Medium) -> None:
    wanted = on("8.1", MODES["https guest made"])
    none = Rule("; if (-not $c)", code=1)
    day = Rule("AddDays(-1)", output="27 Nov 2026\r\n")
    assert [_request(line) for line in medium.run(wanted, day, none, *FRESH).lines if "certreq" in line] == [
        "-dated.inf"
    ]
    refused = medium.run_again(wanted, day, none, Rule("-dated.inf", code=1), *FRESH)
    assert refused.exit_code == BootstrapExit.DONE
    assert [_request(line) for line in refused.lines if "certreq" in line] == ["-dated.inf", ".inf"]
    assert not medium.windows.path("windows/temp/unattend-winrm.inf").exists()


def _request(line: str) -> str:
    return line.split('"')[1].partition("unattend-winrm")[2]
