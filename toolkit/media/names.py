"""Names that Windows can hold, on the file system that will carry them: every problem, before a byte is written."""

from __future__ import annotations

import itertools
import re
from typing import TYPE_CHECKING

from toolkit.media.refusal import MediumError
from toolkit.problems import Place, Problem, Severity
from toolkit.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

# MicrosoftDocs/win32, desktop-src/FileIO/naming-a-file.md: "<>:"/\|?*", 0 to 31. The last two are no characters at all,
# and FAT fills the end of a long name with U+FFFF.
FORBIDDEN = frozenset('<>:"\\|?*') | {chr(code) for code in range(32)} | {"\ufffe", "\uffff"}

# The same page. The superscript digits count as digits to Windows. CONIN$ and CONOUT$: docs/consoles.
RESERVED = frozenset(
    ["CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$"]
    + [f"{port}{digit}" for port in ("COM", "LPT") for digit in "123456789\u00b9\u00b2\u00b3"]
)

_UNSAFE = frozenset("/\\\0")
_SURROGATE = re.compile("[\ud800-\udfff]")

# MAX_PATH is 260 with the drive ("D:\") and the closing NUL: Setup's own tools and cmd.exe stop there.
PATH_UNITS = 256


@dataclass(frozen=True, slots=True)
class NameRules:
    """What one file system adds to the rules of Windows. `units` is the longest name, in UTF-16 code units."""

    medium: str
    units: int
    forbidden: frozenset[str] = frozenset()


FLOPPY_NAMES = NameRules("the floppy", 255)
DISK_NAMES = NameRules("the disk image", 255)
# Joliet Specification (1995): 64 units; * / : ; ? \ not allowed. A reader takes `;1` for a version number.
JOLIET_NAMES = NameRules("the ISO", 64, frozenset(";"))


def same_name(name: str) -> str:
    """Give the key under which Windows finds a name: two names with one key are one file.

    Modelled on the one-to-one upper-casing of NTFS and FAT ($UpCase); where Unicode knows more pairs than Windows does
    (dotless i), this errs towards calling two names the same.
    """
    if name.isascii():
        return name.upper()
    return "".join(up if len(up := letter.upper()) == 1 else letter for letter in name)


def require_names(names: Iterable[str], rules: NameRules) -> None:
    """Raise one MediumError with everything that is wrong with these names."""
    if problems := name_problems(names, rules):
        raise MediumError(rules.medium, problems)


def name_problems(names: Iterable[str], rules: NameRules) -> tuple[Problem, ...]:
    """Everything that is wrong with these names, in an order that does not depend on theirs."""
    ordered = sorted(names)
    sound: set[str] = set()
    alone = itertools.chain.from_iterable(_path_problems(name, rules, sound) for name in dict.fromkeys(ordered))
    return (*alone, *_clashes(ordered))


def is_plain(part: str) -> bool:
    """Tell whether a name read from a medium is safe to use as one part of a path on any host."""
    return part not in ("", ".", "..") and not _UNSAFE.intersection(part)


def _path_problems(name: str, rules: NameRules, sound: set[str]) -> Iterator[Problem]:
    """Look at each part, but once only at those that were found `sound`: thousands of files share their folders."""
    parts = name.split("/")
    for part in parts:
        if part not in sound:
            problems = tuple(_part_problems(name, part, rules))
            if not problems:
                sound.add(part)
            yield from problems
    if len(parts) > 1 and _units(name) > PATH_UNITS:
        yield _problem(
            "path-too-long",
            name,
            f"{_shown(name)} is {_units(name)} characters long; with a drive letter Windows opens at most {PATH_UNITS}",
            "Use fewer or shorter folders.",
        )


def _part_problems(name: str, part: str, rules: NameRules) -> Iterator[Problem]:
    shown = _shown(name)
    if not part:
        yield _problem(
            "name-empty-part", name, f"{shown} has an empty part", "Write names as folder/file, without a leading /."
        )
        return
    if odd := sorted((FORBIDDEN | rules.forbidden).intersection(part)):
        text = f"{shown} holds {', '.join(map(ascii, odd))}, which {_who(odd)} cannot have in a name"
        yield _problem("name-character", name, text, "Rename the file; folders are separated by /.")
    if not part.isascii() and _SURROGATE.search(part):
        yield _problem("name-encoding", name, f"{shown} is not valid text", "Rename the file in UTF-8.")
    if part[-1] in ". ":
        ending = "a dot" if part[-1] == "." else "a space"
        yield _problem(
            "name-ending", name, f"{shown}: {_shown(part)} ends in {ending}, which Windows drops", "Rename the file."
        )
    if (stem := part.partition(".")[0].rstrip(" ").upper()) in RESERVED:
        yield _problem("name-reserved", name, f"{shown}: {stem} is the name of a device to Windows", "Rename the file.")
    if _units(part) > rules.units:
        text = f"{shown}: {_shown(part)} is {_units(part)} characters long, {rules.medium} holds names of {rules.units}"
        yield _problem("name-too-long", name, text, "Shorten the name.")


def _who(odd: Sequence[str]) -> str:
    return "Windows" if set(odd) & FORBIDDEN else "an ISO"


def _clashes(ordered: Sequence[str]) -> Iterator[Problem]:
    """Find what would be one entry on Windows: twice the same, differing in case only, a file where a folder is."""
    yield from (
        _problem("name-clash", name, f"{_shown(name)} is given {len(same)} times", "Give each name once.")
        for name, same in ((name, list(group)) for name, group in itertools.groupby(ordered))
        if len(same) > 1
    )
    files = dict.fromkeys(ordered)
    folders = dict.fromkeys(folder for name in files for folder in _folders(name))
    yield from _case_clashes([*files, *(folder for folder in folders if folder not in files)])
    yield from (
        _problem("file-and-folder", name, f"{_shown(name)} is both a file and a folder", "Rename one of them.")
        for name in files
        if name in folders
    )


def _case_clashes(paths: Sequence[str]) -> Iterator[Problem]:
    """Compare siblings only: two files in folders that differ in case are the folders' fault, and told once."""
    spellings: dict[tuple[str, str], str] = {}
    for path in paths:
        folder, _, last = path.rpartition("/")
        first = spellings.setdefault((folder, same_name(last)), path)
        if first != path:
            text = f"{_shown(first)} and {_shown(path)} are the same name to Windows"
            yield _problem("name-clash", path, text, "Rename one of them.")


def _folders(name: str) -> Iterator[str]:
    """Give the folders that a name lies in, outermost first."""
    return (name[: match.start()] for match in re.finditer("/", name))


def _units(text: str) -> int:
    if text.isascii():
        return len(text)
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def _shown(name: str) -> str:
    """Quote a name such that it cannot garble a terminal."""
    return repr(name) if name.isprintable() else ascii(name)


def _problem(rule: str, name: str, message: str, help_: str) -> Problem:
    return Problem(rule, Severity.ERROR, message, Place(name), help_)
