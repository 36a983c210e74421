"""Guest -> every file of the output. `generate`, `pack-iso`, `rehearse` and the tests all come through here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from toolkit.render.answerfile.document import answer_file
from toolkit.render.answerfile.sysprep import sysprep_file
from toolkit.render.bootstrap import bootstrap_files
from toolkit.render.handoff.files import handoff_files
from toolkit.render.manifest import manifest
from toolkit.render.medium import travels
from toolkit.render.runner.carried import carried_files, medium_files
from toolkit.spec.work import Carry

if TYPE_CHECKING:
    from toolkit.files import NamedFile
    from toolkit.render.winrm_steps import HostCertificate
    from toolkit.spec.guest import Guest


def generated(guest: Guest, certificate: HostCertificate | None = None) -> tuple[NamedFile, ...]:
    """Give the answer file, the bootstrap with what it needs, what the guest gets, fragments for the tools that connect
    to it, and the manifest over them all.

    `certificate` is needed where the communicator uses https. The same guest and certificate give the same bytes.
    """
    bootstrap = bootstrap_files(guest, certificate)
    sysprep = sysprep_file(guest)
    carried = carried_files(guest, bootstrap, sysprep)
    inside = carried if guest.media.carry is Carry.ANSWER_FILE else ()
    second = () if sysprep is None else (sysprep,)
    medium = (answer_file(guest, inside), *bootstrap, *second, *medium_files(guest, carried))
    files = (*medium, *handoff_files(guest, certificate, [file for file in medium if travels(file.name)]))
    return (*files, manifest(guest, files, certificate))
