"""OpenSSH's steps in PowerShell."""

from __future__ import annotations

from typing import TYPE_CHECKING

from toolkit.errors import ToolkitError
from toolkit.render.abilities import has_powershell_3, has_zip
from toolkit.render.powershell import literal
from toolkit.render.powershell_opening import inside, make_key, program, registry_key, running
from toolkit.render.ssh_steps import (
    CAPABILITY,
    FOLDER,
    KEYS,
    MSI_RULE,
    SHELL_KEY,
    SHELLS,
    SSH_PORT,
    UNPACKED,
    find_rule,
)
from toolkit.spec.guest import Ssh
from toolkit.spec.openssh_package import install_script

if TYPE_CHECKING:
    from toolkit.render.powershell_opening import Lines, Opening
    from toolkit.spec.guest import CarriedFile

_ABSENT = "-not (Get-Service sshd -ErrorAction SilentlyContinue)"
_RESTART_WANTED = 3010
_RUN = ("-NoProfile", "-NonInteractive", "-ExecutionPolicy", "Bypass", "-File")


def capability(_: Opening) -> Lines:
    arguments = ("/online", "/Add-Capability", f"/CapabilityName:{CAPABILITY}", "/NoRestart")
    return inside(_ABSENT, program("dism.exe", *arguments, accept=(0, _RESTART_WANTED)))


def package(opening: Opening) -> Lines:
    carried = opening.guest.bootstrap.openssh.package
    if carried is None:
        raise TypeError(carried)
    script = install_script(carried)
    find = f"$package = Join-Path $Here {literal(carried.name)}"
    if script is None:
        arguments = ("/i", "$package", "/qn", "/norestart")
        install = program("msiexec.exe", *arguments, accept=(0, _RESTART_WANTED))
    else:
        install = _unzip(carried, script, opening)
    return inside(_ABSENT, (find, *install))


def _unzip(carried: CarriedFile, script: str, opening: Opening) -> Lines:
    release = opening.guest.windows.release
    if not has_zip(release):
        raise ToolkitError(
            f"{release.name} cannot unpack {carried.name} by itself", help="Give OpenSSH's .msi instead."
        )
    # Into Program Files, where only administrators write: the service's programs run as SYSTEM.
    return (
        f"$folder = {_expanded(UNPACKED)}",
        *inside("Test-Path $folder", ("Remove-Item $folder -Recurse -Force",)),
        "Add-Type -AssemblyName System.IO.Compression.FileSystem",
        "[IO.Compression.ZipFile]::ExtractToDirectory($package, $folder)",
        f"$install = Join-Path $folder {literal(script)}",
        *program("powershell.exe", *_RUN, "$install"),
    )


def start_type(_: Opening) -> Lines:
    return program("sc.exe", "config", "sshd", "start=", "auto")


def start(_: Opening) -> Lines:
    return ("Start-Service sshd", running("sshd"))


def port(opening: Opening) -> Lines:
    number = _port_of(opening)
    mark = f"# unattend: port {number}."
    # A line at the end of the file would belong to its `Match Group administrators` block, where Port is not allowed.
    return (
        f"$config = Join-Path {_expanded(FOLDER)} 'sshd_config'",
        "$text = [IO.File]::ReadAllText($config)",
        *inside(
            f"-not $text.Contains({literal(mark)})",
            (
                f'[IO.File]::WriteAllText($config, "{mark}`r`nPort {number}`r`n" + $text)',
                "Restart-Service sshd",
                running("sshd"),
            ),
        ),
    )


def keys(opening: Opening) -> Lines:
    """Write the keys, which are no secret, from the script itself."""
    given = [literal(key, what="a key") for key in opening.guest.bootstrap.openssh.authorized_keys]
    grants = ("/inheritance:r", "/grant", "*S-1-5-18:F", "/grant", "*S-1-5-32-544:F")
    return (
        f"$keys = Join-Path {_expanded(FOLDER)} {literal(KEYS)}",
        "[IO.File]::WriteAllLines($keys, [string[]] @(",
        *(f"    {key}," for key in given[:-1]),
        f"    {given[-1]}",
        "))",
        *program("icacls.exe", "$keys", *grants),
    )


def shell(opening: Opening) -> Lines:
    wanted = opening.guest.bootstrap.openssh.default_shell or "cmd"
    path = _expanded(SHELLS.get(wanted, wanted))
    value = f"-Name DefaultShell -Value {path} -PropertyType String -Force"
    return (*make_key(SHELL_KEY), f"New-ItemProperty -Path {registry_key(SHELL_KEY)} {value} | Out-Null")


def self_test(opening: Opening) -> Lines:
    return (
        "Wait-Answer {",
        f"    (Get-Greeting {_port_of(opening)}).StartsWith('SSH-2.0-')",
        "}",
    )


def rules(opening: Opening) -> Lines:
    words = ("advfirewall", "firewall", "set", "rule", f"name={MSI_RULE}", "new", "enable=no")
    # 1: there is none, as without the .msi.
    by_title = program("netsh.exe", *words, accept=(0, 1))
    if not has_powershell_3(opening.guest.windows.release):
        return by_title
    return (*by_title, f"{find_rule()} | Disable-NetFirewallRule")


def evidence(_: Opening) -> Lines:
    return ("Write-Evidence { Get-Service sshd | Select-Object 'Name', 'Status' }",)


def _port_of(opening: Opening) -> int:
    return opening.communicator.port if isinstance(opening.communicator, Ssh) else SSH_PORT


def _expanded(path: str) -> str:
    # In parentheses, since an argument that begins with a bracket would be a text.
    return f"([Environment]::ExpandEnvironmentVariables({literal(path)}))"
