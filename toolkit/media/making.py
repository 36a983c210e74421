"""What every writer of images is told beside the files, and how each of them begins."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, BinaryIO

from toolkit.media.hashing import BlockHash
from toolkit.media.recorder import Recorder
from toolkit.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterator

    from toolkit.media.content import Advance


@dataclass(frozen=True, slots=True)
class Making:
    """`timestamp` is in seconds since 1970, None a fixed date; without `digests` the files' own are not worked out."""

    label: str = ""
    timestamp: int | None = None
    advance: Advance | None = None
    digests: bool = True

    def moment(self, epoch: int) -> int:
        return epoch if self.timestamp is None else self.timestamp

    @contextlib.contextmanager
    def recorder(self, target: BinaryIO) -> Iterator[Recorder]:
        """Lend what takes the image down, block by block."""
        with BlockHash() as hashed:
            yield Recorder(target, hashed, self.advance, digests=self.digests)


USUAL = Making()
