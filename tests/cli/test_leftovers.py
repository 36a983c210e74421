"""What an earlier `generate` left in the output folder."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from toolkit.cli.leftovers import remove
from toolkit.files import NamedFile

if TYPE_CHECKING:
    from pathlib import Path


def test_a_file_stays_whose_earlier_name_is_another_spelling_of_it(tmp_path: Path) -> None:
    """A hard link stands in for a file system that does not tell capitals from small letters."""
    (tmp_path / "a.cmd").write_bytes(b"x")
    (tmp_path / "shout.cmd").hardlink_to(tmp_path / "a.cmd")
    (tmp_path / "b.cmd").write_bytes(b"x")
    earlier = dict.fromkeys(("shout.cmd", "b.cmd"), hashlib.sha256(b"x").hexdigest())
    assert remove(tmp_path, earlier, [NamedFile("a.cmd", b"x")]) == [tmp_path / "b.cmd"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.cmd", "shout.cmd"]
