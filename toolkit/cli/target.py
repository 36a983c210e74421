"""What verify-winrm is to connect to: the spec's idea of it, each flag laid over it."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

from toolkit.cli import console, passwords, specs
from toolkit.errors import SpecError, UsageError
from toolkit.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from toolkit.communicators.endpoint import Auth, ClientCertificate, Endpoint
    from toolkit.communicators.location import Location
    from toolkit.secret import Secret
    from toolkit.spec.guest import Winrm
    from toolkit.spec.load import Connection
    from toolkit.verify.limits import Limits
    from toolkit.verify.wait import Patience
    from toolkit.verify.wanted import Declared, Wanted

T = TypeVar("T")

_PASSWORD_KEY = "communicator.winrm_password"  # noqa: S105  (the name of a setting)
_PASSPHRASE = "UNATTEND_CLIENT_KEY_PASSPHRASE"  # noqa: S105  (the name of a variable)
_NOBODY = "nobody"  # stands where a user and a password must, and none is used
_SHORTEST = 0.1  # seconds, in which a connection can be made, and between two looks that leave the guest alone
_PACKERS_TIMEOUT = 30 * 60.0


@dataclass(frozen=True, slots=True)
class Trusting:
    """The flags about certificates, None for what was not given."""

    insecure: bool | None = None
    pin: str | None = None
    ca_file: Path | None = None
    server_name: str | None = None
    client_certificate: Path | None = None
    client_key: Path | None = None


@dataclass(frozen=True, slots=True)
class Patient:
    """The flags about time, as they were written, None for what was not given."""

    timeout: str | None = None
    pause: str | None = None
    connect_timeout: str | None = None
    retry_interval: str | None = None


@dataclass(frozen=True, slots=True)
class Flags:
    """The command line, None for what was not given."""

    host: str | None = None
    username: str | None = None
    auth: str | None = None
    port: int | None = None
    ssl: bool | None = None
    trust: Trusting = Trusting()
    time: Patient = Patient()
    closed: bool = False  # whether a shut guest is expected, at which nobody logs on


@dataclass(frozen=True, slots=True)
class Target:
    """Whom to verify, as what, and how patiently. `limits` None takes the usual ones."""

    endpoint: Endpoint
    wanted: Wanted
    patience: Patience
    limits: Limits | None = None


def target(
    flags: Flags, spec: Path | None, settings: Sequence[str], output: Path | None, password: Secret | None
) -> Target:
    """Put the target together. Without any spec the flags alone must suffice. Raises UsageError or SpecError."""
    from toolkit.secret import Secret
    from toolkit.verify.wanted import Wanted, wanted_by

    path = spec or (specs.DEFAULT if specs.DEFAULT.is_file() else None)
    limits = _limits(flags)
    if flags.closed:
        password = Secret(_NOBODY)  # nobody is asked for one that is not used
    if path is None:
        where = endpoint(flags, None, _password_of_flags(flags, password), None)
        return Target(where, Wanted(), _patience(flags, None), limits)
    connection, winrm = _connection(path, flags, settings, output, password)
    declared = _declared(specs.output_folder(path, output))
    wanted = wanted_by(connection.windows, connection.computer, declared)
    where = endpoint(flags, winrm, winrm.password, _kept_pin(winrm, path, output))
    return Target(where, wanted, _patience(flags, winrm), limits)


def _password_of_flags(flags: Flags, password: Secret | None) -> Secret:
    from toolkit.secret import Secret

    if flags.auth == "certificate":
        return password or Secret("")
    if flags.username is None and not flags.closed:
        raise UsageError(
            "there is no unattend.toml in this folder, and no user is given",
            help="Give -u USER (and --auth, --ssl as needed), or --spec path/to/unattend.toml.",
        )
    if flags.auth == "kerberos":
        return password or Secret("")  # a ticket that kinit got will do
    return password or passwords.asked(flags.username or _NOBODY)


def _patience(flags: Flags, winrm: Winrm | None) -> Patience:
    from toolkit.verify.wait import Patience

    usual = Patience()
    interval = _seconds("--retry-interval", flags.time.retry_interval, usual.interval, least=_SHORTEST)
    return Patience(
        timeout=_seconds("--timeout", flags.time.timeout, winrm.timeout if winrm else _PACKERS_TIMEOUT),
        interval=interval,
        longest=usual.longest if flags.time.retry_interval is None else interval,  # what was asked for does not grow
        pause=_seconds("--pause-before-connecting", flags.time.pause, winrm.pause if winrm else 0.0),
    )


def _limits(flags: Flags) -> Limits:
    from toolkit.verify.limits import Limits

    usual = Limits()
    return replace(
        usual, connect=_seconds("--connect-timeout", flags.time.connect_timeout, usual.connect, least=_SHORTEST)
    )


def _declared(folder: Path) -> Declared | None:
    """Read what `generate` promised there; None where it has not run, or what is there is not its manifest."""
    from toolkit.render.kept_manifest import kept_manifest
    from toolkit.verify.wanted import declared_by_manifest

    try:
        return declared_by_manifest(kept_manifest(folder))
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


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

    document = read_document(path, settings, stdin=specs.stdin_text() if path == specs.STDIN else None)
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
    from toolkit.communicators.trust import secure_context

    location = _location(flags.host or (winrm.host if winrm else None))
    ssl = bool(_first(flags.ssl, location.ssl, winrm.ssl if winrm else None))
    own_port = winrm.port if winrm and winrm.ssl == ssl else None
    made = Endpoint(
        host=location.host,
        port=_first(flags.port, location.port, own_port) or default_port(ssl=ssl),
        ssl=ssl,
        auth=_auth(flags, winrm),
        username=flags.username or (winrm.username if winrm else _NOBODY if flags.closed else ""),
        password=password,
        insecure=bool(_first(flags.trust.insecure, winrm.insecure if winrm else None)),
        pin=flags.trust.pin or (pin if ssl and not flags.trust.insecure else None),
        ca_file=flags.trust.ca_file,
        server_name=flags.trust.server_name,
        client_certificate=_client_certificate(flags),
    )
    if made.ca_file or made.client_certificate:
        secure_context(made)  # a file that cannot be used is told of before the guest is waited for
    return made


def _client_certificate(flags: Flags) -> ClientCertificate | None:
    from toolkit.communicators.endpoint import ClientCertificate
    from toolkit.secret import Secret

    if flags.trust.client_certificate is None and flags.trust.client_key is None:
        return None
    if flags.trust.client_certificate is None or flags.trust.client_key is None:
        raise UsageError("--client-cert and --client-key go together", help="Both are PEM files.")
    passphrase = os.environ.get(_PASSPHRASE)
    opened_by = None if passphrase is None else Secret(passphrase)
    return ClientCertificate(flags.trust.client_certificate, flags.trust.client_key, opened_by)


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


def _seconds(option: str, text: str | None, default: float, *, least: float = 0.0) -> float:
    from toolkit.spec.duration import seconds

    try:
        found = default if text is None else seconds(text)
    except ValueError as err:
        raise UsageError(f"{option}: {err}") from err
    if found < least:
        raise UsageError(f"{option}: {text} is too short", help=f"The shortest time is {round(least * 1000)}ms.")
    return found


def _first(*values: T | None) -> T | None:
    return next((value for value in values if value is not None), None)
