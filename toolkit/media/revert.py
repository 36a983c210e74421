"""Taking an injection back: an image that was changed in place becomes, byte for byte, what it was."""

from __future__ import annotations

from typing import TYPE_CHECKING, BinaryIO, assert_never

from toolkit.errors import UnreadableError
from toolkit.media.changes import settle, write_sector
from toolkit.media.exclusive import held
from toolkit.media.undo import State, UndoRecord, read_record, record_path, settle_folder, state
from toolkit.values import dataclass

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Reverted:
    """An image that is its old self again. `removed` counts the bytes that were cut off its end; `size` is in bytes."""

    path: Path
    size: int
    sectors: int
    removed: int


def revert(path: Path) -> Reverted:
    """Take back everything that was injected in place, and remove the undo record.

    Works after an injection or a reversion that was cut short, too. Raises UnreadableError where there is no record or
    where the image has been changed since by something else.
    """
    image = path.resolve()
    store = record_path(image)
    with held(image) as stream:
        record = read_record(store)
        if record is None:
            raise UnreadableError(
                f"{path} cannot be changed back: {store.name} is not beside it",
                help="Only images that were injected in place have an undo record; it must keep the image's name.",
            )
        reverted = _reverted(path, stream, record)
    store.unlink(missing_ok=True)
    settle_folder(store.parent)
    return reverted


def _reverted(path: Path, stream: BinaryIO, record: UndoRecord) -> Reverted:
    size = stream.seek(0, 2)
    match state(stream, record):
        case State.ORIGINAL:
            return Reverted(path, size, 0, 0)
        case State.INJECTED | State.INTERRUPTED:
            return Reverted(path, record.original, _restore(stream, record), size - record.original)
        case State.FOREIGN:
            raise UnreadableError(
                f"{path} cannot be changed back: it is not as the injection left it",
                help=f"Fetch the original again, and delete {record_path(path).name}.",
            )
        case other:
            assert_never(other)


def _restore(stream: BinaryIO, record: UndoRecord) -> int:
    """Put the sectors back, and only when they are on the disk cut off the rest."""
    originals = [(sector.number, sector.original) for sector in record.sectors if sector.original is not None]
    for number, data in originals:
        write_sector(stream, number, data)
    settle(stream)
    stream.truncate(record.original)
    settle(stream)
    return len(originals)
