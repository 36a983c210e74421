"""Who is on this connection: Basic for each request, NTLM once for the connection, as http.sys keeps it.

One thing differs from Windows: an NTLM challenge inside SPNEGO or CredSSP names the host that simulates, because
pyspnego's acceptor leaves no choice there; the bare one names the guest.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import struct
from typing import TYPE_CHECKING, TypeAlias

import spnego
from spnego._ntlm_raw.messages import Challenge
from spnego.channel_bindings import GssChannelBindings
from spnego.exceptions import NegotiateOptions, SpnegoError

from toolkit.simulator.challenge import own_challenge
from toolkit.simulator.sealing import SealError
from toolkit.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from spnego._context import ContextProxy

    from toolkit.simulator.credentials import CredentialStore
    from toolkit.simulator.state import GuestState, LocalUser

_NTLM_SIGNATURE = b"NTLMSSP\x00"
# The OIDs that a token begins with (RFC 2743, 3.1), as DER: 1.2.840.113554.1.2.2 where it is Kerberos, bare.
_KERBEROS = bytes.fromhex("06092a864886f712010202")
_LONGEST_TOKEN_HEAD = 6  # tag and length before the OID
_MUTUAL = "http://schemas.dmtf.org/wbem/wsman/1/wsman/secprofile/https/mutual"
_BROKEN_TOKEN = (SpnegoError, ValueError, IndexError, KeyError, struct.error)  # what pyspnego raises on garbage


@dataclass(frozen=True, slots=True)
class Granted:
    """The request may go on as `user`. `token` is the acceptor's last word, due in the reply's WWW-Authenticate."""

    user: LocalUser
    token: str | None = None


@dataclass(frozen=True, slots=True)
class Refused:
    """401, with these values of WWW-Authenticate."""

    challenges: tuple[str, ...]


Verdict: TypeAlias = Granted | Refused


@dataclass(frozen=True, slots=True)
class Channel:
    """What a connection is under its HTTP. `binding` is the guest's own tls-server-end-point, None without TLS.

    `mapped` is the user whom the client's certificate stands for, as far as one was shown and is mapped.
    """

    binding: bytes | None = None
    mapped: str | None = None


class ConnectionAuthentication:
    """What one TCP connection has proven so far."""

    def __init__(
        self, state: GuestState, credentials: CredentialStore, channel: Channel, now: Callable[[], datetime]
    ) -> None:
        self._state = state
        self._credentials = credentials
        self._channel = channel
        self._now = now
        self._secure = channel.binding is not None
        self._context: ContextProxy | None = None
        self._user: LocalUser | None = None
        self.credssp = False

    @property
    def offers(self) -> tuple[str, ...]:
        """What a 401 offers. Modelled: Basic over http is not offered unless AllowUnencrypted is on."""
        return tuple(self._offers())

    @property
    def plain_allowed(self) -> bool:
        """Whether a payload that is neither sealed nor inside TLS is taken (AllowUnencrypted)."""
        return self._secure or self._state.allow_unencrypted

    def verdict(self, header: str | None) -> Verdict:
        """Judge a request by its Authorization header, or by what the connection has proven before."""
        kind, _, blob = (header or "").partition(" ")
        match kind.lower():
            case "" if self._user is not None:
                return Granted(self._user)
            case mutual if mutual == _MUTUAL:
                return self._certificate()
            case "basic" if self._basic_usable:
                return self._basic(_decoded(blob))
            case "negotiate" if self._state.negotiate:
                return self._negotiate("Negotiate", _decoded(blob))
            case "credssp" if self._state.credssp:
                return self._negotiate("CredSSP", _decoded(blob))
            case _:
                return self._refused()

    def seal(self, data: bytes) -> tuple[bytes, bytes, int]:
        if self._context is None:
            raise SealError("nobody has authenticated on this connection")
        result = self._context.wrap_winrm(data)
        return result.header, result.data, result.padding_length

    def unseal(self, signature: bytes, data: bytes) -> bytes:
        if self._context is None or self._user is None:
            raise SealError("the body was sealed for another connection")
        try:
            return self._context.unwrap_winrm(signature, data)
        except _BROKEN_TOKEN as err:
            raise SealError("the sealed body does not match its signature") from err

    @property
    def _basic_usable(self) -> bool:
        return self._state.basic and self.plain_allowed

    def _offers(self) -> Iterator[str]:
        if self._state.negotiate:
            yield "Negotiate"
        if self._state.kerberos:
            yield "Kerberos"
        if self._state.credssp:
            yield "CredSSP"
        if self._basic_usable:
            yield 'Basic realm="WSMAN"'

    def _refused(self) -> Refused:
        self._context = self._user = None
        return Refused(self.offers)

    def _basic(self, blob: bytes) -> Verdict:
        """Take UTF-8 and Latin-1: clients send either, and Windows reads its own ANSI code page."""
        for encoding in ("utf-8", "latin-1"):
            name, _, password = blob.decode(encoding, "replace").partition(":")
            user = self._state.user(name.rpartition("\\")[2])
            if user is not None and _same(password, user.password.reveal()):
                return Granted(user)
        return self._refused()

    def _certificate(self) -> Verdict:
        """Take whom the client's certificate is mapped to (MicrosoftDocs/win32: WinRM client certificate mapping)."""
        user = self._state.user(self._channel.mapped or "")
        return Granted(user) if user else self._refused()

    def _negotiate(self, scheme: str, token: bytes) -> Verdict:
        if self._context is None or self._context.complete:
            self._user = None
            self._context = None
        try:
            with self._credentials.in_use():
                context = self._context = self._context or self._acceptor(scheme, token)
                reply = context.step(token)
        except _BROKEN_TOKEN:
            return self._refused()
        if reply and reply.startswith(_NTLM_SIGNATURE) and not context.complete:
            reply = own_challenge(reply, self._state, self._now())
            # The acceptor must remember what was sent, for which pyspnego has no public way.
            context._temp_challenge = Challenge.unpack(reply)  # type: ignore[attr-defined]  # noqa: SLF001
        answer = f"{scheme} {base64.b64encode(reply).decode('ascii')}" if reply else None
        if not context.complete:
            return Refused((answer,)) if answer else self._refused()
        self.credssp = scheme == "CredSSP"
        self._user = self._state.user(_account(context.client_principal or ""))
        return Granted(self._user, answer) if self._user else self._refused()

    def _acceptor(self, scheme: str, token: bytes) -> ContextProxy:
        """Take NTLM raw or inside SPNEGO, by pyspnego's own code on every host (never SSPI's accounts on Windows)."""
        strict = self._state.channel_binding and self._channel.binding is not None
        bindings = GssChannelBindings(application_data=self._channel.binding) if strict else None
        if scheme == "CredSSP":
            return spnego.server(protocol="credssp", options=NegotiateOptions.use_negotiate)
        if token.startswith(_NTLM_SIGNATURE):
            return spnego.server(protocol="ntlm", options=NegotiateOptions.use_ntlm, channel_bindings=bindings)
        if self._state.kerberos and 0 < token.find(_KERBEROS) <= _LONGEST_TOKEN_HEAD:
            return spnego.server(protocol="kerberos", service="HTTP", hostname="")
        return spnego.server(protocol="negotiate", options=NegotiateOptions.use_negotiate, channel_bindings=bindings)


def _account(principal: str) -> str:
    r"""Give the account's own name of `DOMAIN\user` or `user@REALM`."""
    return principal.rpartition("\\")[2].partition("@")[0]


def _decoded(blob: str) -> bytes:
    try:
        return base64.b64decode(blob.strip(), validate=True)
    except (binascii.Error, ValueError):
        return b""


def _same(given: str, known: str) -> bool:
    """Compare in constant time; a blank password never fits (LimitBlankPasswordUse)."""
    return bool(known) and hmac.compare_digest(given.encode("utf-8", "replace"), known.encode("utf-8", "replace"))
