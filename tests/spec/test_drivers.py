from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.spec.loading import SMALLEST, errors, guest_of, warnings
from toolkit.spec.guest import ExtraFile
from toolkit.spec.work import Drivers, GuestTool

if TYPE_CHECKING:
    from pathlib import Path


def drivers(lines: str) -> str:
    return SMALLEST + f"[drivers]\n{lines}\n"


def test_drivers_are_paths_a_preset_and_tools() -> None:
    spec = drivers("paths = ['E:\\a', 'b/c']\nvirtio = true\nguest_tools = ['qemu', 'vmware']")
    assert guest_of(spec).drivers == Drivers(
        (r"E:\a", "b/c"), virtio=True, guest_tools=(GuestTool.QEMU, GuestTool.VMWARE)
    )


def test_a_folder_of_drivers_travels_where_setup_looks_on_any_letter(tmp_path: Path) -> None:
    (tmp_path / "net" / "x64").mkdir(parents=True)
    inf, sys = tmp_path / "net" / "x64" / "n.inf", tmp_path / "net" / "x64" / "n.sys"
    inf.write_bytes(b"x")
    sys.write_bytes(b"x")
    assert guest_of(drivers(f"folders = ['{tmp_path}']")).media.files == (
        ExtraFile(inf, "$WinPEDriver$/1/net/x64/n.inf"),
        ExtraFile(sys, "$WinPEDriver$/1/net/x64/n.sys"),
    )


def test_a_folder_without_drivers_is_refused(tmp_path: Path) -> None:
    (tmp_path / "readme.txt").write_bytes(b"x")
    assert errors(drivers(f"folders = ['{tmp_path}', '{tmp_path / 'none'}']")) == [
        f"8:12 {tmp_path} holds no driver (.inf)",
        f"8:{len(str(tmp_path)) + 16} {tmp_path / 'none'} is not a folder",
    ]


@pytest.mark.parametrize("path", ["E:\\", "\\", "", " ", "E:", "a*", 'a"b', "a:b", "x" * 257])
def test_a_path_that_setup_cannot_take_or_that_is_a_whole_disc_is_refused(path: str) -> None:
    assert len(errors(drivers(f"paths = ['{path}']"))) == 1


def test_a_path_may_be_as_long_as_its_setting_allows() -> None:
    assert guest_of(drivers(f"paths = ['{'x' * 256}']")).drivers.paths == ("x" * 256,)


def test_a_tool_named_twice_is_refused() -> None:
    assert errors(drivers("guest_tools = ['qemu', 'qemu']")) == ['8:24 "qemu" stands in drivers.guest_tools twice']


def test_hyper_vs_services_are_left_out_where_windows_has_them() -> None:
    spec = drivers("guest_tools = ['hyperv']")
    assert warnings(spec) == ["Windows Server 2022 has Hyper-V's services built in"]
    assert guest_of(spec).drivers.guest_tools == ()
    assert guest_of(spec.replace("server-2022", "server-2008r2")).drivers.guest_tools == (GuestTool.HYPERV,)


def test_tools_wait_for_a_logon() -> None:
    base = '[windows]\nrelease = "11"\n[communicator]\ncommunicator = "none"\n[administrator]\npassword = "Passw0rd"\n'
    assert guest_of(base).autologon is None
    assert guest_of(base + "[drivers]\nguest_tools = ['qemu']\n").autologon is not None
