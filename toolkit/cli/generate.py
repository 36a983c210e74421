"""`unattend generate`: the spec's files into a folder."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from toolkit.cli import console, specs
from toolkit.cli.options import Json, Output, Settings, Spec, path_option
from toolkit.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from toolkit.files import NamedFile
    from toolkit.render.host_certificate import HostCertificate
    from toolkit.spec.guest import Guest

HELP = "Write answer file, bootstrap and manifest."


def command(
    spec: Spec = None,
    output: Output = None,
    iso: Annotated[
        Path | None,
        path_option("--iso", metavar="WINDOWS.iso", help="Take the image from what this medium holds."),
    ] = None,
    cloud: Annotated[
        str | None,
        typer.Option("--for", metavar="ec2|azure|cloudbase", help="User data for a cloud's image instead."),
    ] = None,
    renew: Annotated[bool, typer.Option("--renew-certificate", help="Make the https certificate anew.")] = False,
    settings: Settings = None,
    json: Json = False,
) -> ExitCode:
    from toolkit.cli.leftovers import listed, remove
    from toolkit.files import make_folder, write_all

    path = specs.found(spec)
    folder = specs.output_folder(path, output)
    guest = specs.guest_of(path, settings or (), folder, iso=iso)
    if renew and not _makes_certificates(guest):
        raise UsageError(
            "--renew-certificate: no certificate of this guest's is made here",
            help="That is for https: winrm_use_ssl = true in [communicator].",
        )
    files = cloud_files_of(guest, folder, cloud, renew=renew) if cloud else files_of(guest, folder, renew=renew)
    earlier = {} if cloud else listed(folder)
    make_folder(folder)
    write_all(folder, files)
    for path in remove(folder, earlier, files):
        console.say(f"removed {path}, which the spec no longer gives")
    if json:
        rows = [{"name": file.name, "size": len(file.data), "sha256": file.sha256} for file in files]
        console.data_json({"folder": str(folder), "files": rows})
    else:
        for file in files:
            console.data(str(folder / file.name))
    return ExitCode.OK


def files_of(guest: Guest, folder: Path, *, renew: bool = False) -> tuple[NamedFile, ...]:
    """Render everything for `guest`; its certificate, where it needs one, is kept in `folder`."""
    from toolkit.render.generate import generated

    return generated(guest, _certificate(guest, folder, renew=renew))


def cloud_files_of(guest: Guest, folder: Path, cloud: str, *, renew: bool = False) -> tuple[NamedFile, ...]:
    """Render the bootstrap as a cloud's user data. Raises UsageError for a cloud that is not known."""
    from toolkit.render.cloud import CloudTarget, cloud_files

    if cloud not in list(CloudTarget):
        raise UsageError(f"--for {cloud} is not known", help=f"It is one of {', '.join(CloudTarget)}.")
    return cloud_files(guest, CloudTarget(cloud), _certificate(guest, folder, renew=renew))


def _makes_certificates(guest: Guest) -> bool:
    from toolkit.spec.guest import HostMade, Winrm

    certificates = (guest.bootstrap.certificate, guest.bootstrap.client_certificate)
    over_https = isinstance(guest.communicator, Winrm) and guest.communicator.ssl
    return over_https and any(isinstance(one, HostMade) for one in certificates)


def _certificate(guest: Guest, folder: Path, *, renew: bool) -> HostCertificate | None:
    from datetime import UTC, datetime

    from toolkit.render.certificate import host_certificate

    return host_certificate(guest, folder, lambda: datetime.now(UTC), renew=renew)
