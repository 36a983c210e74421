"""Answer files from specs, for tests: rendered as `unattend generate` does, and read back by their elements' names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lxml import etree

from tests.spec.loading import SMALLEST, guest_of
from toolkit.catalog.check import check
from toolkit.render.generate import generated

if TYPE_CHECKING:
    from toolkit.spec.guest import Guest

U = "{urn:schemas-microsoft-com:unattend}"


def files_of(guest: Guest) -> dict[str, bytes]:
    return {file.name: file.data for file in generated(guest)}


def answer(more: str, base: str = SMALLEST, name: str = "Autounattend.xml") -> etree._Element:
    """Render `base` with `more` behind it; the result is ASCII and the catalog finds nothing in it."""
    guest = guest_of(base + more)
    data = files_of(guest)[name]
    assert data.isascii()
    assert [problem.concise() for problem in check(data, guest.windows.release.key)] == []
    return etree.fromstring(data)


def component(root: etree._Element, during: str, name: str) -> etree._Element:
    [found] = root.iterfind(f"{U}settings[@pass='{during}']/{U}component[@name='{name}']")
    return found


def texts(root: etree._Element, path: str) -> list[str]:
    """Give the texts at `path`, whose steps are names in the answer file's namespace."""
    found = root.iterfind(".//" + "/".join(f"{U}{step}" for step in path.split("/")))
    return [element.text or "" for element in found]


def shape(element: etree._Element) -> object:
    """Give what an element holds: its text, or the names and contents of the elements in it."""
    if len(element) == 0:
        return element.text
    return [(etree.QName(child).localname, shape(child)) for child in element]
