"""The report as JUnit XML, which every CI shows: a test for each rung and each check."""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from toolkit.problems import Severity
from toolkit.verify.checks.check import Bug, Completed, NotRun, Unanswered

if TYPE_CHECKING:
    from toolkit.verify.checks.check import Outcome
    from toolkit.verify.report import Report
    from toolkit.verify.rung import Failure

_SUITE = "unattend verify-winrm"


def junit(report: Report) -> bytes:
    """Write the report. What was found wrong is a failure, what could not be asked an error, what was not run skipped.

    The attributes are those that the schema of Jenkins' xunit plug-in has, which other CIs follow.
    """
    suite = ET.Element("testsuite", name=_SUITE, hostname=_clean(report.endpoint.host), time=f"{report.elapsed:.3f}")
    for proof in report.proven:
        _case(suite, "ladder", proof.rung, proof.ms).append(_element("system-out", proof.sentence))
    if report.failure:
        _case(suite, "ladder", report.failure.rung).append(_failure(report.failure))
    if report.shut:
        case = _case(suite, "expect", "closed")
        case.append(
            _failure(report.shut.failure) if report.shut.failure else _element("system-out", report.shut.told())
        )
    for outcome in report.outcomes:
        _outcome(suite, outcome)
    if report.meeting:
        case = _case(suite, "client", report.meeting.client, sum(step.ms for step in report.meeting.steps))
        if report.meeting.failure:
            case.append(_failure(report.meeting.failure))
    _count(suite)
    return f'<?xml version="1.0" encoding="utf-8"?>\n{ET.tostring(suite, encoding="unicode")}\n'.encode()


def _outcome(suite: ET.Element, outcome: Outcome) -> None:
    match outcome:
        case Completed():
            case = _case(suite, "checks", outcome.check, outcome.ms)
            errors = [finding.failure for finding in outcome.findings if finding.severity is Severity.ERROR]
            if errors:
                case.append(_failure(*errors))
            warnings = (finding.failure.what for finding in outcome.findings if finding.severity is Severity.WARNING)
            case.append(_element("system-out", "\n".join((outcome.told, *(f"warning: {what}" for what in warnings)))))
        case Unanswered():
            case = _case(suite, "checks", outcome.check, outcome.ms)
            case.append(_element("error", outcome.what, message=outcome.what, type=outcome.reason.value))
        case NotRun():
            message = f"it needs {outcome.need}"
            _case(suite, "checks", outcome.check).append(_element("skipped", "", message=message))
        case Bug():
            message = "a mistake of this program's"
            _case(suite, "checks", outcome.check).append(_element("error", outcome.trace, message=message, type="bug"))


def _case(suite: ET.Element, group: str, name: str, ms: float = 0.0) -> ET.Element:
    return ET.SubElement(suite, "testcase", classname=f"winrm.{group}", name=str(name), time=f"{ms / 1000:.3f}")


def _failure(*failures: Failure) -> ET.Element:
    message = " ".join(failure.what for failure in failures)
    text = "\n\n".join(_told(failure) for failure in failures)
    return _element("failure", text, message=message, type=failures[0].kind)


def _told(failure: Failure) -> str:
    groups = (
        ("Seen", failure.evidence),
        ("Likely", failure.causes),
        ("In the guest", (*failure.in_guest, *failure.in_powershell)),
        ("In the client", (*failure.in_client, *failure.in_packer, *failure.in_ansible)),
        ("In unattend.toml", failure.in_spec),
    )
    return "\n".join((failure.what, *(f"{title}: {line}" for title, lines in groups for line in lines)))


def _element(tag: str, text: str, **attributes: str) -> ET.Element:
    element = ET.Element(tag, {name: _clean(value) for name, value in attributes.items()})
    element.text = _clean(text)
    return element


def _count(suite: ET.Element) -> None:
    suite.set("tests", str(len(suite)))
    for attribute, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        suite.set(attribute, str(sum(case.find(tag) is not None for case in suite)))


def _clean(text: str) -> str:
    """Leave out what XML 1.0 has no place for: a guest's words may hold anything."""
    return "".join(character for character in text if character in "\t\n\r" or _is_xml(ord(character)))


def _is_xml(code: int) -> bool:
    return 0x20 <= code <= 0xD7FF or 0xE000 <= code <= 0xFFFD or code >= 0x10000
