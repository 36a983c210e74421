"""The client's side of NTLM, Negotiate, Kerberos and CredSSP: tokens to and fro, and then sealing with their keys."""

from __future__ import annotations

import base64
import binascii
import struct
import sys
from typing import TYPE_CHECKING

import spnego
from spnego.channel_bindings import GssChannelBindings
from spnego.exceptions import FeatureMissingError, NegotiateOptions, SpnegoError

from toolkit.communicators.binding import end_point_binding
from toolkit.communicators.endpoint import Auth
from toolkit.communicators.errors import GarbledError, MissingSupportError, NegotiationError, UnauthorisedError
from toolkit.communicators.sealing import content_type, opened_body, sealed_body

if TYPE_CHECKING:
    from collections.abc import Iterable

    from spnego._context import ContextProxy

    from toolkit.communicators.endpoint import Endpoint

_SPNEGO_SEALED = "application/HTTP-SPNEGO-session-encrypted"
_CREDSSP_SEALED = "application/HTTP-CredSSP-session-encrypted"
_TLS_RECORD = 16 * 1024  # CredSSP seals by TLS, whose records hold no more
_BROKEN_TOKEN = (SpnegoError, ValueError, IndexError, KeyError, struct.error)  # what pyspnego raises on garbage


class Negotiation:
    """One logon, over one connection. `scheme` is its name in WWW-Authenticate and Authorization."""

    def __init__(self, endpoint: Endpoint, certificate: bytes | None) -> None:
        self._endpoint = endpoint
        self.scheme = "CredSSP" if endpoint.auth is Auth.CREDSSP else "Negotiate"
        self._protocol = _CREDSSP_SEALED if endpoint.auth is Auth.CREDSSP else _SPNEGO_SEALED
        self._context = _initiator(endpoint, certificate)

    @property
    def complete(self) -> bool:
        return self._context.complete

    def first(self) -> str:
        """Give the value of Authorization that begins. Raises NegotiationError."""
        return f"{self.scheme} {self._stepped(None)}"

    def answer(self, challenges: Iterable[str]) -> str | None:
        """Give the next value of Authorization, or None where the guest's answer holds no token or nothing is left.

        Raises NegotiationError where this host cannot go on, GarbledError where the token is none.
        """
        token = self._token(challenges)
        if token is None or self.complete:
            return None
        reply = self._stepped(token)
        return f"{self.scheme} {reply}" if reply else None

    def sealed(self, message: bytes) -> tuple[str, bytes]:
        """Give the Content-Type and the body of a sealed message."""
        size = _TLS_RECORD if self._endpoint.auth is Auth.CREDSSP else len(message)
        pieces = [message[at : at + size] for at in range(0, len(message), size)] or [b""]
        parts = [self._wrapped(piece) for piece in pieces]
        return content_type(self._protocol, len(parts)), sealed_body(self._protocol, parts)

    def opened(self, body: bytes) -> bytes:
        """Unseal an answer. Raises GarbledError where it was not sealed for this connection."""
        return opened_body(body, self._unwrapped)

    def _token(self, challenges: Iterable[str]) -> bytes | None:
        for challenge in challenges:
            scheme, _, blob = challenge.strip().partition(" ")
            if scheme.casefold() == self.scheme.casefold() and blob.strip():
                try:
                    return base64.b64decode(blob.strip(), validate=True)
                except binascii.Error as err:
                    raise GarbledError(f"{self._endpoint.host} sent a challenge that is no base64.") from err
        return None

    def _stepped(self, token: bytes | None) -> str:
        try:
            return base64.b64encode(self._context.step(token) or b"").decode("ascii")
        except _mechanism_errors() as err:
            if self._endpoint.auth is Auth.CREDSSP and (status := _minor(err)):
                # CredSSP carries the guest's own verdict inside: an NTSTATUS such as STATUS_LOGON_FAILURE.
                raise UnauthorisedError(
                    f"{self._endpoint.host} refused to log {self._endpoint.user} on (status {status & 0xFFFFFFFF:#x}).",
                    (self.scheme,),
                ) from err
            raise _refused(err, self._endpoint) from err
        except _BROKEN_TOKEN as err:
            raise GarbledError(f"{self._endpoint.host} sent a challenge that cannot be read.") from err

    def _wrapped(self, piece: bytes) -> tuple[int, bytes, bytes]:
        result = self._context.wrap_winrm(piece)
        return len(piece) + result.padding_length, result.header, result.data

    def _unwrapped(self, signature: bytes, ciphertext: bytes) -> bytes:
        try:
            return self._context.unwrap_winrm(signature, ciphertext)
        except _BROKEN_TOKEN as err:
            raise GarbledError(
                f"{self._endpoint.host} sent a sealed answer that this connection's keys do not open."
            ) from err


def _initiator(endpoint: Endpoint, certificate: bytes | None) -> ContextProxy:
    binding = GssChannelBindings(application_data=end_point_binding(certificate)) if certificate else None
    try:
        return spnego.client(
            endpoint.username,
            endpoint.password.reveal() or None,
            hostname=endpoint.name,
            service="HTTP",
            channel_bindings=binding,
            protocol=endpoint.auth.value,
            options=NegotiateOptions.use_ntlm if endpoint.auth is Auth.NTLM else NegotiateOptions.none,
        )
    except _mechanism_errors() as err:
        raise _refused(err, endpoint) from err
    except (FeatureMissingError, ImportError, ValueError) as err:
        raise MissingSupportError(
            f"{endpoint.auth.shown} is not to be had with what is installed here: {err}",
            help="pip install 'unattend[kerberos]' (it needs the headers of MIT Kerberos: libkrb5-dev, krb5-devel).",
        ) from err


def _refused(err: Exception, endpoint: Endpoint) -> NegotiationError:
    """Keep the mechanism's own number: its words are in the language of this host."""
    detail = " ".join(str(err).split())
    return NegotiationError(
        f"{endpoint.auth.shown} to {endpoint.name} fails on this host.", minor=_minor(err), detail=detail
    )


def _minor(err: Exception) -> int:
    """Find the number: of GSS-API's minor status, of SSPI, or of libkrb5 itself, signed as they give it."""
    for base in (err, getattr(err, "base_error", None), err.__cause__):
        for name in ("min_code", "winerror", "err_code"):
            if isinstance(code := getattr(base, name, None), int):
                return code - 0x1_0000_0000 if 0x8000_0000 <= code <= 0xFFFF_FFFF else code
    return 0


def _mechanism_errors() -> tuple[type[Exception], ...]:
    """Give pyspnego's exception, and libkrb5's, which pyspnego lets through where it has loaded that."""
    library = sys.modules.get("krb5")
    return (SpnegoError,) if library is None else (SpnegoError, library.Krb5Error)
