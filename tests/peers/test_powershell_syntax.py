"""An independent reading of every PowerShell script: tree-sitter's grammar, and what it is known to overlook.

The grammar (tree-sitter-powershell) is not Microsoft's. It is weak where one line holds a whole block, and takes
left-over template syntax for PowerShell, so that is looked for as text.
"""

from __future__ import annotations

import re

import pytest
import tree_sitter_powershell
from tree_sitter import Language, Node, Parser

from tests.render.scripts import mode, scripts
from tests.render.test_cloud import carried
from toolkit.render.powershell import literal
from toolkit.verify import ansible_module

PARSER = Parser(Language(tree_sitter_powershell.language()))

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
