"""Whole numbers in the texts of strangers: None for what is none, or has more digits than any that is meant.

str.isdigit also says yes to what int does not take, and int refuses thousands of digits.
"""

from __future__ import annotations

import re

_MOST = 18  # digits, which is more than any program of Windows counts to


def unsigned(text: str, digits: int = _MOST) -> int | None:
    return int(text) if re.fullmatch(f"[0-9]{{1,{digits}}}", text) else None


def signed(text: str, digits: int = _MOST) -> int | None:
    return int(text) if re.fullmatch(f"-?[0-9]{{1,{digits}}}", text) else None
