"""The values for what is done to a guest on its way: scripts, drivers, tweaks, generalising, XML of the user's own."""

from __future__ import annotations

from dataclasses import field
from enum import StrEnum
from typing import TYPE_CHECKING

from toolkit.values import dataclass

if TYPE_CHECKING:
    from toolkit.spec.guest import Phase

REMOTE_DESKTOP_GROUP = "@FirewallAPI.dll,-28752"  # of Windows' own firewall rules, in every language


class ScriptKind(StrEnum):
    """What runs a script, by the end of its file's name."""

    BATCH = "cmd"
    POWERSHELL = "ps1"
    REGISTRY = "reg"
    VBSCRIPT = "vbs"


class Carry(StrEnum):
    """How scripts get onto the guest: copied from the medium, or written from inside the answer file."""

    MEDIUM = "medium"
    ANSWER_FILE = "answer-file"


@dataclass(frozen=True, slots=True)
class Script:
    """One of the user's scripts, a step of its phase.

    `name` is for people. `reboot` restarts Windows after it and goes on with the next step; `optional` goes on after
    a failure.
    """

    phase: Phase
    name: str
    kind: ScriptKind
    data: bytes = field(repr=False)
    reboot: bool = False
    optional: bool = False


class GuestTool(StrEnum):
    """A hypervisor's software for its guests."""

    VMWARE = "vmware"
    VIRTUALBOX = "virtualbox"
    HYPERV = "hyperv"
    QEMU = "qemu"


@dataclass(frozen=True, slots=True)
class Drivers:
    """`paths` are folders that Setup searches, with a drive letter or from the root of any medium's drive."""

    paths: tuple[str, ...] = ()
    virtio: bool = False
    guest_tools: tuple[GuestTool, ...] = ()


class PowerPlan(StrEnum):
    BALANCED = "balanced"
    HIGH_PERFORMANCE = "high-performance"
    POWER_SAVER = "power-saver"


@dataclass(frozen=True, slots=True)
class PageFile:
    """Sizes in MiB. A `maximum_mb` of 0 means no page file at all."""

    initial_mb: int
    maximum_mb: int


@dataclass(frozen=True, slots=True)
class FirewallGroup:
    """A group of Windows' own firewall rules: the language-neutral resource id, and `all` or a profile's name."""

    group: str
    profile: str


@dataclass(frozen=True, slots=True)
class Tweaks:
    """What image builders usually change. The defaults leave Windows as it is, and stand for what it does not have."""

    remote_desktop: bool = False
    power_plan: PowerPlan | None = None
    hibernation: bool = True
    defer_updates: bool = False
    filter_remote_tokens: bool = True
    server_manager: bool = True
    first_run: bool = True
    remove_apps: tuple[str, ...] = ()
    remove_capabilities: tuple[str, ...] = ()
    page_file: PageFile | None = None
    firewall_groups: tuple[FirewallGroup, ...] = ()
    openssh_client: bool = False
    defender_exclusions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Sysprep:
    """How the finished build is generalised, and what a copy of it gets. `computer_name` is `*` for a made-up one."""

    computer_name: str = "*"
    vm_mode: bool = False
    keep_devices: bool = False
    skip_rearm: bool = False


@dataclass(frozen=True, slots=True)
class RawFragment:
    """XML of the user's for one component in one pass: the elements inside the component, as they are to stand."""

    during: str
    component: str
    xml: str = field(repr=False)
