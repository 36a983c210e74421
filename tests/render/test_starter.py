from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING

import pytest

from tests.spec.loading import loaded
from toolkit.catalog.releases import releases
from toolkit.errors import ExitCode, UsageError
from toolkit.render.answerfile.document import answer_file
from toolkit.render.starter import DEFAULT_RELEASE, starter
from toolkit.spec.guest import Winrm

if TYPE_CHECKING:
    from pathlib import Path

EDITIONS = [(release.key, edition) for release in releases().values() for edition in release.editions]


@pytest.mark.parametrize(("release", "edition"), EDITIONS)
def test_a_starter_loads_as_it_stands(tmp_path: Path, release: str, edition: str) -> None:
    result = loaded(starter(release, edition), folder=tmp_path)
    assert result.warnings == ()
    assert (result.guest.windows.release.key, result.guest.windows.edition) == (release, edition)
    assert isinstance(result.guest.communicator, Winrm)
    assert answer_file(result.guest).data


@pytest.mark.parametrize("release", releases())
def test_a_starter_takes_the_usual_edition_and_firmware(release: str) -> None:
    spec = tomllib.loads(starter(release, None))
    assert spec["windows"]["edition"] == releases()[release].default_edition
    assert spec["disk"]["firmware"] == releases()[release].firmware


@pytest.mark.parametrize("release", releases())
def test_what_a_starter_leaves_as_a_comment_may_be_taken_in(tmp_path: Path, release: str) -> None:
    lines = starter(release, None).splitlines()
    options = [line.removeprefix("# ") for line in lines if line.startswith("# ") and " = " in line]
    assert len(options) >= 3
    for option in options:
        text = "\n".join(option if line == f"# {option}" else line for line in lines)
        assert tomllib.loads(text) != tomllib.loads("\n".join(lines))
        if "evaluation" not in option or releases()[release].server:
            assert loaded(text, folder=tmp_path).guest.windows.release.key == release


def test_a_starter_is_short_enough_to_read() -> None:
    assert len(starter(DEFAULT_RELEASE, None).splitlines()) <= 40


@pytest.mark.parametrize(
    ("release", "edition", "message", "hint"),
    [
        ("server2022", None, 'the release "server2022" is not known', 'Did you mean "server-2022"'),
        ("vista", None, 'the release "vista" is not known', 'Known here: "7", "8.1", "10", '),
        ("11", "standard", 'the edition "standard" is not known', 'Known here: "home", '),
        ("server-2022", "datacentre", 'the edition "datacentre" is not known', 'Did you mean "datacenter"?'),
        ("", None, 'the release "" is not known', "Known here: "),
    ],
)
def test_what_there_is_not_is_refused_with_what_there_is(
    release: str, edition: str | None, message: str, hint: str
) -> None:
    with pytest.raises(UsageError) as refusal:
        starter(release, edition)
    assert refusal.value.message == message
    assert str(refusal.value.help).startswith(hint)
    assert refusal.value.code is ExitCode.USAGE
