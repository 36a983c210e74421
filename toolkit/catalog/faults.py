"""The codes that WinRM, Windows and their clients fail with: what each means, and what to do about it."""

from __future__ import annotations

import re
from fnmatch import fnmatchcase
from functools import cache
from typing import Any

from toolkit.catalog.tables import rows
from toolkit.values import dataclass

_PREFIX = "WSMAN_"
_WORD = 0xFFFFFFFF
# FACILITY_WIN32: HRESULTs that hold a plain Windows error in their lower half (winerror.h).
_WIN32 = 0x80070000
_NUMBER = re.compile(r"(?P<hex>0x[0-9a-f]{1,8}|[0-9a-f]{8})|(?P<decimal>[+-]?[0-9]{1,10})", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Fault:
    """One code, unsigned, 32 bits. `client` is whether the Windows client raises it by itself, the guest unseen.

    `causes` stand likeliest first. Fixes are lines to use as they stand: in the guest's console, in the client, or the
    keys of the spec that make the guest right from the start.
    """

    code: int
    symbol: str
    client: bool
    meaning: str
    causes: tuple[str, ...]
    in_guest: tuple[str, ...]
    in_client: tuple[str, ...]
    in_spec: tuple[str, ...]

    @property
    def hex(self) -> str:
        return f"0x{self.code:08X}"

    @property
    def signed(self) -> int:
        """The code as HRESULTs are printed by .NET and VBScript."""
        return self.code - 0x100000000 if self.code & 0x80000000 else self.code


@cache
def faults() -> dict[int, Fault]:
    """Give every known code: the 512 of wsmerror.h, and those of Windows that clients of WinRM show."""
    windows = (_fault(row["code"], row["symbol"], row) for row in rows("windows-codes"))
    wsman = (_fault(row["code"], row["symbol"], _remedy(row["symbol"])) for row in rows("wsman-faults"))
    return {fault.code: fault for fault in (*windows, *wsman)}


def find_fault(code: int) -> Fault | None:
    """Find a code in any of its forms: signed or not, or a Windows error wrapped as an HRESULT."""
    code &= _WORD
    known = faults().get(code)
    if known is None and code & 0xFFFF0000 == _WIN32:
        return faults().get(code & 0xFFFF)
    return known


def find_symbol(name: str) -> Fault | None:
    """Find a code by its symbol, with or without `ERROR_` or `WSMAN_` in front, in any case."""
    wanted = name.strip().upper()
    spellings = {wanted, wanted.removeprefix("ERROR_"), f"{_PREFIX}{wanted}", f"ERROR_{wanted}"}
    return next((fault for fault in faults().values() if fault.symbol in spellings), None)


def parse_code(text: str) -> int | None:
    """Read a code in decimal, signed or hexadecimal (`0x` may be missing from eight digits); None where it is none."""
    match = _NUMBER.fullmatch(text.strip())
    if match is None:
        return None
    if match["hex"] and not (text.strip().isdigit() and int(text) in faults()):
        return int(match["hex"], 16)
    number = int(text)
    return number & _WORD if -0x80000000 <= number <= _WORD else None


def _remedy(symbol: str) -> dict[str, Any]:
    name = symbol.removeprefix(_PREFIX)
    return next(row for row in rows("fault-remedies") if any(fnmatchcase(name, known) for known in row["symbols"]))


def _fault(code: int, symbol: str, remedy: dict[str, Any]) -> Fault:
    return Fault(
        code=code,
        symbol=symbol,
        client=remedy["side"] == "client",
        meaning=remedy["meaning"],
        causes=tuple(remedy["causes"]),
        in_guest=tuple(remedy["in_guest"]),
        in_client=tuple(remedy["in_client"]),
        in_spec=tuple(remedy["in_spec"]),
    )
