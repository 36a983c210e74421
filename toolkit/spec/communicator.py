"""`[communicator]`: Packer's option names with their defaults and their meaning.

Source: hashicorp/packer-plugin-sdk communicator/config.go (2026-07).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, TypeAlias

from pydantic import AfterValidator, Field, WithJsonSchema

from toolkit.catalog.suggest import did_you_mean, one_of
from toolkit.spec.account_names import ADMINISTRATOR, account_name_fault
from toolkit.spec.duration import seconds
from toolkit.spec.guest import Communicator, NoCommunicator, Ssh, Winrm
from toolkit.spec.secrets import SecretField, Vault
from toolkit.spec.section import Findings, Section

if TYPE_CHECKING:
    from toolkit.secret import Secret

_KINDS = ("none", "ssh", "winrm", "docker")
_BUILDERS_OWN = {
    "docker": "the docker builder's: docker exec and docker cp in a running container",
    "dockerWindowsContainer": "the docker builder's: docker exec and docker cp in a running container",
    "ssm": "the amazon builder's: a session through the SSM agent",
    "aws-ssm": "the amazon builder's: a session through the SSM agent",
    "lxc": "the lxc builder's: lxc-attach to a Linux container",
    "lxd": "the lxd builder's: lxc exec in a Linux container",
    "chroot": "the chroot builders': commands in a mounted Linux file system",
    "vmware-tools": "VMware Tools guest operations",
}
_HTTP, _HTTPS, _SSH = 5985, 5986, 22


def _duration(text: str) -> str:
    seconds(text)
    return text


Duration: TypeAlias = Annotated[
    str, AfterValidator(_duration), WithJsonSchema({"type": "string", "examples": ["90s", "30m", "1h30m"]})
]
Port: TypeAlias = Annotated[int, Field(ge=1, le=65535)]


class CommunicatorSection(Section):
    """`[communicator]`."""

    communicator: Annotated[str, WithJsonSchema({"enum": list(_KINDS)})] = Field("ssh", description="How to connect.")
    pause_before_connecting: Duration = Field("0s", description="Wait between the first connection and the work.")
    winrm_host: str | None = Field(None, min_length=1, description="Address to connect to.")
    winrm_username: str | None = Field(None, min_length=1)
    winrm_password: SecretField | None = None
    winrm_port: Port | None = Field(None, description="Default: 5985, or 5986 with winrm_use_ssl.")
    winrm_timeout: Duration = Field("30m", description="How long to wait for WinRM to become available.")
    winrm_use_ssl: bool = Field(default=False, description="https instead of http.")
    winrm_insecure: bool = Field(default=False, description="Do not check the certificate.")
    winrm_use_ntlm: bool = Field(default=False, description="NTLM instead of Basic.")
    ssh_host: str | None = Field(None, min_length=1)
    ssh_username: str | None = Field(None, min_length=1)
    ssh_password: SecretField | None = None
    ssh_port: Port = _SSH
    ssh_timeout: Duration = "5m"


def resolve_communicator(section: CommunicatorSection, vault: Vault, findings: Findings) -> Communicator | None:
    """Give the communicator as a value of its own kind. None when it cannot be used for a Windows guest."""
    _check_kind(section.communicator, findings)
    _check_stray_options(section, findings)
    pause = seconds(section.pause_before_connecting)
    match _meant(section):
        case "none":
            return NoCommunicator()
        case "ssh":
            return _ssh(section, pause, vault, findings)
        case "winrm":
            return _winrm(section, pause, vault, findings)
        case _:
            return None


def user_of(section: CommunicatorSection) -> str | None:
    """Give the name of the user who connects, where the spec says one."""
    return {"ssh": section.ssh_username, "winrm": section.winrm_username}.get(_meant(section))


def _meant(section: CommunicatorSection) -> str:
    """Give the kind that the options speak of where none is named, so that their own errors show at once as well."""
    if "communicator" in section.model_fields_set:
        return section.communicator
    return "winrm" if any(option.startswith("winrm_") for option in section.model_fields_set) else section.communicator


def _check_kind(kind: str, findings: Findings) -> None:
    path = ("communicator", "communicator")
    if kind in _BUILDERS_OWN:
        findings.error(
            path,
            f'communicator "{kind}" cannot reach a Windows guest that Setup installs: it is {_BUILDERS_OWN[kind]}',
            help='Use "winrm" or "ssh", or "none".',
        )
    elif kind not in _KINDS:
        hint = did_you_mean(kind, _KINDS)
        findings.error(
            path, f'communicator "{kind}" is not known', help=f"{hint or ''} Known: {one_of(_KINDS)}.".strip()
        )


def _check_stray_options(section: CommunicatorSection, findings: Findings) -> None:
    """Options of another communicator than the chosen one are a mistake, most often a forgotten first line."""
    if section.communicator not in _KINDS:
        return
    for option in sorted(section.model_fields_set):
        prefix = option.partition("_")[0]
        if prefix not in ("winrm", "ssh") or prefix == section.communicator:
            continue
        default = "" if "communicator" in section.model_fields_set else " (the default, as in Packer)"
        findings.error(
            ("communicator", option),
            f'communicator.{option} does nothing while communicator is "{section.communicator}"{default}',
            help=f'Write communicator = "{prefix}" in [communicator], or remove the option.',
        )


def _ssh(section: CommunicatorSection, pause: float, vault: Vault, findings: Findings) -> Ssh | None:
    password = _secret(section.ssh_password, "ssh_password", vault, findings)
    named = _has_username(section.ssh_username, "ssh_username", findings)
    if section.ssh_password is None:
        _missing("ssh_password", findings)
    if password is None or not named or section.ssh_username is None:
        return None
    timeout = seconds(section.ssh_timeout)
    return Ssh(section.ssh_username, password, section.ssh_host, section.ssh_port, timeout, pause)


def _winrm(section: CommunicatorSection, pause: float, vault: Vault, findings: Findings) -> Winrm | None:
    password = _secret(section.winrm_password, "winrm_password", vault, findings)
    named = _has_username(section.winrm_username, "winrm_username", findings)
    if section.winrm_password is None:
        _missing("winrm_password", findings)
    if section.winrm_insecure and not section.winrm_use_ssl:
        findings.warning(
            ("communicator", "winrm_insecure"), "communicator.winrm_insecure means nothing without winrm_use_ssl"
        )
    if password is None or not named or section.winrm_username is None:
        return None
    return Winrm(
        username=section.winrm_username,
        password=password,
        host=section.winrm_host,
        port=section.winrm_port or (_HTTPS if section.winrm_use_ssl else _HTTP),
        timeout=seconds(section.winrm_timeout),
        ssl=section.winrm_use_ssl,
        insecure=section.winrm_insecure,
        ntlm=section.winrm_use_ntlm,
        pause=pause,
    )


def _secret(source: Any, option: str, vault: Vault, findings: Findings) -> Secret | None:
    return None if source is None else vault.secret(source, ("communicator", option), findings)


def _has_username(name: str | None, option: str, findings: Findings) -> bool:
    if name is None:
        _missing(option, findings)
        return False
    fault = None if name.casefold() == ADMINISTRATOR.casefold() else account_name_fault(name)
    if fault:
        findings.error(("communicator", option), f'communicator.{option} "{name}" {fault}')
    return fault is None


def _missing(option: str, findings: Findings) -> None:
    findings.error(
        ("communicator", option), f"communicator.{option} must be given", help=f"Add {option} = ... to [communicator]."
    )
