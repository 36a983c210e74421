"""WinRM's own configuration as the guest shows it, to WS-Transfer and to the `winrm` command alike.

The elements are those of `winrm get winrm/config -format:pretty` (MicrosoftDocs/win32 desktop-src/WinRM/
installation-and-configuration-for-windows-remote-management.md); `Source="GPO"` marks what a policy owns. Settings that
the simulator does not act upon show their defaults.
"""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, TypeAlias

from toolkit.simulator.machine import HTTPS_PORT, Listener, Transport

if TYPE_CHECKING:
    from collections.abc import Iterator

    from toolkit.simulator.state import GuestState

NAMESPACE = "http://schemas.microsoft.com/wbem/wsman/1/config"

_Tree: TypeAlias = "dict[str, str | int | bool | _Tree]"


def config_xml(state: GuestState) -> str:
    """Write `winrm/config` as one element."""
    inner = "".join(_elements(_settings(state), state.interior.policies))
    return f'<cfg:Config xmlns:cfg="{NAMESPACE}" xml:lang="en-US">{inner}</cfg:Config>'


def listeners_xml(state: GuestState) -> tuple[str, ...]:
    """Write `winrm/config/listener`, an element each."""
    source = ' Source="GPO"' if "Listener" in state.interior.policies else ""
    return tuple(
        f'<cfg:Listener xmlns:cfg="{NAMESPACE}"{source} xml:lang="en-US">{"".join(_elements(_listener(one)))}'
        "</cfg:Listener>"
        for one in listeners(state)
    )


def listeners(state: GuestState) -> tuple[Listener, ...]:
    """Give the listeners: those that the guest is known to have, or one for each open port."""
    if state.interior.listeners is not None:
        return state.interior.listeners
    return tuple(
        Listener(Transport.HTTPS if port == HTTPS_PORT else Transport.HTTP, port) for port in sorted(state.open_ports)
    )


def _settings(state: GuestState) -> _Tree:
    interior = state.interior
    methods: _Tree = {
        "Basic": state.basic,
        "Kerberos": interior.kerberos,
        "Negotiate": state.negotiate,
        "Certificate": interior.certificate,
        "CredSSP": state.credssp,
        "CbtHardeningLevel": "Strict" if state.channel_binding else "Relaxed",
    }
    return {
        "MaxEnvelopeSizekb": state.max_envelope_kb,
        "MaxTimeoutms": state.max_timeout_ms,
        "MaxBatchItems": 32000,
        "Service": {
            "MaxConcurrentOperationsPerUser": 1500,
            "MaxConnections": 300,
            "AllowUnencrypted": state.allow_unencrypted,
            "Auth": methods,
            "IPv4Filter": "*",
            "IPv6Filter": "*",
            "AllowRemoteAccess": True,
        },
        "Winrs": {
            "AllowRemoteShellAccess": state.remote_shell_access,
            "IdleTimeout": 7_200_000,
            "MaxConcurrentUsers": 2_147_483_647,
            "MaxProcessesPerShell": interior.max_processes_per_shell,
            "MaxMemoryPerShellMB": interior.max_memory_per_shell_mb,
            "MaxShellsPerUser": state.max_shells_per_user,
        },
    }


def _listener(listener: Listener) -> _Tree:
    return {
        "Address": "*",
        "Transport": listener.transport.value,
        "Port": listener.port,
        "Hostname": "",
        "Enabled": True,
        "URLPrefix": "wsman",
        "CertificateThumbprint": "",
        "ListeningOn": "127.0.0.1",
    }


def _elements(tree: _Tree, policies: frozenset[str] = frozenset()) -> Iterator[str]:
    for name, value in tree.items():
        source = ' Source="GPO"' if name in policies else ""
        match value:
            case dict():
                yield f"<cfg:{name}>{''.join(_elements(value, policies))}</cfg:{name}>"
            case _:
                # str(True) is "True"; Windows writes true.
                shown = str(value).lower() if isinstance(value, bool) else str(value)
                yield f"<cfg:{name}{source}>{escape(shown)}</cfg:{name}>"
