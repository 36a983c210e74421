"""The guest's side of TLS: its certificate, the versions it speaks, and whose client certificates it takes."""

from __future__ import annotations

import hashlib
import ssl
import tempfile
import warnings
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from toolkit.files import PRIVATE
from toolkit.values import dataclass

if TYPE_CHECKING:
    from toolkit.certificates import Certificate


class Schannel(StrEnum):
    """What a guest's SCHANNEL speaks: today's TLS, that of Windows 7, or ciphers that no client of today has."""

    MODERN = "modern"
    ONLY_1_0 = "1.0"
    ODD_CIPHERS = "odd-ciphers"


@dataclass(frozen=True, slots=True)
class Mapping:
    """Client certificates that `authority` (PEM) issued, or is, log `user` on."""

    authority: str
    user: str


def server_context(certificate: Certificate, schannel: Schannel, mapping: Mapping | None) -> ssl.SSLContext:
    """Load the certificate by way of a private file, the only way that ssl knows."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    match schannel:
        case Schannel.MODERN:
            pass
        case Schannel.ONLY_1_0:
            _be_old(context)
        case Schannel.ODD_CIPHERS:
            context.maximum_version = ssl.TLSVersion.TLSv1_2
            context.set_ciphers("CAMELLIA256-SHA256:CAMELLIA128-SHA256")
    with tempfile.TemporaryDirectory(prefix="unattend-tls-") as folder:
        pem = Path(folder) / "server.pem"
        pem.touch(mode=PRIVATE)
        pem.write_text(certificate.pem.reveal(), encoding="ascii")
        context.load_cert_chain(pem)
    if mapping is not None:
        context.verify_mode = ssl.CERT_OPTIONAL
        context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
        context.load_verify_locations(cadata=mapping.authority)
    return context


def binding(certificate: Certificate) -> bytes:
    """Give the `tls-server-end-point` of a certificate that is signed by SHA-256 (RFC 5929, 4.1)."""
    der = ssl.PEM_cert_to_DER_cert(certificate.certificate)
    return b"tls-server-end-point:" + hashlib.sha256(der).digest()


def _be_old(context: ssl.SSLContext) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # that it is old is the point
        context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1
    context.set_ciphers("ALL:@SECLEVEL=0")
