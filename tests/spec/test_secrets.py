from __future__ import annotations

import json
import os
import stat
import traceback
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.spec.loading import SMALLEST, guest_of, loaded, refused
from toolkit.errors import SpecError, UnreadableError
from toolkit.files import NamedFile
from toolkit.secret import Secret
from toolkit.spec.document import read_document
from toolkit.spec.guest import Winrm
from toolkit.spec.load import load_guest
from toolkit.spec.secrets import Vault, random_password

TELLTALE = "hunter2-hunter2"


def spec(source: str) -> str:
    return SMALLEST.replace('"Passw0rd!"', source)


def password(source: str, vault: Vault) -> str:
    communicator = load_guest(read_document(Path("-"), stdin=spec(source)), vault).guest.communicator
    assert isinstance(communicator, Winrm)
    return communicator.password.reveal()


def fault(source: str, vault: Vault) -> str:
    with pytest.raises(SpecError) as refusal:
        password(source, vault)
    [problem] = refusal.value.problems
    assert problem.place.line == 6
    return f"{problem.message} -> {problem.help}"


def test_a_secret_is_text_or_comes_from_the_environment_a_file_or_a_prompt(tmp_path: Path) -> None:
    asked = []

    def ask(question: str) -> str:
        asked.append(question)
        return "from the prompt"

    (tmp_path / "pw").write_text("from the file\nsecond line\n")
    vault = Vault({"PW": "from the environment"}, ask, tmp_path)
    assert password('"text"', vault) == "text"
    assert password('{ env = "PW" }', vault) == "from the environment"
    assert password(f"{{ file = '{tmp_path / 'pw'}' }}", vault) == "from the file"
    assert password("{ prompt = true }", vault) == "from the prompt"
    assert asked == ["communicator.winrm_password: "]


@pytest.mark.parametrize("content", [b"pass\n", b"pass\r\n", b"pass", b"\xef\xbb\xbfpass\n", b"pass\nx"])
def test_a_file_gives_its_first_line_however_it_ends(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "pw").write_bytes(content)
    assert password(f"{{ file = '{tmp_path / 'pw'}' }}", Vault({}, None, tmp_path)) == "pass"


def test_blanks_are_part_of_a_password(tmp_path: Path) -> None:
    (tmp_path / "pw").write_bytes(b"  a b  \n")
    assert password(f"{{ file = '{tmp_path / 'pw'}' }}", Vault({}, None, tmp_path)) == "  a b  "


def test_a_missing_variable_is_named(tmp_path: Path) -> None:
    message = fault('{ env = "WINRM_PASSWORD" }', Vault({"OTHER": TELLTALE}, None, tmp_path))
    assert "communicator.winrm_password: the environment variable WINRM_PASSWORD is not set" in message
    assert "export WINRM_PASSWORD=" in message
    assert TELLTALE not in message


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    message = fault(f"{{ file = '{tmp_path / 'gone'}' }}", Vault({}, None, tmp_path))
    assert f"the file {tmp_path / 'gone'} cannot be read: No such file or directory" in message


def test_a_folder_in_place_of_the_file_is_refused(tmp_path: Path) -> None:
    assert "cannot be read" in fault(f"{{ file = '{tmp_path}' }}", Vault({}, None, tmp_path))


def test_a_file_that_is_not_utf8_is_refused_and_not_quoted(tmp_path: Path) -> None:
    (tmp_path / "pw").write_bytes(TELLTALE.encode() + b"\xff")
    message = fault(f"{{ file = '{tmp_path / 'pw'}' }}", Vault({}, None, tmp_path))
    assert "is not UTF-8 text" in message
    assert TELLTALE not in message


def test_a_prompt_without_a_terminal_is_refused(tmp_path: Path) -> None:
    assert "no terminal to ask on" in fault("{ prompt = true }", Vault({}, None, tmp_path))


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("", "is empty"),
        ("x" * 128, "is 128 characters long; Windows takes 127 at most"),
        ("😀" * 64, "is 128 characters long"),
        ("a\tb", "holds a control character"),
        ("a\x00b", "holds a control character"),
        ("a\x85b", "holds a control character"),
        ("a\x7fb", "holds a control character"),
        ("a\udcffb", "holds a control character"),
    ],
)
def test_what_nobody_can_type_is_no_password(tmp_path: Path, value: str, reason: str) -> None:
    message = fault('{ env = "PW" }', Vault({"PW": value}, None, tmp_path))
    assert reason in message
    assert not value or value not in message


@pytest.mark.parametrize("value", ["x", "x" * 127, "😀" * 63, "% ! ^ & | < > \" ' ; ` $ \\ ~", "Пароль", " "])
def test_what_can_be_typed_is_a_password(tmp_path: Path, value: str) -> None:
    assert password('{ env = "PW" }', Vault({"PW": value}, None, tmp_path)) == value


@pytest.mark.parametrize("text", ['""', '"a\\tb"', '"a\\nb"', f'"{"x" * 128}"'])
def test_a_wrong_password_in_the_spec_is_one_error(text: str) -> None:
    assert len(refused(spec(text))) == 1


@pytest.mark.parametrize(
    "source",
    [
        "5",
        "true",
        "[]",
        "{}",
        '{ evn = "A" }',
        '{ env = "" }',
        "{ env = 1 }",
        '{ env = "A", file = "B" }',
        "{ random = false }",
        "{ prompt = 1 }",
        '["x"]',
    ],
)
def test_a_source_that_does_not_exist_is_refused_with_those_that_do(source: str) -> None:
    [problem] = refused(spec(source))
    assert problem.message == (
        "communicator.winrm_password must be a string or one of"
        ' { env = "NAME" }, { file = "PATH" }, { prompt = true }, { random = true }'
    )


def test_a_random_secret_is_made_once_and_used_again(tmp_path: Path) -> None:
    first = password("{ random = true }", Vault({}, None, tmp_path))
    assert password("{ random = true }", Vault({}, None, tmp_path)) == first
    assert password("{ random = true }", Vault({}, None, tmp_path, may_make=False)) == first
    assert password("{ random = true }", Vault({}, None, tmp_path / "other")) != first


def test_two_random_secrets_of_one_spec_differ(tmp_path: Path) -> None:
    text = spec("{ random = true }") + '[[accounts]]\nname = "ann"\npassword = { random = true }\n'
    ann, packer = loaded(text, folder=tmp_path).guest.accounts
    assert ann.password != packer.password


@pytest.mark.skipif(os.name == "nt", reason="Windows has no mode bits")
def test_random_secrets_are_for_their_owner_only(tmp_path: Path) -> None:
    made = password("{ random = true }", Vault({}, None, tmp_path))
    [store] = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert stat.S_IMODE(store.stat().st_mode) == 0o600
    assert stat.S_IMODE(store.parent.stat().st_mode) == 0o700
    assert made in json.loads(store.read_text()).values()


def test_no_random_secret_is_made_for_a_guest_that_exists_already(tmp_path: Path) -> None:
    message = fault("{ random = true }", Vault({}, None, tmp_path, may_make=False))
    assert "holds none that was made for a guest" in message
    assert "unattend generate" in message
    assert list(tmp_path.iterdir()) == []


def test_a_damaged_store_is_named(tmp_path: Path) -> None:
    (tmp_path / "private").mkdir()
    (tmp_path / "private" / "secrets.json").write_text("[")
    with pytest.raises(UnreadableError, match=r"secrets\.json is damaged"):
        password("{ random = true }", Vault({}, None, tmp_path))


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UnreadableError, match="cannot be"):
        password("{ random = true }", Vault({}, None, tmp_path / "file"))


def test_a_random_password_is_complex_and_harmless_everywhere() -> None:
    for made in {random_password() for _ in range(200)}:
        assert len(made) == 24
        assert made.isascii()
        assert made.isalnum()
        assert any(c.isdigit() for c in made)
        assert any(c.islower() for c in made)
        assert any(c.isupper() for c in made)
    assert len({random_password() for _ in range(200)}) == 200


@given(st.text(min_size=1))
def test_a_secret_shows_itself_to_nobody_who_does_not_ask(value: str) -> None:
    secret = Secret(value)
    assert {repr(secret), str(secret), f"{secret}", f"{secret!r}", "%s" % secret} == {"Secret('***')"}  # noqa: UP031
    assert secret.reveal() == value
    assert secret == Secret(value)


EVERYWHERE = (
    spec(f'"{TELLTALE}"')
    + f'[administrator]\npassword = "{TELLTALE}-2"\n'
    + f'[[accounts]]\nname = "ann"\npassword = "{TELLTALE}-3"\n'
    + '[autologon]\nusername = "ann"\n'
)


def test_a_guest_shows_none_of_its_passwords() -> None:
    guest = guest_of(EVERYWHERE)
    assert TELLTALE not in repr(guest)
    assert TELLTALE not in str(guest)
    assert repr(guest).count("***") >= 4


def test_what_a_document_and_its_sources_are_made_of_shows_no_password(tmp_path: Path) -> None:
    assert TELLTALE not in repr(read_document(Path("-"), [f"disk.x={TELLTALE}"], stdin=EVERYWHERE))
    assert TELLTALE not in repr(Vault({"PW": TELLTALE}, None, tmp_path))
    assert TELLTALE not in repr(NamedFile("a", TELLTALE.encode()))


@pytest.mark.parametrize(
    "mistake",
    [
        "",
        "[disk]\nfirmware = 1\n",
        '[computer]\nname = "ann"\n',
        f'[[accounts]]\nname = "x"\npasword = "{TELLTALE}"\n',
        f'[[accounts]]\nname = "x"\npassword = ["{TELLTALE}"]\n',
        f'[[accounts]]\nname = "x"\npassword = {{ environment = "{TELLTALE}" }}\n',
        f'[[accounts]]\nname = "x"\npassword = "{TELLTALE}\\n"\n',
        f'[[accounts]]\nname = "packer"\npassword = "{TELLTALE}-4"\n',
        f'[[accounts]]\nname = "x"\npassword = "{TELLTALE * 20}"\n',
    ],
)
def test_no_error_shows_a_password_nor_does_its_traceback(mistake: str) -> None:
    text = EVERYWHERE + mistake + "[windows2]\n"
    try:
        loaded(text)
    except SpecError as err:
        shown = "".join(traceback.format_exception(err)) + repr(err.problems) + str(err) + str(err.help)
        shown += "".join(problem.concise() for problem in err.problems)
        assert TELLTALE not in shown
    else:
        pytest.fail("the mistake was not found")


@pytest.mark.parametrize(
    "text", [f'administrator = "{TELLTALE}"\n', f'accounts = ["{TELLTALE}"]\n', f'communicator = "{TELLTALE}"\n']
)
def test_a_password_where_a_table_belongs_is_not_shown(text: str) -> None:
    found = refused(text + '[windows]\nrelease = "11"\n')
    assert found
    assert TELLTALE not in repr(found)
