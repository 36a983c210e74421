"""cmd.exe's way of reading one line: variables, operators, carets, quotes and redirections."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from toolkit.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Mapping

_VARIABLE = re.compile(
    r"%%|%(?P<argument>~[a-z]*[0-9]|[0-9*])|%(?P<name>[^%:\r\n]+)(?P<edit>:[^%\r\n]*)?%", re.IGNORECASE
)
_TOKEN = re.compile(
    r"""(?P<quoted>"[^"]*"?)
    |(?P<escaped>\^.?)
    |(?P<redirect>(?:(?<!\S)[0-9])?(?:>>?|<)\s*(?:&[0-9]|(?P<target>"[^"]*"|[^\s&|<>]+))?)
    |(?P<operator>&&|\|\||&|\|)
    |(?P<open>\()
    |(?P<close>\))
    |(?P<text>.)""",
    re.VERBOSE | re.DOTALL,
)
_TO_STDERR = re.compile(r"1?>>?\s*&2")
_WORD = re.compile(r'(?:"[^"]*"?|[^\s"])+')
_SHELL = re.compile(r'"?(?:[^"\s]*\\)?cmd(?:\.exe)?"?(?:\s+/[a-bd-jl-z](?::\w+)?)*\s+/[ck]\s*', re.IGNORECASE)
_CALL = re.compile(r"@|call\s+(?!:)|start\s+(?:\"\"\s+)?(?:/\w+\s+)*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Part:
    """One command of a line. `operator` joins it to the one before; `files` are what its output is redirected to.

    `appends` is `>>`, and `to_stderr` is `>&2`. Blanks at its end stay, as `echo a & echo b` shows.
    """

    operator: str
    text: str
    files: tuple[str, ...] = ()
    to_stderr: bool = False
    appends: bool = False


@dataclass(frozen=True, slots=True)
class Unwrapped:
    """A command without its `call` and `cmd /c`. `returns` is whether a batch file survives it being a .cmd."""

    text: str
    returns: bool
    shell: bool


def expanded(line: str, variables: Mapping[str, str], *, batch: bool) -> str:
    """Replace %NAME% by values, whose keys are case-folded.

    In a batch file `%%` is one per cent sign and what is not defined is nothing; typed on a command line both stay.
    """

    def value(match: re.Match[str]) -> str:
        key = (match["argument"] or match["name"] or "").casefold()
        if not key:
            return "%" if batch else match[0]
        return variables.get(key, "" if batch else match[0])

    return _VARIABLE.sub(value, line)


def parts(line: str) -> list[Part]:
    """Split a line at `&`, `&&`, `||` and `|`, dropping carets, redirections and the brackets around blocks."""
    found: list[Part] = []
    operator, text, files, depth, to_stderr, appends = "", "", [""][:0], 0, False, False
    for token in _TOKEN.finditer(line):
        match token.lastgroup:
            case "operator":
                found.append(Part(operator, text.lstrip(), tuple(files), to_stderr, appends))
                operator, text, files, to_stderr, appends = token[0], "", [], False, False
            case "open" if not text.strip():
                depth += 1
            case "close" if depth:
                depth -= 1
            case "escaped":
                text += token[0][1:]
            case "redirect" | "target":
                files += [token["target"].strip('"')] if token["target"] else []
                appends = appends or ">>" in token[0]
                to_stderr = to_stderr or _TO_STDERR.fullmatch(token[0]) is not None
            case _:
                text += token[0]
    found.append(Part(operator, text.lstrip(), tuple(files), to_stderr, appends))
    return [part for part in found if part.text.strip() or part.files]


def words(text: str) -> list[str]:
    """Split at blanks outside quotes and take the quotes away, as programs receive their arguments."""
    return [match[0].replace('"', "") for match in _WORD.finditer(text)]


def program(text: str) -> str:
    """Name the program that a command starts: lower case, without folder and without .exe, .cmd, .bat or .com."""
    first = words(text)[:1]
    base = first[0].rpartition("\\")[2].casefold() if first else ""
    stem, _, ending = base.rpartition(".")
    return stem if stem and ending in {"exe", "cmd", "bat", "com"} else base


def unwrapped(text: str) -> Unwrapped:
    """Take `@`, `call`, `start` and `cmd /c` away, however many there are."""
    inner, returns, shell = text.lstrip(), False, False
    while True:
        if prefix := _SHELL.match(inner):
            inner, returns, shell = _without_outer_quotes(inner[prefix.end() :]), True, True
        elif prefix := _CALL.match(inner):
            returns = returns or prefix[0] != "@"
            inner = inner[prefix.end() :]
        else:
            return Unwrapped(inner.lstrip(), returns, shell)


def _without_outer_quotes(text: str) -> str:
    """Drop the first and the last quote, as `cmd /c "..."` does when there is more than one command inside."""
    text = text.strip()
    return text[1:-1] if len(text) > 1 and text[0] == text[-1] == '"' else text
