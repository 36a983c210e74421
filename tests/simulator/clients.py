"""Guests for the tests of the simulator, and real clients that talk to them."""

from __future__ import annotations

import base64
import contextlib
import http.client
import ssl
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pypsrp.shell import Process, WinRS
from pypsrp.wsman import WSMan
from winrm.protocol import Protocol

from toolkit.secret import Secret
from toolkit.simulator.service import CMD_SHELL
from toolkit.simulator.soap import NAMESPACES
from toolkit.simulator.state import GuestState, LocalUser

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from toolkit.simulator.server import SimulatedGuest

USER = "packeruser"
PASSWORD = 'S:cret "pässwörd" 100%!'


def state(**changes: Any) -> GuestState:
    """A guest on which Basic and NTLM work over http and nothing has to be encrypted."""
    settings: dict[str, Any] = {
        "host_name": "WIN-BUILD",
        "users": (LocalUser(USER, Secret(PASSWORD)),),
        "basic": True,
        "allow_unencrypted": True,
    }
    return GuestState(**{**settings, **changes})


@dataclass(frozen=True)
class Answer:
    """What a client got back from one command."""

    stdout: bytes
    stderr: bytes
    code: int | None


def pywinrm(guest: SimulatedGuest, transport: str, *, password: str = PASSWORD, **options: Any) -> Protocol:
    method: Any = transport
    secret: Any = password.encode() if transport in {"plaintext", "ssl"} else password
    return Protocol(
        endpoint=guest.url,
        transport=method,
        username=USER,
        password=secret,
        server_cert_validation="ignore",
        **options,
    )


def run_pywinrm(guest: SimulatedGuest, transport: str, line: str, **options: Any) -> Answer:
    """Run one command as pywinrm's own Session does: a shell for it alone."""
    protocol = pywinrm(guest, transport, **options)
    shell = protocol.open_shell(codepage=65001)
    try:
        command = protocol.run_command(shell, line)
        stdout, stderr, code = protocol.get_command_output(shell, command)
        protocol.cleanup_command(shell, command)
    finally:
        protocol.close_shell(shell)
        protocol.transport.close_session()
    return Answer(stdout, stderr, code)


def pypsrp(guest: SimulatedGuest, auth: str, **options: Any) -> AbstractContextManager[WSMan]:
    connection: AbstractContextManager[WSMan] = WSMan(
        "127.0.0.1",
        port=guest.port,
        username=USER,
        password=PASSWORD,
        ssl=guest.secure,
        auth=auth,
        cert_validation=False,
        **options,
    )
    return connection


def run_pypsrp(guest: SimulatedGuest, auth: str, line: str, **options: Any) -> Answer:
    with pypsrp(guest, auth, **options) as connection, WinRS(connection) as shell:
        process = Process(shell, line)
        process.invoke()
        return Answer(process.stdout, process.stderr, process.rc)


@dataclass(frozen=True)
class Response:
    """One HTTP response."""

    status: int
    headers: http.client.HTTPMessage
    body: bytes

    @property
    def challenges(self) -> list[str]:
        return self.headers.get_all("WWW-Authenticate") or []


def post(guest: SimulatedGuest, body: bytes = b"", *, path: str = "/wsman", **headers: str) -> Response:
    """Send one bare POST; underscores in the names of headers stand for hyphens."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return request(guest, "POST", path, body=body, headers=named)


def request(guest: SimulatedGuest, method: str, path: str, *, body: bytes, headers: dict[str, str]) -> Response:
    with contextlib.closing(connection(guest)) as wire:
        wire.request(method, path, body=body, headers=headers)
        response = wire.getresponse()
        return Response(response.status, response.headers, response.read())


def connection(guest: SimulatedGuest) -> http.client.HTTPConnection:
    if not guest.secure:
        return http.client.HTTPConnection("127.0.0.1", guest.port, timeout=5)
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return http.client.HTTPSConnection("127.0.0.1", guest.port, timeout=5, context=context)


def basic(user: str = USER, password: str = PASSWORD) -> str:
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


def envelope(action: str, body: str = "", *, shell_id: str = "", headers: str = "", resource: str = CMD_SHELL) -> bytes:
    """Write a request by hand, for what no well-behaved client sends."""
    selector = f'<w:SelectorSet><w:Selector Name="ShellId">{shell_id}</w:Selector></w:SelectorSet>' if shell_id else ""
    spaces = " ".join(f'xmlns:{prefix}="{uri}"' for prefix, uri in NAMESPACES.items())
    return (
        f"<s:Envelope {spaces}><s:Header><a:Action>{action}</a:Action><a:MessageID>uuid:1</a:MessageID>"
        f"<w:ResourceURI>{resource}</w:ResourceURI>{selector}{headers}</s:Header><s:Body>{body}</s:Body></s:Envelope>"
    ).encode()
