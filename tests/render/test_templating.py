from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from jinja2 import UndefinedError

from toolkit.errors import ExitCode, ToolkitError
from toolkit.render import templating

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give an empty templates folder as an installed wheel has it."""
    templates = tmp_path / "toolkit" / "templates"
    templates.mkdir(parents=True)
    monkeypatch.setattr(templating, "_PACKAGE", tmp_path / "toolkit")
    return templates


@pytest.fixture(autouse=True)
def environments() -> Iterator[None]:
    """Keep one test's environment, which remembers its folder, from the next."""
    templating.environment.cache_clear()
    yield
    templating.environment.cache_clear()


def test_the_templates_of_a_checkout_stand_beside_the_package() -> None:
    assert (templating.templates_folder() / "bootstrap" / "closed.bat.j2").is_file()


def test_the_templates_of_a_wheel_stand_inside_the_package(folder: Path) -> None:
    assert templating.templates_folder() == folder


def test_text_is_escaped_in_xml_and_only_there(folder: Path) -> None:
    (folder / "a.xml.j2").write_text("<a>{{ text }}</a>")
    (folder / "a.bat.j2").write_text("{{ text }}")
    assert templating.render("a.xml.j2", text='<&">') == "<a>&lt;&amp;&#34;&gt;</a>"
    assert templating.render("a.bat.j2", text='<&">') == '<&">'


def test_an_included_xml_template_is_escaped_too(folder: Path) -> None:
    (folder / "a.xml.j2").write_text('{% include "b.xml.j2" %}')
    (folder / "b.xml.j2").write_text("{{ text }}")
    assert templating.render("a.xml.j2", text="a&b") == "a&amp;b"


def test_block_lines_leave_nothing_behind_and_the_last_line_end_stays(folder: Path) -> None:
    (folder / "a.j2").write_text("{% for each in all %}\n  {% if each %}\n{{ each }}\n  {% endif %}\n{% endfor %}\n")
    assert templating.render("a.j2", all=["x", "", "y"]) == "x\ny\n"


def test_a_name_without_a_value_is_an_error_and_not_an_empty_text(folder: Path) -> None:
    (folder / "a.j2").write_text("{{ forgotten }}")
    with pytest.raises(UndefinedError, match="forgotten"):
        templating.render("a.j2")


def test_a_template_that_the_installation_lacks_is_named(folder: Path) -> None:
    with pytest.raises(ToolkitError) as missing:
        templating.render("gone.xml.j2")
    assert missing.value.code is ExitCode.UNREADABLE
    assert "gone.xml.j2" in missing.value.message
    assert str(folder) in missing.value.message


def test_the_filters_quote_for_cmd(folder: Path) -> None:
    (folder / "a.bat.j2").write_text('set "A={{ a | cmd_value }}"\necho {{ a | cmd_echo }}\nx {{ a | cmd_argument }}\n')
    written = templating.render("a.bat.j2", a="50% & more")
    assert written == 'set "A=50%% & more"\necho 50%% ^& more\nx "50%% & more"\n'
