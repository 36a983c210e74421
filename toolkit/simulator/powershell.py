"""A small PowerShell: statements and expressions that clients use to ask a fresh guest who it is.

It evaluates string, number, environment and variable expressions, concatenation and repetition, `if`, and whatever
`facts` has an answer for. A statement that it does not understand is an error on stderr; as in Windows, the next one
still runs, and the exit code is 1 when the last one failed.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from toolkit.simulator.facts import UnknownExpressionError, Value, answer
from toolkit.simulator.powershell_text import bracketed, interpolated, split, statements, without_comments
from toolkit.simulator.programs import Output, Pause, Stream

if TYPE_CHECKING:
    from toolkit.simulator.programs import Program, Session

_IF = re.compile(r"if\s*\((?P<rest>.*)", re.IGNORECASE | re.DOTALL)
_ELSE = re.compile(r"\s*else\s*\{(?P<rest>.*)", re.IGNORECASE | re.DOTALL)
_EXIT = re.compile(r"exit(?:\s+(?P<code>.+))?", re.IGNORECASE | re.DOTALL)
_ASSIGNMENT = re.compile(r"\$(?P<name>(?:global:|script:)?\w+)\s*=(?!=)\s*(?P<value>.+)", re.IGNORECASE | re.DOTALL)
_WRITE = re.compile(r"(?:write-output|write-host|echo|write)(?:\s+(?P<arguments>.*))?", re.IGNORECASE | re.DOTALL)
_CONSOLE = re.compile(
    r"\[(?:system\.)?console\]::(?P<stream>out|error)\.write(?P<line>line)?\((?P<value>.*)\)", re.IGNORECASE | re.DOTALL
)
_SLEEP = re.compile(r"(?:start-sleep|sleep)(?:\s+-s(?:econds)?)?\s+(?P<seconds>\d+(?:\.\d+)?)", re.IGNORECASE)
_IGNORED = re.compile(
    r"\$\w*preference\s*=.*|\$outputencoding\s*=.*|\[(?:system\.)?console\]::\w*encoding\s*=.*|set-variable\s.*"
    r"|set-strictmode\s.*",
    re.IGNORECASE | re.DOTALL,
)
_CAST = re.compile(r"\[(?P<type>string|int|bool)\]\s*(?P<value>[^\[:].*)", re.IGNORECASE | re.DOTALL)
_NUMBER = re.compile(r"-?\d{1,9}")
_VARIABLE = re.compile(r"\$(?P<name>(?:global:|script:)?\w+)")
_CONSTANTS: dict[str, Value] = {"$true": True, "$false": False, "$null": None}
_LONGEST = 16 * 1024 * 1024  # what one expression may grow to, in characters


class _Exit(Exception):  # noqa: N818  (a way out, not an error)
    def __init__(self, code: int) -> None:
        self.code = code


def run_script(script: str, session: Session) -> Program:
    """Run a script to its end or its `exit`."""
    try:
        return (yield from _Interpreter(session).block(without_comments(script)))
    except _Exit as left:
        return left.code


class _Interpreter:
    """The variables of one script, and its evaluation."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._variables: dict[str, Value] = {}

    def block(self, text: str) -> Program:
        code = 0
        for statement in statements(text):
            try:
                code = yield from self._statement(statement)
            except UnknownExpressionError as err:
                code = 1
                yield self._session.error(
                    f"The term '{err.expression}' is not recognized as the name of a cmdlet, function, script file, "
                    "or operable program. (This is a simulated guest; it evaluates simple expressions only.)"
                )
        return code

    def _statement(self, text: str) -> Program:
        if _IGNORED.fullmatch(text):
            return 0
        if match := _IF.match(text):
            return (yield from self._if(text, match.start("rest")))
        if match := _EXIT.fullmatch(text):
            raise _Exit(_whole(self.value(match["code"])) if match["code"] else 0)
        if match := _ASSIGNMENT.fullmatch(text):
            self._variables[_variable(match["name"])] = self.value(match["value"])
        elif match := _CONSOLE.fullmatch(text):
            written = shown(self.value(match["value"])) + ("\r\n" if match["line"] else "")
            stream = Stream.STDERR if match["stream"].casefold() == "error" else Stream.STDOUT
            yield Output(stream, self._session.encode(written))
        elif match := _SLEEP.fullmatch(text):
            yield Pause(float(match["seconds"]))
        elif match := _WRITE.fullmatch(text):
            for argument in split(match["arguments"] or "", " \t,"):
                yield self._session.line(shown(self._argument(argument)))
        else:
            value = self.value(text)
            if value is not None:
                yield self._session.line(shown(value))
        return 0

    def _if(self, text: str, start: int) -> Program:
        condition, rest = bracketed(text, start)
        brace = rest.find("{")
        if brace < 0:
            raise UnknownExpressionError(text)
        then, rest = bracketed(rest, brace + 1)
        otherwise = _ELSE.match(rest)
        if self.value(condition):
            return (yield from self.block(then))
        if otherwise:
            return (yield from self.block(bracketed(rest, otherwise.start("rest"))[0]))
        return 0

    def _argument(self, text: str) -> Value:
        """A command's argument: quoted, in brackets or a variable; any other word stands for itself."""
        return self.value(text) if text[0] in "'\"($" else text

    def value(self, expression: str) -> Value:
        """Evaluate a sum of products; the left operand decides what `+` means."""
        terms = split(expression, "+", keep_empty=True)
        if not all(term.strip() for term in terms):
            raise UnknownExpressionError(expression)
        total = self._product(terms[0])
        for term in terms[1:]:
            total = _sum(total, self._product(term))
        return total

    def _product(self, text: str) -> Value:
        factors = split(text, "*")
        if len(factors) != 2:
            return self._term(text)
        return _repeated(self._term(factors[0]), self._term(factors[1]), text)

    def _term(self, text: str) -> Value:
        text = text.strip()
        if (literal := self._literal(text)) is not None:
            return literal
        if text.casefold() in _CONSTANTS:
            return _CONSTANTS[text.casefold()]
        if (match := _VARIABLE.fullmatch(text)) and (name := _variable(match["name"])) in self._variables:
            return self._variables[name]
        if text.casefold().endswith(".tostring()"):
            return shown(self._term(text[: -len(".tostring()")]))
        if match := _CAST.fullmatch(text):
            return _cast(match["type"].casefold(), self._term(match["value"]))
        try:
            return answer(text, self._session)
        except UnknownExpressionError:
            if text.startswith("(") and bracketed(text, 1)[1] == "":
                return self.value(text[1:-1])
            raise

    def _literal(self, text: str) -> str | int | None:
        if _NUMBER.fullmatch(text):
            return int(text)
        if len(text) > 1 and text[0] == text[-1] == "'":
            return text[1:-1].replace("''", "'")
        if len(text) > 1 and text[0] == text[-1] == '"':
            return interpolated(text[1:-1], lambda expression: shown(self.value(expression)))
        return None


def shown(value: Value) -> str:
    """Write a value as PowerShell's host does."""
    return "" if value is None else str(value)


def _sum(left: Value, right: Value) -> Value:
    if isinstance(left, int) and isinstance(right, int):
        return left + right
    return shown(left) + shown(right)


def _repeated(left: Value, times: Value, text: str) -> Value:
    if not isinstance(times, int) or isinstance(left, bool):
        raise UnknownExpressionError(text)
    if isinstance(left, int):
        return left * times
    if len(shown(left)) * times > _LONGEST:
        raise UnknownExpressionError(text)
    return shown(left) * times


def _cast(kind: str, value: Value) -> Value:
    match kind:
        case "string":
            return shown(value)
        case "int":
            return _whole(value)
        case _:
            return bool(value)


def _whole(value: Value) -> int:
    try:
        return int(value or 0)
    except ValueError as err:
        raise UnknownExpressionError(shown(value)) from err


def _variable(name: str) -> str:
    return name.casefold().removeprefix("global:").removeprefix("script:")
