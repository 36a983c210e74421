"""The management documents of a guest (DSP0226 envelopes, `winrm -format:pretty`), read with suspicion."""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from toolkit.communicators.soap import CONFIG
from toolkit.numbers import unsigned
from toolkit.verify.checks.check import UnaskableError

if TYPE_CHECKING:
    from collections.abc import Iterator

LISTENERS = f"{CONFIG}/listener"

_LARGEST = 1024 * 1024
_DIGITS = 10  # of 32 bits


def parsed(data: bytes) -> ET.Element:
    """Parse a document of the guest's. Raises UnaskableError for one that is too large, or has a DTD, or is no XML."""
    # WS-Management forbids document types; without one there are no entities to blow up.
    if len(data) > _LARGEST or b"<!DOCTYPE" in data:
        raise UnaskableError("The guest's answer is not a document that WinRM gives.")
    try:
        return ET.fromstring(data.removeprefix(b"\xef\xbb\xbf").strip())  # noqa: S314  (no DTD, bounded)
    except ET.ParseError as err:
        raise UnaskableError("The guest's answer is not well-formed XML.") from err


def elements(root: ET.Element, namespace: str, name: str) -> Iterator[ET.Element]:
    """Give every element of that name, wherever it stands."""
    yield from root.iter(f"{{{namespace}}}{name}")


def number(text: str) -> int | None:
    """Read a number as Windows writes its sizes and ports; None for whatever else a guest may write."""
    return unsigned(text, _DIGITS)


def local_name(element: ET.Element) -> str:
    return element.tag.rpartition("}")[2]


def from_policy(element: ET.Element) -> bool:
    """Tell whether a policy owns the setting, which `Source="GPO"` says."""
    return element.get("Source", "").casefold() == "gpo"


def texts(element: ET.Element) -> dict[str, str]:
    """Give the texts of an element's children by their local names."""
    return {local_name(child): (child.text or "").strip() for child in element}
