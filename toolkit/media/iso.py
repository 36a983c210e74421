"""ISO images by pycdlib, used only here: our own (ISO9660, Joliet, UDF at need), and those of others, edited."""

from __future__ import annotations

import contextlib
import gc
import struct
import sys
import zlib
from typing import TYPE_CHECKING, BinaryIO, assert_never, cast

from toolkit.errors import UnreadableError
from toolkit.media.extents import Extent, StoredFile
from toolkit.media.frozen_clock import frozen_clock
from toolkit.media.garbage import garbage_kept
from toolkit.media.joliet import stored_files
from toolkit.media.labels import iso_label_problems
from toolkit.media.making import USUAL, Making
from toolkit.media.mastering import Source, Target
from toolkit.media.names import JOLIET_NAMES, name_problems
from toolkit.media.placement import placed
from toolkit.media.refusal import MediumError
from toolkit.media.signature import has_udf
from toolkit.media.tree import Folder, Leaf, tree
from toolkit.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from types import ModuleType

    from pycdlib import PyCdlib
    from pycdlib.dr import DirectoryRecord
    from pycdlib.inode import Inode
    from pycdlib.udf import UDFFileEntry

    from toolkit.media.content import MeasuredFile
    from toolkit.media.mastering import Sink
    from toolkit.media.placement import Placed
    from toolkit.media.recorder import Recorded
    from toolkit.problems import Problem

EPOCH = 946_684_800  # 2000-01-01
LARGEST_IN_MEMORY = 256 << 20

_FILE_SYSTEMS = ("ISO9660", "Joliet")
_UDF = "2.60"  # the only value that pycdlib takes, though what it writes is UDF 1.02, as on Microsoft's own discs
_APPLICATION = "UNATTEND"
# pycdlib cuts longer files into several records (level 3), in whole sectors, so that nothing is between the parts.
_LARGEST_EXTENT = 0xFFFF_F800
_LONGEST_IN_UDF = 254  # bytes; UDF itself allows one more (UDF 1.02, 2.3.4.3)
_LATEST = 5_869_583_999  # 2155-12-31: ECMA-119 9.1.5 counts years from 1900 in one byte


@dataclass(frozen=True, slots=True)
class Disc:
    """What an image is to be, beside its files. A `bridge` has UDF as well; `moment` is in seconds since 1970."""

    label: str
    moment: int
    bridge: bool = False


def write_iso(files: Sequence[MeasuredFile], target: BinaryIO, making: Making = USUAL) -> Recorded:
    """Write an image, and tell what was read into it. Raises MediumError with everything that is in the way.

    Names are kept exactly in Joliet, which is what Windows reads, or, where one of them is too long for that, in UDF;
    ISO9660, and then Joliet as well, get stand-ins. Windows takes Joliet only where there is no UDF
    (isobuster.com/help/350), and its own setup discs rely on that: all that they hold outside UDF is a README.TXT.
    """
    disc = planned(files, making)
    with making.recorder(target) as recorder:
        places, stand_ins = master(files, recorder, disc)
        if disc.bridge:
            gc.collect()  # what pycdlib remembers of three trees goes round in circles
        for file in files:
            if not file.size:
                recorder.copy(file)  # pycdlib does not ask for these
        systems = (*_FILE_SYSTEMS, "UDF") if disc.bridge else _FILE_SYSTEMS
        return recorder.finish(places, systems, stand_ins)


def planned(files: Sequence[MeasuredFile], making: Making) -> Disc:
    """Decide what the image is to be. Raises MediumError with everything that is in the way."""
    names = [file.name for file in files]
    bridge = bool(name_problems(names, JOLIET_NAMES))
    problems = (*iso_label_problems(making.label), *(_bridge_problems(names) if bridge else ()))
    if problems:
        raise MediumError(JOLIET_NAMES.medium, problems)
    return Disc(making.label, making.moment(EPOCH), bridge=bridge)


def _bridge_problems(names: Sequence[str]) -> tuple[Problem, ...]:
    from toolkit.media.udf.names import pairs_alike, udf_name_problems  # noqa: PLC0415  (seldom needed)

    return udf_name_problems(names, _LONGEST_IN_UDF) or tuple(pairs_alike(names))


def files_on(image: BinaryIO) -> tuple[StoredFile, ...]:
    """Find every file by the names that Windows prefers: UDF's where the disc has them, else Joliet's.

    Raises UnreadableError where the image is damaged, or has neither.
    """
    if not has_udf(image):
        return stored_files(image)
    from toolkit.media.udf.volume import open_volume  # noqa: PLC0415

    return open_volume(image).stored_files()


def master(files: Sequence[MeasuredFile], sink: Sink, disc: Disc) -> tuple[tuple[StoredFile, ...], dict[str, str]]:
    """Have an image of checked names made. Tell where the files went, and what Joliet calls those it cannot name.

    Empty ones are named but not read.
    """
    modules = _modules()
    target = Target(sink)
    image = _new_image()
    chance = zlib.crc32("\0".join(sorted(f"{file.name}\0{file.size}" for file in files)).encode())
    stand_ins: dict[str, str] = {}
    with frozen_clock(modules, min(max(disc.moment, 0), _LATEST), chance), _translated(), garbage_kept():
        udf = _UDF if disc.bridge else None
        image.new(interchange_level=3, joliet=3, vol_ident=disc.label, app_ident_str=_APPLICATION, udf=udf)
        try:
            alike = _Alike()
            for one in placed(tree(files)):
                _add(image, one, target, bridge=disc.bridge)
                if disc.bridge and isinstance(one.node, Leaf):
                    alike.share(image.inodes[-1])
                if one.joliet != one.path and isinstance(one.node, Leaf):
                    stand_ins[one.path[1:]] = one.joliet[1:]
            image.write_fp(cast("BinaryIO", target), blocksize=sys.maxsize)
        finally:
            image.close()
    target.finish()
    largest = sys.maxsize if disc.bridge else _LARGEST_EXTENT
    return tuple(_stored(file, target.starts.get(file.name, 0), largest) for file in files), stand_ins


def _add(image: PyCdlib, one: Placed, target: Target, *, bridge: bool) -> None:
    udf = one.path if bridge else None
    match one.node:
        case Folder():
            image.add_directory(joliet_path=one.joliet, iso_path=one.iso, udf_path=udf)
        case Leaf(_, file):
            source = cast("BinaryIO", Source(file, target))
            image.add_fp(source, file.size, joliet_path=one.joliet, iso_path=one.iso, udf_path=udf)
        case _:
            assert_never(one.node)


class _Alike:
    """What all files' records have alike, once instead of for each: the time, the maker, the children they never get.

    That is a third of what pycdlib remembers of a file.
    """

    _OF_DIRECTORY = ("date", "children", "rr_children", "_subdir_children")
    _OF_ENTRY = ("access_time", "mod_time", "attr_time", "impl_ident", "extended_attr_icb", "icb_tag", "fi_descs")

    def __init__(self) -> None:
        self._shared: dict[str, object] = {}

    def share(self, inode: Inode) -> None:
        for record, _ in inode.linked_records:
            for name in self._OF_DIRECTORY if hasattr(record, "date") else self._OF_ENTRY:
                setattr(record, name, self._shared.setdefault(name, getattr(record, name)))


def _stored(file: MeasuredFile, start: int, largest: int) -> StoredFile:
    """Tell where a file's directory records must point."""
    size = file.size
    if size <= largest:
        return StoredFile(file.name, (Extent(start, size),) if size else ())
    extents = (Extent(start + done, min(size - done, largest)) for done in range(0, size, largest))
    return StoredFile(file.name, tuple(extents))


def _modules() -> list[ModuleType]:
    import pycdlib  # noqa: PLC0415  (31 ms that reading an ISO or making a floppy need not pay)

    return [module for name, module in sys.modules.items() if name.partition(".")[0] == pycdlib.__name__]


def _new_image() -> PyCdlib:
    from pycdlib import PyCdlib  # noqa: PLC0415

    class Image(PyCdlib):
        """Counts Joliet names in UTF-16 units, as the specification does; pycdlib counts bytes of UTF-8.

        And has each folder's way up lead to the folder above (ECMA-167 4/8.6); pycdlib's all lead to the root.
        """

        def _joliet_name_and_parent_from_path(self, joliet_path: bytes) -> tuple[bytes, DirectoryRecord]:
            folder, _, name = joliet_path.rpartition(b"/")
            return name.decode("utf-8").encode("utf-16-be"), self._find_joliet_record(folder or b"/")

        def _reshuffle_extents(self) -> None:
            super()._reshuffle_extents()
            if self.udf_root is not None:
                start = self.udf_main_descs.partitions[0].part_start_location
                _point_up(self.udf_root, start)

    return Image()


def _point_up(root: UDFFileEntry, start: int) -> None:
    """Set the ways up from all folders. `start` is the partition's first block."""
    folders = [(root, root)]
    for folder, parent in folders:
        above = parent.extent_location()
        for name in folder.fi_descs.values():
            if name.is_parent():
                name.set_icb(above, above - start)
            elif name.is_dir() and name.file_entry is not None:
                folders.append((name.file_entry, folder))


@contextlib.contextmanager
def _translated() -> Iterator[None]:
    from pycdlib.pycdlibexception import PyCdlibException  # noqa: PLC0415

    try:
        yield
    except PyCdlibException as err:
        raise UnreadableError(
            f"the ISO cannot be written: {err}", help="This is a layout that pycdlib does not know; please report it."
        ) from err


@contextlib.contextmanager
def edited(source: BinaryIO, moment: int) -> Iterator[PyCdlib]:
    """Open an image of any kind that pycdlib knows, to be changed and written anew while the clock stands at `moment`.

    What pycdlib raises meanwhile becomes UnreadableError.
    """
    modules = _modules()
    image = _new_image()
    try:
        with frozen_clock(modules, min(max(moment, 0), _LATEST)), _translated():
            image.open_fp(source)
            try:
                yield image
            finally:
                image.close()
    except (struct.error, LookupError, ValueError) as err:  # where pycdlib believes what a damaged image says
        raise UnreadableError(f"the ISO is damaged: {err}", help="Fetch or make it again.") from err
