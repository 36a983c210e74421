"""What local accounts may be called, and what Windows calls its own administrator."""

from __future__ import annotations

from toolkit.spec.groups import is_group
from toolkit.spec.text import utf16_units

ADMINISTRATOR = "Administrator"
_LONGEST_NAME = 20  # the SAM account name's limit; the reference page's 256 is not reachable
_FORBIDDEN = frozenset(
    '"/\\[]:|<>+=;,?*%@'
)  # Microsoft-Windows-Shell-Setup/UserAccounts/LocalAccounts/LocalAccount/Name
_RESERVED = frozenset(
    {
        "administrator",
        "guest",
        "defaultaccount",
        "wdagutilityaccount",
        "system",
        "network service",
        "local service",
        "none",
        # Microsoft KB 266633, "Restricted User Names". Who was called Local could not log on (pbatard/rufus#2557).
        "anonymous logon",
        "authenticated users",
        "batch",
        "builtin",
        "creator group",
        "creator group server",
        "creator owner",
        "creator owner server",
        "dialup",
        "everyone",
        "interactive",
        "local",
        "network",
        "nt authority",
        "nt pseudo domain",
        "null sid",
        "proxy",
        "restricted",
        "self",
        "service",
        "terminal server user",
    }
)
# What the built-in administrator is called where it is not Administrator, by the language of Windows (pbatard/rufus
# src/wue.c; vmware/packer-examples-for-vsphere#332).
_ADMINISTRATOR_IN = {
    "es": "Administrador",
    "fi": "Järjestelmänvalvoja",
    "fr": "Administrateur",
    "hu": "Rendszergazda",
    "pt": "Administrador",
    "ru": "Администратор",
    "sv": "Administratör",
}


def administrator_in(language: str) -> str:
    """Give what Windows in this language calls the built-in administrator."""
    return _ADMINISTRATOR_IN.get(language.partition("-")[0].casefold(), ADMINISTRATOR)


def account_name_fault(name: str) -> str | None:
    """Say what Windows would not take in the name of a new local account, or None."""
    if not name.strip():
        return "is empty"
    if name.casefold() in _RESERVED:
        return "is reserved by Windows" + (": use [administrator]" if name.casefold() == "administrator" else "")
    if is_group(name):  # both are of one kind to Windows (NetLocalGroupAdd: NERR_UserExists)
        return "is the name of a group of Windows"
    if utf16_units(name) > _LONGEST_NAME:
        return f"is longer than {_LONGEST_NAME} characters"
    bad = sorted({character for character in name if character in _FORBIDDEN or ord(character) < 32})
    if bad:
        return f"holds {' '.join(bad)!r}, which no account name may"
    if name.endswith(".") or name != name.strip():
        return "begins or ends with a space, or ends with a dot"
    return None
