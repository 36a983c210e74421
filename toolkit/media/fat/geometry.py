"""The shape of a FAT12 volume: sizes in sectors, and where each part begins."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

SECTOR = 512
RECORD = 32
FIRST_CLUSTER = 2  # the first two entries of a FAT hold the media byte and the end mark

# fatgen103: "if the count of clusters is less than 4085, the volume is FAT12".
FAT12_CLUSTERS = 4085


class FloppySize(IntEnum):
    """The 3.5 inch formats that hypervisors and Windows know, in KiB."""

    KIB_720 = 720
    KIB_1440 = 1440
    KIB_2880 = 2880


@dataclass(frozen=True, slots=True)
class Geometry:
    """A FAT volume's parameter block. All counts; sizes in sectors of `bytes_per_sector`."""

    sectors: int
    sectors_per_cluster: int
    root_entries: int
    media: int
    sectors_per_fat: int
    sectors_per_track: int
    heads: int
    bytes_per_sector: int = SECTOR
    reserved: int = 1
    fats: int = 2

    @property
    def size(self) -> int:
        """Of the whole volume, in bytes."""
        return self.sectors * self.bytes_per_sector

    @property
    def kib(self) -> int:
        return self.size // 1024

    @property
    def fat_offset(self) -> int:
        return self.reserved * self.bytes_per_sector

    @property
    def fat_size(self) -> int:
        """Of one copy of the FAT, in bytes."""
        return self.sectors_per_fat * self.bytes_per_sector

    @property
    def root_offset(self) -> int:
        return self.fat_offset + self.fats * self.fat_size

    @property
    def root_size(self) -> int:
        return self.root_entries * RECORD

    @property
    def data_offset(self) -> int:
        root_sectors = -(-self.root_size // self.bytes_per_sector)
        return self.root_offset + root_sectors * self.bytes_per_sector

    @property
    def cluster_size(self) -> int:
        """In bytes."""
        return self.sectors_per_cluster * self.bytes_per_sector

    @property
    def clusters(self) -> int:
        return max(0, self.size - self.data_offset) // self.cluster_size

    @property
    def capacity(self) -> int:
        """What the clusters hold, in bytes."""
        return self.clusters * self.cluster_size

    def clusters_for(self, size: int) -> int:
        return -(-size // self.cluster_size)

    def offset_of(self, cluster: int) -> int:
        return self.data_offset + (cluster - FIRST_CLUSTER) * self.cluster_size


# The parameters that DOS and Windows format these sizes with (fatgen103; Linux dosfstools mkfs.fat writes the same).
FLOPPIES = {
    FloppySize.KIB_720: Geometry(1440, 2, 112, 0xF9, 3, 9, 2),
    FloppySize.KIB_1440: Geometry(2880, 1, 224, 0xF0, 9, 18, 2),
    FloppySize.KIB_2880: Geometry(5760, 2, 240, 0xF0, 9, 36, 2),
}
