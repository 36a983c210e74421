"""Tweaks for which Windows has a setting of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from toolkit.render.answerfile.contribution import Contribution, Pass
from toolkit.spec.work import REMOTE_DESKTOP_GROUP, FirewallGroup, PowerPlan

if TYPE_CHECKING:
    from collections.abc import Iterator

    from toolkit.spec.guest import Guest

_SESSIONS = "Microsoft-Windows-TerminalServices-LocalSessionManager"
_RDP = "Microsoft-Windows-TerminalServices-RDP-WinStationExtensions"
_POWER = "Microsoft-Windows-PowerCPL"
_SERVER_MANAGER = "Microsoft-Windows-ServerManager-SvrMgrNc"
_FIREWALL = "Networking-MPSSVC-Svc"

# GUID_TYPICAL_POWER_SAVINGS, GUID_MIN_POWER_SAVINGS and GUID_MAX_POWER_SAVINGS of the Windows SDK's winnt.h.
_PLANS = {
    PowerPlan.BALANCED: "381b4222-f694-41f0-9685-ff5bb260df2e",
    PowerPlan.HIGH_PERFORMANCE: "8c5e7fda-e8bf-4a96-9a85-a6e23a8c635c",
    PowerPlan.POWER_SAVER: "a1841308-3541-4fab-bc81-f71556f20b4a",
}


def contributions(guest: Guest) -> Iterator[Contribution]:
    """Give remote desktop, power plan, Server Manager and firewall groups; what else is wanted takes commands."""
    tweaks = guest.tweaks
    if tweaks.remote_desktop:
        yield _setting(_SESSIONS, "fDenyTSConnections", "false")
        yield _setting(_RDP, "UserAuthentication", "1")
    if tweaks.power_plan:
        yield _setting(_POWER, "PreferredPlan", _PLANS[tweaks.power_plan])
    if not tweaks.server_manager:
        yield _setting(_SERVER_MANAGER, "DoNotOpenServerManagerAtLogon", "true")
    groups = _groups(guest)
    if groups:
        yield Contribution(Pass.SPECIALIZE, _FIREWALL, "firewall_groups.xml.j2", {"groups": groups})


def _setting(component: str, name: str, value: str) -> Contribution:
    return Contribution(Pass.SPECIALIZE, component, "setting.xml.j2", {"name": name, "value": value})


def _groups(guest: Guest) -> list[FirewallGroup]:
    """Give every group once. Remote desktop brings its own, unless the spec names it with a profile."""
    brought = [FirewallGroup(REMOTE_DESKTOP_GROUP, "all")] if guest.tweaks.remote_desktop else []
    return list({group.group: group for group in (*brought, *guest.tweaks.firewall_groups)}.values())
