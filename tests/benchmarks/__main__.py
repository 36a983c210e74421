"""`python -m tests.benchmarks [ROW ...]`: measures what is promised, and ends with 1 where a promise is broken."""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from tests.benchmarks import table
from tests.benchmarks.budgets import kept
from tests.benchmarks.measuring import BenchmarkError
from tests.benchmarks.rows import NOTES, ROWS

if TYPE_CHECKING:
    from collections.abc import Sequence


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("rows", nargs="*", metavar="ROW", help=f"of {', '.join(ROWS)}; all by default")
    names = parser.parse_args(arguments).rows or list(ROWS)
    if unknown := [name for name in names if name not in ROWS]:
        parser.error(f"there is no row {unknown[0]}; there are {', '.join(ROWS)}")
    print(table.heading(), flush=True)
    fine = True
    for name in names:
        with tempfile.TemporaryDirectory(prefix="unattend-benchmark-") as folder:
            row = ROWS[name](Path(folder))
        print(*table.lines(row), sep="\n", flush=True)
        fine = fine and kept(row)
    print("", *table.footnotes(NOTES), sep="\n")
    return 0 if fine else 1


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except BenchmarkError as err:
        sys.exit(f"the benchmark cannot go on: {err}")
