"""Hostile values in every text of the spec: each comes out as it went in, or is refused with its key and the reason."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from tests.render.test_answer_file import texts
from tests.spec.loading import loaded
from toolkit.catalog.check import check
from toolkit.errors import SpecError
from toolkit.render.answerfile.document import answer_file

if TYPE_CHECKING:
    from toolkit.problems import Problem

# XML's and cmd's metacharacters, controls, halves of characters, right-to-left marks, line ends that are not ours, and
# what is longer than anything may be.
HOSTILE = (
    st.text(st.sampled_from("&<>\"'%!^|;]\x00\x01\x1f\x7f\x85\u2028\u202e\u200f\ufeff\ufffe\ud800\U0001f600אבג\r\n\t "))
    | st.text(max_size=30)
    | st.sampled_from(["x" * 10_000, "\U0001f600" * 5_000, "]]>", "<![CDATA[", "&#0;", "${x}", "{{ x }}", "%PATH%"])
)
# Where each text of the spec is written, and where in the answer file it comes out as it is.
PLACES = {
    "computer.owner": "component/RegisteredOwner",
    "computer.organization": "component/RegisteredOrganization",
    "computer.name": "component/ComputerName",
    "windows.image_name": "MetaData/Value",
    "accounts.name": "LocalAccount/Name",
    "accounts.full_name": "LocalAccount/DisplayName",
    "accounts.description": "LocalAccount/Description",
    "disk.data.label": "ModifyPartition/Label",
    "disk.partitions.label": "ModifyPartition/Label",
}
# Texts that are looked up: what comes out is a name from a table.
NAMES = (
    *("windows.release", "windows.edition", "windows.version", "windows.image_edition_id", "windows.product_key"),
    *("computer.time_zone", "locale.ui_language", "locale.user_locale", "locale.system_locale", "locale.region"),
    *("locale.pe_keyboard", "disk.guard.bus", "disk.data.letter", "accounts.groups", "autologon.username"),
)


def quoted(text: str) -> str:
    """Write a text in TOML, which takes DEL only as an escape, and halves of characters not at all."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def spec(key: str, value: str) -> str:
    tables: dict[str, dict[str, str]] = {
        "windows": {"release": '"10"'},
        "communicator": {"communicator": '"winrm"', "winrm_username": '"packer"', "winrm_password": '"Passw0rd!"'},
    }
    table, _, name = key.rpartition(".")
    fields = {"accounts": {"name": '"ann"', "password": '"x"'}, "disk.data": {"target": "1"}}.get(table, {})
    tables.setdefault(table, dict(fields))[name] = f"[{quoted(value)}]" if name == "groups" else quoted(value)
    lists = ("accounts", "disk.data", "disk.partitions")
    text = "".join(
        (f"[[{header}]]\n" if header in lists else f"[{header}]\n") + "".join(f"{k} = {v}\n" for k, v in body.items())
        for header, body in tables.items()
    )
    if table == "disk.partitions":
        text += "size_mb = 9\nactive = true\n[[disk.partitions]]\nwindows = true\n"
    return text


def rendered(key: str, value: str) -> etree._Element | list[Problem]:
    """Give the answer file, or the errors for which the spec is refused."""
    try:
        guest = loaded(spec(key, value)).guest
    except SpecError as refusal:
        return list(refusal.problems)
    data = answer_file(guest).data
    assert check(data, guest.windows.release.key) == ()
    return etree.fromstring(data)


def assert_refused(problems: list[Problem], key: str) -> None:
    assert problems
    for problem in problems:
        assert problem.message
        assert len(problem.message) < 30_000
    said = " ".join(f"{problem.message} {problem.place}" for problem in problems)
    lines = spec(key, "x").splitlines()
    here = next(number for number, line in enumerate(lines, start=1) if line.startswith(key.rpartition(".")[2]))
    table_line = max(number for number, line in enumerate(lines[:here], start=1) if line.startswith("["))
    assert key in said or any(table_line <= problem.place.line <= here for problem in problems) or "TOML" in said


@settings(deadline=None, max_examples=60)
@given(st.sampled_from(sorted(PLACES)), HOSTILE)
def test_a_hostile_text_comes_out_as_it_is_or_is_refused(key: str, value: str) -> None:
    found = rendered(key, value)
    if isinstance(found, list):
        assert_refused(found, key)
    else:
        assert value in (texts(found, PLACES[key]) if value else [value])


@settings(deadline=None, max_examples=60)
@given(st.sampled_from(NAMES), HOSTILE)
def test_a_hostile_name_is_known_or_refused(key: str, value: str) -> None:
    found = rendered(key, value)
    if isinstance(found, list):
        assert_refused(found, key)


@pytest.mark.parametrize("key", sorted(PLACES))
def test_every_text_does_come_out_where_it_is_looked_for(key: str) -> None:
    found = rendered(key, "ordinary")
    assert not isinstance(found, list)
    assert "ordinary" in texts(found, PLACES[key])


@pytest.mark.parametrize("key", sorted({*PLACES, *NAMES} - {"windows.image_name"}))
def test_ten_thousand_characters_are_refused_with_key_and_reason(key: str) -> None:
    found = rendered(key, "x" * 10_000)
    assert isinstance(found, list)
    assert_refused(found, key)


@pytest.mark.parametrize("key", sorted({*PLACES, *NAMES}))
def test_control_characters_are_refused_with_key_and_reason(key: str) -> None:
    found = rendered(key, "a\x01b")
    assert isinstance(found, list)
    assert any("control character" in problem.message for problem in found)
