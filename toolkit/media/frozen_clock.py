"""Stopping the clock, and chance, for a library that stamps the time of day and dice into what it writes."""

from __future__ import annotations

import contextlib
import functools
import random
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
def frozen_clock(modules: Iterable[ModuleType], moment: int, chance: int = 0) -> Iterator[None]:
    """Let `modules` see `moment` (seconds since 1970) as now and UTC as the local time, until the block ends.

    Their dice fall as `chance` decides. Only the names `time` and `random` in these modules are replaced, never the
    process's clock, time zone or dice, and by one thread at a time: whoever else uses these modules must do so in here.
    """
    stands_for = {"time": (time, _FrozenTime(moment)), "random": (random, random.Random(chance))}  # noqa: S311
    with _LOCK:
        stopped = [
            (vars(module), name, true, frozen)
            for module in modules
            for name, (true, frozen) in stands_for.items()
            if vars(module).get(name) is true
        ]
        try:
            for names, name, _, frozen in stopped:
                names[name] = frozen
            yield
        finally:
            for names, name, true, _ in stopped:
                names[name] = true


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
