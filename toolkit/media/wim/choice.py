"""Finding the image that is meant among those that a medium holds, or saying which ones it holds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from toolkit.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from toolkit.media.wim.image import WimImage

SHOWN = 30

_CORE = "Server Core"


def choose(
    images: Sequence[WimImage],
    *,
    name: str | None = None,
    index: int | None = None,
    edition_id: str | None = None,
    installation: str | None = None,
    architecture: str | None = None,
    language: str | None = None,
) -> WimImage:
    """Find the one image that all that is given describes; None leaves a point open.

    Texts are compared without regard to case; `installation` is `desktop` or `core`. Raises UsageError where no image
    or more than one fits, listing what there is.
    """
    asked = {
        f'the name "{name}"': (name, lambda image: _same(image.name, name)),
        f"the index {index}": (index, lambda image: image.index == index),
        f"the edition {edition_id}": (edition_id, lambda image: _same(image.edition_id, edition_id)),
        f"the installation {installation}": (installation, lambda image: installation_of(image) == installation),
        f"the architecture {architecture}": (architecture, lambda image: _same(image.architecture, architecture)),
        f"the language {language}": (language, lambda image: _speaks(image, language)),
    }
    criteria: dict[str, Callable[[WimImage], bool]] = {what: fits for what, (value, fits) in asked.items() if value}
    found = [image for image in images if all(fits(image) for fits in criteria.values())]
    if len(found) == 1:
        return found[0]
    raise _refusal(images, found, " and ".join(criteria))


def installation_of(image: WimImage) -> str:
    """Tell Server Core from everything that has a desktop, in the spec's words."""
    return "core" if _same(image.installation, _CORE) else "desktop"


def described(image: WimImage) -> str:
    """Describe an image on one line: `2: Windows 11 Pro (Professional, desktop, amd64, en-US)`."""
    traits = (image.edition_id, installation_of(image), image.architecture, *image.languages)
    return f"{image.index}: {image.name or image.display_name or '(no name)'} ({', '.join(filter(None, traits))})"


def _refusal(images: Sequence[WimImage], found: Sequence[WimImage], wanted: str) -> UsageError:
    if not images:
        return UsageError("the medium lists no Windows image", help="Name a Windows setup disc or its install.wim.")
    asked = f" with {wanted}" if wanted else ""
    if found:
        message = f"{len(found)} images{asked} are on the medium, and one has to be chosen:"
        return UsageError("\n".join([message, *_lines(found)]), help="Say which, by name or by index.")
    message = f"no image{asked} is on the medium, which holds:"
    return UsageError("\n".join([message, *_lines(images)]), help="Choose one of these, or use another medium.")


def _lines(images: Sequence[WimImage]) -> Iterator[str]:
    yield from (f"  {described(image)}" for image in images[:SHOWN])
    if len(images) > SHOWN:
        yield f"  and {len(images) - SHOWN} more"


def _speaks(image: WimImage, language: str | None) -> bool:
    return any(_same(spoken, language) for spoken in image.languages)


def _same(one: str | None, other: str | None) -> bool:
    return one is not None and other is not None and one.casefold() == other.casefold()
