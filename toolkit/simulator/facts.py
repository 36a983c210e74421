"""PowerShell expressions that ask a guest about itself, and the answers. To teach the simulator more, add rows here."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from toolkit.simulator.programs import Session

Value: TypeAlias = str | int | bool | None
Answer: TypeAlias = "Callable[[Session], Value]"

_IDENTITY = "[security.principal.windowsidentity]::getcurrent()"
_ADMINISTRATOR = "[security.principal.windowsbuiltinrole]::administrator"
_VERSION_KEY = r"hklm:\software\microsoft\windows nt\currentversion"
_POLICY_KEY = r"hklm:\software\microsoft\windows\currentversion\policies\system"
_IMAGE_STATE_KEY = r"hklm:\software\microsoft\windows\currentversion\setup\state"
_SETUP_KEY = r"hklm:\system\setup"
_WINLOGON_KEY = rf"{_VERSION_KEY}\winlogon"
_COMPUTER_NAME_KEY = r"hklm:\system\currentcontrolset\control\computername"
_SESSION_KEY = r"hklm:\system\currentcontrolset\control\session manager"
_WINDOWS_10 = 10240


def account_name(guest: Session) -> str:
    r"""Give `HOST\user`, as the token of a local account shows it."""
    return rf"{guest.state.host_name.upper()}\{guest.user.name}"


def is_elevated(guest: Session) -> bool:
    return guest.state.elevated(guest.user)


EXPRESSIONS: dict[str, Answer] = {
    "$psversiontable.psversion": lambda guest: guest.state.windows.powershell,
    "$psversiontable.psversion.major": lambda guest: int(guest.state.windows.powershell.partition(".")[0]),
    "[environment]::machinename": lambda guest: guest.state.host_name.upper(),
    "[environment]::username": lambda guest: guest.user.name,
    "[environment]::osversion.version": lambda guest: f"{guest.state.windows.version}.0",
    "[environment]::osversion.version.build": lambda guest: guest.state.windows.build,
    "[environment]::is64bitoperatingsystem": lambda _: True,
    "[net.dns]::gethostname()": lambda guest: guest.state.host_name,
    "[globalization.cultureinfo]::installeduiculture.name": lambda guest: guest.state.interior.language,
    "@(get-wmiobject softwarelicensingproduct -filter 'partialproductkey is not null')[0].graceperiodremaining": (
        lambda guest: guest.state.interior.license_minutes
    ),
    "hostname": lambda guest: guest.state.host_name,
    "whoami": lambda guest: account_name(guest).lower(),
    f"{_IDENTITY}.name": account_name,
    f"([security.principal.windowsprincipal]{_IDENTITY}).isinrole({_ADMINISTRATOR})": is_elevated,
    f"([security.principal.windowsprincipal]{_IDENTITY}).isinrole('administrator')": is_elevated,
    f"(new-object security.principal.windowsprincipal({_IDENTITY})).isinrole({_ADMINISTRATOR})": is_elevated,
}

WMI: dict[tuple[str, str], Answer] = {
    ("win32_operatingsystem", "caption"): lambda guest: f"Microsoft {guest.state.windows.name}",
    ("win32_operatingsystem", "version"): lambda guest: guest.state.windows.version,
    ("win32_operatingsystem", "buildnumber"): lambda guest: str(guest.state.windows.build),
    ("win32_operatingsystem", "lastbootuptime"): lambda guest: wmi_time(guest.state.boot_time),
    ("win32_operatingsystem", "csname"): lambda guest: guest.state.host_name.upper(),
    ("win32_operatingsystem", "osarchitecture"): lambda _: "64-bit",
    ("win32_computersystem", "name"): lambda guest: guest.state.host_name.upper(),
    ("win32_computersystem", "dnshostname"): lambda guest: guest.state.host_name,
    ("win32_computersystem", "domain"): lambda _: "WORKGROUP",
    ("win32_computersystem", "partofdomain"): lambda _: False,
}

REGISTRY: dict[tuple[str, str], Answer] = {
    (_VERSION_KEY, "ubr"): lambda guest: guest.state.windows.ubr if guest.state.windows.build >= _WINDOWS_10 else None,
    (_VERSION_KEY, "currentbuild"): lambda guest: str(guest.state.windows.build),
    (_VERSION_KEY, "currentbuildnumber"): lambda guest: str(guest.state.windows.build),
    (_VERSION_KEY, "productname"): lambda guest: guest.state.windows.name,
    (_POLICY_KEY, "localaccounttokenfilterpolicy"): lambda guest: 1 if guest.state.remote_elevation else None,
    (_VERSION_KEY, "editionid"): lambda guest: guest.state.interior.edition,
    (_IMAGE_STATE_KEY, "imagestate"): lambda guest: guest.state.interior.image_state,
    (_SETUP_KEY, "systemsetupinprogress"): lambda guest: int(guest.state.interior.setting_up),
    (_SETUP_KEY, "oobeinprogress"): lambda guest: int(guest.state.interior.out_of_box),
    (rf"{_COMPUTER_NAME_KEY}\computername", "computername"): (
        lambda guest: (guest.state.interior.new_name or guest.state.host_name).upper()
    ),
    (rf"{_COMPUTER_NAME_KEY}\activecomputername", "computername"): lambda guest: guest.state.host_name.upper(),
    (_SESSION_KEY, "pendingfilerenameoperations"): (
        lambda guest: r"\??\C:\Windows\Temp\x" if guest.state.interior.pending_renames else None
    ),
    (_WINLOGON_KEY, "autoadminlogon"): lambda guest: "1" if guest.state.interior.autologon else "0",
    (_WINLOGON_KEY, "defaultpassword"): (
        lambda guest: "(a password)" if guest.state.interior.autologon_password else None
    ),
}

_FOLDERS = frozenset({"c:", r"c:\windows", r"c:\windows\system32", r"c:\users", r"c:\programdata"})
_VARIABLES = ("variable:global:progresspreference", "variable:progresspreference")

_WMI = re.compile(r"\((?:get-wmiobject|gwmi)(?: -class)? '?(?P<class>\w+)'?\)\.(?P<property>\w+)")
_REGISTRY = re.compile(
    r"\((?:get-itemproperty|gp)(?: -path)? '?(?P<key>hklm:[^']*?)'?(?: -name \w+)?(?: -erroraction \w+)?\)"
    r"\.(?P<value>\w+)"
)
_TEST_PATH = re.compile(r"\(?test-path(?: -(?:literal)?path)? '?(?P<path>[^')]+)'?\)?")
_PROCESSES = re.compile(r"@\(get-process (?P<names>[\w,]+) -erroraction silentlycontinue\)\.count")
_SELECT = re.compile(
    r"\(?select-string -path '(?P<path>[^']+)' -pattern '<plaintext>' -quiet -erroraction silentlycontinue\)?"
)
_ENVIRONMENT = re.compile(r"\$env:(?P<name>\w+)")


class UnknownExpressionError(Exception):
    """The simulated PowerShell does not know this expression."""

    def __init__(self, expression: str) -> None:
        super().__init__(expression)
        self.expression = expression


def answer(expression: str, guest: Session) -> Value:
    """Look an expression up. Raises UnknownExpressionError; a registry value that is not there is None."""
    asked = _normal(expression)
    if known := EXPRESSIONS.get(asked):
        return known(guest)
    if match := _ENVIRONMENT.fullmatch(asked):
        return guest.environment.get(match["name"])
    if (match := _WMI.fullmatch(asked)) and (known := WMI.get((match["class"], match["property"]))):
        return known(guest)
    if match := _REGISTRY.fullmatch(asked):
        known = REGISTRY.get((match["key"].rstrip("\\"), match["value"]))
        return known(guest) if known else None
    if match := _PROCESSES.fullmatch(asked):
        return len(guest.state.interior.processes & set(match["names"].split(",")))
    if match := _SELECT.fullmatch(asked):
        return _spelt(match["path"], guest) in guest.state.interior.files_with_passwords
    if match := _TEST_PATH.fullmatch(asked):
        return _exists(match["path"].strip(), guest)
    raise UnknownExpressionError(expression)


def wmi_time(moment: datetime) -> str:
    """Write a CIM_DATETIME: yyyymmddHHMMSS.mmmmmm and the offset from UTC in minutes."""
    offset = moment.utcoffset()
    minutes = int(offset.total_seconds() // 60) if offset else 0
    return f"{moment:%Y%m%d%H%M%S.%f}{minutes:+04d}"


def _exists(path: str, guest: Session) -> bool:
    plain = _spelt(path, guest)
    interior = guest.state.interior
    return plain in _VARIABLES or plain.rstrip("\\") in _FOLDERS | interior.pending or interior.has(plain)


def _spelt(path: str, guest: Session) -> str:
    return _ENVIRONMENT.sub(lambda match: str(guest.environment.get(match["name"], "")), path).casefold()


def _normal(expression: str) -> str:
    """Bring spelling down to one: lower case, single blanks, single quotes, no `System.` before type names."""
    text = re.sub(r"\s+", " ", expression.strip()).casefold().replace('"', "'")
    text = re.sub(r"\s*([()])\s*", r"\1", text).replace("[system.", "[").replace("new-object system.", "new-object ")
    return re.sub(r"(get-\w+|gwmi|gp|test-path)\(", r"\1 (", text).replace("]$", "] $")
