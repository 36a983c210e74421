"""Fifth rung: what answers over HTTP is WinRM. It tells its version and its methods of authentication to anyone."""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING

from toolkit.communicators.challenge import offered_methods
from toolkit.verify.exchange import LARGEST_BODY, Answer, Foreign, HangUp, Outcome, Silence, post
from toolkit.verify.facts import ServiceFacts
from toolkit.verify.rung import Failure, Rung, RungError, Verdict
from toolkit.verify.tls import refuses_plain, speaks_tls

if TYPE_CHECKING:
    from collections.abc import Callable
    from socket import socket

    from toolkit.communicators.endpoint import Endpoint
    from toolkit.verify.dialer import Dialer

# http.sys, in whose name all of WinRM's answers go out.
HTTP_SYS = "Microsoft-HTTPAPI"

_IDENTIFY = (
    b'<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" '
    b'xmlns:i="http://schemas.dmtf.org/wbem/wsman/identity/1/wsmanidentity.xsd">'
    b"<s:Header/><s:Body><i:Identify/></s:Body></s:Envelope>"
)
_HEADERS = {"Content-Type": "application/soap+xml;charset=UTF-8", "WSMANIDENTIFY": "unauthenticated"}
_SAYS_TLS = "It answers with a TLS alert, or drops plain HTTP and takes up TLS on the same port."
_QUERY_SERVICE = "sc.exe query WinRM"
_RESTART = "net stop WinRM & net start WinRM"


def identify(endpoint: Endpoint, dialer: Dialer, dial: Callable[[], socket]) -> ServiceFacts:
    """Ask for the identity (DSP0226, 11: no credentials needed), and then, by an empty request, for the methods."""
    outcome = _ask(endpoint, dialer, dial, _IDENTIFY, _HEADERS)
    match outcome:
        case Answer():
            if _identity(outcome.body, "ProtocolVersion") is None:
                _judge(endpoint, dialer, outcome)
        case Silence() | HangUp() | Foreign():
            raise RungError(_mute(endpoint, dialer, outcome))
    return ServiceFacts(
        product=_identity(outcome.body, "ProductVersion") or "",
        vendor=_identity(outcome.body, "ProductVendor") or "",
        server=outcome.header("Server"),
        offered=_offers(_ask(endpoint, dialer, dial, b"", {})),
    )


def _ask(
    endpoint: Endpoint, dialer: Dialer, dial: Callable[[], socket], body: bytes, headers: dict[str, str]
) -> Outcome:
    try:
        connection = dial()
    except OSError:
        return HangUp(reset=True)
    return post(connection, endpoint.authority, endpoint.path, body, headers, seconds=dialer.limits.answer)


def _identity(body: bytes, element: str) -> str | None:
    # By pattern and not by parser: the sender is unknown, the text is bounded, and three flat elements are wanted.
    found = re.search(rf"<(?:[\w.-]+:)?{element}>([^<]*)<", body.decode("utf-8", "replace"))
    return html.unescape(found[1]).strip() if found else None


def _offers(outcome: Outcome) -> tuple[str, ...]:
    return offered_methods(outcome.all("WWW-Authenticate")) if isinstance(outcome, Answer) else ()


def _judge(endpoint: Endpoint, dialer: Dialer, answer: Answer) -> None:
    """Raise for an answer that is no identity, save the one that still means WinRM: a 401 from http.sys."""
    windows = answer.header("Server").startswith(HTTP_SYS)
    if not endpoint.ssl and answer.status == 400 and (refuses_plain(answer) or speaks_tls(dialer)):
        raise RungError(_tls_wanted(endpoint, _described(answer)))
    if answer.status == 503:
        raise RungError(_unavailable(endpoint, answer))
    if not windows:
        raise RungError(_foreign(endpoint, answer))
    match answer.status:
        case 401:
            return
        case 404:
            raise RungError(_not_registered(endpoint, answer))
        case 200 if answer.whole or len(answer.body) >= LARGEST_BODY:
            raise RungError(_foreign(endpoint, answer))
        case 200:
            raise RungError(_cut(endpoint, len(answer.body)))
        case _:
            raise RungError(_odd_status(endpoint, answer))


def _mute(endpoint: Endpoint, dialer: Dialer, outcome: Silence | HangUp | Foreign) -> Failure:
    if not endpoint.ssl and not isinstance(outcome, Silence) and (refuses_plain(outcome) or speaks_tls(dialer)):
        return _tls_wanted(endpoint, (_SAYS_TLS,))
    match outcome:
        case Silence():
            return _silent(endpoint, dialer.limits.answer)
        case HangUp():
            return _hung_up(endpoint, reset=outcome.reset)
        case Foreign() if outcome.first.startswith(b"HTTP/"):
            return _cut(endpoint, len(outcome.first))
        case Foreign():
            return _other_protocol(endpoint, outcome.first)


def _described(answer: Answer) -> tuple[str, ...]:
    first = answer.body[:60].decode("utf-8", "backslashreplace")
    lines = (
        f"HTTP status: {answer.status} {answer.reason}".strip(),
        f"Server: {answer.header('Server') or 'not named'}",
        f"The body begins: {' '.join(first.split())}" if first else "",
    )
    return tuple(line for line in lines if line)


def _tls_wanted(endpoint: Endpoint, evidence: tuple[str, ...]) -> Failure:
    return Failure(
        Rung.HTTP,
        "tls-wanted",
        Verdict.FATAL,
        f"{endpoint.authority} speaks TLS, not plain HTTP: add --ssl.",
        evidence,
        causes=("Plain HTTP is wanted from WinRM's HTTPS listener.",),
        in_client=("--ssl",),
        in_spec=("communicator.winrm_use_ssl = true",),
    )


def _foreign(endpoint: Endpoint, answer: Answer) -> Failure:
    server = answer.header("Server")
    return Failure(
        Rung.HTTP,
        "not-winrm",
        Verdict.FATAL,
        f"{endpoint.authority} is a web server ({server or 'of no name'}), but not WinRM.",
        _described(answer),
        causes=(
            "Another service has this port, on the guest or on the host that forwards to it.",
            "A proxy or a captive portal answers in the guest's place.",
        ),
        in_guest=("netsh http show servicestate", "netstat -abno"),
        in_client=("--port N",),
        in_spec=("communicator.winrm_port",),
    )


def _other_protocol(endpoint: Endpoint, first: bytes) -> Failure:
    shown = first.decode("ascii", "backslashreplace").strip()
    ssh = shown.startswith("SSH-")
    return Failure(
        Rung.HTTP,
        "not-winrm",
        Verdict.FATAL,
        f"{endpoint.authority} is an SSH server, not WinRM." if ssh else f"{endpoint.authority} does not speak HTTP.",
        (f"It says: {shown}",),
        causes=("The port is the one of SSH." if ssh else "Another service has this port.",),
        in_client=("--port 5985",),
        in_spec=('communicator.communicator = "ssh"' if ssh else "communicator.winrm_port",),
    )


def _not_registered(endpoint: Endpoint, answer: Answer) -> Failure:
    return Failure(
        Rung.HTTP,
        "not-registered",
        Verdict.SUSPICIOUS,
        f"Windows answers at {endpoint.authority}, but nothing there is registered for {endpoint.path}.",
        _described(answer),
        causes=("The WinRM service is not running.", "The listener's URLPrefix is not wsman."),
        in_guest=(_QUERY_SERVICE, "net start WinRM", "netsh http show servicestate"),
    )


def _unavailable(endpoint: Endpoint, answer: Answer) -> Failure:
    return Failure(
        Rung.HTTP,
        "unavailable",
        Verdict.RETRY,
        f"{endpoint.authority} answers that its service is not available (503).",
        _described(answer),
        causes=("The WinRM service is starting, stopping, or its process has ended.",),
        in_guest=(_QUERY_SERVICE, _RESTART),
    )


def _odd_status(endpoint: Endpoint, answer: Answer) -> Failure:
    what = f"Windows answers at {endpoint.authority}, but refuses to identify WinRM (status {answer.status})."
    return Failure(
        Rung.HTTP, "odd-status", Verdict.SUSPICIOUS, what, _described(answer), in_guest=(_QUERY_SERVICE, _RESTART)
    )


def _silent(endpoint: Endpoint, seconds: float) -> Failure:
    return Failure(
        Rung.HTTP,
        "silent",
        Verdict.RETRY,
        f"{endpoint.authority} accepts the connection but does not answer: "
        "a port forward may accept where the guest does not.",
        (f"Nothing came within {seconds:g} s.",),
        causes=(
            "The virtual machine's port forward accepts on the guest's behalf, and the guest is not up yet.",
            "The WinRM service is starting, or hangs.",
        ),
        in_guest=(_QUERY_SERVICE, _RESTART),
    )


def _hung_up(endpoint: Endpoint, *, reset: bool) -> Failure:
    return Failure(
        Rung.HTTP,
        "hung-up",
        Verdict.RETRY,
        f"{endpoint.authority} accepts the connection and drops it without an answer.",
        ("The connection was reset." if reset else "The connection was closed.",),
        causes=(
            "The virtual machine's port forward accepts, and nothing in the guest listens yet.",
            "The WinRM service is starting or stopping.",
        ),
        in_guest=(_QUERY_SERVICE, "winrm enumerate winrm/config/listener"),
    )


def _cut(endpoint: Endpoint, size: int) -> Failure:
    return Failure(
        Rung.HTTP,
        "cut-off",
        Verdict.RETRY,
        f"The answer of {endpoint.authority} breaks off.",
        (f"{size} bytes came.",),
        causes=("The guest restarted, or its WinRM service did.", "The network between is failing."),
        in_guest=(_QUERY_SERVICE,),
    )
