"""The whole spec as one model: the root of validation and of the published JSON Schema."""

from __future__ import annotations

from pydantic import Field

from toolkit.spec.accounts import AccountSection, AdministratorSection, AutoLogonSection
from toolkit.spec.bootstrap import BootstrapSection
from toolkit.spec.commands import CommandSection
from toolkit.spec.communicator import CommunicatorSection
from toolkit.spec.computer import ComputerSection
from toolkit.spec.disk import DiskSection
from toolkit.spec.domain import DomainSection
from toolkit.spec.drivers import DriversSection
from toolkit.spec.locale import LocaleSection
from toolkit.spec.media import MediaSection
from toolkit.spec.network import NetworkSection
from toolkit.spec.oobe import OobeSection
from toolkit.spec.raw import RawSection
from toolkit.spec.scripts import ScriptSection
from toolkit.spec.section import Section, absent
from toolkit.spec.sysprep import SysprepSection
from toolkit.spec.tweaks import TweaksSection
from toolkit.spec.windows import WindowsSection
from toolkit.spec.windows11 import Windows11Section
from toolkit.spec.wlan import WlanSection


class Spec(Section):
    """unattend.toml. `extends` is gone by the time a document is validated; see toolkit.spec.document."""

    windows: WindowsSection
    communicator: CommunicatorSection = absent()
    computer: ComputerSection = absent()
    locale: LocaleSection = absent()
    disk: DiskSection = absent()
    accounts: list[AccountSection] = Field(default_factory=list)
    administrator: AdministratorSection | None = None
    autologon: AutoLogonSection | None = None
    oobe: OobeSection = absent()
    windows11: Windows11Section = absent()
    bootstrap: BootstrapSection = absent()
    commands: list[CommandSection] = Field(default_factory=list)
    scripts: list[ScriptSection] = Field(default_factory=list)
    media: MediaSection = absent()
    network: NetworkSection = absent()
    domain: DomainSection | None = None
    wlan: WlanSection | None = None
    drivers: DriversSection = absent()
    tweaks: TweaksSection = absent()
    sysprep: SysprepSection | None = None
    raw: list[RawSection] = Field(default_factory=list)
