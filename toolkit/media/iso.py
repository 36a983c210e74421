"""ISO images for answer files and drivers: ISO9660 level 3 with Joliet, by pycdlib, of which this is the only user."""

from __future__ import annotations

import contextlib
import sys
from typing import TYPE_CHECKING, BinaryIO, cast

from toolkit.errors import UnreadableError
from toolkit.media.content import CHUNK, Advance, FileDigest, MeasuredFile, SourceStream
from toolkit.media.extents import read_all
from toolkit.media.frozen_clock import frozen_clock
from toolkit.media.iso9660_names import iso_file_names, iso_folder_names
from toolkit.media.joliet import stored_files
from toolkit.media.labels import iso_label_problems
from toolkit.media.names import ISO_NAMES, name_problems
from toolkit.media.refusal import MediumError
from toolkit.media.tree import Folder, Leaf, tree

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path
    from types import ModuleType

    from pycdlib import PyCdlib
    from pycdlib.dr import DirectoryRecord

    from toolkit.files import NamedFile

EPOCH = 946_684_800  # 2000-01-01
LARGEST_IN_MEMORY = 256 << 20

_LATEST = 5_869_583_999  # 2155-12-31: ECMA-119 9.1.5 counts years from 1900 in one byte
# ECMA-119 6.8.2.1 allows eight levels with the root. What lies deeper is in Joliet only, where Windows looks anyway.
_LEVELS = 7
_APPLICATION = "UNATTEND"


def write_iso(
    files: Sequence[MeasuredFile],
    target: BinaryIO,
    *,
    label: str = "",
    timestamp: int = EPOCH,
    advance: Advance | None = None,
) -> tuple[FileDigest, ...]:
    """Write an image, and tell what was read into it. Raises MediumError with everything that is in the way.

    Names are kept exactly in Joliet, which is what Windows reads; ISO9660 gets upper-case stand-ins.
    """
    if problems := (*iso_label_problems(label), *name_problems((file.name for file in files), ISO_NAMES)):
        raise MediumError(ISO_NAMES.medium, problems)
    with frozen_clock(_modules(), min(max(timestamp, 0), _LATEST)), _translated():
        image = _new_image()
        image.new(interchange_level=3, joliet=3, vol_ident=label, app_ident_str=_APPLICATION)
        streams = list(_add(image, tree(files), "", "", advance))
        try:
            image.write_fp(target, blocksize=CHUNK)
            return tuple(stream.digest() for stream in streams)
        finally:
            image.close()
            for stream in streams:
                stream.close()


def read_iso(path: Path, *, limit: int = LARGEST_IN_MEMORY) -> tuple[NamedFile, ...]:
    """Read every file of an ISO with Joliet names into memory, sorted by name, `limit` bytes at most.

    Raises UnreadableError where the image is damaged, has no Joliet names or holds more.
    """
    try:
        with path.open("rb") as image:
            return read_all(image, stored_files(image), limit=limit)
    except OSError as err:
        raise UnreadableError(f"{path} cannot be read: {err.strerror or err}", help="Check the path.") from err


def _add(
    image: PyCdlib, folder: Folder, joliet: str, iso: str | None, advance: Advance | None
) -> Iterator[SourceStream]:
    """Add a folder's children below the paths it has in either tree; `iso` is None where it is too deep for one."""
    leaves = [child for child in folder.children if isinstance(child, Leaf)]
    folders = [child for child in folder.children if isinstance(child, Folder)]
    names = iso_file_names(leaf.name for leaf in leaves)
    for leaf in leaves:
        stream = SourceStream(leaf.file, advance)
        path = _below(iso, names[leaf.name], _LEVELS)
        image.add_fp(cast("BinaryIO", stream), leaf.file.size, joliet_path=f"{joliet}/{leaf.name}", iso_path=path)
        yield stream
    short = iso_folder_names(child.name for child in folders)
    for child in folders:
        below, path = f"{joliet}/{child.name}", _below(iso, short[child.name], _LEVELS - 1)
        image.add_directory(joliet_path=below, iso_path=path)
        yield from _add(image, child, below, path, advance)


def _below(iso: str | None, name: str, levels: int) -> str | None:
    return None if iso is None or iso.count("/") >= levels else f"{iso}/{name}"


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
def _translated() -> Iterator[None]:
    from pycdlib.pycdlibexception import PyCdlibException  # noqa: PLC0415

    try:
        yield
    except PyCdlibException as err:
        raise UnreadableError(
            f"the ISO cannot be written: {err}", help="This is a layout that pycdlib does not know; please report it."
        ) from err
