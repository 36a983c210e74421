"""Whole numbers in files and commands of strangers: None for what is none, or is longer than any that means something.

str.isdigit also says yes to what int does not take, and int refuses thousands of digits.
"""

from __future__ import annotations

import re

_DIGITS = "[0-9]{1,18}"


def unsigned(text: str) -> int | None:
    return int(text) if re.fullmatch(_DIGITS, text) else None


def signed(text: str) -> int | None:
    return int(text) if re.fullmatch(f"-?{_DIGITS}", text) else None
