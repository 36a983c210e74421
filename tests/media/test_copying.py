from __future__ import annotations

import errno
import os
import sys
from typing import TYPE_CHECKING

import pytest

from toolkit.media.copying import copy_image

if TYPE_CHECKING:
    from pathlib import Path

MIB = 1 << 20


def sparse(path: Path, size: int, written: dict[int, bytes]) -> Path:
    with path.open("wb") as stream:
        for at, data in written.items():
            stream.seek(at)
            stream.write(data)
        stream.truncate(size)
    return path


def copied(source: Path, target: Path) -> list[int]:
    told: list[int] = []
    with source.open("rb") as original, target.open("w+b") as copy:
        copy_image(original, copy, told.append)
        assert copy.tell() == 0
    return told


LAYOUTS = {
    "empty": (0, {}),
    "small": (5, {0: b"hello"}),
    "data only": (3 * MIB, {0: bytes(range(256)) * (3 * MIB // 256)}),
    "a hole only": (5 * MIB, {}),
    "holes around data": (9 * MIB + 7, {MIB: b"a" * 5000, 5 * MIB: b"b" * MIB}),
    "data at the end": (4 * MIB, {4 * MIB - 3: b"end"}),
}


@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=LAYOUTS.keys())
def test_a_copy_has_every_byte(layout: tuple[int, dict[int, bytes]], tmp_path: Path) -> None:
    source = sparse(tmp_path / "source", *layout)
    told = copied(source, tmp_path / "target")
    assert (tmp_path / "target").read_bytes() == source.read_bytes()
    assert sum(told) == layout[0]


@pytest.mark.skipif(sys.platform != "linux", reason="other hosts' files need not have holes")
def test_holes_stay_holes(tmp_path: Path) -> None:
    source = sparse(tmp_path / "source", 500 * MIB, {100 * MIB: b"x" * MIB})
    if source.stat().st_blocks * 512 > 10 * MIB:
        pytest.skip("this file system keeps no holes")
    copied(source, tmp_path / "target")
    assert (tmp_path / "target").stat().st_size == 500 * MIB
    assert (tmp_path / "target").stat().st_blocks * 512 < 10 * MIB


@pytest.mark.skipif(sys.platform != "linux", reason="there is no such call")
@pytest.mark.parametrize("after", [0, 1])
@pytest.mark.parametrize("number", [errno.EXDEV, errno.ENOSYS, errno.EOPNOTSUPP])
def test_what_the_kernel_will_not_copy_is_copied_by_hand(
    number: int, after: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Sandboxes and some network file systems refuse, at once or in the middle."""
    calls = 0
    real = os.copy_file_range

    def refusing(source: int, target: int, count: int, offset_src: int, offset_dst: int) -> int:
        nonlocal calls
        calls += 1
        if calls > after:
            raise OSError(number, os.strerror(number))
        return real(source, target, min(count, MIB), offset_src, offset_dst)

    monkeypatch.setattr(os, "copy_file_range", refusing)
    source = sparse(tmp_path / "source", *LAYOUTS["data only"])
    told = copied(source, tmp_path / "target")
    assert calls == after + 1
    assert (tmp_path / "target").read_bytes() == source.read_bytes()
    assert sum(told) == 3 * MIB


@pytest.mark.skipif(sys.platform != "linux", reason="there is no such call")
def test_a_full_disk_is_not_mistaken_for_a_kernel_that_cannot(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_arguments: int) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "copy_file_range", full)
    with pytest.raises(OSError, match="No space left"):
        copied(sparse(tmp_path / "source", *LAYOUTS["small"]), tmp_path / "target")
