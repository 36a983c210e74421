"""Files into a guest and out of it: whole, checked on both sides, whatever they are called."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import io
import itertools
import ntpath
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.verify.guests import endpoint, state
from toolkit.communicators.endpoint import Auth
from toolkit.communicators.errors import TransferError
from toolkit.communicators.transfer import CHUNK, DOWNLOAD, UPLOAD, Incoming, Outgoing, script
from toolkit.communicators.winrm import Timeouts, WinrmCommunicator
from toolkit.simulator.plan import Misfit, Plan
from toolkit.simulator.server import SimulatedGuest

if TYPE_CHECKING:
    from collections.abc import Iterator

BRISK = Timeouts(connect=1, operation=2, command=10, transfer=20)
NAMES = [
    r"C:\Windows\Temp\plain.bin",
    r"C:\a folder\with 'quotes' and `ticks`.txt",
    r"C:\Temp\100% & (of) ^carets! #hash; $env.X.cmd",
    "C:\\Temp\\Grüße\\мир\\日本.bin",
    "C:\\Temp\\emoji-\U0001f600.bin",
]


@contextlib.contextmanager
def connected(plan: Plan | None = None, auth: Auth = Auth.NTLM) -> Iterator[tuple[SimulatedGuest, WinrmCommunicator]]:
    with (
        SimulatedGuest(state(), plan=plan) as guest,
        WinrmCommunicator(endpoint(guest.port, auth=auth), BRISK) as communicator,
    ):
        yield guest, communicator


@pytest.mark.parametrize("path", NAMES)
def test_a_file_comes_back_as_it_went(path: str) -> None:
    data = bytes(range(256)) * 11
    with connected() as (guest, communicator):
        sent = communicator.upload(io.BytesIO(data), path)
        back = io.BytesIO()
        got = communicator.download(path, back)
        assert guest.files == (ntpath.normpath(path).casefold(),)
        assert guest.service.shells.files.read(path) == data

    assert back.getvalue() == data
    assert sent == got
    assert (sent.size, sent.sha256) == (len(data), hashlib.sha256(data).hexdigest())


@pytest.mark.parametrize("size", [0, 1, 48 * 1024 - 1, 48 * 1024, 48 * 1024 + 1, 1_000_000])
@pytest.mark.parametrize("auth", [Auth.BASIC, Auth.NTLM])
def test_files_of_every_size_go_through(size: int, auth: Auth) -> None:
    data = bytes(size)
    with connected(auth=auth) as (guest, communicator):
        assert communicator.upload(io.BytesIO(data), r"C:\x.bin").size == size
        sends = [exchange for exchange in guest.exchanges if exchange.action.endswith("/Send")]
        assert communicator.download(r"C:\x.bin", io.BytesIO()).size == size

    assert len(sends) == max(1, -(-(size * 4 // 3) // CHUNK)), "as few messages as the envelope allows"


def test_a_file_takes_one_process_and_leaves_no_shell() -> None:
    with connected() as (guest, communicator):
        communicator.upload(io.BytesIO(bytes(500_000)), r"C:\x.bin")
        actions = [exchange.action.rpartition("/")[2] for exchange in guest.exchanges]
        assert guest.open_shells == 1

    assert guest.open_shells == 0
    assert actions.count("Command") == 1


def test_a_name_that_windows_does_not_take_is_told_in_the_guests_words() -> None:
    with connected() as (_, communicator), pytest.raises(TransferError, match="Illegal characters in path"):
        communicator.upload(io.BytesIO(b"x"), 'C:\\a"b?.txt')


def test_a_file_that_is_not_there_is_told() -> None:
    with connected() as (_, communicator), pytest.raises(TransferError, match="Could not find file"):
        communicator.download(r"C:\nothing.txt", io.BytesIO())


def test_a_guest_without_powershell_is_told_so() -> None:
    plan = Plan(misfits=(Misfit("powershell", 1, b"", b"This program is blocked by group policy.\r\n"),))
    with connected(plan) as (_, communicator), pytest.raises(TransferError) as caught:
        communicator.upload(io.BytesIO(b"x"), r"C:\x.txt")

    assert "PowerShell" in (caught.value.help or "")


def test_a_damaged_copy_is_never_taken_for_a_good_one() -> None:
    wrong = b"sha256=" + b"0" * 64 + b"\r\n"
    with connected(Plan(misfits=(Misfit("powershell", 0, wrong),))) as (_, communicator):
        with pytest.raises(TransferError, match="did not arrive as it was sent"):
            communicator.upload(io.BytesIO(b"x"), r"C:\x.txt")
        with pytest.raises(TransferError, match="did not arrive as it was sent"):
            communicator.download(r"C:\x.txt", io.BytesIO())


def test_a_small_envelope_is_kept_to() -> None:
    with (
        SimulatedGuest(replace(state(), max_envelope_kb=150)) as guest,
        WinrmCommunicator(endpoint(guest.port, auth=Auth.NTLM), BRISK) as communicator,
    ):
        assert communicator.upload(io.BytesIO(bytes(400_000)), r"C:\x.bin").size == 400_000


@given(st.binary(max_size=300_000))
def test_what_is_sent_decodes_to_the_file(data: bytes) -> None:
    chunks = list(Outgoing(io.BytesIO(data)).chunks())
    text = b"".join(chunk for chunk, _ in chunks)
    lines = text.split(b"\n")

    assert all(len(chunk) <= CHUNK for chunk, _ in chunks)
    assert [last for _, last in chunks] == [False] * (len(chunks) - 1) + [True]
    assert lines[-2:] == [b".", b""]
    assert b"".join(base64.b64decode(line) for line in lines[:-2]) == data


@given(st.binary(max_size=5000), st.integers(1, 200), st.integers(1, 64))
def test_what_comes_is_put_together_however_it_is_cut(data: bytes, piece: int, line: int) -> None:
    digest = hashlib.sha256(data).hexdigest().upper()
    lines = (base64.b64encode(data[at : at + line]) for at in range(0, len(data), line))
    wire = b"".join(itertools.chain((one + b"\r\n" for one in lines), (f"sha256={digest}\r\n".encode(),)))
    sink = io.BytesIO()
    incoming = Incoming(sink)
    for at in range(0, len(wire), piece):
        incoming.take(wire[at : at + piece])

    assert incoming.checked("x").size == len(data)
    assert sink.getvalue() == data


@given(st.text())
@pytest.mark.parametrize("template", [UPLOAD, DOWNLOAD])
def test_no_path_can_leave_its_place_in_the_script(template: str, path: str) -> None:
    made = script(template, path)
    blob = made.partition("FromBase64String('")[2].partition("'")[0]

    assert base64.b64decode(blob).decode("utf-8", "surrogatepass") == path
    assert made.replace(blob, "") == script(template, "")
