"""The guest grants what the spec declares: envelope, time-out, memory, shells and processes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from toolkit.values import dataclass
from toolkit.verify.checks.check import Bench, Finding, Question, error
from toolkit.verify.checks.configuration import OWNED, Configuration, Setting, correction
from toolkit.verify.checks.management import number
from toolkit.verify.remedy import Remedy, failed
from toolkit.verify.rung import Rung, Verdict
from toolkit.verify.wanted import QUOTAS, Wanted

if TYPE_CHECKING:
    from toolkit.verify.rung import Failure

_KEYS = {path: f"bootstrap.quotas.{name}" for name, path in QUOTAS.items()}


@dataclass(frozen=True, slots=True)
class Quotas:
    """The settings that limit what clients may use."""

    settings: tuple[Setting, ...]


def _ask(bench: Bench) -> Quotas:
    configuration = bench.fact(Configuration)
    return Quotas(
        tuple(found for path in _KEYS if (found := configuration.find(path)) and number(found.value) is not None)
    )


def _tell(facts: Quotas) -> str:
    return ", ".join(f"{setting.path.rpartition('/')[2]} {setting.value}" for setting in facts.settings)


def _judge(facts: Quotas, wanted: Wanted) -> tuple[Finding, ...]:
    declared = wanted.declared.quotas if wanted.declared else {}
    return tuple(
        error(_too_small(setting, declared[setting.path]))
        for setting in facts.settings
        if 0 < (number(setting.value) or 0) < declared.get(setting.path, 0)  # 0 stands for no limit
    )


def _too_small(setting: Setting, want: int) -> Failure:
    name = setting.path.rpartition("/")[2]
    return failed(
        Rung.QUOTA,
        "quota-too-small",
        Verdict.FATAL,
        f"{name}: declared {want}, effective {setting.value}{', by policy' if setting.policy else ''}.",
        evidence=(setting.shown,),
        causes=(
            OWNED if setting.policy else "The bootstrap did not get that far, or something changed it afterwards.",
        ),
        remedies=(correction(setting.path, str(want), policy=setting.policy), Remedy(spec=_KEYS[setting.path])),
    )


CHECK = Question("quotas", ("configuration",), _ask, _tell, _judge)
