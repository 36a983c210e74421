"""What a client must know of a guest to speak WinRM with it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from toolkit.communicators.location import PATH, bracketed, checked_port
from toolkit.errors import UsageError

if TYPE_CHECKING:
    from toolkit.secret import Secret


class Auth(StrEnum):
    """How the user proves who they are. NTLM seals the messages where TLS does not; Basic never does."""

    BASIC = "basic"
    NTLM = "ntlm"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One guest's WinRM service and one user of it.

    `pin` is the thumbprint (SHA-1 or SHA-256, hexadecimal) of the only certificate to accept; it outranks `insecure`,
    which accepts any. Raises UsageError for a port, a user name or a pin that cannot be.
    """

    host: str
    port: int
    ssl: bool
    auth: Auth
    username: str
    password: Secret
    insecure: bool = False
    pin: str | None = None
    path: str = PATH

    def __post_init__(self) -> None:
        checked_port(self.port)
        if not self.username:
            raise UsageError("No user name is given.", help="Give the guest's administrator by winrm_username or -u.")
        if self.pin is not None:
            normal_thumbprint(self.pin)

    @property
    def url(self) -> str:
        return f"{'https' if self.ssl else 'http'}://{self.authority}{self.path}"

    @property
    def authority(self) -> str:
        return f"{bracketed(self.host)}:{self.port}"

    @property
    def thumbprint(self) -> str | None:
        """The pin as upper-case hexadecimal without separators, as Windows shows thumbprints."""
        return None if self.pin is None else normal_thumbprint(self.pin)


def normal_thumbprint(text: str) -> str:
    """Read a thumbprint however it was copied: `AA:BB..`, `aa bb ..`, `sha256:aabb..`.

    The Certificates console of Windows puts an invisible U+200E before the digits, which is dropped too.
    """
    bare = re.sub(r"^\u200e?\s*sha-?(?:1|256)[:=]", "", text.strip(), flags=re.IGNORECASE)
    digits = re.sub(r"[\s:\u200e-]", "", bare).upper()
    if len(digits) not in (40, 64) or not re.fullmatch(r"[0-9A-F]+", digits):
        raise UsageError(
            f"{text!r} is not a certificate's thumbprint",
            help="Give SHA-1 (40 hexadecimal digits, as Windows shows it) or SHA-256 (64).",
        )
    return digits
