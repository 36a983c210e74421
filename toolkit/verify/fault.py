"""The WS-Management faults that verification meets, by number: their texts come in the guest's language."""

from __future__ import annotations

from typing import TYPE_CHECKING

from toolkit.verify.rung import Failure, Rung, Verdict

if TYPE_CHECKING:
    from toolkit.communicators.errors import FaultError

# Numbers of wsmerror.h and winerror.h (Windows SDK).
ACCESS_DENIED = 5
_SHUTTING_DOWN = frozenset({1115, 1717, 995, 1726})
_SHELL_GONE = frozenset({0x8033805B, 0x8033816E})
_SHELL_QUOTA = frozenset({0x803381A5, 0x803381A6, 0x803381AB, *range(0x803381E4, 0x803381EB)})
_LOAD_QUOTA = frozenset({0x8033803F, 0x803381A7, 0x803381A8})
_SHELLS_FORBIDDEN = frozenset({0x803381AC, 0x803381DD})

_POLICIES = r"HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Policies\System"
TOKEN_FILTER = f"reg add {_POLICIES} /v LocalAccountTokenFilterPolicy /t REG_DWORD /d 1 /f"


def fault_failure(error: FaultError, rung: Rung, host: str, username: str) -> Failure:
    """Judge a fault that came while `rung` was tried; some belong to a rung of their own."""
    evidence = (f"fault {error.fault:#x} ({error.fault}): {error.reason}",)
    match error.fault:
        case 5:
            return _denied(host, username, evidence)
        case code if code in _SHELLS_FORBIDDEN:
            return _forbidden(host, evidence)
        case code if code in _SHELL_QUOTA:
            return _quota(host, username, evidence)
        case code if code in _LOAD_QUOTA:
            what = f"{host} is too busy for another request."
            return Failure(Rung.QUOTA, "busy", Verdict.RETRY, what, evidence)
        case code if code in _SHUTTING_DOWN | _SHELL_GONE:
            what = f"{host} is shutting down or restarting."
            return Failure(rung, "restarting", Verdict.RETRY, what, evidence)
        case _:
            what = f"{host} answers with the fault {error.fault:#x}."
            return Failure(rung, "fault", Verdict.SUSPICIOUS, what, evidence)


def _denied(host: str, username: str, evidence: tuple[str, ...]) -> Failure:
    return Failure(
        Rung.AUTHORISATION,
        "access-denied",
        Verdict.FATAL,
        f"{host} knows {username} and the password is right, but does not let this user open a command shell.",
        evidence,
        causes=(
            "LocalAccountTokenFilterPolicy is not 1: over the network, local accounts are stripped of their rights.",
            f"{username} is not in the group Administrators.",
        ),
        in_guest=(TOKEN_FILTER, f'net localgroup Administrators "{username}" /add'),
        in_spec=("accounts.groups",),
    )


def _forbidden(host: str, evidence: tuple[str, ...]) -> Failure:
    return Failure(
        Rung.AUTHORISATION,
        "shells-forbidden",
        Verdict.FATAL,
        f"{host} allows nobody to open a remote shell.",
        evidence,
        causes=("AllowRemoteShellAccess is false, or a policy forbids remote management.",),
        in_guest=('winrm set winrm/config/winrs @{AllowRemoteShellAccess="true"}',),
    )


def _quota(host: str, username: str, evidence: tuple[str, ...]) -> Failure:
    return Failure(
        Rung.QUOTA,
        "too-many-shells",
        Verdict.SUSPICIOUS,
        f"{host} has as many shells or operations open as it allows.",
        evidence,
        causes=(f"Earlier clients left shells of {username} open.", "Many clients work on the guest at once."),
        in_guest=(
            "winrm enumerate shell",
            "net stop WinRM & net start WinRM",
            'winrm set winrm/config/winrs @{MaxShellsPerUser="30"}',
        ),
        in_spec=("bootstrap.quotas.max_shells_per_user",),
    )
