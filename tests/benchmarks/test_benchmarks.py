"""The benchmarks' own judgement, tried without the long runs."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.benchmarks import rows, table
from tests.benchmarks.budgets import Alone, Compared, Counted, Unmeasured, kept
from tests.benchmarks.measuring import BenchmarkError, Cost, Program, Sample, interleaved, measured, per_megabyte
from tests.benchmarks.scenes import ROOT, python, write_files

if TYPE_CHECKING:
    from pathlib import Path

MIB = 1 << 20


def sample(*seconds: float, peak: int | None = None) -> Sample:
    return Sample(tuple(Cost(second, peak) for second in seconds))


def compared(ours: Sample, peer: Sample, budget: float = 0.7, memory: int | None = None) -> Compared:
    return Compared("unattend generate", "osinfo-install-script", ours, peer, budget, memory)


@pytest.mark.parametrize(
    ("row", "fine"),
    [
        (compared(sample(0.1, 0.9, 0.7), sample(1.0, 1.0, 9.0)), True),
        (compared(sample(0.1, 0.9, 0.71), sample(1.0, 1.0, 9.0)), False),
        (compared(sample(0.5, peak=64 * MIB), sample(1.0), memory=64 * MIB), True),
        (compared(sample(0.5, peak=64 * MIB + 1), sample(1.0), memory=64 * MIB), False),
        (compared(sample(0.5), sample(1.0), memory=64 * MIB), True),
        (Alone("one answer file", sample(100.0)), True),
        (Alone("inspect", sample(0.2, 0.1, 0.1), budget=0.1), True),
        (Alone("inspect", sample(0.2, 0.2, 0.1), budget=0.1), False),
        (Alone("inspect", sample(0.1, peak=64 * MIB + 1), budget=0.1, memory=64 * MIB), False),
        (Counted("requests", (("by Basic", 10_000),)), True),
        (Unmeasured("unattend generate", "xorriso is not installed"), True),
    ],
)
def test_a_promise_is_kept_by_the_ratio_of_the_medians_and_by_memory(row: Compared, *, fine: bool) -> None:
    assert kept(row) is fine


def test_a_row_shows_both_medians_their_ratio_and_the_verdict() -> None:
    row = compared(sample(0.2, 0.19, 0.3, peak=32 * MIB), sample(0.25, 0.25, 0.24), memory=MIB)
    assert list(table.lines(row)) == [
        "unattend generate                       200 ms    190 ms",
        "  osinfo-install-script                 250 ms    240 ms  0.80 x   0.70 x OVER",
        "  memory at its highest                         32.0 MiB            1 MiB OVER",
    ]


def test_a_row_without_a_peer_shows_its_own_promise() -> None:
    assert list(table.lines(Alone("inspect", sample(0.2, 0.19, 0.3, peak=32 * MIB), budget=0.1, memory=64 * MIB))) == [
        "inspect                                 200 ms    190 ms       -    0.1 s OVER",
        "  memory at its highest                         32.0 MiB           64 MiB ok",
    ]


def test_a_promise_of_milliseconds_is_shown_in_them() -> None:
    assert list(table.lines(Alone("warm", sample(0.001, 0.001, 0.001), budget=0.025))) == [
        "warm                                    1.0 ms    1.0 ms       -    25 ms ok",
    ]


def test_counts_stand_one_below_the_other() -> None:
    assert list(table.lines(Counted("requests", (("by Basic", 12), ("packer", 8))))) == [
        "requests",
        "  by Basic                               12",
        "  packer                                  8",
    ]


def test_seconds_for_each_megabyte_leave_out_what_is_no_upload() -> None:
    assert per_megabyte(sample(7.0), 500_000, less=6.0).median == pytest.approx(2.0)


def test_a_row_without_its_peer_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    names = ("generate", "iso", "drivers", "verify", "requests", "upload")
    shown = " ".join(line.strip() for name in names for line in table.lines(rows.ROWS[name](tmp_path)))
    packages = ("libosinfo-bin", "xorriso", "genisoimage", "packer")
    assert all(f"(apt-get install {package})" in shown for package in packages)
    assert shown.count("not measured") == 6


@given(st.lists(st.floats(0.001, 60), min_size=1), st.floats(0.001, 60), st.integers(0, 1 << 40))
def test_the_table_is_80_columns_wide(ours: list[float], peer: float, peak: int) -> None:
    longest = Compared("x" * 36, "y" * 34, sample(*ours, peak=peak), sample(peer), 100.0, 1 << 30)
    assert max(map(len, table.lines(longest))) <= 80


def test_every_note_fits_the_table() -> None:
    assert max(map(len, table.footnotes(rows.NOTES))) <= 80


def test_programs_run_in_turn_after_a_round_that_does_not_count(tmp_path: Path) -> None:
    log = tmp_path / "log"
    programs = [
        Program(name, python("-c", f"open({str(log)!r}, 'a').write({name!r})"), tmp_path) for name in ("a", "b")
    ]
    samples = interleaved(programs, 2)
    assert log.read_text(encoding="utf-8") == "ababab"
    assert [len(each.costs) for each in samples] == [2, 2]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows does not tell a process's memory this way")
def test_a_cost_is_the_time_and_the_memory_of_that_process(tmp_path: Path) -> None:
    """Measured from a small process, as the benchmarks do: a child's peak begins with that of whoever starts it."""
    held = 100 * MIB
    code = f"""
from pathlib import Path
from tests.benchmarks.measuring import Program, measured
from tests.benchmarks.scenes import python
for code in ("import time; x = b'x' * {held}; time.sleep(0.2)", "pass"):
    cost = measured(Program("child", python("-c", code), Path({str(tmp_path)!r})))
    print(cost.seconds, cost.peak)
"""
    ran = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    (seconds, peak), (_, idle) = (line.split() for line in ran.stdout.splitlines())
    assert float(seconds) >= 0.2
    assert held < int(peak) < 2 * held
    assert int(idle) < held


def test_a_program_that_fails_is_not_measured(tmp_path: Path) -> None:
    program = Program("broken", python("-c", "import sys; sys.exit('no such profile')"), tmp_path)
    with pytest.raises(BenchmarkError, match="broken ended with 1: no such profile"):
        measured(program)


def test_a_program_that_makes_nothing_is_not_measured(tmp_path: Path) -> None:
    old = tmp_path / "image.iso"
    old.write_bytes(b"of an earlier run")
    with pytest.raises(BenchmarkError, match=r"ended well, but there is no .*image\.iso"):
        measured(Program("idle", python("-c", "pass"), tmp_path, makes=old))


def test_the_files_to_pack_are_as_many_and_as_large_as_said(tmp_path: Path) -> None:
    made = [path for path in write_files(tmp_path, folders=30, files_each=3, size=10).rglob("*") if path.is_file()]
    assert (len(made), {path.stat().st_size for path in made}) == (90, {10})
    assert len({path.read_bytes() for path in made}) == 3


def test_a_row_that_is_unknown_is_refused_with_those_that_are_there() -> None:
    ran = subprocess.run(
        python("-m", "tests.benchmarks", "speed"),
        cwd=ROOT,
        env={**os.environ},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 2
    assert "there is no row speed; there are help, generate," in ran.stderr
