"""Every check against a simulated guest that has what the check is there to find. The table is the documentation."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from tests.render.guests import bootstrap, guest, winrm
from tests.verify.checks.benches import checked, completed, findings, guest_state
from tests.verify.guests import endpoint
from toolkit.certificates import self_signed
from toolkit.communicators.endpoint import Auth
from toolkit.errors import ExitCode
from toolkit.problems import Severity
from toolkit.secret import Secret
from toolkit.simulator.interior import FAILED_MARKER, READY_MARKER
from toolkit.simulator.machine import Listener, Rule, Transport
from toolkit.simulator.plan import Misfit, Plan
from toolkit.simulator.server import SimulatedGuest
from toolkit.simulator.state import LocalUser, WindowsVersion, state_of
from toolkit.spec.guest import Consumer, Style
from toolkit.verify.checks.check import Completed, Settings
from toolkit.verify.checks.registry import CHECKS
from toolkit.verify.options import Options
from toolkit.verify.verification import verify
from toolkit.verify.wait import Patience
from toolkit.verify.wanted import Declared, Wanted, declared_by, wanted_by

if TYPE_CHECKING:
    from toolkit.simulator.state import GuestState
    from toolkit.spec.guest import Bootstrap, Winrm

ALL = tuple(check.name for check in CHECKS)

HTTPS = Declared(
    5986,
    ssl=True,
    switches={"Service/AllowUnencrypted": False, "Service/Auth/Basic": False, "Service/Auth/CredSSP": False},
    quotas={"Winrs/MaxMemoryPerShellMB": 2048, "MaxTimeoutms": 60_000},
    marker=True,
)
HTTP = Declared(5985, ssl=False, switches={"Service/Auth/Basic": True}, marker=True)
_COMPONENTS = r"hklm:\software\microsoft\windows\currentversion\component based servicing\rebootpending"
_UPDATE = r"hklm:\software\microsoft\windows\currentversion\windowsupdate\auto update\rebootrequired"
ERROR, WARNING = Severity.ERROR, Severity.WARNING
ANY = Wanted()


@dataclass(frozen=True)
class Case:
    """What the guest is like, and what the check must find: kind, severity, and the exit code of the whole."""

    check: str
    kind: str
    severity: Severity
    code: ExitCode
    guest: GuestState
    wanted: Wanted = ANY


def _inside(**changes: object) -> GuestState:
    return guest_state(interior=changes)


CASES = (
    Case("setup", "setup-in-progress", ERROR, ExitCode.PHASE, _inside(image_state="IMAGE_STATE_UNDEPLOYABLE")),
    Case("setup", "setup-in-progress", ERROR, ExitCode.PHASE, _inside(setting_up=True)),
    Case("setup", "setup-in-progress", ERROR, ExitCode.PHASE, _inside(out_of_box=True)),
    Case("setup", "setup-in-progress", ERROR, ExitCode.PHASE, _inside(processes=frozenset({"windeploy"}))),
    Case("setup", "bootstrap-failed", ERROR, ExitCode.PHASE, _inside(files=frozenset({FAILED_MARKER}))),
    Case("setup", "bootstrap-unfinished", WARNING, ExitCode.OK, _inside(files=frozenset()), Wanted(declared=HTTP)),
    Case("restart", "restart-pending", ERROR, ExitCode.PHASE, _inside(pending=frozenset({_COMPONENTS}))),
    Case("restart", "restart-pending", WARNING, ExitCode.OK, _inside(pending=frozenset({_UPDATE}))),
    Case("restart", "restart-pending", WARNING, ExitCode.OK, _inside(pending_renames=True)),
    Case("restart", "restart-pending", ERROR, ExitCode.PHASE, _inside(new_name="WIN-B")),
    Case("system", "another-edition", WARNING, ExitCode.OK, _inside(), Wanted(edition="ServerDatacenter")),
    Case("system", "another-language", WARNING, ExitCode.OK, _inside(language="de-DE"), Wanted(language="en-US")),
    Case("system", "another-architecture", WARNING, ExitCode.OK, _inside(), Wanted(architecture="ARM64")),
    Case(
        "system",
        "evaluation-ends-soon",
        WARNING,
        ExitCode.OK,
        _inside(edition="ServerStandardEval", license_minutes=3 * 1440),
    ),
    Case("system", "evaluation-over", ERROR, ExitCode.PHASE, _inside(edition="ServerStandardEval")),
    Case("quotas", "quota-too-small", ERROR, ExitCode.QUOTA, _inside(), Wanted(declared=HTTPS)),
    Case("configuration", "setting-differs", ERROR, ExitCode.POSTURE, _inside(), Wanted(declared=HTTPS)),
    Case("configuration", "setting-differs", WARNING, ExitCode.OK, _inside(), Wanted(
        declared=Declared(5985, ssl=False, switches={"Service/Auth/CredSSP": True})
    )),
    Case("listeners", "extra-listener", ERROR, ExitCode.POSTURE, _inside(), Wanted(declared=HTTPS)),
    Case("listeners", "listener-differs", WARNING, ExitCode.OK, _inside(
        listeners=(Listener(Transport.HTTP, 8080),)
    ), Wanted(declared=HTTP)),
    Case("firewall", "hold-rule-left", ERROR, ExitCode.PHASE, _inside(
        rules=(Rule("unattend-winrm-hold", allow=False, ranges=((5986, 5986),)),)
    )),
    Case("firewall", "no-own-rule", WARNING, ExitCode.OK, _inside(rules=()), Wanted(declared=HTTP)),
    Case("posture", "passwords-in-the-clear", WARNING, ExitCode.OK, _inside()),
    Case("posture", "credssp-on", WARNING, ExitCode.OK, guest_state(credssp=True)),
    Case("posture", "answer-files-left", ERROR, ExitCode.POSTURE, _inside(
        files_with_passwords=frozenset({r"c:\windows\panther\unattend.xml"})
    )),
    Case("posture", "autologon-password", WARNING, ExitCode.OK, _inside(autologon=True, autologon_password=True)),
    Case("concurrency", "too-few-shells", ERROR, ExitCode.QUOTA, guest_state(max_shells_per_user=2)),
)  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.check}: {case.kind}")
def test_each_check_finds_what_it_is_there_for(case: Case) -> None:
    report = checked(case.check, guest=case.guest, wanted=case.wanted)

    outcome = completed(report, case.check)
    found = [(finding.failure.kind, finding.severity) for finding in outcome.findings]
    assert (case.kind, case.severity) in found
    assert report.code is case.code
    assert report.ready is (case.code is ExitCode.OK)


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.check}: {case.kind}")
def test_every_finding_says_what_to_do_and_is_told_once(case: Case) -> None:
    report = checked(case.check, guest=case.guest, wanted=case.wanted)

    for finding in findings(report):
        failure = finding.failure
        assert failure.in_guest or failure.in_spec or failure.in_client
        if any(line.startswith("winrm set") for line in failure.in_guest):
            assert failure.in_powershell
    text = report.to_text(200)
    assert all(text.count(finding.failure.what) == 1 for finding in findings(report))


def test_every_check_has_a_case_or_a_test_of_its_own() -> None:
    elsewhere = {"shells", "cmd", "powershell", "administrator", "survey", "output", "files", "boot"}

    assert {case.check for case in CASES} | elsewhere == set(ALL)
    assert not {case.check for case in CASES} & elsewhere


SPECS = {
    "packer, Basic over http": (winrm(), bootstrap()),
    "packer, NTLM over http": (winrm(ntlm=True), bootstrap()),
    "ansible, sealed NTLM": (winrm(ntlm=True), bootstrap(consumer=Consumer.ANSIBLE)),
    "another port": (winrm(port=8080), bootstrap()),
}


@pytest.mark.parametrize(("communicator", "opening"), SPECS.values(), ids=SPECS)
def test_the_guest_that_a_spec_implies_passes_every_check(communicator: Winrm, opening: Bootstrap) -> None:
    spec = guest(communicator, opening)
    wanted = wanted_by(spec.windows, spec.computer, declared_by(communicator, opening), spec.locale.ui_language)
    auth = Auth.NTLM if communicator.ntlm else Auth.BASIC

    with SimulatedGuest(state_of(spec)) as simulated:
        where = endpoint(simulated.port, auth=auth, user="packeruser", password="SecretPassword")
        report = verify(where, wanted, Patience(timeout=0), options=Options(checks=ALL))

    assert report.troubles == ()
    assert [outcome.check for outcome in report.outcomes if not isinstance(outcome, Completed)] == []
    allowed = {"passwords-in-the-clear"} if auth is Auth.BASIC else set()
    assert {finding.failure.kind for finding in findings(report)} == allowed


def test_the_guest_that_an_https_spec_implies_leaves_nothing_to_say() -> None:
    communicator, opening = winrm(ssl=True, ntlm=True), bootstrap()
    spec = guest(communicator, opening)
    wanted = wanted_by(spec.windows, spec.computer, declared_by(communicator, opening), spec.locale.ui_language)

    with SimulatedGuest(state_of(spec), tls=self_signed(["127.0.0.1"], now=datetime.now(UTC), days=2)) as simulated:
        where = endpoint(
            simulated.port, ssl=True, insecure=True, auth=Auth.NTLM, user="packeruser", password="SecretPassword"
        )
        report = verify(where, wanted, Patience(timeout=0), options=Options(checks=ALL))

    assert (report.troubles, findings(report)) == ((), ())
    assert completed(report, "listeners").told == "HTTPS on *:5986"
    assert completed(report, "posture").told == "nothing that an attacker would be glad of"


def test_a_plain_bootstrap_leaves_no_mark_and_none_is_asked_for() -> None:
    spec = guest(winrm(), bootstrap(Style.PLAIN))
    wanted = Wanted(declared=declared_by(winrm(), spec.bootstrap))

    report = checked("setup", guest=guest_state(interior={"files": frozenset()}), wanted=wanted)

    assert completed(report, "setup").findings == ()


def test_a_setting_owned_by_policy_is_told_so_and_not_to_be_set() -> None:
    state = guest_state(interior={"policies": frozenset({"Basic", "MaxMemoryPerShellMB"})})

    report = checked("configuration", "quotas", guest=state, wanted=Wanted(declared=HTTPS))

    owned = [trouble for trouble in report.troubles if "by policy" in trouble.what]
    assert [trouble.what for trouble in owned] == [
        "Basic: declared false, effective true, by policy.",
        "MaxMemoryPerShellMB: declared 2048, effective 1024, by policy.",
    ]
    assert all("winrm set" not in line for trouble in owned for line in trouble.in_guest)
    assert owned[0].evidence == ("winrm/config/Service/Auth/Basic = true [Source=GPO]",)


def test_a_drift_names_the_line_that_mends_it_in_cmd_and_powershell() -> None:
    declared = Declared(5985, ssl=False, quotas={"Winrs/MaxMemoryPerShellMB": 2048})
    report = checked("quotas", wanted=Wanted(declared=declared))

    (trouble,) = report.troubles
    assert trouble.what == "MaxMemoryPerShellMB: declared 2048, effective 1024."
    assert trouble.in_guest == ('winrm set winrm/config/winrs @{MaxMemoryPerShellMB="2048"}',)
    assert trouble.in_powershell == (r"Set-Item WSMan:\localhost\Shell\MaxMemoryPerShellMB 2048 -Force",)
    assert trouble.in_spec == ("bootstrap.quotas.max_memory_per_shell_mb",)


def test_more_than_declared_is_no_quota_finding() -> None:
    report = checked("quotas", wanted=Wanted(declared=Declared(5985, ssl=False, quotas={"MaxEnvelopeSizekb": 1})))

    assert report.ready


def test_windows_7_shows_its_configuration_by_its_own_command() -> None:
    seven = guest_state(windows=WindowsVersion("Windows 7", 7601))

    report = checked("configuration", "listeners", guest=seven)

    facts = completed(report, "configuration").facts
    assert getattr(facts, "asked", None) == "winrm"
    assert completed(report, "listeners").told == "HTTP on *:5985"


def test_shells_left_by_others_are_listed_and_ours_are_not() -> None:
    with SimulatedGuest(guest_state()) as simulated:
        shells = simulated.service.shells
        mine = shells.open(simulated.state.users[0], code_page="65001", environment={})
        shells.open(LocalUser("eve", Secret("x")), code_page="65001", environment={})
        report = verify(endpoint(simulated.port), None, Patience(timeout=0), options=Options(checks=("shells",)))

    (finding,) = completed(report, "shells").findings
    assert finding.failure.what == "1 other shells of this user are open already."
    assert finding.failure.evidence == (f"{mine.id} from 127.0.0.1",)
    assert completed(report, "shells").told == "1 other shells of this user are open, 1 of others"
    assert report.ready


@pytest.mark.parametrize("checks", [("shells",), ("files", "output", "posture", "boot"), ALL])
def test_a_run_of_ladder_and_checks_costs_the_guest_one_shell(checks: tuple[str, ...]) -> None:
    """Only the question how many shells work at once opens more."""
    with SimulatedGuest(guest_state()) as simulated:
        options = Options(checks=checks, settings=Settings(shells=3))
        report = verify(endpoint(simulated.port), None, Patience(timeout=0), options=options)
        opened = sum(exchange.action.endswith("/Create") for exchange in simulated.exchanges)
        assert (simulated.open_shells, simulated.files) == (0, ())

    assert report.ready, report.to_text()
    assert opened == (3 if "concurrency" in checks else 1)


def test_a_pause_costs_one_shell_before_it_and_one_after() -> None:
    with SimulatedGuest(guest_state()) as simulated:
        verify(endpoint(simulated.port), None, Patience(timeout=0, pause=0.05), options=Options(checks=("files",)))
        opened = [exchange.action.rpartition("/")[2] for exchange in simulated.exchanges if exchange.action]

    assert [action for action in opened if action in {"Create", "Delete"}] == ["Create", "Delete"] * 2


def test_files_that_cannot_be_removed_again_are_told_and_the_rest_stands() -> None:
    plan = Plan(misfits=(Misfit("rmdir", stdout=b"Access is denied.\r\n"),))
    with SimulatedGuest(guest_state(), plan=plan) as simulated:
        report = verify(endpoint(simulated.port), None, Patience(timeout=0), options=Options(checks=("files",)))
        left = simulated.files

    (finding,) = completed(report, "files").findings
    assert (finding.failure.kind, finding.severity) == ("files-left", WARNING)
    assert left
    assert all(path.startswith(finding.failure.what.rpartition(" ")[2].casefold()) for path in left)
    assert report.ready


def test_a_user_without_whole_rights_cannot_even_open_a_shell() -> None:
    """The administrator check sees what the ladder cannot: see test_answers for tokens of other kinds."""
    report = checked("administrator")

    assert completed(report, "administrator").told == "an administrator, with all rights"


def test_output_larger_than_an_envelope_comes_in_pieces_and_whole() -> None:
    small = guest_state(max_envelope_kb=64)

    with SimulatedGuest(small) as simulated:
        options = Options(checks=("output",), settings=Settings(output=300_000))
        report = verify(endpoint(simulated.port), None, Patience(timeout=0), options=options)
        receives = [exchange for exchange in simulated.exchanges if exchange.action.endswith("/Receive")]

    assert completed(report, "output").told == "300000 bytes came back unchanged"
    assert len(receives) > 300_000 // (64 * 1024)


def test_files_of_awkward_names_come_back_unchanged() -> None:
    assert completed(checked("files"), "files").told == "4 of 4 files came back unchanged"


def test_checks_bring_what_they_need() -> None:
    report = checked("posture")

    assert [outcome.check for outcome in report.outcomes] == [
        "configuration",
        "listeners",
        "powershell",
        "survey",
        "posture",
    ]


def test_the_survey_is_answered_in_full_by_a_simulated_guest() -> None:
    told = completed(checked("survey"), "survey").told

    assert told == "24 of 24 questions answered"


def test_markers_are_where_the_bootstrap_puts_them() -> None:
    """The survey asks by path; the bootstrap writes by path; both must mean the same file."""
    assert READY_MARKER == r"c:\programdata\unattend\winrm-ready.txt"
    assert completed(checked("setup"), "setup").told == "Setup is over, the bootstrap has ended"
