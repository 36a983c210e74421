r"""What accounts need that no setting gives: by commands at the first logon, none of which needs wmic.

Modelled, not tried: ADSI's WinNT provider is taken from MicrosoftDocs/win32 (ADSI "WinNT user object", `UserFlags`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from toolkit.render.answerfile.contribution import CommandLine
from toolkit.render.autologon_traces import FORGET, VALUES, WINLOGON
from toolkit.render.powershell import literal
from toolkit.spec.account_names import administrator_in

if TYPE_CHECKING:
    from collections.abc import Iterator

    from toolkit.spec.guest import Guest

_DISABLED = 0x2  # ADS_UF_ACCOUNTDISABLE
_NEVER_EXPIRES = 0x10000  # ADS_UF_DONT_EXPIRE_PASSWD
_PASSWORDLESS = r'"HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion\PasswordLess\Device"'
_WINDOWS_10_2004 = 19041  # the first build that knows the value

_BUILT_IN = (
    "foreach($u in ([ADSI]'WinNT://.').psbase.Children){if($u.psbase.SchemaClassName -eq 'User' -and "
    "(New-Object Security.Principal.SecurityIdentifier($u.objectSid.Value,0)).Value.EndsWith('-500'))"
)


def first_logon_lines(guest: Guest) -> Iterator[CommandLine]:
    """Give the commands of the first logon, each at most 1024 characters long."""
    yield from _expiry(guest)
    if guest.administrator_enabled is not None:
        yield _administrator(guest, enabled=guest.administrator_enabled)


def cleans(guest: Guest) -> bool:
    """Whether the first logon, being the only one, removes its own traces at its end."""
    return guest.autologon is not None and guest.autologon.clean and guest.autologon.count == 1


def specialize_lines(guest: Guest) -> Iterator[CommandLine]:
    """Keep Windows from turning automatic logons off where there is to be more than one (dockur/windows)."""
    release = guest.windows.release
    again = guest.autologon is not None and guest.autologon.count != 1
    if again and not release.server and release.build >= _WINDOWS_10_2004:
        line = f"reg.exe add {_PASSWORDLESS} /v DevicePasswordLessBuildVersion /t REG_DWORD /d 0 /f"
        yield CommandLine(line, "Automatic logon with a password stays possible")


def _expiry(guest: Guest) -> Iterator[CommandLine]:
    names = [account.name for account in guest.accounts if account.password_never_expires]
    if names and not guest.windows.has_powershell:
        yield CommandLine("net.exe accounts /maxpwage:unlimited", "No password expires")
        return
    for name in names:
        path = literal(f"WinNT://./{name},user", what="the account's name")
        change = f"$u=[ADSI]{path};$u.Put('UserFlags',$u.UserFlags.Value -bor {_NEVER_EXPIRES});$u.SetInfo()"
        yield CommandLine(_powershell(change), "This password does not expire")


def _administrator(guest: Guest, *, enabled: bool) -> CommandLine:
    """Find the account by its SID: its name is another one in other languages."""
    description = "The built-in administrator is " + ("enabled" if enabled else "disabled")
    if not guest.windows.has_powershell:
        name = administrator_in(guest.locale.ui_language)
        return CommandLine(f"net.exe user {name} /active:{'yes' if enabled else 'no'}", description)
    flags = f"-band -bnot {_DISABLED}" if enabled else f"-bor {_DISABLED}"
    change = f"{{$u.Put('UserFlags',$u.UserFlags.Value {flags});$u.SetInfo()}}}}"
    return CommandLine(_powershell(_BUILT_IN + change), description)


def clean_lines(guest: Guest) -> Iterator[CommandLine]:
    """Remove the password of the automatic logon, which has done its work when this runs: at the first logon's end."""
    if cleans(guest):
        yield from trace_lines(guest)


def trace_lines(guest: Guest) -> Iterator[CommandLine]:
    """Remove what an automatic logon leaves, in the registry and as a secret of LSA's."""
    off = f'reg add "{WINLOGON}" /v AutoAdminLogon /t REG_SZ /d 0 /f'
    traces = f'for %v in ({" ".join(VALUES)}) do reg delete "{WINLOGON}" /v %v /f'
    yield CommandLine(f"cmd.exe /d /c {off} & {traces}", "The automatic logon leaves nothing in the registry")
    if guest.windows.has_powershell:
        forget = f"$ErrorActionPreference='Stop';{FORGET}".replace('"', r"\"")
        yield CommandLine(_powershell(forget), "The automatic logon leaves no secret")


def _powershell(script: str) -> str:
    return f'powershell.exe -NoProfile -ExecutionPolicy Bypass -Command "{script}"'
