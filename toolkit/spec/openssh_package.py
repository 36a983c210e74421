"""An OpenSSH package: an MSI that installs itself, or a zip with a script that does (PowerShell/Win32-OpenSSH)."""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING

from toolkit.errors import ToolkitError

if TYPE_CHECKING:
    from toolkit.spec.guest import CarriedFile

_SCRIPT = "install-sshd.ps1"
_INSTALLER = r"([A-Za-z0-9._-]+/)*install-sshd\.ps1"
_MSI = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"  # a compound file


def install_script(package: CarriedFile) -> str | None:
    r"""Give the path of the script in a zip, with `\` between folders; None for an MSI.

    Raises ToolkitError for what is neither, or a zip of something else.
    """
    import zipfile  # noqa: PLC0415  (loads compression, and every command loads this module)

    if package.data.startswith(_MSI):
        return None
    try:
        with zipfile.ZipFile(io.BytesIO(package.data)) as archive:
            names = archive.namelist()
    except zipfile.BadZipFile as err:
        raise _foreign(package) from err
    found = next((name for name in names if re.fullmatch(_INSTALLER, name)), None)
    if found is None:
        raise _foreign(package)
    return found.replace("/", "\\")


def _foreign(package: CarriedFile) -> ToolkitError:
    return ToolkitError(
        f"{package.name} is neither an OpenSSH zip (which holds {_SCRIPT}) nor an MSI",
        help="Take OpenSSH-Win64.zip or OpenSSH-Win64-*.msi from the releases of PowerShell/Win32-OpenSSH.",
    )
