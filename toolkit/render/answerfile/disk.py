"""How the disks are cut, and which partition Windows goes to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from toolkit.render.answerfile.contribution import (
    AFTER_COMMANDS,
    BEFORE_COMMANDS,
    RECOVERY,
    SETUP,
    CommandLine,
    Contribution,
    Pass,
)
from toolkit.render.answerfile.disk_guard import guard_commands
from toolkit.render.answerfile.diskpart import partition_commands
from toolkit.render.answerfile.layout import partitions, partitions_by_script
from toolkit.spec.storage import PartitionKind, Recovery

if TYPE_CHECKING:
    from collections.abc import Iterator

    from toolkit.spec.guest import Guest
    from toolkit.spec.storage import Disk, Firmware, Partition

# PARTITION_TYPE: MicrosoftDocs/windows-driver-docs, "UEFI/GPT-based and BIOS/MBR-based hard drive partitions".
RECOVERY_ON_GPT = "de94bba4-06d1-4d40-a16a-bfd50179d6ac"
RECOVERY_ON_MBR = "0x27"


def contributions(guest: Guest) -> Iterator[Contribution]:
    """Give the disk configuration; nothing for the layout `none`, where Setup asks or a command decides.

    A guard comes before the wipe: that commands in windowsPE run before DiskConfiguration is practice (they are how
    public answer files partition by script).
    """
    disk = guest.disk
    commands = [*guard_commands(disk), *partition_commands(disk)]
    if commands:
        lines = [CommandLine(text, description) for text, description in commands]
        yield Contribution(Pass.WINDOWS_PE, SETUP, "run_synchronous.xml.j2", {"lines": lines}, AFTER_COMMANDS)
    disks = _configured(disk)
    if disks:
        yield Contribution(Pass.WINDOWS_PE, SETUP, "disk.xml.j2", {"disks": disks}, BEFORE_COMMANDS)
    if disk.recovery is Recovery.NONE:
        yield Contribution(Pass.OOBE_SYSTEM, RECOVERY, "no_recovery.xml.j2")


def _configured(disk: Disk) -> list[dict[str, Any]]:
    """Give the disks that Setup itself cuts: Windows' own unless a script does, and the others."""
    cut = () if partitions_by_script(disk) else partitions(disk)
    own = [{"target": disk.target, "partitions": [_printed(each, disk.firmware) for each in cut]}] if cut else []
    others = [{"target": data.target, "partitions": [_data_partition(data.label, data.letter)]} for data in disk.data]
    return own + others


def _printed(partition: Partition, firmware: Firmware) -> dict[str, Any]:
    return {
        "type": _TYPES[partition.kind],
        "size_mb": partition.size_mb,
        "format": partition.format,
        "label": partition.label,
        "letter": partition.letter,
        "active": partition.active,
        "type_id": _type_id(partition, firmware),
    }


_TYPES = {
    PartitionKind.PRIMARY: "Primary",
    PartitionKind.RECOVERY: "Primary",
    PartitionKind.EFI: "EFI",
    PartitionKind.MSR: "MSR",
}


def _type_id(partition: Partition, firmware: Firmware) -> str | None:
    if partition.kind is not PartitionKind.RECOVERY:
        return None
    return RECOVERY_ON_MBR if firmware.value == "bios" else RECOVERY_ON_GPT


def _data_partition(label: str, letter: str | None) -> dict[str, Any]:
    plain = {"type": "Primary", "size_mb": None, "format": "NTFS", "active": False, "type_id": None}
    return {**plain, "label": label, "letter": letter}
