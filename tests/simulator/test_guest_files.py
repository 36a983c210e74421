"""Files that clients write: by redirection, by Packer's way of uploading, and gone again when they are removed."""

from __future__ import annotations

import base64

import pytest

from tests.simulator.clients import state
from tests.simulator.test_console import VAGRANT, finished
from toolkit.simulator.console import run_line
from toolkit.simulator.guest_files import GuestFiles
from toolkit.simulator.packer_upload import packer_upload
from toolkit.simulator.programs import Session

TEMP = r"c:\users\vagrant\appdata\local\temp"
RESTORING = """
$tmp_file_path = [System.IO.Path]::GetFullPath("$env:TEMP\\a.tmp")
$dest_file_path = [System.IO.Path]::GetFullPath("C:\\Windows\\Temp\\x.bin".Trim("'"))
$bytes = [System.Convert]::FromBase64String($base64_line)
"""
REMOVING = """
$tmp_file_path = [System.IO.Path]::GetFullPath("$env:TEMP\\a.tmp")
if (Test-Path $tmp_file_path) {
    Remove-Item $tmp_file_path -ErrorAction SilentlyContinue
}
"""


@pytest.fixture
def session() -> Session:
    return Session(state(users=(VAGRANT,)), VAGRANT, "utf-8")


def run(session: Session, line: str) -> tuple[str, str, int]:
    return finished(run_line(line, session))[:3]


def encoded(script: str) -> str:
    return f"powershell.exe -EncodedCommand {base64.b64encode(script.encode('utf-16-le')).decode()}"


def upload(session: Session, script: str) -> int:
    program = packer_upload(encoded(script), session)
    assert program is not None
    return finished(program)[2]


def test_what_is_redirected_lands_in_the_file_and_not_at_the_client(session: Session) -> None:
    assert run(session, r'echo one> "%TEMP%\a b.txt"') == ("", "", 0)
    assert run(session, r'echo two>> "%TEMP%\A B.TXT"') == ("", "", 0)
    assert run(session, r'type "%TEMP%\a b.txt"') == ("one\r\ntwo\r\n", "", 0)

    run(session, r'echo three> "%TEMP%/a b.txt"')

    assert session.files.read(rf"{TEMP}\a b.txt") == b"three\r\n"


def test_what_goes_to_nul_is_nowhere(session: Session) -> None:
    run(session, "echo x>nul & echo y>>NUL")

    assert session.files.paths == ()


def test_files_and_folders_are_removed_once(session: Session) -> None:
    for name in ("a.txt", r"deep\b.txt"):
        session.files.write(rf"C:\Temp\unattend\{name}", b"x")
    session.files.write(r"C:\Temp\unattend-other.txt", b"x")

    assert run(session, r"rmdir C:\Temp\unattend")[2] == 145
    assert run(session, r'rmdir /s /q "C:\Temp\unattend"') == ("", "", 0)
    assert list(session.files.paths) == [r"c:\temp\unattend-other.txt"]
    assert run(session, r'rmdir /s /q "C:\Temp\unattend" || exit /b 1')[2] == 1
    assert run(session, r"del /q C:\Temp\unattend-other.txt") == ("", "", 0)
    assert run(session, r"del C:\Temp\unattend-other.txt")[1].startswith("Could Not Find")
    assert run(session, r"type C:\Temp\unattend-other.txt")[2] == 1
    assert not session.files.paths


def test_packers_two_scripts_decode_what_echo_has_gathered_and_remove_it(session: Session) -> None:
    for piece in (b"first ", b"second"):
        run(session, rf'echo {base64.b64encode(piece).decode()} >> "%TEMP%\a.tmp"')

    assert upload(session, RESTORING) == 0
    assert session.files.read(r"C:\Windows\Temp\x.bin") == b"first second"
    assert upload(session, REMOVING) == 0
    assert session.files.paths == (r"c:\windows\temp\x.bin",)


def test_what_is_no_base64_is_not_restored(session: Session) -> None:
    run(session, r'echo no base64! >> "%TEMP%\a.tmp"')

    assert upload(session, RESTORING) == 1
    assert session.files.read(r"C:\Windows\Temp\x.bin") is None


@pytest.mark.parametrize(
    "line", ["hostname", encoded("hostname"), encoded(REMOVING.replace("Remove-Item", "Get-Item"))]
)
def test_other_lines_are_not_taken_for_packers(line: str, session: Session) -> None:
    assert packer_upload(line, session) is None


def test_a_folder_is_not_the_beginning_of_a_name() -> None:
    files = GuestFiles()
    files.write(r"C:\a\b", b"")
    files.write(r"C:\ab", b"")

    assert files.below(r"C:\A") == (r"c:\a\b",)
