"""`[[raw]]`: XML for what no setting of the spec covers, merged into the answer file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal, TypeAlias

from pydantic import Field

from toolkit.problems import Severity
from toolkit.spec.section import Findings, Section
from toolkit.spec.work import RawFragment

if TYPE_CHECKING:
    from toolkit.problems import Problem
    from toolkit.spec.guest import Windows

_NAMESPACES = 'xmlns="urn:schemas-microsoft-com:unattend" xmlns:wcm="http://schemas.microsoft.com/WMIConfig/2002/State"'
_FRAME = frozenset({"unattend", "settings", "component"})
_Pass: TypeAlias = Literal[
    "windowsPE", "offlineServicing", "generalize", "specialize", "auditSystem", "auditUser", "oobeSystem"
]


class RawSection(Section):
    """One of `[[raw]]`."""

    during: _Pass = Field(alias="pass", description="The configuration pass.")
    component: Annotated[str, Field(min_length=1, max_length=256)] = Field(
        description='Its full name, such as "Microsoft-Windows-Shell-Setup".'
    )
    xml: str = Field(min_length=1, description="The elements inside the component. The prefix wcm is known.")


def resolve_raw(sections: list[RawSection], windows: Windows | None, findings: Findings) -> tuple[RawFragment, ...]:
    """Check that each fragment is well-formed, and that the catalog knows its settings in that pass."""
    fragments = []
    for number, section in enumerate(sections):
        path = ("raw", number, "xml")
        fault = _fault(section.xml)
        if fault is not None:
            findings.error(path, f"raw[{number}].xml {fault}")
            continue
        for problem in _catalogued(section, windows):
            line = max(problem.place.line - 1, 1)
            report = findings.error if problem.severity is Severity.ERROR else findings.warning
            report(path, f"raw[{number}].xml, its line {line}: {problem.message}", help=problem.help, rule=problem.rule)
        fragments.append(RawFragment(section.during, section.component, section.xml))
    return tuple(fragments)


def _catalogued(section: RawSection, windows: Windows | None) -> tuple[Problem, ...]:
    """Check the fragment in an answer file of its own, whose second line is the fragment's first."""
    from xml.sax.saxutils import quoteattr  # noqa: PLC0415  (few specs have XML of their own)

    from toolkit.catalog.check import check  # noqa: PLC0415  (the same)

    architecture = windows.architecture if windows else "amd64"
    document = (
        f"<unattend {_NAMESPACES}><settings pass={quoteattr(section.during)}>"
        f"<component name={quoteattr(section.component)} processorArchitecture={quoteattr(architecture)}"
        ' publicKeyToken="31bf3856ad364e35" language="neutral" versionScope="nonSxS">\n'
        f"{section.xml}</component></settings></unattend>"
    )
    return check(document.encode("utf-8"), windows.release.key if windows else None)


class _RefusedError(ValueError):
    """What the fragment holds that it must not."""


def _fault(xml: str) -> str | None:
    """Say what keeps `xml` from standing inside a component, or None. Entities and document types are refused."""
    from xml.parsers import expat  # noqa: PLC0415  (the same)

    depth = elements = 0
    parser = expat.ParserCreate(namespace_separator=" ")

    def start(name: str, _attributes: dict[str, str]) -> None:
        nonlocal depth, elements
        depth += 1
        elements += depth == 2
        local = name.rpartition(" ")[2]
        if depth == 2 and local in _FRAME:
            raise _RefusedError(f"holds <{local}>, and is to hold only what stands inside the component")

    def end(_name: str) -> None:
        nonlocal depth
        depth -= 1
        if depth == 0 and parser.CurrentByteIndex < closing:
            raise _RefusedError("closes an element that it did not open")

    def text(data: str) -> None:
        if depth == 1 and data.strip():
            raise _RefusedError("holds text outside of elements")

    def doctype(*_: object) -> None:
        raise _RefusedError("holds a document type")

    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = text
    parser.StartDoctypeDeclHandler = doctype
    opening = f"<component {_NAMESPACES}>\n"
    closing = len((opening + xml).encode("utf-8"))
    try:
        parser.Parse((opening + xml + "</component>").encode("utf-8"), True)
    except expat.ExpatError as err:
        return f"is not well-formed: {expat.ErrorString(err.code)} (its line {max(err.lineno - 1, 1)})"
    except _RefusedError as err:
        return str(err)
    return None if elements else "holds no element"
