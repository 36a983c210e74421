"""What stands open, or lies about, that an attacker would be glad of.

Where a spec declares a way in, `configuration` and `listeners` judge whether more than that is open; this check names
what is dangerous whoever declared it, as warnings, and what nobody can have declared, as errors.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from toolkit.values import dataclass
from toolkit.verify.checks.check import Bench, Finding, Question, error, warning
from toolkit.verify.checks.configuration import Configuration, correction
from toolkit.verify.checks.listeners import Listeners
from toolkit.verify.checks.survey import LEFTOVERS, Survey
from toolkit.verify.remedy import USE_TLS, Remedy, failed
from toolkit.verify.rung import Failure, Rung, Verdict

if TYPE_CHECKING:
    from toolkit.verify.wanted import Wanted

_WINLOGON = r'"HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion\Winlogon"'
_WINLOGON_DRIVE = r"'HKLM:\SOFTWARE\Microsoft\Windows NT\CurrentVersion\Winlogon'"
_UNENCRYPTED, _BASIC, _CREDSSP = "Service/AllowUnencrypted", "Service/Auth/Basic", "Service/Auth/CredSSP"


@dataclass(frozen=True, slots=True)
class Posture:
    """`leftovers` are answer files that still hold a password."""

    basic: bool
    allow_unencrypted: bool
    credssp: bool
    http_listener: bool
    autologon: bool
    autologon_password: bool
    leftovers: tuple[str, ...]


def _ask(bench: Bench) -> Posture:
    configuration, survey = bench.fact(Configuration), bench.fact(Survey)
    return Posture(
        basic=configuration.on(_BASIC) is True,
        allow_unencrypted=configuration.on(_UNENCRYPTED) is True,
        credssp=configuration.on(_CREDSSP) is True,
        http_listener="HTTP" in bench.fact(Listeners).transports(),
        autologon=survey.yes("autologon"),
        autologon_password=survey.yes("autologon_password"),
        leftovers=tuple(path for number, path in enumerate(LEFTOVERS) if survey.yes(f"leftover{number}")),
    )


def _tell(facts: Posture) -> str:
    open_doors = (
        ("Basic", facts.basic),
        ("AllowUnencrypted", facts.allow_unencrypted),
        ("CredSSP", facts.credssp),
        ("an http listener", facts.http_listener),
        ("a password for autologon", facts.autologon_password),
        ("an answer file with passwords", bool(facts.leftovers)),
    )
    found = [name for name, there in open_doors if there]
    return f"found: {', '.join(found)}" if found else "nothing that an attacker would be glad of"


def _judge(facts: Posture, wanted: Wanted) -> tuple[Finding, ...]:
    findings = []
    if facts.basic and facts.allow_unencrypted and facts.http_listener:
        findings.append(warning(_readable_passwords()))
    if facts.credssp and not (wanted.declared and wanted.declared.switches.get(_CREDSSP)):
        findings.append(warning(_credssp()))
    if facts.leftovers:
        findings.append(error(_leftovers(facts.leftovers)))
    if facts.autologon_password:
        findings.append(warning(_autologon(on=facts.autologon)))
    return tuple(findings)


def _readable_passwords() -> Failure:
    return failed(
        Rung.POSTURE,
        "passwords-in-the-clear",
        Verdict.FATAL,
        "Passwords cross the network in the clear: Basic over http, with AllowUnencrypted. For laboratories only.",
        remedies=(correction(_BASIC, "false"), correction(_UNENCRYPTED, "false"), USE_TLS),
    )


def _credssp() -> Failure:
    return failed(
        Rung.POSTURE,
        "credssp-on",
        Verdict.FATAL,
        "CredSSP is on: clients that use it hand their password to the guest.",
        remedies=(Remedy(correction(_CREDSSP, "false").cmd, "Disable-WSManCredSSP -Role Server"),),
    )


def _leftovers(paths: tuple[str, ...]) -> Failure:
    return Failure(
        Rung.POSTURE,
        "answer-files-left",
        Verdict.FATAL,
        "Answer files with passwords in them lie in the guest.",
        paths,
        causes=("Setup blanks the copies that it keeps; these were copied by a script or by hand.",),
        in_guest=tuple(f'del /f /q "{path}"' for path in paths),
        in_powershell=tuple(f"Remove-Item -Force '{path}'" for path in paths),
    )


def _autologon(*, on: bool) -> Failure:
    return Failure(
        Rung.POSTURE,
        "autologon-password",
        Verdict.FATAL,
        f"The registry holds the password of the autologon account, readable by every user; autologon is"
        f" {'on' if on else 'off'}.",
        causes=("Windows removes it when the last of the counted logons is used up.",),
        in_guest=(
            f"reg delete {_WINLOGON} /v DefaultPassword /f",
            f"reg add {_WINLOGON} /v AutoAdminLogon /t REG_SZ /d 0 /f",
        ),
        in_powershell=(f"Remove-ItemProperty {_WINLOGON_DRIVE} DefaultPassword",),
        in_spec=("autologon.count",),
    )


CHECK = Question("posture", ("configuration", "listeners", "survey"), _ask, _tell, _judge)
