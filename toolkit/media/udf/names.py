"""Names that UDF can hold, beside what Windows asks of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from toolkit.media.names import FORBIDDEN, NameRules, name_problems
from toolkit.media.udf.text import LONGEST, encoded
from toolkit.problems import Place, Problem, Severity

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

UDF_NAMES = NameRules("the ISO", LONGEST - 1)


def udf_name_problems(names: Iterable[str], longest: int = LONGEST) -> tuple[Problem, ...]:
    """Everything that is wrong with these names for Windows and for UDF, whose writer takes `longest` bytes."""
    given = tuple(names)
    return (*name_problems(given, UDF_NAMES), *_too_many_bytes(given, longest))


def pairs_alike(names: Iterable[str]) -> Iterator[Problem]:
    """Find names in one folder that pycdlib takes for the same: it compares their bytes, be these letters or halves."""
    first: dict[tuple[str, bytes], str] = {}
    for path in sorted({"/".join(parts[: end + 1]) for parts in map(_split, names) for end in range(len(parts))}):
        folder, _, last = path.rpartition("/")
        other = first.setdefault((folder, encoded(last)[1:]), path)
        if other != path:
            text = f"{other!a} and {path!a} cannot be on one disc: pycdlib, by which it is made, mixes them up"
            yield Problem("name-clash", Severity.ERROR, text, Place(path), "Rename one of them.")


def _split(name: str) -> list[str]:
    return name.split("/")


def _too_many_bytes(names: Iterable[str], longest: int) -> Iterator[Problem]:
    """Find names that fit Windows but not UDF, which counts bytes: two for each letter if one is not Latin-1."""
    for name in sorted(set(names)):
        for part in name.split("/"):
            if len(part) <= UDF_NAMES.units and not set(part) & FORBIDDEN and len(_bytes(part)) > longest:
                yield Problem(
                    "name-too-long",
                    Severity.ERROR,
                    f"{name!a}: {part!a} takes {len(_bytes(part))} bytes in UDF, which has room for {longest}",
                    Place(name),
                    "Shorten the name.",
                )


def _bytes(part: str) -> bytes:
    return encoded(part.encode("utf-16-be", "surrogatepass").decode("utf-16-be", "replace"))
