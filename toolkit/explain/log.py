"""The line of a log that matters: what clients write, weighed, the heaviest first."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

from toolkit.catalog.faults import Fault, find_fault, parse_code
from toolkit.catalog.tables import rows
from toolkit.explain.code import explained
from toolkit.explain.explanation import Explanation, Line
from toolkit.explain.literals import required_words
from toolkit.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_LONGEST_LINE = 4000  # characters that are searched; what follows is somebody's data
_LONGEST_SHOWN = 300
_MOST_ALSO = 5

# Codes as logs show them: WS-Management's in every form; others only where the log says that a number is a code.
_CODE = re.compile(
    r"(?<![\w.])(?:0x8033[0-9a-f]{4}|-21441\d{5}|21508\d{5}|0x[8c]0[0-9a-f]{6})(?![\w.])"
    r"|(?:\b(?:(?:wsman)?fault|(?:wmi)?error|exit|hresult|rc|status)[ _]?(?:code)?|\bcode)[\"']?"
    r"\s*(?:is|[:=(#]|of)?\s*[\"']?(?P<named>-?\d{1,10}|0x[0-9a-f]{1,8})\b",
    re.IGNORECASE,
)
_CODE_WORDS = ("0x", "21441", "21508", "code", "fault", "error", "exit", "hresult", "rc", "status")
_WSMAN = 0x80338000
_POLLED = 0x80338029  # OPERATION_TIMEDOUT: what every silent command gets, and no trouble by itself
# Below this a plain number is as likely an exit code of the user's own program.
_SMALLEST_NAMED = 5
_SECRET = re.compile(
    r"(?P<name>\b\w*(?:password|passwd|pwd|secret|token)\w*[\"']?\s*[:=]\s*)(?:\"[^\"]*\"|'[^']*'|\S+)"
    r"|(?P<scheme>\bAuthorization:\s*\w+\s+)\S+",
    re.IGNORECASE,
)
_ESCAPE = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


@dataclass(frozen=True, slots=True)
class _Sign:
    """Something that clients write. The heavier, the nearer to the cause."""

    name: str
    weight: int
    pattern: re.Pattern[str]
    words: tuple[str, ...] | None
    meaning: str
    causes: tuple[str, ...]
    in_guest: tuple[str, ...]
    in_client: tuple[str, ...]
    in_spec: tuple[str, ...]

    def is_in(self, line: str, folded: str) -> bool:
        possible = self.words is None or any(word in folded for word in self.words)
        return possible and self.pattern.search(line) is not None


@dataclass(frozen=True, slots=True)
class _Hit:
    line: Line
    weight: int
    found: _Sign | Fault

    @property
    def name(self) -> str:
        return self.found.name if isinstance(self.found, _Sign) else f"{self.found.hex} {self.found.symbol}"


def explain_log(text: str) -> Explanation | None:
    """Find what matters in a log; None where nothing in it is known.

    Of equally heavy lines the first counts: what follows is mostly its consequence.
    """
    hits = [hit for number, line in enumerate(text.splitlines(), 1) for hit in _hits(number, _readable(line))]
    if not hits:
        return None
    chosen = max(hits, key=lambda hit: hit.weight)
    also = _others(chosen, hits)
    match chosen.found:
        case _Sign() as sign:
            return _explained(sign, chosen.line, also)
        case fault:
            return explained(fault, chosen.line, also)


def _hits(number: int, line: str) -> Iterator[_Hit]:
    folded = line.lower()
    faults = [(_weight(fault), fault) for fault in _faults(line, folded)]
    signs = [(sign.weight, sign) for sign in _signs() if sign.is_in(line, folded)]
    if faults or signs:
        shown = Line(number, _SECRET.sub(_masked, line)[:_LONGEST_SHOWN])
        yield from (_Hit(shown, weight, fault) for weight, fault in faults)
        yield from (_Hit(shown, weight, sign) for weight, sign in signs)


def _faults(line: str, folded: str) -> Iterator[Fault]:
    if not any(word in folded for word in _CODE_WORDS):
        return
    for match in _CODE.finditer(line):
        code = parse_code(match["named"] or match[0])
        fault = find_fault(code) if code is not None else None
        if fault and (match["named"] is None or fault.code >= _SMALLEST_NAMED):
            yield fault


def _weight(fault: Fault) -> int:
    if fault.code == _POLLED:
        return 20
    return 95 if fault.code & 0xFFFF8000 == _WSMAN else 75


def _explained(sign: _Sign, line: Line, also: tuple[str, ...]) -> Explanation:
    return Explanation(
        sign.name,
        known=True,
        meaning=sign.meaning,
        line=line,
        causes=sign.causes,
        in_guest=sign.in_guest,
        in_client=sign.in_client,
        in_spec=sign.in_spec,
        also=also,
    )


def _others(chosen: _Hit, hits: Iterable[_Hit]) -> tuple[str, ...]:
    firsts: dict[str, _Hit] = {}
    for hit in sorted(hits, key=lambda hit: -hit.weight):
        if hit.name != chosen.name and hit.line.number != chosen.line.number:
            firsts.setdefault(hit.name, hit)
    return tuple(f"line {hit.line.number}: {name}" for name, hit in list(firsts.items())[:_MOST_ALSO])


def _readable(line: str) -> str:
    """Take colours and control characters out: a log must not write to the reader's terminal."""
    return _CONTROL.sub("", _ESCAPE.sub("", line[:_LONGEST_LINE])).strip()


def _masked(match: re.Match[str]) -> str:
    return f"{match['name'] or match['scheme']}***"


@cache
def _signs() -> tuple[_Sign, ...]:
    return tuple(
        _Sign(
            name=row["name"],
            weight=row["weight"],
            pattern=re.compile(row["pattern"], re.IGNORECASE),
            words=required_words(row["pattern"]),
            meaning=row["meaning"],
            causes=tuple(row["causes"]),
            in_guest=tuple(row["in_guest"]),
            in_client=tuple(row["in_client"]),
            in_spec=tuple(row["in_spec"]),
        )
        for row in rows("log-signs")
    )
