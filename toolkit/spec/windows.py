"""Which Windows, from which image, with which key."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, TypeVar

from pydantic import Field, WithJsonSchema

from toolkit.catalog.releases import Edition, Release, releases
from toolkit.catalog.suggest import did_you_mean, one_of
from toolkit.spec.guest import Architecture, Image, ImageByIndex, ImageByName, Installation, Windows
from toolkit.spec.section import Findings, Section

if TYPE_CHECKING:
    from collections.abc import Iterable

T = TypeVar("T")

_KEY = re.compile(r"[A-Z0-9]{5}(-[A-Z0-9]{5}){4}")
_KEY_CHOICES = ("generic", "kms", "none")


class WindowsSection(Section):
    """`[windows]`."""

    release: Annotated[str, WithJsonSchema({"enum": list(releases())}), Field(description="Which Windows.")]
    edition: str | None = Field(None, description="The edition's usual name: pro, enterprise, standard, datacenter ...")
    installation: Annotated[Installation | None, Field(strict=False)] = Field(
        None, description="core or desktop, on servers."
    )
    architecture: Annotated[Architecture, Field(strict=False)] = Architecture.AMD64
    image_name: str | None = Field(None, min_length=1, description="/IMAGE/NAME in install.wim, when it differs.")
    image_index: int | None = Field(None, ge=1, description="/IMAGE/INDEX in install.wim, instead of a name.")
    product_key: str | None = Field(
        None, description="generic, kms, none, or a key. Default: generic on clients, kms on servers."
    )
    evaluation: bool = Field(default=False, description="The medium is evaluation media: no key may be given.")


def resolve_windows(section: WindowsSection, findings: Findings) -> Windows | None:
    """Look the release's facts up: the edition, its image and its key. None when something named does not exist."""
    release = _known("release", section.release, releases(), findings)
    if release is None:
        return None
    edition = _known("edition", section.edition or release.default_edition, release.editions, findings)
    _check_fits(section, release, findings)
    if section.image_name is not None and section.image_index is not None:
        findings.error(("windows", "image_index"), "windows.image_index and windows.image_name exclude each other")
    if edition is None:
        return None
    return Windows(
        release=release,
        edition=edition.key,
        installation=section.installation or Installation.DESKTOP,
        architecture=section.architecture,
        image=_image(section, edition, findings),
        product_key=_product_key(section, release, edition, findings),
        evaluation=section.evaluation,
    )


def _known(key: str, name: str, table: dict[str, T], findings: Findings) -> T | None:
    if name not in table:
        allowed = f"Known here: {one_of(table)}."
        hint = did_you_mean(name, table)
        findings.error(
            ("windows", key), f'windows.{key} "{name}" is not known', help=f"{hint} {allowed}" if hint else allowed
        )
        return None
    return table[name]


def _check_fits(section: WindowsSection, release: Release, findings: Findings) -> None:
    def check(key: str, value: str | None, allowed: Iterable[str]) -> None:
        if value is not None and value not in allowed:
            findings.error(
                ("windows", key),
                f'windows.{key} "{value}" does not exist for {release.name}',
                help=f"It has {one_of(allowed)}.",
            )

    check("installation", section.installation, release.installations)
    check("architecture", section.architecture, release.architectures)


def _image(section: WindowsSection, edition: Edition, findings: Findings) -> Image:
    if section.image_index is not None:
        return ImageByIndex(section.image_index)
    if section.image_name is not None:
        return ImageByName(section.image_name)
    if section.installation is Installation.CORE and edition.core_image:
        return ImageByName(edition.core_image)
    if section.evaluation and section.release in ("10", "11") and edition.evaluation_image is None:
        findings.error(
            ("windows", "edition"),
            f'there is no evaluation image of the edition "{edition.key}"',
            help='Evaluation media of Windows 10 and 11 hold "enterprise".',
        )
    return ImageByName((section.evaluation and edition.evaluation_image) or edition.image)


def _product_key(section: WindowsSection, release: Release, edition: Edition, findings: Findings) -> str | None:
    path = ("windows", "product_key")
    if section.evaluation:
        if section.product_key not in (None, "none"):
            findings.error(
                path, "evaluation media take no product key: Setup would refuse it", help="Remove windows.product_key."
            )
        return None
    match release.default_key if section.product_key is None else section.product_key:
        case "none":
            return None
        case "generic":
            return _published(edition.generic_key, "generic", edition, findings)
        case "kms":
            return _published(edition.kms_key, "kms", edition, findings)
        case key if _KEY.fullmatch(key.upper()):
            return key.upper()
        case _:
            findings.error(
                path,
                "windows.product_key is neither a key (AAAAA-BBBBB-CCCCC-DDDDD-EEEEE) nor a known word",
                help=f"The words are {one_of(_KEY_CHOICES)}.",
            )
            return None


def _published(key: str | None, kind: str, edition: Edition, findings: Findings) -> str | None:
    if key is None:
        findings.error(
            ("windows", "product_key"),
            f'no {kind} key is published for the edition "{edition.key}"',
            help='Give your own key, or "none".',
        )
    return key
