"""A certificate read from its own bytes, whoever vouches for it: names, dates, use, key (RFC 5280, 4.1)."""

from __future__ import annotations

import ipaddress
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from toolkit.communicators.der import OBJECT_IDENTIFIER, SEQUENCE, DerError, Element, dotted, elements, only
from toolkit.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterator

SERVER_AUTHENTICATION = "1.3.6.1.5.5.7.3.1"

_EXPLICIT_VERSION, _EXTENSIONS, _UTC_TIME = 0xA0, 0xA3, 0x17
_BOOLEAN, _BMP_STRING = 0x01, 0x1E
_DNS_NAME, _IP_ADDRESS = 0x82, 0x87
_ALTERNATIVE_NAMES, _EXTENDED_USE = "2.5.29.17", "2.5.29.37"
_ATTRIBUTES = {
    "2.5.4.3": "CN", "2.5.4.6": "C", "2.5.4.7": "L", "2.5.4.8": "ST", "2.5.4.10": "O", "2.5.4.11": "OU",
    "0.9.2342.19200300.100.1.25": "DC",
}  # fmt: skip
_USES = {
    SERVER_AUTHENTICATION: "server authentication",
    "1.3.6.1.5.5.7.3.2": "client authentication",
    "2.5.29.37.0": "any",
}
_SIGNATURES = {
    "1.2.840.113549.1.1.4": "MD5 with RSA",
    "1.2.840.113549.1.1.5": "SHA-1 with RSA",
    "1.2.840.113549.1.1.11": "SHA-256 with RSA",
    "1.2.840.113549.1.1.12": "SHA-384 with RSA",
    "1.2.840.113549.1.1.13": "SHA-512 with RSA",
    "1.2.840.10045.4.3.2": "SHA-256 with ECDSA",
    "1.2.840.10045.4.3.3": "SHA-384 with ECDSA",
}


@dataclass(frozen=True, slots=True)
class Certificate:
    """`uses` is empty where the certificate is good for any use; a date is None where it cannot be read."""

    subject: str = ""
    issuer: str = ""
    names: tuple[str, ...] = ()
    not_before: datetime | None = None
    not_after: datetime | None = None
    uses: tuple[str, ...] = ()
    signature: str = ""

    @property
    def for_servers(self) -> bool:
        """Whether its extended key usage, if it has any, holds server authentication."""
        return not self.uses or bool({"server authentication", "any"} & set(self.uses))


def read_certificate(der: bytes) -> Certificate:
    """Read as much as there is; an empty Certificate where the bytes are none."""
    try:
        return _certificate(der)
    except (DerError, IndexError, ValueError):
        return Certificate()


def _certificate(der: bytes) -> Certificate:
    body = only(der, SEQUENCE).inside()[0].inside()
    fields = body[1:] if body[0].tag == _EXPLICIT_VERSION else body
    _, signature, issuer, validity, subject, _ = fields[:6]
    begins, ends = validity.inside()[:2]
    extensions = dict(_extensions(fields[6:]))
    algorithm = dotted(signature.inside()[0].content)
    return Certificate(
        subject=_name(subject),
        issuer=_name(issuer),
        names=tuple(_alternatives(extensions.get(_ALTERNATIVE_NAMES, b""))),
        not_before=_moment(begins),
        not_after=_moment(ends),
        uses=tuple(_uses(extensions.get(_EXTENDED_USE, b""))),
        signature=_SIGNATURES.get(algorithm, algorithm),
    )


def _extensions(rest: tuple[Element, ...]) -> Iterator[tuple[str, bytes]]:
    for holder in rest:
        if holder.tag == _EXTENSIONS:
            for extension in only(holder.content, SEQUENCE).inside():
                parts = [part for part in extension.inside() if part.tag != _BOOLEAN]
                yield dotted(parts[0].content), parts[1].content


def _name(name: Element) -> str:
    return ", ".join(
        f"{_ATTRIBUTES.get(kind := dotted(attribute.inside()[0].content), kind)}={_text(attribute.inside()[1])}"
        for part in name.inside()
        for attribute in part.inside()
    )


def _text(value: Element) -> str:
    return value.content.decode("utf-16-be" if value.tag == _BMP_STRING else "utf-8", "replace")


def _alternatives(extension: bytes) -> Iterator[str]:
    if extension:
        for name in only(extension, SEQUENCE).inside():
            if name.tag == _DNS_NAME:
                yield name.content.decode("ascii", "replace")
            elif name.tag == _IP_ADDRESS and len(name.content) in {4, 16}:
                yield str(ipaddress.ip_address(name.content))


def _uses(extension: bytes) -> Iterator[str]:
    if extension:
        for use in elements(only(extension, SEQUENCE).content):
            if use.tag == OBJECT_IDENTIFIER:
                known = dotted(use.content)
                yield _USES.get(known, known)


def _moment(time: Element) -> datetime | None:
    """Read UTCTime, whose two-digit years turn at 50 (RFC 5280, 4.1.2.5.1), or GeneralizedTime."""
    text = time.content.decode("ascii", "replace").removesuffix("Z")
    if time.tag == _UTC_TIME:
        text = f"{'19' if text[:2] >= '50' else '20'}{text}"
    try:
        return datetime.strptime(text, "%Y%m%d%H%M%S").replace(tzinfo=UTC)
    except ValueError:
        return None
