from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.spec.loading import SMALLEST, WINDOWS, guest_of, loaded, refused
from toolkit.errors import SpecError, ToolkitError, UsageError
from toolkit.spec.document import read_document
from toolkit.spec.guest import Firmware, Winrm
from toolkit.spec.load import load_guest
from toolkit.spec.overlay import overlaid, setting
from toolkit.spec.secrets import Vault

_NO_FILE = Path("-")
ACCOUNTS = (
    SMALLEST + '[[accounts]]\nname = "ann"\npassword = "An-0-ther"\n[[accounts]]\nname = "bob"\npassword = "B-0-b"\n'
)


@pytest.mark.parametrize(
    ("argument", "key", "value"),
    [
        ("disk.target=3", "target", 3),
        ("disk.target = 3", "target", 3),
        ('disk.firmware="uefi"', "firmware", "uefi"),
        ("disk.firmware=uefi", "firmware", "uefi"),
        ("disk.x=true", "x", True),
        ("disk.x=1.5", "x", 1.5),
        ("disk.x=[1, 2]", "x", [1, 2]),
        ("disk.x={y = 1}", "x", {"y": 1}),
        ("disk.x=", "x", ""),
        ("disk.x=a=b", "x", "a=b"),
        ("disk.x='00123'", "x", "00123"),
        ("disk.x=00123", "x", "00123"),
        ("disk.x=not toml [", "x", "not toml ["),
        ("disk.x=1\ny = 2", "x", "1\ny = 2"),
        ("disk.x=" + "[" * 5000, "x", "[" * 5000),
    ],
)
def test_a_value_is_toml_and_what_is_not_is_text(argument: str, key: str, value: Any) -> None:
    assert read_document(_NO_FILE, [argument], stdin="").data == {"disk": {key: value}}


@pytest.mark.parametrize("argument", ["disk.firmware", "=1", "disk.=1", ".disk=1", "a..b=1", "", " =x"])
def test_what_is_no_assignment_is_refused_with_an_example(argument: str) -> None:
    with pytest.raises(UsageError, match=r"write it as --set key\.path=value") as refusal:
        read_document(_NO_FILE, [argument], stdin="")
    assert "--set disk.firmware=uefi" in str(refusal.value.help)


@pytest.mark.parametrize("argument", ["disk\x1b[31m.target=1", "di\udcffsk.target=1", "a\nb"])
def test_a_key_that_cannot_be_printed_is_refused_and_not_repeated(argument: str) -> None:
    with pytest.raises(UsageError) as refusal:
        read_document(_NO_FILE, [argument], stdin="")
    assert refusal.value.message == "--set: the key holds a control character"


def test_settings_lie_over_the_spec_the_last_one_on_top() -> None:
    guest = guest_of(SMALLEST, ["disk.target=1", "disk.firmware=bios", "disk.target=2", "disk.firmware=uefi"])
    assert (guest.disk.target, guest.disk.firmware) == (2, Firmware.UEFI)


def test_an_item_of_an_array_is_set_by_its_number() -> None:
    guest = guest_of(ACCOUNTS, ["disk.target=1", "accounts.1.name=eve", "accounts.0.full_name=Ann Example"])
    assert [account.name for account in guest.accounts] == ["ann", "eve", "packer"]
    assert [account.full_name for account in guest.accounts] == ["Ann Example", None, None]


def test_an_item_may_be_written_as_messages_write_it() -> None:
    assert guest_of(ACCOUNTS, ["accounts[0].name=eve"]) == guest_of(ACCOUNTS, ["accounts.0.name=eve"])


def test_an_item_that_is_a_text_is_replaced() -> None:
    text = SMALLEST + '[locale]\nkeyboards = ["de-DE", "fr-FR"]\n'
    assert guest_of(text, ["locale.keyboards.1=en-US"]).locale.keyboards == ("de-DE", "en-US")


def test_an_array_as_a_whole_is_replaced() -> None:
    assert [account.name for account in guest_of(ACCOUNTS, ["accounts=[]"]).accounts] == ["packer"]


@pytest.mark.parametrize("number", ["2", "-1", "x", "²", "٣", "9999999999999999999"])
def test_a_number_that_no_item_has_is_refused(number: str) -> None:
    with pytest.raises(UsageError, match="accounts is an array of 2 items"):
        loaded(ACCOUNTS, [f"accounts.{number}.name=x"])


@pytest.mark.parametrize(
    "argument", ["locale.keyboards.0.x=1", "windows.release.x=1", "disk.target.0=1", "accounts.0=1"]
)
def test_a_path_into_the_wrong_kind_of_thing_is_an_ordinary_error(argument: str) -> None:
    text = ACCOUNTS + '[locale]\nkeyboards = ["de-DE"]\n[disk]\ntarget = 0\n'
    assert any(problem.place.file.startswith("--set ") for problem in refused(text, [argument]))


@pytest.mark.parametrize("written", ["11", '"11"', " 11 "])
def test_a_setting_needs_no_quotes_where_text_belongs(written: str) -> None:
    guest = guest_of(
        '[windows]\nrelease = "10"\n[communicator]\ncommunicator = "none"\n', [f"windows.release={written}"]
    )
    assert guest.windows.release.key == "11"


def test_the_value_of_a_key_below_a_text_is_not_taken_for_the_text() -> None:
    [problem] = refused(SMALLEST, ["windows.release.x=11"])
    assert problem.message == "windows.release is a table; it must be text in quotes"


def test_a_setting_that_is_wrong_as_text_too_is_shown_as_it_was_written() -> None:
    [problem] = refused(WINDOWS + '[communicator]\ncommunicator = "none"\n', ["computer.name=123.50"])
    assert '"123.50"' in problem.message


def test_a_spec_needs_its_quotes() -> None:
    [problem] = refused('[windows]\nrelease = 11\n[communicator]\ncommunicator = "none"\n')
    assert "it must be text in quotes" in problem.message


def test_an_error_in_a_setting_is_placed_on_the_command_line() -> None:
    [problem] = refused(SMALLEST, ["disk.firmware=efi"])
    assert problem.concise().startswith('--set disk.firmware: error: disk.firmware is "efi"; it must be one of ')


def test_an_item_of_an_array_that_is_not_there_is_placed_where_it_was_asked_for() -> None:
    [problem] = refused(SMALLEST, ["accounts.0.name=bob"])
    assert problem.concise().startswith("--set accounts.0.name: error: accounts is a table; it must be an array")


def test_setting_one_item_leaves_the_others_errors_where_they_are() -> None:
    text = ACCOUNTS.replace('name = "bob"', 'name = "b/b"')
    [problem] = refused(text, ["accounts.0.name=eve"])
    assert str(problem.place) == "<stdin>:11:1"


def test_a_missing_key_is_not_blamed_on_the_command_line() -> None:
    [problem] = refused('[communicator]\ncommunicator = "none"\n', ["windows.edition=standard"])
    assert problem.message == "windows.release must be given"
    assert problem.place.file == "<stdin>"


@pytest.mark.parametrize(
    "argument",
    [
        "communicator.winrm_password=hunter2-hunter2",
        'communicator.winrm_password="hunter2-hunter2"',
        'communicator={communicator="winrm", winrm_username="packer", winrm_password="hunter2-hunter2"}',
    ],
)
def test_a_secret_on_the_command_line_is_refused_and_not_repeated(argument: str) -> None:
    [problem] = refused(SMALLEST, [argument])
    assert "can be read by every user of this machine" in problem.message
    assert problem.help == 'Set it to { env = "NAME" } or { file = "PATH" } instead.'
    assert "hunter2" not in repr(problem)


def test_a_secret_in_the_spec_is_not_refused_for_its_neighbour_on_the_command_line() -> None:
    accounts = guest_of(ACCOUNTS, ["accounts.1.name=eve"]).accounts
    assert [account.password.reveal() for account in accounts] == ["An-0-ther", "B-0-b", "Passw0rd!"]


@pytest.mark.parametrize("argument", ["communicator.winrm_password.env=PW", 'communicator.winrm_password={env="PW"}'])
@pytest.mark.parametrize("before", ['"text"', "{ random = true }", '{ file = "gone" }', '{ env = "OTHER" }'])
def test_a_secret_may_be_sent_to_another_source(argument: str, before: str) -> None:
    guest = guest_of(SMALLEST.replace('"Passw0rd!"', before), [argument], environment={"PW": "from outside"})
    assert isinstance(guest.communicator, Winrm)
    assert guest.communicator.password.reveal() == "from outside"


@pytest.mark.parametrize(
    "argument", ["communicator.winrm_password.file=pw.txt", 'communicator.winrm_password={file="pw.txt"}']
)
def test_a_path_on_the_command_line_counts_from_the_current_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, argument: str
) -> None:
    (tmp_path / "here").mkdir()
    (tmp_path / "here" / "pw.txt").write_text("from here")
    (tmp_path / "unattend.toml").write_text(SMALLEST.replace('"Passw0rd!"', '{ file = "other.txt" }'))
    monkeypatch.chdir(tmp_path / "here")
    guest = load_guest(read_document(tmp_path / "unattend.toml", [argument]), Vault({}, None, tmp_path)).guest
    assert guest.accounts[0].password.reveal() == "from here"


@pytest.mark.parametrize("argument", ["extends=base.toml", "extends.file=base.toml"])
def test_what_a_spec_extends_is_not_for_the_command_line(argument: str) -> None:
    with pytest.raises(UsageError, match="only a spec can extend another"):
        loaded(SMALLEST, [argument])


@pytest.mark.parametrize("deep", [17, 5000])
def test_a_key_without_end_is_an_error_and_not_a_crash(deep: int) -> None:
    with pytest.raises(UsageError, match="16 deep at most"):
        loaded(SMALLEST, [".".join("a" * deep) + "=1"])


def test_settings_alone_can_make_a_spec() -> None:
    settings = ["windows.release=server-2022", "communicator.communicator=none"]
    assert guest_of("", settings) == guest_of(WINDOWS + '[communicator]\ncommunicator = "none"\n')


@given(st.lists(st.text(st.sampled_from("ab01.=[]{}\" '"), max_size=12), max_size=3))
def test_no_setting_whatever_is_a_crash(arguments: list[str]) -> None:
    settings = [
        f"{prefix}{argument}" for prefix, argument in zip(["", "accounts.", "locale."], arguments, strict=False)
    ]
    try:
        loaded(ACCOUNTS, settings)
    except ToolkitError as err:
        assert isinstance(err, SpecError | UsageError)  # noqa: PT017  (that it is raised at all is up to the setting)


_TABLES = st.recursive(
    st.integers(), lambda inner: st.dictionaries(st.sampled_from("abc"), inner, max_size=3), max_leaves=6
).filter(lambda value: isinstance(value, dict))


@given(_TABLES, _TABLES, _TABLES)
def test_what_lies_on_top_wins_and_nothing_is_lost(a: Any, b: Any, c: Any) -> None:
    assert overlaid(a, {}) == a
    assert overlaid({}, a) == a
    assert overlaid(a, a) == a
    for key, value in b.items():
        if not isinstance(value, dict):
            assert overlaid(a, b)[key] == value
    assert set(overlaid(overlaid(a, b), c)) == set(a) | set(b) | set(c)


def test_laying_over_changes_neither_side() -> None:
    base, top = {"a": {"b": [1]}}, {"a": {"c": 2}}
    assert overlaid(base, top) == {"a": {"b": [1], "c": 2}}
    assert (base, top) == ({"a": {"b": [1]}}, {"a": {"c": 2}})


@pytest.mark.parametrize("number", ["²", "-1", "9" * 5000])
def test_what_is_no_items_number_is_told(number: str) -> None:
    with pytest.raises(UsageError, match="none of their numbers"):
        setting(f"accounts.{number}.name=b", {"accounts": [{"name": "a"}]})
