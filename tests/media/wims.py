"""WIM files made by hand for the tests: a header, some bytes in place of data, and the XML."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from xml.sax.saxutils import escape

ARCHITECTURES = {"x86": 0, "amd64": 9, "arm64": 12}


@dataclass(frozen=True, slots=True)
class Described:
    """What the XML is to say of one image."""

    name: str
    edition_id: str = "ServerStandard"
    installation: str = "Server"
    architecture: str = "amd64"
    languages: tuple[str, ...] = ("en-US",)
    size: int = 10_000
    build: int | str = 20348

    def xml(self, index: int) -> str:
        languages = "".join(f"<LANGUAGE>{language}</LANGUAGE>" for language in self.languages)
        return (
            f'<IMAGE INDEX="{index}"><NAME>{escape(self.name)}</NAME><TOTALBYTES>{self.size}</TOTALBYTES>'
            f"<WINDOWS><ARCH>{ARCHITECTURES[self.architecture]}</ARCH><EDITIONID>{self.edition_id}</EDITIONID>"
            f"<INSTALLATIONTYPE>{self.installation}</INSTALLATIONTYPE><LANGUAGES>{languages}"
            f"<DEFAULT>{self.languages[0]}</DEFAULT></LANGUAGES><VERSION><MAJOR>10</MAJOR><MINOR>0</MINOR>"
            f"<BUILD>{self.build}</BUILD><SPBUILD>587</SPBUILD></VERSION></WINDOWS>"
            f"<DISPLAYNAME>{escape(self.name)} (shown)</DISPLAYNAME></IMAGE>"
        )


STANDARD_CORE = Described("Windows Server 2022 SERVERSTANDARDCORE", installation="Server Core")
STANDARD = Described("Windows Server 2022 SERVERSTANDARD", languages=("en-US", "de-DE"))
DATACENTER = Described("Windows Server 2022 SERVERDATACENTER", "ServerDatacenter")
SERVER = (STANDARD_CORE, STANDARD, DATACENTER)


def wim_of(*images: Described) -> bytes:
    return wim(described(*images))


def described(*images: Described) -> str:
    return "<WIM>" + "".join(image.xml(index) for index, image in enumerate(images, 1)) + "</WIM>"


def wim(xml: str | bytes, *, flags: int = 0x40002, version: int = 0x10D00, part: int = 1, parts: int = 1) -> bytes:
    """Lay out a file whose XML follows some data."""
    raw = xml if isinstance(xml, bytes) else b"\xff\xfe" + xml.encode("utf-16-le")
    return header(208 + 100, len(raw), flags=flags, version=version, part=part, parts=parts) + bytes(100) + raw


def header(
    offset: int,
    size: int,
    kind: int = 0,
    mark: bytes = b"MSWIM\0\0\0",
    *,
    flags: int = 0x40002,
    version: int = 0x10D00,
    part: int = 1,
    parts: int = 1,
) -> bytes:
    fixed = mark + struct.pack("<IIII16sHHI", 208, version, flags, 32768, bytes(16), part, parts, 1)
    resource = size.to_bytes(7, "little") + bytes([kind]) + struct.pack("<QQ", offset, size)
    return (fixed.ljust(72, b"\0") + resource).ljust(208, b"\0")
