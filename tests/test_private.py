from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from toolkit.errors import UnreadableError
from toolkit.private import keep, kept

if TYPE_CHECKING:
    from pathlib import Path


def test_before_anything_is_kept_there_is_nothing(tmp_path: Path) -> None:
    assert kept(tmp_path, "a.json") == {}
    assert kept(tmp_path / "gone", "a.json") == {}


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)
@given(st.dictionaries(st.text(), st.text(), max_size=4))
def test_what_is_kept_is_there_again(tmp_path: Path, texts: dict[str, str]) -> None:
    keep(tmp_path, "a.json", texts)
    assert kept(tmp_path, "a.json") == texts


def test_one_store_does_not_touch_another(tmp_path: Path) -> None:
    keep(tmp_path, "a.json", {"x": "1"})
    keep(tmp_path, "b.json", {"x": "2"})
    assert (kept(tmp_path, "a.json"), kept(tmp_path, "b.json")) == ({"x": "1"}, {"x": "2"})


@pytest.mark.skipif(os.name == "nt", reason="Windows has no mode bits")
def test_only_the_owner_may_look(tmp_path: Path) -> None:
    (tmp_path / "private").mkdir(mode=0o777)
    keep(tmp_path, "a.json", {"x": "1"})
    assert stat.S_IMODE((tmp_path / "private").stat().st_mode) == 0o700
    assert stat.S_IMODE((tmp_path / "private" / "a.json").stat().st_mode) == 0o600


@pytest.mark.parametrize(
    "content", [b"", b"[", b"[]", b'{"a": 1}', b'{"a": null}', b"\xff", b'"text"', b'{"a": ["b"]}']
)
def test_a_damaged_store_is_named_with_what_to_do(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "private").mkdir()
    (tmp_path / "private" / "a.json").write_bytes(content)
    with pytest.raises(UnreadableError, match=r"a\.json is damaged") as refusal:
        kept(tmp_path, "a.json")
    assert "Delete it" in str(refusal.value.help)


def test_a_damaged_store_is_not_quoted(tmp_path: Path) -> None:
    (tmp_path / "private").mkdir()
    (tmp_path / "private" / "a.json").write_text('{"password": "hunter2", ')
    with pytest.raises(UnreadableError) as refusal:
        kept(tmp_path, "a.json")
    assert "hunter2" not in refusal.value.message + str(refusal.value.help)


@pytest.mark.parametrize("what", ["folder", "store"])
def test_something_in_the_way_is_named(tmp_path: Path, what: str) -> None:
    if what == "folder":
        (tmp_path / "private").write_text("in the way")
    else:
        (tmp_path / "private" / "a.json").mkdir(parents=True)
    with pytest.raises(UnreadableError, match=r"private"):
        kept(tmp_path, "a.json")
    with pytest.raises(UnreadableError, match=r"private"):
        keep(tmp_path, "a.json", {})
