from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import HealthCheck, given, settings

from tests.media.trees import ISO_TREES
from toolkit.files import NamedFile
from toolkit.media.content import MediaFile
from toolkit.media.placement import LEVELS, Placed, placed
from toolkit.media.tree import Folder, Leaf, tree

if TYPE_CHECKING:
    from collections.abc import Iterable


def of(files: Iterable[NamedFile]) -> list[Placed]:
    return list(placed(tree(MediaFile.of(file).measure() for file in files)))


def named(*names: str) -> list[Placed]:
    return of(NamedFile(name, b"x") for name in names)


def in_utf16(path: str) -> list[bytes]:
    return [part.encode("utf-16-be") for part in path.split("/")]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(ISO_TREES)
def test_every_file_has_its_name_once_and_comes_after_its_folder(files: tuple[NamedFile, ...]) -> None:
    found = of(files)
    assert sorted(one.joliet for one in found if isinstance(one.node, Leaf)) == sorted(
        f"/{file.name}" for file in files
    )
    for tree_of in ([one.joliet for one in found], [one.iso for one in found if one.iso is not None]):
        known = {""}
        for path in tree_of:
            assert path.rpartition("/")[0] in known
            assert path not in known
            known.add(path)


def test_names_come_level_by_level_and_by_their_iso9660_names() -> None:
    found = named("b/x", "C/x", "C/d/x", "a.txt", "Z.txt")
    assert [one.iso for one in found] == [
        "/A.TXT;1",
        "/B",
        "/C",
        "/Z.TXT;1",
        "/B/X.;1",
        "/C/D",
        "/C/X.;1",
        "/C/D/X.;1",
    ]


def test_what_is_too_deep_for_iso9660_has_a_joliet_name_only() -> None:
    found = named(*("/".join("abcdefghijkl"[:depth]) + "/x" for depth in range(1, 12)))
    for one in found:
        depth = one.joliet.count("/")
        assert (one.iso is None) == (depth > LEVELS or (depth == LEVELS and isinstance(one.node, Folder)))


def test_what_has_only_a_joliet_name_comes_by_that_from_its_first_folder_on() -> None:
    """B comes before a in Joliet and after it in ISO9660."""
    found = named("a/2/3/4/5/6/7/x", "B/2/3/4/5/6/7/x", "B/2/3/4/5/6/7/Y", "a/2/3/4/5/6/7/8/x", "B/2/3/4/5/6/7/8/x")
    deep = [one.joliet for one in found if one.iso is None and isinstance(one.node, Leaf)]
    assert deep == sorted(deep, key=lambda path: (path.count("/"), in_utf16(path)))
    assert deep[0].startswith("/B/")
    assert [one.iso for one in found][:2] == ["/A", "/B"]
