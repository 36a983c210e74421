"""The late passes over the whole tree, each one function: what no template should have to think about."""

from __future__ import annotations

from copy import deepcopy
from typing import TYPE_CHECKING

from lxml import etree

if TYPE_CHECKING:
    from collections.abc import Sequence

NAMESPACE = "urn:schemas-microsoft-com:unattend"
_COMPONENT = f"{{{NAMESPACE}}}component"
_ORDER = f"{{{NAMESPACE}}}Order"
_IDENTITY = {"publicKeyToken": "31bf3856ad364e35", "language": "neutral", "versionScope": "nonSxS"}


def parsed(text: str) -> etree._Element:
    """Parse what the templates printed. Their layout is not the file's: white space between elements is dropped."""
    parser = etree.XMLParser(remove_blank_text=True, no_network=True, resolve_entities=False)
    return etree.fromstring(text.encode("utf-8"), parser)


def drop_empty(root: etree._Element) -> None:
    """Remove elements that hold nothing, innermost first. An empty Order is a place to be filled, not nothing."""
    for element in reversed(list(root.iter(tag=etree.Element))):
        parent = element.getparent()
        if parent is not None and _is_empty(element) and element.tag != _ORDER:
            parent.remove(element)


def _is_empty(element: etree._Element) -> bool:
    """White space with a line end is nothing: it is a template's layout, and no text of a spec can hold one."""
    text = element.text or ""
    return len(element) == 0 and (not text or (text.isspace() and "\n" in text))


def number_orders(root: etree._Element) -> None:
    """Write 1, 2, 3 ... into the Order elements of every list."""
    counts: dict[etree._Element, int] = {}
    for order in root.iter(_ORDER):
        item = order.getparent()
        container = item.getparent() if item is not None else None
        if container is not None:
            counts[container] = counts.get(container, 0) + 1
            order.text = str(counts[container])


def for_architectures(root: etree._Element, architectures: Sequence[str]) -> None:
    """Give every component its identity, and a copy per architecture: Setup ignores those of another silently."""
    for component in list(root.iter(_COMPONENT)):
        settings = component.getparent()
        if settings is None:
            continue
        position = settings.index(component)
        settings.remove(component)
        for number, architecture in enumerate(architectures):
            copied = deepcopy(component)
            copied.set("processorArchitecture", architecture)
            for name, value in _IDENTITY.items():
                copied.set(name, value)
            settings.insert(position + number, copied)


def serialized(root: etree._Element) -> bytes:
    """Give the bytes that Setup likes: a utf-8 declaration, ASCII with character references, CRLF.

    Setup expects the declaration and reads ASCII reliably (cschneegans/unattend-generator, Main.cs).
    """
    etree.indent(root, space="  ")
    body = etree.tostring(root, encoding="us-ascii", xml_declaration=False)
    text = b'<?xml version="1.0" encoding="utf-8"?>\n' + body + b"\n"
    return text.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
