"""Timestamps (ECMA-167 1/7.3)."""

from __future__ import annotations

import struct
import time

_LOCAL = 1 << 12  # the type of a time with a zone, and an offset from UTC of no minutes
_LATEST = 253_402_300_799  # 9999-12-31


def timestamp(moment: int) -> bytes:
    """Write a time, given in seconds since 1970."""
    at = time.gmtime(min(max(moment, 0), _LATEST))
    return struct.pack("<HHBBBBB3x", _LOCAL, at.tm_year, at.tm_mon, at.tm_mday, at.tm_hour, at.tm_min, at.tm_sec)
