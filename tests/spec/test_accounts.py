from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.spec.loading import NONE, SMALLEST, WINDOWS, WINRM, errors, guest_of, refused, warnings
from toolkit.spec.account_names import account_name_fault
from toolkit.spec.guest import Account, AutoLogon, Guest

ANN = '[[accounts]]\nname = "ann"\npassword = "An-0-ther"\n'
CLIENT = '[windows]\nrelease = "11"\n'
ADMINISTRATOR = SMALLEST.replace('"packer"', '"Administrator"')
FIRST_LOGON = '[[commands]]\nrun = "notepad.exe"\n'


def administrator_password(guest: Guest) -> str | None:
    return guest.administrator_password.reveal() if guest.administrator_password else None


def names(guest: Guest) -> list[str]:
    return [account.name for account in guest.accounts]


def test_the_connecting_user_becomes_an_administrator() -> None:
    [account] = guest_of(CLIENT + WINRM).accounts
    assert (account.name, account.password.reveal(), account.groups) == ("packer", "Passw0rd!", ("Administrators",))


def test_the_connecting_user_comes_after_the_accounts_of_the_spec() -> None:
    assert names(guest_of(SMALLEST + ANN)) == ["ann", "packer"]


def test_a_listed_account_of_the_connecting_user_is_kept_as_it_is_and_given_the_password() -> None:
    text = SMALLEST + '[[accounts]]\nname = "PACKER"\nfull_name = "Pack Er"\ngroups = ["Administrators", "Users"]\n'
    [account] = guest_of(text).accounts
    expected = Account("PACKER", account.password, ("Administrators", "Users"), "Pack Er", None)
    assert account == expected
    assert account.password.reveal() == "Passw0rd!"


def test_administrator_is_enabled_instead_of_created() -> None:
    for release in ('release = "11"', 'release = "server-2022"'):
        guest = guest_of(ADMINISTRATOR.replace('release = "server-2022"', release))
        assert guest.accounts == ()
        assert administrator_password(guest) == "Passw0rd!"
        assert guest.autologon is not None
        assert guest.autologon.username == "Administrator"


def test_the_administrators_name_is_known_in_any_case() -> None:
    assert guest_of(SMALLEST.replace('"packer"', '"ADMINISTRATOR"')).accounts == ()


@pytest.mark.parametrize("release", ["10", "11"])
def test_on_a_client_the_administrator_stays_disabled(release: str) -> None:
    assert administrator_password(guest_of(f'[windows]\nrelease = "{release}"\n' + WINRM)) is None


@pytest.mark.parametrize("release", ["server-2016", "server-2019", "server-2022", "server-2025"])
def test_on_a_server_the_administrator_gets_the_connecting_users_password(release: str) -> None:
    assert administrator_password(guest_of(f'[windows]\nrelease = "{release}"\n' + WINRM)) == "Passw0rd!"


def test_on_a_server_the_administrators_own_password_comes_first() -> None:
    assert administrator_password(guest_of(SMALLEST + '[administrator]\npassword = "0wn-One"\n')) == "0wn-One"


def test_on_a_server_that_nobody_connects_to_there_is_no_password_to_give() -> None:
    assert administrator_password(guest_of(WINDOWS + NONE + ANN)) is None


def test_on_a_server_the_connecting_user_still_logs_on_first() -> None:
    autologon = guest_of(SMALLEST).autologon
    assert autologon is not None
    assert autologon.username == "packer"


def test_two_passwords_for_one_user_are_refused_without_showing_them() -> None:
    text = SMALLEST + '[[accounts]]\nname = "Packer"\npassword = "hunter2-hunter2"\n'
    [problem] = refused(text)
    assert str(problem.place) == "<stdin>:9:1"
    assert problem.message == '"Packer" has another password here than in [communicator]: nobody could connect'
    assert refused(ADMINISTRATOR + '[administrator]\npassword = "hunter2-hunter2"\n')[0].place.line == 8
    assert "hunter2" not in repr(problem)


def test_the_same_password_twice_is_no_conflict() -> None:
    assert names(guest_of(SMALLEST + '[[accounts]]\nname = "packer"\npassword = "Passw0rd!"\n')) == ["packer"]


def test_an_account_without_a_password_is_refused() -> None:
    assert errors(SMALLEST + '[[accounts]]\nname = "ann"\n') == ['7:1 the account "ann" has no password']
    assert errors(SMALLEST + "[administrator]\n") == ['7:1 the account "Administrator" has no password']


@pytest.mark.parametrize("who", ['[[accounts]]\nname = "packer"\n', '[autologon]\nusername = "packer"\n', FIRST_LOGON])
def test_a_password_that_cannot_be_had_is_one_error_and_not_one_for_each_use(who: str) -> None:
    [problem] = refused(SMALLEST.replace('"Passw0rd!"', '{ env = "PW" }') + who)
    assert problem.message == "communicator.winrm_password: the environment variable PW is not set"


def test_a_missing_password_of_an_account_that_logs_on_is_one_error() -> None:
    text = SMALLEST + '[[accounts]]\nname = "ann"\npassword = { env = "PW" }\n[autologon]\nusername = "ann"\n'
    assert errors(text) == ["9:1 accounts[0].password: the environment variable PW is not set"]


@pytest.mark.parametrize("second", ["ann", "ANN"])
def test_two_accounts_of_one_name_are_refused_at_the_second(second: str) -> None:
    found = errors(SMALLEST + ANN + ANN.replace("ann", second))
    assert found == [f'11:1 there are two accounts named "{second}"']


def test_two_accounts_named_by_the_same_one_letter_are_refused() -> None:
    assert len(errors(SMALLEST + ANN.replace("ann", "a") * 2)) == 1


def test_an_account_named_like_the_computer_is_refused() -> None:
    found = errors(SMALLEST + ANN + '[computer]\nname = "ANN"\n')
    assert found == ['11:1 the account "ann" has the same name as the computer; Windows puts it in no group']


def test_a_connecting_user_named_like_the_computer_is_refused_too() -> None:
    assert errors(SMALLEST + '[computer]\nname = "packer"\n') == [
        '8:1 the account "packer" has the same name as the computer; Windows puts it in no group'
    ]


@pytest.mark.parametrize(
    ("name", "fault"),
    [
        ("", "is empty"),
        ("  ", "is empty"),
        ("a" * 21, "is longer than 20 characters"),
        ("😀" * 11, "is longer than 20 characters"),
        ("a/b", "which no account name may"),
        ('a"b', "which no account name may"),
        ("a%b", "which no account name may"),
        ("a@b", "which no account name may"),
        ("a\tb", "which no account name may"),
        ("a.", "ends with a dot"),
        (" a", "begins or ends with a space"),
        ("a ", "begins or ends with a space"),
        ("NONE", "is reserved"),
        ("Guest", "is reserved"),
        ("Administrator", r"use \[administrator\]"),
        ("Network Service", "is reserved"),
        ("local", "is reserved"),
        ("Service", "is reserved"),
        ("users", "is the name of a group"),
        ("Remote Desktop Users", "is the name of a group"),
    ],
)
def test_a_name_that_windows_would_not_take_is_refused_with_the_reason(name: str, fault: str) -> None:
    with pytest.raises(AssertionError, match=fault):
        raise AssertionError(account_name_fault(name))


def in_language(language: str, text: str = SMALLEST) -> str:
    return text + f'[locale]\nui_language = "{language}"\n'


@pytest.mark.parametrize(("language", "name"), [("fr-FR", "administrateur"), ("pt-BR", "Administrador")])
def test_the_built_in_administrator_is_not_made_again_under_the_name_of_the_language(language: str, name: str) -> None:
    account = f'[[accounts]]\nname = "{name}"\npassword = "p"\n'
    fault = f'"{name}" is what the built-in administrator is called in {language}: Setup cannot make it'
    assert errors(in_language(language, SMALLEST + account)) == [f"8:1 {fault}"]
    assert errors(in_language(language, SMALLEST.replace('"packer"', f'"{name}"'))) == [f"3:1 {fault}"]
    assert names(guest_of(in_language("de-DE", SMALLEST + account))) == [name, "packer"]


def test_nobody_logs_on_as_administrator_where_that_has_another_name() -> None:
    text = ADMINISTRATOR
    assert warnings(in_language("fr-FR", text)) == [
        'in fr-FR the built-in administrator is called "Administrateur": nobody can log on as Administrator'
    ]
    assert warnings(in_language("de-DE", text)) == warnings(in_language("fr-FR")) == []


@pytest.mark.parametrize(
    "name", ["a", "Ann Example", "o'neil", "a.b-c_d", "R&D", "#1", "$", "Jürgen", "太郎", "😀" * 10]
)
def test_a_name_that_windows_takes_is_taken(name: str) -> None:
    assert account_name_fault(name) is None
    assert names(guest_of(SMALLEST + ANN.replace("ann", name))) == [name, "packer"]


@given(st.text(max_size=25))
def test_a_name_is_judged_whatever_it_holds(name: str) -> None:
    fault = account_name_fault(name)
    if fault is None:
        assert 0 < len(name) <= 20
        assert name == name.strip()
        assert not set(name) & set('"/\\[]:|<>+=;,?*%@')


def test_the_connecting_user_logs_on_once() -> None:
    guest = guest_of(SMALLEST + ANN)
    assert guest.autologon == AutoLogon("packer", guest.accounts[1].password, 1, clean=True)


def test_nobody_logs_on_where_nothing_waits_for_it() -> None:
    assert guest_of(WINDOWS + NONE + ANN).autologon is None


def test_somebody_logs_on_where_a_command_waits_for_it() -> None:
    autologon = guest_of(WINDOWS + NONE + ANN + FIRST_LOGON).autologon
    assert autologon is not None
    assert (autologon.username, autologon.count) == ("ann", 1)
    assert guest_of(WINDOWS + NONE + ANN + FIRST_LOGON + 'phase = "specialize"\n').autologon is None


@pytest.mark.parametrize(("count", "value"), [("1", 1), ("999", 999), ('"forever"', None)])
def test_who_logs_on_how_often_can_be_said(count: str, value: int | None) -> None:
    autologon = guest_of(SMALLEST + ANN + f'[autologon]\nusername = "ANN"\ncount = {count}\n').autologon
    assert autologon is not None
    assert (autologon.username, autologon.password.reveal(), autologon.count) == ("ann", "An-0-ther", value)


@pytest.mark.parametrize("count", ["0", "1000", "-1", '"ever"', "true", "1.0", "{ a = 1 }", "[1]"])
def test_a_wrong_number_of_logons_is_one_error(count: str) -> None:
    assert errors(SMALLEST + f"[autologon]\ncount = {count}\n") == [
        '8:1 autologon.count must be a whole number from 1 to 999, or "forever"'
    ]


def test_a_user_who_does_not_exist_cannot_log_on() -> None:
    [problem] = refused(SMALLEST + '[autologon]\nusername = "bob"\n')
    assert str(problem.place) == "<stdin>:8:1"
    assert problem.message.startswith('autologon.username "bob" is not an account of this spec')
    assert problem.help == "Add it to [[accounts]]."


def test_an_empty_name_is_not_taken_for_no_name() -> None:
    [found] = errors(SMALLEST + '[autologon]\nusername = ""\n')
    assert found.startswith("8:1 autologon.username ")


def test_on_a_client_the_disabled_administrator_cannot_log_on() -> None:
    assert len(errors(CLIENT + WINRM + '[autologon]\nusername = "Administrator"\n')) == 1


@pytest.mark.parametrize("extra", [FIRST_LOGON, "[autologon]\n"])
def test_a_logon_needs_an_account(extra: str) -> None:
    [problem] = refused(CLIENT + NONE + extra)
    assert "the spec has no account that could" in problem.message
    assert problem.help == "Add an [[accounts]] table, or [administrator] with a password."


def test_a_guest_without_any_account_is_pointed_out_because_setup_will_ask() -> None:
    assert warnings(CLIENT + NONE) == ["the spec has no account: Setup will stop and ask for one"]
    assert warnings(CLIENT + NONE + ANN) == []


def test_a_first_logon_without_rights_is_pointed_out() -> None:
    [warning] = warnings(SMALLEST + '[[accounts]]\nname = "packer"\ngroups = ["Users"]\n')
    assert warning.startswith('"packer" logs on first and is no administrator')
    assert warnings(SMALLEST + ANN.replace("An-0", "B") + 'groups = ["Users"]\n') == []


@pytest.mark.parametrize(
    ("more", "asked"),
    [("", True), ("[administrator]\nenabled = false\n", True), ('[administrator]\npassword = "y"\n', False)],
)
def test_a_server_whose_administrator_has_no_password_may_stop_and_ask(more: str, *, asked: bool) -> None:
    server = '[windows]\nrelease = "server-2022"\n[[accounts]]\nname = "ann"\npassword = "x"\n'
    found = warnings(server + NONE + more)
    assert any("OOBE asks for one" in warning for warning in found) is asked
    assert not any("OOBE asks" in warning for warning in warnings(server.replace("server-2022", "11") + NONE))
