"""The late passes over the whole tree, each one function: what no template should have to think about."""

from __future__ import annotations

from copy import deepcopy
from typing import TYPE_CHECKING

from lxml import etree

from toolkit.errors import ToolkitError

if TYPE_CHECKING:
    from collections.abc import Sequence

NAMESPACE = "urn:schemas-microsoft-com:unattend"
_STATE = "http://schemas.microsoft.com/WMIConfig/2002/State"
_ACTION = f"{{{_STATE}}}action"
_SETTINGS = f"{{{NAMESPACE}}}settings"
_COMPONENT = f"{{{NAMESPACE}}}component"
_ORDER = f"{{{NAMESPACE}}}Order"
_PASSES = ("windowsPE", "offlineServicing", "generalize", "specialize", "auditSystem", "auditUser", "oobeSystem")
_COMMANDS = frozenset({"RunSynchronous", "FirstLogonCommands", "LogonCommands"})
_MOST_COMMANDS = 500  # their Order goes from 1 to 500 (Microsoft's reference)
_ONLY_FOR = "unattend-only-for"  # our own mark, which no setting of Windows' has
_IDENTITY = {"publicKeyToken": "31bf3856ad364e35", "language": "neutral", "versionScope": "nonSxS"}


def parsed(text: str) -> etree._Element:
    """Parse what the templates printed, or a fragment of the user's.

    Their layout is not the file's: white space between elements is dropped. So are comments and processing
    instructions, since one inside a value would divide its text.
    """
    parser = etree.XMLParser(
        remove_blank_text=True, remove_comments=True, remove_pis=True, no_network=True, resolve_entities=False
    )
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


def merge(root: etree._Element, during: str, component: str, xml: str) -> None:
    """Put a fragment into a component of a pass, making both where there is none.

    A container joins one of its name, an item of a list is added to it, and a value replaces one of its name. Items
    come in the order that they ask for, behind those that are there. Raises ToolkitError where `xml` is not
    well-formed.
    """
    opening = f'<component xmlns="{NAMESPACE}" xmlns:wcm="{_STATE}">'
    try:
        fragment = parsed(f"{opening}{xml}</component>")
    except etree.XMLSyntaxError as err:
        raise ToolkitError(f"the XML for {component} in {during} is not well-formed: {err.msg}") from err
    _sort_by_order(fragment)
    for child in fragment.iterchildren(tag=etree.Element):
        _merge_into(_component_of(_settings_of(root, during), component), child)


def _settings_of(root: etree._Element, during: str) -> etree._Element:
    """Find the pass, or make it where its turn is."""
    present = root.findall(_SETTINGS)
    for settings in present:
        if settings.get("pass") == during:
            return settings
    made = etree.Element(_SETTINGS, {"pass": during})
    later = _PASSES[_PASSES.index(during) :]
    before = next((settings for settings in present if settings.get("pass") in later), None)
    root.insert(len(present) if before is None else root.index(before), made)
    return made


def _component_of(settings: etree._Element, name: str) -> etree._Element:
    for component in settings.iterfind(_COMPONENT):
        if (component.get("name") or "").casefold() == name.casefold():
            return component
    return etree.SubElement(settings, _COMPONENT, {"name": name})


def _sort_by_order(fragment: etree._Element) -> None:
    """Put the items of each list where their Order says: `number_orders` numbers them as they stand."""
    for holder in list(fragment.iter(tag=etree.Element)):
        orders = [(item.findtext(_ORDER) or "").strip() for item in holder]
        if orders and all(order.isdecimal() for order in orders):
            holder[:] = sorted(holder, key=lambda item: int(item.findtext(_ORDER) or 0))


def _merge_into(parent: etree._Element, child: etree._Element) -> None:
    """Where the user left out an item's action, those that it is to stand beside say that it is added like them."""
    same = parent.find(str(child.tag))
    if same is not None and same.get(_ACTION) and not child.get(_ACTION):
        child.set(_ACTION, "add")
    if same is None or child.get(_ACTION):
        parent.append(child)
    elif len(child) or len(same):
        for inner in child.iterchildren(tag=etree.Element):
            _merge_into(same, inner)
    else:
        parent.replace(same, child)


def last_of_first_logon(root: etree._Element) -> etree._Element | None:
    """Find the last command of the first logon: it opens the guest, or runs the steps of which the last one does."""
    commands = root.findall(f".//{{{NAMESPACE}}}FirstLogonCommands/*")
    return commands[-1] if commands else None


def keep_last(item: etree._Element | None) -> None:
    """Move the item behind what has been added since. What stands behind steps is lost where one restarts Windows."""
    parent = None if item is None else item.getparent()
    if item is not None and parent is not None:
        parent.append(item)


def join_lists(root: etree._Element) -> None:
    """Make one of several lists of the same name in a component: each concern prints its own commands."""
    for component in root.iter(_COMPONENT):
        first: dict[str, etree._Element] = {}
        for child in list(component):
            known = first.setdefault(child.tag, child)
            if known is not child:
                known.extend(list(child))
                component.remove(child)


def number_orders(root: etree._Element) -> None:
    """Write 1, 2, 3 ... into the Order elements of every list. Raises ToolkitError for commands without a number."""
    counts: dict[etree._Element, int] = {}
    for order in root.iter(_ORDER):
        item = order.getparent()
        container = item.getparent() if item is not None else None
        if container is not None:
            counts[container] = counts.get(container, 0) + 1
            order.text = str(counts[container])
    for container, count in counts.items():
        if etree.QName(container).localname in _COMMANDS and count > _MOST_COMMANDS:
            raise ToolkitError(
                f"{etree.QName(container).localname} would hold {count} commands, and Setup takes {_MOST_COMMANDS}",
                help="Put commands of that phase into a file, and name it in [[scripts]].",
            )


def for_architectures(root: etree._Element, architectures: Sequence[str]) -> None:
    """Give every component its identity, and a copy per architecture: Setup ignores those of another silently.

    What is marked as one architecture's is left out of the others' copies, and the mark of all of them.
    """
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
            _keep_own(copied, architecture)
            settings.insert(position + number, copied)


def _keep_own(component: etree._Element, architecture: str) -> None:
    for marked in component.findall(f".//*[@{_ONLY_FOR}]"):
        parent = marked.getparent()
        if marked.attrib.pop(_ONLY_FOR) != architecture and parent is not None:
            parent.remove(marked)


def serialized(root: etree._Element) -> bytes:
    """Give the bytes that Setup likes: a utf-8 declaration, ASCII with character references, CRLF.

    Setup expects the declaration and reads ASCII reliably (cschneegans/unattend-generator, Main.cs).
    """
    etree.indent(root, space="  ")
    body = etree.tostring(root, encoding="us-ascii", xml_declaration=False)
    text = b'<?xml version="1.0" encoding="utf-8"?>\n' + body + b"\n"
    return text.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
