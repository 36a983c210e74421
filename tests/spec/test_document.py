from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.spec.loading import NOWHERE, SMALLEST, WINDOWS, WINRM, guest_of, loaded, refused
from toolkit.errors import ExitCode, SpecError, UnreadableError
from toolkit.spec.document import Document, dotted, read_document
from toolkit.spec.load import load_guest
from toolkit.spec.secrets import Vault


def write(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode("utf-8"))
    return path


def only_problem(path: Path) -> str:
    with pytest.raises(SpecError) as refusal:
        read_document(path)
    [problem] = refusal.value.problems
    return f"{problem.place}: {problem.message}"


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("a = = 1", "1:5"),
        ("a = 1\nb = ", "2:5"),
        ("a = 1\r\nb = \r\n", "2:5"),
        ('a = "x\n', "1:7"),
        ("[a]\n[a]\n", "2:3"),
        ("a = 1\na = 2\n", "2:6"),
        ("a = [1,\n  2", "2:4"),
        ("a = [1,\n  2\n\n", "2:4"),
        ("a = 1 b = 2", "1:7"),
        ("\ufeffa = = 1", "1:5"),
        ("a = '\u2028'\nb = [", "2:6"),
        ("a = 2026-02-30", "1:5"),
        ("a = '\x00'", "1:6"),
    ],
)
def test_what_is_not_toml_is_named_with_its_place(tmp_path: Path, text: str, place: str) -> None:
    path = write(tmp_path, "unattend.toml", text)
    assert only_problem(path).startswith(f"{path}:{place}: this is not TOML: ")


def test_a_number_of_thousands_of_digits_is_an_error_and_not_a_crash(tmp_path: Path) -> None:
    assert "this is not TOML" in only_problem(write(tmp_path, "x.toml", "a = " + "1" * 5000))


@pytest.mark.parametrize(
    "text",
    [
        "a = " + "[" * 5000 + "]" * 5000,
        "a = " + "[" * 20 + "]" * 20,
        "a = " + "{b = " * 20 + "1" + "}" * 20,
        ".".join("a" * 100) + " = 1",
        "[" + ".".join("a" * 100) + "]",
    ],
)
def test_tables_in_tables_without_end_are_an_error_and_not_a_crash(tmp_path: Path, text: str) -> None:
    assert "nested more than" in only_problem(write(tmp_path, "x.toml", text))


def test_a_byte_order_mark_does_no_harm_and_moves_no_place(tmp_path: Path) -> None:
    path = write(tmp_path, "x.toml", "\ufeff" + SMALLEST + "winrm_prt = 1\n")
    with pytest.raises(SpecError) as refusal:
        load_guest(read_document(path), Vault({}, None, tmp_path))
    assert [str(problem.place) for problem in refusal.value.problems] == [f"{path}:7:1"]


def test_text_from_stdin_may_have_a_byte_order_mark_too() -> None:
    assert guest_of("\ufeff" + SMALLEST) == guest_of(SMALLEST)


def test_a_spec_from_stdin_is_called_so() -> None:
    [problem] = refused(SMALLEST + "winrm_prt = 1\n")
    assert str(problem.place) == "<stdin>:7:1"


def test_a_spec_that_is_not_utf8_is_refused_with_the_byte(tmp_path: Path) -> None:
    path = tmp_path / "unattend.toml"
    path.write_bytes('a = 1\nb = "ü"'.encode("latin-1"))
    with pytest.raises(UnreadableError, match=r"is not UTF-8 text \(byte 11\)") as refusal:
        read_document(path)
    assert refusal.value.code is ExitCode.UNREADABLE
    assert refusal.value.help == "Save it as UTF-8."


def test_a_folder_is_no_spec_but_the_one_in_it_is_proposed(tmp_path: Path) -> None:
    with pytest.raises(UnreadableError, match="is a folder") as refusal:
        read_document(tmp_path)
    assert "unattend.toml" in str(refusal.value.help)
    inside = write(tmp_path, "unattend.toml", SMALLEST)
    with pytest.raises(UnreadableError) as refusal:
        read_document(tmp_path)
    assert refusal.value.help == f"Name the file in it: {inside}"


def test_a_missing_spec_says_how_to_write_one(tmp_path: Path) -> None:
    with pytest.raises(UnreadableError, match="there is no spec at") as refusal:
        read_document(tmp_path / "unattend.toml")
    assert "unattend init" in str(refusal.value.help)


def test_a_file_of_megabytes_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "windows.iso"
    with path.open("wb") as stream:
        stream.truncate(5 << 30)
    with pytest.raises(UnreadableError, match="larger than 1 MiB"):
        read_document(path)


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root reads everything")
def test_a_spec_that_may_not_be_read_is_refused_with_the_reason(tmp_path: Path) -> None:
    path = write(tmp_path, "unattend.toml", SMALLEST)
    path.chmod(0)
    with pytest.raises(UnreadableError, match="Permission denied"):
        read_document(path)


def document(folder: Path, name: str = "top.toml", *settings: str) -> Document:
    return read_document(folder / name, settings)


def test_tables_of_an_extended_spec_merge_and_arrays_are_replaced(tmp_path: Path) -> None:
    write(tmp_path, "base.toml", '[disk]\ntarget = 1\nfirmware = "bios"\n[locale]\nkeyboards = ["de-DE", "fr-FR"]\n')
    write(tmp_path, "top.toml", 'extends = "base.toml"\n[disk]\ntarget = 2\n[locale]\nkeyboards = ["en-US"]\n')
    assert document(tmp_path).data == {
        "disk": {"target": 2, "firmware": "bios"},
        "locale": {"keyboards": ["en-US"]},
    }


@pytest.mark.parametrize("top", ['{ file = "pw" }', '"text"', "{ prompt = true }"])
@pytest.mark.parametrize("base", ['{ env = "PW" }', '"text2"', "{ random = true }"])
def test_where_a_secret_comes_from_is_replaced_and_not_merged(tmp_path: Path, base: str, top: str) -> None:
    write(tmp_path, "base.toml", f"[communicator]\nwinrm_password = {base}\n")
    write(tmp_path, "top.toml", f'extends = "base.toml"\n[communicator]\nwinrm_password = {top}\n')
    alone = write(tmp_path, "alone.toml", f"[communicator]\nwinrm_password = {top}\n")
    assert document(tmp_path).data == read_document(alone).data


def test_errors_are_placed_in_the_spec_that_holds_them(tmp_path: Path) -> None:
    base = write(tmp_path, "base.toml", "\n[windows]\nrelease = 7\n")
    top = write(tmp_path, "top.toml", 'extends = "base.toml"\n[disk]\ntarget = "x"\n')
    with pytest.raises(SpecError) as refusal:
        load_guest(document(tmp_path), Vault({}, None, tmp_path))
    places = {str(problem.place) for problem in refusal.value.problems}
    assert {f"{base}:3:1", f"{top}:3:1"} <= places


def test_a_missing_key_is_placed_at_its_table(tmp_path: Path) -> None:
    path = write(tmp_path, "x.toml", "\n[windows]\n[disk]\n" + WINRM)
    with pytest.raises(SpecError) as refusal:
        load_guest(read_document(path), Vault({}, None, tmp_path))
    [problem] = refusal.value.problems
    assert problem.concise() == (
        f"{path}:2:1: error: windows.release must be given"
        ' (One of "7", "8.1", "10", "11", "server-2008r2", "server-2012", "server-2012r2",'
        ' "server-2016", "server-2019", "server-2022", "server-2025".)'
    )


def test_relative_paths_count_from_the_spec_that_names_them(tmp_path: Path) -> None:
    write(tmp_path, "bases/secret.txt", "base password\n")
    write(tmp_path, "bases/tool.exe", "MZ")
    write(tmp_path, "secret.txt", "top password")
    spec = SMALLEST.replace('"Passw0rd!"', '{ file = "secret.txt" }') + '[media]\nfiles = [{ source = "tool.exe" }]\n'
    write(tmp_path, "bases/base.toml", spec)
    write(tmp_path, "top.toml", 'extends = "bases/base.toml"\n[administrator]\npassword = { file = "secret.txt" }\n')
    guest = load_guest(document(tmp_path), Vault({}, None, NOWHERE)).guest
    assert guest.accounts[0].password.reveal() == "base password"
    assert guest.administrator_password is not None
    assert guest.administrator_password.reveal() == "top password"
    assert guest.media.files[0].source == tmp_path / "bases" / "tool.exe"


@pytest.mark.parametrize(
    "files",
    [
        {"top.toml": "top.toml"},
        {"top.toml": "a.toml", "a.toml": "top.toml"},
        {"top.toml": "a.toml", "a.toml": "b/b.toml", "b/b.toml": "../a.toml"},
    ],
)
def test_specs_that_extend_each_other_in_a_circle_are_refused(tmp_path: Path, files: dict[str, str]) -> None:
    for name, base in files.items():
        write(tmp_path, name, f'# spec\nextends = "{base}"\n')
    message = only_problem(tmp_path / "top.toml")
    assert "leads back to itself" in message
    assert ":2:1: " in message


def test_a_chain_of_specs_has_an_end(tmp_path: Path) -> None:
    for number in range(30):
        write(tmp_path, f"{number}.toml", f'extends = "{number + 1}.toml"\n')
    assert "more than 8 specs extend each other" in only_problem(tmp_path / "0.toml")


def test_eight_specs_may_stand_below_one(tmp_path: Path) -> None:
    for number in range(8):
        write(tmp_path, f"{number}.toml", f'extends = "{number + 1}.toml"\n[disk]\ntarget = {number}\n')
    write(tmp_path, "8.toml", "[disk]\ntarget = 8\nlayout = 'none'\n")
    assert document(tmp_path, "0.toml").data == {"disk": {"target": 0, "layout": "none"}}


@pytest.mark.parametrize("base", ["gone.toml", "folder", "", "a\\u0000b"])
def test_an_extended_spec_that_is_not_there_is_named_at_its_place(tmp_path: Path, base: str) -> None:
    (tmp_path / "folder").mkdir()
    path = write(tmp_path, "top.toml", f'\nextends = "{base}"\n')
    message = only_problem(path)
    assert message.startswith(f"{path}:2:1: extends = ")
    assert "there is no file" in message


def test_extends_must_be_text(tmp_path: Path) -> None:
    path = write(tmp_path, "top.toml", "extends = [1]\n")
    assert only_problem(path) == f"{path}:1:1: extends must be the path of another spec, in quotes"


def test_a_fault_in_an_extended_spec_is_placed_there(tmp_path: Path) -> None:
    base = write(tmp_path, "base.toml", "\na = \n")
    write(tmp_path, "top.toml", 'extends = "base.toml"\n')
    assert only_problem(tmp_path / "top.toml").startswith(f"{base}:2:5: this is not TOML: ")


def test_a_spec_from_stdin_extends_from_the_current_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, "base.toml", SMALLEST)
    monkeypatch.chdir(tmp_path)
    assert loaded('extends = "base.toml"\n').guest == guest_of(SMALLEST)


def test_a_repr_of_a_document_holds_no_password() -> None:
    text = WINDOWS + '[administrator]\npassword = "hunter2-hunter2"\n'
    assert "hunter2" not in repr(read_document(Path("-"), stdin=text))


def test_paths_are_written_as_people_think_of_them() -> None:
    assert dotted(("accounts", 0, "name")) == "accounts[0].name"
    assert dotted(("a", "b", 1, 2)) == "a.b[1][2]"


def test_a_key_that_cannot_be_printed_is_escaped() -> None:
    [problem] = refused(SMALLEST + '"\\u001b[31m" = 1\n')
    assert problem.message == "communicator.'\\x1b[31m' is not a setting"
