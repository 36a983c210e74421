from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from toolkit.errors import ExitCode, UnreadableError
from toolkit.media import exclusive
from toolkit.media.exclusive import held

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="these are the locks and devices of Unix")


def reason(path: Path) -> str:
    with pytest.raises(UnreadableError) as caught, held(path):
        pass
    assert caught.value.code is ExitCode.UNREADABLE
    return caught.value.message


def test_a_file_that_nobody_holds_is_given_for_reading_and_writing(tmp_path: Path) -> None:
    path = tmp_path / "x.iso"
    path.write_bytes(b"old")
    with held(path) as image:
        assert image.read() == b"old"
        image.write(b"new")
    assert path.read_bytes() == b"oldnew"


def test_while_it_is_held_nobody_else_gets_it(tmp_path: Path) -> None:
    path = tmp_path / "x.iso"
    path.write_bytes(b"old")
    code = (
        "import sys\n"
        "from pathlib import Path\n"
        "from toolkit.media.exclusive import held\n"
        "with held(Path(sys.argv[1])):\n"
        "    pass\n"
    )
    command = [sys.executable, "-c", code, str(path)]
    root = Path(__file__).parents[2]
    with held(path):
        refused = subprocess.run(command, capture_output=True, check=False, cwd=root)
    assert b"open in another program" in refused.stderr
    assert subprocess.run(command, check=False, cwd=root).returncode == 0


def test_what_is_no_plain_file_says_so(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert "it is a folder" in reason(tmp_path)
    assert "a device or a pipe" in reason(tmp_path / "pipe")
    assert "No such file" in reason(tmp_path / "none")


def test_a_read_only_file_is_refused_even_to_root(tmp_path: Path) -> None:
    path = tmp_path / "x.iso"
    path.write_bytes(b"")
    path.chmod(0o400)
    assert "it is read-only" in reason(path)


def test_a_drive_is_no_file() -> None:
    devices = [path for path in Path("/dev").iterdir() if path.is_block_device()]
    if not devices:
        pytest.skip("there are no drives here")
    assert "a disk or a drive" in reason(devices[0])


def test_a_file_behind_a_loop_device_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Linux tells what is behind each loop device in /sys/block; making one takes root, so this lays the folder out."""
    path = tmp_path / "x.iso"
    path.write_bytes(b"")
    backing = tmp_path / "block" / "loop7" / "loop" / "backing_file"
    backing.parent.mkdir(parents=True)
    monkeypatch.setattr(exclusive, "_LOOP_DEVICES", tmp_path / "block")
    backing.write_text(f"{tmp_path}/other.iso (deleted)\n")
    with held(path):
        pass
    backing.write_text(f"{path}\n")
    assert "loop device" in reason(path)
