"""An independent reading of every PowerShell script: tree-sitter's grammar, and what it is known to overlook.

The grammar (tree-sitter-powershell) is not Microsoft's. It is weak where one line holds a whole block, and takes
left-over template syntax for PowerShell, so that is looked for as text.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest
import tree_sitter_powershell
from tree_sitter import Language, Node, Parser

from tests.render.batch_files import SAMPLES, batch_files
from tests.render.scripts import mode, scripts
from tests.render.test_cloud import carried
from toolkit.render.powershell import literal
from toolkit.verify import ansible_module

if TYPE_CHECKING:
    from pathlib import Path

PARSER = Parser(Language(tree_sitter_powershell.language()))

_COMMAND = re.compile(r"powershell(?:\.exe)? .*-Command (.*)", re.IGNORECASE)
# The grammar wants brackets around an operation among a method's arguments; PowerShell does not.
_OPERATION = re.compile(r"\$u\.UserFlags\.Value -b(?:or|and -bnot) \d+")
_LEFT_OVER = re.compile(r"\{\{|\}\}|\{%|%\}|\{#|#\}|None|Secret\(")


def errors(text: str) -> list[str]:
    """Give what the grammar does not understand, by line."""

    def walk(node: Node) -> list[str]:
        if node.is_error or node.is_missing:
            return [f"line {node.start_point.row + 1}: {text.encode()[node.start_byte : node.end_byte][:60]!r}"]
        return [error for child in node.children if node.has_error for error in walk(child)]

    return walk(PARSER.parse(text.encode("utf-8")).root_node)


def without_tags(text: str) -> str:
    return text.removeprefix("<powershell>\n").removesuffix("</powershell>\n")


@pytest.mark.parametrize("name", scripts())
def test_every_script_is_powershell_to_a_grammar_that_is_not_ours(name: str) -> None:
    assert errors(without_tags(scripts()[name])) == []


@pytest.mark.parametrize("name", scripts())
def test_no_template_is_left_over_in_a_script(name: str) -> None:
    assert not [line for line in scripts()[name].splitlines() if _LEFT_OVER.search(line)]


@cache
def embedded() -> tuple[str, ...]:
    """Give every PowerShell command in a batch file of ours, as powershell.exe gets it after cmd's quoting."""
    lines = {line for file in batch_files().values() for line in file.data.decode("ascii").splitlines()}
    found = (_COMMAND.search(line) for line in sorted(lines) if not line.startswith("rem "))
    return tuple(dict.fromkeys(_unquoted(match[1]) for match in found if match))


def _unquoted(text: str) -> str:
    """Undo the quoting for cmd (carets, doubled percent signs) and for the C runtime (a backslash before a quote)."""
    plain = re.sub(r"\^(.)", r"\1", text) if text.startswith("^") else text
    inside = re.match(r'"((?:\\.|[^"\\])*)"', plain)
    return (inside[1].replace('\\"', '"').replace("\\\\", "\\") if inside else plain).replace("%%", "%")


@pytest.mark.parametrize("command", embedded(), ids=range(len(embedded())))
def test_every_command_in_a_batch_file_is_powershell(command: str) -> None:
    assert errors(command) == []


@cache
def in_samples() -> dict[str, str]:
    """Give the PowerShell of the samples: files of ours, and the commands in answer files."""
    found: dict[str, str] = {}
    for folder in sorted(path for path in SAMPLES.iterdir() if path.is_dir()):
        users = {path.read_bytes() for path in folder.iterdir() if path.is_file()}
        for path in sorted((folder / "output").rglob("*.ps1")):
            if (data := path.read_bytes()) not in users:
                found[f"{folder.name}, {path.name}"] = data.decode("utf-8-sig")
        for path in sorted((folder / "output").rglob("*.xml")):
            for number, match in enumerate(filter(None, map(_COMMAND.search, _texts(path)))):
                found[f"{folder.name}, {path.name}, {number}"] = _unquoted(match[1])
    return found


def _texts(path: Path) -> list[str]:
    return [element.text or "" for element in ET.parse(path).iter()]


@pytest.mark.parametrize("name", in_samples())
def test_every_script_and_command_of_a_sample_is_powershell(name: str) -> None:
    assert errors(_OPERATION.sub(r"(\g<0>)", in_samples()[name])) == []


def test_samples_hold_scripts_and_commands() -> None:
    assert {name.rpartition(", ")[2] for name in in_samples()} >= {"remove.ps1", "0"}


def test_commands_are_found_in_batch_files() -> None:
    joined = "\n".join(embedded())
    for part in ("New-WSManInstance", "LsaStorePrivateData", "SslStream", "StartsWith('SSH-2.0-')", "AddDays(-1)"):
        assert part in joined


@pytest.mark.parametrize("script", [ansible_module.BOOTSTRAP, ansible_module.WRAPPER, ansible_module.MODULE])
def test_what_is_sent_as_ansible_sends_it_is_powershell_too(script: str) -> None:
    assert errors(script) == []


@pytest.mark.parametrize("name", ["http basic packer", "https basic"])
def test_the_command_that_azure_runs_is_powershell_too(name: str) -> None:
    assert errors(carried(mode(name))) == []


def test_a_string_of_ours_is_one_string_to_the_grammar() -> None:
    """The grammar knows the straight quote only; the typographic ones are tested against PowerShell's own rule."""
    for text in ("it's", '$(x) `n "', "''", "# no comment", "a; b | c"):
        tree = PARSER.parse(f"$x = {literal(text)}\n".encode()).root_node
        assert not tree.has_error
        assert b"verbatim_string_characters" in str(tree).encode()


@pytest.mark.parametrize(
    "broken",
    ["if ($x) {\n    exit 0\n", "Write-Log 'x\n", "$x = @(\n    1\n", "if $x {\n    exit 0\n}\n"],
)
def test_the_grammar_does_object_to_what_is_broken(broken: str) -> None:
    assert errors(broken)
