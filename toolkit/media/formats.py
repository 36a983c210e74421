"""The forms in which files reach a guest: what each is as a medium, what it must be called, what must be on it."""

from __future__ import annotations

import hashlib
import json
from dataclasses import field
from enum import StrEnum
from typing import TYPE_CHECKING, assert_never

from toolkit.errors import UsageError
from toolkit.media.content import MediaFile
from toolkit.media.signature import Medium
from toolkit.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


class Format(StrEnum):
    """What `pack-iso` can make. The last two but one are ISOs with a layout that cloudbase-init knows."""

    ISO = "iso"
    FLOPPY = "floppy"
    NOCLOUD = "nocloud"
    CONFIGDRIVE = "configdrive"
    VHD = "vhd"


@dataclass(frozen=True, slots=True)
class Instance:
    """What cloudbase-init is to learn of its guest. `user_data` is a script, or anything else that it runs."""

    hostname: str | None = None
    user_data: bytes | None = field(default=None, repr=False)  # may hold passwords

    @property
    def identity(self) -> str:
        """A UUID made of the content: the same guest is the same instance, on which nothing runs twice."""
        name = (self.hostname or "").encode()
        raw = bytearray(hashlib.sha256(name + b"\0" + (self.user_data or b"")).digest()[:16])
        raw[6] = raw[6] & 0x0F | 0x80  # RFC 9562: version 8, of the maker's own choosing
        raw[8] = raw[8] & 0x3F | 0x80
        text = raw.hex()
        return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


@dataclass(frozen=True, slots=True)
class Arranged:
    """Files in the layout of a format. `label` is the one that it must have, None where that is free."""

    medium: Medium
    label: str | None
    files: tuple[MediaFile, ...]


def arranged(form: Format, files: Sequence[MediaFile], instance: Instance) -> Arranged:
    """Lay `files` out as `form` asks, adding what it needs where they do not hold it already.

    Labels and paths are those that cloudbase-init looks for (cloudbase/cloudbase-init, cloudbaseinit/metadata/services:
    nocloudservice.py, baseopenstackservice.py, baseconfigdrive.py). Raises UsageError where one clashes in its case.
    """
    match form:
        case Format.ISO:
            return Arranged(Medium.ISO, None, tuple(files))
        case Format.FLOPPY:
            return Arranged(Medium.FLOPPY, None, tuple(files))
        case Format.VHD:
            return Arranged(Medium.VHD, None, tuple(files))
        case Format.NOCLOUD:
            return Arranged(Medium.ISO, "cidata", _with(files, _nocloud(instance)))
        case Format.CONFIGDRIVE:
            return Arranged(Medium.ISO, "config-2", _with(files, _configdrive(instance)))
        case _:
            assert_never(form)


def _nocloud(instance: Instance) -> Iterable[tuple[str, bytes]]:
    lines = [f"instance-id: {instance.identity}"]
    if instance.hostname:
        lines.append(f"local-hostname: {json.dumps(instance.hostname)}")  # a JSON string is one of YAML
    yield "meta-data", "".join(f"{line}\n" for line in lines).encode()
    yield "user-data", instance.user_data or b""


def _configdrive(instance: Instance) -> Iterable[tuple[str, bytes]]:
    facts = {"uuid": instance.identity}
    if instance.hostname:
        facts |= {"hostname": instance.hostname, "name": instance.hostname}
    yield "openstack/latest/meta_data.json", f"{json.dumps(facts, indent=2)}\n".encode()
    if instance.user_data:
        yield "openstack/latest/user_data", instance.user_data


def _with(files: Sequence[MediaFile], needed: Iterable[tuple[str, bytes]]) -> tuple[MediaFile, ...]:
    """Add what is needed; a file of that name is the user's own and stays."""
    names = {file.name.casefold(): file.name for file in files}
    added = []
    for name, data in needed:
        theirs = names.get(name.casefold())
        if theirs is None:
            added.append(MediaFile(name, data))
        elif theirs != name:
            raise UsageError(f"{theirs} must be spelled {name} on this medium", help="Rename it.")
    return (*files, *added)
