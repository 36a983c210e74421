"""The shape that the product keeps: where imports point, who owns which library, what a start loads, what is long."""

from __future__ import annotations

import ast
import graphlib
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.imports import PACKAGE, RELATIVE, ROOT, Moment, Source, imports, part_of, sources

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

LONGEST_FUNCTION = 60
LONGEST_MODULE = 350

BASE = frozenset(
    {"errors", "problems", "files", "secret", "private", "certificates", "paragraphs", "values", "numbers"}
)
MODEL = frozenset({"spec", "catalog"})
FEATURES = frozenset({"render", "media", "communicators", "verify", "explain", "simulator"})

# What each part may import, besides itself. The package's own `__init__` holds the version and imports nothing.
ARROWS = {
    "": frozenset[str](),
    "__main__": frozenset({"cli"}),
    "cli": FEATURES | MODEL | BASE | {""},
    **dict.fromkeys(FEATURES, MODEL | BASE),
    "verify": MODEL | BASE | {"communicators"},
    "spec": BASE | {"catalog"},
    "catalog": BASE,
    **dict.fromkeys(BASE, BASE),
}

# Who may load a library, and why where that is more than one module of a sub-package.
OWNERS = {
    "cryptography": {"certificates.py"},
    "jinja2": {
        "render/compiled.py",  # the class of its that keeps compiled templates
        "render/templating.py",
    },
    "lxml": {
        "render/answerfile/tree.py",
        "simulator/documents.py",
    },  # one writes documents, the other reads foreign ones
    "pycdlib": {"media/iso.py"},
    "pydantic": {"spec/"},
    "pydantic_core": {"spec/"},
    "rich": {"cli/"},
    "spnego": {
        "communicators/negotiation.py",  # the client's side
        "simulator/authentication.py",  # the acceptor's
    },
    "typer": {"cli/"},
    "winrm": {
        "communicators/translation.py",  # its exceptions, told in our terms
        "communicators/winrm.py",
    },
}

OWN_AND_STANDARD = {PACKAGE, "_typeshed", *sys.stdlib_module_names}

HEAVY = (
    "cryptography",
    "hcl2",
    "jinja2",
    "lxml",
    "pycdlib",
    "pydantic",
    "requests",
    "rich",
    "spnego",
    "winrm",
)

PRINTERS = {"print", "input", "breakpoint"}
STREAMS = {"stdin", "stdout", "stderr", "__stdin__", "__stdout__", "__stderr__"}


def findings(look: Callable[[Source], Iterable[object]], within: Iterable[Source] = ()) -> dict[str, list[str]]:
    """Look at every module, and keep what was found, by module."""
    found = {source.path: sorted(map(str, look(source))) for source in within or sources()}
    return {module: things for module, things in found.items() if things}


def test_every_part_of_the_product_has_its_place_in_the_arrows() -> None:
    assert {source.part for source in sources()} <= ARROWS.keys()


def test_imports_point_one_way() -> None:
    def against(source: Source) -> set[str]:
        allowed = ARROWS[source.part] | {source.part}
        ours = (imported.target for imported in source.imports if imported.top == PACKAGE)
        return {target for target in ours if part_of(target) not in allowed}

    assert findings(against) == {}


def test_imports_name_modules_in_full() -> None:
    assert findings(lambda source: (imported for imported in source.imports if imported.top == RELATIVE)) == {}


def test_no_module_needs_itself_to_be_loaded() -> None:
    """Imports in functions and for types are no cycles: nothing waits for them."""
    graph = {
        source.name: {imported.target for imported in source.imports if imported.moment is Moment.LOADING}
        for source in sources()
    }
    try:
        graphlib.TopologicalSorter(graph).prepare()
    except graphlib.CycleError as err:
        pytest.fail(" -> ".join(err.args[1]), pytrace=False)


def test_a_library_is_loaded_by_its_owner_only() -> None:
    def strangers(source: Source) -> set[str]:
        loaded = {imported.top for imported in source.imports if imported.moment is not Moment.TYPING}
        return {library for library in loaded - OWN_AND_STANDARD if not owns(source, library)}

    assert findings(strangers) == {}


def test_a_librarys_types_stay_in_the_part_that_owns_it() -> None:
    def strangers(source: Source) -> set[str]:
        named = {imported.top for imported in source.imports}
        return {library for library in named - OWN_AND_STANDARD if source.part not in owning_parts(library)}

    assert findings(strangers) == {}


@pytest.mark.parametrize(("library", "owner"), [(name, owner) for name in OWNERS for owner in sorted(OWNERS[name])])
def test_an_owner_does_use_its_library(library: str, owner: str) -> None:
    """The list of owners shrinks as owners do."""
    users = [source.path for source in sources() if library in {imported.top for imported in source.imports}]
    assert any(user.startswith(owner) for user in users)


def test_only_the_command_line_speaks_to_people() -> None:
    others = [source for source in sources() if source.part != "cli"]
    assert findings(lambda source: utterances(source.tree), others) == {}


def test_the_product_starts_no_other_program() -> None:
    """What works only where mkisofs is installed does not work on the user's host."""

    def starts(source: Source) -> set[str]:
        named = {imported.target for imported in source.imports} | dotted_names(source.tree)
        return named & {"subprocess", "pty", "os.system", "os.popen", "os.startfile"}

    assert findings(starts) == {}


def test_values_are_defined_the_fast_way() -> None:
    def slow(source: Source) -> Iterator[str]:
        for node in ast.walk(source.tree):
            if isinstance(node, ast.ImportFrom) and node.module == "dataclasses":
                yield from {alias.name for alias in node.names} & {"dataclass"}

    others = [source for source in sources() if source.part != "values"]
    assert findings(slow, others) == {}


def test_what_stands_between_the_ends_reads_neither_clock_nor_environment() -> None:
    impure = {"os.environ", "os.getenv", "time.time", "datetime.now", "datetime.utcnow", "date.today"}
    middle = [source for source in sources() if source.part in {"render", "media", "spec", "catalog"}]
    assert findings(lambda source: dotted_names(source.tree) & impure, middle) == {}


def test_functions_stay_short_enough_to_read() -> None:
    def long(source: Source) -> Iterator[str]:
        for node in ast.walk(source.tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                lines = (node.end_lineno or node.lineno) - node.lineno + 1
                if lines > LONGEST_FUNCTION:
                    yield f"{node.name}: {lines} lines"

    assert findings(long) == {}


def test_modules_hold_one_idea() -> None:
    assert findings(lambda source: [source.lines] if source.lines > LONGEST_MODULE else []) == {}


def test_the_reader_of_imports_sees_them_wherever_they_stand() -> None:
    tree = ast.parse("""
import lxml.etree
from toolkit.cli import console
from toolkit.files import NamedFile
if TYPE_CHECKING:
    import typed
else:
    import untyped
try:
    import tried
except ImportError:
    from . import near
class Holder:
    import held
    def method(self):
        with nothing:
            import needed
        if TYPE_CHECKING:
            import hinted
""")
    assert [(imported.target, imported.moment) for imported in imports(tree)] == [
        ("lxml.etree", Moment.LOADING),
        ("toolkit.cli.console", Moment.LOADING),
        ("toolkit.files", Moment.LOADING),
        ("typed", Moment.TYPING),
        ("untyped", Moment.LOADING),
        ("tried", Moment.LOADING),
        (RELATIVE, Moment.LOADING),
        ("held", Moment.LOADING),
        ("needed", Moment.RUNNING),
        ("hinted", Moment.TYPING),
    ]


@pytest.mark.parametrize(
    "statement",
    [
        "import toolkit.cli",
        "import toolkit.cli.app",
        "import toolkit.cli.app as app; app.run(['--help'])",
    ],
)
def test_a_start_loads_nothing_heavy(statement: str) -> None:
    shown = "import sys; print('loaded:', *{name.partition('.')[0] for name in sys.modules})"
    ran = subprocess.run(
        [sys.executable, "-c", f"{statement}\n{shown}"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    loaded = set(ran.stdout.rpartition("loaded:")[2].split())
    assert "toolkit" in loaded
    assert loaded.isdisjoint(HEAVY)


def owns(source: Source, library: str) -> bool:
    return any(
        source.path == owner or source.path.startswith(f"{owner.rstrip('/')}/") for owner in OWNERS.get(library, ())
    )


def owning_parts(library: str) -> set[str]:
    return {owner.partition("/")[0].removesuffix(".py") for owner in OWNERS.get(library, ())}


def dotted_names(tree: ast.AST) -> set[str]:
    """Find every `module.name` in the code."""
    return {
        f"{node.value.id}.{node.attr}"
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name)
    }


def utterances(tree: ast.AST) -> Iterator[str]:
    """Find what reaches for the terminal: `print(...)`, `sys.stdout`, `from sys import stderr`."""
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Name(id=name)) if name in PRINTERS:
                yield f"{name}() in line {node.lineno}"
            case ast.Attribute(value=ast.Name(id="sys"), attr=name) if name in STREAMS:
                yield f"sys.{name} in line {node.lineno}"
            case ast.ImportFrom(module="sys", names=names) if STREAMS & {alias.name for alias in names}:
                yield f"a stream of sys in line {node.lineno}"
