"""The WS-Management faults that verification meets, by number: their texts come in the guest's language."""

from __future__ import annotations

from typing import TYPE_CHECKING

from toolkit.verify import remedy
from toolkit.verify.remedy import because, failed
from toolkit.verify.rung import Failure, Rung, Verdict

if TYPE_CHECKING:
    from toolkit.communicators.endpoint import Endpoint
    from toolkit.communicators.errors import FaultError

# Numbers of wsmerror.h and winerror.h (Windows SDK).
ACCESS_DENIED = 5
_SHUTTING_DOWN = frozenset({1115, 1717, 995, 1726, 0x8033816E})
_SHELL_GONE = 0x8033805B
# Each quota of a user's has twins that are a plug-in's (..._PPQ).
_SHELLS = frozenset({0x803381A5, 0x803381E4, 0x803381E6})
_OPERATIONS = frozenset({0x803381A6, 0x803381E7, 0x803381E8})
_SHELL_USERS = frozenset({0x803381AB, 0x803381E5})
_OTHER_QUOTAS = frozenset({0x803381E9, 0x803381EA})  # commands in a shell; less than a plug-in must have
_LOAD = frozenset({0x8033803F, 0x803381A7, 0x803381A8})
_SHELLS_FORBIDDEN = 0x803381AC
_REMOTE_FORBIDDEN = 0x803381DD
_ENVELOPE = frozenset({0x80338047, 0x80338048, 0x80338049})
_CORRUPTED = 0x80338005
_FAILED_AUTHENTICATION = 0x80338036
_OTHER_TOKEN = 0x803381A9


def fault_failure(error: FaultError, rung: Rung, endpoint: Endpoint) -> Failure:
    """Judge a fault that came while `rung` was tried; some belong to a rung of their own."""
    host, evidence = endpoint.host, (f"fault {error.fault:#x} ({error.fault}): {error.reason}",)
    match error.fault:
        case code if code == ACCESS_DENIED:
            return denied(endpoint, evidence)
        case code if code in {_SHELLS_FORBIDDEN, _REMOTE_FORBIDDEN}:
            return _forbidden(host, code, evidence)
        case code if code in _SHELLS | _OPERATIONS | _SHELL_USERS | _LOAD:
            return _quota(endpoint, code, evidence)
        case code if code in _SHUTTING_DOWN:
            return _restarting(host, evidence)
        case code if code == _SHELL_GONE:
            return _shell_gone(host, rung, evidence)
        case code if code in _ENVELOPE:
            return _too_large(host, rung, evidence)
        case _:
            return _other(error.fault, host, rung, evidence)


def _other(code: int, host: str, rung: Rung, evidence: tuple[str, ...]) -> Failure:
    what = f"{host} answers with the fault {code:#x}."
    match code:
        case code if code == _CORRUPTED:
            cause, fix = "The configuration of WinRM is damaged.", remedy.RESTORE_CONFIG
            return failed(
                rung, "config-corrupted", Verdict.FATAL, what, evidence=evidence, causes=(cause,), remedies=(fix,)
            )
        case code if code == _OTHER_TOKEN:
            cause = "The user's rights have changed since the shell was opened: a second try has the new ones."
            return failed(rung, "token-changed", Verdict.RETRY, what, evidence=evidence, causes=(cause,))
        case code if code == _FAILED_AUTHENTICATION:
            cause = "The service takes the sender for somebody it does not know."
            return failed(
                Rung.AUTHENTICATION, "sender-unknown", Verdict.SUSPICIOUS, what, evidence=evidence, causes=(cause,)
            )
        case _:
            return _catalogued(code, Rung.QUOTA if code in _OTHER_QUOTAS else rung, what, evidence)


def _catalogued(code: int, rung: Rung, what: str, evidence: tuple[str, ...]) -> Failure:
    """Say of any other fault what the catalog says of it."""
    # Loads the catalog's 512 codes, which nearly every run does without.
    from toolkit.catalog.faults import find_fault  # noqa: PLC0415

    known = find_fault(code)
    return Failure(
        rung,
        "fault",
        Verdict.SUSPICIOUS,
        f"{what} {known.meaning}" if known else what,
        evidence,
        causes=known.causes if known else (),
        in_guest=known.in_guest if known else (f"certutil -error {code:#x}",),
        in_client=(*(known.in_client if known else ()), f"unattend explain {code:#x}"),
        in_spec=known.in_spec if known else (),
    )


def denied(endpoint: Endpoint, evidence: tuple[str, ...], *, powershell: bool | None = None) -> Failure:
    """Judge a refused shell. `powershell` says whether PowerShell would admit the user, None where nobody asked."""
    username = endpoint.user
    member = f"{username} is not in the group Administrators"
    filtered = "LocalAccountTokenFilterPolicy is not 1: over the network, local accounts are stripped of their rights"
    sddl = "The service's RootSDDL keeps the user out."
    match powershell:
        case True:
            seen = "PowerShell admits the user, cmd's shell does not, as with members of Remote Management Users"
            causes: tuple[str, ...] = (because(member, seen), f"{filtered}.")
            fixes: tuple[remedy.Remedy, ...] = (
                remedy.make_administrator(username),
                remedy.TOKEN_FILTER,
                remedy.USE_PSRP,
            )
        case _:
            seen = "PowerShell does not admit the user either" if powershell is False else ""
            causes = (because(filtered, seen), f"{member}.", sddl)
            fixes = (remedy.TOKEN_FILTER, remedy.make_administrator(username), remedy.SERVICE_CONFIG)
    return failed(
        Rung.AUTHORISATION,
        "not-administrator" if powershell else "access-denied",
        Verdict.FATAL,
        f"{endpoint.host} knows {username} and the password is right, but does not let this user open a command shell.",
        evidence=(*evidence, *((f"{seen}.",) if seen else ())),
        causes=causes,
        remedies=fixes,
    )


def _forbidden(host: str, code: int, evidence: tuple[str, ...]) -> Failure:
    policy = "A policy forbids the remote management of this computer (Allow remote server management)."
    shells = "AllowRemoteShellAccess is false."
    switched_off = code == _SHELLS_FORBIDDEN
    return failed(
        Rung.AUTHORISATION,
        "shells-forbidden" if switched_off else "remote-forbidden",
        Verdict.FATAL,
        f"{host} allows nobody to open a remote shell.",
        evidence=evidence,
        causes=(shells, policy) if switched_off else (policy, shells),
        remedies=(remedy.ALLOW_SHELLS, remedy.POLICIES) if switched_off else (remedy.POLICIES, remedy.ALLOW_SHELLS),
    )


def _quota(endpoint: Endpoint, code: int, evidence: tuple[str, ...]) -> Failure:
    host = endpoint.host
    if code in _LOAD:
        what = f"{host} is too busy for another request."
        cause = "Many clients work on the guest at once."
        return failed(Rung.QUOTA, "busy", Verdict.RETRY, what, evidence=evidence, causes=(cause,))
    match code:
        case code if code in _OPERATIONS:
            kind, what = "too-many-operations", f"{host} has as many operations open as it allows one user."
            cause = "Ended commands still count: WinRS does not take them off ([MS-WSMV] product note 118)."
            fix = remedy.MORE_OPERATIONS
        case code if code in _SHELL_USERS:
            kind, what = "too-many-users", f"{host} has shells of as many users as it allows."
            cause, fix = "Other users have shells open.", remedy.MORE_USERS
        case _:
            kind, what = "too-many-shells", f"{host} has as many shells open as it allows."
            cause, fix = f"Earlier clients left shells of {endpoint.user} open.", remedy.MORE_SHELLS
    return failed(
        Rung.QUOTA,
        kind,
        Verdict.SUSPICIOUS,
        what,
        evidence=evidence,
        causes=(cause, "Many clients work on the guest at once."),
        remedies=(remedy.LIST_SHELLS, remedy.RESTART_SERVICE, fix),
    )


def _restarting(host: str, evidence: tuple[str, ...]) -> Failure:
    return failed(
        Rung.PHASE,
        "restarting",
        Verdict.RETRY,
        f"{host} is shutting down or restarting.",
        evidence=evidence,
        causes=("Its set-up is not finished: it restarts once more.", "Its WinRM service is stopping."),
        remedies=(remedy.WAIT_LONGER,),
    )


def _shell_gone(host: str, rung: Rung, evidence: tuple[str, ...]) -> Failure:
    return failed(
        rung,
        "shell-gone",
        Verdict.RETRY,
        f"{host} has closed the shell.",
        evidence=evidence,
        causes=("The guest, or its WinRM service, restarted in between.", "The shell stood idle for too long."),
    )


def _too_large(host: str, rung: Rung, evidence: tuple[str, ...]) -> Failure:
    return failed(
        rung,
        "too-large",
        Verdict.FATAL,
        f"{host} takes smaller messages only.",
        evidence=evidence,
        causes=("MaxEnvelopeSizekb is below its default of 500.",),
        remedies=(remedy.MORE_ENVELOPE,),
    )
