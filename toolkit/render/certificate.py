"""The https listener's certificate: made on the host, so that its thumbprint is known before there is a guest."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

from toolkit.private import keep, kept
from toolkit.render.winrm_steps import HostCertificate
from toolkit.secret import Secret
from toolkit.spec.guest import Winrm
from toolkit.spec.secrets import random_password

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from pathlib import Path

    from toolkit.certificates import Certificate
    from toolkit.spec.guest import Guest

_STORE = "certificate.json"
_NAMELESS = "unattend"


def host_certificate(guest: Guest, folder: Path, now: Callable[[], datetime]) -> HostCertificate | None:
    """Give what the guest imports: the certificate kept in `folder`, made first when there is none for its names.

    None where the communicator does not use https.
    """
    stored = _stored(guest, folder, now)
    if stored is None:
        return None
    return HostCertificate(
        thumbprint=stored["thumbprint"],
        host_name=stored["names"].split(" ")[0],
        pfx=base64.b64decode(stored["pfx"]),
        pfx_password=Secret(stored["pfx_password"]),
    )


def listener_certificate(guest: Guest, folder: Path, now: Callable[[], datetime]) -> Certificate | None:
    """Give the same certificate as the guest's listener shows it, with its key: for a simulated one."""
    from toolkit.certificates import Certificate  # noqa: PLC0415  (cryptography is slow to load, and rarely needed)

    stored = _stored(guest, folder, now)
    if stored is None:
        return None
    names = tuple(stored["names"].split(" "))
    return Certificate(Secret(stored["key"]), stored["certificate"], stored["thumbprint"], stored["sha256"], names)


def kept_thumbprint(folder: Path) -> str | None:
    """Give the SHA-256 thumbprint of the certificate that was made in `folder`, for a client to pin; None without."""
    return kept(folder, _STORE).get("sha256")


def _stored(guest: Guest, folder: Path, now: Callable[[], datetime]) -> dict[str, str] | None:
    communicator = guest.communicator
    if not isinstance(communicator, Winrm) or not communicator.ssl:
        return None
    names = certificate_names(guest, communicator)
    stored = kept(folder, _STORE)
    if stored.get("names") != " ".join(names):
        stored = _made(names, now())
        keep(folder, _STORE, stored)
    return stored


def certificate_names(guest: Guest, winrm: Winrm) -> tuple[str, ...]:
    """Give the names that clients will use: the computer's, and the address in the spec."""
    own = _NAMELESS if guest.computer.name == "*" else guest.computer.name
    return (own, winrm.host) if winrm.host and winrm.host != own else (own,)


def _made(names: tuple[str, ...], now: datetime) -> dict[str, str]:
    from toolkit.certificates import pfx, self_signed  # noqa: PLC0415  (cryptography is slow to load, and rarely needed)

    certificate = self_signed(names, now=now)
    password = random_password()
    return {
        "names": " ".join(names),
        "thumbprint": certificate.thumbprint,
        "sha256": certificate.sha256,
        "certificate": certificate.certificate,
        "key": certificate.key.reveal(),
        "pfx": base64.b64encode(pfx(certificate, Secret(password))).decode("ascii"),
        "pfx_password": password,
    }
