"""XML from outside, parsed without DTDs, entities or the network. Owns lxml in the simulator."""

from __future__ import annotations

from lxml import etree


class DocumentError(ValueError):
    """The bytes are not XML that we accept; the message says why."""


def parsed(data: bytes, *, at_most: int) -> etree._Element:
    """Parse an XML document of at most so many bytes. Raises DocumentError."""
    if len(data) > at_most:
        raise DocumentError(f"it is {len(data)} bytes long, more than the {at_most} that are read")
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(data, parser)
    except etree.XMLSyntaxError as err:
        raise DocumentError(f"it is not well-formed: {err.msg}") from err
    if root.getroottree().docinfo.internalDTD is not None:
        raise DocumentError("it declares a document type, which neither Setup nor WinRM needs")
    return root
