"""The explanation of one code."""

from __future__ import annotations

from typing import TYPE_CHECKING

from toolkit.catalog.faults import find_fault, find_symbol, parse_code
from toolkit.explain.explanation import Explanation, Line

if TYPE_CHECKING:
    from toolkit.catalog.faults import Fault

_CLIENT_ONLY = "A Windows client raises this by itself: the guest sent no such code."


def explain_code(text: str) -> Explanation | None:
    """Explain `text` if it is a code or the symbol of one; None where it is neither."""
    code = parse_code(text)
    if code is None:
        fault = find_symbol(text)
        return explained(fault) if fault else None
    fault = find_fault(code)
    return explained(fault) if fault else _unknown(code)


def explained(fault: Fault, line: Line | None = None, also: tuple[str, ...] = ()) -> Explanation:
    """Say what the catalog says of a code."""
    return Explanation(
        subject=f"{fault.hex} {fault.symbol}",
        known=True,
        meaning=f"{fault.meaning} {_CLIENT_ONLY}" if fault.client else fault.meaning,
        forms=tuple(dict.fromkeys((str(fault.code), str(fault.signed), fault.hex))),
        line=line,
        causes=fault.causes,
        in_guest=fault.in_guest,
        in_client=fault.in_client,
        in_spec=fault.in_spec,
        also=also,
    )


def _unknown(code: int) -> Explanation:
    return Explanation(
        subject=f"0x{code:08X}",
        known=False,
        meaning="This is neither a code of WS-Management nor one of Windows that its clients are known to show.",
        forms=tuple(dict.fromkeys((str(code), f"0x{code:08X}"))),
        in_guest=(f"certutil -error 0x{code:X}",),
    )
