"""The commands put together, and the one place where errors become messages and exit codes."""

from __future__ import annotations

import errno
import functools
import importlib
from typing import TYPE_CHECKING, Protocol, cast

import typer

from toolkit.cli import console
from toolkit.errors import ExitCode, ToolkitError, UnreadableError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

# In the order in which help lists them. Each has a module of its name here, loaded when it is wanted.
COMMANDS = (
    *("init", "generate", "pack-iso", "verify-winrm", "probe", "explain", "inspect", "simulate", "rehearse"),
    *("schema",),
)


_SHOWN = 60  # characters of a name that is too long


class CommandModule(Protocol):
    """What a module of a command has."""

    HELP: str
    command: Callable[..., ExitCode]


def application(commands: Sequence[str] = COMMANDS) -> typer.Typer:
    """Build the typer application out of the modules of `commands`."""
    app = typer.Typer(
        name="unattend",
        help="From an empty disk to a Windows guest that answers over WinRM, unattended.",
        no_args_is_help=True,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback()(_root)
    for name in commands:
        module = cast("CommandModule", importlib.import_module(f"toolkit.cli.{name.replace('-', '_')}"))
        # A signed fault code begins like an option.
        loose = {"ignore_unknown_options": True} if name == "explain" else None
        # As the short help too, which is wrapped: typer would cut the other one off on a narrow terminal.
        app.command(name, help=module.HELP, short_help=module.HELP, context_settings=loose)(_guarded(module.command))
    return app


def run(arguments: Sequence[str]) -> int:
    """Run one command line and give its exit code."""
    console.write_any_character()
    try:
        application(_wanted(arguments))(list(arguments), prog_name="unattend")
    except SystemExit as end:
        return int(end.code or 0)
    return ExitCode.OK


def _wanted(arguments: Sequence[str]) -> Sequence[str]:
    """Give the one command that is named, or all of them: each that is built shows when a command starts."""
    named = next((argument for argument in arguments if not argument.startswith("-")), "")
    return (named,) if named in COMMANDS else COMMANDS


def _guarded(command: Callable[..., ExitCode]) -> Callable[..., None]:
    """End with the command's exit code. A user's mistake never shows a traceback; one of ours always does."""

    @functools.wraps(command)
    def guarded(*args: object, **options: object) -> None:
        try:
            code = command(*args, **options)
        except ToolkitError as err:
            console.show_error(err)
            code = err.code
        except OSError as err:
            # Names come from users, in arguments and in specs; no name of ours is that long.
            if err.errno != errno.ENAMETOOLONG:
                raise
            console.show_error(UnreadableError(f"a path is longer than the file system takes: {_short(err.filename)}"))
            code = ExitCode.UNREADABLE
        except KeyboardInterrupt:
            console.say("interrupted; nothing was left half-written")
            code = ExitCode.INTERRUPTED
        raise typer.Exit(code)

    return guarded


def _short(name: object) -> str:
    return f"{str(name)[:_SHOWN]}..."


def _version(wanted: bool) -> None:
    if wanted:
        from toolkit import __version__

        console.data(f"unattend {__version__}")
        raise typer.Exit


def _root(
    version: bool = typer.Option(False, "--version", callback=_version, is_eager=True, help="Show the version."),
) -> None:
    del version
