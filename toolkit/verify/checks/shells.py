"""No shells are left over from earlier clients: they count against the user's quota until they idle out.

Asked while nothing of ours is open but the one shell that all checks share, which is left out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from toolkit.communicators.soap import SHELLS
from toolkit.values import dataclass
from toolkit.verify.checks.check import Bench, Finding, Question, warning
from toolkit.verify.checks.management import elements, parsed, texts
from toolkit.verify.rung import Failure, Rung, Verdict

if TYPE_CHECKING:
    from toolkit.verify.wanted import Wanted


@dataclass(frozen=True, slots=True)
class OpenShell:
    """One shell. `inactive` and `idle_timeout` as Windows writes durations; empty where it does not."""

    shell_id: str
    owner: str
    client: str
    inactive: str
    idle_timeout: str


@dataclass(frozen=True, slots=True)
class OpenShells:
    """`ours` are those of the user who verifies, `others` everybody else's."""

    ours: tuple[OpenShell, ...]
    others: tuple[OpenShell, ...]


def _ask(bench: Bench) -> OpenShells:
    root = parsed(bench.communicator.enumerate(SHELLS))
    found = [_shell(texts(element)) for element in elements(root, SHELLS, "Shell")]
    own = (bench.communicator.shell_id or "").casefold()
    shells = [shell for shell in found if shell.shell_id.casefold() != own]
    user = _bare(bench.username)
    return OpenShells(
        tuple(shell for shell in shells if _bare(shell.owner) == user),
        tuple(shell for shell in shells if _bare(shell.owner) != user),
    )


def _shell(told: dict[str, str]) -> OpenShell:
    keys = ("ShellId", "Owner", "ClientIP", "ShellInactivity", "IdleTimeOut")
    return OpenShell(*(told.get(key, "") for key in keys))


def _bare(user: str) -> str:
    return user.rpartition("\\")[2].partition("@")[0].casefold()


def _tell(facts: OpenShells) -> str:
    return f"{len(facts.ours)} other shells of this user are open, {len(facts.others)} of others"


def _judge(facts: OpenShells, _wanted: Wanted) -> tuple[Finding, ...]:
    if not facts.ours:
        return ()
    return (
        warning(
            Failure(
                Rung.QUOTA,
                "shells-left-open",
                Verdict.SUSPICIOUS,
                f"{len(facts.ours)} other shells of this user are open already.",
                tuple(f"{one.shell_id} from {one.client or 'an unknown place'}" for one in facts.ours),
                causes=(
                    "Earlier clients were ended before they could close them; each idles for two hours by default.",
                    "Another client is at work right now.",
                ),
                in_guest=("winrm enumerate shell", "net stop WinRM & net start WinRM"),
            )
        ),
    )


CHECK = Question("shells", (), _ask, _tell, _judge)
