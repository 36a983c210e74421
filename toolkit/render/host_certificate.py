"""What the host puts on the medium so that both ends know each other before there is a guest."""

from __future__ import annotations

from dataclasses import field
from typing import TYPE_CHECKING

from toolkit.values import dataclass

if TYPE_CHECKING:
    from toolkit.certificates import TrustedClient
    from toolkit.secret import Secret


@dataclass(frozen=True, slots=True)
class HostCertificate:
    """The certificate that the guest's HTTPS listener shows, made on the host, so that its thumbprint is known there.

    `thumbprint` is the SHA-1 in upper-case hexadecimal; `host_name` must be the certificate's common name, or WinRM
    refuses the listener (0x803380E9). `client` is there where clients show certificates too; `pem` is the certificate
    itself, for clients that are given it as an authority.
    """

    thumbprint: str
    host_name: str
    pfx: bytes = field(repr=False)
    pfx_password: Secret
    client: TrustedClient | None = None
    pem: str = ""
