"""The report as GitHub's workflow commands, which turn into annotations of the run.

Source: docs.github.com, "Workflow commands for GitHub Actions": values escape `%`, CR and LF, properties also `:` and
`,`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from toolkit.verify.report import Report
    from toolkit.verify.rung import Failure


def github(report: Report) -> str:
    """Write one line for everything that is wrong, and one for every warning; a notice where there is neither."""
    return "".join(f"{line}\n" for line in _lines(report))


def _lines(report: Report) -> Iterator[str]:
    for failure in report.troubles:
        yield _command("error", f"{failure.rung}: {failure.kind}", _told(failure))
    for caution in report.cautions:
        yield _command("warning", report.endpoint.host, caution)
    if not report.troubles and not report.cautions:
        yield _command("notice", report.endpoint.host, "The guest is shut." if report.shut else "The guest is ready.")


def _told(failure: Failure) -> str:
    fixes = (*failure.in_guest, *failure.in_powershell, *failure.in_client, *failure.in_packer, *failure.in_ansible)
    return "\n".join((failure.what, *failure.evidence, *(f"fix: {line}" for line in (*fixes, *failure.in_spec))))


def _command(name: str, title: str, message: str) -> str:
    return f"::{name} title={_property(title)}::{_value(message)}"


def _value(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _value(text).replace(":", "%3A").replace(",", "%2C")
