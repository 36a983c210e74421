"""Booting a Windows disc without "Press any key to boot from CD or DVD"."""

from __future__ import annotations

from typing import TYPE_CHECKING, BinaryIO

from toolkit.errors import UsageError
from toolkit.media.changes import SECTOR, Patch
from toolkit.media.eltorito import BootCatalogue, BootEntry, Platform, boot_catalogue
from toolkit.media.extents import Extent

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from toolkit.media.udf.stream import Run

# Both come on Microsoft's discs. EFI firmware starts what the catalogue names; the BIOS program shows the prompt only
# where it finds bootfix.bin, so it is said (learn.microsoft.com Q&A; not proven here, as that program is Microsoft's).
LOADER = "efi/microsoft/boot/efisys_noprompt.bin"
BOOTFIX = "boot/bootfix.bin"

_UNIT = 512
_MOST_UNITS = 0xFFFF


def without_prompt(image: BinaryIO, find: Callable[[str], Sequence[Run] | None]) -> tuple[Patch, ...]:
    """Plan to start the loader that does not ask. `find` tells where a file lies, None where there is none.

    Raises UsageError where the disc has no prompt or no such loader.
    """
    catalogue = boot_catalogue(image)
    entries = [
        entry
        for entry in (catalogue.entries if catalogue else ())
        if entry.platform == Platform.UEFI and entry.bootable
    ]
    if catalogue is None or not entries:
        if find(BOOTFIX) is None:
            raise _refused("it has neither a UEFI boot entry nor boot/bootfix.bin, so there is no prompt to remove")
        return ()
    loader = _loader(find(LOADER))
    changed = catalogue
    for entry in entries:
        changed = _pointed(changed, entry, loader)
    if changed.raw == catalogue.raw:
        return ()
    return (Patch(catalogue.sector, catalogue.raw, changed.raw),)


def _loader(runs: Sequence[Run] | None) -> Extent:
    match runs:
        case [Extent(offset, size) as extent] if size and offset % SECTOR == 0:
            return extent
        case None | []:
            raise _refused(f"it does not hold {LOADER}")
        case _:
            raise _refused(f"{LOADER} does not lie in one piece")


def _pointed(catalogue: BootCatalogue, entry: BootEntry, loader: Extent) -> BootCatalogue:
    """Keep a length of 0 or 1, by which Microsoft's tools mean all of the image; else it is the loader's."""
    units = entry.sectors if entry.sectors <= 1 else min(-(-loader.size // _UNIT), _MOST_UNITS)
    return catalogue.with_entry(entry, loader.offset // SECTOR, units)


def _refused(reason: str) -> UsageError:
    return UsageError(f"the ISO cannot be made to boot without a prompt: {reason}", help="Leave out --no-prompt.")
