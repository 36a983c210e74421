"""`[domain]`: joining an Active Directory domain, with a user who may do it or with a blob made beforehand."""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING

from pydantic import Field

from toolkit.files import read_at_most
from toolkit.secret import Secret
from toolkit.spec.network import check_dns_name
from toolkit.spec.secrets import SecretField, Vault
from toolkit.spec.section import Findings, Section
from toolkit.spec.surroundings import DomainBlob, DomainCredentials
from toolkit.spec.windows import is_for_the_home

if TYPE_CHECKING:
    from toolkit.spec.guest import Windows
    from toolkit.spec.network import NetworkSection
    from toolkit.spec.surroundings import Domain

_LARGEST_BLOB = 64 * 1024
_WITH_CREDENTIALS = ("name", "username", "password", "user_domain", "organizational_unit")


class DomainSection(Section):
    """`[domain]`."""

    name: str | None = Field(None, description="The domain's DNS name.")
    username: str | None = Field(
        None,
        min_length=1,
        max_length=256,
        description=r'Who may join computers to it: "joiner", "LAB\joiner" or "joiner@lab.example.com".',
    )
    password: SecretField | None = Field(
        None, description="Stands readable in the answer file: Setup knows no encoding for it."
    )
    user_domain: str | None = Field(None, description="Where that user lives. Default: the domain itself.")
    organizational_unit: str | None = Field(None, description='For example "OU=Build,DC=lab,DC=example,DC=com".')
    blob: str | None = Field(
        None, min_length=1, description="Instead of all these: a file that `djoin /provision /savefile` wrote."
    )


def resolve_domain(
    section: DomainSection,
    windows: Windows | None,
    network: NetworkSection | None,
    vault: Vault,
    findings: Findings,
) -> Domain | None:
    """Give the domain. Its two ways exclude each other, and a workgroup excludes both."""
    if windows:
        _check_edition(windows, findings)
    if network is not None and network.workgroup is not None:
        findings.error(("network", "workgroup"), "a computer is in a domain or in a workgroup, and there is a [domain]")
    if section.blob is not None:
        for key in _WITH_CREDENTIALS:
            if key in section.model_fields_set:
                findings.error(("domain", key), f"domain.{key} and domain.blob exclude each other")
        return _blob(section.blob, findings)
    return _credentials(section, vault, findings)


def _check_edition(windows: Windows, findings: Findings) -> None:
    if is_for_the_home(windows.edition):
        message = f'the edition "{windows.edition}" of {windows.release.name} cannot join a domain'
        findings.error(("domain",), message, help='Use edition = "pro", or another for companies, in [windows].')


def _credentials(section: DomainSection, vault: Vault, findings: Findings) -> DomainCredentials | None:
    for key in ("name", "username", "password"):
        if getattr(section, key) is None:
            findings.error(
                ("domain", key), f"domain.{key} must be given", help="Or blob, for a computer provisioned offline."
            )
    if section.username is not None and not section.username.strip():
        findings.error(("domain", "username"), "domain.username is blank")
    for key in ("name", "user_domain"):
        name = getattr(section, key)
        if name is not None:
            check_dns_name(name, ("domain", key), findings)
    _check_unit(section.organizational_unit, findings)
    password = vault.secret(section.password, ("domain", "password"), findings) if section.password else None
    if section.name is None or section.username is None or password is None:
        return None
    user_domain = _user_domain(section, section.name, section.username, findings)
    return DomainCredentials(section.name, section.username, password, user_domain, section.organizational_unit)


def _user_domain(section: DomainSection, joined: str, username: str, findings: Findings) -> str | None:
    r"""Say where the user lives, unless the name does: `DOMAIN\user` and `user@domain` are for a file without it.

    Microsoft-Windows-UnattendedJoin/Identification/Credentials/Domain.
    """
    if "\\" not in username and "@" not in username:
        return section.user_domain or joined
    if section.user_domain is not None:
        message = f'domain.username "{username}" names a domain already, and domain.user_domain names one too'
        findings.error(("domain", "user_domain"), message, help="Leave it out, or write the user's name alone.")
    return None


def _check_unit(unit: str | None, findings: Findings) -> None:
    if unit is not None and not unit.upper().startswith(("OU=", "CN=")):
        findings.error(
            ("domain", "organizational_unit"),
            f'domain.organizational_unit "{unit}" is not a distinguished name',
            help='For example "OU=Build,DC=lab,DC=example,DC=com".',
        )


def _blob(name: str, findings: Findings) -> DomainBlob | None:
    """Read what djoin wrote: base64 in UTF-16LE with a NUL at its end (Windows), or the same as plain text."""
    path = ("domain", "blob")
    source = findings.document.layer(path).folder / name
    try:
        data = read_at_most(source, _LARGEST_BLOB)
    except OSError as err:
        findings.error(path, f"{source} cannot be read: {err.strerror}", help=findings.counts_from(path))
        return None
    text = _base64_text(data) if data is not None else None
    if text is None:
        findings.error(path, f"{source} is not what `djoin /provision /savefile` writes: base64 in a text file")
        return None
    return DomainBlob(Secret(text))


def _base64_text(data: bytes) -> str | None:
    encoding = "utf-16" if data[:2] == b"\xff\xfe" else "utf-16-le" if data[1:2] == b"\0" else "utf-8-sig"
    try:
        text = data.decode(encoding).strip("\0 \t\r\n")
        base64.b64decode(text, validate=True)
    except (UnicodeDecodeError, binascii.Error, ValueError):
        return None
    return text or None
