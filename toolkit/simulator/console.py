"""The guest's cmd.exe: the commands that WinRM clients send to a fresh guest to see whether it is alive.

Modelled: built-in commands, those for files over what clients have written, `hostname`, `whoami`, `ping` as a way to
wait, `more` as a reader of stdin, `netsh` and `winrm` as far as they show rules and settings, and PowerShell with a
command on its command line. Everything else is answered as cmd.exe answers what it does not know.
"""

from __future__ import annotations

import base64
import binascii
import re
from typing import TYPE_CHECKING

from toolkit.simulator.commandline import Part, expanded, parts, program, unwrapped, words
from toolkit.simulator.configuration import config_xml, listeners_xml
from toolkit.simulator.facts import account_name
from toolkit.simulator.file_commands import FILE_COMMANDS
from toolkit.simulator.powershell import run_script
from toolkit.simulator.programs import Output, Pause, ReadInput, Stream

if TYPE_CHECKING:
    from collections.abc import Callable

    from toolkit.simulator.programs import Program, Session

_NOT_RECOGNIZED = "'{}' is not recognized as an internal or external command,\r\noperable program or batch file."
_EXIT = re.compile(r"exit(?:\s+/b)?(?:\s+(?P<code>-?\d{1,10}))?\s*", re.IGNORECASE)
_ECHO = re.compile(r"echo(?P<after>[.:\s]?)(?P<text>.*)", re.IGNORECASE | re.DOTALL)
_SHOW_RULE = re.compile(
    r"advfirewall\s+firewall\s+show\s+rule\s+name=(?:\"(?P<quoted>[^\"]+)\"|(?P<name>\S+))", re.IGNORECASE
)
_RESULTS = "http://schemas.dmtf.org/wbem/wsman/1/wsman/results"
ALLOW_RULE = "unattend-winrm-allow"
_COUNT = re.compile(r"\s[-/]n\s+(?P<count>\d{1,6})\b", re.IGNORECASE)
_WITH_VALUE = ("executionpolicy", "windowstyle", "inputformat", "outputformat", "version", "configurationname")
_SWITCHES = ("noprofile", "noninteractive", "nologo", "noexit", "mta", "sta")


def run_line(line: str, session: Session) -> Program:
    """Run what `cmd.exe /c LINE` would; the exit code is that of the last command that ran."""
    code = 0
    for part in parts(expanded(line, session.environment, batch=False)):
        if _skipped(part.operator, code):
            continue
        code = yield from _redirected(part, session)
        if _EXIT.fullmatch(part.text.strip()):
            break
    return code


def _skipped(operator: str, code: int) -> bool:
    return (operator == "&&" and code != 0) or (operator == "||" and code == 0)


def _redirected(part: Part, session: Session) -> Program:
    """Run one command; output that goes to a file lands there, and `>&2` makes it error output."""
    running = _command(part, session)
    for path in part.files if not part.appends else ():
        session.files.write(path, b"")
    sent = b""
    while True:
        try:
            event = running.send(sent) if sent else next(running)
        except StopIteration as end:
            return int(end.value)
        if not isinstance(event, Output) or event.stream is not Stream.STDOUT:
            sent = yield event
        elif part.to_stderr:
            sent = yield Output(Stream.STDERR, event.data)
        elif part.files:
            session.files.append(part.files[-1], event.data)
            sent = b""
        else:
            sent = yield event


def _command(part: Part, session: Session) -> Program:
    inner = unwrapped(part.text)
    if inner.shell:
        return (yield from run_line(inner.text, session))
    if part.operator != "|" and (match := _ECHO.fullmatch(inner.text)) and (match["after"] or not match["text"]):
        yield session.line(match["text"] if match["text"] or match["after"].strip() else "ECHO is on.")
        return 0
    known = _PROGRAMS.get(program(inner.text))
    if part.operator == "|" or known is None:
        yield session.error(_NOT_RECOGNIZED.format((words(inner.text) or [inner.text])[0]))
        return 1
    return (yield from known(inner.text, session))


def _hostname(_text: str, session: Session) -> Program:
    yield session.line(session.state.host_name)
    return 0


def _whoami(text: str, session: Session) -> Program:
    if "/groups" in text.casefold():
        return (yield from _groups(session))
    yield session.line(account_name(session).lower())
    return 0


def _groups(session: Session) -> Program:
    """List the token's groups as `whoami /groups /fo csv /nh` does; the level is that of a network logon."""
    elevated = session.state.elevated(session.user)
    if session.user.administrator:
        kind = "Mandatory group, Enabled by default" if elevated else "Group used for deny only"
        yield session.line(rf'"BUILTIN\Administrators","Alias","S-1-5-32-544","{kind}"')
    yield session.line(r'"NT AUTHORITY\NETWORK","Well-known group","S-1-5-2","Mandatory group, Enabled by default"')
    level, sid = ("High", 12288) if elevated else ("Medium", 8192)
    yield session.line(rf'"Mandatory Label\{level} Mandatory Level","Label","S-1-16-{sid}",""')
    return 0


def _netsh(text: str, session: Session) -> Program:
    """Show a firewall rule by name; no other netsh is modelled in a shell."""
    match = _SHOW_RULE.search(text)
    if match is None:
        yield session.error("The following command was not found.")
        return 1
    name = (match["quoted"] or match["name"]).casefold()
    if name not in _rule_names(session):
        yield session.line("\r\nNo rules match the specified criteria.\r\n")
        return 1
    yield session.line(f"\r\nRule Name:                            {name}\r\nOk.\r\n")
    return 0


def _rule_names(session: Session) -> set[str]:
    rules = session.state.interior.rules
    return {ALLOW_RULE} if rules is None else {rule.name.casefold() for rule in rules}


def _winrm(text: str, session: Session) -> Program:
    arguments = [word.casefold() for word in words(text)[1:]]
    match arguments[:2]:
        case ["get" | "g", "winrm/config"] if "-format:pretty" in arguments:
            yield session.line(config_xml(session.state))
        case ["enumerate" | "enum" | "e", "winrm/config/listener"] if "-format:pretty" in arguments:
            listeners = "".join(listeners_xml(session.state))
            yield session.line(f'<wsman:Results xmlns:wsman="{_RESULTS}">{listeners}</wsman:Results>')
        case _:
            yield session.error('Error: Invalid use of command line. Type "winrm -?" for help.')
            return 1
    return 0


def _ver(_text: str, session: Session) -> Program:
    windows = session.state.windows
    yield session.line("")
    yield session.line(
        f"Microsoft Windows [Version {windows.version}{f'.{windows.ubr}' if windows.nt == '10.0' else ''}]"
    )
    return 0


def _exit(text: str, _session: Session) -> Program:
    yield from ()
    match = _EXIT.fullmatch(text.strip())
    return int(match["code"] or 0) if match else 0


def _rem(_text: str, _session: Session) -> Program:
    yield from ()
    return 0


def _cd(_text: str, session: Session) -> Program:
    yield session.line(session.environment["userprofile"])
    return 0


def _ping(text: str, session: Session) -> Program:
    """Ping as batch files use it: N echoes take N-1 seconds."""
    match = _COUNT.search(text)
    count = int(match["count"]) if match else 4
    target = words(text)[-1]
    yield session.line(f"\r\nPinging {target} with 32 bytes of data:")
    for number in range(count):
        if number:
            yield Pause(1)
        yield session.line(f"Reply from {target}: bytes=32 time<1ms TTL=128")
    return 0


def _more(_text: str, _session: Session) -> Program:
    """Copy stdin to stdout until it ends."""
    while data := (yield ReadInput()):
        yield Output(Stream.STDOUT, data)
    return 0


def _powershell(text: str, session: Session) -> Program:
    script = powershell_script(text)
    if script is None:
        yield session.error("The argument is not recognized, or is not Base64 of UTF-16 text.")
        return 1
    return (yield from run_script(script, session))


_PROGRAMS: dict[str, Callable[[str, Session], Program]] = {
    "hostname": _hostname,
    "whoami": _whoami,
    "netsh": _netsh,
    "winrm": _winrm,
    "ver": _ver,
    "exit": _exit,
    "rem": _rem,
    "cd": _cd,
    "chdir": _cd,
    "ping": _ping,
    "more": _more,
    "powershell": _powershell,
    **FILE_COMMANDS,
}


def powershell_script(text: str) -> str | None:
    """Give the script on a powershell.exe command line, or None when there is none that can be read.

    Parameters may be shortened to any unambiguous beginning, and what follows `-Command` is the rest of the line.
    """
    rest = text.partition(words(text)[0])[2].lstrip('"').strip()
    while rest:
        parameter, _, after = rest.partition(" ")
        name = parameter.casefold().lstrip("-/")
        if not parameter.startswith(("-", "/")):
            return _unquoted(rest)
        if name and "command".startswith(name):
            return _unquoted(after)
        if name in {"ec", "enc"} or (name and "encodedcommand".startswith(name)):
            return _decoded((words(after) or [""])[0])
        if any(switch.startswith(name) for switch in _SWITCHES):
            rest = after.strip()
        elif any(option.startswith(name) for option in _WITH_VALUE) or name == "ep":
            rest = after.strip().partition(" ")[2].strip()
        else:
            return None
    return ""


def _unquoted(text: str) -> str:
    text = text.strip()
    return text[1:-1].replace('\\"', '"') if len(text) > 1 and text[0] == text[-1] == '"' else text


def _decoded(blob: str) -> str | None:
    try:
        return base64.b64decode(blob, validate=True).decode("utf-16-le")
    except (binascii.Error, UnicodeDecodeError):
        return None
