"""Guest -> every file of the output. `generate`, `pack-iso`, `rehearse` and the tests all come through here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from toolkit.render.answerfile.document import answer_file
from toolkit.render.bootstrap import bootstrap_files
from toolkit.render.manifest import manifest

if TYPE_CHECKING:
    from toolkit.files import NamedFile
    from toolkit.render.winrm_steps import HostCertificate
    from toolkit.spec.guest import Guest


def generated(guest: Guest, certificate: HostCertificate | None = None) -> tuple[NamedFile, ...]:
    """Give the answer file, the bootstrap with what it needs, and the manifest over them.

    `certificate` is needed where the communicator uses https. The same guest and certificate give the same bytes.
    """
    files = (answer_file(guest), *bootstrap_files(guest, certificate))
    return (*files, manifest(guest, files, certificate))
