from __future__ import annotations

import json
from dataclasses import fields
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.verify.guests import endpoint
from tests.verify.strangers import response, says, stranger
from toolkit.errors import ExitCode
from toolkit.verify.facts import CertificateFacts, Facts, GuestFacts, ServiceFacts, TlsFacts
from toolkit.verify.report import Report
from toolkit.verify.rung import Failure, Proof, Rung, Verdict
from toolkit.verify.verification import verify
from toolkit.verify.wait import Ending, Patience

FACTS = Facts(
    address="10.0.0.5",
    tls=TlsFacts("TLSv1.3", "TLS_AES_256_GCM_SHA384", b"DER"),
    certificate=CertificateFacts("A" * 40, "B" * 64, "CN=WIN-A", "CN=WIN-A", ("WIN-A",), "from", "to"),
    service=ServiceFacts("Stack: 3.0", "Microsoft Corporation", "Microsoft-HTTPAPI/2.0", ("Negotiate",)),
    guest=GuestFacts(
        "WIN-A", "Windows", "10.0", "20348.1", "WIN-A\\bob", True, "5.1", datetime(2026, 1, 1, tzinfo=UTC), 2.0
    ),
)
FAILURE = Failure(
    Rung.AUTHENTICATION,
    "method-not-offered",
    Verdict.FATAL,
    "10.0.0.5 does not offer Basic; it offers Negotiate.",
    evidence=("WWW-Authenticate: Negotiate",),
    causes=("Basic is switched off in the guest's WinRM service, or by policy.",),
    in_guest=('winrm set winrm/config/service/auth @{Basic="true"}',),
    in_client=("--auth ntlm",),
    in_spec=("communicator.winrm_use_ntlm = true",),
)
PROVEN = (
    Proof(Rung.NAME, "10.0.0.5 is an address", 0.1),
    Proof(Rung.TCP, "port 5985 of 10.0.0.5 accepts connections", 3.2),
)


def report(failure: Failure | None = None, ending: Ending = Ending.READY, warnings: tuple[str, ...] = ()) -> Report:
    facts = FACTS if failure is None else Facts()
    return Report(endpoint(5985, host="10.0.0.5"), ending, facts, PROVEN, failure, warnings, attempts=1, elapsed=0.25)


def test_a_ready_guest_ends_in_zero() -> None:
    assert (report().ready, report().code, report().rung) == (True, ExitCode.OK, Rung.RUN)


@pytest.mark.parametrize("rung", Rung)
def test_every_rung_has_the_exit_code_of_its_name(rung: Rung) -> None:
    expected = "NOT_WINRM" if rung in {Rung.PROXY, Rung.HTTP, Rung.IDENTIFY} else rung.name
    failed = report(Failure(rung, "kind", Verdict.RETRY, "What."), Ending.DEADLINE)

    assert failed.code.name == expected
    assert not failed.ready


def test_json_of_a_ready_guest_holds_everything_that_was_learnt() -> None:
    told = json.loads(json.dumps(report(warnings=("Beware.",)).to_json()))

    assert (told["ready"], told["ending"], told["exit_code"], told["failure"]) == (True, "ready", 0, None)
    assert told["endpoint"]["url"] == "http://10.0.0.5:5985/wsman"
    assert told["facts"]["guest"]["booted"] == "2026-01-01T00:00:00+00:00"
    assert set(told["facts"]["guest"]) == {field.name for field in fields(GuestFacts)}
    assert set(told["facts"]["certificate"]) == {field.name for field in fields(CertificateFacts)}
    assert set(told["facts"]["service"]) == {field.name for field in fields(ServiceFacts)}
    assert told["warnings"] == ["Beware."]


def test_json_has_the_same_keys_whether_ready_or_not() -> None:
    good, bad = report().to_json(), report(FAILURE, Ending.FATAL).to_json()

    assert set(good) == set(bad)
    assert set(bad["failure"]) == {field.name for field in fields(Failure)}
    assert set(bad["facts"]) == {field.name for field in fields(Facts)}
    assert set(bad["facts"].values()) == {None}


def test_text_says_what_was_proven_what_failed_and_which_line_mends_it() -> None:
    text = report(FAILURE, Ending.FATAL).to_text(80)

    assert "  ok  tcp             port 5985 of 10.0.0.5 accepts connections (3 ms)\n" in text
    assert "  NO  authentication  10.0.0.5 does not offer Basic; it offers Negotiate.\n" in text
    assert '\n  winrm set winrm/config/service/auth @{Basic="true"}\n' in text
    assert "\n  --auth ntlm\n" in text
    assert "waiting will not help" in text


def test_text_tells_a_deadline_from_a_certain_end() -> None:
    assert "when the time was up" in report(FAILURE, Ending.DEADLINE).to_text()


def test_text_of_a_ready_guest_names_it_in_the_last_line() -> None:
    lines = report(warnings=("The guest rebooted during the pause.",)).to_text(80).splitlines()

    assert "  warning: The guest rebooted during the pause." in lines
    assert lines[-2].startswith("Ready: WIN-A, Windows build 20348.1, WIN-A\\bob (administrator)")


@pytest.mark.parametrize("width", [40, 80])
@pytest.mark.parametrize("given", [report(), report(FAILURE, Ending.FATAL, ("A warning that takes its room.",) * 2)])
def test_only_lines_for_copying_are_wider_than_the_terminal(given: Report, width: int) -> None:
    wide = [line for line in given.to_text(width).splitlines() if len(line) > width]

    assert all(line.strip() in (*FAILURE.in_guest, *FAILURE.in_client, *FAILURE.in_spec) for line in wide)


@given(st.text(st.characters(exclude_categories=["Cs", "Cc", "Z"]), min_size=1), st.integers(1, 200))
def test_text_of_any_width_keeps_commands_whole(command: str, width: int) -> None:
    failure = Failure(Rung.RUN, "kind", Verdict.RETRY, "What.", in_guest=(f"{command} {command}",))

    assert f"\n  {command} {command}\n" in report(failure, Ending.DEADLINE).to_text(width)


def test_a_stranger_does_not_command_the_terminal() -> None:
    body = b"<html>\x1b[2J\x1b]0;owned\x07</html>"
    with stranger(says(response("200 OK", body, server="ev\x1b[31mil"))) as port:
        text = verify(endpoint(port), patience=Patience(timeout=0)).to_text(80)

    assert "\x1b" not in text
    assert "\x07" not in text
    assert r"Server: ev\x1b[31mil" in text
