"""Reading Autounattend.xml as Setup does, for the parts that decide whether WinRM will answer."""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING

from toolkit.files import NamedFile
from toolkit.numbers import unsigned
from toolkit.secret import Secret
from toolkit.simulator.documents import DocumentError, parsed
from toolkit.simulator.state import BUILT_IN_ADMINISTRATOR, LocalUser, built_in_administrator, computer_name
from toolkit.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lxml.etree import _Element

_NAMESPACE = {"u": "urn:schemas-microsoft-com:unattend"}
_LARGEST = 8 * 1024 * 1024
_SHELL_SETUP = "Microsoft-Windows-Shell-Setup"
_DEPLOYMENT = "Microsoft-Windows-Deployment"
_LAST_ORDER = 1 << 31


@dataclass(frozen=True, slots=True)
class Logon:
    """Who logs on by himself after Setup, and how often; `count` is None for always."""

    username: str
    password: Secret | None
    count: int | None = None


@dataclass(frozen=True, slots=True)
class Command:
    """A command of Setup's. `may_restart`: its exit code may ask for a restart (WillReboot=OnRequest)."""

    line: str
    may_restart: bool = False


@dataclass(frozen=True, slots=True)
class AnswerFile:
    """What an answer file says about accounts, the first logon and the commands that run until then, in their order.

    `carried` are the files in its <Extensions>, which Setup passes over and a command may unpack.
    """

    host_name: str
    users: tuple[LocalUser, ...]
    logon: Logon | None
    specialize: tuple[Command, ...]
    first_logon: tuple[str, ...]
    image: str | None
    carried: tuple[NamedFile, ...] = ()

    def user(self, name: str) -> LocalUser | None:
        return next((user for user in self.users if user.name.casefold() == name.casefold()), None)


def read_answer_file(data: bytes) -> AnswerFile:
    """Read an answer file. Raises DocumentError with what is wrong with it.

    Where a component is there for several architectures, the amd64 one is read. `AutoLogon` as `Administrator`
    enables the built-in account, with the logon's password unless AdministratorPassword gives another.
    """
    root = parsed(data, at_most=_LARGEST)
    if root.tag != "{urn:schemas-microsoft-com:unattend}unattend":
        raise DocumentError("its outermost element is not <unattend> of urn:schemas-microsoft-com:unattend")
    logon = _logon(root)
    return AnswerFile(
        host_name=computer_name(_text(_component(root, "specialize", _SHELL_SETUP), "u:ComputerName")),
        users=tuple(_users(root, logon)),
        logon=logon,
        specialize=_commands(
            _component(root, "specialize", _DEPLOYMENT), "u:RunSynchronous/u:RunSynchronousCommand", "u:Path"
        ),
        first_logon=tuple(
            command.line
            for command in _commands(
                _component(root, "oobeSystem", _SHELL_SETUP),
                "u:FirstLogonCommands/u:SynchronousCommand",
                "u:CommandLine",
            )
        ),
        image=_image(root),
        carried=tuple(_carried(root)),
    )


def _component(root: _Element, phase: str, name: str) -> _Element | None:
    found = [
        component
        for component in root.iterfind(f"u:settings[@pass='{phase}']/u:component", _NAMESPACE)
        if component.get("name", "").casefold() == name.casefold()
    ]
    return next((one for one in found if one.get("processorArchitecture") == "amd64"), found[0] if found else None)


def _text(element: _Element | None, path: str) -> str:
    return "" if element is None else (element.findtext(path, default="", namespaces=_NAMESPACE)).strip()


def _commands(component: _Element | None, path: str, line: str) -> tuple[Command, ...]:
    if component is None:
        return ()
    return tuple(
        Command(_text(command, line), _text(command, "u:WillReboot").casefold() == "onrequest")
        for command in sorted(component.iterfind(path, _NAMESPACE), key=_order)
    )


def _carried(root: _Element) -> Iterator[NamedFile]:
    """Give the files in <Extensions>, which have a namespace of their own."""
    for file in root.iterfind("{*}Extensions/{*}File"):
        try:
            data = base64.b64decode(file.text or "", validate=True)
        except binascii.Error as err:
            raise DocumentError(f"its carried file {file.get('path')} is not Base64") from err
        yield NamedFile(file.get("path", "").replace("\\", "/"), data)


def _order(command: _Element) -> int:
    order = unsigned(_text(command, "u:Order"))
    return _LAST_ORDER if order is None else order


def _logon(root: _Element) -> Logon | None:
    for phase in ("oobeSystem", "specialize"):
        component = _component(root, phase, _SHELL_SETUP)
        logon = None if component is None else component.find("u:AutoLogon", _NAMESPACE)
        if logon is not None:
            enabled = _text(logon, "u:Enabled").casefold() in {"true", "1"} and _text(logon, "u:LogonCount") != "0"
            password = _password(logon.find("u:Password", _NAMESPACE), "Password")
            times = unsigned(_text(logon, "u:LogonCount"))
            return Logon(_text(logon, "u:Username"), password, times) if enabled else None
    return None


def _users(root: _Element, logon: Logon | None) -> Iterator[LocalUser]:
    component = _component(root, "oobeSystem", _SHELL_SETUP)
    accounts = None if component is None else component.find("u:UserAccounts", _NAMESPACE)
    administrator = None
    if accounts is not None:
        administrator = _password(accounts.find("u:AdministratorPassword", _NAMESPACE), "AdministratorPassword")
        for account in accounts.iterfind("u:LocalAccounts/u:LocalAccount", _NAMESPACE):
            yield _local_user(account)
    if administrator is None and logon and logon.username.casefold() == BUILT_IN_ADMINISTRATOR.casefold():
        administrator = logon.password
    if administrator is not None:
        yield built_in_administrator(administrator)


def _local_user(account: _Element) -> LocalUser:
    password = _password(account.find("u:Password", _NAMESPACE), "Password") or Secret("")
    groups = {group.strip().casefold() for group in _text(account, "u:Group").split(";")}
    return LocalUser(_text(account, "u:Name"), password, administrator="administrators" in groups)


def _password(element: _Element | None, suffix: str) -> Secret | None:
    """Read a password: plain unless PlainText is false, then base64 of UTF-16 text that ends in the element's name."""
    if element is None:
        return None
    value = element.findtext("u:Value", default="", namespaces=_NAMESPACE)
    if _text(element, "u:PlainText").casefold() not in {"false", "0"}:
        return Secret(value)
    try:
        plain = base64.b64decode(value.strip(), validate=True).decode("utf-16-le")
    except (binascii.Error, UnicodeDecodeError) as err:
        raise DocumentError(f"the hidden value of <{suffix}> is not Base64 of UTF-16 text") from err
    if not plain.endswith(suffix):
        raise DocumentError(f'the hidden value of <{suffix}> does not end in "{suffix}" as Setup expects')
    return Secret(plain.removesuffix(suffix))


def _image(root: _Element) -> str | None:
    setup = _component(root, "windowsPE", "Microsoft-Windows-Setup")
    if setup is None:
        return None
    for choice in setup.iterfind("u:ImageInstall/u:OSImage/u:InstallFrom/u:MetaData", _NAMESPACE):
        if _text(choice, "u:Key").casefold() == "/image/name":
            return _text(choice, "u:Value")
    return None
