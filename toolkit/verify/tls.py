"""Third rung, where TLS is wanted: the two sides agree on it."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING

from toolkit.verify.dialer import trusting_context
from toolkit.verify.exchange import Answer, Foreign, HangUp, Outcome, Silence, post
from toolkit.verify.facts import TlsFacts
from toolkit.verify.rung import Failure, Rung, RungError, Verdict

if TYPE_CHECKING:
    from toolkit.verify.dialer import Dialer

# What nginx and Go say to plain HTTP on a TLS port; such a port does speak TLS.
_PLAIN_ON_TLS = (b"plain HTTP request was sent to HTTPS port", b"HTTP request to an HTTPS server")
_TOO_OLD = ("UNSUPPORTED_PROTOCOL", "TLSV1_ALERT_PROTOCOL_VERSION", "NO_PROTOCOLS_AVAILABLE", "WRONG_SSL_VERSION")
_PROBE_SECONDS = 1.0
_CERTIFICATE_OF_PORT = "netsh http show sslcert"
_TLS_1_2 = r"HKLM\SYSTEM\CurrentControlSet\Control\SecurityProviders\SCHANNEL\Protocols\TLS 1.2\Server"
_LISTENERS = "winrm enumerate winrm/config/listener"


def shake_hands(dialer: Dialer) -> TlsFacts:
    """Finish a handshake with whatever certificate there is; the next rung judges it."""
    try:
        with dialer.secure(trusting_context()) as connection:
            name, _, _ = connection.cipher() or ("", "", 0)
            return TlsFacts(connection.version() or "", name, connection.getpeercert(binary_form=True) or b"")
    except OSError as err:
        raise RungError(_failure(err, dialer)) from err


def speaks_tls(dialer: Dialer) -> bool:
    """Ask the same port for TLS, to explain why plain HTTP failed."""
    try:
        dialer.secure(trusting_context()).close()
    except (OSError, RungError):
        return False
    return True


def refuses_plain(outcome: Outcome) -> bool:
    """Tell whether the other side itself says that its port is for TLS: an HTTP page saying so, or a TLS alert."""
    match outcome:
        case Answer():
            return any(text in outcome.body for text in _PLAIN_ON_TLS)
        case Foreign():
            return outcome.first.startswith(b"\x15\x03")
        case Silence() | HangUp():
            return False


def _failure(err: OSError, dialer: Dialer) -> Failure:
    plain = _plain_answer(dialer)
    port = dialer.address.sockaddr[1]
    place = f"{dialer.address} port {port}"
    evidence = (str(err),)
    match plain:
        case Answer() if not refuses_plain(plain):
            return _plain_http(place, plain, evidence)
        case Foreign() if not refuses_plain(plain):
            return _no_tls(place, plain.first, evidence)
    match err:
        case TimeoutError():
            return _silent(place)
        case ConnectionError() | ssl.SSLEOFError() | ssl.SSLZeroReturnError():
            return _reset(place, evidence)
        case ssl.SSLError() if err.reason in _TOO_OLD:
            return _too_old(place, evidence)
        case _:
            what = f"{place} and this host do not agree on TLS."
            causes = ("The two sides share no cipher, or one of them wants what the other lacks.",)
            return Failure(Rung.TLS, "tls-refused", Verdict.FATAL, what, evidence, causes, (_CERTIFICATE_OF_PORT,))


def _plain_answer(dialer: Dialer) -> Outcome:
    try:
        connection = dialer.plain()
    except RungError:
        return HangUp(reset=True)
    return post(connection, str(dialer.address), "/wsman", b"", {}, seconds=min(_PROBE_SECONDS, dialer.limits.answer))


def _plain_http(place: str, answer: Answer, evidence: tuple[str, ...]) -> Failure:
    return Failure(
        Rung.TLS,
        "plain-http",
        Verdict.FATAL,
        f"{place} speaks plain HTTP, not TLS: drop --ssl, or use the port of the HTTPS listener, usually 5986.",
        (*evidence, f"HTTP status {answer.status} without TLS, Server: {answer.header('Server') or 'not named'}"),
        causes=("TLS is wanted from WinRM's HTTP listener.",),
        in_guest=(_LISTENERS,),
        in_client=("--no-ssl", "--port 5986"),
        in_spec=("communicator.winrm_use_ssl", "communicator.winrm_port"),
    )


def _no_tls(place: str, first: bytes, evidence: tuple[str, ...]) -> Failure:
    shown = first.decode("ascii", "backslashreplace").strip()
    what = f"{place} speaks neither TLS nor HTTP."
    if shown.startswith("SSH-"):
        what = f"{place} is an SSH server, not WinRM."
    return Failure(
        Rung.TLS,
        "not-tls",
        Verdict.FATAL,
        what,
        (*evidence, f"It says: {shown}"),
        in_client=("--port 5986",),
        in_spec=("communicator.winrm_port",),
    )


def _silent(place: str) -> Failure:
    return Failure(
        Rung.TLS,
        "tls-silent",
        Verdict.RETRY,
        f"{place} accepts the connection, but no answer to TLS comes.",
        causes=(
            "A port forward accepts on the guest's behalf, and the guest does not answer yet.",
            "The guest is busy starting.",
        ),
        in_guest=("sc.exe query WinRM",),
    )


def _reset(place: str, evidence: tuple[str, ...]) -> Failure:
    return Failure(
        Rung.TLS,
        "tls-reset",
        Verdict.SUSPICIOUS,
        f"{place} drops the connection when TLS begins.",
        evidence,
        causes=(
            "No certificate is bound to the HTTPS listener, or its private key cannot be read.",
            "There is no HTTPS listener on this port.",
            "A port forward accepts, but nothing in the guest does.",
        ),
        in_guest=(_LISTENERS, _CERTIFICATE_OF_PORT),
    )


def _too_old(place: str, evidence: tuple[str, ...]) -> Failure:
    return Failure(
        Rung.TLS,
        "tls-too-old",
        Verdict.FATAL,
        f"{place} knows only versions of TLS that this host refuses.",
        evidence,
        causes=("Windows 7 and Server 2008 R2 offer TLS 1.0 only, until 1.1 and 1.2 are enabled in SCHANNEL.",),
        in_guest=(
            f'reg add "{_TLS_1_2}" /v Enabled /t REG_DWORD /d 1 /f',
            f'reg add "{_TLS_1_2}" /v DisabledByDefault /t REG_DWORD /d 0 /f',
        ),
    )
