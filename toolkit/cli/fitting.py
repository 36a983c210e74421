"""Fitting a guest to the Windows medium at hand: the image that is meant, by what the medium really holds."""

from __future__ import annotations

import re
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
    from toolkit.spec.guest import Guest, Windows

# What locale.ui_language and windows.architecture are where a spec does not say
_USUAL_LANGUAGE = "en-US"
_USUAL_ARCHITECTURE = "amd64"
_FAMILIES = {"client": False, "server": True, "server core": True}  # whether images of this kind are servers
_EVALUATION = "eval"  # what the edition ids of evaluation images end with: ServerStandardEval


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
    if is_open("windows", "evaluation") and all(_is_evaluation(image) for image in images):
        yield "windows.evaluation=true"
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
    _check_release(guest.windows, image, holding.iso)
    _check_key(guest.windows, image, holding.iso)
    spoken = {language.casefold() for language in image.languages}
    if spoken and guest.locale.ui_language.casefold() not in spoken:
        raise UsageError(
            f"{holding.iso} speaks {', '.join(image.languages)},"
            f" the spec's locale.ui_language is {guest.locale.ui_language}",
            help="Setup would stop and ask. Use a medium of that language, or change locale.ui_language.",
        )
    return replace(guest, windows=replace(guest.windows, image=ImageByIndex(image.index)))


def _edition_id(image: WimImage) -> str:
    """Give the edition's id without what an installed Server Core puts behind it (ServerStandardCor)."""
    return (image.edition_id or "").casefold().removesuffix("cor")


def _is_evaluation(image: WimImage) -> bool:
    return _edition_id(image).endswith(_EVALUATION)


def _check_release(windows: Windows, image: WimImage, iso: Path) -> None:
    """Refuse a medium of another Windows: editions have the same ids in all of them."""
    from toolkit.catalog.releases import release_of

    build = re.match(r"[0-9]{1,5}\.[0-9]{1,5}\.([0-9]{1,5})\b", image.version or "")
    server = _FAMILIES.get((image.installation or "").casefold())
    if build is None or server is None:
        return
    found = release_of(int(build[1]), server=server)
    if found and found.key != windows.release.key:
        raise UsageError(
            f"{iso} holds {found.name} (build {build[1]}), the spec's windows.release is {windows.release.key}",
            help=f'Use a medium of {windows.release.name}, or write release = "{found.key}".',
        )


def _check_key(windows: Windows, image: WimImage, iso: Path) -> None:
    """Refuse an image that the key is not for. A key of the user's own tells nothing about its edition."""
    edition = windows.release.editions[windows.edition]
    if windows.product_key is None or not image.edition_id:
        return
    if _is_evaluation(image):
        message = f"image {image.index} of {iso} is an evaluation, which takes no product key"
        raise UsageError(message, help="Write evaluation = true in [windows], or choose another image.")
    if windows.product_key in edition.keys and _edition_id(image) != edition.edition_id.casefold():
        raise UsageError(
            f"image {image.index} of {iso} is {image.edition_id}, and the key is that of the edition {edition.key}",
            help="Setup would refuse the key. Write the image's windows.edition, or choose another image.",
        )


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
