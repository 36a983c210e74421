"""The bootstrap as a cloud's user data: the same script, for an image that is installed and reads no answer file.

It sets up the accounts and then opens the guest as the bootstrap on a medium does. Not taken from the spec is what
belongs to Setup: disk, locale, computer name, product key, the user's own commands.

Known: sizes and forms. Modelled: what the clouds' agents do with them, which is taken from their documentation.
"""

from __future__ import annotations

import base64
import json
from enum import StrEnum
from typing import TYPE_CHECKING, assert_never

from toolkit.errors import ToolkitError
from toolkit.files import NamedFile
from toolkit.render.bootstrap import closed_script
from toolkit.render.bootstrap_powershell import PowerShellScript, powershell_text
from toolkit.render.cloud_accounts import account_passwords, account_step
from toolkit.render.cmd import LONGEST_LINE
from toolkit.render.luggage import luggage_of
from toolkit.render.powershell import RUN, ascii_expression, encoded_command
from toolkit.render.powershell_opening import Opening, Pfx
from toolkit.render.powershell_steps import in_powershell
from toolkit.render.steps import BootstrapExit
from toolkit.spec.guest import NoCommunicator
from toolkit.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Sequence

    from toolkit.render.host_certificate import HostCertificate
    from toolkit.render.luggage import Luggage
    from toolkit.secret import Secret
    from toolkit.spec.guest import Guest, Ssh, Winrm

# docs.aws.amazon.com AWSEC2 UserGuide user-data: "limited to 16 KB, in raw form, before it is base64-encoded".
_EC2_BYTES = 16 * 1024
# openstack/nova nova/api/validation/parameter_types.py: user_data is base64 of at most 65535 characters.
_OPENSTACK_BASE64 = 65535
# MicrosoftDocs/azure-compute-docs articles/virtual-machines/custom-data.md: "the maximum length of the binary array is
# 65,535 bytes".
_AZURE_BYTES = 65535

_EC2_NOTE = (
    "Passwords are inside. Every process of the instance can read its user data (http://169.254.169.254), and so can",
    "whoever may describe the instance's attributes: change them, or clear the user data, after the first use.",
)
_CLOUDBASE_NOTE = (
    "Passwords are inside. Every process of the instance can read its user data from the metadata service or the",
    "config drive: change them after the first use.",
)
_AZURE_NOTE = (
    "No password is inside: the custom script extension brings them in its protected settings, which run this file",
    "from where Azure leaves custom data.",
)


class CloudTarget(StrEnum):
    """Whose user data. `cloudbase` is cloudbase-init, as OpenStack images have it."""

    EC2 = "ec2"
    AZURE = "azure"
    CLOUDBASE = "cloudbase"


def cloud_files(guest: Guest, target: CloudTarget, certificate: HostCertificate | None = None) -> tuple[NamedFile, ...]:
    """Give the user data for `target`, and for Azure the protected settings that go with it.

    Raises ToolkitError where nothing connects, https lacks its certificate, or the cloud takes less than there is.
    """
    load = _load(guest, certificate)
    match target:
        case CloudTarget.EC2:
            return (_ec2(load),)
        case CloudTarget.AZURE:
            return _azure(load)
        case CloudTarget.CLOUDBASE:
            return (_cloudbase(load),)
        case _:
            assert_never(target)


@dataclass(frozen=True, slots=True)
class _Load:
    """What travels to the cloud. `secrets` are in the order of `$Secrets`, each with its name for messages."""

    guest: Guest
    communicator: Winrm | Ssh
    luggage: Luggage
    secrets: tuple[tuple[str, Secret], ...]


def _load(guest: Guest, certificate: HostCertificate | None) -> _Load:
    if isinstance(guest.communicator, NoCommunicator):
        raise ToolkitError(
            'communicator is "none", so there is nothing for user data to open',
            help='Write communicator = "winrm" or "ssh" in [communicator].',
        )
    luggage = luggage_of(guest, guest.communicator, certificate)
    _refuse_files(guest, luggage)
    secrets = tuple((f"the password of {name}", password) for name, password in account_passwords(guest))
    if luggage.certificate:
        secrets += (("the PFX password", luggage.certificate.pfx_password),)
    return _Load(guest, guest.communicator, luggage, secrets)


def _refuse_files(guest: Guest, luggage: Luggage) -> None:
    if luggage.client:
        raise _needs_a_medium("bootstrap.client_certificate")
    if guest.bootstrap.openssh.package:
        raise _needs_a_medium("bootstrap.openssh's package")


def _needs_a_medium(what: str) -> ToolkitError:
    return ToolkitError(
        f"{what} brings files, and user data has no place for them",
        help="Remove it for the cloud, for example with --set.",
    )


def _ec2(load: _Load) -> NamedFile:
    # The agents look for their tags anywhere in the text, so no value may hold one: `ascii_expression` sees to that.
    script = _without_comments(_script(load, _EC2_NOTE, _inside(load.secrets)))
    data = _bytes(f"<powershell>\n{script}</powershell>\n")
    if len(data) > _EC2_BYTES:
        raise _too_large("EC2 user data", len(data), _EC2_BYTES)
    return NamedFile("cloud/ec2-user-data.txt", data)


def _without_comments(script: str) -> str:
    """Leave out indentation, and comments after those at the top: bytes count here. No string of ours spans lines."""
    lines = script.splitlines()
    top = next(number for number, line in enumerate(lines) if not line.startswith("#"))
    kept = [line for line in map(str.lstrip, lines[top:]) if line and not line.startswith("#")]
    return "".join(f"{line}\n" for line in (*lines[:top], *kept))


def _cloudbase(load: _Load) -> NamedFile:
    # cloudbase/cloudbase-init cloudbaseinit/plugins/common/userdatautils.py: the first line chooses the 64-bit host.
    data = _bytes(f"#ps1_sysnative\n{_script(load, _CLOUDBASE_NOTE, _inside(load.secrets))}")
    if (size := len(base64.b64encode(data))) > _OPENSTACK_BASE64:
        raise _too_large("OpenStack user data in base64", size, _OPENSTACK_BASE64)
    return NamedFile("cloud/cloudbase-user-data.ps1", data)


def _azure(load: _Load) -> tuple[NamedFile, ...]:
    names = [f"$env:UNATTEND_SECRET_{number}" for number, _ in enumerate(load.secrets)]
    data = _bytes(_script(load, _AZURE_NOTE, _array(names)))
    if len(data) > _AZURE_BYTES:
        raise _too_large("Azure custom data", len(data), _AZURE_BYTES)
    command = f"powershell.exe -NoProfile -ExecutionPolicy Bypass -EncodedCommand {encoded_command(_carry(load))}"
    if len(command) > LONGEST_LINE:
        # The extension's agent hands commandToExecute to cmd.exe.
        raise _too_large("the command of Azure's custom script extension", len(command), LONGEST_LINE)
    settings = json.dumps({"commandToExecute": command}, indent=2)
    return (
        NamedFile("cloud/azure-custom-data.ps1", data),
        NamedFile("cloud/azure-protected-settings.json", f"{settings}\n".encode("ascii")),
    )


def _carry(load: _Load) -> str:
    """Write the command that puts the secrets into the environment, which nothing has to quote, and runs the script.

    Where custom data lies: MicrosoftDocs/azure-compute-docs articles/virtual-machines/custom-data.md.
    """
    values = (ascii_expression(secret.reveal(), what=what) for what, secret in load.secrets)
    return "\n".join(
        (
            *(f"$env:UNATTEND_SECRET_{number} = {value}" for number, value in enumerate(values)),
            "$folder = Join-Path $env:SystemDrive 'AzureData'",
            "$script = Join-Path $folder 'unattend.ps1'",
            "Copy-Item (Join-Path $folder 'CustomData.bin') $script -Force",
            f"& {RUN} $script",
            "exit $LASTEXITCODE",
        )
    )


def _script(load: _Load, notes: tuple[str, ...], secrets: str) -> str:
    closed = closed_script(load.guest, load.luggage.certificate)
    if closed is None:
        raise TypeError(load.communicator)
    # User data that is PowerShell needs no step to get it.
    steps = tuple(step for step in closed.steps if step.code is not BootstrapExit.POWERSHELL)
    close, *others = in_powershell(steps, _opening(load))
    return powershell_text(
        PowerShellScript(
            subject=closed.subject,
            hold_rule=closed.hold_rule,
            ready=closed.ready,
            steps=(close, account_step(load.guest), *others),
            summary=closed.summary,
            notes=notes,
            secrets=secrets,
            accounts=True,
            client=not load.guest.windows.release.server,
        )
    )


def _opening(load: _Load) -> Opening:
    certificate = load.luggage.certificate
    if certificate is None:
        return Opening(load.guest, load.communicator, load.luggage)
    data = base64.b64encode(certificate.pfx).decode("ascii")
    pfx = Pfx(f"[Convert]::FromBase64String('{data}')", f"$Secrets[{len(load.secrets) - 1}]")
    return Opening(load.guest, load.communicator, load.luggage, pfx)


def _inside(secrets: Sequence[tuple[str, Secret]]) -> str:
    return _array([ascii_expression(secret.reveal(), what=what) for what, secret in secrets])


def _array(values: Sequence[str]) -> str:
    inside = ",\n".join(f"    {value}" for value in values)
    return f"$Secrets = @(\n{inside}\n)"


def _bytes(script: str) -> bytes:
    # ASCII whatever the values hold, and no BOM: the agents look at the first characters.
    return script.replace("\n", "\r\n").encode("ascii")


def _too_large(what: str, size: int, limit: int) -> ToolkitError:
    return ToolkitError(
        f"{what} would hold {size} characters, and the cloud takes {limit}",
        help="Shorten bootstrap.allow_from, or name fewer accounts.",
    )
