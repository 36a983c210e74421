from __future__ import annotations

import re
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.render.guests import PASSWORD, guest
from toolkit.catalog.releases import releases
from toolkit.render.answerfile.account_commands import clean_lines, first_logon_lines, specialize_lines
from toolkit.render.closing_steps import last_steps
from toolkit.spec.account_names import account_name_fault
from toolkit.spec.guest import Account, AutoLogon, Guest, Installation

LONGEST = 1024
NAMES = st.text(st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"]), min_size=1, max_size=20).filter(
    lambda name: account_name_fault(name) is None
)


def of(release: str, installation: Installation = Installation.DESKTOP) -> Guest:
    plain = guest()
    return replace(plain, windows=replace(plain.windows, release=releases()[release], installation=installation))


def lines(wanted: Guest) -> list[str]:
    return [line.text for line in first_logon_lines(wanted)]


def logon(count: int | None, *, clean: bool = False) -> AutoLogon:
    return AutoLogon("packeruser", PASSWORD, count, clean=clean)


def test_an_ordinary_guest_needs_no_commands() -> None:
    assert lines(guest()) == []


@settings(deadline=None)
@given(NAMES)
def test_a_password_that_does_not_expire_is_quoted_for_powershell(name: str) -> None:
    account = Account(name, PASSWORD, ("Users",), password_never_expires=True)
    [line] = lines(replace(guest(), accounts=(account,)))
    assert len(line.encode("utf-16-le")) // 2 <= LONGEST
    path = re.search(r"\[ADSI\]'(.*)';\$u\.Put", line)
    assert path is not None
    assert re.sub("(['\u2018-\u201b])\\1", r"\1", path[1]) == f"WinNT://./{name},user"
    assert re.sub("(['\u2018-\u201b])\\1", "", path[1]).strip("'\u2018\u2019\u201a\u201b") == re.sub(
        "['\u2018-\u201b]", "", f"WinNT://./{name},user"
    )
    assert line.count('"') == 2


def test_passwords_expire_where_nobody_says_otherwise() -> None:
    accounts = (Account("a", PASSWORD, ()), Account("b", PASSWORD, (), password_never_expires=True))
    [line] = lines(replace(guest(), accounts=accounts))
    assert "WinNT://./b,user" in line
    assert "wmic" not in line


def test_where_there_is_no_powershell_no_password_expires() -> None:
    account = Account("b", PASSWORD, (), password_never_expires=True)
    core = replace(of("server-2008r2", Installation.CORE), accounts=(account,))
    assert lines(core) == ["net.exe accounts /maxpwage:unlimited"]


@pytest.mark.parametrize(("enabled", "change"), [(True, "-band -bnot 2"), (False, "-bor 2")])
def test_the_administrator_is_found_by_its_sid(*, enabled: bool, change: str) -> None:
    [line] = lines(replace(guest(), administrator_enabled=enabled))
    assert "EndsWith('-500')" in line
    assert change in line
    assert "Administrator" not in line
    assert line.count("{") == line.count("}") == 2
    assert line.count("(") == line.count(")")


@pytest.mark.parametrize(("language", "name"), [("en-US", "Administrator"), ("fr-FR", "Administrateur")])
def test_where_there_is_no_powershell_the_administrator_has_its_name_in_the_language(language: str, name: str) -> None:
    core = replace(of("server-2008r2", Installation.CORE), administrator_enabled=False)
    core = replace(core, locale=replace(core.locale, ui_language=language))
    assert lines(core) == [f"net.exe user {name} /active:no"]


def test_a_logon_that_is_used_up_leaves_nothing() -> None:
    registry, secret = (line.text for line in clean_lines(replace(guest(), autologon=logon(1, clean=True))))
    for value in ("DefaultPassword", "AutoLogonCount", "AutoAdminLogon", "DefaultUserName"):
        assert value in registry
    assert "LsaStorePrivateData" in secret
    assert "$k.Length=30" in secret  # the bytes of the 15 letters of DefaultPassword
    assert len("DefaultPassword".encode("utf-16-le")) == 30
    assert max(map(len, (registry, secret))) <= LONGEST
    assert secret.count("(") == secret.count(")")
    assert secret.count("'") % 2 == 0


def test_the_last_logon_leaves_no_more_than_the_closing_script() -> None:
    cleaned = " ".join(line.text for line in clean_lines(replace(guest(), autologon=logon(1, clean=True))))
    closed = "\n".join(line for step in last_steps(guest()) for line in step.lines)
    taken = set(re.findall(r'reg delete "[^"]*Winlogon" /v (\w+)', closed))
    assert taken <= set(cleaned.split("for %v in (")[1].partition(")")[0].split())
    assert "exit 1" in cleaned  # a secret that stays is told, as in the closing script


def test_where_there_is_no_powershell_the_registry_is_cleaned_at_least() -> None:
    core = replace(of("server-2008r2", Installation.CORE), autologon=logon(1, clean=True))
    assert [line.text.split()[0] for line in clean_lines(core)] == ["cmd.exe"]


def test_traces_that_are_wanted_stay() -> None:
    assert list(clean_lines(replace(guest(), autologon=logon(1)))) == []
    assert list(clean_lines(replace(guest(), autologon=None))) == []


@pytest.mark.parametrize(
    ("release", "count", "number"),
    [("11", None, 1), ("10", 2, 1), ("11", 1, 0), ("8.1", None, 0), ("server-2025", None, 0)],
)
def test_windows_does_not_turn_later_logons_off(release: str, count: int | None, number: int) -> None:
    found = [line.text for line in specialize_lines(replace(of(release), autologon=logon(count)))]
    assert ["DevicePasswordLessBuildVersion" in line for line in found] == [True] * number
    assert all(len(line) <= 259 for line in found)
