"""`[tweaks]`: what image builders usually change, one switch each. Without a switch Windows stays as it is."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from toolkit.catalog.suggest import did_you_mean, one_of
from toolkit.spec.guest import Installation
from toolkit.spec.section import Findings, Section
from toolkit.spec.windows import is_for_the_home
from toolkit.spec.work import REMOTE_DESKTOP_GROUP, FirewallGroup, PageFile, PowerPlan, Tweaks

if TYPE_CHECKING:
    from toolkit.spec.guest import Windows

# Resource ids in FirewallAPI.dll, which are the same in every language where the groups' names are not
# (cschneegans/unattend-generator and MartinGC94/UnattendXmlBuilder use the same numbers).
_GROUPS = {
    "remote-desktop": REMOTE_DESKTOP_GROUP,
    "file-sharing": "@FirewallAPI.dll,-28502",
    "network-discovery": "@FirewallAPI.dll,-32752",
}
_GROUP_ID = re.compile(r"@[A-Za-z0-9_.%\\-]{1,200},-[0-9]{1,6}")
_APP = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")
_CAPABILITY = re.compile(r"[A-Za-z0-9][A-Za-z0-9._~-]{0,127}")
_FOLDER = re.compile(r"[A-Za-z]:\\(?! )[ !#-$&-)+-.0-9;=@-\[\]-{}~]+(?:\\[ !#-$&-)+-.0-9;=@-\[\]-{}~]+)*")
_APPS_BUILD, _CAPABILITIES_BUILD, _OPENSSH_BUILD = 9200, 10240, 17763


class PageFileSection(Section):
    """`tweaks.page_file`: both 0 for none at all."""

    initial_mb: int = Field(ge=0, le=1 << 20)
    maximum_mb: int = Field(ge=0, le=1 << 20)


class TweaksSection(Section):
    """`[tweaks]`."""

    remote_desktop: bool = Field(default=False, description="Allow it, with network level authentication.")
    power_plan: Annotated[PowerPlan | None, Field(strict=False)] = Field(
        None, description="balanced, high-performance or power-saver. Default: Windows' own."
    )
    hibernation: bool = Field(default=True, description="false: no hibernation and no file for it.")
    defer_updates: bool = Field(default=False, description="No automatic updates until the build's end.")
    filter_remote_tokens: bool = Field(
        default=True, description="false: local administrators are administrators over the network too."
    )
    server_manager: bool = Field(default=True, description="false: it does not open at logon (servers).")
    first_run: bool = Field(
        default=True, description="false: no first-run windows of Windows, Edge and the network flyout."
    )
    remove_apps: list[str] = Field(default_factory=list, description='Package names, such as "Microsoft.BingNews".')
    remove_capabilities: list[str] = Field(
        default_factory=list, description='Names without version, such as "Browser.InternetExplorer".'
    )
    page_file: PageFileSection | None = None
    firewall_groups: list[str] = Field(
        default_factory=list,
        description="Rules to switch on: remote-desktop, file-sharing, network-discovery, or a resource id.",
    )
    firewall_profile: Literal["all", "domain", "private", "public"] = "all"
    openssh_client: bool = Field(default=False, description="Installed at the first logon, from Windows Update.")
    defender_exclusions: list[Annotated[str, Field(max_length=150)]] = Field(
        default_factory=list, description="Folders that Defender does not scan until the build's end."
    )


def resolve_tweaks(section: TweaksSection, windows: Windows | None, findings: Findings) -> Tweaks:
    """Check names and what the release has."""
    if windows:
        _check_release(section, windows, findings)
    _check_names(section, findings)
    return Tweaks(
        remote_desktop=section.remote_desktop,
        power_plan=section.power_plan,
        hibernation=section.hibernation,
        defer_updates=section.defer_updates,
        filter_remote_tokens=section.filter_remote_tokens,
        server_manager=section.server_manager or (windows is not None and not _has_server_manager(windows)),
        first_run=section.first_run,
        remove_apps=tuple(section.remove_apps),
        remove_capabilities=tuple(section.remove_capabilities),
        page_file=_page_file(section.page_file, findings),
        firewall_groups=tuple(
            FirewallGroup(_group(name, number, findings), section.firewall_profile)
            for number, name in enumerate(section.firewall_groups)
        ),
        openssh_client=section.openssh_client,
        defender_exclusions=tuple(section.defender_exclusions),
    )


def _has_server_manager(windows: Windows) -> bool:
    """Servers with a desktop do (MicrosoftDocs/windowsserverdocs get-started, "What is Server Core")."""
    return windows.release.server and windows.installation is not Installation.CORE


def _check_release(section: TweaksSection, windows: Windows, findings: Findings) -> None:
    name, build = windows.release.name, windows.release.build
    for key, wanted, least in (
        ("remove_apps", section.remove_apps, _APPS_BUILD),
        ("remove_capabilities", section.remove_capabilities, _CAPABILITIES_BUILD),
        ("openssh_client", section.openssh_client, _OPENSSH_BUILD),
        ("defender_exclusions", section.defender_exclusions, _CAPABILITIES_BUILD),
    ):
        if wanted and build < least:
            findings.error(("tweaks", key), f"{name} has nothing that tweaks.{key} could change")
    if section.remote_desktop and is_for_the_home(windows.edition):
        # MicrosoftDocs/windowsserverdocs remote/remote-desktop-services/remotepc/remote-desktop-allow-access.md
        message = f'the edition "{windows.edition}" of {name} lets nobody in by Remote Desktop'
        help_ = 'Use edition = "pro", or another for companies, in [windows].'
        findings.error(("tweaks", "remote_desktop"), message, help=help_)
    if section.remove_apps and windows.installation is Installation.CORE:
        findings.error(("tweaks", "remove_apps"), "Server Core has no apps to remove")
    if not section.server_manager and not _has_server_manager(windows):
        which = "Server Core" if windows.release.server else name
        findings.warning(("tweaks", "server_manager"), f"{which} has no Server Manager")


def _check_names(section: TweaksSection, findings: Findings) -> None:
    for key, names, shape, example in (
        ("remove_apps", section.remove_apps, _APP, "Microsoft.BingNews"),
        ("remove_capabilities", section.remove_capabilities, _CAPABILITY, "Browser.InternetExplorer"),
        ("defender_exclusions", section.defender_exclusions, _FOLDER, "C:\\build"),
    ):
        for number, name in enumerate(names):
            if not shape.fullmatch(name):
                findings.error(
                    ("tweaks", key, number),
                    f'"{name}" cannot stand in tweaks.{key}',
                    help=f'For example "{example}": printable ASCII, no quotes or percent signs, no \\ at the end.',
                )


def _group(name: str, number: int, findings: Findings) -> str:
    if name in _GROUPS:
        return _GROUPS[name]
    if not _GROUP_ID.fullmatch(name):
        known = f'Known are {one_of(_GROUPS)}; others by resource id: "{REMOTE_DESKTOP_GROUP}".'
        findings.error(
            ("tweaks", "firewall_groups", number),
            f'"{name}" is not a group of firewall rules',
            help=f"{did_you_mean(name, _GROUPS) or ''} {known}".strip(),
        )
    return name


def _page_file(section: PageFileSection | None, findings: Findings) -> PageFile | None:
    if section is None:
        return None
    if section.initial_mb > section.maximum_mb:
        findings.error(("tweaks", "page_file", "initial_mb"), "tweaks.page_file begins larger than its maximum")
    if section.initial_mb == 0 < section.maximum_mb:
        # The kernel makes none that begins with less than 1 MiB (reactos/reactos ntoskrnl/mm/pagefile.c).
        findings.error(
            ("tweaks", "page_file", "initial_mb"),
            "tweaks.page_file begins with nothing, which Windows makes no page file of",
            help="Give its first size too, or 0 for both to have none at all.",
        )
    return PageFile(section.initial_mb, section.maximum_mb)
