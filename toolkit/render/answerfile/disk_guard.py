r"""The guard before the wipe: a batch file in Windows PE that looks at the target disk and stops Setup at another one.

It asks diskpart, the one program of Setup's Windows PE that knows sizes and buses: there is no PowerShell, and VBScript
and wmic are going. Known: the batch file's control flow, which runs under Wine's cmd.exe. Modelled: diskpart's output.
The line of the selected disk begins with `*`, and the size is the first number after the disk's own; `select partition`
fails where there is none; `detail disk` names the bus after a colon. Where something cannot be read, Setup stops.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from toolkit.render.answerfile.pe_files import write_commands

if TYPE_CHECKING:
    from collections.abc import Iterator

    from toolkit.spec.storage import Disk, DiskGuard

_SCRIPT = r"X:\unattend-guard.cmd"
_ASK = r"X:\unattend-ask.txt"
_TOLD = r"X:\unattend-told.txt"


def guard_commands(disk: Disk) -> Iterator[tuple[str, str]]:
    """Give the commands that write the guard and run it, each with its description; none without a guard."""
    if disk.guard is None:
        return
    for command in write_commands(_SCRIPT, guard_script(disk.target, disk.guard)):
        yield command, "What the disk must be before it is wiped"
    yield f"cmd.exe /d /c {_SCRIPT}", f"Stop unless disk {disk.target} is the one that is meant"


def guard_script(target: int, guard: DiskGuard, *, ask: str = _ASK, told: str = _TOLD) -> list[str]:
    """Give the batch file: 0 and silence where the disk is the one that is meant, else a message, a pause, power off.

    `ask` and `told` are the files through which it talks with diskpart.
    """
    return [
        "@echo off",
        f"set WHY=there is no disk {target}",
        # The redirection stands first: behind a number it would take the number for a handle.
        f">{ask} echo select disk {target}",
        f">>{ask} echo list disk",
        f">>{ask} echo detail disk",
        f"diskpart /s {ask} >{told}",
        *WHERE_IT_FAILED_STOP,
        *_size(target, guard, told),
        *_bus(guard, told),
        *_empty(target, guard, ask),
        "exit /b 0",
        ":stop",
        "echo.",
        "echo unattend: Setup has stopped. Nothing was wiped.",
        f"echo Disk {target} is not the disk that the spec means: %WHY%.",
        "echo Any key switches the machine off.",
        "pause >nul",
        "wpeutil shutdown",
        "exit /b 1",
        *(_SIZE_OF if guard.min_gb or guard.max_gb else ()),
    ]


# Two lines, because codes may be negative; and without %ERRORLEVEL%, whose value the line that writes it would take.
WHERE_IT_FAILED_STOP = ("if errorlevel 1 goto stop", "if not errorlevel 0 goto stop")
_MOST_PARTITIONS = 8  # a disk that is in use has one of the first eight

# Walks the words of the selected disk's line: past the disk's own number, then to the first number and its unit. A
# unit that begins with neither G nor T means less than one GB, or a language that we cannot read: 0 and unknown.
_SIZE_OF = (
    ":size",
    "shift",
    'if "%1"=="" exit /b',
    'if not "%1"=="%D%" goto size',
    ":number",
    "shift",
    'if "%1"=="" exit /b',
    "set /a N=%1 2>nul",
    'if not "%1"=="%N%" goto number',
    "set U=%2",
    'if /i "%U:~0,1%"=="G" set GB=%N%',
    'if /i "%U:~0,1%"=="T" set /a GB=N*1024',
    'if /i "%U:~0,1%"=="M" set GB=0',
    'if /i "%U:~0,1%"=="K" set GB=0',
    "exit /b",
)


def _size(target: int, guard: DiskGuard, told: str) -> Iterator[str]:
    if not (guard.min_gb or guard.max_gb):
        return
    yield f"set D={target}"
    yield "set GB="
    yield f'for /f "tokens=1-9" %%a in ({told}) do if "%%a"=="*" call :size %%a %%b %%c %%d %%e %%f %%g %%h %%i'
    yield "set WHY=its size cannot be told"
    yield 'if "%GB%"=="" goto stop'
    if guard.min_gb:
        yield f"set WHY=it has %GB% GB, and {guard.min_gb} GB are the least"
        yield f"if %GB% LSS {guard.min_gb} goto stop"
    if guard.max_gb:
        yield f"set WHY=it has %GB% GB, and {guard.max_gb} GB are the most"
        yield f"if %GB% GTR {guard.max_gb} goto stop"


def _bus(guard: DiskGuard, told: str) -> Iterator[str]:
    if guard.bus:
        yield f"set WHY=it is not attached by {guard.bus}"
        yield f'find ": {guard.bus}" {told} >nul'
        yield from WHERE_IT_FAILED_STOP


def _empty(target: int, guard: DiskGuard, ask: str) -> Iterator[str]:
    if guard.empty:
        yield "set WHY=it has partitions"
        yield "set P=0"
        yield ":partition"
        yield "set /a P+=1"
        yield f"if %P% GTR {_MOST_PARTITIONS} goto none"
        yield f">{ask} echo select disk {target}"
        yield f">>{ask} echo select partition %P%"
        yield f"diskpart /s {ask} >nul"
        yield "if errorlevel 1 goto partition"
        yield "if not errorlevel 0 goto partition"
        yield "goto stop"
        yield ":none"
