"""The report as people read it, on terminals of any width."""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

from toolkit.paragraphs import NARROWEST, listed, verbatim, wrapped
from toolkit.verify.checks.check import Bug, Completed, NotRun, Unanswered
from toolkit.verify.options import Expect
from toolkit.verify.wait import Ending

if TYPE_CHECKING:
    from collections.abc import Iterator

    from toolkit.verify.facts import Facts, GuestFacts
    from toolkit.verify.report import Report
    from toolkit.verify.rung import Failure

_ROOMY = 60  # from here on the rungs stand in a column of their own
_COLUMN = 16


def page(report: Report, width: int) -> str:
    """Lay the report out in lines of `width`. Commands, options and thumbprints are left whole, to be copied."""
    width = max(width, NARROWEST)
    return "\n".join(
        (
            *wrapped(_client(report), "", width),
            *_ladder(report, width),
            *_checks(report, width),
            *_meeting(report, width),
            *_warnings(report, width),
            "",
            *_troubles(report, width),
            *wrapped(_last_line(report), "", width),
            "",
        )
    )


def _client(report: Report) -> str:
    endpoint = report.endpoint
    if report.expect is Expect.CLOSED:  # nobody logs on
        return endpoint.url
    return f"{endpoint.url} as {endpoint.user} by {endpoint.auth}"


def _ladder(report: Report, width: int) -> Iterator[str]:
    for proof in report.proven:
        yield from _rung("ok", proof.rung, f"{proof.sentence} ({proof.ms:.0f} ms)", width)
    if report.failure:
        yield from _rung("NO", report.failure.rung, report.failure.what, width)


def _checks(report: Report, width: int) -> Iterator[str]:
    if report.shut:
        yield from _rung("NO" if report.shut.failure else "ok", "shut", report.shut.told(), width)
    for outcome in report.outcomes:
        match outcome:
            case Completed():
                yield from _rung(
                    "NO" if outcome.bad else "ok", outcome.check, f"{outcome.told} {_ms(outcome.ms)}", width
                )
            case Unanswered():
                yield from _rung("??", outcome.check, f"could not be asked ({outcome.reason}): {outcome.what}", width)
            case NotRun():
                yield from _rung("--", outcome.check, f"not asked: it needs {outcome.need}", width)
            case Bug():
                yield from _rung("!!", outcome.check, "failed by a mistake of this program's", width)
            case _:
                assert_never(outcome)


def _meeting(report: Report, width: int) -> Iterator[str]:
    if report.meeting is None:
        return
    client = f"as {report.meeting.client}"
    for step in report.meeting.steps:
        yield from _rung("ok", client, f"{step.told} {_ms(step.ms)}", width)
    if report.meeting.failure:
        yield from _rung("NO", client, report.meeting.failure.what, width)


def _ms(ms: float) -> str:
    return f"({ms:.0f} ms)"


def _troubles(report: Report, width: int) -> Iterator[str]:
    """Go into everything that is wrong. What a line above has said already, the ladder's last one, needs no heading."""
    for failure in report.troubles:
        if failure is not report.failure:
            yield from wrapped(failure.what, "", width)
        yield from _trouble(failure, width)


def _rung(mark: str, rung: str, sentence: str, width: int) -> list[str]:
    if width >= _ROOMY:
        return wrapped(sentence, f"  {mark}  {rung:<{_COLUMN}}", width)
    return wrapped(f"{rung}: {sentence}", f"{mark} ", width)


def _warnings(report: Report, width: int) -> Iterator[str]:
    for warning in report.cautions:
        yield from wrapped(warning, "warning: " if width < _ROOMY else "  warning: ", width)


def _trouble(failure: Failure, width: int) -> Iterator[str]:
    for block in (
        listed("Seen:", failure.evidence, width),
        listed("Likely, in this order:", failure.causes, width, numbered=True),
        verbatim("In the guest, as administrator:", failure.in_guest),
        verbatim("The same in PowerShell:", failure.in_powershell),
        verbatim("In this command:", failure.in_client),
        verbatim("In Packer:", failure.in_packer),
        verbatim("In Ansible:", failure.in_ansible),
        verbatim("In unattend.toml:", failure.in_spec),
    ):
        if block:
            yield from (*block, "")


def _last_line(report: Report) -> str:
    if report.expect is Expect.CLOSED and report.shut is None:
        return f"Nothing is proven (exit code {int(report.code)})."
    if report.shut:
        return "Not shut." if report.shut.failure else f"Shut: {report.shut.told()}."
    spent = f"{report.elapsed:.1f} s, {report.attempts} {'look' if report.attempts == 1 else 'looks'}"
    match report.ending:
        case Ending.INTERRUPTED if report.failure is None:
            return f"Interrupted: it is ready, but not all was looked at ({spent}; exit code {int(report.code)})."
        case Ending.READY if not report.ready:
            return f"It can be reached, but not all is as it should be ({spent}; exit code {int(report.code)})."
        case Ending.READY:
            return f"Ready: {_guest(report.facts)} ({spent})."
        case Ending.FATAL:
            return f"Not ready, and waiting will not help ({spent}; exit code {int(report.code)})."
        case Ending.INTERRUPTED:
            return f"Interrupted, and not ready until then ({spent}; exit code {int(report.code)})."
        case Ending.DEADLINE:
            return f"Not ready when the time was up ({spent}; exit code {int(report.code)})."
        case _:
            assert_never(report.ending)


def _guest(facts: Facts) -> str:
    return ", ".join(_described(facts.guest)) if facts.guest else "the guest"


def _described(guest: GuestFacts) -> Iterator[str]:
    yield guest.computer
    if guest.os:
        yield f"{guest.os} build {guest.build}" if guest.build else guest.os
    if guest.user:
        yield f"{guest.user}{' (administrator)' if guest.elevated else ''}"
    yield f"{guest.round_trip_ms:.0f} ms there and back"
