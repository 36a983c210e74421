"""The report's formats: its JSON Schema, JUnit, GitHub annotations, and the page with checks on it."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from importlib.resources import files
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.verify.guests import endpoint
from toolkit.errors import ExitCode
from toolkit.problems import Severity
from toolkit.verify.checks.check import Bug, Completed, Finding, NotRun, Reason, Unanswered
from toolkit.verify.consumer import Client, Meeting, Step
from toolkit.verify.facts import Facts
from toolkit.verify.github import github
from toolkit.verify.junit import junit
from toolkit.verify.options import Expect
from toolkit.verify.report import Report
from toolkit.verify.rung import Failure, Proof, Rung, Verdict
from toolkit.verify.shut import Shut
from toolkit.verify.wait import Ending

if TYPE_CHECKING:
    from toolkit.verify.checks.check import Outcome


@dataclass(frozen=True)
class Counted:
    count: int = 3


def failure(rung: Rung, kind: str, what: str) -> Failure:
    return Failure(rung, kind, Verdict.FATAL, what, ("seen",), ("cause",), ("fix 100%",), in_powershell=("Fix-It",))


QUOTA = failure(Rung.QUOTA, "quota-too-small", "The quota is too small.")
SETUP = failure(Rung.PHASE, "setup-in-progress", "Setup is not over.")
GOOD = Completed("cmd", "exit code 3", Counted(), (), 4.0)
BAD = Completed("quotas", "too few", Counted(), (Finding(Severity.ERROR, QUOTA),), 1.0)
WARNED = Completed("system", "old", Counted(), (Finding(Severity.WARNING, SETUP),), 1.0)
UNKNOWN = Unanswered("firewall", Reason.REFUSED, "The guest refuses.", None, 2.0)
LOST = Unanswered("files", Reason.LOST, "It broke.", failure(Rung.RUN, "connection-broke", "It broke."), 2.0)
LEFT = NotRun("posture", "survey")
BROKEN = Bug("boot", "Traceback\nZeroDivisionError")
MET = Meeting(Client.PACKER, (Step("opens a shell", 2.0),), None)
UNMET = replace(MET, failure=failure(Rung.AUTHENTICATION, "client-does-not-seal", "It would wait in vain."))
CLOSED = Shut((), (), (5985,), (5986,), awake=True, failure=None)
OPEN = Shut((5985,), (), (), (), awake=True, failure=failure(Rung.POSTURE, "still-open", "It answers."))
PROVEN = (Proof(Rung.NAME, "a name", 0.1), Proof(Rung.RUN, "runs", 12.0))


def report(*outcomes: Outcome, **changes: Any) -> Report:
    settings: dict[str, Any] = {"ending": Ending.READY, "facts": Facts(), "proven": PROVEN, "failure": None}
    settings |= {"warnings": (), "attempts": 1, "elapsed": 0.5}
    return Report(endpoint=endpoint(5985, host="10.0.0.5"), outcomes=outcomes, **(settings | changes))


REPORTS = {
    "ready": report(),
    "ladder failed": report(failure=SETUP, ending=Ending.DEADLINE, warnings=("slow",)),
    "checks good": report(GOOD, WARNED, LEFT),
    "every outcome": report(GOOD, BAD, WARNED, UNKNOWN, LOST, LEFT, BROKEN),
    "client": report(GOOD, meeting=MET),
    "client fails": report(GOOD, meeting=UNMET),
    "shut": report(shut=CLOSED, expect=Expect.CLOSED),
    "open": report(shut=OPEN, expect=Expect.CLOSED, ending=Ending.FATAL),
}
SCHEMA = json.loads((files("toolkit") / "data" / "report.schema.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("made", REPORTS.values(), ids=REPORTS)
def test_the_json_is_what_the_schema_says(made: Report) -> None:
    jsonschema.Draft202012Validator(SCHEMA).validate(json.loads(json.dumps(made.to_json())))


def test_the_schema_is_one_and_refuses_what_it_does_not_know() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    told = REPORTS["every outcome"].to_json()

    assert not jsonschema.Draft202012Validator(SCHEMA).is_valid(told | {"surprise": 1})
    assert not jsonschema.Draft202012Validator(SCHEMA).is_valid({key: told[key] for key in told if key != "checks"})


def test_the_schema_knows_every_rung() -> None:
    assert SCHEMA["$defs"]["rung"]["enum"] == [rung.value for rung in Rung]
    assert SCHEMA["$defs"]["unanswered"]["properties"]["reason"]["enum"] == [reason.value for reason in Reason]


CODES = {
    "ready": ExitCode.OK,
    "ladder failed": ExitCode.PHASE,
    "checks good": ExitCode.OK,
    "every outcome": ExitCode.RUN,
    "client": ExitCode.OK,
    "client fails": ExitCode.AUTHENTICATION,
    "shut": ExitCode.OK,
    "open": ExitCode.POSTURE,
}


@pytest.mark.parametrize("name", REPORTS)
def test_the_exit_code_is_that_of_the_lowest_rung_that_did_not_hold(name: str) -> None:
    made = REPORTS[name]

    assert made.code is CODES[name]
    assert made.ready is (CODES[name] is ExitCode.OK)


@pytest.mark.parametrize(
    ("outcome", "code"),
    [(BAD, 18), (LOST, 17), (BROKEN, 1), (UNKNOWN, 0), (LEFT, 0), (WARNED, 0)],
    ids=["quota", "lost", "bug", "unknown", "not run", "warned"],
)
def test_what_could_not_be_asked_is_neither_good_nor_bad_but_a_bug_is_no_success(outcome: Outcome, code: int) -> None:
    assert int(report(GOOD, outcome).code) == code


def test_junit_has_a_test_for_each_rung_and_check_and_counts_them() -> None:
    suite = ET.fromstring(junit(REPORTS["every outcome"]))

    assert {name: suite.get(name) for name in ("tests", "failures", "errors", "skipped")} == {
        "tests": "9",
        "failures": "1",
        "errors": "3",
        "skipped": "1",
    }
    names = [f"{case.get('classname')}.{case.get('name')}" for case in suite]
    assert names[:3] == ["winrm.ladder.name", "winrm.ladder.run", "winrm.checks.cmd"]
    (failed,) = suite.iter("failure")
    assert (failed.get("type"), failed.get("message")) == ("quota-too-small", "The quota is too small.")
    assert "In the guest: fix 100%" in (failed.text or "")


@pytest.mark.parametrize("name", ["ladder failed", "client fails", "open"])
def test_junit_shows_failures_of_every_kind(name: str) -> None:
    assert ET.fromstring(junit(REPORTS[name])).get("failures") == "1"


def test_junit_leaves_out_what_xml_has_no_place_for() -> None:
    made = report(replace(GOOD, told="a\x00b\x1bc\ud800d"))

    assert "abcd" in "".join(ET.fromstring(junit(made)).itertext())


@given(st.text(alphabet=st.characters(codec=None), max_size=40))
def test_junit_is_xml_whatever_the_guest_says(text: str) -> None:
    ET.fromstring(junit(report(Unanswered("cmd", Reason.FAILED, text))))


def test_github_gets_one_line_for_everything_that_is_wrong() -> None:
    lines = github(REPORTS["every outcome"]).splitlines()

    assert [line.partition(" ")[0] for line in lines] == ["::error", "::error", "::warning", "::warning", "::warning"]
    assert lines[0].startswith(
        "::error title=quota%3A quota-too-small::The quota is too small.%0Aseen%0Afix: fix 100%25"
    )


def test_github_is_told_of_success_too() -> None:
    assert github(REPORTS["ready"]) == "::notice title=10.0.0.5::The guest is ready.\n"
    assert github(REPORTS["shut"]) == "::notice title=10.0.0.5::The guest is shut.\n"


@given(st.text(max_size=60))
def test_a_guests_words_never_make_a_workflow_command_of_their_own(text: str) -> None:
    made = github(report(warnings=(f"x{text}",)))

    assert made.count("\n") == 1
    assert "\r" not in made
    assert made.startswith("::warning ")


def test_the_page_says_for_each_check_how_it_went() -> None:
    lines = REPORTS["every outcome"].to_text(100).splitlines()

    marks = {line.split()[1]: line.split()[0] for line in lines if line.startswith("  ") and len(line.split()) > 2}
    expected = {"cmd": "ok", "quotas": "NO", "firewall": "??", "posture": "--", "boot": "!!", "files": "??"}
    assert {name: marks[name] for name in expected} == expected
    assert "The quota is too small." in lines
    assert lines.index("The quota is too small.") < lines.index("The same in PowerShell:")
    assert lines[-1] == "It can be reached, but not all is as it should be (0.5 s, 1 look; exit code 17)."


@pytest.mark.parametrize("made", REPORTS.values(), ids=REPORTS)
@pytest.mark.parametrize("width", [20, 60, 80])
def test_the_page_fits_its_width_but_for_lines_to_copy(made: Report, width: int) -> None:
    verbatim = {"fix 100%", "Fix-It", "quota-too-small", "exit code"}
    for line in made.to_text(width).splitlines():
        assert len(line) <= max(width, 45) or any(text in line for text in verbatim)


def test_a_guest_that_may_be_off_is_not_called_shut_without_a_word() -> None:
    asleep = report(shut=replace(CLOSED, awake=False), expect=Expect.CLOSED)

    assert asleep.ready
    assert asleep.cautions == ("Nothing shows that the guest is up: a guest that is off looks shut, too.",)
