from __future__ import annotations

import random
import threading
import time
from types import ModuleType

import pytest

from toolkit.media.frozen_clock import frozen_clock


def module_with_a_clock() -> ModuleType:
    module = ModuleType("stamping")
    vars(module)["time"] = time
    return module


def test_the_clock_stands_still_in_utc() -> None:
    module = module_with_a_clock()
    with frozen_clock([module], 1_700_000_000):
        assert vars(module)["time"].time() == 1_700_000_000.0
        assert vars(module)["time"].localtime() == time.gmtime(1_700_000_000)
        assert vars(module)["time"].localtime(5.9) == time.gmtime(5)
    assert vars(module)["time"] is time


def test_the_clock_runs_on_after_an_error() -> None:
    module = module_with_a_clock()
    with pytest.raises(KeyError), frozen_clock([module], 1):
        raise KeyError
    assert vars(module)["time"] is time


def test_modules_without_a_clock_are_left_alone() -> None:
    bare = ModuleType("bare")
    with frozen_clock([bare], 0):
        assert "time" not in vars(bare)


def test_dice_fall_as_they_are_told_and_only_in_these_modules() -> None:
    module = ModuleType("rolling")
    vars(module)["random"] = random

    def rolled(chance: int) -> int:
        with frozen_clock([module], 1, chance):
            return int(vars(module)["random"].getrandbits(32))

    before = random.getstate()
    assert rolled(7) == rolled(7) != rolled(8)
    assert random.getstate() == before
    assert vars(module)["random"] is random


def test_only_one_thread_at_a_time_stops_the_clock() -> None:
    module = module_with_a_clock()
    seen: list[float] = []

    def stop_it_too() -> None:
        with frozen_clock([module], 2):
            seen.append(vars(module)["time"].time())

    other = threading.Thread(target=stop_it_too)
    with frozen_clock([module], 1):
        other.start()
        other.join(0.05)
        assert seen == []
        assert vars(module)["time"].time() == 1.0
    other.join(5)
    assert seen == [2.0]
    assert vars(module)["time"] is time


def test_one_moment_is_worked_out_once() -> None:
    module = module_with_a_clock()
    with frozen_clock([module], 1_700_000_000):
        clock = vars(module)["time"]
        assert clock.localtime(clock.time()) is clock.gmtime(1_700_000_000.0)
        assert clock.gmtime() is clock.gmtime()
        assert clock.gmtime() == clock.gmtime(clock.time())
    with frozen_clock([module], 5):
        assert vars(module)["time"].gmtime() == time.gmtime(5)
