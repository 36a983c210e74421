from __future__ import annotations

import pytest

from tests.spec.loading import WINRM, errors, guest_of, refused, warnings
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
    known = facts.editions[edition]
    assert (found.release.key, found.edition, found.installation) == (release, edition, Installation.DESKTOP)
    assert found.release.build == (known.build or facts.build)
    assert found.image == ImageByName(known.image)
    assert found.product_key == (known.kms_key if facts.server else known.generic_key or known.kms_key)
    assert found.product_key is not None


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


@pytest.mark.parametrize(
    ("release", "name", "edition", "installation"),
    [
        ("10", "windows 10 enterprise", "enterprise", "desktop"),
        ("10", "Windows 10 Enterprise LTSC 2019", "enterprise-ltsc-2019", "desktop"),
        ("server-2022", "Windows Server 2022 SERVERDATACENTER", "datacenter", "desktop"),
        ("server-2008r2", "Windows Server 2008 R2 SERVERENTERPRISECORE", "enterprise", "core"),
    ],
)
def test_the_usual_name_of_an_image_says_its_edition_and_so_its_key(
    release: str, name: str, edition: str, installation: str
) -> None:
    found = windows(release, f'image_name = "{name}"')
    facts = releases()[release].editions[edition]
    assert (found.edition, found.installation) == (edition, installation)
    assert found.product_key == (facts.generic_key or facts.kms_key)
    assert warnings(spec(release, f'image_name = "{name}"')) == []
    assert windows(release, f'image_name = "{name}"\nedition = "{edition}"') == found


@pytest.mark.parametrize(
    ("release", "more", "message"),
    [
        (
            "10",
            'image_name = "Windows 10 Enterprise"\nedition = "pro"',
            'windows.edition is "pro", and the image "Windows 10 Enterprise" is "enterprise"',
        ),
        (
            "server-2019",
            'image_name = "Windows Server 2019 SERVERSTANDARD"\ninstallation = "core"',
            'windows.installation is "core", and the image "Windows Server 2019 SERVERSTANDARD" is "desktop"',
        ),
    ],
)
def test_an_image_and_an_edition_that_are_not_each_others_are_refused(release: str, more: str, message: str) -> None:
    assert errors(spec(release, more)) == [f"4:1 {message}"]


@pytest.mark.parametrize(
    ("release", "name"),
    [("10", "Windows 10 Enterprise Evaluation"), ("11", "Windows 11 Enterprise N Evaluation")],
)
def test_an_image_that_is_called_an_evaluation_gets_no_key(release: str, name: str) -> None:
    found = windows(release, f'image_name = "{name}"')
    assert (found.edition, found.evaluation, found.product_key) == ("enterprise", True, None)
    assert errors(spec(release, f'image_name = "{name}"\nproduct_key = "generic"')) == [
        "4:1 evaluation media take no product key: Setup would refuse it"
    ]


def test_an_image_of_ones_own_may_be_called_an_evaluation() -> None:
    own = f'image_name = "For evaluation of patches"\nedition = "enterprise"\nproduct_key = "{OWN_KEY}"'
    [problem] = refused(spec("11", own))
    assert problem.help is not None
    assert problem.help.endswith("Or write evaluation = false: it is the image's name that says so.")
    found = windows("11", f"{own}\nevaluation = false")
    assert (found.evaluation, found.product_key) == (False, OWN_KEY)


@pytest.mark.parametrize(("key", "value"), [("image_index", "1"), ("image_name", '"Golden"')])
def test_an_image_of_an_edition_that_nobody_says_is_pointed_out_where_it_gets_a_key(key: str, value: str) -> None:
    text = f"{key} = {value}"
    assert warnings(spec("11", text)) == [
        f'windows.{key} does not say which edition the image is; Setup gets the key of "pro"'
    ]
    for settled in ('edition = "home"', 'product_key = "none"', f'product_key = "{OWN_KEY}"'):
        assert warnings(spec("11", f"{text}\n{settled}")) == []


def test_a_blank_image_name_which_no_image_has_is_refused() -> None:
    assert errors(spec("11", 'image_name = " "')) == ["3:1 windows.image_name is blank"]


def test_name_and_number_together_are_refused() -> None:
    assert errors(spec("11", 'image_index = 1\nimage_name = "x"')) == [
        "3:1 windows.image_index and windows.image_name exclude each other"
    ]


@pytest.mark.parametrize("release", releases())
def test_evaluation_media_get_no_key(release: str) -> None:
    found = windows(release, "evaluation = true")
    assert found.edition == ("standard" if release in SERVERS else "enterprise")
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
    assert windows("11", 'product_key = "firmware"').product_key is None
    assert windows("11", f'product_key = "{OWN_KEY.lower()}"').product_key == OWN_KEY


@pytest.mark.parametrize(
    "key", ["retail", "AAAAA-BBBBB", f"{OWN_KEY}-", f" {OWN_KEY}", "", "ÄAAAA-BBBBB-CCCCC-DDDDD-EEEEE"]
)
def test_what_is_no_key_is_refused_and_not_repeated(key: str) -> None:
    [problem] = refused(spec("11", f'product_key = "{key}"'))
    assert "is neither a key (AAAAA-BBBBB-CCCCC-DDDDD-EEEEE) nor a known word" in problem.message
    assert problem.help == 'The words are "generic", "kms", "firmware", "none".'


def test_a_key_that_nobody_published_is_refused() -> None:
    assert errors(spec("11", 'edition = "home"\nproduct_key = "kms"')) == [
        '4:1 no kms key is published for the edition "home"'
    ]
    assert errors(spec("server-2022", 'product_key = "generic"')) == [
        '3:1 no generic key is published for the edition "standard"'
    ]


@pytest.mark.parametrize(
    ("release", "hint"),
    [("server2022", 'did you mean "server-2022"'), ("12", 'Known here: "7", "8.1", "10", "11"'), ("", "Known here")],
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


def test_one_file_may_be_for_several_architectures() -> None:
    found = windows("10", 'architecture = ["amd64", "x86", "amd64", "arm64"]')
    assert found.architectures == (Architecture.AMD64, Architecture.X86, Architecture.ARM64)
    assert windows("10", 'architecture = ["x86"]').architectures == (Architecture.X86,)


@pytest.mark.parametrize(
    ("architecture", "message"),
    [
        ('["amd64", "x86"]', 'windows.architecture "x86" does not exist for Windows 11'),
        ('"amd46"', 'windows.architecture is "amd46"; it must be one of "amd64", "x86", "arm64"'),
        ("[]", "windows.architecture is an array: list should have at least 1 item after validation, not 0"),
    ],
)
def test_an_architecture_that_cannot_be_is_refused(architecture: str, message: str) -> None:
    assert errors(spec("11", f"architecture = {architecture}")) == [f"3:1 {message}"]


@pytest.mark.parametrize(
    ("other", "ours"), [("x64", "amd64"), ("X86_64", "amd64"), ("i386", "x86"), ("aarch64", "arm64")]
)
def test_an_architecture_by_another_of_its_names_is_understood(other: str, ours: str) -> None:
    [problem] = refused(spec("10", f'architecture = "{other}"'))
    assert problem.help == f'did you mean "{ours}"?'


def test_an_edition_that_is_for_one_architecture_only_is_for_that() -> None:
    starter = 'edition = "starter"'
    assert windows("7", starter).architectures == (Architecture.X86,)
    assert windows("7", f'{starter}\narchitecture = "x86"').architectures == (Architecture.X86,)
    assert errors(spec("7", f'{starter}\narchitecture = ["x86", "amd64"]')) == [
        '4:1 the edition "starter" does not exist for amd64'
    ]


@pytest.mark.parametrize(("version", "build"), [("24H2", 26100), ("25h2", 26200), ("22H2", 22621)])
def test_a_version_is_a_build(version: str, build: int) -> None:
    assert windows("11", f'version = "{version}"').release.build == build


@pytest.mark.parametrize(
    ("release", "more", "message"),
    [
        ("11", 'version = "24H3"', 'windows.version "24H3" is not known'),
        ("server-2022", 'version = "24H2"', "Windows Server 2022 has no versions to choose from"),
        (
            "11",
            'version = "24H2"\nedition = "enterprise-ltsc"',
            'windows.version says what the edition "enterprise-ltsc" says already',
        ),
    ],
)
def test_a_version_that_cannot_be_is_refused(release: str, more: str, message: str) -> None:
    assert errors(spec(release, more)) == [f"3:1 {message}"]


@pytest.mark.parametrize(
    ("release", "edition_id", "edition", "image"),
    [
        ("server-2022", "ServerDatacenter", "datacenter", "Windows Server 2022 SERVERDATACENTER"),
        ("server-2022", "serverstandardcore", "standard", "Windows Server 2022 SERVERSTANDARDCORE"),
        ("11", "Professional", "pro", "Windows 11 Pro"),
        ("10", "EnterpriseS", "enterprise-ltsc", "Windows 10 Enterprise LTSC 2021"),
    ],
)
def test_an_edition_id_is_the_image_of_that_edition(release: str, edition_id: str, edition: str, image: str) -> None:
    found = windows(release, f'image_edition_id = "{edition_id}"')
    assert (found.edition, found.image) == (edition, ImageByName(image))
    assert found.installation == ("core" if edition_id.endswith("core") else "desktop")


def test_an_edition_id_that_cannot_be_is_refused() -> None:
    [problem] = refused(spec("server-2022", 'image_edition_id = "ServerStandart"'))
    assert problem.message == 'windows.image_edition_id "ServerStandart" is no edition of Windows Server 2022'
    assert problem.help == 'did you mean "ServerStandard"?'
    [problem] = refused(spec("server-2022", 'image_edition_id = "ServerStandardEval"'))
    assert problem.help == 'Write image_edition_id = "ServerStandard" and evaluation = true.'
    assert errors(spec("11", 'image_edition_id = "Core"\nedition = "home"')) == [
        "3:1 windows.image_edition_id and windows.edition exclude each other"
    ]


@pytest.mark.parametrize(("key", "more"), [("image_name", '"Windows 10 Enterprise LTSC 2019"'), ("image_index", "6")])
def test_one_edition_said_in_two_ways_is_one_mistake(key: str, more: str) -> None:
    [problem] = refused(spec("10", f'image_edition_id = "EnterpriseS"\n{key} = {more}'))
    assert problem.message == f"windows.image_edition_id and windows.{key} exclude each other"


def test_essentials_has_no_core() -> None:
    assert errors(spec("server-2019", 'edition = "essentials"\ninstallation = "core"')) == [
        '4:1 the edition "essentials" has no Server Core'
    ]
