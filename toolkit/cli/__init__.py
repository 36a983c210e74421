"""The command line. Importing this loads no heavy library; each command loads what it needs when it runs."""

from __future__ import annotations

import contextlib
import gc
import os
import signal
import sys
from typing import NoReturn

_INTERRUPTED = 130  # ExitCode.INTERRUPTED, which may not be loaded yet
_COLLECT_EVERY = 200_000  # objects; starting up makes many that live to the end, and looking through them takes a tenth


def main() -> None:
    """Run the command line and end the process with its exit code."""
    gc.set_threshold(_COLLECT_EVERY)
    _end_as_by_ctrl_c()
    # pydantic would look through every installed package for plugins to itself. Nothing here wants one.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    try:
        from toolkit.cli.app import run

        code = run(sys.argv[1:])
    except KeyboardInterrupt:  # while the modules load, before the command that would catch it has begun
        sys.stderr.write("interrupted; nothing was left half-written\n")
        code = _INTERRUPTED
    _leave(code)


def _end_as_by_ctrl_c() -> None:
    """Have a cancelled job and a closed terminal end us like Ctrl-C: tidily, with nothing left half-written."""
    for name in ("SIGTERM", "SIGHUP"):
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) is signal.SIG_DFL:  # nohup ignores one of them
            signal.signal(number, signal.default_int_handler)


def _leave(code: int) -> NoReturn:
    """End at once. Taking apart what the kernel frees anyway is a fifth of a short command's time."""
    with contextlib.suppress(OSError):  # of a result that could not be written, its command has told
        for stream in (sys.stdout, sys.stderr):
            if stream is not None:  # closed by whoever started us
                stream.flush()
    os._exit(code)
