"""Whose certificate is accepted, as a TLS context: the same for the look at a guest and for the work in it."""

from __future__ import annotations

import hashlib
import ssl
from typing import TYPE_CHECKING

from toolkit.communicators.errors import CertificateError
from toolkit.errors import UnreadableError, UsageError

if TYPE_CHECKING:
    from toolkit.communicators.endpoint import ClientCertificate, Endpoint

_SHA1_DIGITS = 40


def secure_context(endpoint: Endpoint) -> ssl.SSLContext:
    """Make the context in which this endpoint's TLS is spoken.

    With a pin, or insecure, the context itself accepts any certificate: `check_pin` comes after the handshake. Raises
    UnreadableError or UsageError where a file of certificates or keys cannot be used.
    """
    context = trusting_context() if endpoint.pin or endpoint.insecure else _judging_context(endpoint)
    if endpoint.client_certificate is not None:
        present(context, endpoint.client_certificate)
    return context


def trusting_context() -> ssl.SSLContext:
    """Accept any certificate: to look at it, or because its thumbprint is compared afterwards."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # not the default one, which would load every authority first
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def present(context: ssl.SSLContext, certificate: ClientCertificate) -> None:
    """Show the user's certificate in handshakes, and after them: http.sys asks late under TLS 1.3 (ansible#77768)."""
    passphrase = certificate.passphrase.reveal() if certificate.passphrase else ""
    try:
        # A passphrase is always given: without one, OpenSSL would ask for it on the terminal.
        context.load_cert_chain(certificate.certificate, certificate.key, password=lambda: passphrase)
    except ssl.SSLError as err:
        raise UsageError(
            f"{certificate.certificate} and {certificate.key} are not a certificate and its key ({err.reason or err}).",
            help="Both are PEM files; an encrypted key needs its passphrase in UNATTEND_CLIENT_KEY_PASSPHRASE.",
        ) from err
    except OSError as err:
        raise UnreadableError(
            f"{err.filename or certificate.certificate} cannot be read: {err.strerror or err}"
        ) from err
    context.post_handshake_auth = True


def check_pin(endpoint: Endpoint, der: bytes | None) -> None:
    """Raise CertificateError where a pin is set and `der` is not the pinned certificate."""
    pin = endpoint.thumbprint
    if pin is None:
        return
    if thumbprint(der or b"", like=pin) != pin:
        raise CertificateError(f"The certificate of {endpoint.authority} is not the one that is pinned.")


def thumbprint(der: bytes, *, like: str) -> str:
    """Give the thumbprint in the algorithm that `like` is of, told by its length."""
    digest = hashlib.sha1(der, usedforsecurity=False) if len(like) == _SHA1_DIGITS else hashlib.sha256(der)
    return digest.hexdigest().upper()


def _judging_context(endpoint: Endpoint) -> ssl.SSLContext:
    if endpoint.ca_file is None:
        return ssl.create_default_context()
    try:
        return ssl.create_default_context(cafile=endpoint.ca_file)
    except ssl.SSLError as err:
        raise UsageError(
            f"{endpoint.ca_file} holds no certificate ({err.reason or err}).", help="Give a PEM file."
        ) from err
    except OSError as err:
        raise UnreadableError(f"{endpoint.ca_file} cannot be read: {err.strerror or err}") from err
