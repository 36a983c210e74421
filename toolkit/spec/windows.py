"""Which Windows, for which machines, and with which key. The image is in toolkit.spec.image."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

from pydantic import BeforeValidator, Field, WithJsonSchema

from toolkit.catalog.releases import Edition, Release, releases
from toolkit.catalog.suggest import did_you_mean, one_of
from toolkit.spec.guest import Architecture, Installation, Windows
from toolkit.spec.image import check_usual_image, edition_of_id, image, image_of_name, is_evaluation
from toolkit.spec.section import Findings, Section

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from toolkit.spec.image import UsualImage

T = TypeVar("T")

_KEY = r"[A-Z0-9]{5}(-[A-Z0-9]{5}){4}"
_KEY_CHOICES = ("generic", "kms", "firmware", "none")
_ARCHITECTURES: dict[str, Any] = {"enum": [str(name) for name in Architecture], "type": "string"}
_EVALUATED = "enterprise"  # the one edition of which clients' evaluation media exist everywhere


def _listed(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


class WindowsSection(Section):
    """`[windows]`."""

    release: Annotated[str, WithJsonSchema({"enum": list(releases())}), Field(description="Which Windows.")]
    version: str | None = Field(None, description="Of Windows 10 and 11: 22H2, 24H2 ... Default: the newest known.")
    edition: str | None = Field(None, description="The edition's usual name: pro, enterprise, standard, datacenter ...")
    installation: Annotated[Installation | None, Field(strict=False)] = Field(
        None, description="core or desktop, on servers."
    )
    architecture: Annotated[
        list[Annotated[Architecture, Field(strict=False)]],
        BeforeValidator(_listed),
        WithJsonSchema({"anyOf": [_ARCHITECTURES, {"items": _ARCHITECTURES, "minItems": 1, "type": "array"}]}),
    ] = Field([Architecture.AMD64], min_length=1, description="One, or several for one file that serves them all.")
    image_name: str | None = Field(
        None, min_length=1, description="/IMAGE/NAME in install.wim. A usual one says the edition."
    )
    image_index: int | None = Field(None, ge=1, description="/IMAGE/INDEX in install.wim, instead of a name.")
    image_edition_id: str | None = Field(
        None, description="An edition id such as ServerStandard, instead of edition and installation."
    )
    product_key: str | None = Field(
        None, description="generic, kms, firmware, none, or a key. Default: generic on clients, kms on servers."
    )
    evaluation: bool = Field(
        default=False,
        description="The medium is evaluation media: no key may be given. An image_name with the word says so too.",
    )


def is_for_the_home(edition: str) -> bool:
    """These join no domain and let nobody in by Remote Desktop (Microsoft's comparisons of editions)."""
    return edition.startswith(("home", "starter"))


def resolve_windows(section: WindowsSection, findings: Findings) -> Windows | None:
    """Look the release's facts up: the edition, its image and its key. None when something named does not exist."""
    release = _known("release", section.release, releases(), findings)
    if release is None:
        return None
    _check_fits(section, release, findings)
    by_name = section.image_edition_id is None  # which excludes a name
    usual = image_of_name(section.image_name, release) if section.image_name and by_name else None
    edition, core = _edition(section, release, usual, findings)
    if edition is None:
        return None
    architectures = _architectures(section, edition, findings)
    default = usual.installation if usual else Installation.DESKTOP
    installation = Installation.CORE if core else section.installation or default
    if usual:
        check_usual_image(section, usual, edition, installation, findings)
    else:
        _check_guess(section, edition, findings)
    return Windows(
        release=replace(release, build=_build(section, release, edition, findings)),
        edition=edition.key,
        installation=installation,
        architecture=architectures[0],
        image=image(section, release, edition, installation, findings),
        product_key=_product_key(section, release, edition, findings),
        evaluation=is_evaluation(section),
        also_for=tuple(dict.fromkeys(name for name in architectures[1:] if name != architectures[0])),
    )


def _edition(
    section: WindowsSection, release: Release, usual: UsualImage | None, findings: Findings
) -> tuple[Edition | None, bool]:
    """Give the edition, and whether its id says Server Core."""
    if section.image_edition_id is not None:
        return edition_of_id(section, section.image_edition_id, release, findings)
    if usual and section.edition is None:
        return usual.edition, False
    default = _EVALUATED if is_evaluation(section) and not release.server else release.default_edition
    return _known("edition", section.edition or default, release.editions, findings), False


def _check_guess(section: WindowsSection, edition: Edition, findings: Findings) -> None:
    """Warn of an image whose edition nobody has said, where Setup gets that edition's key.

    The key is what Setup picks images by (UserData/ProductKey/Key): it takes none that this key is not for.
    """
    key = "image_name" if section.image_name is not None else "image_index"
    said = section.edition is not None or section.image_edition_id is not None
    if getattr(section, key) is None or said or is_evaluation(section):
        return
    if section.product_key in (None, "generic", "kms"):
        findings.warning(
            ("windows", key),
            f'windows.{key} does not say which edition the image is; Setup gets the key of "{edition.key}"',
            help="Write the image's windows.edition: Setup refuses the key of another edition.",
        )


def _build(section: WindowsSection, release: Release, edition: Edition, findings: Findings) -> int:
    if section.version is None:
        return edition.build or release.build
    if edition.build is not None:
        message = f'windows.version says what the edition "{edition.key}" says already'
        findings.error(("windows", "version"), message, help="Remove it.")
        return edition.build
    if not release.versions:
        findings.error(("windows", "version"), f"{release.name} has no versions to choose from", help="Remove it.")
        return release.build
    known = {name.casefold(): build for name, build in release.versions.items()}
    if section.version.casefold() not in known:
        _unknown("version", section.version, release.versions, findings)
    return known.get(section.version.casefold(), release.build)


def _known(key: str, name: str, table: dict[str, T], findings: Findings) -> T | None:
    if name not in table:
        _unknown(key, name, table, findings)
        return None
    return table[name]


def _unknown(key: str, name: str, table: Mapping[str, object], findings: Findings) -> None:
    allowed = f"Known here: {one_of(table)}."
    hint = did_you_mean(name, table)
    findings.error(
        ("windows", key), f'windows.{key} "{name}" is not known', help=f"{hint} {allowed}" if hint else allowed
    )


def _check_fits(section: WindowsSection, release: Release, findings: Findings) -> None:
    def check(key: str, value: str | None, allowed: Iterable[str]) -> None:
        if value is not None and value not in allowed:
            findings.error(
                ("windows", key),
                f'windows.{key} "{value}" does not exist for {release.name}',
                help=f"It has {one_of(allowed)}.",
            )

    check("installation", section.installation, release.installations)
    for architecture in section.architecture:
        check("architecture", architecture, release.architectures)


def _architectures(section: WindowsSection, edition: Edition, findings: Findings) -> list[Architecture]:
    """Give the architectures: an edition that has not all of the release's is for its own where the spec says none."""
    if not edition.architectures:
        return section.architecture
    if "architecture" not in section.model_fields_set:
        return [Architecture(name) for name in edition.architectures]
    for architecture in section.architecture:
        if architecture not in edition.architectures:
            message = f'the edition "{edition.key}" does not exist for {architecture}'
            findings.error(("windows", "architecture"), message, help=f"It has {one_of(edition.architectures)}.")
    return section.architecture


def _product_key(section: WindowsSection, release: Release, edition: Edition, findings: Findings) -> str | None:
    path = ("windows", "product_key")
    if is_evaluation(section):
        if section.product_key not in (None, "none"):
            by_name = "" if section.evaluation else " Or write evaluation = false: it is the image's name that says so."
            message = "evaluation media take no product key: Setup would refuse it"
            findings.error(path, message, help=f"Remove windows.product_key.{by_name}")
        return None
    match section.product_key:
        case None if release.default_key == "generic":
            return edition.generic_key or edition.kms_key
        case None:
            return edition.kms_key or edition.generic_key
        case "none" | "firmware":
            return None
        case "generic":
            return _published(edition.generic_key, "generic", edition, findings)
        case "kms":
            return _published(edition.kms_key, "kms", edition, findings)
        case key if re.fullmatch(_KEY, key.upper()):
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
