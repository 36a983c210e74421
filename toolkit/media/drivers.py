"""A tree of drivers cut down to those that one Windows can use."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from toolkit.errors import UsageError
from toolkit.media.folder import files_under
from toolkit.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from toolkit.media.content import MediaFile

FOLDER = "$WinPEDriver$"  # Setup loads every driver below it, in the root of any drive (Microsoft KB 2686316)

# virtio-win names a folder for each Windows (virtio-win/virtio-win-pkg-scripts, util/filemap.py). The lists go on to
# where else the driver may be: that file copies one build to w10, w11, 2k16, 2k19 and 2k22, one to w8.1 and 2k12R2, one
# to w7 and 2k8R2, and discs made before a Windows came out have no folder for it.
_TEN = ("w11", "2k25", "2k22", "2k19", "w10", "2k16")
_EIGHT = ("w8.1", "2k12R2", "w8", "2k12")
_SEVEN = ("w7", "2k8R2")
_FOLDERS = {
    "7": _SEVEN,
    "8.1": _EIGHT,
    "10": ("w10", "2k19", "2k16"),
    "11": ("w11", "2k22", "w10"),
    "server-2008r2": ("2k8R2", "w7"),
    "server-2012": ("2k12", "w8"),
    "server-2012r2": ("2k12R2", "w8.1", "2k12", "w8"),
    "server-2016": ("2k16", "w10", "2k19"),
    "server-2019": ("2k19", "w10", "2k16"),
    "server-2022": ("2k22", "w11", "2k19", "w10"),
    "server-2025": ("2k25", "2k22", "w11", "2k19", "w10"),
}
_SYSTEMS = {name.lower(): name for name in (*_TEN, *_EIGHT, *_SEVEN, "xp", "2k3", "2k8")}
_ARCHITECTURES = {"amd64": "amd64", "x86": "x86", "i386": "x86", "arm64": "arm64"}


@dataclass(frozen=True, slots=True)
class _Placed:
    """A file in virtio-win's layout. `driver` is the path to the two folders that say for whom it is."""

    file: MediaFile
    system: str
    architecture: str
    driver: str
    gathered: bool  # in `<architecture>/<system>/`, where storage drivers lie a second time for Setup to find


def driver_files(folder: Path, release: str, architecture: str, *, below: str = f"{FOLDER}/") -> list[MediaFile]:
    """Take the drivers for a release (`server-2022`) and an architecture (`amd64`) from a folder, named after `below`.

    Raises UsageError where there is none, saying what there is, and UnreadableError.
    """
    return drivers_for(files_under(folder, below=below), release, architecture, skipped=len(below), where=str(folder))


def drivers_for(
    files: Sequence[MediaFile], release: str, architecture: str, *, skipped: int = 0, where: str = "the folder"
) -> list[MediaFile]:
    """Choose among files whose names are paths, of which the first `skipped` letters say nothing.

    In virtio-win's layout (`<driver>/<system>/<architecture>/`) each driver is taken from the one folder that suits the
    release best, and what is no driver stays behind. A tree of any other shape is taken whole: what its folders mean is
    not known.
    """
    placed = [one for file in files if (one := _placed(file, skipped)) is not None]
    if not placed:
        return _require(list(files), f"{where} holds no files")
    ours = [one for one in placed if one.architecture == architecture]
    drivers = [one for one in ours if not one.gathered] or ours
    best = _best(drivers, _FOLDERS[release])
    held = ", ".join(sorted({f"{one.system}/{one.architecture}" for one in placed}))
    return _require(
        [one.file for one in drivers if best.get(one.driver) == one.system],
        f"{where} holds no drivers for {release} on {architecture}; it holds {held}",
    )


def _placed(file: MediaFile, skipped: int) -> _Placed | None:
    """Find two neighbours among a file's folders of which one names a Windows, and the other an architecture."""
    folders = file.name[skipped:].split("/")[:-1]
    for at, (one, other) in enumerate(itertools.pairwise(part.lower() for part in folders)):
        driver = "/".join(folders[:at])
        if one in _SYSTEMS and other in _ARCHITECTURES:
            return _Placed(file, _SYSTEMS[one], _ARCHITECTURES[other], driver, gathered=False)
        if one in _ARCHITECTURES and other in _SYSTEMS:
            return _Placed(file, _SYSTEMS[other], _ARCHITECTURES[one], driver, gathered=True)
    return None


def _best(drivers: Iterable[_Placed], wanted: Sequence[str]) -> dict[str, str]:
    """Give each driver the first of the wanted systems that it is there for."""
    there: dict[str, set[str]] = {}
    for one in drivers:
        there.setdefault(one.driver, set()).add(one.system)
    first = {driver: next((one for one in wanted if one in systems), None) for driver, systems in there.items()}
    return {driver: system for driver, system in first.items() if system is not None}


def _require(files: list[MediaFile], message: str) -> list[MediaFile]:
    if not files:
        raise UsageError(message, help="Name the folder of a driver disc, or leave the drivers out.")
    return files
