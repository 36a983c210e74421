"""The tables of a spec, and the model of a whole one: the root of validation and of the published JSON Schema.

A table that a spec does not have costs little: its model is not built, and where no guest needs it, its module is not
loaded either. It shows at every start.
"""

from __future__ import annotations

from enum import Enum, auto
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Any

from pydantic import Field, create_model

from toolkit.spec.section import Section, absent
from toolkit.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Callable, Collection


class Presence(Enum):
    """How a table stands in a spec, and what its absence means."""

    REQUIRED = auto()
    NEEDED = auto()  # every guest has it: where it is absent, all of its settings have their defaults
    USUAL = auto()  # the same, but its defaults are those of the Guest
    OPTIONAL = auto()
    ARRAY = auto()


@dataclass(frozen=True, slots=True)
class Table:
    """Where a table's model is: `model` of `module` in toolkit.spec, which has a function `resolve_<table>` as well."""

    module: str
    model: str
    presence: Presence

    def absence(self) -> Any:
        """Give what stands for the table where the spec does not have it: defaults, nothing, or None."""
        match self.presence:
            case Presence.NEEDED:
                return self._load(self.model).model_construct()
            case Presence.ARRAY:
                return []
            case _:
                return None

    def field(self) -> tuple[Any, Any]:
        """Give type and default as pydantic's create_model takes them."""
        model: Any = self._load(self.model)
        match self.presence:
            case Presence.REQUIRED:
                return model, ...
            case Presence.NEEDED | Presence.USUAL:
                return model, absent(model)
            case Presence.OPTIONAL:
                return model | None, None
            case Presence.ARRAY:
                return list[model], Field(default_factory=list)

    def resolver(self, name: str) -> Callable[..., Any]:
        """Give the function that turns the validated table `name` into a part of the Guest."""
        function: Callable[..., Any] = self._load(f"resolve_{name}")
        return function

    def _load(self, name: str) -> Any:
        return getattr(import_module(f"toolkit.spec.{self.module}"), name)


TABLES = {
    "windows": Table("windows", "WindowsSection", Presence.REQUIRED),
    "communicator": Table("communicator", "CommunicatorSection", Presence.NEEDED),
    "computer": Table("computer", "ComputerSection", Presence.NEEDED),
    "locale": Table("locale", "LocaleSection", Presence.NEEDED),
    "disk": Table("disk", "DiskSection", Presence.NEEDED),
    "accounts": Table("accounts", "AccountSection", Presence.ARRAY),
    "administrator": Table("accounts", "AdministratorSection", Presence.OPTIONAL),
    "autologon": Table("accounts", "AutoLogonSection", Presence.OPTIONAL),
    "oobe": Table("oobe", "OobeSection", Presence.USUAL),
    "windows11": Table("windows11", "Windows11Section", Presence.USUAL),
    "bootstrap": Table("bootstrap", "BootstrapSection", Presence.NEEDED),
    "commands": Table("commands", "CommandSection", Presence.ARRAY),
    "scripts": Table("scripts", "ScriptSection", Presence.ARRAY),
    "media": Table("media", "MediaSection", Presence.NEEDED),
    "network": Table("network", "NetworkSection", Presence.USUAL),
    "domain": Table("domain", "DomainSection", Presence.OPTIONAL),
    "wlan": Table("wlan", "WlanSection", Presence.OPTIONAL),
    "drivers": Table("drivers", "DriversSection", Presence.USUAL),
    "tweaks": Table("tweaks", "TweaksSection", Presence.USUAL),
    "sysprep": Table("sysprep", "SysprepSection", Presence.OPTIONAL),
    "raw": Table("raw", "RawSection", Presence.ARRAY),
}
_ALWAYS = frozenset(name for name, table in TABLES.items() if table.presence is Presence.REQUIRED)


def model_of_every_table() -> type[Section]:
    """Give the model of all that a spec can say."""
    return _model(frozenset(TABLES))


def model_of(tables: Collection[str]) -> type[Section]:
    """Give the model of a spec that has, of those that there are, no other than these tables."""
    return _model(_ALWAYS.union(TABLES.keys() & set(tables)))


@cache
def _model(names: frozenset[str]) -> type[Section]:
    fields: dict[str, Any] = {name: table.field() for name, table in TABLES.items() if name in names}
    doc = "unattend.toml. `extends` is gone by the time a document is validated; see toolkit.spec.document."
    return create_model("Spec", __base__=Section, __doc__=doc, __module__=__name__, **fields)
