from __future__ import annotations

import json
import uuid
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolkit.errors import UsageError
from toolkit.files import NamedFile
from toolkit.media.content import MediaFile
from toolkit.media.formats import Arranged, Format, Instance, arranged
from toolkit.media.pack import contents, pack
from toolkit.media.signature import Medium

if TYPE_CHECKING:
    from pathlib import Path

ANSWER = MediaFile("Autounattend.xml", b"<x/>")
INSTANCE = Instance("WIN-1", b"rem cmd\r\necho hello\r\n")


def data(made: Arranged) -> dict[str, bytes]:
    return {file.name: file.source for file in made.files if isinstance(file.source, bytes)}


@pytest.mark.parametrize(
    ("form", "medium", "label"),
    [
        (Format.ISO, Medium.ISO, None),
        (Format.FLOPPY, Medium.FLOPPY, None),
        (Format.VHD, Medium.VHD, None),
        (Format.NOCLOUD, Medium.ISO, "cidata"),
        (Format.CONFIGDRIVE, Medium.ISO, "config-2"),
    ],
)
def test_a_format_is_a_medium_with_a_label_and_keeps_the_files(form: Format, medium: Medium, label: str | None) -> None:
    made = arranged(form, [ANSWER], INSTANCE)
    assert (made.medium, made.label, made.files[0]) == (medium, label, ANSWER)


def test_plain_formats_add_nothing() -> None:
    for form in (Format.ISO, Format.FLOPPY, Format.VHD):
        assert arranged(form, [ANSWER], INSTANCE).files == (ANSWER,)


def test_nocloud_has_its_two_files() -> None:
    made = data(arranged(Format.NOCLOUD, [ANSWER], INSTANCE))
    assert made["user-data"] == INSTANCE.user_data
    assert made["meta-data"].decode() == f'instance-id: {INSTANCE.identity}\nlocal-hostname: "WIN-1"\n'
    bare = data(arranged(Format.NOCLOUD, [], Instance()))
    assert bare["user-data"] == b""
    assert b"hostname" not in bare["meta-data"]


def test_a_config_drive_has_its_openstack_folder() -> None:
    made = data(arranged(Format.CONFIGDRIVE, [ANSWER], INSTANCE))
    assert made["openstack/latest/user_data"] == INSTANCE.user_data
    facts = json.loads(made["openstack/latest/meta_data.json"])
    assert facts == {"uuid": INSTANCE.identity, "hostname": "WIN-1", "name": "WIN-1"}
    assert list(data(arranged(Format.CONFIGDRIVE, [], Instance()))) == ["openstack/latest/meta_data.json"]


def test_the_users_own_file_stays() -> None:
    own = MediaFile("meta-data", b"instance-id: mine\n")
    made = arranged(Format.NOCLOUD, [own], INSTANCE)
    assert [file.name for file in made.files] == ["meta-data", "user-data"]
    assert data(made)["meta-data"] == b"instance-id: mine\n"


def test_the_users_own_file_in_another_case_is_refused() -> None:
    with pytest.raises(UsageError, match="User-Data must be spelled user-data"):
        arranged(Format.NOCLOUD, [MediaFile("User-Data", b"")], INSTANCE)


@given(st.one_of(st.none(), st.text()), st.one_of(st.none(), st.binary()))
def test_an_instance_is_a_uuid_that_depends_on_its_content_only(hostname: str | None, user_data: bytes | None) -> None:
    identity = Instance(hostname, user_data).identity
    assert uuid.UUID(identity).variant == uuid.RFC_4122
    assert str(uuid.UUID(identity)) == identity
    assert Instance(hostname, user_data).identity == identity
    assert Instance(hostname, (user_data or b"") + b"!").identity != identity


def test_user_data_is_not_shown() -> None:
    assert "hunter2" not in repr(Instance("x", b"hunter2"))


def test_a_medium_with_the_layout_is_packed_and_read_back(tmp_path: Path) -> None:
    made = arranged(Format.CONFIGDRIVE, [ANSWER], INSTANCE)
    pack(made.files, tmp_path / "x.iso", made.medium, label=made.label or "")
    assert [file.name for file in contents(tmp_path / "x.iso")] == [
        "Autounattend.xml",
        "openstack/latest/meta_data.json",
        "openstack/latest/user_data",
    ]
    assert NamedFile("Autounattend.xml", b"<x/>") in contents(tmp_path / "x.iso")
