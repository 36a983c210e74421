"""Texts with the limits that Setup's reference gives: it counts UTF-16 units, of which an emoji has two."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, TypeAlias

from pydantic import AfterValidator, Field

if TYPE_CHECKING:
    from collections.abc import Callable


def utf16_units(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def _at_most(longest: int) -> Callable[[str], str]:
    def checked(text: str) -> str:
        size = utf16_units(text)
        if size > longest:
            raise ValueError(f"is {size} characters long; {longest} is the most")
        return text

    return checked


Text63: TypeAlias = Annotated[str, AfterValidator(_at_most(63)), Field(json_schema_extra={"maxLength": 63})]
Text256: TypeAlias = Annotated[str, AfterValidator(_at_most(256)), Field(json_schema_extra={"maxLength": 256})]
