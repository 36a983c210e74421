"""`[media]`: the volume's label and the files that travel beside the answer file."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from toolkit.spec.guest import ExtraFile, Media
from toolkit.spec.section import Findings, Section
from toolkit.spec.work import Carry


class ExtraFileSection(Section):
    """One of `media.files`."""

    source: str = Field(min_length=1, description="A file; relative to the spec.")
    target: str | None = Field(None, description="Its name on the medium, with / between folders. Default: its own.")


class MediaSection(Section):
    """`[media]`."""

    label: str = Field("UNATTEND", min_length=1, max_length=16, description="Volume label, up to 16 characters.")
    files: list[ExtraFileSection] = Field(default_factory=list)
    carry: Annotated[Carry, Field(strict=False)] = Field(
        Carry.MEDIUM, description="How scripts get onto the guest: from the medium, or from inside the answer-file."
    )


def resolve_media(section: MediaSection, findings: Findings) -> Media:
    """Find the extra files. Whether the medium can hold their names is the medium's own check."""
    files = []
    for number, file in enumerate(section.files):
        path = ("media", "files", number, "source")
        source = findings.document.layer(path).folder / file.source
        if not source.is_file():
            findings.error(path, f"there is no file {source}", help="The path counts from the folder of the spec.")
        files.append(ExtraFile(source, file.target or source.name))
    return Media(section.label, tuple(files), section.carry)
