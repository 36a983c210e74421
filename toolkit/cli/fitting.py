"""Fitting a guest to the Windows medium at hand: the image that is meant, by what the medium really holds."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from toolkit.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from toolkit.media.wim.image import WimImage
    from toolkit.spec.guest import Guest


def fitted(guest: Guest, iso: Path) -> Guest:
    """Give the guest with the index of its image on `iso`.

    A name that the medium does not know is taken for the usual name of an edition, which the medium may call otherwise
    (evaluation media do). Raises UsageError listing what the medium holds where nothing or too much fits.
    """
    from toolkit.media.inspection import windows_images
    from toolkit.spec.guest import ImageByIndex

    image = _meant(guest, windows_images(iso))
    spoken = {language.casefold() for language in image.languages}
    if spoken and guest.locale.ui_language.casefold() not in spoken:
        raise UsageError(
            f"{iso} speaks {', '.join(image.languages)}, the spec's locale.ui_language is {guest.locale.ui_language}",
            help="Setup would stop and ask. Use a medium of that language, or change locale.ui_language.",
        )
    return replace(guest, windows=replace(guest.windows, image=ImageByIndex(image.index)))


def _meant(guest: Guest, images: Sequence[WimImage]) -> WimImage:
    from toolkit.media.wim.choice import choose
    from toolkit.spec.guest import ImageByIndex, ImageByName

    windows = guest.windows
    architecture = windows.architecture if all(image.architecture for image in images) else None  # home-made WIMs
    match windows.image:
        case ImageByIndex(index):
            return choose(images, index=index, architecture=architecture)
        case ImageByName(name) if any((image.name or "").casefold() == name.casefold() for image in images):
            return choose(images, name=name, architecture=architecture)
        case _:
            edition = windows.release.editions[windows.edition].edition_id
            evaluation = any((image.edition_id or "").casefold() == f"{edition}eval".casefold() for image in images)
            return choose(
                images,
                edition_id=f"{edition}Eval" if evaluation else edition,
                installation=windows.installation,
                architecture=architecture,
            )
