"""The golden matrix: whatever the spec says, the catalog has nothing to say about the answer file."""

from __future__ import annotations

import pytest

from tests.spec.loading import NONE, WINRM, guest_of
from toolkit.catalog.check import check
from toolkit.catalog.releases import releases
from toolkit.render.answerfile.document import answer_file
from toolkit.spec.storage import Recovery

COMMUNICATORS = {"http": WINRM, "https": WINRM + "winrm_use_ssl = true\n", "none": NONE}
EDITIONS = [(release.key, edition) for release in releases().values() for edition in release.editions]
LAYOUTS = [
    ("bios", 'layout = "single"'),
    ("bios", 'recovery = "last"'),
    ("uefi", 'recovery = "first"'),
    ("uefi", 'recovery = "last"'),
    ("uefi", 'recovery = "none"'),
    ("auto", 'recovery = "last"'),
    ("auto", ""),
    ("uefi", 'layout = "none"'),
    ("uefi", 'guard = { min_gb = 40, max_gb = 99, empty = true, bus = "nvme" }'),
    (
        "uefi",
        'partitions = [{ kind = "efi", size_mb = 300 }, { kind = "recovery", size_mb = 900 }, { windows = true }]',
    ),
    ("bios", 'data = [{ target = 1, letter = "D" }, { target = 2 }]'),
]
MORE = (
    '[[accounts]]\nname = "ann"\npassword = "x"\npassword_never_expires = true\n'
    '[administrator]\npassword = "x"\nenabled = true\n[autologon]\nusername = "ann"\ncount = "forever"\n'
    '[locale]\nregion = "FR"\npe_keyboard = "fr-FR"\n[oobe]\nexpress = "on"\n[computer]\nowner = "o"\n'
)


def findings(text: str) -> list[str]:
    guest = guest_of(text)
    return [problem.concise() for problem in check(answer_file(guest).data, guest.windows.release.key)]


def windows(release: str, more: str = "") -> str:
    return f'[windows]\nrelease = "{release}"\n{more}\n'


@pytest.mark.parametrize("communicator", COMMUNICATORS.values(), ids=COMMUNICATORS)
@pytest.mark.parametrize("firmware", ["bios", "uefi", "auto"])
@pytest.mark.parametrize("release", releases())
def test_every_release_renders_without_a_finding(release: str, firmware: str, communicator: str) -> None:
    assert findings(windows(release) + f'[disk]\nfirmware = "{firmware}"\n' + communicator) == []


@pytest.mark.parametrize(("release", "edition"), EDITIONS)
def test_every_edition_renders_without_a_finding(release: str, edition: str) -> None:
    assert findings(windows(release, f'edition = "{edition}"') + WINRM + MORE) == []


@pytest.mark.parametrize("release", [key for key, release in releases().items() if release.server])
def test_every_core_renders_without_a_finding(release: str) -> None:
    assert findings(windows(release, 'installation = "core"\nevaluation = true') + WINRM + MORE) == []


@pytest.mark.parametrize("release", ["7", "8.1", "10", "11", "server-2025"])
@pytest.mark.parametrize(("firmware", "disk"), LAYOUTS)
def test_every_layout_renders_without_a_finding(release: str, firmware: str, disk: str) -> None:
    assert findings(windows(release) + f'[disk]\nfirmware = "{firmware}"\n{disk}\n' + WINRM) == []


@pytest.mark.parametrize("release", [key for key, release in releases().items() if len(release.architectures) > 1])
def test_every_architecture_is_in_the_file_once(release: str) -> None:
    architectures = releases()[release].architectures
    listed = ", ".join(f'"{name}"' for name in architectures)
    text = windows(release, f"architecture = [{listed}]") + WINRM
    assert findings(text) == []
    data = answer_file(guest_of(text)).data
    counts = {data.count(f'processorArchitecture="{name}"'.encode()) for name in architectures}
    assert len(counts) == 1
    assert counts != {0}


def test_every_place_for_windows_re_is_in_the_matrix() -> None:
    named = " ".join(disk for _, disk in LAYOUTS)
    assert all(f'recovery = "{place}"' in named for place in Recovery if place is not Recovery.SETUP)
