"""Putting files into a Windows ISO: in place within milliseconds and revertible, or into a copy of it."""

from __future__ import annotations

import contextlib
import os
import stat
from enum import StrEnum
from typing import TYPE_CHECKING, BinaryIO, assert_never

from toolkit.errors import UnreadableError, UsageError
from toolkit.files import NamedFile, whole_file
from toolkit.media import signature
from toolkit.media.changes import SECTOR, Changes, append, apply, roll_back, settle
from toolkit.media.content import Advance, MeasuredFile, MediaFile, Stamp, counted
from toolkit.media.copying import copy_image
from toolkit.media.exclusive import held
from toolkit.media.noprompt import BOOTFIX, without_prompt
from toolkit.media.refusal import MediumError, told_of
from toolkit.media.signature import Medium
from toolkit.media.tree import Folder, tree
from toolkit.media.udf.branches import branches
from toolkit.media.udf.failure import NotUdfError, UnsupportedUdfError
from toolkit.media.udf.graft import graft
from toolkit.media.udf.names import UDF_NAMES, udf_name_problems
from toolkit.media.udf.readback import require_kept
from toolkit.media.udf.volume import UdfVolume, open_volume
from toolkit.media.undo import State, UndoRecord, appended, begun, read_record, record_path, state, write_record
from toolkit.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

__all__ = ["Injected", "Method", "foreseen", "inject"]

_EPOCH = 946_684_800  # 2000-01-01, which the ISOs that we make have too


class Method(StrEnum):
    """How the files got in: a few sectors changed, or the whole image written anew."""

    PATCHED = "patched"
    REWRITTEN = "rewritten"


@dataclass(frozen=True, slots=True)
class Injected:
    """An image that holds the files now. `replaced` and `added` are names in it; `undo` is the record, if in place."""

    path: Path
    method: Method
    bytes_written: int
    replaced: tuple[str, ...]
    added: tuple[str, ...]
    undo: Path | None


@dataclass(frozen=True, slots=True)
class _Order:
    """What is wanted of an image."""

    files: tuple[MeasuredFile, ...]
    wanted: Folder
    no_prompt: bool
    moment: int
    progress: Callable[[int, int], None] | None

    @property
    def size(self) -> int:
        return sum(file.size for file in self.files)

    def advance(self, copied: int = 0) -> Advance | None:
        """Count what is copied, what is written, and what is read back."""
        return counted(self.progress, copied + 2 * self.size)


@dataclass(frozen=True, slots=True)
class _Plan:
    changes: Changes
    replaced: tuple[str, ...]
    added: tuple[str, ...]

    @property
    def bytes_written(self) -> int:
        return self.changes.after - self.changes.before + SECTOR * len(self.changes.patches)


def inject(
    source: Path,
    files: Iterable[MediaFile | NamedFile],
    *,
    target: Path | None = None,
    no_prompt: bool = False,
    timestamp: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Injected:
    """Put `files` into the image `source`, or into a copy of it at `target`, and read them back before that is said.

    A file takes the place of one that Windows takes for the same name; nothing else in the image changes. In place, a
    record beside the image lets `revert` restore it to the byte, and a crash leaves the old files or the new, never a
    mixture. What is added shows in UDF, which Windows prefers, and not in an ISO9660 tree on the same disc.

    `no_prompt` makes the image boot without asking for a key. `timestamp` (seconds since 1970; None is a fixed date) is
    the files' time. `progress` is told bytes done and bytes in all. Raises MediumError with everything that is wrong
    with the names, UsageError for what cannot be asked, and UnreadableError where the image cannot be read or changed.
    """
    order = _order(files, no_prompt, _EPOCH if timestamp is None else timestamp, progress)
    with told_of(source):
        image = _require_iso(source)
        _refuse_inputs(order, source, image, target)
        return _in_place(source, order) if target is None else _into_copy(source, target, order)


def foreseen(
    source: Path, files: Iterable[MediaFile | NamedFile], *, target: Path | None = None, no_prompt: bool = False
) -> Injected:
    """Tell what `inject` would do with the same, and raise what it would raise before it writes."""
    order = _order(files, no_prompt, _EPOCH, None)
    with told_of(source):
        _refuse_inputs(order, source, _require_iso(source), target)
        with held(source) if target is None else source.open("rb") as image:
            if target is None:
                _usable_record(source, image, record_path(source.resolve()))
            try:
                plan = _plan(open_volume(image), order)
            except (NotUdfError, UnsupportedUdfError) as err:
                if target is None:
                    raise _unpatchable(source, err) from err
                return Injected(target, Method.REWRITTEN, 0, (), (), None)
    return Injected(target or source, Method.PATCHED, plan.bytes_written, plan.replaced, plan.added, None)


def _order(
    files: Iterable[MediaFile | NamedFile],
    no_prompt: bool,  # noqa: FBT001  (named where it comes from)
    moment: int,
    progress: Callable[[int, int], None] | None,
) -> _Order:
    measured = tuple(MediaFile.of(file).measure() for file in files)
    if not measured and not no_prompt:
        raise UsageError("there is nothing to inject", help="Name at least one file.")
    if problems := udf_name_problems(file.name for file in measured):
        raise MediumError(UDF_NAMES.medium, problems)
    return _Order(measured, tree(measured), no_prompt, moment, progress)


def _in_place(path: Path, order: _Order) -> Injected:
    image = path.resolve()
    store = record_path(image)
    try:
        with held(image) as stream:
            previous = _usable_record(path, stream, store)
            plan = _plan(open_volume(stream), order)
            if plan.changes.patches:
                _perform(stream, store, previous, plan.changes, order)
    except (NotUdfError, UnsupportedUdfError) as err:
        raise _unpatchable(path, err) from err
    except OSError as err:
        raise UnreadableError(
            f"{path} cannot be changed: {err.strerror or err}",
            help=f"Free some space and try again. If {store.name} is left beside it, change it back first.",
        ) from err
    undo = store if plan.changes.patches or previous is not None else None
    return Injected(path, Method.PATCHED, plan.bytes_written, plan.replaced, plan.added, undo)


def _perform(stream: BinaryIO, store: Path, previous: UndoRecord | None, changes: Changes, order: _Order) -> None:
    """Change an image such that at every moment it can be changed back."""
    advance = order.advance()
    record = begun(previous, changes)
    write_record(store, record)
    try:
        given = append(stream, changes, advance)
        settle(stream)
        write_record(store, appended(record, changes, stream))
        apply(stream, changes.stages)
        require_kept(stream, order.wanted, given, advance)
    except BaseException:
        roll_back(stream, changes)
        if previous is None:
            store.unlink(missing_ok=True)
        else:
            write_record(store, previous)
        raise


def _usable_record(path: Path, stream: BinaryIO, store: Path) -> UndoRecord | None:
    """Read the record of earlier injections. One of an image that has become its old self again is of no use."""
    record = read_record(store)
    if record is None:
        return None
    match state(stream, record):
        case State.INJECTED:
            return record
        case State.ORIGINAL:
            return None
        case State.INTERRUPTED:
            raise UnreadableError(
                f"{path} is in the middle of an earlier injection", help=f"Change it back first: --revert {path}"
            )
        case State.FOREIGN:
            raise UnreadableError(
                f"{path} has been changed since it was injected, or {store.name} belongs to another image",
                help="If it is another image, delete that record.",
            )
        case other:
            assert_never(other)


def _into_copy(source: Path, target: Path, order: _Order) -> Injected:
    try:
        with source.open("rb") as original:
            try:
                plan = _plan(open_volume(original), order)
            except (NotUdfError, UnsupportedUdfError):
                return _rewritten(original, source, target, order)
            return _patched_copy(original, source, target, order, plan)
    except OSError as err:
        raise _unreadable(source, err.strerror or str(err)) from err


def _patched_copy(original: BinaryIO, source: Path, target: Path, order: _Order, plan: _Plan) -> Injected:
    stamp = Stamp.of(source.stat())
    size = original.seek(0, os.SEEK_END)  # which a drive has, and its status does not tell
    advance = order.advance(size)
    with whole_file(target) as image:
        copy_image(original, image, advance)
        given = append(image, plan.changes, advance)
        apply(image, plan.changes.stages, durable=False)
        require_kept(image, order.wanted, given, advance)
        _require_same(source, stamp)
    record_path(target).unlink(missing_ok=True)  # of an image that was there before
    return Injected(target, Method.PATCHED, size + plan.bytes_written, plan.replaced, plan.added, None)


def _rewritten(original: BinaryIO, source: Path, target: Path, order: _Order) -> Injected:
    """Leave to pycdlib what the patcher does not understand."""
    from toolkit.media.rewriting import rewrite  # noqa: PLC0415  (as long to load as all else here, and seldom needed)

    stamp = Stamp.of(source.stat())
    with whole_file(target) as image:
        done = rewrite(
            original,
            image,
            order.wanted,
            moment=order.moment,
            no_prompt=order.no_prompt,
            progress=order.progress,
        )
        size = image.seek(0, os.SEEK_END)
        _require_same(source, stamp)
    record_path(target).unlink(missing_ok=True)
    return Injected(target, Method.REWRITTEN, size, done.replaced, done.added, None)


def _plan(volume: UdfVolume, order: _Order) -> _Plan:
    root = branches(volume, order.wanted, (BOOTFIX,) if order.no_prompt else ())
    patches = without_prompt(volume.image.stream, volume.runs_of) if order.no_prompt else ()
    return _Plan(graft(volume, root, order.moment, patches), root.replaced, root.new)


def _require_iso(path: Path) -> os.stat_result:
    """Refuse what is no ISO, saying what it looks like, before anything else is said of it."""
    try:
        status = path.stat()
        if stat.S_ISDIR(status.st_mode):
            raise _unreadable(path, "it is a folder")
        if not (stat.S_ISREG(status.st_mode) or stat.S_ISBLK(status.st_mode)):
            raise _unreadable(path, "it is a device or a pipe")
        with path.open("rb") as image:
            looks = signature.recognised(signature.head(image))
    except OSError as err:
        raise _unreadable(path, err.strerror or str(err)) from err
    if looks not in (Medium.ISO, signature.UDF_DISC):
        raise UnreadableError(f"{path} is no ISO: it looks like {looks}", help="Name the ISO of a Windows setup disc.")
    return status


def _refuse_inputs(order: _Order, source: Path, image: os.stat_result, target: Path | None) -> None:
    """Compare identities, not names: links, case and `..` give one file many names."""
    same = {(image.st_dev, image.st_ino)}
    if target is not None:
        with contextlib.suppress(FileNotFoundError):
            there = target.stat()
            if (there.st_dev, there.st_ino) in same:
                raise UsageError(f"{target} is the image itself", help="Inject in place, or name another file.")
            same.add((there.st_dev, there.st_ino))
    for file in order.files:
        if file.stamp is not None and (file.stamp.device, file.stamp.inode) in same:
            raise UsageError(
                f"{source} cannot be put into itself ({file.name})", help="Leave the image out of the files."
            )


def _require_same(path: Path, stamp: Stamp) -> None:
    if Stamp.of(path.stat()) != stamp:
        raise UnreadableError(f"{path} changed while it was copied", help="Let the program that writes it finish.")


def _unpatchable(path: Path, err: UnreadableError) -> UnreadableError:
    return UnreadableError(
        f"{path} cannot be changed in place: {err.message}", help="Give -o NEW.iso: the image is then written anew."
    )


def _unreadable(path: Path, reason: str) -> UnreadableError:
    return UnreadableError(f"{path} cannot be read: {reason}", help="Check the path and that you may read it.")
