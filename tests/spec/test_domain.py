from __future__ import annotations

import base64
from typing import TYPE_CHECKING

import pytest

from tests.spec.loading import SMALLEST, errors, guest_of
from toolkit.secret import Secret
from toolkit.spec.surroundings import DomainBlob, DomainCredentials

if TYPE_CHECKING:
    from pathlib import Path

JOIN = SMALLEST + '[domain]\nname = "lab.example"\nusername = "joiner"\npassword = "Tell-Tale"\n'
DATA = base64.b64encode(bytes(range(200)))


def test_a_domain_is_joined_by_a_user_of_that_domain_unless_another_is_named() -> None:
    assert guest_of(JOIN).domain == DomainCredentials("lab.example", "joiner", Secret("Tell-Tale"), "lab.example")
    domain = guest_of(JOIN + 'user_domain = "example"\norganizational_unit = "OU=a,DC=b"').domain
    assert domain == DomainCredentials("lab.example", "joiner", Secret("Tell-Tale"), "example", "OU=a,DC=b")


@pytest.mark.parametrize("username", ["LAB\\joiner", "lab.example\\joiner", "joiner@lab.example"])
def test_a_user_may_be_named_with_the_domain(username: str) -> None:
    text = JOIN.replace('"joiner"', f"'{username}'")
    domain = guest_of(text).domain
    assert domain == DomainCredentials("lab.example", username, Secret("Tell-Tale"), None)
    [found] = errors(text + 'user_domain = "example"\n')
    assert found == (f'11:1 domain.username "{username}" names a domain already, and domain.user_domain names one too')


def test_the_password_of_a_domain_stands_in_no_repr() -> None:
    assert "Tell-Tale" not in repr(guest_of(JOIN))


def test_everything_that_a_domain_lacks_is_said_at_once() -> None:
    assert errors(SMALLEST + "[domain]\n") == [
        f"7:1 domain.{key} must be given" for key in ("name", "username", "password")
    ]


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ('organizational_unit = "Servers"', 'domain.organizational_unit "Servers" is not a distinguished name'),
        ('user_domain = "a b"', '"a b" is not a DNS domain name'),
        ('blob = "x"', "domain.name and domain.blob exclude each other"),
        ('[network]\nworkgroup = "LAB"', "a computer is in a domain or in a workgroup, and there is a [domain]"),
    ],
)
def test_what_does_not_fit_a_domain_is_refused(more: str, message: str) -> None:
    assert message in [error.partition(" ")[2] for error in errors(JOIN + more)]


@pytest.mark.parametrize(
    "data",
    [
        DATA.decode().encode("utf-16"),
        (DATA.decode() + "\0").encode("utf-16-le"),
        DATA + b"\r\n",
        b"\xef\xbb\xbf" + DATA,
    ],
    ids=["with a mark", "without a mark", "plain", "utf-8 with a mark"],
)
def test_a_blob_is_read_in_every_form_that_djoin_and_editors_write(data: bytes, tmp_path: Path) -> None:
    (tmp_path / "blob").write_bytes(data)
    guest = guest_of(SMALLEST + f"[domain]\nblob = '{tmp_path / 'blob'}'\n")
    assert guest.domain == DomainBlob(Secret(DATA.decode()))


@pytest.mark.parametrize("data", [b"", b"not base64!", b"\xff\xfe\xff", "Ünicode".encode()])
def test_what_is_no_blob_is_refused_without_showing_it(data: bytes, tmp_path: Path) -> None:
    blob = tmp_path / "blob"
    blob.write_bytes(data)
    assert errors(SMALLEST + f"[domain]\nblob = '{blob}'\n") == [
        f"8:1 {blob} is not what `djoin /provision /savefile` writes: base64 in a text file"
    ]


def test_a_blob_that_is_not_there_is_named(tmp_path: Path) -> None:
    [error] = errors(SMALLEST + f"[domain]\nblob = '{tmp_path / 'none'}'\n")
    assert error.startswith(f"8:1 {tmp_path / 'none'} cannot be read: ")


@pytest.mark.parametrize(("release", "edition"), [("7", "home-premium"), ("7", "starter"), ("11", "home")])
def test_an_edition_for_the_home_can_be_in_no_domain(release: str, edition: str) -> None:
    text = SMALLEST.replace('"server-2022"', f'"{release}"\nedition = "{edition}"')
    [found] = errors(text + '[domain]\nname = "lab.example"\nusername = "joiner"\npassword = "p"\n')
    assert found.startswith(f'8:1 the edition "{edition}" of Windows {release} cannot join a domain')
