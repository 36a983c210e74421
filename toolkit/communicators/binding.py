"""Channel binding: what ties a logon to the TLS connection it came over, so that nobody in between can pass it on."""

from __future__ import annotations

import hashlib

from toolkit.communicators.der import OBJECT_IDENTIFIER, SEQUENCE, DerError, dotted, only

_PREFIX = b"tls-server-end-point:"
# The hash of the certificate's own signature, but SHA-256 in place of MD5 and SHA-1 (RFC 5929, 4.1).
_HASHES = {
    "1.2.840.113549.1.1.12": "sha384",
    "1.2.840.113549.1.1.13": "sha512",
    "1.2.840.10045.4.3.3": "sha384",
    "1.2.840.10045.4.3.4": "sha512",
}


def end_point_binding(certificate: bytes) -> bytes:
    """Give the `tls-server-end-point` binding of a server's certificate (DER)."""
    return _PREFIX + hashlib.new(_HASHES.get(_signature(certificate), "sha256"), certificate).digest()


def _signature(certificate: bytes) -> str:
    """Name the algorithm of the signature: the second element of a Certificate (RFC 5280, 4.1)."""
    try:
        algorithm = only(certificate, SEQUENCE).inside()[1]
        return dotted(only(algorithm.content, OBJECT_IDENTIFIER).content)
    except (DerError, IndexError):
        return ""
