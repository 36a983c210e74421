"""`[media]`: the volume's label and the files that travel beside the answer file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from toolkit.files import is_file, is_folder
from toolkit.spec.guest import ExtraFile, Media
from toolkit.spec.section import Findings, Section
from toolkit.spec.work import Carry

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from toolkit.spec.guest import Windows


class ExtraFileSection(Section):
    """One of `media.files`."""

    source: str = Field(min_length=1, description="A file, or a folder with all below it; relative to the spec.")
    target: str | None = Field(
        None,
        description='Its name on the medium, with / between folders; "." is the root, for a folder. Default: its own.',
    )


class MediaSection(Section):
    """`[media]`."""

    label: str = Field("UNATTEND", min_length=1, max_length=16, description="Volume label, up to 16 characters.")
    files: list[ExtraFileSection] = Field(default_factory=list)
    carry: Annotated[Carry, Field(strict=False)] = Field(
        Carry.MEDIUM, description="How scripts get onto the guest: from the medium, or from inside the answer-file."
    )


def _below(folder: Path, target: str) -> Iterator[ExtraFile]:
    """Give every file of a folder, by name, below `target`."""
    prefix = "" if target == "." else f"{target.rstrip('/')}/"
    for file in sorted(path for path in folder.rglob("*") if not path.is_dir()):
        yield ExtraFile(file, f"{prefix}{file.relative_to(folder).as_posix()}")


def resolve_media(section: MediaSection, windows: Windows | None, findings: Findings) -> Media:
    """Find the extra files. Whether the medium can hold their names is the medium's own check."""
    if windows and not windows.has_powershell and section.carry is Carry.ANSWER_FILE:
        message = f"Server Core of {windows.release.name} has no PowerShell, which takes scripts out of the answer file"
        findings.error(("media", "carry"), message, help='Use carry = "medium".')
    files: list[ExtraFile] = []
    for number, file in enumerate(section.files):
        path = ("media", "files", number, "source")
        source = findings.document.layer(path).folder / file.source
        if is_folder(source):
            try:
                files += _below(source, file.target or source.name)
            except OSError as err:
                help_ = "Everything below the folder travels, so all of it must be readable."
                findings.error(path, f"{err.filename or source} cannot be read: {err.strerror}", help=help_)
            continue
        if not is_file(source):
            findings.error(path, f"there is no file or folder {source}", help=findings.counts_from(path))
        files.append(ExtraFile(source, file.target or source.name))
    return Media(section.label, tuple(files), section.carry)
