"""Two rungs, where HTTP answers: it is Windows that answers, and it is WinRM. Both tell anyone who they are."""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING

from toolkit.communicators import soap
from toolkit.communicators.challenge import offered_methods
from toolkit.communicators.proxy import HTTP_SYS
from toolkit.verify import proxy, remedy
from toolkit.verify.exchange import LARGEST_BODY, Answer, Foreign, HangUp, Outcome, Silence, post
from toolkit.verify.facts import ServiceFacts
from toolkit.verify.remedy import because, failed
from toolkit.verify.rung import Failure, Rung, RungError, Verdict
from toolkit.verify.tls import refuses_plain, speaks_tls

if TYPE_CHECKING:
    from collections.abc import Callable
    from socket import socket

    from toolkit.communicators.endpoint import Endpoint
    from toolkit.verify.dialer import Dialer
    from toolkit.verify.proxy import Environment

IDENTIFY = soap.IDENTIFY.encode("ascii")
IDENTIFY_HEADERS = {"Content-Type": "application/soap+xml;charset=UTF-8", "WSMANIDENTIFY": "unauthenticated"}
_SAYS_TLS = "It answers with a TLS alert, or drops plain HTTP and takes up TLS on the same port."


def reach(endpoint: Endpoint, dialer: Dialer, dial: Callable[[], socket], environment: Environment) -> Answer:
    """Send an Identify, which needs no credentials (DSP0226, 11), and give the answer if it comes from WinRM's side.

    Raises RungError of the HTTP rung, or of the proxy's.
    """
    outcome = ask(endpoint, dialer, dial, IDENTIFY, IDENTIFY_HEADERS)
    if not isinstance(outcome, Answer):
        raise RungError(_mute(endpoint, dialer, outcome))
    if identity(outcome.body, "ProtocolVersion") is None:
        _judge_server(endpoint, dialer, outcome, environment)
    return outcome


def identify(endpoint: Endpoint, dialer: Dialer, dial: Callable[[], socket], answer: Answer) -> ServiceFacts:
    """Make sure that it is WinRM, and ask by an empty request for its methods. Raises RungError."""
    if identity(answer.body, "ProtocolVersion") is None:
        _judge_path(endpoint, answer)
    offers = ask(endpoint, dialer, dial, b"", {})
    return ServiceFacts(
        product=identity(answer.body, "ProductVersion") or "",
        vendor=identity(answer.body, "ProductVendor") or "",
        server=answer.header("Server"),
        offered=offered_methods(offers.all("WWW-Authenticate")) if isinstance(offers, Answer) else (),
    )


def ask(
    endpoint: Endpoint, dialer: Dialer, dial: Callable[[], socket], body: bytes, headers: dict[str, str]
) -> Outcome:
    try:
        connection = dial()
    except OSError:
        return HangUp(reset=True)
    own = endpoint.relay.headers if endpoint.relay else {}
    return post(
        connection, endpoint.host_field, endpoint.target, body, {**headers, **own}, seconds=dialer.limits.answer
    )


def identity(body: bytes, element: str) -> str | None:
    """Find an element of an Identify response; None where there is none."""
    # By pattern and not by parser: the sender is unknown, the text is bounded, and three flat elements are wanted.
    found = re.search(rf"<(?:[\w.-]+:)?{element}>([^<]*)<", body.decode("utf-8", "replace"))
    return html.unescape(found[1]).strip() if found else None


def _judge_server(endpoint: Endpoint, dialer: Dialer, answer: Answer, environment: Environment) -> None:
    """Raise for an answer that does not come from WinRM's side of http.sys."""
    if not endpoint.ssl and answer.status == 400 and (refuses_plain(answer) or speaks_tls(dialer)):
        raise RungError(_tls_wanted(endpoint, _described(answer)))
    if between := proxy.intercepted(answer, endpoint, environment):
        raise RungError(between)
    windows = answer.header("Server").startswith(HTTP_SYS)
    if answer.status == 503 and (windows or not answer.header("Server")):
        raise RungError(_unavailable(endpoint, answer))
    if answer.status in {502, 503, 504}:
        raise RungError(_gateway(endpoint, answer))
    if not windows:
        raise RungError(_foreign(endpoint, answer, Rung.HTTP))
    if answer.status == 200 and not answer.whole and len(answer.body) < LARGEST_BODY:
        raise RungError(_cut(endpoint, len(answer.body)))


def _judge_path(endpoint: Endpoint, answer: Answer) -> None:
    """Raise for an answer of Windows that is not WinRM's, save the ones that are without being an identity."""
    match answer.status:
        case 401 | 405 | 411:
            return
        case 404:
            raise RungError(_not_registered(endpoint, answer))
        case 413:
            raise RungError(_too_large(endpoint, answer))
        case 200:
            raise RungError(_foreign(endpoint, answer, Rung.IDENTIFY))
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
    return failed(
        Rung.HTTP,
        "tls-wanted",
        Verdict.FATAL,
        f"{endpoint.authority} speaks TLS, not plain HTTP: add --ssl.",
        evidence=evidence,
        causes=("Plain HTTP is wanted from WinRM's HTTPS listener.",),
        remedies=(remedy.USE_TLS,),
    )


def _foreign(endpoint: Endpoint, answer: Answer, rung: Rung) -> Failure:
    server = answer.header("Server")
    return failed(
        rung,
        "not-winrm",
        Verdict.FATAL,
        f"{endpoint.authority} is a web server ({server or 'of no name'}), but not WinRM.",
        evidence=_described(answer),
        causes=(
            because(
                "Another service has this port, on the guest or on the host that forwards to it", f"Server: {server}"
            ),
            "A proxy or a captive portal answers in the guest's place.",
        ),
        remedies=(remedy.PORT, remedy.SERVICE_STATE, remedy.PORT_OWNER),
    )


def _gateway(endpoint: Endpoint, answer: Answer) -> Failure:
    server = answer.header("Server")
    return failed(
        Rung.HTTP,
        "gateway",
        Verdict.RETRY,
        f"{server} stands before the guest at {endpoint.authority}, and does not reach it ({answer.status}).",
        evidence=_described(answer),
        causes=("The guest behind it is not up yet.", "It leads to another place than the guest's WinRM."),
        remedies=(remedy.PORT, remedy.QUERY_SERVICE),
    )


def _other_protocol(endpoint: Endpoint, first: bytes) -> Failure:
    shown = first.decode("ascii", "backslashreplace").strip()
    ssh = shown.startswith("SSH-")
    return failed(
        Rung.HTTP,
        "not-winrm",
        Verdict.FATAL,
        f"{endpoint.authority} is an SSH server, not WinRM." if ssh else f"{endpoint.authority} does not speak HTTP.",
        evidence=(f"It says: {shown}",),
        causes=("The port is the one of SSH." if ssh else "Another service has this port.",),
        remedies=(remedy.HTTP_PORT, *((remedy.USE_SSH,) if ssh else (remedy.PORT_OWNER,))),
    )


def _not_registered(endpoint: Endpoint, answer: Answer) -> Failure:
    return failed(
        Rung.IDENTIFY,
        "not-registered",
        Verdict.SUSPICIOUS,
        f"Windows answers at {endpoint.authority}, but nothing there is registered for {endpoint.path}.",
        evidence=_described(answer),
        causes=(
            because("The WinRM service is not running", "http.sys answers 404 for it"),
            "The listener's URLPrefix is not wsman.",
        ),
        remedies=(remedy.QUERY_SERVICE, remedy.START_SERVICE, remedy.SERVICE_STATE),
    )


def _too_large(endpoint: Endpoint, answer: Answer) -> Failure:
    return failed(
        Rung.IDENTIFY,
        "too-large",
        Verdict.FATAL,
        f"{endpoint.authority} finds even the smallest message too large (413).",
        evidence=_described(answer),
        causes=("MaxEnvelopeSizekb is far below its default of 500.",),
        remedies=(remedy.MORE_ENVELOPE,),
    )


def _unavailable(endpoint: Endpoint, answer: Answer) -> Failure:
    return failed(
        Rung.HTTP,
        "unavailable",
        Verdict.RETRY,
        f"{endpoint.authority} answers that its service is not available (503).",
        evidence=_described(answer),
        causes=("The WinRM service is starting, stopping, or its process has ended.",),
        remedies=(remedy.QUERY_SERVICE, remedy.RESTART_SERVICE),
    )


def _odd_status(endpoint: Endpoint, answer: Answer) -> Failure:
    return failed(
        Rung.IDENTIFY,
        "odd-status",
        Verdict.SUSPICIOUS,
        f"Windows answers at {endpoint.authority}, but refuses to identify WinRM (status {answer.status}).",
        evidence=_described(answer),
        causes=("http.sys finds fault with the request itself, such as its Host header.",),
        remedies=(remedy.QUERY_SERVICE, remedy.RESTART_SERVICE),
    )


def _silent(endpoint: Endpoint, seconds: float) -> Failure:
    return failed(
        Rung.HTTP,
        "silent",
        Verdict.RETRY,
        f"{endpoint.authority} accepts the connection but does not answer: "
        "a port forward may accept where the guest does not.",
        evidence=(f"Nothing came within {seconds:g} s.",),
        causes=(
            "The virtual machine's port forward accepts on the guest's behalf, and the guest is not up yet.",
            "The WinRM service is starting, or hangs.",
        ),
        remedies=(remedy.QUERY_SERVICE, remedy.RESTART_SERVICE),
    )


def _hung_up(endpoint: Endpoint, *, reset: bool) -> Failure:
    return failed(
        Rung.HTTP,
        "hung-up",
        Verdict.RETRY,
        f"{endpoint.authority} accepts the connection and drops it without an answer.",
        evidence=("The connection was reset." if reset else "The connection was closed.",),
        causes=(
            "The virtual machine's port forward accepts, and nothing in the guest listens yet.",
            "The WinRM service is starting or stopping.",
        ),
        remedies=(remedy.QUERY_SERVICE, remedy.LISTENERS),
    )


def _cut(endpoint: Endpoint, size: int) -> Failure:
    return failed(
        Rung.HTTP,
        "cut-off",
        Verdict.RETRY,
        f"The answer of {endpoint.authority} breaks off.",
        evidence=(f"{size} bytes came.",),
        causes=("The guest restarted, or its WinRM service did.", "The network between is failing."),
        remedies=(remedy.QUERY_SERVICE,),
    )
