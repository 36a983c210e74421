"""Guests for the tests of rendering: one plain Server 2022, of which a test changes what it is about."""

from __future__ import annotations

from typing import TYPE_CHECKING

from toolkit.catalog.releases import releases
from toolkit.certificates import TrustedClient
from toolkit.render.host_certificate import HostCertificate
from toolkit.secret import Secret
from toolkit.spec.guest import (
    Account,
    Architecture,
    AutoLogon,
    Bootstrap,
    Computer,
    Consumer,
    Disk,
    Find,
    Firmware,
    Guest,
    ImageByName,
    Installation,
    Layout,
    Locale,
    Media,
    Quotas,
    Ssh,
    Style,
    Windows,
    Winrm,
)

if TYPE_CHECKING:
    from toolkit.spec.guest import Communicator

PASSWORD = Secret("SecretPassword")

THUMBPRINT = "0123456789ABCDEF0123456789ABCDEF01234567"
CLIENT = TrustedClient("trusted\n", "issuer\n", "C" * 40, "D" * 40, "packeruser@localhost")
CERTIFICATE = HostCertificate(THUMBPRINT, "build-vm", b"the pfx", Secret("Pfx-Password1"), CLIENT)

QUOTAS = Quotas(
    max_timeout_ms=1_800_000,
    max_envelope_kb=500,
    max_memory_per_shell_mb=2048,
    max_shells_per_user=30,
    max_processes_per_shell=100,
)


def winrm(*, ssl: bool = False, ntlm: bool = False, port: int | None = None) -> Winrm:
    return Winrm(
        username="packeruser",
        password=PASSWORD,
        host=None,
        port=port or (5986 if ssl else 5985),
        timeout=1800,
        ssl=ssl,
        insecure=False,
        ntlm=ntlm,
        pause=0,
    )


def ssh(*, port: int = 22) -> Ssh:
    return Ssh(username="packeruser", password=PASSWORD, host=None, port=port, timeout=300, pause=0)


def bootstrap(
    style: Style = Style.CLOSED,
    *,
    consumer: Consumer = Consumer.PACKER,
    find: Find = Find.MARKER,
    allow_from: tuple[str, ...] = (),
    quotas: Quotas = QUOTAS,
) -> Bootstrap:
    return Bootstrap(style=style, consumer=consumer, find=find, allow_from=allow_from, quotas=quotas)


def guest(communicator: Communicator | None = None, settings: Bootstrap | None = None) -> Guest:
    release = releases()["server-2022"]
    return Guest(
        windows=Windows(
            release=release,
            edition="standard",
            installation=Installation.CORE,
            architecture=Architecture.AMD64,
            image=ImageByName("Windows Server 2022 SERVERSTANDARDCORE"),
            product_key=None,
            evaluation=False,
        ),
        computer=Computer(name="*", time_zone="UTC", owner=None, organization=None),
        locale=Locale(ui_language="en-US", system_locale="en-US", user_locale="en-US", keyboards=("en-US",)),
        disk=Disk(firmware=Firmware.UEFI, layout=Layout.STANDARD, target=0),
        accounts=(Account(name="packeruser", password=PASSWORD, groups=("Administrators",)),),
        administrator_password=None,
        autologon=AutoLogon(username="packeruser", password=PASSWORD, count=1),
        communicator=communicator or winrm(),
        bootstrap=settings or bootstrap(),
        commands=(),
        media=Media(label="UNATTEND", files=()),
    )
