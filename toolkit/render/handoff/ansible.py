"""An Ansible inventory: the guest once for each of the connection plugins that reach it, winrm and psrp, or ssh.

Variables: the documentation of ansible.builtin.winrm, .psrp and .ssh; ansible_winrm_* beyond it are the parameters of
pywinrm's Protocol, to which the plugin hands them on.
"""

from __future__ import annotations

import re
from enum import StrEnum
from typing import TYPE_CHECKING, assert_never

from toolkit.private import FOLDER
from toolkit.render.certificate import CLIENT_CERTIFICATE, CLIENT_KEY
from toolkit.render.handoff.settings import PASSWORD_VARIABLE, Setting, host_name, printable
from toolkit.render.handoff.trust import AUTHORITY, MADE_THERE, Trust
from toolkit.render.templating import render
from toolkit.render.winrm_steps import wants_remoting
from toolkit.spec.guest import Consumer, GuestMade, HostMade, Ssh, Winrm
from toolkit.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterator

    from toolkit.spec.guest import Guest

_BEGINS_TEMPLATE = re.compile(r"\{[{%#]")

_PASSWORD = f"{{{{ lookup('ansible.builtin.env', '{PASSWORD_VARIABLE}') }}}}"


@dataclass(frozen=True, slots=True)
class Group:
    """A group of the inventory with its one host."""

    name: str
    host: str
    settings: tuple[Setting, ...]


class Method(StrEnum):
    """How the client proves who it is, in the words of both plugins."""

    BASIC = "basic"
    NTLM = "ntlm"
    KERBEROS = "kerberos"
    CREDSSP = "credssp"
    CERTIFICATE = "certificate"


def inventory(guest: Guest, communicator: Winrm | Ssh, trust: Trust) -> str:
    """Give the inventory in YAML."""
    match communicator:
        case Winrm():
            groups = _winrm_groups(guest, communicator, trust)
        case Ssh():
            groups = (Group("unattend_ssh", host_name(guest), tuple(_ssh(guest, communicator))),)
        case _:
            assert_never(communicator)
    return render(
        "handoff/inventory.yml.j2",
        address=communicator.host and _text(communicator.host, what="the host"),
        password_variable=PASSWORD_VARIABLE,
        groups=groups,
    )


def _winrm_groups(guest: Guest, winrm: Winrm, trust: Trust) -> tuple[Group, ...]:
    common = tuple(_common(winrm.username, winrm.port))
    method = _method(guest, winrm)
    return (
        Group("unattend_winrm", host_name(guest), (*common, *_winrm(guest, winrm, method, trust))),
        Group("unattend_psrp", f"{host_name(guest)}-psrp", (*common, *_psrp(guest, winrm, method, trust))),
        *((_by_certificate(guest, winrm, trust),) if guest.bootstrap.client_certificate == HostMade() else ()),
    )


def _by_certificate(guest: Guest, winrm: Winrm, trust: Trust) -> Group:
    """The same guest for a client that shows the certificate which the host keeps for it."""
    user, _, port = _common(winrm.username, winrm.port)
    settings = (
        user,
        port,
        *_winrm(guest, winrm, Method.CERTIFICATE, trust),
        Setting("ansible_winrm_cert_pem", _beside(f"../{FOLDER}/{CLIENT_CERTIFICATE}"), ("Kept beside the output.",)),
        Setting("ansible_winrm_cert_key_pem", _beside(f"../{FOLDER}/{CLIENT_KEY}")),
    )
    return Group("unattend_certificate", f"{host_name(guest)}-certificate", settings)


def _method(guest: Guest, winrm: Winrm) -> Method:
    if guest.bootstrap.credssp:
        return Method.CREDSSP
    if guest.bootstrap.kerberos:
        return Method.KERBEROS
    return Method.NTLM if winrm.ntlm else Method.BASIC


def _common(username: str, port: int) -> Iterator[Setting]:
    yield Setting("ansible_user", _text(username, what="the user's name"))
    yield Setting("ansible_password", yaml_string(_PASSWORD))
    yield Setting("ansible_port", str(port))


def _winrm(guest: Guest, winrm: Winrm, method: Method, trust: Trust) -> Iterator[Setting]:
    yield Setting("ansible_connection", "winrm")
    yield Setting("ansible_winrm_scheme", "https" if winrm.ssl else "http")
    yield Setting("ansible_winrm_transport", method, _why_method(guest, winrm, method))
    if not winrm.ssl and method is not Method.BASIC:
        yield Setting("ansible_winrm_message_encryption", "always")
    if winrm.ssl:
        validation = "ignore" if trust is Trust.UNCHECKED else "validate"
        yield Setting("ansible_winrm_server_cert_validation", validation, _why_trust(guest, winrm, trust))
    if trust is Trust.OWN_AUTHORITY:
        yield Setting("ansible_winrm_ca_trust_path", _beside(AUTHORITY))


def _psrp(guest: Guest, winrm: Winrm, method: Method, trust: Trust) -> Iterator[Setting]:
    prepared = guest.windows.release.server or wants_remoting(guest)
    unprepared = ("Not yet: a Windows client has no session configurations, until bootstrap.psrp = true makes them.",)
    yield Setting("ansible_connection", "psrp", () if prepared else unprepared)
    yield Setting("ansible_psrp_protocol", "https" if winrm.ssl else "http")
    yield Setting("ansible_psrp_auth", method)
    if not winrm.ssl:
        encryption = "never" if method is Method.BASIC else "always"
        why = ("Basic has no encryption, and psrp refuses http without it unless told so.",)
        yield Setting("ansible_psrp_message_encryption", encryption, why if method is Method.BASIC else ())
    if winrm.ssl:
        yield Setting("ansible_psrp_cert_validation", "ignore" if trust is Trust.UNCHECKED else "validate")
    if trust is Trust.OWN_AUTHORITY:
        yield Setting("ansible_psrp_ca_cert", _beside(AUTHORITY))


def _ssh(guest: Guest, ssh: Ssh) -> Iterator[Setting]:
    yield from _common(ssh.username, ssh.port)
    yield Setting("ansible_connection", "ssh")
    shell = (guest.bootstrap.openssh.default_shell or "cmd").casefold()
    kind = "powershell" if "powershell" in shell or "pwsh" in shell else "cmd"
    yield Setting("ansible_shell_type", kind, ("As the server's default shell is: Ansible does not ask.",))


def _why_method(guest: Guest, winrm: Winrm, method: Method) -> tuple[str, ...]:
    if method is not Method.NTLM or winrm.ssl or guest.bootstrap.consumer not in {Consumer.PACKER, Consumer.ANY}:
        return ()
    return (
        "Sealed: nothing travels in the clear. The guest would take it, because Packer's NTLM needs that;",
        'bootstrap.consumer = "ansible" ends it.',
    )


def _why_trust(guest: Guest, winrm: Winrm, trust: Trust) -> tuple[str, ...]:
    match trust:
        case Trust.SYSTEM:
            return ()
        case Trust.OWN_AUTHORITY:
            return ("The guest's own certificate is its only authority: any other guest is refused.",)
        case Trust.UNCHECKED if winrm.insecure:
            return ("As winrm_insecure in the spec has it.",)
        case Trust.UNCHECKED if isinstance(guest.bootstrap.certificate, GuestMade):
            return MADE_THERE
        case Trust.UNCHECKED:
            return (
                "Ansible cannot be given a thumbprint, and the certificate may not hold the address: with winrm_host",
                "in the spec it does, and is checked. unattend verify-winrm checks it by its thumbprint.",
            )
        case _:
            assert_never(trust)


def _beside(name: str) -> str:
    return yaml_string(f"{{{{ inventory_dir }}}}/{name}")


def _text(text: str, *, what: str) -> str:
    """Write a text of the user's, in which Ansible must not look for templates."""
    quoted = yaml_string(printable(text, what=what))
    return f"!unsafe {quoted}" if _BEGINS_TEMPLATE.search(text) else quoted


def yaml_string(text: str) -> str:
    """Quote printable `text` as a double-quoted scalar."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
