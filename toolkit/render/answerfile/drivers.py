"""Drivers that Windows PE loads, and that Setup then also puts into the installed Windows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from toolkit.render.answerfile.contribution import Contribution, Pass
from toolkit.spec.guest import Architecture

if TYPE_CHECKING:
    from collections.abc import Iterator

    from toolkit.spec.guest import Guest

_PE_DRIVERS = "Microsoft-Windows-PnpCustomizationsWinPE"
# A path in an answer file is literal, and which letter PE gives to which disc is chance (Botspot/bvm#28). Setup passes
# over a path that is not there; known from practice alone.
_LETTERS = "DEFG"

# virtio-win's folder for each release, and which drivers that has: virtio-win/virtio-win-pkg-scripts util/filemap.py.
# It ends before 2k25, which newer discs have with the drivers of 2k22.
_FOLDERS = {
    "7": "w7",
    "8.1": "w8.1",
    "10": "w10",
    "11": "w11",
    "server-2008r2": "2k8R2",
    "server-2012": "2k12",
    "server-2012r2": "2k12R2",
    "server-2016": "2k16",
    "server-2019": "2k19",
    "server-2022": "2k22",
    "server-2025": "2k25",
}
_EVERYWHERE = ("vioscsi", "viostor", "NetKVM", "Balloon", "vioserial", "vioinput", "pvpanic")
_NOT_ON_ARM = ("viorng", "qemupciserial")
_SPICE_DISPLAY = frozenset({"w7", "2k8R2"})
_VIRTIO_DISPLAY = frozenset({"w10", "w11", "2k16", "2k19", "2k22", "2k25"})
_ARCHITECTURES = {Architecture.AMD64: "amd64", Architecture.X86: "x86", Architecture.ARM64: "ARM64"}


def contributions(guest: Guest) -> Iterator[Contribution]:
    """Give DriverPaths, where the spec wants any."""
    wanted: list[tuple[str, Architecture | None]] = [(path, None) for path in guest.drivers.paths]
    if guest.drivers.virtio:
        wanted += [(path, only) for only in guest.windows.architectures for path in virtio_paths(guest, only)]
    paths = list(dict.fromkeys((path, only) for each, only in wanted for path in _spelled(each)))
    if paths:
        yield Contribution(Pass.WINDOWS_PE, _PE_DRIVERS, "drivers.xml.j2", {"paths": paths})


def virtio_paths(guest: Guest, architecture: Architecture) -> tuple[str, ...]:
    r"""Give the folders on a virtio-win disc, without letter: each driver's own, and never the root.

    Each architecture gets its own alone: Setup would be shown drivers that it cannot load.

    A path that is the disc's root ends 24H2's Setup with 0xd000a000-0x40031 (os-autoinst-distri-opensuse PR 20770).
    """
    folder = _FOLDERS[guest.windows.release.key]
    drivers = [*_EVERYWHERE, *_NOT_ON_ARM]
    if folder in _VIRTIO_DISPLAY:
        drivers.append("viogpudo")
    else:
        drivers.append("qxl" if folder in _SPICE_DISPLAY else "qxldod")
    return tuple(
        rf"{driver}\{folder}\{_ARCHITECTURES[architecture]}"
        for driver in drivers
        if architecture is not Architecture.ARM64 or driver not in _NOT_ON_ARM
    )


def _spelled(path: str) -> list[str]:
    """Write a path as Windows does; one without a letter on every letter that a disc may have."""
    written = path.replace("/", "\\")
    if written[1:2] == ":" or written.startswith("\\\\"):
        return [written]
    return [rf"{letter}:\{written.lstrip(chr(92))}" for letter in _LETTERS]
