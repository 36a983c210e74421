"""What install.wim says of itself: its images, how it is packed, and which part of how many it is."""

from __future__ import annotations

from enum import StrEnum

from toolkit.values import dataclass


class Compression(StrEnum):
    NONE = "none"
    XPRESS = "XPRESS"
    LZX = "LZX"
    LZMS = "LZMS"


@dataclass(frozen=True, slots=True)
class WimImage:
    """One Windows that can be installed, None where the file does not say.

    `index` counts from 1. `architecture` is spelled as in answer files; `installation` is Windows' own word (`Client`,
    `Server`, `Server Core`); `version` is `10.0.26100.1742`; `size` is what it takes unpacked, in bytes.
    """

    index: int
    name: str | None = None
    display_name: str | None = None
    description: str | None = None
    edition_id: str | None = None
    installation: str | None = None
    architecture: str | None = None
    languages: tuple[str, ...] = ()
    default_language: str | None = None
    version: str | None = None
    size: int | None = None


@dataclass(frozen=True, slots=True)
class WimFile:
    """A WIM file's images. `part` of `parts` counts from 1; every part of a split file lists all images."""

    images: tuple[WimImage, ...]
    compression: Compression
    solid: bool
    part: int
    parts: int
