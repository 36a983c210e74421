"""Whether a text is a value that a setting takes: type, enumeration, range and length."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from toolkit.catalog.suggest import did_you_mean, one_of

if TYPE_CHECKING:
    from toolkit.catalog.settings import Setting

_BOOLEANS = ("true", "false")
_INTEGER = re.compile(r"[+-]?[0-9]+")
_GUID = re.compile(r"\{?[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\}?", re.IGNORECASE)
# What a build tool fills in later: ${x}, %{ x }, {{ x }}, <%= x %>, %x%, [[--x--]], #TABLE:x#, @x@.
_PLACEHOLDER = re.compile(r"[$%]\{.*\}|\{\{.*\}\}|<%.*%>|%\w+%|\[\[.*\]\]|#\w+:.*|@\w+@")
_LONGEST_SHOWN = 40
_LONGEST_NUMBER = 20


def is_placeholder(text: str) -> bool:
    """Whether something is yet to be filled in by another tool: then nothing can be said of the value."""
    return _PLACEHOLDER.search(text) is not None


def value_fault(setting: Setting, text: str) -> tuple[str, str, str | None] | None:
    """Say what is wrong with a value that is not empty, as rule, message and help; None where nothing is.

    Texts longer than allowed are never quoted: they may be command lines that hold secrets.
    """
    if setting.max_length is not None and len(text.encode("utf-16-le", "surrogatepass")) // 2 > setting.max_length:
        size = len(text.encode("utf-16-le", "surrogatepass")) // 2
        return "too-long", f"is {size} characters long; {setting.max_length} is the most", None
    if setting.type in (None, "string") or setting.guess or is_placeholder(text):
        return None
    match setting.type:
        case "boolean":
            return None if text.lower() in _BOOLEANS else _wrong_value(setting, text, _BOOLEANS)
        case "enum":
            return (
                None
                if text in setting.enum or _same_number(text, setting.enum)
                else _wrong_value(setting, text, setting.enum)
            )
        case "integer":
            return _integer_fault(setting, text)
        case "guid" if not _GUID.fullmatch(text):
            return "wrong-type", f"is {_shown(setting, text)}, which is no GUID", None
        case _:
            return None


def _same_number(text: str, allowed: tuple[str, ...]) -> bool:
    return text.isdecimal() and text.lstrip("0") in {value.lstrip("0") for value in allowed if value.isdecimal()}


def _wrong_value(setting: Setting, text: str, allowed: tuple[str, ...]) -> tuple[str, str, str | None]:
    return (
        "wrong-value",
        f"is {_shown(setting, text)}; it must be one of {one_of(allowed)}",
        did_you_mean(text, allowed),
    )


def _integer_fault(setting: Setting, text: str) -> tuple[str, str, str | None] | None:
    if not _INTEGER.fullmatch(text):
        return "wrong-type", f"is {_shown(setting, text)}, which is no whole number", None
    if len(text) > _LONGEST_NUMBER:
        return "out-of-range", f"is {_shown(setting, text)}, which is too large", None
    if setting.minimum is not None and int(text) < setting.minimum:
        return "out-of-range", f"is {text}; {setting.minimum} is the least", None
    if setting.maximum is not None and int(text) > setting.maximum:
        return "out-of-range", f"is {text}; {setting.maximum} is the most", None
    return None


def _shown(setting: Setting, text: str) -> str:
    """Show a value, unless the password may have slipped into a place beside its own."""
    if "Password" in setting.path:
        return "another value"
    return f'"{text}"' if len(text) <= _LONGEST_SHOWN else f'"{text[: _LONGEST_SHOWN - 3]}..."'
