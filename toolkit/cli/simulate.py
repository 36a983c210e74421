"""`unattend simulate`: a guest on loopback, to try clients and pipelines against."""

from __future__ import annotations

import signal
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from toolkit.cli import console, passwords, specs
from toolkit.cli.options import Settings, Spec
from toolkit.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import FrameType

    from toolkit.certificates import Certificate
    from toolkit.secret import Secret
    from toolkit.simulator.state import GuestState

HELP = "Serve a simulated guest on 127.0.0.1."


def command(
    spec: Spec = None,
    port: Annotated[
        int, typer.Option(metavar="N", min=0, max=65535, help="The port to serve on; 0 takes a free one.")
    ] = 0,
    tls: Annotated[bool, typer.Option("--tls", help="https with a certificate made for the occasion.")] = False,
    username: Annotated[
        str | None, typer.Option("--username", "-u", metavar="USER", help="Without a spec: the administrator.")
    ] = None,
    password_file: passwords.PasswordFile = None,
    password_stdin: passwords.PasswordStdin = False,
    settings: Settings = None,
) -> ExitCode:
    from toolkit.simulator.server import SimulatedGuest

    _require_effect(spec, username, password_file, password_stdin, settings)
    if spec is None and username is not None:
        password = passwords.given(password_file, password_stdin) or passwords.asked(username)
        state, certificate = _state_of_flags(username, password), None
    else:
        state, certificate = _state_of_spec(specs.found(spec), settings or ())
    if tls and certificate is None:
        certificate = _own_certificate(state.host_name)
    with SimulatedGuest(state, port, certificate) as guest:
        console.data(guest.url)
        console.say(f"{state.host_name}, a simulated {state.windows.name}, answers. Ctrl-C ends it.")
        _until_interrupted()
    return ExitCode.OK


def _require_effect(
    spec: Path | None, username: str | None, password_file: Path | None, password_stdin: bool, settings: object
) -> None:
    """Refuse what would have no effect: a guest is a spec's, or one that the flags describe."""
    if username is None and (password_file is not None or password_stdin):
        raise UsageError(
            "a password is for a guest without a spec, and there is no user to it",
            help="Add -u USER, or leave the password out: the spec says where its own is.",
        )
    if username is not None and spec is not None:
        raise UsageError(
            f"-u is for a guest without a spec, and {spec} says who logs on",
            help="Leave one of them out, or write --set communicator.winrm_username=USER.",
        )
    if username is not None and settings:
        raise UsageError("--set is for a guest with a spec, and -u for one without", help="Leave one of them out.")


def _state_of_spec(path: Path, settings: Sequence[str]) -> tuple[GuestState, Certificate | None]:
    from datetime import UTC, datetime

    from toolkit.render.certificate import listener_certificate
    from toolkit.simulator.state import state_of

    folder = specs.output_folder(path, None)
    guest = specs.guest_of(path, settings, folder)
    return state_of(guest), listener_certificate(guest, folder, lambda: datetime.now(UTC))


def _state_of_flags(username: str, password: Secret) -> GuestState:
    """Without a spec, a guest that lets everything in: it is the client that is being tried."""
    from toolkit.simulator.state import GuestState, LocalUser
    from toolkit.spec.account_names import account_name_fault

    fault = None if username.casefold() == "administrator" else account_name_fault(username)
    if fault:
        raise UsageError(f'the user name "{username}" {fault}')
    user = LocalUser(username, password)
    return GuestState("WIN-SIMULATED", (user,), basic=True, negotiate=True, allow_unencrypted=True)


def _own_certificate(host_name: str) -> Certificate:
    from datetime import UTC, datetime

    from toolkit.certificates import self_signed

    certificate = self_signed([host_name, "localhost", "127.0.0.1"], now=datetime.now(UTC))
    console.say(f"its certificate: SHA-1 {certificate.thumbprint} (pin it, or use --insecure)")
    return certificate


def _until_interrupted() -> None:
    """Sleep until Ctrl-C or, where there are such things, a SIGTERM: both end the server tidily."""
    over = threading.Event()

    def stop(_number: int, _frame: FrameType | None) -> None:
        over.set()

    for name in ("SIGINT", "SIGTERM"):
        signal.signal(getattr(signal, name), stop)
    while not over.wait(0.5):  # in short sleeps, so that Windows hosts see Ctrl-C as well
        pass
