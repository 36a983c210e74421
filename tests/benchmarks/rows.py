"""The promises, one function each: what is run beside what, on which work, how often."""

from __future__ import annotations

import json
import random
from typing import TYPE_CHECKING

from tests.benchmarks import scenes
from tests.benchmarks.budgets import Alone, Compared, Counted, Row, Unmeasured
from tests.benchmarks.measuring import Cost, Program, Sample, interleaved, measured, per_megabyte
from tests.peer import Peer

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

NOTES = """
Medians over rounds in which ours and the peer run in turn; whole processes, from start to end.
pack-iso reads the image back, compares it with what was written, and waits for the disk; its peers do not look \
again, and where "sync FILE" stands they are made to wait as well. xorriso writes and leaves.
verify-winrm proves name, TCP, WinRM, logon, shell, cmd and PowerShell. Packer runs a build of the null builder \
without provisioners: it connects, sleeps its own fixed 5 s, and has PowerShell echo one line.
Uploads are given for each megabyte: ours of 10 MB, with the digest taken on both sides, Packer's of 2 MB, without. Of \
both, what the same process takes without a file is taken off. On loopback a message is cheap, and Packer sends many.
""".strip().splitlines()

_XORRISO = Peer("xorriso", ("xorriso",))
_GENISOIMAGE = Peer("genisoimage", ("genisoimage",))
_OSINFO = Peer("osinfo-install-script", ("osinfo-install-script",))
_PACKER = Peer("Packer", ("packer",))
_MOST_MEMORY = 64 << 20
_OUR_SIZE, _PACKERS_SIZE = 10_000_000, 2_000_000


def show_help(folder: Path) -> Row:
    ours = _ours("unattend --help", folder, "--help")
    peer = Program('python -c "import typer"', scenes.python("-c", "import typer"), folder)
    return _compared((ours, peer), budget=2.5, rounds=11)


def generate(folder: Path) -> Row:
    what = "unattend generate"
    if _OSINFO.missing:
        return Unmeasured(what, _OSINFO.reason)
    spec = scenes.write_spec(folder)
    out = folder / "osinfo"
    out.mkdir()
    win10 = ("--profile", "jeos", "-d", str(out), "http://microsoft.com/win/10")
    ours = _ours(what, folder, "generate", str(spec), makes=folder / "build" / "Autounattend.xml")
    peer = Program("osinfo-install-script", ("osinfo-install-script", *win10), folder, makes=out / "autounattend.xml")
    return _compared((ours, peer), budget=0.7, rounds=9)


def render_warm(folder: Path) -> Row:
    spec = scenes.write_spec(folder)
    arguments = scenes.python("-m", "tests.benchmarks.warm", str(spec), "100")
    program = Program("warm", arguments, scenes.ROOT, environment=scenes.environment())
    costs = tuple(Cost(seconds) for seconds in json.loads(scenes.output_of(program)))
    return Alone("one answer file, process warm", Sample(costs), budget=0.025)


def pack_ten(folder: Path) -> Row:
    what = "unattend pack-iso, 10 files"
    if _XORRISO.missing:
        return Unmeasured(what, _XORRISO.reason)
    source = scenes.write_files(folder / "files", folders=2, files_each=5, size=8_000)
    image = folder / "peer.iso"
    peer = ("xorriso", "-as", "mkisofs", "-quiet", "-J", "-r", "-o", str(image), str(source))
    programs = (_packing(what, folder, source), Program("xorriso -as mkisofs -J -r", peer, folder, makes=image))
    return _compared(programs, budget=1.5, rounds=9, memory=_MOST_MEMORY)


def pack_drivers(folder: Path) -> Row:
    what = "pack-iso, 300 MB in 5,000 files"
    if _GENISOIMAGE.missing:
        return Unmeasured(what, _GENISOIMAGE.reason)
    source = scenes.write_files(folder / "drivers", folders=625, files_each=8, size=60_000)
    image = folder / "peer.iso"
    peer = _kept(image, "genisoimage", "-quiet", "-J", "-r", "-o", str(image), str(source))
    programs = (_packing(what, folder, source), Program("genisoimage -J -r; sync FILE", peer, folder, makes=image))
    return _compared(programs, budget=2.0, rounds=3, memory=_MOST_MEMORY)


def verify_ready(folder: Path) -> Row:
    what = "verify-winrm, guest ready"
    if _PACKER.missing:
        return Unmeasured(what, _PACKER.reason)
    with scenes.simulated_guest() as address:
        where = (address.host, "--port", str(address.port), "-u", scenes.USER, "--auth", "basic")
        password = {"UNATTEND_WINRM_PASSWORD": scenes.PASSWORD}
        ours = _ours(what, folder, "verify-winrm", *where, "--timeout", "30s", environment=password)
        template = scenes.packer_template(folder, address)
        peer = _packer("packer build, null builder", template, folder)
        return _compared((ours, peer), budget=0.5, rounds=3)


def requests(folder: Path) -> Row:
    """Count in a process of its own: the guest that counts must not be in this one, whose children are weighed."""
    what = "verify-winrm, requests to the guest"
    if _PACKER.missing:
        return Unmeasured(what, _PACKER.reason)
    program = Program("count", scenes.python("-m", "tests.benchmarks.requests", str(folder)), scenes.ROOT)
    return Counted(what, tuple(json.loads(scenes.output_of(program)).items()))


def upload(folder: Path) -> Row:
    what = "upload of 10 MB, each MB"
    if _PACKER.missing:
        return Unmeasured(what, _PACKER.reason)
    source = folder / "benchmark.bin"
    source.write_bytes(random.Random(1).randbytes(_PACKERS_SIZE))
    with scenes.simulated_guest() as address:
        ours = (_uploading(what, address, 0), _uploading(what, address, _OUR_SIZE))
        peers = tuple(
            _packer("packer build", scenes.packer_template(folder, address, upload), folder)
            for upload in (None, source)
        )
        started, sent, connected, uploaded = interleaved((*ours, *peers), 3)
    return Compared(
        what,
        f"packer's file provisioner, {_PACKERS_SIZE // 1_000_000} MB",
        per_megabyte(sent, _OUR_SIZE, less=started.median),
        per_megabyte(uploaded, _PACKERS_SIZE, less=connected.median),
        budget=0.1,
    )


def inject_in_place(folder: Path) -> Row:
    """The work alone, each time in a new process; what starting that costs is the next row's."""
    what = "inject into a 5 GB ISO, the work"
    if _GENISOIMAGE.missing:
        return Unmeasured(what, _GENISOIMAGE.reason)
    image, source = scenes.windows_iso(folder), _answer(folder)
    arguments = scenes.python("-m", "tests.benchmarks.injecting", str(source), str(image))
    program = Program(what, arguments, scenes.ROOT, environment=scenes.environment())
    copying = _copying(image, folder)
    rounds = [(scenes.told_by(program), measured(copying)) for _ in range(4)]
    ours, peer = (Sample(costs) for costs in zip(*rounds[1:], strict=True))
    return Compared(what, copying.name, ours, peer, budget=0.01)


def inject_process(folder: Path) -> Row:
    what = "the same, whole process"
    if _GENISOIMAGE.missing:
        return Unmeasured(what, _GENISOIMAGE.reason)
    image, source = scenes.windows_iso(folder), _answer(folder)
    program = _ours(what, folder, "pack-iso", str(source), "--inject", str(image), "--in-place")
    return Alone(what, interleaved((program,), 7)[0], memory=_MOST_MEMORY)


def inject_into_copy(folder: Path) -> Row:
    what = "inject into a copy of a 5 GB ISO"
    if _GENISOIMAGE.missing:
        return Unmeasured(what, _GENISOIMAGE.reason)
    image, source = scenes.windows_iso(folder), _answer(folder)
    new = folder / "new.iso"
    ours = _ours(what, folder, "pack-iso", str(source), "--inject", str(image), "-o", str(new), makes=new)
    return _compared((ours, _copying(image, folder)), budget=1.1, rounds=2, memory=_MOST_MEMORY)


def inspect_images(folder: Path) -> Row:
    what = "inspect a 5 GB ISO"
    if _GENISOIMAGE.missing:
        return Unmeasured(what, _GENISOIMAGE.reason)
    program = _ours(what, folder, "inspect", str(scenes.windows_iso(folder)), "--json")
    return Alone(what, interleaved((program,), 7)[0], budget=0.1, memory=_MOST_MEMORY)


def thousand_guests(folder: Path) -> Row:
    """One process, one simulated guest behind a thousand endpoints: what is measured is the client."""
    what = "verify 1,000 guests, one process"
    with scenes.simulated_guest() as address:
        where = ("-m", "tests.benchmarks.fleet", address.host, str(address.port), scenes.USER, "1000")
        password = {"UNATTEND_WINRM_PASSWORD": scenes.PASSWORD}
        program = Program(what, scenes.python(*where), scenes.ROOT, environment={**scenes.environment(), **password})
        return Alone(what, Sample((measured(program),)), budget=120, memory=1 << 30)


ROWS: dict[str, Callable[[Path], Row]] = {
    "help": show_help,
    "generate": generate,
    "warm": render_warm,
    "iso": pack_ten,
    "drivers": pack_drivers,
    "inject": inject_in_place,
    "inject-process": inject_process,
    "inject-copy": inject_into_copy,
    "inspect": inspect_images,
    "verify": verify_ready,
    "requests": requests,
    "upload": upload,
    "fleet": thousand_guests,
}


def _packer(what: str, template: Path, folder: Path) -> Program:
    build = ("packer", "build", "-color=false", str(template))
    return Program(what, build, folder, environment=scenes.quiet(folder))


def _uploading(what: str, address: scenes.Address, size: int) -> Program:
    where = (address.host, str(address.port), scenes.USER, str(size))
    own = {**scenes.environment(), "UNATTEND_WINRM_PASSWORD": scenes.PASSWORD}
    return Program(what, scenes.python("-m", "tests.benchmarks.upload", *where), scenes.ROOT, environment=own)


def _copying(image: Path, folder: Path) -> Program:
    copy = folder / "copy.iso"
    command = _kept(copy, "cp", "--reflink=never", str(image), str(copy))
    return Program("cp --reflink=never; sync FILE", command, folder, makes=copy)


def _kept(image: Path, *command: str) -> tuple[str, ...]:
    """Let a peer wait for the disk as we do: what it leaves in memory, a power cut takes."""
    return ("sh", "-c", '"$@" && sync "$0"', str(image), *command)


def _answer(folder: Path) -> Path:
    return scenes.write_files(folder / "answer", folders=1, files_each=2, size=8_000)


def _packing(what: str, folder: Path, source: Path) -> Program:
    image = folder / "ours.iso"
    return _ours(what, folder, "pack-iso", str(source), "-o", str(image), makes=image)


def _ours(
    what: str, folder: Path, *arguments: str, makes: Path | None = None, environment: dict[str, str] | None = None
) -> Program:
    own = {**scenes.environment(), **(environment or {})}
    return Program(what, scenes.unattend(*arguments), folder, makes=makes, environment=own)


def _compared(programs: tuple[Program, Program], *, budget: float, rounds: int, memory: int | None = None) -> Row:
    ours, peer = interleaved(programs, rounds)
    return Compared(programs[0].name, programs[1].name, ours, peer, budget, memory)
