from __future__ import annotations

import base64
from xml.etree import ElementTree as ET
from xml.sax.saxutils import escape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolkit.communicators.commandline import LONGEST, checked_command, powershell_command
from toolkit.errors import UsageError


@pytest.mark.parametrize("character", ["\x00", "\x07", "\x1b", "\n", "\r", "\x7f", "\ufffe", "\ud800"])
def test_a_character_that_cannot_be_sent_is_refused_and_named(character: str) -> None:
    with pytest.raises(UsageError, match=f"character 6, U\\+{ord(character):04X}"):
        checked_command(f"echo {character}")


def test_an_empty_command_is_refused() -> None:
    with pytest.raises(UsageError, match="empty"):
        checked_command("  ")


@given(st.text(min_size=1, max_size=60))
def test_what_is_let_through_arrives_unchanged_in_xml(command: str) -> None:
    try:
        checked = checked_command(command)
    except UsageError:
        return
    assert ET.fromstring(f"<a>{escape(checked)}</a>").text == command


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=200))
def test_powershell_is_given_the_very_script(script: str) -> None:
    line = powershell_command(script)

    program, *switches, encoded = line.split(" ")
    assert program == "powershell.exe"
    assert switches == ["-NoProfile", "-NonInteractive", "-EncodedCommand"]
    assert base64.b64decode(encoded).decode("utf-16-le").endswith("\n" + script)


def test_a_script_too_long_for_cmd_is_refused_before_it_is_sent() -> None:
    with pytest.raises(UsageError, match=f"cmd.exe takes {LONGEST}"):
        powershell_command("#" * 4000)
