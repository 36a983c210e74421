"""The real programs that tests and benchmarks stand beside."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from typing import NoReturn

import pytest

REQUIRED = "UNATTEND_REQUIRE_PEERS"

# Debian's package, where it is not named as the program is.
_PACKAGES = {
    "7z": "p7zip-full",
    "ansible-inventory": "ansible-core",
    "fsck.fat": "dosfstools",
    "go": "golang-go",
    "grub-fstest": "grub-common",
    "isoinfo": "genisoimage",
    "kadmin.local": "krb5-admin-server",
    "kdb5_util": "krb5-kdc",
    "kinit": "krb5-user",
    "krb5kdc": "krb5-kdc",
    "mcopy": "mtools",
    "mdir": "mtools",
    "minfo": "mtools",
    "mkfs.fat": "dosfstools",
    "mtype": "mtools",
    "nginx": "nginx-light",
    "osinfo-install-script": "libosinfo-bin",
    "qemu-img": "qemu-utils",
    "qemu-system-x86_64": "qemu-system-x86",
    "sshd": "openssh-server",
    "udfinfo": "udftools",
    "wimlib-imagex": "wimtools",
    "wineserver": "wine",
    "x86_64-w64-mingw32-gcc": "gcc-mingw-w64-x86-64",
}


@dataclass(frozen=True, slots=True)
class Peer:
    """A real program, or several that make one."""

    name: str
    programs: tuple[str, ...]

    @property
    def missing(self) -> tuple[str, ...]:
        return tuple(program for program in self.programs if shutil.which(program) is None)

    @property
    def reason(self) -> str:
        packages = dict.fromkeys(_PACKAGES.get(program, program) for program in self.missing)
        return f"{self.name} is not installed (apt-get install {' '.join(packages)})"


def go_without(reason: str) -> NoReturn:
    """Skip the test that runs, for `reason`; or fail it where peers are required."""
    if os.environ.get(REQUIRED):
        pytest.fail(f"{reason}, and {REQUIRED} is set", pytrace=False)
    pytest.skip(reason)
