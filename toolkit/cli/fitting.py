"""Fitting a guest to the Windows medium at hand: the image that is meant, by what the medium really holds."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from toolkit.cli import console
from toolkit.errors import UsageError
from toolkit.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from toolkit.media.wim.image import WimImage
    from toolkit.spec.document import Document
    from toolkit.spec.guest import Guest

# What locale.ui_language and windows.architecture are where a spec does not say
_USUAL_LANGUAGE = "en-US"
_USUAL_ARCHITECTURE = "amd64"


@dataclass(frozen=True, slots=True)
class Holding:
    """What a Windows ISO holds."""

    iso: Path
    images: tuple[WimImage, ...]


def holding_of(iso: Path) -> Holding:
    """Look into an ISO. Raises UnreadableError where it holds no Windows."""
    from toolkit.media.inspection import windows_images

    return Holding(iso, tuple(windows_images(iso)))


def completed(document: Document, holding: Holding) -> Document:
    """Fill in what a spec leaves open and a medium leaves no choice of, and say what was taken from it."""
    settings = tuple(_open_settings(holding.images, document))
    if settings:
        console.say(f"from {holding.iso}: {', '.join(settings)}")
    return document.with_settings(settings)


def _open_settings(images: Sequence[WimImage], document: Document) -> Iterator[str]:
    def is_open(*path: str) -> bool:
        return not any(layer.sets(path) for layer in document.layers)

    architectures = {image.architecture for image in images}
    if (
        is_open("windows", "architecture")
        and len(architectures) == 1
        and not architectures & {None, _USUAL_ARCHITECTURE}
    ):
        yield f"windows.architecture={architectures.pop()}"
    spoken = {language.casefold() for image in images for language in image.languages}
    own = {image.default_language or image.languages[0] for image in images if image.languages}
    if is_open("locale", "ui_language") and len(own) == 1 and _USUAL_LANGUAGE.casefold() not in spoken:
        yield f"locale.ui_language={own.pop()}"


def fitted(guest: Guest, holding: Holding) -> Guest:
    """Give the guest with the index of its image on the ISO.

    A name that the medium does not know is taken for the usual name of an edition, which the medium may call otherwise
    (evaluation media do). Raises UsageError listing what the medium holds where nothing or too much fits.
    """
    from toolkit.spec.guest import ImageByIndex

    image = _meant(guest, holding.images)
    spoken = {language.casefold() for language in image.languages}
    if spoken and guest.locale.ui_language.casefold() not in spoken:
        raise UsageError(
            f"{holding.iso} speaks {', '.join(image.languages)},"
            f" the spec's locale.ui_language is {guest.locale.ui_language}",
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
