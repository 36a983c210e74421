"""The rung of TLS, where TLS is wanted: the two sides agree on it."""

from __future__ import annotations

import ssl
import warnings
from typing import TYPE_CHECKING

from toolkit.communicators.location import PATH, host_field
from toolkit.communicators.trust import trusting_context
from toolkit.verify import remedy
from toolkit.verify.exchange import Answer, Foreign, HangUp, Outcome, Silence, post
from toolkit.verify.facts import TlsFacts
from toolkit.verify.remedy import because, failed
from toolkit.verify.rung import Failure, Rung, RungError, Verdict

if TYPE_CHECKING:
    from toolkit.verify.dialer import Dialer

# What nginx and Go say to plain HTTP on a TLS port; such a port does speak TLS.
_PLAIN_ON_TLS = (b"plain HTTP request was sent to HTTPS port", b"HTTP request to an HTTPS server")
_TOO_OLD = ("UNSUPPORTED_PROTOCOL", "TLSV1_ALERT_PROTOCOL_VERSION", "NO_PROTOCOLS_AVAILABLE", "WRONG_SSL_VERSION")
_PROBE_SECONDS = 1.0
_VERSIONS = (ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1, ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3)


def shake_hands(dialer: Dialer) -> TlsFacts:
    """Finish a handshake with whatever certificate there is; the next rung judges it."""
    try:
        with dialer.secure(trusting_context()) as connection:
            name, _, _ = connection.cipher() or ("", "", 0)
            return TlsFacts(connection.version() or "", name, connection.getpeercert(binary_form=True) or b"")
    except OSError as err:
        raise RungError(_failure(err, dialer)) from err


def spoken_versions(dialer: Dialer) -> tuple[str, ...]:
    """Try each version of TLS by itself, the old ones included that nothing else here would speak."""
    return tuple(name for version in _VERSIONS if (name := _spoken(dialer, version)))


def modern(versions: tuple[str, ...]) -> bool:
    """Tell whether any of them is one that this host would speak."""
    return bool({"TLSv1.2", "TLSv1.3"} & set(versions))


def _spoken(dialer: Dialer, version: ssl.TLSVersion) -> str | None:
    context = trusting_context()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # nothing secret goes over it
            context.minimum_version = context.maximum_version = version
        context.set_ciphers("ALL:@SECLEVEL=0")
        with dialer.secure(context) as connection:
            return connection.version()
    except (OSError, ValueError, RungError):
        return None


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
    place = dialer.place
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
            return _too_old(place, evidence, spoken_versions(dialer))
        case _:
            return _refused(place, evidence, spoken_versions(dialer))


def _plain_answer(dialer: Dialer) -> Outcome:
    try:
        connection = dialer.plain()
    except RungError:
        return HangUp(reset=True)
    seconds = min(_PROBE_SECONDS, dialer.limits.answer)
    return post(connection, host_field(str(dialer.address), dialer.address.port), PATH, b"", {}, seconds=seconds)


def _refused(place: str, evidence: tuple[str, ...], versions: tuple[str, ...]) -> Failure:
    # Some servers refuse a version they lack by the same alert as a cipher they lack.
    if versions and not modern(versions):
        return _too_old(place, evidence, versions)
    return failed(
        Rung.TLS,
        "tls-refused",
        Verdict.FATAL,
        f"{place} and this host do not agree on TLS.",
        evidence=(*evidence, _told(versions)),
        causes=("The two sides share no cipher, or one of them wants what the other lacks.",),
        remedies=(remedy.TLS_BINDING,) if modern(versions) else (remedy.TLS_BINDING, remedy.ENABLE_TLS),
    )


def _told(versions: tuple[str, ...]) -> str:
    return f"Tried one by one, it speaks {', '.join(versions) or 'no version of TLS'}."


def _plain_http(place: str, answer: Answer, evidence: tuple[str, ...]) -> Failure:
    return failed(
        Rung.TLS,
        "plain-http",
        Verdict.FATAL,
        f"{place} speaks plain HTTP, not TLS: drop --ssl, or use the port of the HTTPS listener, usually 5986.",
        evidence=(
            *evidence,
            f"HTTP status {answer.status} without TLS, Server: {answer.header('Server') or 'not named'}",
        ),
        causes=("TLS is wanted from WinRM's HTTP listener.",),
        remedies=(remedy.NO_TLS, remedy.TLS_PORT, remedy.LISTENERS),
    )


def _no_tls(place: str, first: bytes, evidence: tuple[str, ...]) -> Failure:
    shown = first.decode("ascii", "backslashreplace").strip()
    ssh = shown.startswith("SSH-")
    return failed(
        Rung.TLS,
        "not-tls",
        Verdict.FATAL,
        f"{place} is an SSH server, not WinRM." if ssh else f"{place} speaks neither TLS nor HTTP.",
        evidence=(*evidence, f"It says: {shown}"),
        causes=("The port is the one of SSH." if ssh else "Another service has this port.",),
        remedies=(remedy.TLS_PORT, *((remedy.USE_SSH,) if ssh else ())),
    )


def _silent(place: str) -> Failure:
    return failed(
        Rung.TLS,
        "tls-silent",
        Verdict.RETRY,
        f"{place} accepts the connection, but no answer to TLS comes.",
        causes=(
            "A port forward accepts on the guest's behalf, and the guest does not answer yet.",
            "The guest is busy starting.",
        ),
        remedies=(remedy.QUERY_SERVICE,),
    )


def _reset(place: str, evidence: tuple[str, ...]) -> Failure:
    return failed(
        Rung.TLS,
        "tls-reset",
        Verdict.RETRY,  # a port forward to a guest that is not up yet does nothing else (hashicorp/packer#3820)
        f"{place} drops the connection when TLS begins.",
        evidence=evidence,
        causes=(
            "No certificate is bound to the HTTPS listener, or its private key cannot be read.",
            "There is no HTTPS listener on this port.",
            "A port forward accepts, but nothing in the guest does.",
        ),
        remedies=(remedy.LISTENERS, remedy.TLS_BINDING),
    )


def _too_old(place: str, evidence: tuple[str, ...], versions: tuple[str, ...]) -> Failure:
    told = _told(versions)
    cause = "Windows 7 and Server 2008 R2 offer TLS 1.0 only, until 1.2 is enabled in SCHANNEL and the guest restarted"
    return failed(
        Rung.TLS,
        "tls-too-old",
        Verdict.FATAL,
        f"{place} knows only versions of TLS that this host refuses.",
        evidence=(*evidence, told),
        causes=(because(cause, told),),
        remedies=(remedy.ENABLE_TLS, remedy.TLS_BY_DEFAULT),
    )
