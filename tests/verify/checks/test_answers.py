"""What checks make of answers that no simulated guest gives, and what the runner makes of checks."""

from __future__ import annotations

import contextlib
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.verify.checks.benches import Scripted, bench, checked, guest_state
from tests.verify.guests import endpoint
from toolkit.communicators.commandline import LONGEST, powershell_command
from toolkit.communicators.communicator import Completed as Done
from toolkit.communicators.errors import CommandTimeoutError, FaultError, UnreachableError
from toolkit.errors import ExitCode, UsageError
from toolkit.simulator.configuration import config_xml, listeners_xml
from toolkit.simulator.facts import wmi_time
from toolkit.simulator.plan import HangUp, Plan, Trouble
from toolkit.verify.checks import boot, configuration, fidelity, files, management, survey, token
from toolkit.verify.checks.check import (
    Bug,
    Check,
    Completed,
    NotRun,
    Outcome,
    Question,
    Reason,
    Settings,
    Unanswered,
    UnaskableError,
)
from toolkit.verify.checks.listeners import parse_listeners
from toolkit.verify.checks.management import number
from toolkit.verify.checks.registry import CHECKS, chosen
from toolkit.verify.checks.runner import run_checks
from toolkit.verify.rung import Rung
from toolkit.verify.wanted import Wanted, declared_by_manifest

BOOTED = datetime(2026, 1, 1, 8, 0, tzinfo=UTC)


def kinds(check: Check, communicator: Scripted, *known: object, settings: Settings | None = None) -> list[str]:
    outcome = check.attempt(bench(communicator, *known, settings=settings), Wanted())
    return [finding.failure.kind for finding in outcome.findings]


@pytest.mark.parametrize("check", [fidelity.CMD, fidelity.POWERSHELL], ids=["cmd", "powershell"])
@pytest.mark.parametrize(
    ("done", "expected"),
    [
        (Done(fidelity.CODE, fidelity.TEXT.encode(), b"on stderr\r\n"), []),
        (Done(fidelity.CODE, b"\xef\xbb\xbf" + fidelity.TEXT.encode() + b"\r\n", b"on stderr"), []),
        (Done(fidelity.CODE & 0xFF, fidelity.TEXT.encode(), b"on stderr"), ["exit-code-lost"]),
        (Done(fidelity.CODE, f"{fidelity.TEXT}\r\non stderr".encode(), b""), ["streams-mixed"]),
        (Done(fidelity.CODE, f"{fidelity.TEXT}\r\non stderr".encode(), b"on stderr"), ["streams-mixed"]),
        (Done(fidelity.CODE, b"Gr??e, ?? ?", b"on stderr"), ["text-changed"]),
        (Done(0, b"", b""), ["exit-code-lost", "streams-mixed", "text-changed"]),
    ],
)
def test_a_shell_that_changes_anything_is_found_out(check: Check, done: Done, expected: list[str]) -> None:
    assert kinds(check, Scripted({fidelity.COMPLAINT: done})) == expected


GROUPS = '"{}","Alias","S-1-5-32-544","..."\r\n"Mandatory Label","Label","S-1-16-{}",""\r\n'


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (GROUPS.format("BUILTIN\\Administrators", 12288), []),
        (GROUPS.format("VORDEFINIERT\\Administratoren", 12288), []),
        (GROUPS.format("BUILTIN\\Administrators", 16384), []),
        (GROUPS.format("BUILTIN\\Administrators", 8192), ["not-elevated"]),
        ('"Mandatory Label","Label","S-1-16-12288",""\r\n', ["not-elevated"]),
    ],
)
def test_rights_are_read_in_any_language(answer: str, expected: list[str]) -> None:
    assert kinds(token.CHECK, Scripted({"whoami": Done(0, answer.encode(), b"")})) == expected


def test_a_token_without_a_level_is_no_answer() -> None:
    with pytest.raises(UnaskableError):
        kinds(token.CHECK, Scripted({"whoami": Done(1, b"'whoami' is not recognized", b"")}))


def booted(moment: datetime) -> survey.Survey:
    return survey.Survey({"booted": wmi_time(moment)})


@pytest.mark.parametrize(("later", "expected"), [(0.0, []), (3.0, []), (40.0, ["rebooted"]), (-40.0, ["rebooted"])])
def test_a_boot_in_the_settling_time_is_seen(later: float, expected: list[str]) -> None:
    told = wmi_time(BOOTED + timedelta(seconds=later)).encode()
    communicator = Scripted({"LastBootUpTime": Done(0, told + b"\r\n", b"")})

    assert kinds(boot.CHECK, communicator, booted(BOOTED), settings=Settings(settle=0.01)) == expected


def test_without_settling_the_guest_is_not_asked_again() -> None:
    assert kinds(boot.CHECK, Scripted({"LastBootUpTime": Done(1, b"", b"")}), booted(BOOTED)) == []


def test_files_that_do_not_arrive_are_named_with_what_the_guest_said() -> None:
    outcome = files.CHECK.attempt(bench(Scripted(upload_error="The disk is full.")), Wanted())

    assert outcome.bad
    assert [line for line in outcome.findings[0].failure.evidence if "100%" in line] == [
        "100% it's [odd].bin: The disk is full."
    ]


def test_a_survey_keeps_what_was_answered_when_the_rest_was_not() -> None:
    said = b"edition=ServerStandard\r\nsetup=0\r\nUngueltig: irgendwas\r\nunasked=1\r\n"
    outcome = survey.CHECK.attempt(bench(Scripted({"edition": Done(1, said, b"errors")})), Wanted())

    assert outcome.facts == survey.Survey({"edition": "ServerStandard", "setup": "0"})


def test_a_survey_without_any_answer_stays_open() -> None:
    with pytest.raises(UnaskableError):
        survey.CHECK.attempt(bench(Scripted()), Wanted())


def test_every_script_of_the_survey_fits_a_command_line() -> None:
    assert all(len(powershell_command(script)) <= LONGEST for script in survey.scripts())


def test_a_policy_and_a_path_are_read_from_the_guests_own_xml() -> None:
    state = guest_state(interior={"policies": frozenset({"AllowUnencrypted"})})
    settings = configuration.parse_configuration(config_xml(state).encode())
    found = configuration.Configuration(settings, "wsman").find("service/allowunencrypted")

    assert found == configuration.Setting("Service/AllowUnencrypted", "true", policy=True)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"WinRM is not set up",
        b"<a>",
        b"<a/>",
        b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>',
        b"<a>" + b" " * (1024 * 1024) + b"</a>",
    ],
)
def test_what_is_no_configuration_stays_open(data: bytes) -> None:
    with pytest.raises(UnaskableError):
        configuration.parse_configuration(data)


def test_a_document_type_is_refused_before_its_entities_can_grow() -> None:
    with pytest.raises(UnaskableError):
        management.parsed(b'<!DOCTYPE a [<!ENTITY b "c">]><a/>')


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    with contextlib.suppress(UnaskableError):
        management.parsed(data)


@pytest.mark.parametrize(
    ("written", "read"), [("5985", 5985), ("", None), ("-1", None), ("\N{SUPERSCRIPT TWO}", None), ("9" * 5000, None)]
)
def test_what_is_no_number_of_windows_is_none_of_ours(written: str, read: int | None) -> None:
    assert number(written) == read


def test_listeners_are_read_from_wsman_and_from_winrm_alike() -> None:
    inner = "".join(listeners_xml(guest_state()))
    wrapped = f'<w:Results xmlns:w="http://schemas.dmtf.org/wbem/wsman/1/wsman/results">{inner}</w:Results>'

    assert [one.port for one in parse_listeners(wrapped.encode())] == [5985]


# The runner.


def question(name: str, ask: object, *needs: str) -> Question[object]:
    def asked(_: object) -> object:
        if isinstance(ask, Exception):
            raise ask
        return ask

    return Question(name, needs, asked, str, lambda _facts, _wanted: ())


def run(*checks: Check) -> tuple[Outcome, ...]:
    return run_checks(checks, bench(Scripted()), Wanted(), endpoint(5985))


def test_a_check_whose_need_failed_is_not_run_and_no_second_failure() -> None:
    outcomes = run(
        question("first", CommandTimeoutError("too long")),
        question("second", 1, "first"),
        question("third", 2, "second"),
    )

    assert [type(outcome) for outcome in outcomes] == [Unanswered, NotRun, NotRun]
    assert outcomes[1:] == (NotRun("second", "first"), NotRun("third", "second"))


@pytest.mark.parametrize(
    ("err", "reason", "rung"),
    [
        (CommandTimeoutError("a"), Reason.TIMEOUT, Rung.RUN),
        (UnreachableError("a"), Reason.LOST, Rung.RUN),
        (UnaskableError("a"), Reason.UNREADABLE, None),
        (FaultError("a", fault=0x80338000, reason="b"), Reason.REFUSED, None),
        (FaultError("a", fault=0x803381A5, reason="b"), Reason.REFUSED, Rung.QUOTA),
        (FaultError("a", fault=5, reason="b"), Reason.REFUSED, Rung.AUTHORISATION),
    ],
)
def test_a_question_that_could_not_be_asked_says_why(err: Exception, reason: Reason, rung: Rung | None) -> None:
    (outcome,) = run(question("first", err))

    assert isinstance(outcome, Unanswered)
    assert outcome.reason is reason
    assert (outcome.failure.rung if outcome.failure else None) is rung


def test_a_mistake_in_a_check_is_kept_with_its_trace_and_hides_nothing() -> None:
    outcomes = run(question("first", ZeroDivisionError("ours")), question("second", 1))

    assert isinstance(outcomes[0], Bug)
    assert "ZeroDivisionError: ours" in outcomes[0].trace
    assert isinstance(outcomes[1], Completed)


def test_an_unknown_check_is_a_mistake_in_the_command_line() -> None:
    with pytest.raises(UsageError, match="nonsense is no check") as caught:
        chosen(["cmd", "nonsense"])

    assert "posture" in (caught.value.help or "")


def test_needs_stand_before_what_needs_them() -> None:
    order = [check.name for check in CHECKS]

    assert all(order.index(need) < order.index(check.name) for check in CHECKS for need in check.needs)
    assert len(order) == len(set(order))


def test_a_guest_that_breaks_off_in_the_middle_leaves_the_rest_unasked() -> None:
    plan = Plan(troubles=(Trouble(HangUp(reset=True), on="/Command", after=3),))
    report = checked("files", "posture", plan=plan)

    assert report.failure is None
    assert all(not isinstance(outcome, Bug) for outcome in report.outcomes)
    assert any(isinstance(outcome, Unanswered) for outcome in report.outcomes)
    assert report.code is ExitCode.RUN


def test_a_manifest_declares_what_it_holds() -> None:
    manifest = {"communicator": {"kind": "winrm", "port": 5986, "ssl": True, "auth": "ntlm", "max_envelope_kb": 500}}
    declared = declared_by_manifest(manifest)

    assert declared is not None
    assert (declared.port, declared.ssl, dict(declared.switches)) == (5986, True, {"Service/Auth/Basic": False})
    assert dict(declared.quotas) == {"MaxEnvelopeSizekb": 500}
    assert declared_by_manifest({"communicator": {"kind": "ssh"}}) is None
    assert declared_by_manifest({}) is None
