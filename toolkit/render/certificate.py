"""The certificates that the host makes or brings: what is random by nature is made once and kept beside the output."""

from __future__ import annotations

import base64
import hashlib
from typing import TYPE_CHECKING, assert_never

from toolkit.files import write_whole
from toolkit.private import FOLDER, keep, kept
from toolkit.render.host_certificate import HostCertificate
from toolkit.secret import Secret
from toolkit.spec.guest import GuestMade, HostMade, OwnPfx, Winrm
from toolkit.spec.secrets import random_password

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from pathlib import Path

    from toolkit.certificates import Certificate, TrustedClient
    from toolkit.spec.guest import Guest

CLIENT_CERTIFICATE = "winrm-client.pem"
CLIENT_KEY = "winrm-client-key.pem"

_STORE = "certificate.json"
_CLIENT_STORE = "client-certificate.json"
_NAMELESS = "unattend"
_MADE_HERE = "host"


def host_certificate(
    guest: Guest, folder: Path, now: Callable[[], datetime], *, renew: bool = False
) -> HostCertificate | None:
    """Give what the guest imports: the certificate kept in `folder`, made first when there is none for its names.

    `renew` makes it anew whatever is kept. None where the communicator does not use https, and where the guest makes
    its own. Raises UsageError for a user's own file that cannot be used.
    """
    stored = _stored(guest, folder, now, renew=renew)
    if stored is None:
        return None
    return HostCertificate(
        thumbprint=stored["thumbprint"],
        host_name=stored["host_name"],
        pfx=base64.b64decode(stored["pfx"]),
        pfx_password=Secret(stored["pfx_password"]),
        client=_client(guest, folder, now, renew=renew),
        pem=stored["certificate"],
    )


def listener_certificate(guest: Guest, folder: Path, now: Callable[[], datetime]) -> Certificate | None:
    """Give the same certificate as the guest's listener shows it, with its key: for a simulated one.

    Where the guest makes its own, it is another one every time.
    """
    from toolkit.certificates import Certificate, self_signed  # noqa: PLC0415  (cryptography is slow to load)

    stored = _stored(guest, folder, now)
    if stored is not None:
        names = tuple(stored["names"].split(" "))
        return Certificate(Secret(stored["key"]), stored["certificate"], stored["thumbprint"], stored["sha256"], names)
    if isinstance(guest.communicator, Winrm) and guest.communicator.ssl:
        return self_signed(certificate_names(guest, guest.communicator), now=now())
    return None


def kept_thumbprint(folder: Path) -> str | None:
    """Give the SHA-256 thumbprint of the certificate that is kept in `folder`, for a client to pin; None without."""
    return kept(folder, _STORE).get("sha256")


def certificate_names(guest: Guest, winrm: Winrm) -> tuple[str, ...]:
    """Give the names that clients will use: the computer's, the address in the spec, and those that the spec adds."""
    own = _NAMELESS if guest.computer.name == "*" else guest.computer.name
    given = (own, *((winrm.host,) if winrm.host else ()), *guest.bootstrap.certificate_names)
    return tuple(dict.fromkeys(given))


def _stored(guest: Guest, folder: Path, now: Callable[[], datetime], *, renew: bool = False) -> dict[str, str] | None:
    communicator = guest.communicator
    if not isinstance(communicator, Winrm) or not communicator.ssl:
        return None
    stored = kept(folder, _STORE)
    match guest.bootstrap.certificate:
        case GuestMade():
            if stored:
                keep(folder, _STORE, {})  # a client must not pin what was true of an earlier spec
            return None
        case OwnPfx() as own:
            source = hashlib.sha256(own.data).hexdigest()
            return _fresh(folder, stored, {"source": source}, lambda: _brought(own), renew=renew)
        case HostMade():
            names = certificate_names(guest, communicator)
            wanted = {"source": _MADE_HERE, "names": " ".join(names)}
            return _fresh(folder, {"source": _MADE_HERE, **stored}, wanted, lambda: _made(names, now()), renew=renew)
        case _:
            assert_never(guest.bootstrap.certificate)


def _fresh(
    folder: Path, stored: dict[str, str], wanted: dict[str, str], make: Callable[[], dict[str, str]], *, renew: bool
) -> dict[str, str]:
    """Give what is stored where it is what is wanted, and else make it and keep that."""
    if not renew and "host_name" in stored and stored.items() >= wanted.items():
        return stored
    made = {**make(), **wanted}
    keep(folder, _STORE, made)
    return made


def _made(names: tuple[str, ...], now: datetime) -> dict[str, str]:
    from toolkit.certificates import pfx, self_signed  # noqa: PLC0415  (cryptography is slow to load, and rarely needed)

    certificate, password = self_signed(names, now=now), Secret(random_password())
    return _texts(certificate, pfx(certificate, password), password)


def _brought(own: OwnPfx) -> dict[str, str]:
    from toolkit.certificates import opened  # noqa: PLC0415  (cryptography is slow to load, and rarely needed)

    password = Secret(random_password())
    certificate, packed = opened(own.data, own.password, password, name=own.name)
    return _texts(certificate, packed, password)


def _texts(certificate: Certificate, packed: bytes, password: Secret) -> dict[str, str]:
    return {
        "host_name": certificate.names[0],
        "names": " ".join(certificate.names),
        "thumbprint": certificate.thumbprint,
        "sha256": certificate.sha256,
        "certificate": certificate.certificate,
        "key": certificate.key.reveal(),
        "pfx": base64.b64encode(packed).decode("ascii"),
        "pfx_password": password.reveal(),
    }


def _client(guest: Guest, folder: Path, now: Callable[[], datetime], *, renew: bool) -> TrustedClient | None:
    """Give the client's certificate where the host makes it. Its key stays here, in two files that clients read."""
    communicator = guest.communicator
    if not isinstance(communicator, Winrm) or not isinstance(guest.bootstrap.client_certificate, HostMade):
        return None
    from toolkit.certificates import client_certificate, trusted_client  # noqa: PLC0415  (cryptography is slow to load)

    stored = kept(folder, _CLIENT_STORE)
    if renew or stored.get("user") != communicator.username:
        made = client_certificate(communicator.username, now=now())
        stored = {"user": communicator.username, "certificate": made.certificate, "key": made.key.reveal()}
        keep(folder, _CLIENT_STORE, stored)
        write_whole(folder / FOLDER / CLIENT_CERTIFICATE, stored["certificate"].encode("ascii"))
        write_whole(folder / FOLDER / CLIENT_KEY, stored["key"].encode("ascii"))
    return trusted_client(stored["certificate"].encode("ascii"), communicator.username, name=CLIENT_CERTIFICATE)
