"""The image to install and the key that Setup gets."""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

from toolkit.render.answerfile.contribution import SETUP, Contribution, Pass
from toolkit.render.answerfile.layout import windows_partition
from toolkit.spec.guest import ImageByIndex, ImageByName
from toolkit.spec.storage import Firmware, Layout

if TYPE_CHECKING:
    from collections.abc import Iterator

    from toolkit.spec.guest import Guest, Image


def contributions(guest: Guest) -> Iterator[Contribution]:
    """Give ImageInstall and UserData.

    UserData is always there: without a windowsPE pass that names a product key, Setup has been seen to ignore the
    specialize pass (pbatard/rufus#1981). Where there is no key, none is written either: an empty one brings the key
    page up on 24H2 (cschneegans/unattend-generator#359).
    """
    key, value = _selector(guest.windows.image)
    data = {
        "key": key,
        "value": value,
        "disk": guest.disk.target,
        "partition": windows_partition(guest.disk),
        # The reference: the first partition with room enough. It is the only one, on the only disk that is wiped.
        "available": guest.disk.firmware is Firmware.AUTO and guest.disk.layout is not Layout.NONE,
        "product_key": guest.windows.product_key,
        "owner": guest.computer.owner,
        "organization": guest.computer.organization,
    }
    yield Contribution(Pass.WINDOWS_PE, SETUP, "windows.xml.j2", data)


def _selector(image: Image) -> tuple[str, str]:
    match image:
        case ImageByName(name):
            return "/IMAGE/NAME", name
        case ImageByIndex(index):
            return "/IMAGE/INDEX", str(index)
        case _:
            assert_never(image)
