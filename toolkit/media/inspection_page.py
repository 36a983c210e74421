"""An inspection for people, as wide as their terminal, and for machines."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from toolkit.media.wim.choice import installation_of
from toolkit.paragraphs import NARROWEST, wrapped

if TYPE_CHECKING:
    from collections.abc import Iterator

    from toolkit.media.inspection import Boot, Inspection, Installable
    from toolkit.media.wim.image import WimFile, WimImage

FILES_SHOWN = 40

_UNITS = ("KiB", "MiB", "GiB", "TiB")


def as_json(found: Inspection) -> dict[str, Any]:
    """Give everything but what is in the answer files, which hold passwords."""
    return {
        "path": str(found.path),
        "kind": str(found.kind),
        "looks_like": found.words,
        "size": found.size,
        "file_systems": [asdict(system) for system in found.file_systems],
        "boot": [asdict(entry) for entry in found.boot],
        "files": {
            "count": len(found.files),
            "size": sum(file.size for file in found.files),
            "list": [file._asdict() for file in found.files],
        },
        "answer_files": [{"name": file.name, "size": len(file.data)} for file in found.answer_files],
        "answer_files_passed_over": found.passed_over,
        "install": [_installable_json(one) for one in found.installable],
    }


def as_text(found: Inspection, width: int) -> str:
    """Give a page on which no line is longer than `width`, and no name garbles the terminal."""
    wide = max(width, NARROWEST)
    return "\n".join(
        line for indent, text in _lines(found) for line in wrapped(text, " " * indent, wide, hang=2, whole=False)
    )


def _lines(found: Inspection) -> Iterator[tuple[int, str]]:
    """Give each line with its indent."""
    yield 0, f"{found.path}: {found.words}, {sized(found.size)}"
    for system in found.file_systems:
        label = f', labelled "{system.label}"' if system.label else ", without a label"
        yield 0, f"{system.name}{label}"
    yield from ((0, _boot_line(entry)) for entry in found.boot)
    yield from (line for one in found.installable for line in _installable_lines(one))
    yield from ((0, f"answer file {file.name} ({sized(len(file.data))})") for file in found.answer_files)
    if found.passed_over:
        yield 0, f"{_counted(found.passed_over, 'answer file')} not looked into: too large, or too many"
    if found.files:
        total = sum(file.size for file in found.files)
        yield 0, f"{_counted(len(found.files), 'file')}, {sized(total)}:"
        yield from ((2, f"{file.name} ({sized(file.size)})") for file in found.files[:FILES_SHOWN])
        if len(found.files) > FILES_SHOWN:
            yield 2, f"and {len(found.files) - FILES_SHOWN} more; --json lists them all"


def _boot_line(entry: Boot) -> str:
    what = entry.file or "no file of its own"
    marked = "" if entry.bootable else ", marked as not bootable"
    return f"boots {entry.platform} from block {entry.block}, loading {sized(entry.size)}: {what}{marked}"


def _installable_lines(one: Installable) -> Iterator[tuple[int, str]]:
    if one.wim is None:
        yield 0, f"{one.name}: cannot be read ({one.reason or ''})"
        return
    yield 0, f"{one.name}: {_counted(len(one.wim.images), 'image')}, {_packing(one.wim)}"
    for image in one.wim.images:
        yield 2, f"{image.index}. {image.name or image.display_name or '(no name)'}"
        yield 5, ", ".join(_traits(image))


def _packing(wim: WimFile) -> str:
    solid = ", solid" if wim.solid else ""
    part = f", part {wim.part} of {wim.parts}" if wim.parts > 1 else ""
    return f"{wim.compression} compression{solid}{part}"


def _traits(image: WimImage) -> Iterator[str]:
    if image.edition_id:
        yield image.edition_id
    if image.installation:
        yield installation_of(image)
    if image.architecture:
        yield image.architecture
    for language in image.languages:
        yield f"{language} (default)" if language == image.default_language else language
    if image.version:
        yield image.version
    yield sized(image.size) if image.size is not None else "size unknown"


def _installable_json(one: Installable) -> dict[str, Any]:
    if one.wim is None:
        return {"name": one.name, "error": one.reason}
    wim = asdict(one.wim)
    return {"name": one.name, **wim, "compression": str(one.wim.compression)}


def sized(count: int) -> str:
    """Write a number of bytes such that it can be read at a glance: `8,021 bytes`, `33.0 KiB`, `5.0 GiB`."""
    if count < 10_000:
        return _counted(count, "byte")
    value, unit = float(count), 0
    while value >= 1000 and unit < len(_UNITS):
        value, unit = value / 1024, unit + 1
    return f"{value:,.1f} {_UNITS[unit - 1]}"


def _counted(count: int, what: str) -> str:
    return f"{count:,} {what}{'' if count == 1 else 's'}"
