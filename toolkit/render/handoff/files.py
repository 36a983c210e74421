"""Guest -> the fragments for the tools that go on from here, all in the folder `handoff`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from toolkit.files import NamedFile
from toolkit.render.handoff import ansible, packer, vagrant
from toolkit.render.handoff.trust import AUTHORITY, Trust, trust_of
from toolkit.spec.guest import NoCommunicator

if TYPE_CHECKING:
    from collections.abc import Sequence

    from toolkit.render.host_certificate import HostCertificate
    from toolkit.spec.guest import Guest


def handoff_files(
    guest: Guest, certificate: HostCertificate | None, medium: Sequence[NamedFile]
) -> tuple[NamedFile, ...]:
    """Give the fragments: Packer's in both its languages, and Ansible's and Vagrant's where something connects.

    `medium` are the generated files that the medium holds; the fragments expect them in the folder above their own.
    Raises ToolkitError for a value that one of the languages cannot hold.
    """
    names = [file.name for file in medium]
    fragments = (
        NamedFile("handoff/packer.pkr.hcl", packer.hcl(guest, names).encode("utf-8")),
        NamedFile("handoff/packer.json", packer.json_template(guest, names).encode("utf-8")),
    )
    if isinstance(guest.communicator, NoCommunicator):
        return fragments
    trust = trust_of(guest, certificate)
    return (
        *fragments,
        NamedFile("handoff/inventory.yml", ansible.inventory(guest, guest.communicator, trust).encode("utf-8")),
        NamedFile("handoff/Vagrantfile", vagrant.vagrantfile(guest, guest.communicator).encode("utf-8")),
        *(_authority(certificate) if trust is Trust.OWN_AUTHORITY else ()),
    )


def _authority(certificate: HostCertificate | None) -> tuple[NamedFile, ...]:
    return () if certificate is None else (NamedFile(f"handoff/{AUTHORITY}", certificate.pem.encode("ascii")),)
