"""The WinRM service: one SOAP request of a known user in, one reply out."""

from __future__ import annotations

import base64
import binascii
from html import escape
from typing import TYPE_CHECKING

from toolkit.simulator.faults import (
    ACCESS_DENIED,
    INVALID_ACTION,
    INVALID_RESOURCE_URI,
    INVALID_XML,
    REMOTE_SHELLS_FORBIDDEN,
    WsmanFault,
)
from toolkit.simulator.identify import identify_response
from toolkit.simulator.plan import Course, Plan, Raise
from toolkit.simulator.programs import Stream
from toolkit.simulator.reading import read
from toolkit.simulator.shells import Shells
from toolkit.simulator.soap import NAMESPACES, Request, envelope, fault_envelope, read_request
from toolkit.values import dataclass

if TYPE_CHECKING:
    from toolkit.simulator.commands import Received
    from toolkit.simulator.plan import Upset
    from toolkit.simulator.shells import Shell
    from toolkit.simulator.state import GuestState, LocalUser

CMD_SHELL = "http://schemas.microsoft.com/wbem/wsman/1/windows/shell/cmd"
POWERSHELL = "http://schemas.microsoft.com/powershell/Microsoft.PowerShell"

_SHELL = NAMESPACES["rsp"]
_TRANSFER = NAMESPACES["x"]
_DEFAULT_TIMEOUT = 60.0  # seconds, where the client names none (MaxTimeoutms's default)
_ENVELOPE_OVERHEAD = 3072  # bytes: header, stream elements and command state around the base64 of a Receive
_LEAST_OUTPUT = 512


@dataclass(frozen=True, slots=True)
class Reply:
    """An HTTP status with its SOAP body, and the action that was asked for; or what happens in their place."""

    status: int
    body: bytes
    action: str = ""
    upset: Upset | None = None


class Service:
    """WS-Management over the shells of one guest."""

    def __init__(self, state: GuestState, plan: Plan | None = None) -> None:
        self._state = state
        self.course = Course(plan or Plan())
        self.shells = Shells(state, plan)

    def reply(self, data: bytes, user: LocalUser) -> Reply:
        """Answer one envelope: 200, or 500 with a fault; or with what the plan has in store for its action."""
        action = relates_to = ""
        try:
            request = read_request(data, at_most=self._state.max_envelope_kb * 1024)
            action, relates_to = "Identify" if request.identify else request.action, request.message_id
            if upset := self._planned(action or "-"):
                return Reply(0, b"", action, upset)
            if request.identify:
                return Reply(200, identify_response(self._state.windows, authenticated=True), action)
            name, body = self._done(request, user)
            return Reply(200, envelope(name, body, relates_to=relates_to), action)
        except WsmanFault as err:
            return Reply(500, fault_envelope(err.fault, machine=self._state.host_name, relates_to=relates_to), action)

    def _planned(self, action: str) -> Upset | None:
        """Give what the plan has in store for this action, or raise the fault that it has."""
        match self.course.upset(action):
            case Raise(fault):
                raise WsmanFault(fault)
            case upset:
                return upset

    def _done(self, request: Request, user: LocalUser) -> tuple[str, str]:
        """Do what is asked and give the reply's action and body."""
        if found := read(request, user, self._state, self.shells):
            return found
        match request.action.removeprefix(_SHELL).removeprefix(_TRANSFER):
            case "/Create":
                return f"{_TRANSFER}/CreateResponse", self._create(request, user)
            case "/Delete":
                self.shells.delete(self._shell(request, user))
                return f"{_TRANSFER}/DeleteResponse", ""
            case "/Command":
                return f"{_SHELL}/CommandResponse", _command(request, self._shell(request, user))
            case "/Receive":
                return f"{_SHELL}/ReceiveResponse", self._receive(request, self._shell(request, user))
            case "/Send":
                return f"{_SHELL}/SendResponse", _send(request, self._shell(request, user))
            case "/Signal":
                return f"{_SHELL}/SignalResponse", _signal(request, self._shell(request, user))
            case _:
                raise WsmanFault(INVALID_ACTION)

    def _shell(self, request: Request, user: LocalUser) -> Shell:
        return self.shells.find(request.shell_id, user)

    def _create(self, request: Request, user: LocalUser) -> str:
        """Open a cmd shell, which only administrators may. PowerShell's own protocol (PSRP) is not simulated."""
        if request.resource_uri == POWERSHELL:
            # Rights come before the contents, which are not simulated.
            raise WsmanFault(INVALID_XML if self._admits(user) else ACCESS_DENIED)
        if request.resource_uri != CMD_SHELL:
            raise WsmanFault(INVALID_RESOURCE_URI)
        if not self._state.remote_shell_access:
            raise WsmanFault(REMOTE_SHELLS_FORBIDDEN)
        if not self._state.elevated(user):
            raise WsmanFault(ACCESS_DENIED)
        element = request.body.find("rsp:Shell", NAMESPACES)
        shell = self.shells.open(
            user,
            code_page=request.options.get("WINRS_CODEPAGE", ""),
            environment={
                variable.get("Name", ""): variable.text or ""
                for variable in request.body.iterfind("rsp:Shell/rsp:Environment/rsp:Variable", NAMESPACES)
            },
            shell_id=escape(element.get("ShellId", "")) if element is not None else "",
        )
        return (
            "<x:ResourceCreated><a:Address>http://localhost/wsman</a:Address><a:ReferenceParameters>"
            f"<w:ResourceURI>{CMD_SHELL}</w:ResourceURI><w:SelectorSet>"
            f'<w:Selector Name="ShellId">{shell.id}</w:Selector></w:SelectorSet></a:ReferenceParameters>'
            f"</x:ResourceCreated><rsp:Shell><rsp:ShellId>{shell.id}</rsp:ShellId>"
            f"<rsp:ResourceUri>{CMD_SHELL}</rsp:ResourceUri><rsp:Owner>{escape(user.name)}</rsp:Owner>"
            "<rsp:ClientIP>127.0.0.1</rsp:ClientIP><rsp:IdleTimeOut>PT7200.000S</rsp:IdleTimeOut>"
            "<rsp:InputStreams>stdin</rsp:InputStreams><rsp:OutputStreams>stdout stderr</rsp:OutputStreams></rsp:Shell>"
        )

    def _admits(self, user: LocalUser) -> bool:
        return user.remote_management or self._state.elevated(user)

    def _receive(self, request: Request, shell: Shell) -> str:
        """Wait as long as the client asks, but no longer than MaxTimeoutms (modelled: a longer wish is cut short)."""
        command = shell.command(_command_id(request, "rsp:Receive/rsp:DesiredStream"))
        wanted = _DEFAULT_TIMEOUT if request.timeout is None else request.timeout
        received = command.receive(
            timeout=min(wanted, self._state.max_timeout_ms / 1000), at_most=self._output_bytes(request)
        )
        return _received(command.id, received)

    def _output_bytes(self, request: Request) -> int:
        """How many bytes of output fit the envelope that both sides can take, as base64."""
        envelope_bytes = self._state.max_envelope_kb * 1024
        if request.max_envelope is not None:
            envelope_bytes = min(envelope_bytes, request.max_envelope)
        return max(_LEAST_OUTPUT, (envelope_bytes - _ENVELOPE_OVERHEAD) // 4 * 3)


def _command(request: Request, shell: Shell) -> str:
    line = " ".join((*request.texts("rsp:CommandLine/rsp:Command"), *request.texts("rsp:CommandLine/rsp:Arguments")))
    command = shell.start(_unquoted(line.strip()))
    return f"<rsp:CommandResponse><rsp:CommandId>{command.id}</rsp:CommandId></rsp:CommandResponse>"


def _unquoted(line: str) -> str:
    """Take the quotes from a line that is one quoted word, as `cmd /c` does: clients quote the command's name."""
    return line[1:-1] if line[:1] == line[-1:] == '"' and line.count('"') == 2 else line


def _send(request: Request, shell: Shell) -> str:
    for stream in request.body.iterfind("rsp:Send/rsp:Stream", NAMESPACES):
        try:
            data = base64.b64decode(stream.text or "", validate=True)
        except binascii.Error as err:
            raise WsmanFault(INVALID_XML) from err
        ended = stream.get("End", "").casefold() in {"true", "1"}
        shell.command(stream.get("CommandId", "")).send(data, end=ended)
    return "<rsp:SendResponse/>"


def _signal(request: Request, shell: Shell) -> str:
    """Every signal that clients send (terminate, ctrl_c, ctrl_break) ends the command."""
    shell.end(_command_id(request, "rsp:Signal"))
    return "<rsp:SignalResponse/>"


def _command_id(request: Request, path: str) -> str:
    element = request.body.find(path, NAMESPACES)
    return "" if element is None else element.get("CommandId", "")


def _received(command_id: str, received: Received) -> str:
    streams = "".join(
        f'<rsp:Stream Name="{stream}" CommandId="{command_id}">{base64.b64encode(piece).decode("ascii")}</rsp:Stream>'
        for stream, piece in received.pieces.items()
    )
    if received.exit_code is None:
        state = f'<rsp:CommandState CommandId="{command_id}" State="{_SHELL}/CommandState/Running"/>'
        return f"<rsp:ReceiveResponse>{streams}{state}</rsp:ReceiveResponse>"
    ends = "".join(
        f'<rsp:Stream Name="{stream}" CommandId="{command_id}" End="true"></rsp:Stream>' for stream in Stream
    )
    state = (
        f'<rsp:CommandState CommandId="{command_id}" State="{_SHELL}/CommandState/Done">'
        f"<rsp:ExitCode>{received.exit_code}</rsp:ExitCode></rsp:CommandState>"
    )
    return f"<rsp:ReceiveResponse>{streams}{ends}{state}</rsp:ReceiveResponse>"
