"""What verify-winrm is to connect to: the spec's idea of it, each flag laid over it."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from toolkit.cli import console, passwords, specs
from toolkit.errors import SpecError, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from toolkit.communicators.endpoint import Auth, Endpoint
    from toolkit.communicators.location import Location
    from toolkit.secret import Secret
    from toolkit.spec.guest import Winrm
    from toolkit.spec.load import Connection
    from toolkit.verify.wait import Patience
    from toolkit.verify.wanted import Wanted

T = TypeVar("T")

_PASSWORD_KEY = "communicator.winrm_password"  # noqa: S105  (the name of a setting)
_PACKERS_TIMEOUT = 30 * 60.0


@dataclass(frozen=True, slots=True)
class Flags:
    """The command line, None for what was not given."""

    host: str | None = None
    username: str | None = None
    auth: str | None = None
    port: int | None = None
    ssl: bool | None = None
    insecure: bool | None = None
    pin: str | None = None
    timeout: str | None = None
    pause: str | None = None


@dataclass(frozen=True, slots=True)
class Target:
    endpoint: Endpoint
    wanted: Wanted
    patience: Patience


def target(
    flags: Flags, spec: Path | None, settings: Sequence[str], output: Path | None, password: Secret | None
) -> Target:
    """Put the target together. Without any spec the flags alone must suffice. Raises UsageError or SpecError."""
    from toolkit.verify.wait import Patience
    from toolkit.verify.wanted import Wanted

    path = spec or (specs.DEFAULT if specs.DEFAULT.is_file() else None)
    patience = Patience(
        timeout=_seconds("--timeout", flags.timeout, _PACKERS_TIMEOUT),
        pause=_seconds("--pause-before-connecting", flags.pause, 0.0),
    )
    if path is None:
        if flags.username is None:
            raise UsageError(
                "there is no unattend.toml in this folder, and no user is given",
                help="Give -u USER (and --auth, --ssl as needed), or --spec path/to/unattend.toml.",
            )
        where = endpoint(flags, None, password or passwords.asked(flags.username), None)
        return Target(where, Wanted(), patience)
    connection, winrm = _connection(path, flags, settings, output, password)
    patience = Patience(
        timeout=patience.timeout if flags.timeout else winrm.timeout,
        pause=patience.pause if flags.pause else winrm.pause,
    )
    wanted = Wanted(connection.computer.name, connection.windows.release.build)
    return Target(endpoint(flags, winrm, winrm.password, _kept_pin(winrm, path, output)), wanted, patience)


def _kept_pin(winrm: Winrm, spec: Path, output: Path | None) -> str | None:
    """Give the thumbprint of the certificate that `generate` made for this guest, so that no CA is needed."""
    from toolkit.render.certificate import kept_thumbprint

    return kept_thumbprint(specs.output_folder(spec, output)) if winrm.ssl and not winrm.insecure else None


def _connection(
    path: Path, flags: Flags, settings: Sequence[str], output: Path | None, password: Secret | None
) -> tuple[Connection, Winrm]:
    from toolkit.spec.document import read_document
    from toolkit.spec.guest import Winrm
    from toolkit.spec.load import load_connection
    from toolkit.spec.secrets import Vault

    document = read_document(path, settings)
    section = document.data.get("communicator")
    own_user = section.get("winrm_username") if isinstance(section, dict) else None
    if password is None and flags.username is not None and flags.username != own_user:
        password = passwords.asked(flags.username)  # the spec's password is another user's
    given = {} if password is None else {_PASSWORD_KEY: password}
    vault = Vault(os.environ, specs.asking(), specs.output_folder(path, output), may_make=False, given=given)
    connection = load_connection(document, vault)
    console.show_problems(connection.warnings)
    if not isinstance(connection.communicator, Winrm):
        raise SpecError(
            f"{path} says that nothing connects over WinRM to this guest",
            help='Set communicator = "winrm" in it, or verify from a folder without a spec, with flags alone.',
        )
    return connection, connection.communicator


def endpoint(flags: Flags, winrm: Winrm | None, password: Secret, pin: str | None) -> Endpoint:
    """Lay the flags over the spec's communicator, or over Packer's defaults where there is no spec."""
    from toolkit.communicators.endpoint import Endpoint
    from toolkit.communicators.location import default_port

    location = _location(flags.host or (winrm.host if winrm else None))
    ssl = bool(_first(flags.ssl, location.ssl, winrm.ssl if winrm else None))
    own_port = winrm.port if winrm and winrm.ssl == ssl else None
    return Endpoint(
        host=location.host,
        port=_first(flags.port, location.port, own_port) or default_port(ssl=ssl),
        ssl=ssl,
        auth=_auth(flags, winrm),
        username=flags.username or (winrm.username if winrm else ""),
        password=password,
        insecure=bool(_first(flags.insecure, winrm.insecure if winrm else None)),
        pin=flags.pin or (pin if ssl and not flags.insecure else None),
    )


def _location(host: str | None) -> Location:
    from toolkit.communicators.location import parse_host

    if host is None:
        raise UsageError(
            "which guest? There is no HOST, and no winrm_host in the spec",
            help="For example: unattend verify-winrm 10.0.0.5",
        )
    return parse_host(host)


def _auth(flags: Flags, winrm: Winrm | None) -> Auth:
    from toolkit.communicators.endpoint import Auth

    if flags.auth is None:
        return Auth.BASIC if winrm and not winrm.ntlm else Auth.NTLM
    if flags.auth not in list(Auth):
        raise UsageError(f"--auth {flags.auth} is not known", help=f"It is one of {', '.join(Auth)}.")
    return Auth(flags.auth)


def _seconds(option: str, text: str | None, default: float) -> float:
    from toolkit.spec.duration import seconds

    try:
        return default if text is None else seconds(text)
    except ValueError as err:
        raise UsageError(f"{option}: {err}") from err


def _first(*values: T | None) -> T | None:
    return next((value for value in values if value is not None), None)
