"""`[drivers]`: what Setup loads before it can see disks and network, and a hypervisor's tools after that."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from toolkit.spec.guest import ExtraFile
from toolkit.spec.section import Findings, Section
from toolkit.spec.text import utf16_units
from toolkit.spec.work import Drivers, GuestTool

if TYPE_CHECKING:
    from pathlib import Path

    from toolkit.spec.guest import Windows

_LONGEST_PATH = 259  # PathAndCredentials/Path
_PATH = re.compile(r'(?:[A-Za-z]:[\\/])?[^":*?<>|]*')
_BUILT_IN = frozenset({"7", "server-2008r2"})  # the last releases to which Hyper-V's services came on a disc
ON_THE_MEDIUM = "$WinPEDriver$"  # Setup loads every driver below it, in the root of any drive (Microsoft KB 2686316)


class DriversSection(Section):
    """`[drivers]`."""

    folders: list[str] = Field(
        default_factory=list,
        description="Folders beside the spec that travel on the medium, where Setup finds them on any letter.",
    )
    paths: list[str] = Field(
        default_factory=list,
        description="Folders on other media. With a letter (E:\\x) as it is; without, on the letters D to G.",
    )
    virtio: bool = Field(default=False, description="The drivers of a virtio-win disc that this release needs.")
    guest_tools: list[Annotated[GuestTool, Field(strict=False)]] = Field(
        default_factory=list, description="Found on any letter and installed at the first logon."
    )


def resolve_drivers(section: DriversSection, windows: Windows | None, findings: Findings) -> Drivers:
    """Check the paths, and that each tool is one that the guest can use."""
    for number, path in enumerate(section.paths):
        _check_path(path, number, findings)
    for number, tool in enumerate(section.guest_tools):
        if tool in section.guest_tools[:number]:
            findings.error(("drivers", "guest_tools", number), f'"{tool}" stands in drivers.guest_tools twice')
        if tool is GuestTool.HYPERV and windows and windows.release.key not in _BUILT_IN:
            findings.warning(
                ("drivers", "guest_tools", number), f"{windows.release.name} has Hyper-V's services built in"
            )
    tools = tuple(
        tool
        for tool in section.guest_tools
        if tool is not GuestTool.HYPERV or windows is None or windows.release.key in _BUILT_IN
    )
    return Drivers(tuple(section.paths), section.virtio, tools)


def driver_files(section: DriversSection, findings: Findings) -> tuple[ExtraFile, ...]:
    """Give every file of the folders under the name by which Setup finds it on the medium."""
    files: list[ExtraFile] = []
    for number, name in enumerate(section.folders):
        path = ("drivers", "folders", number)
        folder = findings.document.layer(path).folder / name
        found = _files_below(folder)
        if found is None:
            findings.error(path, f"{folder} is not a folder", help=findings.counts_from(path))
            continue
        if not any(file.suffix.lower() == ".inf" for file in found):
            findings.error(path, f"{folder} holds no driver (.inf)", help=findings.counts_from(path))
        below = f"{ON_THE_MEDIUM}/{number + 1}"
        files += [ExtraFile(file, f"{below}/{file.relative_to(folder).as_posix()}") for file in found]
    return tuple(files)


def _files_below(folder: Path) -> list[Path] | None:
    try:
        return sorted(path for path in folder.rglob("*") if path.is_file()) if folder.is_dir() else None
    except OSError:  # a name longer than the file system takes, a folder that may not be read
        return None


def _check_path(path: str, number: int, findings: Findings) -> None:
    place = ("drivers", "paths", number)
    if not path.strip("\\/ ") or not _PATH.fullmatch(path):
        findings.error(place, f'"{path}" is not the path of a folder', help=r'For example "E:\drivers" or "drivers".')
    elif not path.rpartition(":")[2].strip("\\/"):
        findings.error(
            place,
            f'"{path}" is the root of a drive: Setup would try every driver on it, and Windows 11 24H2 fails there',
            help="Name the folders of the drivers that are needed.",
        )
    elif utf16_units(path) + len("D:\\") > _LONGEST_PATH:
        findings.error(place, f"drivers.paths[{number}] is longer than Setup takes ({_LONGEST_PATH} characters)")
