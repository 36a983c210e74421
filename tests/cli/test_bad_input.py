"""What a tired person does at night: each ends in one message with the fix, its exit code, and no harm done."""

from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import typer
from typer.models import TyperPath

from tests.cli.conftest import ROOT
from toolkit.cli.app import application

if TYPE_CHECKING:
    from tests.cli.conftest import Unattend


def test_every_error_of_a_spec_is_shown_at_once_with_its_place(unattend: Unattend, spec: Path) -> None:
    spec.write_text(
        '[windows]\nrelease = "11"\neditoin = "pro"\n[disk]\nfirmware = "uefy"\n[communicator]\nwinrm_prt = 1\n'
    )
    done = unattend("generate")
    done.ends_with_a_message(
        2,
        "unattend.toml:3:1: error: windows.editoin is not a setting",
        'did you mean "edition"?',
        'unattend.toml:5:1: error: disk.firmware is "uefy"',
        "unattend.toml:7:1: error: communicator.winrm_prt is not a setting",
    )


def test_a_missing_environment_variable_is_named(unattend: Unattend, spec: Path) -> None:
    spec.write_text(spec.read_text().replace('"SecretPassword"', '{ env = "BUILD_PW" }'))
    unattend("generate").ends_with_a_message(2, "the environment variable BUILD_PW is not set", "unattend.toml:8:1")


def test_a_spec_that_is_not_toml(unattend: Unattend, spec: Path) -> None:
    spec.write_text("[windows\nrelease = 11\n")
    unattend("generate").ends_with_a_message(2, "unattend.toml:1:9", "not TOML")


def test_a_spec_that_is_a_folder(unattend: Unattend, spec: Path, folder: Path) -> None:
    unattend("generate", folder).ends_with_a_message(3, "is a folder, not a spec", "unattend.toml")


def test_a_spec_that_is_not_there(unattend: Unattend) -> None:
    unattend("generate", "nowhere.toml").ends_with_a_message(3, "there is no spec at nowhere.toml", "unattend init")


@pytest.mark.parametrize("command", ["generate", "simulate", "rehearse", "pack-iso"])
def test_a_spec_whose_name_no_file_system_holds(unattend: Unattend, command: str) -> None:
    unattend(command, "x" * 5000).ends_with_a_message(3, "a path is longer than the file system takes: xxx")


def test_a_base_whose_name_no_file_system_holds(unattend: Unattend, spec: Path) -> None:
    spec.write_text(f"extends = '{'x' * 5000}'\n{spec.read_text()}")
    unattend("generate").ends_with_a_message(2, "unattend.toml:1:1", "there is no file xxx")


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="there is no device that never ends")
def test_files_that_never_end_are_too_large(unattend: Unattend, spec: Path, folder: Path) -> None:
    unattend("generate", "/dev/zero").ends_with_a_message(3, "/dev/zero is larger than 1 MiB")
    (folder / "endless.cmd").symlink_to("/dev/zero")
    with spec.open("a") as text:
        text.write("winrm_use_ssl = true\n[bootstrap]\nclient_certificate = { file = '/dev/zero' }\n")
        text.write("[domain]\nblob = '/dev/zero'\n[[scripts]]\nfile = 'endless.cmd'\n")
    unattend("generate").ends_with_a_message(
        2, "/dev/zero is larger than", "/dev/zero is not what `djoin", "endless.cmd is larger than"
    )


def run_in_shell(command: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["sh", "-c", f"{sys.executable} -m toolkit {command}"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )


@pytest.mark.skipif(os.name == "nt", reason="needs a POSIX shell")
@pytest.mark.parametrize(
    ("command", "code", "message"),
    [
        ("generate - <&-", 3, "error: there is no stdin to read a spec from"),
        ("explain - <&-", 3, "error: there is no stdin to read a log from"),
        ("generate >&-", 3, "error: there is no stdout to write the result to"),
        ("generate nowhere.toml 2>&-", 3, ""),
        ("generate 2>&-", 0, ""),
    ],
)
def test_a_stream_that_is_closed(spec: Path, folder: Path, command: str, code: int, message: str) -> None:
    done = run_in_shell(command, folder)
    assert done.returncode == code
    assert message in done.stderr
    assert "Traceback" not in done.stderr


def test_an_output_folder_that_is_a_file(unattend: Unattend, spec: Path, folder: Path) -> None:
    (folder / "out").write_text("mine")
    unattend("generate", "-o", "out").ends_with_a_message(3, "out cannot be written", "A file stands where a folder")
    assert (folder / "out").read_text() == "mine"


@pytest.mark.parametrize("out", ["out", "out/below", "x" * 300])
def test_an_output_folder_that_cannot_be_is_no_fault_of_a_spec_with_a_random_password(
    unattend: Unattend, folder: Path, out: str
) -> None:
    unattend("init")
    (folder / "out").write_text("mine")
    random = "communicator.winrm_password={ random = true }"
    ran = unattend("generate", "--set", random, "-o", out)
    ran.ends_with_a_message(3, "Choose another place with -o.")
    assert "unattend.toml" not in ran.err


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_an_output_folder_without_permission(unattend: Unattend, spec: Path, folder: Path) -> None:
    (folder / "out").mkdir(mode=0o500)
    unattend("generate", "-o", "out").ends_with_a_message(3, "cannot be written: Permission denied")


def _with_a_full_disk(folder: Path, *arguments: str, limit: int) -> subprocess.CompletedProcess[str]:
    """Run with a limit on file sizes, which the kernel enforces as it does a full disk: the write itself fails."""

    def limited() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

    return subprocess.run(
        [sys.executable, "-B", "-m", "toolkit", *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        preexec_fn=limited,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )


@pytest.mark.parametrize("command", [["generate"], ["pack-iso"], ["pack-iso", "--floppy"]])
def test_a_disk_that_fills_half_way_leaves_the_old_files(
    unattend: Unattend, spec: Path, folder: Path, command: list[str]
) -> None:
    unattend(*command)
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    done = _with_a_full_disk(folder, *command, "--set", "computer.name=other", limit=4096)
    assert done.returncode == 3, done.stderr
    assert "cannot be written: File too large" in done.stderr
    assert "Traceback" not in done.stderr
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no device that is always full")
def test_a_result_that_cannot_be_printed(unattend: Unattend, folder: Path) -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "toolkit", "schema"],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdout=full,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            check=False,
        )
    assert done.returncode == 3
    assert "error: the result cannot be written to stdout: No space left on device" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_terminal_that_cannot_show_a_name(unattend: Unattend, spec: Path) -> None:
    done = unattend("generate", "-o", "gr\N{LATIN SMALL LETTER SHARP S}e", PYTHONIOENCODING="ascii:strict")
    assert done.code == 0, done.err
    assert "gr\\xdfe" in done.out


def test_an_interrupted_wait_ends_with_its_own_code_and_the_report_as_it_stands(spec: Path, folder: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "toolkit", "verify-winrm", "127.0.0.1", "--port", "1"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
    )
    assert process.stderr is not None
    assert "refuses connections" in process.stderr.readline()
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=10)
    assert process.returncode == 130
    assert "sc.exe query WinRM" in out
    assert "Interrupted, and not ready until then" in out
    assert "Traceback" not in err


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such signals")
@pytest.mark.parametrize("number", ["SIGTERM", "SIGHUP"])
def test_a_job_that_is_cancelled_ends_like_one_that_is_interrupted(folder: Path, number: str) -> None:
    (folder / "in").mkdir()
    with (folder / "in" / "big.bin").open("wb") as big:
        big.truncate(2 << 30)
    process = subprocess.Popen(
        [sys.executable, "-m", "toolkit", "pack-iso", "in", "-o", "x.iso"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stderr=subprocess.PIPE,
        encoding="utf-8",
    )
    while not list(folder.glob(".x.iso.*")):
        assert process.poll() is None
        time.sleep(0.01)
    process.send_signal(getattr(signal, number))
    _, err = process.communicate(timeout=20)
    assert (process.returncode, err) == (130, "interrupted; nothing was left half-written\n")
    assert [path.name for path in folder.iterdir()] == ["in"]


def test_an_interrupt_while_the_modules_load(folder: Path) -> None:
    program = (
        "import signal, sys\n"
        "class Finder:\n"
        "    def find_spec(self, name, *_):\n"
        "        return signal.raise_signal(signal.SIGINT) if name == 'typer' else None\n"
        "sys.meta_path.insert(0, Finder())\n"
        "from toolkit.cli import main\n"
        "main()\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert (done.returncode, done.stderr) == (130, "interrupted; nothing was left half-written\n")


def test_a_reader_that_leaves_early_is_no_error(folder: Path) -> None:
    first = "import sys; print(sys.stdin.readline(), end='')"
    command = f'{sys.executable} -m toolkit schema | {sys.executable} -c "{first}"'
    done = subprocess.run(
        ["sh", "-c", command],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert (done.stdout, done.stderr) == ("{\n", "")


@pytest.mark.skipif(os.name == "nt", reason="needs a POSIX shell")
@pytest.mark.parametrize(
    ("command", "code"),
    [
        ("schema", 0),
        ("generate", 0),
        ("generate nowhere.toml", 3),
        ("verify-winrm 127.0.0.1 --port 1 --timeout 0 --junit junit.xml", 11),
    ],
)
def test_a_reader_that_is_gone_changes_no_exit_code(spec: Path, folder: Path, command: str, code: int) -> None:
    piped = f"{{ sleep 1; {sys.executable} -m toolkit {command} 2>&1; echo $? >code; }} | true"
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    subprocess.run(["sh", "-c", piped], cwd=folder, env=environment, check=True)
    assert (folder / "code").read_text() == f"{code}\n"
    assert (folder / "junit.xml").exists() == ("--junit" in command)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no device that is always full")
def test_talk_that_cannot_be_printed_changes_no_exit_code(folder: Path) -> None:
    done = run_in_shell("generate nowhere.toml 2>/dev/full", folder)
    assert done.returncode == 3


def test_what_may_not_be_read_is_told_by_us_and_not_by_the_parser() -> None:
    group = typer.main.get_command(application())
    assert isinstance(group, typer.core.TyperGroup)
    paths = [
        (one.name, one.type.readable)
        for command in group.commands.values()
        for one in command.params
        if isinstance(one.type, TyperPath)
    ]
    assert len(paths) > 20
    assert [name for name, checked in paths if checked] == []


def test_an_image_is_never_written_over_its_own_input(unattend: Unattend, spec: Path, folder: Path) -> None:
    (folder / "in").mkdir()
    (folder / "in" / "Autounattend.xml").write_text("<x/>")
    done = unattend("pack-iso", "in", "-o", "in/Autounattend.xml")
    done.ends_with_a_message(2, "one of the files to be packed")
    assert (folder / "in" / "Autounattend.xml").read_text() == "<x/>"


def test_a_floppy_that_overflows_says_by_how_much(unattend: Unattend, folder: Path) -> None:
    (folder / "in").mkdir()
    (folder / "in" / "big.bin").write_bytes(bytes(1_600_000))
    done = unattend("pack-iso", "in", "--floppy")
    assert done.code in (2, 3)
    assert "big.bin" in done.err
    assert not list(folder.glob("in/*.img"))


def test_a_secret_on_the_command_line_is_refused_and_not_repeated(unattend: Unattend, spec: Path) -> None:
    done = unattend("generate", "--set", "communicator.winrm_password=Tr0ub4dor")
    done.ends_with_a_message(2, "a secret on the command line")
    assert "Tr0ub4dor" not in done.err + done.out


def test_a_communicator_that_cannot_reach_windows(unattend: Unattend, spec: Path) -> None:
    done = unattend("generate", "--set", "communicator.communicator=docker")
    done.ends_with_a_message(2, 'communicator "docker" cannot reach a Windows guest', '"winrm"')


def test_the_wait_for_a_closed_port_ends_at_the_deadline(unattend: Unattend, spec: Path) -> None:
    started = time.monotonic()
    done = unattend("verify-winrm", "127.0.0.1", "--port", "1", "--timeout", "1s")
    assert done.code == 11
    assert "refuses connections" in done.out
    assert time.monotonic() - started < 5


def test_authorities_that_cannot_be_read_are_told_of_before_the_wait(unattend: Unattend, spec: Path) -> None:
    started = time.monotonic()
    done = unattend("verify-winrm", "127.0.0.1", "--port", "1", "--ssl", "--ca-file", "ca.pem", "--timeout", "50s")
    done.ends_with_a_message(3, "ca.pem cannot be read")
    assert time.monotonic() - started < 20


@pytest.mark.parametrize(
    "arguments",
    [["--junit", "nowhere/junit.xml"], ["--junit", "."], ["--junit", "/dev/stdout"], ["--timeline", "no/b.svg"]],
)
def test_a_report_that_has_no_place_is_told_of_before_the_wait(
    unattend: Unattend, spec: Path, arguments: list[str]
) -> None:
    done = unattend("verify-winrm", "127.0.0.1", "--port", "1", "--timeout", "50s", *arguments)
    done.ends_with_a_message(3, "cannot be written", "in a folder that is there")
    assert done.out == ""


def test_annotations_leave_stdout_to_json(unattend: Unattend, spec: Path) -> None:
    done = unattend("verify-winrm", "127.0.0.1", "--port", "1", "--timeout", "0", "--json", "--github")
    assert json.loads(done.out)["rung"] == "tcp"
    assert "::error title=tcp%3A refused::" in done.err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["verify-winrm", "10.0.0.1", "--timeout", "30"], '--timeout: "30" is not a duration'),
        (["verify-winrm", "10.0.0.1", "--auth", "kerberos5"], "--auth kerberos5 is not known"),
        (["verify-winrm", "user:pw@host"], "holds a user name or a password"),
        (["verify-winrm", "http://user:p/w@host"], "holds a user name or a password"),
        (["verify-winrm", "10.0.0.1", "--retry-interval", "0s"], "--retry-interval: 0s is too short"),
        (["verify-winrm", "10.0.0.1", "--connect-timeout", "0s"], "--connect-timeout: 0s is too short"),
        (["verify-winrm", "10.0.0.1", "--pin", "0" * 40], "with TLS only"),
        (["verify-winrm", "10.0.0.1", "--ca-file", "ca.pem"], "with TLS only"),
        (["verify-winrm", "10.0.0.1", "--ssl", "--server-name", ".foo"], "is not a host name"),
        (["probe", "10.0.0.1", "--server-name", ".foo"], "is not a host name"),
        (["verify-winrm", "10.0.0.1", "--spec", "-", "--password-stdin"], "both the spec and the password"),
        (["pack-iso", "windows.iso"], "--inject windows.iso"),
        (["pack-iso", "-o", "-"], "cannot go to stdout"),
        (["verify-winrm"], "which guest?"),
        (["verify-winrm", "10.0.0.1", "--full", "--check", "bogus"], "bogus is no check"),
        (["verify-winrm", "10.0.0.1", "--expect", "closed", "--full"], "need a logon"),
        (["verify-winrm", "10.0.0.1", "--expect", "closed", "--as", "packer"], "need a logon"),
        (["verify-winrm", "10.0.0.1", "--expect", "closed", "--settle", "5s"], "need a logon"),
        (["simulate", "--password-file", "pw"], "Add -u USER"),
        (["simulate", "unattend.toml", "-u", "joe"], "says who logs on"),
        (["simulate", "-u", "joe", "--set", "computer.name=x"], "--set is for a guest with a spec"),
        (["generate", "--set", "nothing"], "--set key.path=value"),
    ],
)
def test_command_lines_that_make_no_sense(unattend: Unattend, spec: Path, arguments: list[str], message: str) -> None:
    unattend(*arguments).ends_with_a_message(2, message)


@pytest.mark.parametrize("moment", ["yesterday", "-1", "1.5", "²", "9" * 5000])
@pytest.mark.usefixtures("spec")
def test_a_source_date_that_is_none_is_told(moment: str, unattend: Unattend) -> None:
    unattend("pack-iso", SOURCE_DATE_EPOCH=moment).ends_with_a_message(2, "SOURCE_DATE_EPOCH", "number of seconds")
