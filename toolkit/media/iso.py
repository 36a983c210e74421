"""ISO images by pycdlib, used only here: our own, with ISO9660 level 3 and Joliet, and those of others, edited."""

from __future__ import annotations

import contextlib
import gc
import struct
import sys
from typing import TYPE_CHECKING, BinaryIO, assert_never, cast

from toolkit.errors import UnreadableError
from toolkit.media.extents import Extent, StoredFile, read_all
from toolkit.media.frozen_clock import frozen_clock
from toolkit.media.hashing import BlockHash
from toolkit.media.joliet import stored_files
from toolkit.media.labels import iso_label_problems
from toolkit.media.mastering import Source, Target
from toolkit.media.names import ISO_NAMES, name_problems
from toolkit.media.placement import placed
from toolkit.media.recorder import Recorder
from toolkit.media.refusal import MediumError
from toolkit.media.tree import Folder, Leaf, tree

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path
    from types import ModuleType

    from pycdlib import PyCdlib
    from pycdlib.dr import DirectoryRecord

    from toolkit.files import NamedFile
    from toolkit.media.content import Advance, MeasuredFile
    from toolkit.media.mastering import Sink
    from toolkit.media.placement import Placed
    from toolkit.media.recorder import Recorded

EPOCH = 946_684_800  # 2000-01-01
LARGEST_IN_MEMORY = 256 << 20

_APPLICATION = "UNATTEND"
# pycdlib cuts longer files into several records (level 3), in whole sectors, so that nothing is between the parts.
_LARGEST_EXTENT = 0xFFFF_F800
_LATEST = 5_869_583_999  # 2155-12-31: ECMA-119 9.1.5 counts years from 1900 in one byte


def write_iso(
    files: Sequence[MeasuredFile],
    target: BinaryIO,
    *,
    label: str = "",
    timestamp: int = EPOCH,
    advance: Advance | None = None,
    digests: bool = True,
) -> Recorded:
    """Write an image, and tell what was read into it. Raises MediumError with everything that is in the way.

    Names are kept exactly in Joliet, which is what Windows reads; ISO9660 gets upper-case stand-ins.
    """
    if problems := (*iso_label_problems(label), *name_problems((file.name for file in files), ISO_NAMES)):
        raise MediumError(ISO_NAMES.medium, problems)
    with BlockHash() as hashed:
        recorder = Recorder(target, hashed, advance, digests=digests)
        places = master(files, recorder, label, timestamp)
        for file in files:
            if not file.size:
                recorder.copy(file)  # pycdlib does not ask for these
        return recorder.finish(places)


def read_iso(path: Path, *, limit: int = LARGEST_IN_MEMORY) -> tuple[NamedFile, ...]:
    """Read every file of an ISO with Joliet names into memory, sorted by name, `limit` bytes at most.

    Raises UnreadableError where the image is damaged, has no Joliet names or holds more.
    """
    try:
        with path.open("rb") as image:
            return read_all(image, stored_files(image), limit=limit)
    except OSError as err:
        raise UnreadableError(f"{path} cannot be read: {err.strerror or err}", help="Check the path.") from err


def master(files: Sequence[MeasuredFile], sink: Sink, label: str, timestamp: int) -> tuple[StoredFile, ...]:
    """Have an image of checked names made, and tell where the files went. Empty ones are named but not read."""
    modules = _modules()
    target = Target(sink)
    image = _new_image()
    with frozen_clock(modules, min(max(timestamp, 0), _LATEST)), _translated(), _garbage_kept():
        image.new(interchange_level=3, joliet=3, vol_ident=label, app_ident_str=_APPLICATION)
        try:
            for one in placed(tree(files)):
                _add(image, one, target)
            image.write_fp(cast("BinaryIO", target), blocksize=sys.maxsize)
        finally:
            image.close()
    target.finish()
    return tuple(_stored(file, target.starts.get(file.name, 0)) for file in files)


def _add(image: PyCdlib, one: Placed, target: Target) -> None:
    match one.node:
        case Folder():
            image.add_directory(joliet_path=one.joliet, iso_path=one.iso)
        case Leaf(_, file):
            source = cast("BinaryIO", Source(file, target))
            image.add_fp(source, file.size, joliet_path=one.joliet, iso_path=one.iso)
        case _:
            assert_never(one.node)


def _stored(file: MeasuredFile, start: int) -> StoredFile:
    """Tell where a file's directory records must point."""
    size = file.size
    extents = (Extent(start + done, min(size - done, _LARGEST_EXTENT)) for done in range(0, size, _LARGEST_EXTENT))
    return StoredFile(file.name, tuple(extents))


def _modules() -> list[ModuleType]:
    import pycdlib  # noqa: PLC0415  (31 ms that reading an ISO or making a floppy need not pay)

    return [module for name, module in sys.modules.items() if name.partition(".")[0] == pycdlib.__name__]


def _new_image() -> PyCdlib:
    from pycdlib import PyCdlib  # noqa: PLC0415

    class Image(PyCdlib):
        """Counts Joliet names in UTF-16 units, as the specification does; pycdlib counts bytes of UTF-8."""

        def _joliet_name_and_parent_from_path(self, joliet_path: bytes) -> tuple[bytes, DirectoryRecord]:
            folder, _, name = joliet_path.rpartition(b"/")
            return name.decode("utf-8").encode("utf-16-be"), self._find_joliet_record(folder or b"/")

    return Image()


@contextlib.contextmanager
def _garbage_kept() -> Iterator[None]:
    """Do not look for garbage: ten thousand records are none until the image is written, and looking costs as much."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()


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
