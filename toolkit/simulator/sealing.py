"""Message sealing of WinRM: a SOAP envelope encrypted inside a multipart body ([MS-WSMV] 2.2.9.1)."""

from __future__ import annotations

import re
import struct
from typing import Protocol

_SPNEGO = "application/HTTP-SPNEGO-session-encrypted"
_CREDSSP = "application/HTTP-CredSSP-session-encrypted"

_BOUNDARY = b"--Encrypted Boundary\r\n"
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
    return content_type.lower().startswith(("multipart/encrypted", "multipart/x-multi-encrypted"))


def opened(body: bytes, sealer: Sealer) -> bytes:
    """Give the envelope inside a sealed request body, of one part or, by CredSSP, several. Raises SealError."""
    end = body.rfind(_END)
    pieces = body[:end].split(_BOUNDARY)[1:]
    if end < 0 or not pieces or len(pieces) % 2:
        raise SealError("the sealed body is cut off")
    return b"".join(_opened(head, part, sealer) for head, part in zip(pieces[::2], pieces[1::2], strict=True))


def _opened(head: bytes, part: bytes, sealer: Sealer) -> bytes:
    _, found, payload = part.partition(_PAYLOAD)
    declared = _LENGTH.search(head)
    if not found or not declared or len(payload) < 4:
        raise SealError("the sealed body is cut off")
    (length,) = struct.unpack_from("<I", payload)
    plain = sealer.unseal(payload[4 : 4 + length], payload[4 + length :])
    if len(plain) != int(declared[1]):
        raise SealError("the sealed body is not as long as it says")
    return plain


def sealed(envelope: bytes, sealer: Sealer, *, credssp: bool = False) -> tuple[str, bytes]:
    """Give the content type and the multipart body that holds `envelope`."""
    size = 16_384 if credssp else max(1, len(envelope))  # CredSSP seals by TLS, whose records hold no more
    protocol = _CREDSSP if credssp else _SPNEGO
    parts = [_sealed(envelope[at : at + size], protocol, sealer) for at in range(0, max(1, len(envelope)), size)]
    kind = "multipart/encrypted" if len(parts) == 1 else "multipart/x-multi-encrypted"
    content_type = f'{kind};protocol="{protocol}";boundary="Encrypted Boundary"'
    return content_type, b"".join(parts) + b"--Encrypted Boundary--\r\n"


def _sealed(piece: bytes, protocol: str, sealer: Sealer) -> bytes:
    signature, ciphertext, padding = sealer.seal(piece)
    return b"".join(
        (
            b"--Encrypted Boundary\r\n\tContent-Type: %b\r\n" % protocol.encode("ascii"),
            b"\tOriginalContent: type=application/soap+xml;charset=UTF-8;",
            b"Length=%d\r\n" % (len(piece) + padding),
            b"--Encrypted Boundary\r\n\tContent-Type: application/octet-stream\r\n",
            struct.pack("<I", len(signature)),
            signature,
            ciphertext,
        )
    )
