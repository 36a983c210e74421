"""Small packages that look like OpenSSH's, and a key, for tests."""

from __future__ import annotations

import base64
import io
import zipfile


def zipped(*names: str) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        for name in names:
            archive.writestr(zipfile.ZipInfo(name), b"content")
    return data.getvalue()


ZIP = zipped("OpenSSH-Win64/sshd.exe", "OpenSSH-Win64/install-sshd.ps1")
MSI = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"the rest"
_KEY_DATA = b"\0\0\0\x0bssh-ed25519\0\0\0\x20" + bytes(32)
KEY = f"ssh-ed25519 {base64.b64encode(_KEY_DATA).decode()} builder@host"
