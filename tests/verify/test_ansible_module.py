"""What a module of Ansible's looks like on its way, and how its answer is read."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from toolkit.communicators.commandline import LONGEST
from toolkit.communicators.communicator import Completed
from toolkit.verify.ansible_module import PIECE, PROGRAM, SIZE, arguments, ping, read_result

if TYPE_CHECKING:
    from collections.abc import Iterable


class Recorder:
    """Takes what is piped, and answers."""

    def __init__(self, stdout: bytes) -> None:
        self.stdout = stdout
        self.chunks: list[bytes] = []

    def pipe(self, program: str, line: str, chunks: Iterable[bytes]) -> Completed:
        assert (program, line) == (PROGRAM, arguments())
        self.chunks = list(chunks)
        return Completed(0, self.stdout, b"")


def test_stdin_is_a_wrapper_and_json_parted_by_four_nuls_in_pieces_of_ansibles_size() -> None:
    recorder = Recorder(b'{"ping": "pong"}')

    ping(recorder)  # type: ignore[arg-type]  # no more of it is used

    assert [len(chunk) for chunk in recorder.chunks] == [PIECE, SIZE - PIECE]
    wrapper, payload = b"".join(recorder.chunks).split(b"\0\0\0\0")
    assert b"$json_raw" in wrapper
    assert json.loads(payload)["module_args"]["_ansible_module_name"] == "win_ping"


def test_the_command_line_fits_cmd() -> None:
    assert len(f"{PROGRAM} {arguments()}") < LONGEST


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ('{"ping": "pong"}\r\n', {"ping": "pong"}),
        ('Welcome!\r\n{"ping": "pong"}\r\nGood bye.', {"ping": "pong"}),
        ("", {}),
        ("[1]", {}),
        ("} {", {}),
    ],
)
def test_a_modules_answer_is_read_past_what_profiles_write(text: str, result: dict[str, object]) -> None:
    assert read_result(text) == result
