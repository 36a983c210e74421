from __future__ import annotations

import struct
from typing import TYPE_CHECKING

import pytest

from tests.media.test_eltorito import disc, entry, header, validation
from toolkit.errors import UsageError
from toolkit.media.changes import SECTOR
from toolkit.media.eltorito import Platform
from toolkit.media.extents import Extent
from toolkit.media.noprompt import BOOTFIX, LOADER, without_prompt
from toolkit.media.udf.stream import Hole, Run

if TYPE_CHECKING:
    import io
    from collections.abc import Callable, Sequence

LIES = Extent(500 * SECTOR, 1_474_560)


def lying(**files: Sequence[Run]) -> Callable[[str], Sequence[Run] | None]:
    return {{"loader": LOADER, "bootfix": BOOTFIX}[name]: runs for name, runs in files.items()}.get


def uefi(sectors: int) -> io.BytesIO:
    return disc(validation(), entry(100, sectors=8), header(Platform.UEFI, 1, last=True), entry(101, sectors=sectors))


@pytest.mark.parametrize(("sectors", "becomes"), [(0, 0), (1, 1), (2, 2880), (196, 2880), (2880, 2880)])
def test_the_length_of_the_loader_is_told_where_the_old_one_was(sectors: int, becomes: int) -> None:
    (patch,) = without_prompt(uefi(sectors), lying(loader=[LIES]))
    assert struct.unpack_from("<HI", patch.new, 96 + 6) == (becomes, 500)
    assert patch.new[:96] == patch.old[:96]


def test_an_entry_that_starts_the_silent_loader_already_is_left() -> None:
    (patch,) = without_prompt(uefi(1), lying(loader=[LIES]))
    image = uefi(1)
    image.seek(patch.sector * SECTOR)
    image.write(patch.new)
    assert without_prompt(image, lying(loader=[LIES])) == ()


def test_a_disc_for_bios_alone_needs_no_loader() -> None:
    image = disc(validation(), entry(100, sectors=8))
    assert without_prompt(image, lying(bootfix=[Extent(5 * SECTOR, 1024)])) == ()
    with pytest.raises(UsageError, match="no prompt to remove"):
        without_prompt(image, lying(loader=[LIES]))


@pytest.mark.parametrize(
    "runs", [[LIES, Extent(0, 5)], [Hole(5)], [Extent(500 * SECTOR + 512, 5)], [Extent(SECTOR, 0)]]
)
def test_a_loader_that_firmware_could_not_find_is_refused(runs: list[Run]) -> None:
    with pytest.raises(UsageError, match="does not lie in one piece"):
        without_prompt(uefi(1), lying(loader=runs))
