"""Message sealing of WinRM: a SOAP envelope encrypted inside a multipart body ([MS-WSMV] 2.2.9.1)."""

from __future__ import annotations

import re
import struct
from typing import Protocol

CONTENT_TYPE = 'multipart/encrypted;protocol="application/HTTP-SPNEGO-session-encrypted";boundary="Encrypted Boundary"'

_END = b"--Encrypted Boundary--"
_PAYLOAD = b"application/octet-stream\r\n"
_LENGTH = re.compile(rb"Length=([0-9]{1,9})")


class SealError(ValueError):
    """A sealed body that cannot be opened: cut, changed, or of another connection."""


class Sealer(Protocol):
    """What sealing needs of a security context."""

    def seal(self, data: bytes) -> tuple[bytes, bytes, int]:
        """Give signature, ciphertext and the length of the padding."""

    def unseal(self, signature: bytes, data: bytes) -> bytes:
        """Give the plain text. Raises SealError."""


def is_sealed(content_type: str) -> bool:
    return content_type.lower().startswith("multipart/encrypted")


def opened(body: bytes, sealer: Sealer) -> bytes:
    """Give the envelope inside a sealed request body. Raises SealError."""
    head, found, payload = body.partition(_PAYLOAD)
    declared = _LENGTH.search(head)
    end = payload.rfind(_END)
    if not found or not declared or end < 4:
        raise SealError("the sealed body is cut off")
    (length,) = struct.unpack_from("<I", payload)
    plain = sealer.unseal(payload[4 : 4 + length], payload[4 + length : end])
    if len(plain) != int(declared[1]):
        raise SealError("the sealed body is not as long as it says")
    return plain


def sealed(envelope: bytes, sealer: Sealer) -> bytes:
    """Give the multipart body that holds `envelope`; its content type is CONTENT_TYPE."""
    signature, ciphertext, padding = sealer.seal(envelope)
    return b"".join(
        (
            b"--Encrypted Boundary\r\n\tContent-Type: application/HTTP-SPNEGO-session-encrypted\r\n",
            b"\tOriginalContent: type=application/soap+xml;charset=UTF-8;",
            b"Length=%d\r\n" % (len(envelope) + padding),
            b"--Encrypted Boundary\r\n\tContent-Type: application/octet-stream\r\n",
            struct.pack("<I", len(signature)),
            signature,
            ciphertext,
            b"--Encrypted Boundary--\r\n",
        )
    )
