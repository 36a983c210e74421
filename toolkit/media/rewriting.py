"""Writing an image anew with files added: for discs whose file systems cannot simply be added to."""

from __future__ import annotations

import gc
import hashlib
from dataclasses import field
from enum import Enum, auto
from typing import TYPE_CHECKING, BinaryIO, TypedDict, assert_never, cast

from toolkit.errors import UnreadableError
from toolkit.media import iso
from toolkit.media.changes import apply
from toolkit.media.content import CHUNK, FileDigest, SourceStream
from toolkit.media.extents import Extent
from toolkit.media.iso9660_names import iso_file_names, iso_folder_names
from toolkit.media.names import JOLIET_NAMES, require_names, same_name
from toolkit.media.noprompt import BOOTFIX, without_prompt
from toolkit.media.refusal import MediumError
from toolkit.media.tree import Folder, Leaf
from toolkit.media.udf.branches import file_paths
from toolkit.problems import Place, Problem, Severity
from toolkit.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from pycdlib import PyCdlib

_RELAXED = 4  # the interchange level at which ISO9660 takes names as they are


class Namespace(Enum):
    """The trees of names that one disc can have. Windows reads the first that is there."""

    UDF = auto()
    JOLIET = auto()
    ISO9660 = auto()


class _Path(TypedDict, total=False):
    """A path as an argument of pycdlib's."""

    udf_path: str
    joliet_path: str
    iso_path: str


class _RockRidge(TypedDict, total=False):
    rr_name: str


@dataclass(frozen=True, slots=True)
class Rewritten:
    """The names that were replaced and added."""

    replaced: tuple[str, ...]
    added: tuple[str, ...]


def rewrite(
    source: BinaryIO,
    target: BinaryIO,
    wanted: Folder,
    *,
    moment: int,
    no_prompt: bool,
    progress: Callable[[int, int], None] | None,
) -> Rewritten:
    """Write `source` with `wanted` in it to `target`, and read the files back. The tree that Windows reads gets them.

    Raises MediumError where names are in each other's way or cannot be held, and UnreadableError where the image is of
    no kind that is known here either.
    """
    with iso.edited(source, moment) as image:
        done = _written(_edited(image, wanted, no_prompt=no_prompt), target, progress)
    del image  # a library's idea of a disc goes round in circles, and two of them need not be remembered
    gc.collect()
    with iso.edited(target, moment) as image:
        kept = _Kept(image, _namespace(image))
        kept.require(done.given, done.spelled)
        none = () if done.prompts else None
        patches = without_prompt(target, lambda path: kept.runs(path) or none) if no_prompt else ()
    apply(target, [patches], durable=False)
    return Rewritten(done.replaced, done.added)


@dataclass(frozen=True, slots=True)
class _Written:
    """What was done to an image: what went in under which path, and whether a prompt was taken away."""

    given: tuple[FileDigest, ...]
    spelled: dict[str, str]
    replaced: tuple[str, ...]
    added: tuple[str, ...]
    prompts: bool


def _edited(image: PyCdlib, wanted: Folder, *, no_prompt: bool) -> _Edit:
    """Make the changes in an open image. Raises MediumError."""
    edit = _Edit(image, _namespace(image))
    _require_joliet_names(edit.namespace, wanted)
    edit.put("", wanted)
    if no_prompt:
        edit.drop(BOOTFIX)
    if edit.problems:
        raise MediumError("the ISO", edit.problems)
    return edit


def _written(edit: _Edit, target: BinaryIO, progress: Callable[[int, int], None] | None) -> _Written:
    """Write an image that was changed."""
    try:
        edit.image.write_fp(target, blocksize=CHUNK, progress_cb=_told(progress))
        given = tuple(stream.digest() for stream in edit.streams)
    finally:
        for stream in edit.streams:
            stream.close()
    return _Written(given, edit.spelled, tuple(edit.replaced), tuple(edit.added), prompts=bool(edit.dropped))


def _require_joliet_names(namespace: Namespace, wanted: Folder) -> None:
    """Refuse names that UDF could hold and Joliet cannot."""
    if namespace is Namespace.JOLIET:
        require_names((path for node in wanted.children for path in file_paths(node)), JOLIET_NAMES)


def _namespace(image: PyCdlib) -> Namespace:
    if image.has_udf():
        return Namespace.UDF
    return Namespace.JOLIET if image.has_joliet() else Namespace.ISO9660


@dataclass(frozen=True, slots=True)
class _Names:
    """One tree of names of an open image."""

    image: PyCdlib
    namespace: Namespace

    def at(self, path: str) -> _Path:
        match self.namespace:
            case Namespace.UDF:
                return {"udf_path": path}
            case Namespace.JOLIET:
                return {"joliet_path": path}
            case Namespace.ISO9660:
                return {"iso_path": path}
            case other:
                assert_never(other)

    def children(self, path: str) -> dict[str, tuple[str, bool]]:
        """Give what lies in a folder, by the key under which Windows finds it: its name, and whether it is a folder."""
        found: dict[str, tuple[str, bool]] = {}
        for child in self.image.list_children(**self.at(path or "/")):
            if child is None or child.is_dot() or child.is_dotdot():
                continue
            name = self.image.full_path_from_dirrecord(child).rpartition("/")[2]
            found.setdefault(same_name(self.shown(name)), (name, bool(child.is_dir())))
        return found

    def shown(self, name: str) -> str:
        """Leave out what ISO9660 adds to a name and Windows does not show."""
        return name.removesuffix(";1").rstrip(".") if self.namespace is Namespace.ISO9660 else name

    def find(self, path: str) -> str | None:
        """Find a file as Windows does; None where there is none."""
        here = ""
        parts = path.split("/")
        for number, part in enumerate(parts, start=1):
            name, is_folder = self.children(here).get(same_name(part), ("", False))
            if not name or is_folder == (number == len(parts)):
                return None
            here = f"{here}/{name}"
        return here


@dataclass(frozen=True, slots=True)
class _Edit(_Names):
    """Names being added, what they replaced, which were taken away, and what is in the way."""

    streams: list[SourceStream] = field(default_factory=list)
    spelled: dict[str, str] = field(default_factory=dict)
    replaced: list[str] = field(default_factory=list)
    added: list[str] = field(default_factory=list)
    dropped: list[str] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    def put(self, path: str, wanted: Folder) -> None:
        """Add a folder's children below `path`."""
        there = self.children(path)
        for node in wanted.children:
            name, is_folder = there.get(same_name(node.name), ("", isinstance(node, Folder)))
            if is_folder != isinstance(node, Folder):
                self.problems.append(_conflict(f"{path}/{name}", is_folder=is_folder))
                continue
            match node:
                case Leaf():
                    self._put_file(path, node, name)
                case Folder():
                    self.put(f"{path}/{name or self._new_folder(path, node.name)}", node)

    def drop(self, path: str) -> None:
        """Take a file's name away, where there is one."""
        if found := self.find(path):
            self.image.rm_hard_link(**self.at(found))
            self.dropped.append(found)

    def _put_file(self, folder: str, leaf: Leaf, there: str) -> None:
        path = f"{folder}/{there or self._new_name(leaf.name, iso_file_names)}"
        if there:
            self.image.rm_hard_link(**self.at(path))
        (self.replaced if there else self.added).append(self.shown(path).lstrip("/"))
        stream = SourceStream(leaf.file)
        self.streams.append(stream)
        self.spelled[leaf.file.name] = path
        self.image.add_fp(cast("BinaryIO", stream), leaf.file.size, **self.at(path), **self._rock_ridge(leaf.name))

    def _new_folder(self, folder: str, wanted: str) -> str:
        name = self._new_name(wanted, iso_folder_names)
        self.image.add_directory(**self.at(f"{folder}/{name}"), **self._rock_ridge(wanted))
        return name

    def _new_name(self, name: str, short_names: Callable[[Iterable[str]], dict[str, str]]) -> str:
        """Give the name that this tree has for one. ISO9660 holds few letters, and a stand-in would not be found."""
        if self.namespace is not Namespace.ISO9660 or self.image.interchange_level == _RELAXED:
            return name
        short = short_names([name])[name]
        if same_name(self.shown(short)) != same_name(name):
            self.problems.append(_unspeakable(name))
        return short

    def _rock_ridge(self, name: str) -> _RockRidge:
        wanted = self.namespace is Namespace.ISO9660 and self.image.has_rock_ridge()
        return {"rr_name": name} if wanted else {}


@dataclass(frozen=True, slots=True)
class _Kept(_Names):
    """What an image holds after it was written."""

    def require(self, given: Iterable[FileDigest], spelled: dict[str, str]) -> None:
        for digest in given:
            sink = _Digest()
            self.image.get_file_from_iso_fp(cast("BinaryIO", sink), **self.at(spelled[digest.name]))
            if sink.digest(digest.name) != digest:
                raise UnreadableError(
                    f"{digest.name!a} was written, but does not read back as it was",
                    help="Nothing was kept. The disk or the memory may be failing; try another place.",
                )

    def runs(self, path: str) -> tuple[Extent, ...] | None:
        found = self.find(path)
        if found is None:
            return None
        return tuple(Extent(*run) for run in self.image.get_file_byte_extents(**self.at(found)))


class _Digest:
    """A file to write into that keeps only what its bytes add up to."""

    def __init__(self) -> None:
        self._hash = hashlib.sha256()
        self._size = 0

    def write(self, data: bytes) -> int:
        self._hash.update(data)
        self._size += len(data)
        return len(data)

    def digest(self, name: str) -> FileDigest:
        return FileDigest(name, self._size, self._hash.hexdigest())


def _conflict(path: str, *, is_folder: bool) -> Problem:
    kinds = ("a folder", "a file") if is_folder else ("a file", "a folder")
    text = f"{path.lstrip('/')!a} is {kinds[0]} in the ISO and would become {kinds[1]}"
    return Problem("file-and-folder", Severity.ERROR, text, Place(path.lstrip("/")), "Rename what goes in.")


def _unspeakable(name: str) -> Problem:
    text = f"{name!a} cannot be a name in ISO9660, and the image has neither UDF nor Joliet"
    return Problem("name-character", Severity.ERROR, text, Place(name), "Use A-Z, 0-9 and _ with one dot.")


def _told(progress: Callable[[int, int], None] | None) -> Callable[[int, int, object], None] | None:
    """Take what pycdlib passes along."""
    return None if progress is None else lambda done, total, _passed: progress(done, total)
