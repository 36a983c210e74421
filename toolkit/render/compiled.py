"""Compiled templates, kept beside their sources as Python keeps its own bytecode: the first render is then quick."""

from __future__ import annotations

import contextlib
import sys
from typing import TYPE_CHECKING

from jinja2.bccache import BytecodeCache

from toolkit.errors import UnreadableError
from toolkit.files import write_whole

if TYPE_CHECKING:
    from pathlib import Path

    from jinja2.bccache import Bucket

_FOLDER = "__pycache__"
_READABLE = 0o644


class CompiledTemplates(BytecodeCache):
    """Bytecode in `__pycache__` of the templates folder, by jinja2's key and checked against the source's digest.

    A folder that cannot be written, as in many installations, only means that templates are compiled every time.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder / _FOLDER

    def load_bytecode(self, bucket: Bucket) -> None:
        with contextlib.suppress(OSError), self._path(bucket).open("rb") as stream:
            bucket.load_bytecode(stream)

    def dump_bytecode(self, bucket: Bucket) -> None:
        if sys.dont_write_bytecode:
            return
        with contextlib.suppress(OSError, UnreadableError):
            self._folder.mkdir(exist_ok=True)
            write_whole(self._path(bucket), bucket.bytecode_to_string(), mode=_READABLE)

    def _path(self, bucket: Bucket) -> Path:
        return self._folder / f"{bucket.key}.{sys.implementation.cache_tag}.bin"
