"""The second answer file: for `sysprep /generalize`, and for the first start of every copy."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from toolkit.files import NamedFile
from toolkit.render.answerfile import accounts, computer, locale, oobe, tweaks
from toolkit.render.answerfile.commands import reopening
from toolkit.render.answerfile.contribution import Contribution, Pass
from toolkit.render.answerfile.document import document

if TYPE_CHECKING:
    from collections.abc import Iterator

    from toolkit.spec.guest import Guest
    from toolkit.spec.work import Sysprep

NAME = "sysprep/unattend.xml"
_DEVICES = "Microsoft-Windows-PnpSysprep"
_LICENSING = "Microsoft-Windows-Security-SPP"
_OF_A_COPY = frozenset({Pass.SPECIALIZE, Pass.OOBE_SYSTEM})


def sysprep_file(guest: Guest) -> NamedFile | None:
    """Give the file; None where the spec does not generalise.

    A copy gets its own name, the same accounts (sysprep disables the built-in administrator on clients, and Setup asks
    for one's password on servers), and the bootstrap once more, from its own disk. Until that is done the port is held
    shut as in the build. Tweaks that are settings are made again: sysprep is reported to shut Remote Desktop
    (WinRb/vagrant-windows#205, hashicorp/packer#12934). Of the user's own XML it has what is for generalize, which no
    other file is read in.
    """
    if guest.sysprep is None:
        return None
    copy = replace(
        guest,
        computer=replace(guest.computer, name=guest.sysprep.computer_name),
        raw=tuple(fragment for fragment in guest.raw if fragment.during == Pass.GENERALIZE),
    )
    return NamedFile(NAME, document(copy, _contributions(copy, guest.sysprep)))


def _contributions(copy: Guest, sysprep: Sysprep) -> Iterator[Contribution]:
    if sysprep.keep_devices:
        yield Contribution(Pass.GENERALIZE, _DEVICES, "setting.xml.j2", _setting("PersistAllDeviceInstalls", "true"))
    if sysprep.skip_rearm:
        yield Contribution(Pass.GENERALIZE, _LICENSING, "setting.xml.j2", _setting("SkipRearm", "1"))
    for concern in (locale, computer, oobe, tweaks, accounts):
        yield from (one for one in concern.contributions(copy) if one.during in _OF_A_COPY)
    yield from reopening(copy)


def _setting(name: str, value: str) -> dict[str, str]:
    return {"name": name, "value": value}
