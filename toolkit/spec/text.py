"""Texts with the limits that Setup's reference gives, where it counts UTF-16 units, and drive letters."""

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


def _letter(first: str) -> Callable[[str], str]:
    def checked(text: str) -> str:
        if len(text) != 1 or not first <= text <= "Z" or text == "X":
            raise ValueError(f'is "{text}"; a drive letter is one capital from {first} to Z, but X is Windows PE\'s')
        return text

    return checked


AnyLetter: TypeAlias = Annotated[str, AfterValidator(_letter("C")), Field(json_schema_extra={"pattern": "^[C-WYZ]$"})]
DataLetter: TypeAlias = Annotated[str, AfterValidator(_letter("D")), Field(json_schema_extra={"pattern": "^[D-WYZ]$"})]
