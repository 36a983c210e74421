"""Meeting the guest as Packer, Ansible or Vagrant will: each one's own way of connecting, step by step.

Packer: hashicorp/packer-plugin-sdk communicator/step_connect_winrm.go (a shell is opened and closed, then PowerShell
echoes "WinRM connected."), masterzen/winrm for its transports, whose NTLM does not encrypt (hashicorp/packer#6205).
Ansible: one shell, in which a module runs that is sent over stdin (`ansible_module`). Vagrant:
plugins/communicators/winrm (`hostname` in cmd until it ends with 0; 20 tries, which are the ladder's business here).
All three let the shell load the user's profile and speak UTF-8 (masterzen/winrm request.go, pywinrm's defaults,
WinRb/WinRM lib/winrm/wsmv/create_shell.rb).
"""

from __future__ import annotations

import time
from enum import StrEnum
from typing import TYPE_CHECKING, assert_never

from toolkit.communicators.commandline import encoded
from toolkit.communicators.endpoint import Auth
from toolkit.communicators.errors import CommunicatorError, HttpStatusError, Refusal, UnauthorisedError
from toolkit.values import dataclass
from toolkit.verify import ansible_module
from toolkit.verify.judgement import judged
from toolkit.verify.remedy import ALLOW_UNENCRYPTED, USE_TLS
from toolkit.verify.rung import Failure, Rung, RungError, Verdict

if TYPE_CHECKING:
    from collections.abc import Callable

    from toolkit.communicators.communicator import Completed
    from toolkit.communicators.endpoint import Endpoint
    from toolkit.verify.ansible_module import Piping

PACKERS_SCRIPT = (
    "if (Test-Path variable:global:ProgressPreference){set-variable -name variable:global:ProgressPreference "
    "-value 'SilentlyContinue'}; echo \"WinRM connected.\""
)
_PACKERS_ANSWER = b"WinRM connected."
_SERVER_ERROR = 500


class Client(StrEnum):
    """The programs whose way of connecting is known."""

    PACKER = "packer"
    ANSIBLE = "ansible"
    VAGRANT = "vagrant"

    @property
    def seals(self) -> bool:
        """Whether it encrypts its messages over http, where its method can."""
        return self is not Client.PACKER

    @property
    def spares_loopback(self) -> bool:
        """Whether it takes no proxy to this host itself, as Go's clients do not (net/http ProxyFromEnvironment)."""
        return self is Client.PACKER

    @property
    def around(self) -> str:
        """How it is told to go around a proxy of the environment."""
        return "set winrm_no_proxy = true" if self is Client.PACKER else "name the guest in NO_PROXY"


# Which methods each client has. Packer: Basic and NTLM; Vagrant's WinRM also speaks Negotiate and Kerberos.
_METHODS = {
    Client.PACKER: frozenset({"basic", "ntlm"}),
    Client.ANSIBLE: frozenset({"basic", "ntlm", "negotiate", "kerberos", "credssp", "certificate"}),
    Client.VAGRANT: frozenset({"basic", "ntlm", "negotiate", "kerberos"}),
}


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the client's that went well."""

    told: str
    ms: float


@dataclass(frozen=True, slots=True)
class Meeting:
    """How the client would fare: its steps so far, and where it would fail."""

    client: Client
    steps: tuple[Step, ...]
    failure: Failure | None


def meet(client: Client, endpoint: Endpoint, connect: Callable[[bool], Piping]) -> Meeting:
    """Go the client's way. Never raises for a guest.

    `connect` makes a communicator that seals its messages, or not, and loads the user's profile into its shell.
    """
    steps: list[Step] = []
    try:
        _check_method(client, endpoint)
        for told, step in _sequence(client, lambda: connect(client.seals)):
            started = time.perf_counter()
            step()
            steps.append(Step(told, round((time.perf_counter() - started) * 1000, 1)))
    except RungError as err:
        return Meeting(client, tuple(steps), err.failure)
    except CommunicatorError as err:
        failure = judged(err, Rung.RUN, endpoint)
        in_vain = not client.seals and _wants_sealing(endpoint, err)
        return Meeting(client, tuple(steps), _unsealed(client, endpoint, failure) if in_vain else failure)
    return Meeting(client, tuple(steps), None)


def _sequence(client: Client, connect: Callable[[], Piping]) -> tuple[tuple[str, Callable[[], None]], ...]:
    match client:
        case Client.PACKER:
            return (
                ("opens a shell and closes it", lambda: _opened_and_closed(connect)),
                ('PowerShell echoes "WinRM connected."', lambda: _run(connect, _packers_line(), _is_packers_answer)),
            )
        case Client.ANSIBLE:
            return (("a module sent over stdin runs in one shell", lambda: _pinged(connect)),)
        case Client.VAGRANT:
            return (("hostname runs in cmd", lambda: _run(connect, "hostname", _is_success)),)
        case _:
            assert_never(client)


def _opened_and_closed(connect: Callable[[], Piping]) -> None:
    with connect() as communicator:
        communicator.connect()


def _pinged(connect: Callable[[], Piping]) -> None:
    with connect() as communicator:
        ansible_module.ping(communicator)


def _run(connect: Callable[[], Piping], line: str, accepts: Callable[[Completed], bool]) -> None:
    with connect() as communicator:
        done = communicator.run(line)
    if not accepts(done):
        raise RungError(_unexpected(line, done))


def _packers_line() -> str:
    return f"powershell.exe -EncodedCommand {encoded(PACKERS_SCRIPT)}"


def _is_packers_answer(done: Completed) -> bool:
    return _PACKERS_ANSWER in done.stdout


def _is_success(done: Completed) -> bool:
    return done.exit_code == 0


def _check_method(client: Client, endpoint: Endpoint) -> None:
    if endpoint.auth.value in _METHODS[client]:
        return
    known = ", ".join(sorted(_METHODS[client]))
    raise RungError(
        Failure(
            Rung.AUTHENTICATION,
            "client-lacks-method",
            Verdict.FATAL,
            f"{client.capitalize()} cannot log on by {endpoint.auth.value}; it knows {known}.",
            in_client=("--auth ntlm",),
            in_spec=("communicator.winrm_use_ntlm", "bootstrap.consumer"),
        )
    )


def _wants_sealing(endpoint: Endpoint, err: CommunicatorError) -> bool:
    """Tell whether the guest refuses a message in the clear: after the logon, by a 401 or a bare 500 (pywinrm#129)."""
    if endpoint.ssl or endpoint.auth is Auth.BASIC:
        return False
    match err:
        case UnauthorisedError():
            return err.refusal is Refusal.ESTABLISHED
        case HttpStatusError():
            return err.status == _SERVER_ERROR
        case _:
            return False


def _unsealed(client: Client, endpoint: Endpoint, failure: Failure) -> Failure:
    """Name what sets the client apart: a guest that takes sealed messages only refuses Packer's."""
    return Failure(
        Rung.AUTHENTICATION,
        "client-does-not-seal",
        Verdict.FATAL,
        f"{client.capitalize()} would wait in vain: its NTLM does not encrypt, and {endpoint.host} takes nothing in"
        " the clear.",
        (failure.what, *failure.evidence),
        causes=("AllowUnencrypted is off in the guest (hashicorp/packer#6205).",),
        in_guest=(ALLOW_UNENCRYPTED.cmd,),
        in_powershell=(ALLOW_UNENCRYPTED.powershell,),
        in_packer=(USE_TLS.packer,),
        in_spec=("communicator.winrm_use_ssl = true", 'bootstrap.consumer = "packer"'),
    )


def _unexpected(line: str, done: Completed) -> Failure:
    shown = done.stdout[:80].decode("utf-8", "replace").strip()
    return Failure(
        Rung.RUN,
        "client-gets-another-answer",
        Verdict.FATAL,
        "The client's own probe does not give the answer that it waits for.",
        (f"{line[:60]} ended with {done.exit_code:#x} and said {shown!r}",),
        causes=("A profile script or a policy changes what PowerShell and cmd.exe write.",),
    )
