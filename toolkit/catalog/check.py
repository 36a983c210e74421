"""Checking an answer file against the catalog, offline: what Windows System Image Manager does beside an image."""

from __future__ import annotations

from typing import TYPE_CHECKING

from toolkit.catalog import frame
from toolkit.catalog.component_check import check_component
from toolkit.catalog.elements import Element, MalformedError, parsed
from toolkit.catalog.releases import releases
from toolkit.catalog.report import Report
from toolkit.problems import Place, Problem, Severity

if TYPE_CHECKING:
    from collections.abc import Iterable


def check(
    document: bytes | Element, release: str | None = None, *, file: str = "Autounattend.xml"
) -> tuple[Problem, ...]:
    """Give everything in `document` that the catalog knows to be wrong, in the order of the file.

    `release` is a key such as `server-2022`: where it is given, what its Windows does not have yet or no longer has is
    found too. A document that is not well-formed XML is one finding, with its place and likely cause.
    """
    if isinstance(document, Element):
        return check_tree(document, None if release is None else releases()[release].build, file=file)
    try:
        root = parsed(document)
    except MalformedError as err:
        place = Place(file, err.line, err.column)
        return (Problem("not-well-formed", Severity.ERROR, err.message, place, err.help),)
    return check(root, release, file=file)


def check_tree(root: Element, build: int | None, *, file: str) -> tuple[Problem, ...]:
    """Check a tree for the Windows of that build, None for any."""
    report = Report(file)
    for during, component in frame.check_frame(root, report):
        check_component(component, during, build, report)
    return in_file_order(report.problems)


def in_file_order(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """Sort findings by place; those of one place stay as they were found."""
    return tuple(sorted(problems, key=lambda problem: (problem.place.line, problem.place.column)))
