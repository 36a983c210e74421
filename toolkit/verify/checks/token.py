"""The session holds an administrator's whole rights, as installers need them.

Read from `whoami /groups`, whose SIDs are the same in every language: S-1-16-12288 is the high mandatory level,
S-1-5-32-544 the group Administrators (MicrosoftDocs/windows-itpro-docs, security identifiers).
"""

from __future__ import annotations

import csv
import re
from typing import TYPE_CHECKING

from toolkit.values import dataclass
from toolkit.verify.checks.check import Bench, Finding, Question, UnaskableError, error
from toolkit.verify.remedy import TOKEN_FILTER
from toolkit.verify.rung import Failure, Rung, Verdict

if TYPE_CHECKING:
    from toolkit.verify.wanted import Wanted

_ADMINISTRATORS = "S-1-5-32-544"
_LEVEL = re.compile(r"S-1-16-(\d{1,9})")
_HIGH = 12288


@dataclass(frozen=True, slots=True)
class Token:
    """`level` is the mandatory level: 8192 medium, 12288 high, 16384 system."""

    administrator: bool
    level: int


def _ask(bench: Bench) -> Token:
    done = bench.communicator.run("whoami /groups /fo csv /nh")
    rows = [row for row in csv.reader(done.stdout.decode("utf-8", "replace").splitlines()) if len(row) > 2]
    levels = [int(found[1]) for row in rows if (found := _LEVEL.fullmatch(row[2]))]
    if not levels:
        raise UnaskableError("whoami does not name the session's mandatory level.")
    return Token(any(row[2] == _ADMINISTRATORS for row in rows), max(levels))


def _tell(facts: Token) -> str:
    who = "an administrator" if facts.administrator else "no administrator"
    return f"{who}, with {'all' if facts.level >= _HIGH else 'limited'} rights"


def _judge(facts: Token, _wanted: Wanted) -> tuple[Finding, ...]:
    if facts.administrator and facts.level >= _HIGH:
        return ()
    return (
        error(
            Failure(
                Rung.AUTHORISATION,
                "not-elevated",
                Verdict.FATAL,
                "The session runs without an administrator's whole rights: installers and services will refuse.",
                (f"mandatory level {facts.level}", f"member of Administrators: {facts.administrator}"),
                causes=(
                    "LocalAccountTokenFilterPolicy is not 1, so network logons of local accounts are filtered.",
                    "The user is not in the group Administrators.",
                ),
                in_guest=(TOKEN_FILTER.cmd,),
                in_powershell=(TOKEN_FILTER.powershell,),
                in_spec=("accounts.groups",),
            )
        ),
    )


CHECK = Question("administrator", ("cmd",), _ask, _tell, _judge)
