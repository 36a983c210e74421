"""Writing an image from front to end in large blocks, hashed on the way."""

from __future__ import annotations

from dataclasses import field
from typing import TYPE_CHECKING, BinaryIO

from toolkit.media.content import CHUNK, FileDigest, SourceReader
from toolkit.media.hashing import FileHash, Span
from toolkit.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from toolkit.media.content import Advance, MeasuredFile
    from toolkit.media.extents import StoredFile
    from toolkit.media.hashing import BlockHash, Checks


@dataclass(frozen=True, slots=True)
class Recorded:
    """What an image is made of, as it was given and not yet as it reads back: files, their places, checks and digest.

    `file_systems` are those that hold the files; `stand_ins` what Joliet calls the files that only UDF can name.
    """

    files: tuple[FileDigest, ...]
    places: tuple[StoredFile, ...]
    checks: Checks
    sha256: str
    file_systems: tuple[str, ...]
    stand_ins: Mapping[str, str] = field(default_factory=dict)

    @property
    def size(self) -> int:
        """In bytes."""
        return self.checks.size


class Recorder:
    """Collects pieces of any size into blocks. Raises UnreadableError where a source is not what was measured."""

    def __init__(
        self, target: BinaryIO, hashed: BlockHash, advance: Advance | None = None, *, digests: bool = True
    ) -> None:
        self._target = target
        self._hashed = hashed
        self._advance = advance
        self._digests = digests
        self._block = hashed.block()
        self._at = 0
        self._spans: list[Span] = []
        self._files: list[tuple[MeasuredFile, FileHash | None]] = []

    def put(self, data: bytes) -> None:
        done = 0
        while done < len(data):
            count = min(CHUNK - self._at, len(data) - done)
            self._block[self._at : self._at + count] = memoryview(data)[done : done + count]
            done += count
            self._moved_on(count)

    def copy(self, file: MeasuredFile) -> None:
        """Put a file's content."""
        hashed = FileHash() if self._digests else None
        self._files.append((file, hashed))
        if hashed is not None and not file.size:
            hashed.update(memoryview(b""), last=True)
        reader = SourceReader(file)
        try:
            while reader.left:
                count = min(CHUNK - self._at, reader.left)
                with memoryview(self._block)[self._at : self._at + count] as view:
                    reader.fill(view)
                if hashed is not None:
                    self._spans.append(Span(hashed, self._at, self._at + count, not reader.left))
                self._moved_on(count)
                if self._advance is not None:
                    self._advance(count)
            reader.settle()
        finally:
            reader.close()

    @property
    def position(self) -> int:
        """How many bytes were put so far."""
        return self._hashed.size + self._at

    def pad(self, unit: int) -> None:
        """Put zeros up to the next multiple of `unit` bytes."""
        self.put(bytes(-self.position % unit))

    def fill(self, end: int) -> None:
        """Put zeros until there are `end` bytes."""
        while (left := end - self.position) > 0:
            self.put(bytes(min(left, CHUNK)))

    def finish(
        self, places: Iterable[StoredFile], file_systems: tuple[str, ...], stand_ins: Mapping[str, str] | None = None
    ) -> Recorded:
        """Write what is left, and tell what there is now."""
        self._write()
        whole = self._hashed.hexdigest()
        files = tuple(
            FileDigest(file.name, file.size, None if hashed is None else hashed.hexdigest)
            for file, hashed in self._files
        )
        return Recorded(files, tuple(places), self._hashed.checks(), whole, file_systems, stand_ins or {})

    def _moved_on(self, count: int) -> None:
        self._at += count
        if self._at == CHUNK:
            self._write()
            self._block = self._hashed.block()

    def _write(self) -> None:
        with memoryview(self._block)[: self._at] as view:
            self._target.write(view)
        self._hashed.add(self._block, self._at, self._spans)
        self._at, self._spans = 0, []
