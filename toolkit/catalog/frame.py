"""The frame of an answer file: passes, components and their identity. Source: the XML schema of the Windows ADK."""

from __future__ import annotations

from typing import TYPE_CHECKING

from toolkit.catalog.elements import NAMESPACE, WCM, Element
from toolkit.catalog.settings import PASSES
from toolkit.catalog.suggest import did_you_mean, one_of
from toolkit.catalog.values import is_placeholder

if TYPE_CHECKING:
    from collections.abc import Iterator

    from toolkit.catalog.report import Report

ARCHITECTURES = ("amd64", "x86", "arm64", "wow64", "arm", "ia64")
_IDENTITY = {
    "processorArchitecture": ARCHITECTURES,
    "publicKeyToken": ("31bf3856ad364e35",),
    "language": ("neutral",),
    "versionScope": ("nonSxS", "SxS"),
}
_BESIDES_SETTINGS = ("servicing",)  # packages to add or remove: their own schema


def check_frame(root: Element, report: Report) -> Iterator[tuple[str, Element]]:
    """Check the frame, and give each component that can be looked into, with the name of its pass."""
    if root.name != "unattend" or root.namespace != NAMESPACE:
        report.error(
            root,
            "outermost-element",
            f"the outermost element is <{root.name}>"
            + (f" of {root.namespace}" if root.namespace else " without a namespace"),
            f'It must be <unattend xmlns="{NAMESPACE}">.',
        )
        return
    check_text(root, report)
    passes: set[str] = set()
    for child in root.children:
        if child.namespace == NAMESPACE and child.name == "settings":
            yield from _settings(child, passes, report)
        elif child.namespace in ("", NAMESPACE) and child.name not in _BESIDES_SETTINGS:
            _foreign(child, report)


def _foreign(child: Element, report: Report) -> None:
    message = f"<{child.name}> cannot stand directly in <unattend>"
    if child.name == "component":
        report.error(child, "foreign-element", message, "Put it into <settings pass=...>.")
    else:
        report.error(child, "foreign-element", message, "Own elements need a namespace of their own.")


def _settings(settings: Element, seen: set[str], report: Report) -> Iterator[tuple[str, Element]]:
    during = settings.attributes.get("pass")
    if during is None:
        report.error(settings, "unknown-pass", "<settings> does not name its pass", f"The passes are {one_of(PASSES)}.")
        return
    if during not in PASSES:
        report.error(settings, "unknown-pass", f'there is no pass "{during}"', did_you_mean(during, PASSES))
        return
    if during in seen:
        report.warning(settings, "repeated-pass", f"the pass {during} is there twice", "Put all of it into one.")
    seen.add(during)
    check_text(settings, report)
    yield from ((during, component) for component in _components(settings, report))


def _components(settings: Element, report: Report) -> Iterator[Element]:
    seen: set[tuple[str, ...]] = set()
    for child in settings.children:
        if child.name != "component" or child.namespace != NAMESPACE:
            report.error(child, "foreign-element", f"<{child.name}> cannot stand directly in <settings>")
            continue
        name = child.attributes.get("name")
        if name is None:
            report.error(child, "component-identity", "<component> has no name")
            continue
        _check_identity(child, name, report)
        identity = (name.casefold(), *(child.attributes.get(key, "") for key in _IDENTITY))
        if identity in seen:
            report.warning(
                child, "repeated-component", f"{name} is there twice in this pass", "Put all of it into one."
            )
        seen.add(identity)
        yield child


def _check_identity(component: Element, name: str, report: Report) -> None:
    for key, allowed in _IDENTITY.items():
        value = component.attributes.get(key)
        if value is None:
            report.error(component, "component-identity", f"{name} has no {key}", f"It is one of {one_of(allowed)}.")
        elif value.casefold() not in {each.casefold() for each in allowed} and not is_placeholder(value):
            report.error(
                component,
                "component-identity",
                f'{name} has {key} "{value}": Setup would pass over the component silently',
                f"It is one of {one_of(allowed)}.",
            )


def check_action(item: Element, report: Report) -> None:
    """An item of a list says what is to be done with it: `wcm:action="add"`, nearly always."""
    action = item.attributes.get(f"{{{WCM}}}action")
    if action is None:
        report.warning(item, "missing-action", f'<{item.name}> has no wcm:action="add"', f'wcm is xmlns:wcm="{WCM}".')
    elif action not in ("add", "modify", "remove", "list") and not is_placeholder(action):
        report.warning(item, "missing-action", f'<{item.name}> has wcm:action="{action}"', 'It is nearly always "add".')


def check_text(element: Element, report: Report) -> None:
    """What holds elements holds no text."""
    if element.value and not is_placeholder(element.value):
        report.warning(element, "stray-text", f"<{element.name}> holds text between its elements")
