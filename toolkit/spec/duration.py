"""Durations in Go's notation, as Packer writes them: `90s`, `1h30m`, `1.5h`, `250ms`."""

from __future__ import annotations

import re

_SECONDS = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "μs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}
_PART = re.compile(r"([0-9]+(?:\.[0-9]*)?|\.[0-9]+)(ns|us|µs|μs|ms|s|m|h)")
_LONGEST = (2**63 - 1) * 1e-9  # Go counts nanoseconds in 64 bits
_WHOLE = re.compile(rf"(?:{_PART.pattern})+")


def seconds(text: str) -> float:
    """Give the seconds in `text` (Go's time.ParseDuration without the sign). ValueError says what is wrong."""
    if text == "0":
        return 0.0
    if text.startswith("-"):
        raise ValueError(f'"{text}" is negative; a time to wait is not')
    if not _WHOLE.fullmatch(text):
        unit = " (a number needs a unit)" if text.replace(".", "", 1).isdigit() else ""
        raise ValueError(f'"{text}" is not a duration{unit}; write it like "90s", "30m" or "1h30m"')
    total = sum(float(number) * _SECONDS[unit] for number, unit in _PART.findall(text))
    if total > _LONGEST:
        raise ValueError(f'"{text}" is longer than {_LONGEST / 3600:.0f} hours')
    return total


def duration(value: float) -> str:
    """Write `value` seconds the way a person reads them: `30m`, `1h30m`, `1.5s`."""
    if value < 60:
        return f"{round(value, 3):g}s"
    total = round(value)
    hours, minutes, rest = total // 3600, total % 3600 // 60, total % 60
    parts = [f"{hours}h" if hours else "", f"{minutes}m" if minutes else "", f"{rest}s" if rest else ""]
    return "".join(parts)
