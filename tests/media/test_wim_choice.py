from __future__ import annotations

import io
from dataclasses import replace

import pytest

from tests.media.wims import DATACENTER, SERVER, STANDARD, STANDARD_CORE, Described, wim_of
from toolkit.errors import ExitCode, UsageError
from toolkit.media.wim.choice import SHOWN, choose, described
from toolkit.media.wim.image import WimImage
from toolkit.media.wim.reading import read_images


def images(*described: Described) -> tuple[WimImage, ...]:
    return read_images(io.BytesIO(wim_of(*described))).images


THREE = images(*SERVER)


def test_an_image_is_found_by_its_name_in_any_case() -> None:
    assert choose(THREE, name=STANDARD.name).index == 2
    assert choose(THREE, name=STANDARD.name.lower()).index == 2


def test_an_image_is_found_by_its_index() -> None:
    assert choose(THREE, index=3).name == DATACENTER.name


def test_an_edition_is_told_from_its_core_by_the_installation() -> None:
    assert choose(THREE, edition_id="serverstandard", installation="core").name == STANDARD_CORE.name
    assert choose(THREE, edition_id="ServerStandard", installation="desktop").name == STANDARD.name


def test_a_client_counts_as_an_installation_with_a_desktop() -> None:
    client = images(Described("Windows 11 Pro", "Professional", "Client"))
    assert choose(client, edition_id="Professional", installation="desktop").index == 1


def test_languages_and_architectures_choose_too() -> None:
    both = images(replace(STANDARD, architecture="x86"), STANDARD)
    assert choose(both, name=STANDARD.name, architecture="amd64").index == 2
    assert choose(THREE, language="DE-de").index == 2


def test_the_only_image_needs_no_choice() -> None:
    assert choose(THREE[:1]).index == 1


def test_an_image_that_is_not_there_is_refused_with_the_list() -> None:
    with pytest.raises(UsageError) as caught:
        choose(THREE, name="Windows 11 Pro", architecture="arm64")
    assert caught.value.code is ExitCode.USAGE
    assert caught.value.message.splitlines() == [
        'no image with the name "Windows 11 Pro" and the architecture arm64 is on the medium, which holds:',
        "  1: Windows Server 2022 SERVERSTANDARDCORE (ServerStandard, core, amd64, en-US)",
        "  2: Windows Server 2022 SERVERSTANDARD (ServerStandard, desktop, amd64, en-US, de-DE)",
        "  3: Windows Server 2022 SERVERDATACENTER (ServerDatacenter, desktop, amd64, en-US)",
    ]


def test_a_choice_between_two_is_left_to_the_user_with_the_two() -> None:
    with pytest.raises(UsageError) as caught:
        choose(THREE, edition_id="ServerStandard")
    assert "2 images with the edition ServerStandard" in caught.value.message
    assert "DATACENTER" not in caught.value.message
    with pytest.raises(UsageError, match="3 images are on the medium"):
        choose(THREE)


def test_a_long_list_is_cut() -> None:
    many = tuple(WimImage(index, f"image {index}") for index in range(1, SHOWN + 6))
    with pytest.raises(UsageError, match=r"and 5 more$"):
        choose(many, index=99)


def test_a_medium_without_images_says_so() -> None:
    with pytest.raises(UsageError, match="lists no Windows image"):
        choose((), index=1)


def test_an_image_that_says_little_is_described_all_the_same() -> None:
    assert described(WimImage(4)) == "4: (no name) (desktop)"
