"""What becomes of the folders that a volume has, when files are put into it: decided before anything is placed."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from toolkit.media.names import same_name
from toolkit.media.refusal import MediumError
from toolkit.media.tree import Folder, Leaf
from toolkit.media.udf.failure import DamagedUdfError
from toolkit.media.udf.names import UDF_NAMES
from toolkit.problems import Place, Problem, Severity
from toolkit.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from toolkit.media.tree import Node
    from toolkit.media.udf.allocation import Address
    from toolkit.media.udf.file_entry import FileEntry
    from toolkit.media.udf.file_identifier import Identifier
    from toolkit.media.udf.volume import UdfVolume


@dataclass(frozen=True, slots=True)
class Kept:
    """A name that stays as it is, be it one that is there, deleted or the way up."""

    identifier: Identifier


@dataclass(frozen=True, slots=True)
class Replaced:
    """A file whose name stays and whose contents are new."""

    identifier: Identifier
    leaf: Leaf


@dataclass(frozen=True, slots=True)
class Entered:
    """A folder that stays, in which something changes."""

    identifier: Identifier
    branch: Branch


Line: TypeAlias = Kept | Replaced | Entered


@dataclass(frozen=True, slots=True)
class Branch:
    """A folder of the volume, with what it has and what it gets. Names that are dropped are not in it any more."""

    path: str
    entry: FileEntry
    lines: tuple[Line, ...]
    added: tuple[Node, ...]
    dropped: int

    @property
    def is_changed(self) -> bool:
        """Whether its own list of names changes."""
        return bool(self.added or self.dropped or any(isinstance(line, Replaced) for line in self.lines))

    @property
    def below(self) -> tuple[Branch, ...]:
        return tuple(line.branch for line in self.lines if isinstance(line, Entered))

    @property
    def replaced(self) -> tuple[str, ...]:
        """The files that get new contents, here and below, as the volume spells them."""
        here = (self._inner(line.identifier.name) for line in self.lines if isinstance(line, Replaced))
        return (*here, *(path for branch in self.below for path in branch.replaced))

    @property
    def new(self) -> tuple[str, ...]:
        """The files that were not there, here and below."""
        here = (self._inner(path) for node in self.added for path in file_paths(node))
        return (*here, *(path for branch in self.below for path in branch.new))

    def _inner(self, name: str) -> str:
        return f"{self.path}/{name}" if self.path else name

    def every(self) -> Iterator[Branch]:
        """Give this branch and all below, outermost first."""
        yield self
        for branch in self.below:
            yield from branch.every()


def branches(volume: UdfVolume, wanted: Folder, drop: Sequence[str] = ()) -> Branch:
    """Match a tree of files with a volume's own. `drop` names files that are to go, where they are there.

    Raises MediumError with every name that is a folder in one and a file in the other.
    """
    problems: list[Problem] = []
    root = _Matching(volume, problems).branch("", volume.root, wanted, [path.split("/") for path in drop])
    if problems:
        raise MediumError(UDF_NAMES.medium, problems)
    return root


class _Matching:
    """One pass over the folders that something goes into or out of."""

    def __init__(self, volume: UdfVolume, problems: list[Problem]) -> None:
        self._volume = volume
        self._problems = problems
        self._seen: set[Address] = set()

    def branch(self, path: str, entry: FileEntry, wanted: Folder, drop: list[list[str]]) -> Branch:
        if entry.address in self._seen:
            raise DamagedUdfError(f"the folder {path!a} lies within itself or is there twice")
        self._seen.add(entry.address)
        there = tuple(self._volume.names(entry))
        matches = matching(there, wanted)
        replaced = {same_name(node.name) for node in matches.values()}
        gone = {same_name(parts[0]) for parts in drop if len(parts) == 1} - replaced
        lines: list[Line] = []
        for identifier in there:
            if not identifier.is_named:
                lines.append(Kept(identifier))
            elif same_name(identifier.name) in gone and not identifier.is_folder:
                continue
            else:
                below = [parts[1:] for parts in drop if same_name(parts[0]) == same_name(identifier.name)]
                lines.append(self._line(path, identifier, matches.get(identifier), [rest for rest in below if rest]))
        matched = {node.name for node in matches.values()}
        added = [node for node in wanted.children if node.name not in matched]
        return Branch(path, entry, tuple(lines), tuple(added), len(there) - len(lines))

    def _line(self, path: str, identifier: Identifier, match: Node | None, drop: list[list[str]]) -> Line:
        inner = f"{path}/{identifier.name}".lstrip("/")
        match match:
            case Leaf() if not identifier.is_folder:
                return Replaced(identifier, match)
            case Folder() if identifier.is_folder:
                return self._entered(inner, identifier, match, drop)
            case None if drop and identifier.is_folder:
                return self._entered(inner, identifier, Folder(identifier.name, ()), drop)
            case None:
                return Kept(identifier)
            case _:
                self._problems.append(_conflict(inner, is_folder=identifier.is_folder))
                return Kept(identifier)

    def _entered(self, path: str, identifier: Identifier, wanted: Folder, drop: list[list[str]]) -> Line:
        branch = self.branch(path, self._volume.file_entry(identifier.address), wanted, drop)
        return Entered(identifier, branch) if any(each.is_changed for each in branch.every()) else Kept(identifier)


def matching(there: Iterable[Identifier], wanted: Folder) -> dict[Identifier, Node]:
    """Find what each wanted child replaces: the name spelled the same, or else the first that Windows finds."""
    by_key: dict[str, list[Identifier]] = {}
    for identifier in there:
        if identifier.is_named:
            by_key.setdefault(same_name(identifier.name), []).append(identifier)
    found: dict[Identifier, Node] = {}
    for node in wanted.children:
        candidates = by_key.get(same_name(node.name), [])
        if candidates:
            found[next((each for each in candidates if each.name == node.name), candidates[0])] = node
    return found


def file_paths(node: Node) -> Iterator[str]:
    """Give the path of every file of a tree, from `node` on."""
    match node:
        case Leaf(name, _):
            yield name
        case Folder(name, children):
            yield from (f"{name}/{path}" for child in children for path in file_paths(child))


def _conflict(path: str, *, is_folder: bool) -> Problem:
    kinds = ("a folder", "a file") if is_folder else ("a file", "a folder")
    return Problem(
        "file-and-folder",
        Severity.ERROR,
        f"{path!a} is {kinds[0]} in the ISO and would become {kinds[1]}",
        Place(path),
        "Rename what goes in.",
    )
