"""Which image of install.wim: by the edition's name, by the image's own name or number, or by an edition id."""

from __future__ import annotations

from typing import TYPE_CHECKING

from toolkit.catalog.suggest import did_you_mean, one_of
from toolkit.spec.guest import Image, ImageByIndex, ImageByName, Installation
from toolkit.values import dataclass

if TYPE_CHECKING:
    from toolkit.catalog.releases import Edition, Release
    from toolkit.spec.section import Findings
    from toolkit.spec.windows import WindowsSection

_CORE = "core"
_EVALUATION = "evaluation"  # is part of the names of clients' evaluation images


@dataclass(frozen=True, slots=True)
class UsualImage:
    """What the usual name of an image says of it."""

    edition: Edition
    installation: Installation


def image_of_name(name: str, release: Release) -> UsualImage | None:
    """Find the image that the release's own media call so, in any case; None for a name of somebody's own."""
    wanted = name.casefold()
    for edition in release.editions.values():
        if edition.core_image and wanted == edition.core_image.casefold():
            return UsualImage(edition, Installation.CORE)
        if wanted in (edition.image.casefold(), (edition.evaluation_image or "").casefold()):
            return UsualImage(edition, Installation.DESKTOP)
    return None


def is_evaluation(section: WindowsSection) -> bool:
    """Whether Setup gets an evaluation image: as the spec says, or else as the image's own name does."""
    if "evaluation" in section.model_fields_set:
        return section.evaluation
    return _EVALUATION in (section.image_name or "").casefold()


def check_usual_image(
    section: WindowsSection, usual: UsualImage, edition: Edition, installation: Installation, findings: Findings
) -> None:
    """Refuse an image and an edition that are not each other's: the key, which is the edition's, would not fit."""
    for key, said, really in (
        ("edition", edition.key, usual.edition.key),
        ("installation", installation, usual.installation),
    ):
        if said != really:
            message = f'windows.{key} is "{said}", and the image "{section.image_name}" is "{really}"'
            findings.error(("windows", key), message, help=f"Remove windows.{key}, or name another image.")


def edition_of_id(
    section: WindowsSection, edition_id: str, release: Release, findings: Findings
) -> tuple[Edition | None, bool]:
    """Find the edition that the id names, and whether it is Server Core (`ServerStandardCore`).

    Setup has no documented way to choose by id (MetaData/Key: index, name, description), so the id is turned into the
    name that its image has in this release.
    """
    path = ("windows", "image_edition_id")
    for other in ("edition", "installation", "image_name", "image_index"):
        if getattr(section, other) is not None:
            findings.error(path, f"windows.image_edition_id and windows.{other} exclude each other")
    wanted = edition_id.casefold()
    for edition in reversed(release.editions.values()):
        if wanted == edition.edition_id.casefold():
            return _first_of(edition.edition_id, release), False
        if edition.core_image and wanted == edition.edition_id.casefold() + _CORE:
            return edition, True
    known = {edition.edition_id.casefold(): edition.edition_id for edition in release.editions.values()}
    message = f'windows.image_edition_id "{edition_id}" is no edition of {release.name}'
    help_ = did_you_mean(edition_id, known.values()) or f"It has {one_of(known.values())}."
    evaluated = known.get(wanted.removesuffix("eval"))
    if evaluated:  # what `unattend inspect` shows of such a medium
        help_ = f'Write image_edition_id = "{evaluated}" and evaluation = true.'
    findings.error(path, message, help=help_)
    return None, False


def _first_of(edition_id: str, release: Release) -> Edition:
    """Several editions may share an id, as the long-term ones do; the first is the newest."""
    return next(edition for edition in release.editions.values() if edition.edition_id == edition_id)


def image(
    section: WindowsSection, release: Release, edition: Edition, installation: Installation, findings: Findings
) -> Image:
    """Give the image: what the spec names, or what the edition's is called in this release and on such a medium."""
    if section.image_name is not None and section.image_index is not None:
        findings.error(("windows", "image_index"), "windows.image_index and windows.image_name exclude each other")
    if section.image_name is not None and not section.image_name.strip():
        message = "windows.image_name is blank"
        findings.error(("windows", "image_name"), message, help="Leave it out for the usual name.")
    if section.image_index is not None:
        return ImageByIndex(section.image_index)
    if section.image_name is not None:
        return ImageByName(section.image_name)
    if installation is Installation.CORE and release.server:
        return ImageByName(_core_image(edition, findings))
    if section.evaluation and not release.server and edition.evaluation_image is None:
        known = [key for key, each in release.editions.items() if each.evaluation_image]
        findings.error(
            ("windows", "edition"),
            f'there is no evaluation image of the edition "{edition.key}"',
            help=f"{release.name} has {one_of(known)}.",
        )
    return ImageByName((section.evaluation and edition.evaluation_image) or edition.image)


def _core_image(edition: Edition, findings: Findings) -> str:
    if edition.core_image is None:
        message = f'the edition "{edition.key}" has no Server Core'
        findings.error(("windows", "installation"), message, help='Use installation = "desktop".')
    return edition.core_image or edition.image
