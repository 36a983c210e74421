"""The shape of a FAT volume: sizes in sectors, and where each part begins."""

from __future__ import annotations

from enum import IntEnum

from toolkit.values import dataclass

SECTOR = 512
RECORD = 32
FIRST_CLUSTER = 2  # the first two entries of a FAT hold the media byte and the end mark

# fatgen103: a volume of fewer clusters is FAT12, whatever it says; one of fewer than the second number is FAT16.
FAT12_CLUSTERS = 4085
FAT16_CLUSTERS = 65525


class FloppySize(IntEnum):
    """The 3.5 inch formats that hypervisors and Windows know, in KiB."""

    KIB_720 = 720
    KIB_1440 = 1440
    KIB_2880 = 2880


@dataclass(frozen=True, slots=True)
class Geometry:
    """A FAT volume's parameter block. All counts; sizes in sectors of `bytes_per_sector`.

    `hidden` sectors lie before the volume on its disk; `drive` is the BIOS's number for that.
    """

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
    hidden: int = 0
    drive: int = 0

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
    def bits(self) -> int:
        """How wide an entry of the FAT is."""
        return 12 if self.clusters < FAT12_CLUSTERS else 16

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

FIXED_DISK = 0xF8
_FIRST_HARD_DISK = 0x80
_ROOT_ENTRIES = 512
# fatgen103, DskTableFAT16: up to so many sectors, so many in a cluster.
_CLUSTERS = ((32_680, 2), (262_144, 4), (524_288, 8), (1_048_576, 16), (2_097_152, 32), (4_194_304, 64))


def fat16(sectors: int, hidden: int) -> Geometry:
    """Shape a FAT16 volume on a disk, as fatgen103 has Windows do it. 8,400 sectors are the least, 2 GiB the most."""
    per_cluster = next(count for most, count in _CLUSTERS if sectors <= most)
    root = _ROOT_ENTRIES * RECORD // SECTOR
    per_fat = -(-(sectors - 1 - root) // (256 * per_cluster + 2))
    return Geometry(
        sectors, per_cluster, _ROOT_ENTRIES, FIXED_DISK, per_fat, 63, 255, hidden=hidden, drive=_FIRST_HARD_DISK
    )
