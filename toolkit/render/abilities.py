"""What a release of Windows brings for a bootstrap script to use, told by its build number."""

from __future__ import annotations

from typing import TYPE_CHECKING

from toolkit.catalog.releases import WINDOWS_8, WINDOWS_8_1, WINDOWS_10

if TYPE_CHECKING:
    from toolkit.catalog.releases import Release

_WINDOWS_10_1809 = 17763  # Server 2019


def has_powershell_3(release: Release) -> bool:
    """PowerShell 3 and WinRM 3.0 came with Windows 8; 7 and Server 2008 R2 have 2 and 2.0."""
    return release.build >= WINDOWS_8


def has_zip(release: Release) -> bool:
    """.NET 4.5, whose ZipFile unpacks, is in the box since Windows 8 (MicrosoftDocs dotnet framework/install)."""
    return release.build >= WINDOWS_8


def has_certificate_options(release: Release) -> bool:
    """PowerShell 5.1's New-SelfSignedCertificate takes dates, extensions and a friendly name; 4's does not."""
    return release.build >= WINDOWS_10


def has_tls_1_2(release: Release) -> bool:
    """Schannel of 7 and 2008 R2 knows TLS 1.2 and leaves it off (ansible/ansible#52316, #67114)."""
    return release.build >= WINDOWS_8


def ignores_memory_quota(release: Release) -> bool:
    """WinRM 3.0 as first shipped, in 8 and Server 2012, counts to 150 MB whatever is set, until KB2842230."""
    return WINDOWS_8 <= release.build < WINDOWS_8_1


def has_openssh_capability(release: Release) -> bool:
    """OpenSSH is a capability since Windows 10 1809 and Server 2019 (MicrosoftDocs/windowsserverdocs, OpenSSH)."""
    return release.build >= _WINDOWS_10_1809
