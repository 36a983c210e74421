"""Sealed messages: a SOAP envelope encrypted inside a multipart body ([MS-WSMV] 2.2.9.1)."""

from __future__ import annotations

import re
import struct
from typing import TYPE_CHECKING

from toolkit.communicators.errors import GarbledError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

_SOAP = b"application/soap+xml;charset=UTF-8"
_BOUNDARY = b"--Encrypted Boundary\r\n"
_END = b"--Encrypted Boundary--\r\n"
_OCTETS = b"\tContent-Type: application/octet-stream\r\n"
_LENGTH = re.compile(rb"Length=([0-9]{1,9})")
_LONGEST_SIGNATURE = 4096


def content_type(protocol: str, parts: int) -> str:
    """Give the Content-Type of a body of so many sealed parts; only CredSSP's TLS records make more than one."""
    kind = "multipart/encrypted" if parts == 1 else "multipart/x-multi-encrypted"
    return f'{kind};protocol="{protocol}";boundary="Encrypted Boundary"'


def sealed_body(protocol: str, parts: Sequence[tuple[int, bytes, bytes]]) -> bytes:
    """Frame sealed parts: the length of what was sealed, the signature, the ciphertext."""
    return b"".join(_part(protocol.encode("ascii"), *part) for part in parts) + _END


def opened_body(body: bytes, unseal: Callable[[bytes, bytes], bytes]) -> bytes:
    """Unseal every part and join them. Raises GarbledError where the frame is not what it should be."""
    return b"".join(_opened(body, unseal))


def _part(protocol: bytes, length: int, signature: bytes, ciphertext: bytes) -> bytes:
    return b"".join(
        (
            _BOUNDARY,
            b"\tContent-Type: %b\r\n" % protocol,
            b"\tOriginalContent: type=%b;Length=%d\r\n" % (_SOAP, length),
            _BOUNDARY,
            _OCTETS,
            struct.pack("<I", len(signature)),
            signature,
            ciphertext,
        )
    )


def _opened(body: bytes, unseal: Callable[[bytes, bytes], bytes]) -> Iterator[bytes]:
    """Walk along the frame. The ciphertext may hold the boundary by chance only at one place in 2^160."""
    pieces = body.removesuffix(_END).removesuffix(_END.rstrip()).split(_BOUNDARY)[1:]
    if not pieces or len(pieces) % 2:
        raise GarbledError("The guest's sealed answer is cut off.")
    for head, payload in zip(pieces[::2], pieces[1::2], strict=True):
        declared = _LENGTH.search(head)
        octets = payload.partition(b"\r\n")[2]
        if declared is None or len(octets) < 4:
            raise GarbledError("The guest's sealed answer has no length.")
        (length,) = struct.unpack_from("<I", octets)
        if length > min(_LONGEST_SIGNATURE, len(octets) - 4):
            raise GarbledError("The guest's sealed answer has no signature.")
        plain = unseal(octets[4 : 4 + length], octets[4 + length :])
        if len(plain) > int(declared[1]):  # padding makes the declared length the larger one
            raise GarbledError("The guest's sealed answer is not as long as it says.")
        yield plain
