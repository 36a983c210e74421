from __future__ import annotations

import pytest

from tests.render.answers import answer, files_of, texts
from tests.spec.loading import SMALLEST, guest_of
from toolkit.catalog.releases import releases

PATH = "DriverPaths/PathAndCredentials/Path"
FOLDERS = {
    "7": "w7", "8.1": "w8.1", "10": "w10", "11": "w11", "server-2008r2": "2k8R2", "server-2012": "2k12",
    "server-2012r2": "2k12R2", "server-2016": "2k16", "server-2019": "2k19", "server-2022": "2k22",
    "server-2025": "2k25",
}  # fmt: skip


def test_a_path_with_a_letter_is_taken_as_it_is_and_one_without_on_each_letter_of_a_disc() -> None:
    root = answer("[drivers]\npaths = ['E:/a/b', '\\\\host\\share', '/net/x', 'net/x']\n")
    assert texts(root, PATH) == [r"E:\a\b", r"\\host\share", *(rf"{letter}:\net\x" for letter in "DEFG")]


def test_no_driver_means_no_component() -> None:
    assert texts(answer(""), PATH) == []


@pytest.mark.parametrize("release", releases())
def test_virtio_names_the_folder_of_each_needed_driver_and_never_the_discs_root(release: str) -> None:
    paths = texts(answer("[drivers]\nvirtio = true\n", SMALLEST.replace("server-2022", release)), PATH)
    assert len(paths) == len(set(paths)) == 4 * 10
    assert {path.split("\\")[2] for path in paths} == {FOLDERS[release]}
    drivers = {path.split("\\")[1] for path in paths}
    assert {
        "vioscsi",
        "viostor",
        "NetKVM",
        "Balloon",
        "vioserial",
        "viorng",
        "vioinput",
        "qemupciserial",
        "pvpanic",
    } < drivers
    assert len(drivers & {"viogpudo", "qxldod", "qxl"}) == 1


def test_virtio_on_arm_has_only_what_there_is_for_it() -> None:
    base = '[windows]\nrelease = "11"\narchitecture = "arm64"\n[communicator]\ncommunicator = "none"\n'
    paths = texts(answer("[drivers]\nvirtio = true\n", base + '[administrator]\npassword = "Passw0rd"\n'), PATH)
    assert {path.split("\\")[3] for path in paths} == {"ARM64"}
    assert not {path.split("\\")[1] for path in paths} & {"viorng", "qemupciserial", "qxldod"}


def test_one_file_for_several_architectures_shows_each_its_own_drivers_and_the_paths_of_all() -> None:
    base = SMALLEST.replace("server-2022", "10").replace(
        "[communicator]", 'architecture = ["amd64", "arm64"]\n[communicator]'
    )
    root = answer("[drivers]\nvirtio = true\npaths = ['E:/own/and/all']\n", base)
    found = {
        component.get("processorArchitecture"): {path.split("\\")[3] for path in texts(component, PATH)}
        for component in root.iterfind("{*}settings/{*}component")
        if component.get("name") == "Microsoft-Windows-PnpCustomizationsWinPE"
    }
    assert found == {"amd64": {"amd64", "all"}, "arm64": {"ARM64", "all"}}
    assert not root.findall(".//*[@unattend-only-for]")


def test_guest_tools_on_a_medium_for_several_architectures_are_each_guests_own() -> None:
    base = SMALLEST.replace("server-2022", "10")
    tools = "[drivers]\nguest_tools = ['vmware', 'qemu']\n"
    folder = "$OEM$/$$/Setup/Scripts/unattend"
    several = files_of(guest_of(base.replace("[comm", 'architecture = ["amd64", "x86"]\n[comm') + tools))
    vmware = several[f"{folder}/guest-tools-vmware.cmd"].decode("ascii").splitlines()
    assert 'if /i "%PROCESSOR_ARCHITECTURE%"=="amd64" set "SETUP=setup64.exe"' in vmware
    assert 'if /i "%PROCESSOR_ARCHITECTURE%"=="x86" set "SETUP=setup.exe"' in vmware
    assert "SETUP" not in several[f"{folder}/guest-tools-qemu.cmd"].decode("ascii")
    assert b"SETUP" not in files_of(guest_of(base + tools))[f"{folder}/guest-tools-vmware.cmd"]
