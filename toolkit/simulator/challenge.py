"""The guest's NTLM challenge ([MS-NLMP] 2.2.1.2), in the guest's own name: pyspnego's would name this host."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from toolkit.simulator.state import GuestState

_SIGNATURE = b"NTLMSSP\x00"
_HEADER = 56  # bytes before the payload: up to and with the version
_VERSION_FLAG = 0x02000000
_REVISION = 15  # NTLMSSP_REVISION_W2K3
_WINDOWS_EPOCH = 11_644_473_600  # seconds from 1601 to 1970
_COMPUTER, _DOMAIN, _DNS_COMPUTER, _DNS_DOMAIN, _TIME = 1, 2, 3, 4, 7


def own_challenge(token: bytes, state: GuestState, now: datetime) -> bytes:
    """Put the guest's names, version and clock into a challenge that pyspnego has made."""
    flags = struct.unpack_from("<I", token, 20)[0] | _VERSION_FLAG
    name = state.host_name.upper().encode("utf-16-le")
    info = _target_info(state, now)
    fields = struct.pack("<HHI", len(name), len(name), _HEADER)
    info_fields = struct.pack("<HHI", len(info), len(info), _HEADER + len(name))
    major, _, minor = state.windows.nt.partition(".")
    version = struct.pack("<BBHxxxB", int(major), int(minor), state.windows.build, _REVISION)
    return b"".join(
        (
            _SIGNATURE,
            struct.pack("<I", 2),
            fields,
            struct.pack("<I", flags),
            token[24:32],  # the server's challenge stays
            bytes(8),
            info_fields,
            version,
            name,
            info,
        )
    )


def _target_info(state: GuestState, now: datetime) -> bytes:
    name, short = state.host_name, state.host_name.upper()
    ticks = int((now.timestamp() + _WINDOWS_EPOCH) * 10_000_000)
    pairs = (
        (_DOMAIN, short.encode("utf-16-le")),
        (_COMPUTER, short.encode("utf-16-le")),
        (_DNS_DOMAIN, name.encode("utf-16-le")),
        (_DNS_COMPUTER, name.encode("utf-16-le")),
        (_TIME, struct.pack("<Q", ticks)),
    )
    return b"".join(struct.pack("<HH", kind, len(value)) + value for kind, value in pairs) + bytes(4)
