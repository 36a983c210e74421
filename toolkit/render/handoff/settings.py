"""What the fragments have in common: settings in their order, each with why it is so where a client forced it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from toolkit.errors import ToolkitError
from toolkit.values import dataclass

if TYPE_CHECKING:
    from toolkit.spec.guest import Guest

# The one place where the tools look for the password: a file that is handed on holds none.
PASSWORD_VARIABLE = "UNATTEND_WINRM_PASSWORD"  # noqa: S105  (a variable's name)

# Control characters, the other line ends, byte order marks, halves of characters, and what YAML has no place for.
_NOT_PRINTABLE = "[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufeff\ufffe\uffff]"


@dataclass(frozen=True, slots=True)
class Setting:
    """`value` is as the tool's language writes it. `why` becomes comment lines above."""

    name: str
    value: str
    why: tuple[str, ...] = ()


def printable(text: str, *, what: str) -> str:
    """Give `text` back. Raises ToolkitError, naming `what`, where it has a character that no language here takes."""
    if not text.isprintable() and (fault := re.search(_NOT_PRINTABLE, text)):  # few texts need the slower look
        raise ToolkitError(
            f"{what} cannot be written for Packer, Ansible, Vagrant: character {fault.start() + 1} is not printable",
            help="Use printable characters there.",
        )
    return text


def host_name(guest: Guest) -> str:
    """Give the name by which the tools speak of the guest."""
    return "unattend" if guest.computer.name == "*" else guest.computer.name


def seconds_text(seconds: float) -> str:
    """Write a duration as Go does: `1h30m`, `90s`, `1.5s`."""
    whole = round(seconds)
    if whole != seconds:
        return f"{seconds:g}s"
    parts = ((whole // 3600, "h"), (whole // 60 % 60, "m"), (whole % 60, "s"))
    return "".join(f"{count}{unit}" for count, unit in parts if count) or "0s"
