"""However much travels, no command holds more than 64 MiB."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.benchmarks.scenes import ROOT
from toolkit.media.content import MediaFile
from toolkit.media.pack import Medium, pack

if TYPE_CHECKING:
    from pathlib import Path

MOST = 64 << 20
FILES = 4_000

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="other hosts count memory in other ways")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Fill a folder with as many files as a large set of drivers has, all with names that only UDF holds."""
    made = tmp_path_factory.mktemp("drivers")
    for number in range(FILES):
        below = made / "long" / f"vendor{number // 500}" / f"driver{number // 8}"
        below.mkdir(parents=True, exist_ok=True)
        (below / f"{'a long name ' * 6}{number}.sys").write_bytes(b"%d" % number * 50)
    (made / "answer").mkdir()
    (made / "answer" / "Autounattend.xml").write_bytes(b"<x/>")
    (made / "answer" / "16 MiB and more.wim").write_bytes(bytes(17 << 20))
    return made


@pytest.fixture(scope="module")
def odd_iso(folder: Path) -> Path:
    """Make a disc that cannot be patched, with as many files."""
    files = [MediaFile(f"d{number // 100}/{number}.sys", b"%d" % number) for number in range(FILES)]
    return pack(files, folder / "odd.iso", Medium.ISO, digests=False).path


def peak_of(folder: Path, *arguments: str | Path) -> int:
    """Run the command from a small process: a child's peak begins with that of whoever starts it."""
    code = (
        "import sys; from pathlib import Path;"
        "from tests.benchmarks.measuring import Program, measured;"
        "from tests.benchmarks.scenes import environment, unattend;"
        "program = Program('unattend', unattend(*sys.argv[2:]), Path(sys.argv[1]), environment=environment());"
        "print(measured(program).peak)"
    )
    command = [sys.executable, "-c", code, str(folder), *map(str, arguments)]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    return int(ran.stdout)


def test_an_iso_with_udf_for_thousands_of_long_names(folder: Path) -> None:
    assert peak_of(folder, "pack-iso", "long", "-o", "long.iso", "--json") < MOST
    assert peak_of(folder, "inspect", "long.iso", "--json") < MOST


def test_a_disk_image_of_thousands_of_files(folder: Path) -> None:
    assert peak_of(folder, "pack-iso", "long", "--format", "vhd", "-o", "x.vhd", "--json") < MOST


def test_a_disc_that_has_to_be_written_anew(folder: Path, odd_iso: Path) -> None:
    assert peak_of(folder, "pack-iso", "answer", "--inject", odd_iso, "-o", "new.iso") < MOST
