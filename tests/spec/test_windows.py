from __future__ import annotations

import pytest

from tests.spec.loading import WINRM, errors, guest_of, refused
from toolkit.catalog.releases import releases
from toolkit.spec.guest import Architecture, ImageByIndex, ImageByName, Installation, Windows

OWN_KEY = "AAAAA-BBBBB-CCCCC-DDDDD-EEEEE"
EDITIONS = [(release.key, edition) for release in releases().values() for edition in release.editions]
SERVERS = [release.key for release in releases().values() if release.server]


def spec(release: str, more: str = "") -> str:
    return f'[windows]\nrelease = "{release}"\n{more}\n' + WINRM


def windows(release: str, more: str = "") -> Windows:
    return guest_of(spec(release, more)).windows


@pytest.mark.parametrize(("release", "edition"), EDITIONS)
def test_every_edition_names_its_image_and_takes_its_default_key(release: str, edition: str) -> None:
    facts = releases()[release]
    found = windows(release, f'edition = "{edition}"')
    assert (found.release, found.edition, found.installation) == (facts, edition, Installation.DESKTOP)
    assert found.image == ImageByName(facts.editions[edition].image)
    key = facts.editions[edition].kms_key if facts.server else facts.editions[edition].generic_key
    assert found.product_key == key
    assert key is not None


def test_the_usual_edition_needs_no_naming() -> None:
    assert windows("11").edition == "pro"
    assert windows("server-2022").edition == "standard"


@pytest.mark.parametrize("release", SERVERS)
@pytest.mark.parametrize(
    ("edition", "name"), [("standard", "SERVERSTANDARDCORE"), ("datacenter", "SERVERDATACENTERCORE")]
)
def test_server_core_is_an_image_of_its_own(release: str, edition: str, name: str) -> None:
    found = windows(release, f'edition = "{edition}"\ninstallation = "core"')
    assert found.image == ImageByName(f"{releases()[release].name} {name}")
    assert found.installation is Installation.CORE


def test_an_image_is_chosen_by_name_or_by_number() -> None:
    assert windows("11", 'image_name = "Windows 11 Pro für Bögen"').image == ImageByName("Windows 11 Pro für Bögen")
    assert windows("11", "image_index = 6").image == ImageByIndex(6)
    assert windows("server-2022", 'image_name = "x"\ninstallation = "core"').image == ImageByName("x")


def test_name_and_number_together_are_refused() -> None:
    assert errors(spec("11", 'image_index = 1\nimage_name = "x"')) == [
        "3:1 windows.image_index and windows.image_name exclude each other"
    ]


@pytest.mark.parametrize("release", [*SERVERS, "10", "11"])
def test_evaluation_media_get_no_key(release: str) -> None:
    edition = 'edition = "enterprise"\n' if release in ("10", "11") else ""
    found = windows(release, edition + "evaluation = true")
    assert found.evaluation
    assert found.product_key is None


@pytest.mark.parametrize("release", ["10", "11"])
def test_evaluation_media_of_clients_hold_enterprise_and_nothing_else(release: str) -> None:
    found = windows(release, 'edition = "enterprise"\nevaluation = true')
    assert found.image == ImageByName(f"Windows {release} Enterprise Evaluation")
    [problem] = refused(spec(release, 'edition = "pro"\nevaluation = true'))
    assert problem.message == 'there is no evaluation image of the edition "pro"'


@pytest.mark.parametrize("key", ["kms", "generic", OWN_KEY])
def test_a_key_for_evaluation_media_is_refused(key: str) -> None:
    [problem] = refused(spec("server-2022", f'evaluation = true\nproduct_key = "{key}"'))
    assert problem.message == "evaluation media take no product key: Setup would refuse it"
    assert problem.place.line == 4


def test_no_key_for_evaluation_media_may_be_said() -> None:
    assert windows("server-2022", 'evaluation = true\nproduct_key = "none"').product_key is None


def test_a_key_is_a_word_or_ones_own() -> None:
    pro = releases()["11"].editions["pro"]
    assert windows("11", 'product_key = "generic"').product_key == pro.generic_key
    assert windows("11", 'product_key = "kms"').product_key == pro.kms_key
    assert windows("11", 'product_key = "none"').product_key is None
    assert windows("11", f'product_key = "{OWN_KEY.lower()}"').product_key == OWN_KEY


@pytest.mark.parametrize(
    "key", ["retail", "AAAAA-BBBBB", f"{OWN_KEY}-", f" {OWN_KEY}", "", "ÄAAAA-BBBBB-CCCCC-DDDDD-EEEEE"]
)
def test_what_is_no_key_is_refused_and_not_repeated(key: str) -> None:
    [problem] = refused(spec("11", f'product_key = "{key}"'))
    assert "is neither a key (AAAAA-BBBBB-CCCCC-DDDDD-EEEEE) nor a known word" in problem.message
    assert problem.help == 'The words are "generic", "kms", "none".'


def test_a_key_that_nobody_published_is_refused() -> None:
    assert errors(spec("11", 'edition = "home"\nproduct_key = "kms"')) == [
        '4:1 no kms key is published for the edition "home"'
    ]
    assert errors(spec("server-2022", 'product_key = "generic"')) == [
        '3:1 no generic key is published for the edition "standard"'
    ]


@pytest.mark.parametrize(
    ("release", "hint"),
    [("server2022", 'did you mean "server-2022"'), ("12", 'Known here: "10", "11"'), ("", "Known here")],
)
def test_an_unknown_release_is_refused_with_those_that_are_known(release: str, hint: str) -> None:
    [problem] = refused(spec(release))
    assert problem.message == f'windows.release "{release}" is not known'
    assert hint in str(problem.help)


def test_an_unknown_edition_is_refused_with_those_of_the_release() -> None:
    [problem] = refused(spec("server-2022", 'edition = "pro"'))
    assert (problem.message, problem.help) == (
        'windows.edition "pro" is not known',
        'Known here: "standard", "datacenter".',
    )


@pytest.mark.parametrize(
    ("release", "more", "message"),
    [
        ("11", 'installation = "core"', 'windows.installation "core" does not exist for Windows 11'),
        ("11", 'architecture = "x86"', 'windows.architecture "x86" does not exist for Windows 11'),
        (
            "server-2022",
            'architecture = "arm64"',
            'windows.architecture "arm64" does not exist for Windows Server 2022',
        ),
    ],
)
def test_what_a_release_does_not_come_in_is_refused(release: str, more: str, message: str) -> None:
    assert errors(spec(release, more)) == [f"3:1 {message}"]


@pytest.mark.parametrize("architecture", Architecture)
def test_windows_10_comes_for_every_architecture(architecture: Architecture) -> None:
    assert windows("10", f'architecture = "{architecture}"').architecture is architecture
