"""One component of an answer file against the catalog: its settings, their passes, values, lists and versions."""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

from toolkit.catalog.elements import NAMESPACE, WCM, Element
from toolkit.catalog.frame import check_action, check_text
from toolkit.catalog.settings import Availability, Component, Kind, Setting, component, component_names
from toolkit.catalog.suggest import did_you_mean
from toolkit.catalog.values import is_placeholder, value_fault
from toolkit.values import dataclass

if TYPE_CHECKING:
    from toolkit.catalog.report import Report

_KEY_VALUE = "@wcm:keyValue"
_ORDER = "Order"


def check_component(element: Element, during: str, build: int | None, report: Report) -> None:
    """Check a component that stands in the pass `during`, for the Windows of that build, None for any."""
    name = element.attributes["name"]
    known = component(name)
    if known is None:
        if not is_placeholder(name):
            hint = did_you_mean(name, component_names().values())
            report.warning(element, "unknown-component", f"the component {name} is not known", hint)
        return
    if name not in known.spellings:
        report.info(element, "component-case", f"{name} is usually written {known.name}")
    if known.passes and during not in known.passes:
        report.error(
            element,
            "wrong-pass",
            f"{name} has no settings in the pass {during}",
            f"Put it into {_either(known.passes)}.",
        )
        return
    if not known.open:
        _Walk(known, during, build, report).children(element, "")


def _either(names: tuple[str, ...]) -> str:
    return " or ".join(names)


@dataclass(frozen=True, slots=True)
class _Walk:
    """Goes down one component, with what stays the same on the way."""

    known: Component
    during: str
    build: int | None
    report: Report

    def children(self, parent: Element, path: str) -> None:
        seen: dict[str, Element] = {}
        keys: dict[tuple[str, str], Element] = {}
        check_text(parent, self.report)
        for child in parent.children:
            setting = self._setting(child, path)
            if setting is None:
                continue
            match setting.kind:
                case Kind.ITEM | Kind.LEAF_ITEM:
                    self._item(child, setting, keys)
                case Kind.CONTAINER | Kind.LEAF:
                    self._once(child, setting, seen)
                case _:
                    assert_never(setting.kind)

    def _setting(self, element: Element, path: str) -> Setting | None:
        """Find the setting, unless the element is known to be wrong from its name or place on."""
        full = f"{path}/{element.name}" if path else element.name
        if element.namespace != NAMESPACE:
            whose = f"of the namespace {element.namespace}" if element.namespace else "of no namespace"
            message = f"<{element.name}> is {whose}, where Windows has no settings"
            self.report.error(element, "foreign-element", message, f"Its namespace must be {NAMESPACE}.")
            return None
        setting = self.known.setting(full)
        if setting is None:
            return self._misspelt(element, full, path)
        if setting.passes and self.during not in setting.passes:
            message = f"{full} is not valid in the pass {self.during}"
            self.report.error(element, "wrong-pass", message, f"Put it into {_either(setting.passes)}.")
            return None
        self._availability(element, setting)
        return setting

    def _misspelt(self, element: Element, full: str, path: str) -> Setting | None:
        siblings = self.known.settings_in(path)
        for setting in siblings.values():
            if element.name.casefold() in {spelling.casefold() for spelling in setting.spellings}:
                if element.name not in setting.spellings:
                    self.report.warning(element, "setting-case", f"{full} is written {setting.name}")
                return setting
        where = f"{self.known.name}/{path}" if path else self.known.name
        hint = did_you_mean(element.name, siblings)
        self.report.error(element, "unknown-setting", f"{where} has no setting {element.name}", hint)
        return None

    def _availability(self, element: Element, setting: Setting) -> None:
        availability = Availability.CURRENT if self.build is None else setting.availability(self.build)
        match availability:
            case Availability.CURRENT:
                pass
            case Availability.NOT_YET:
                message = f"{setting.path} is there since Windows {setting.added} only"
                self.report.error(element, "not-yet", message, "Leave it out for this release.")
            case Availability.DEPRECATED:
                self.report.info(element, "deprecated", f"{setting.path} is deprecated in this release")
            case Availability.REMOVED:
                message = f"{setting.path} is gone since Windows {setting.removed}"
                self.report.warning(element, "removed", message, "Leave it out for this release.")
            case _:
                assert_never(availability)

    def _once(self, element: Element, setting: Setting, seen: dict[str, Element]) -> None:
        if setting.path in seen:
            first = seen[setting.path].line
            self.report.error(element, "repeated-setting", f"{setting.path} is there twice, first in line {first}")
        seen[setting.path] = element
        if setting.kind is Kind.CONTAINER:
            self.children(element, setting.path)
        else:
            self._value(element, setting)

    def _item(self, element: Element, setting: Setting, keys: dict[tuple[str, str], Element]) -> None:
        check_action(element, self.report)
        if setting.key:
            self._key(element, setting, setting.key, keys)
        if setting.kind is Kind.ITEM:
            self.children(element, setting.path)
        else:
            self._value(element, setting)

    def _key(self, element: Element, setting: Setting, key: str, keys: dict[tuple[str, str], Element]) -> None:
        value = _key_value(element, key)
        name = key.removeprefix("@")
        rule = "order" if key == _ORDER else "key"
        if value is None or not value:
            say = self.report.error if rule == "order" else self.report.warning
            say(element, f"missing-{rule}", f"<{element.name}> has no {name}, which tells the items apart")
            return
        identity = (setting.path, value.lstrip("0") if value.isdecimal() else value.casefold())
        if identity in keys and not is_placeholder(value):
            first = keys[identity].line
            message = f"two <{element.name}> have the {name} {value}, the first in line {first}: one is lost"
            self.report.error(element, f"repeated-{rule}", message)
        keys.setdefault(identity, element)

    def _value(self, element: Element, setting: Setting) -> None:
        if element.children:
            child = element.children[0]
            self.report.error(child, "unknown-setting", f"{setting.path} holds a value, not <{child.name}>")
        elif element.empty:
            self._empty(element, setting)
        elif fault := value_fault(setting, element.value):
            rule, message, hint = fault
            self.report.error(element, rule, f"{setting.path} {message}", hint)

    def _empty(self, element: Element, setting: Setting) -> None:
        typed = setting.type in ("boolean", "integer", "enum", "guid")
        if setting.empty is False or (typed and setting.empty is None):
            self.report.warning(element, "empty", f"{setting.path} may not be empty", "Leave the element out.")


def _key_value(element: Element, key: str) -> str | None:
    if key == _KEY_VALUE:
        return element.attributes.get(f"{{{WCM}}}keyValue")
    child = element.child(key)
    return child.value if child else None
