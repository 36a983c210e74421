"""Stopping the clock for a library that stamps the time of day into what it writes."""

from __future__ import annotations

import contextlib
import functools
import threading
import time
from time import gmtime as _gmtime
from time import strftime as _strftime
from time import strptime as _strptime
from time import struct_time as _struct_time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from types import ModuleType

_LOCK = threading.Lock()


@contextlib.contextmanager
def frozen_clock(modules: Iterable[ModuleType], moment: int) -> Iterator[None]:
    """Let `modules` see `moment` (seconds since 1970) as now and UTC as the local time, until the block ends.

    Only the name `time` in these modules is replaced, never the process's clock or time zone, and by one thread at a
    time: whoever else uses these modules must do so in here.
    """
    clock = _FrozenTime(moment)
    with _LOCK:
        stopped = [module for module in modules if vars(module).get("time") is time]
        try:
            for module in stopped:
                vars(module)["time"] = clock
            yield
        finally:
            for module in stopped:
                vars(module)["time"] = time


class _FrozenTime:
    """As much of the `time` module as writers of images use, which is asked thousands of times for the same."""

    struct_time = _struct_time
    strptime = staticmethod(_strptime)
    strftime = staticmethod(_strftime)

    def __init__(self, moment: int) -> None:
        now = float(moment)

        @functools.lru_cache(maxsize=4)
        def utc(seconds: float | None = None) -> _struct_time:
            return _gmtime(now if seconds is None else seconds)

        self.time = functools.cache(lambda: now)
        self.gmtime = self.localtime = utc
