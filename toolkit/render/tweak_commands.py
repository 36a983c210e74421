"""Tweaks for which Windows has no setting in an answer file: commands in specialize, and their opposites at the end.

Registry values: MicrosoftDocs/win32 and the Group Policy reference (NoAutoUpdate, LocalAccountTokenFilterPolicy,
PagingFiles, HideFirstRunExperience, DisablePrivacyExperience, EnableFirstLogonAnimation, Exclusions).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from toolkit.catalog.releases import WINDOWS_8, WINDOWS_10

if TYPE_CHECKING:
    from collections.abc import Iterator

    from toolkit.spec.guest import Guest
    from toolkit.spec.work import PageFile

_POLICIES = r"HKLM\SOFTWARE\Policies\Microsoft"
_SYSTEM = r"HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Policies\System"
_UPDATES = rf"{_POLICIES}\Windows\WindowsUpdate\AU"
_DEFENDER = rf"{_POLICIES}\Windows Defender\Exclusions"
_POWER = r"HKLM\SYSTEM\CurrentControlSet\Control\Power"
_MEMORY = r"HKLM\SYSTEM\CurrentControlSet\Control\Session Manager\Memory Management"
_TASKS = r"HKLM\SOFTWARE\Microsoft\ServerManager\Oobe"
_FLYOUT = r"HKLM\SYSTEM\CurrentControlSet\Control\Network\NewNetworkWindowOff"


def tweak_commands(guest: Guest) -> Iterator[tuple[str, str]]:
    """Give command lines for specialize (at most 259 characters), each with its description."""
    tweaks = guest.tweaks
    if not tweaks.filter_remote_tokens:
        yield _dword(_SYSTEM, "LocalAccountTokenFilterPolicy", 1), "Administrators are administrators over the network"
    if not tweaks.hibernation:
        # Not by powercfg: in specialize that has no effect (MicrosoftDocs/commercialization-public#323), and where the
        # machine cannot hibernate anyway it fails. Windows takes hiberfil.sys away when it starts next
        # (GoogleCloudPlatform/compute-image-tools#1483).
        yield _dword(_POWER, "HibernateEnabled", 0), "No hibernation"
    if tweaks.defer_updates:
        yield _dword(_UPDATES, "NoAutoUpdate", 1), "No automatic updates during the build"
    if not tweaks.first_run:
        yield from _first_run(guest)
    if not tweaks.server_manager and guest.windows.release.key == "server-2008r2":
        yield _dword(_TASKS, "DoNotOpenInitialConfigurationTasksAtLogon", 1), "No Initial Configuration Tasks"
    if tweaks.page_file:
        yield _page_file(tweaks.page_file), "The page file's size"
    if tweaks.defender_exclusions:
        yield _dword(_DEFENDER, "Exclusions_Paths", 1), "Folders that Defender does not scan during the build"
    for folder in tweaks.defender_exclusions:
        yield rf'reg.exe add "{_DEFENDER}\Paths" /v "{folder}" /t REG_SZ /d 0 /f', "One of these folders"


def taken_back(guest: Guest) -> tuple[str, ...]:
    """Give the batch lines that undo at the build's end what was only for the build."""
    lines = []
    if guest.tweaks.defer_updates:
        lines.append(f'reg.exe delete "{_UPDATES}" /v NoAutoUpdate /f')
    if guest.tweaks.defender_exclusions:
        lines.append(f'reg.exe delete "{_DEFENDER}" /v Exclusions_Paths /f')
    lines += [rf'reg.exe delete "{_DEFENDER}\Paths" /v "{name}" /f' for name in guest.tweaks.defender_exclusions]
    return tuple(lines)


def _dword(key: str, name: str, value: int) -> str:
    return f'reg.exe add "{key}" /v {name} /t REG_DWORD /d {value} /f'


def _first_run(guest: Guest) -> Iterator[tuple[str, str]]:
    yield f'reg.exe add "{_FLYOUT}" /f', "No question about new networks"
    if guest.windows.release.build >= WINDOWS_8:
        yield _dword(_SYSTEM, "EnableFirstLogonAnimation", 0), "No first logon animation"
    if guest.windows.release.build >= WINDOWS_10:
        yield _dword(rf"{_POLICIES}\Windows\OOBE", "DisablePrivacyExperience", 1), "No privacy questions at logon"
        yield _dword(rf"{_POLICIES}\Edge", "HideFirstRunExperience", 1), "No first run of Edge"


def _page_file(size: PageFile) -> str:
    value = rf"%SystemDrive%\pagefile.sys {size.initial_mb} {size.maximum_mb}" if size.maximum_mb else ""
    return f'cmd.exe /c reg add "{_MEMORY}" /v PagingFiles /t REG_MULTI_SZ /d "{value}" /f'
