"""`unattend explain`: a fault code or a pasted log, explained offline."""

from __future__ import annotations

import sys
from typing import Annotated, BinaryIO

import typer

from toolkit.cli import console
from toolkit.cli.options import Json
from toolkit.errors import ExitCode, UnreadableError, UsageError

HELP = "Explain a fault code, or a client's log."


def command(
    question: Annotated[
        list[str] | None,
        typer.Argument(metavar="[CODE|TEXT|FILE]", help="A code in any form, a log, or its file; - for stdin."),
    ] = None,
    json: Json = False,
) -> ExitCode:
    from toolkit.explain.question import explain, explain_stream

    text = " ".join(question or ())
    if not text:
        raise UsageError("what is to be explained?", help="Give a code, a log's text or file, or - for stdin.")
    answer = explain_stream(_stdin()) if text == "-" else explain(text)
    if json:
        console.data_json(answer.to_json())
    else:
        console.data(answer.to_text(console.width()))
    return ExitCode.OK if answer.known else ExitCode.FINDINGS


def _stdin() -> BinaryIO:
    if sys.stdin is None:
        raise UnreadableError("there is no stdin to read a log from", help="Pipe a log in, or name its file.")
    return sys.stdin.buffer
