"""The first boot, from the files of a medium to a guest that answers or says why it does not."""

from __future__ import annotations

import base64
from dataclasses import replace
from html import escape
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.render.guests import bootstrap, guest, ssh, winrm
from tests.render.modes import distinct, files_of, on
from tests.render.scripts import cloud_scripts, guests, in_powershell
from toolkit.catalog.releases import releases
from toolkit.files import NamedFile
from toolkit.render.generate import generated
from toolkit.render.winrm_steps import HostCertificate
from toolkit.secret import Secret
from toolkit.simulator.batch import read_batch
from toolkit.simulator.batchrun import BatchRun
from toolkit.simulator.firstboot import FirstBoot, first_boot
from toolkit.simulator.machine import Machine, installed
from toolkit.simulator.powershell_file import PowerShellFile, read_powershell, run_file
from toolkit.simulator.state import state_of
from toolkit.spec.guest import Consumer, Find, Language, NoCommunicator, Style, Winrm

if TYPE_CHECKING:
    from toolkit.spec.guest import Guest

CERTIFICATE = HostCertificate("A" * 40, "WIN-BUILD", b"pfx", Secret("pfx-password"))
PACKERS_DOCUMENTATION = """\
rem basic config for winrm
cmd.exe /c winrm quickconfig -q
rem allow unencrypted traffic, and configure auth to use basic username/password auth
cmd.exe /c winrm set winrm/config/service @{AllowUnencrypted="true"}
cmd.exe /c winrm set winrm/config/service/auth @{Basic="true"}
rem update firewall rules to open the right port and to allow remote administration
cmd.exe /c netsh advfirewall firewall set rule group="remote administration" new enable=yes
rem restart winrm
cmd.exe /c net stop winrm
cmd.exe /c net start winrm
"""


def hidden(password: str, element: str = "Password") -> str:
    return base64.b64encode((password + element).encode("utf-16-le")).decode()


def answer_file(
    *first_logon: str,
    specialize: tuple[str, ...] = (),
    count: str = "1",
    extensions: str = "",
    account: str = "packeruser",
    logon: str = "packeruser",
    logon_phrase: str = "SecretPassword",
    group: str = "Administrators",
    image: str = "Windows 10 Pro",
    enabled: str = "true",
) -> NamedFile:
    """Write an answer file the way people do by hand."""

    def numbered(element: str, line: str, lines: tuple[str, ...]) -> str:
        # Written backwards, as Order and not the place in the file decides.
        return "".join(
            f"<{element}><Order>{number}</Order><{line}>{escape(text)}</{line}>"
            f"<WillReboot>OnRequest</WillReboot></{element}>"
            for number, text in reversed(list(enumerate(lines, 1)))
        )

    component = 'processorArchitecture="amd64" language="neutral"'
    return NamedFile(
        "Autounattend.xml",
        f"""<?xml version="1.0" encoding="utf-8"?>
<unattend xmlns="urn:schemas-microsoft-com:unattend">
 <settings pass="windowsPE"><component name="Microsoft-Windows-Setup" {component}><ImageInstall><OSImage><InstallFrom>
  <MetaData><Key>/IMAGE/NAME</Key><Value>{image}</Value></MetaData>
 </InstallFrom></OSImage></ImageInstall></component></settings>
 <settings pass="specialize">
  <component name="Microsoft-Windows-Shell-Setup" {component}><ComputerName>WIN-BUILD</ComputerName></component>
  <component name="Microsoft-Windows-Deployment" {component}><RunSynchronous>
   {numbered("RunSynchronousCommand", "Path", specialize)}
  </RunSynchronous></component>
 </settings>
 <settings pass="oobeSystem"><component name="Microsoft-Windows-Shell-Setup" {component}>
  <UserAccounts><LocalAccounts><LocalAccount><Name>{account}</Name><Group>{group}</Group>
   <Password><Value>{hidden("SecretPassword")}</Value><PlainText>false</PlainText></Password>
  </LocalAccount></LocalAccounts></UserAccounts>
  <AutoLogon><Enabled>{enabled}</Enabled><LogonCount>{count}</LogonCount><Username>{logon}</Username>
   <Password><Value>{logon_phrase}</Value><PlainText>true</PlainText></Password></AutoLogon>
  <FirstLogonCommands>{numbered("SynchronousCommand", "CommandLine", first_logon)}</FirstLogonCommands>
 </component></settings>
 {extensions}
</unattend>""".encode(),
    )


def script(text: str, name: str = "winrmConfig.bat") -> NamedFile:
    return NamedFile(name, text.replace("\n", "\r\n").encode())


def boot(*files: NamedFile) -> FirstBoot:
    return first_boot(files)


def closed_guest(
    *, ssl: bool = False, ntlm: bool = False, port: int | None = None, **settings: Consumer | Find
) -> Guest:
    return guest(winrm(ssl=ssl, ntlm=ntlm, port=port), bootstrap(**settings))  # type: ignore[arg-type]  # by name


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize(
    "spec",
    [
        closed_guest(),
        closed_guest(ntlm=True),
        closed_guest(ntlm=True, consumer=Consumer.ANSIBLE),
        closed_guest(ntlm=True, consumer=Consumer.VAGRANT),
        closed_guest(consumer=Consumer.ANY),
        closed_guest(find=Find.FLOPPY),
        closed_guest(port=8080),
        closed_guest(ssl=True),
        closed_guest(ssl=True, ntlm=True, port=443),
    ],
)
def test_the_guest_that_the_files_make_is_the_guest_that_the_spec_asks_for(spec: Guest, language: Language) -> None:
    spec = replace(spec, bootstrap=replace(spec.bootstrap, language=language))
    made = first_boot(generated(spec, CERTIFICATE if spec.communicator.ssl else None))  # type: ignore[union-attr]
    assert made.problems == ()
    assert made.state == state_of(spec)


def test_a_closed_bootstrap_opens_with_its_last_command_and_not_before() -> None:
    made = first_boot(generated(closed_guest()))
    assert [step.reachable for step in made.steps] == [False] * (len(made.steps) - 1) + [True]
    assert made.steps[-1].command == "netsh advfirewall firewall delete rule name=unattend-winrm-hold"
    assert made.steps[0].where == "specialize 1"


def test_the_plain_bootstrap_makes_the_guest_of_packers_documentation() -> None:
    made = first_boot(generated(guest(winrm(), bootstrap(Style.PLAIN))))
    assert made.problems == ()
    assert made.state is not None
    assert (made.state.basic, made.state.allow_unencrypted) == (True, True)
    assert made.state.open_ports == {5985}


def test_packers_documentation_works_and_is_open_before_it_is_done() -> None:
    made = boot(answer_file(r"cmd.exe /c a:\winrmConfig.bat"), script(PACKERS_DOCUMENTATION))
    assert made.problems == ()
    assert made.state is not None
    assert made.state.basic
    assert made.state.windows.name == "Windows 10"
    assert made.state.users[0].password.reveal() == "SecretPassword"
    assert made.steps[1].reachable
    assert [step.where for step in made.steps[:2]] == ["first logon 1", "winrmConfig.bat:2"]


def test_the_same_script_without_its_wrappings_ends_at_the_first_line() -> None:
    made = boot(answer_file(r"cmd.exe /c a:\winrmConfig.bat"), script(PACKERS_DOCUMENTATION.replace("cmd.exe /c ", "")))
    assert any("a bare `winrm` line ends the batch there" in problem for problem in made.problems)
    assert made.state is not None
    assert not made.state.basic


def test_a_guest_that_nothing_opens_stays_shut_and_says_why() -> None:
    made = boot(answer_file("net user x y /add"))
    assert made.state is not None
    assert not made.state.reachable
    assert made.problems == ()
    assert made.closed == (
        "WinRM stays closed: the WinRM service does not run (what the command at first logon 1 does is not modelled)"
    )


def test_a_block_rule_that_nobody_removes_is_named() -> None:
    hold = "netsh advfirewall firewall add rule name=hold dir=in action=block protocol=TCP localport=5985"
    made = boot(answer_file("cmd /c a:\\winrmConfig.bat", specialize=(hold,)), script(PACKERS_DOCUMENTATION))
    assert made.problems == ('the block rule "hold" is still there when the script ends',)
    assert made.state is not None
    assert not made.state.reachable


@pytest.mark.parametrize(
    ("document", "problem"),
    [
        (answer_file("a:\\x.bat", logon="somebody"), "the autologon account somebody is not created by this file"),
        (answer_file("a:\\x.bat", enabled="false"), "nobody logs on, so FirstLogonCommands never run"),
        (answer_file("a:\\x.bat", logon_phrase="other"), "is not the password of packeruser"),
        (answer_file("a:\\x.bat", group="Users"), "packeruser is no administrator"),
        (answer_file("a:\\x.bat"), "no medium file matches the script that first logon 1 calls: x.bat"),
        (answer_file("powershell -File E:\\go\\enable.ps1"), "no medium file matches the script"),
    ],
)
def test_what_keeps_the_bootstrap_from_running_is_a_problem(document: NamedFile, problem: str) -> None:
    made = boot(document, script(PACKERS_DOCUMENTATION))
    assert any(problem in found for found in made.problems)
    assert made.state is not None
    assert not made.state.reachable


def test_autologon_as_administrator_enables_the_built_in_account() -> None:
    made = boot(answer_file("cmd /c a:\\winrmConfig.bat", logon="Administrator"), script(PACKERS_DOCUMENTATION))
    assert made.problems == ()
    assert made.state is not None
    administrator = made.state.user("administrator")
    assert administrator is not None
    assert administrator.built_in


@pytest.mark.parametrize("ending", ["bat", "cmd", "CMD"])
@pytest.mark.parametrize(
    "command",
    [
        "cmd.exe /c a:\\{}",
        'cmd /c "for %d in (a d e f) do if exist %d:\\{} call %d:\\{}"',
        "cmd /c E:\\scripts\\{}",
    ],
)
def test_the_script_is_found_however_it_is_called(command: str, ending: str) -> None:
    name = f"winrmConfig.{ending}"
    assert (
        boot(answer_file(command.replace("{}", name)), script(PACKERS_DOCUMENTATION, f"scripts/{name}")).problems == ()
    )


def test_commands_need_no_script_and_run_in_their_order() -> None:
    made = boot(
        answer_file(
            "cmd.exe /c winrm quickconfig -q",
            'cmd.exe /c winrm set winrm/config/service/auth @{Basic="true"}',
            'winrm set winrm/config/service @{AllowUnencrypted="true"}',
        )
    )
    assert made.problems == ()
    assert [step.where for step in made.steps] == ["first logon 1", "first logon 2", "first logon 3"]
    assert made.state is not None
    assert made.state.allow_unencrypted


def test_a_loop_in_a_command_runs_for_each_of_its_words() -> None:
    made = boot(answer_file("cmd.exe /d /c sc.exe query WinRM & for %v in (One Two) do reg delete HKLM\\K /v %v /f"))
    assert [step.command for step in made.steps][1:] == [
        "reg delete HKLM\\K /v One /f",
        "reg delete HKLM\\K /v Two /f",
    ]


def test_a_server_is_open_without_any_script() -> None:
    made = boot(answer_file(image="Windows Server 2019 SERVERDATACENTERCORE"))
    assert made.state is not None
    assert made.state.windows.build == releases()["server-2019"].build
    assert made.state.open_ports == {5985}
    assert not made.state.remote_elevation


def test_the_release_can_be_given_where_the_file_does_not_say() -> None:
    made = first_boot([answer_file(image="My own image")], release=releases()["server-2022"])
    assert made.state is not None
    assert made.state.reachable


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "not well-formed"),
        (b"<unattend/>", "urn:schemas-microsoft-com:unattend"),
        (b'<!DOCTYPE u [<!ENTITY a "b">]><u>&a;</u>', "document type"),
        (answer_file().data.replace(hidden("SecretPassword").encode(), b"*SENSITIVE*"), "Base64"),
        (answer_file().data.replace(hidden("SecretPassword").encode(), hidden("x", "y").encode()), '"Password"'),
    ],
)
def test_an_answer_file_that_setup_refuses_leaves_no_guest(data: bytes, why: str) -> None:
    made = boot(NamedFile("autounattend.XML", data))
    assert made.state is None
    assert why in made.problems[0]


def test_a_medium_without_answer_file_leaves_no_guest() -> None:
    assert boot(script(PACKERS_DOCUMENTATION)).state is None


def test_no_step_and_no_repr_shows_a_password() -> None:
    made = boot(answer_file("net user packeruser SecretPassword"))
    assert "SecretPassword" not in repr(made)
    assert made.steps[0].command == "net user packeruser ***"


@given(st.text(alphabet=st.characters(exclude_categories=["C"]), max_size=30))
def test_any_hidden_password_is_read_back(password: str) -> None:
    document = answer_file().data.replace(hidden("SecretPassword").encode(), hidden(password).encode())
    made = boot(NamedFile("Autounattend.xml", document))
    assert made.state is not None
    assert made.state.users[0].password.reveal() == password


WINLOGON = r"HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion\Winlogon"
ONCE_MORE = f'reg add "{WINLOGON}" /v AutoLogonCount /t REG_DWORD /d 1 /f'
RUN_ONCE = r"reg add HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\RunOnce /v go-on /t REG_SZ /d"
RESTARTS = """\
if exist "%TEMP%\\restarted.txt" goto on
>"%TEMP%\\restarted.txt" echo yes
{comes_back}
shutdown.exe /r /t 0 /f
winrm set winrm/config/service/auth @{{Basic="true"}}
:on
winrm quickconfig -q
"""


def restarting(comes_back: str) -> FirstBoot:
    return boot(answer_file(r"cmd.exe /c %d:\setup.bat"), script(RESTARTS.format(comes_back=comes_back), "setup.bat"))


@pytest.mark.parametrize(
    "comes_back",
    [
        f'{ONCE_MORE}\nschtasks /create /f /tn go-on /sc onlogon /tr "cmd.exe /d /c %~f0"',
        f'{ONCE_MORE}\n{RUN_ONCE} "cmd.exe /d /c %~f0" /f',
    ],
    ids=["task", "RunOnce"],
)
def test_a_restart_is_followed_by_what_runs_at_the_next_logon(comes_back: str) -> None:
    made = restarting(comes_back)
    assert made.closed is None
    assert made.problems == ()
    assert made.state is not None
    assert not made.state.basic
    assert [step.effect for step in made.steps if step.where == "restart"] == ["Windows restarts"]


def test_after_a_restart_nothing_goes_on_that_was_not_registered() -> None:
    made = restarting(ONCE_MORE)
    assert made.closed is not None
    assert made.problems == ()


def test_after_a_restart_nothing_goes_on_where_nobody_logs_on() -> None:
    made = restarting(f'{RUN_ONCE} "cmd.exe /d /c %~f0" /f')
    assert made.closed is not None
    assert "nobody logs on by himself" in made.problems[0]


def test_a_restart_at_the_very_end_needs_no_logon() -> None:
    made = boot(answer_file("winrm quickconfig -q", "shutdown -r -t 0"))
    assert (made.problems, made.closed) == ((), None)


def test_what_restarts_at_every_logon_is_told() -> None:
    task = 'schtasks /create /f /tn again /sc onlogon /tr "shutdown /r /t 0"'
    made = boot(answer_file(task, "shutdown /r /t 0", count="9999"))
    assert "again and again" in made.problems[0]


def test_a_command_behind_a_restart_runs_at_the_next_logon() -> None:
    made = boot(answer_file("shutdown /r /t 0", "winrm quickconfig -q", count="2"))
    assert made.closed is None
    assert [step.where for step in made.steps] == ["first logon 1", "restart", "first logon 2"]


def test_a_service_that_does_not_start_by_itself_is_stopped_after_a_restart() -> None:
    open_first = ("winrm quickconfig -q", "sc.exe config winrm start= demand", "shutdown /r /t 0")
    assert boot(answer_file(*open_first, count="2")).closed is not None
    assert boot(answer_file(open_first[0], open_first[2], count="2")).closed is None


def test_setup_restarts_in_specialize_and_runs_the_command_again() -> None:
    text = 'if exist "%TEMP%\\once.txt" exit /b 0\n>"%TEMP%\\once.txt" echo 1\nexit /b 2\n'
    medium = answer_file("winrm quickconfig -q", specialize=(r"cmd.exe /c %d:\prepare.cmd",))
    made = boot(medium, script(text, "prepare.cmd"))
    assert [step.where for step in made.steps] == ["specialize 1", "restart", "specialize 1", "first logon 1"]
    endless = boot(medium, script("exit /b 2\n", "prepare.cmd"))
    assert "specialize 1 asks for a restart again and again" in endless.problems


def test_files_in_the_answer_file_are_there_once_a_command_unpacks_them() -> None:
    carried = base64.b64encode(b"winrm quickconfig -q\r\n").decode()
    inside = f'<Extensions xmlns="urn:carried"><File path="unattend\\open.cmd">{carried}</File></Extensions>'
    run, unpack = r"C:\Windows\Setup\Scripts\unattend\open.cmd", "powershell iex $x.unattend.Extensions.Extract"
    assert boot(answer_file(run, specialize=(unpack,), extensions=inside)).closed is None
    assert boot(answer_file(run, extensions=inside)).closed is not None


@pytest.mark.parametrize("wanted", distinct().values(), ids=distinct())
def test_a_script_that_runs_twice_ends_in_the_same_state(wanted: Guest) -> None:
    (script_file, *others) = files_of(wanted) or ()
    batch = read_batch(script_file.name, script_file.data)
    files = frozenset(file.name.casefold() for file in others)
    first = BatchRun(batch, Machine(files=files)).run()
    second = BatchRun(batch, first.machine).run()
    assert (first.errorlevel, second.errorlevel) == (0, 0)
    assert replace(second.machine, files=frozenset()) == replace(first.machine, files=frozenset())


@pytest.mark.parametrize("name", guests())
def test_a_powershell_script_ends_where_the_batch_file_ends_and_runs_twice(name: str) -> None:
    wanted = guests()[name]
    batch, *others = files_of(wanted) or ()
    script, *_ = files_of(in_powershell(wanted)) or ()
    start = replace(
        installed(server=wanted.windows.release.server, build=wanted.windows.release.build),
        files=frozenset(file.name.casefold() for file in others),
    )
    file = read_powershell(script.name, script.data)
    once = list(run_file(file, start))[-1].effect
    twice = list(run_file(file, once.machine))[-1].effect
    assert (once.exit_code, twice.exit_code) == (0, 0)
    assert twice.machine == once.machine
    by_batch = BatchRun(read_batch(batch.name, batch.data), start).run().machine
    assert comparable(once.machine) == comparable(by_batch)


def comparable(machine: Machine) -> Machine:
    """Leave out what only a batch file's run keeps books of."""
    return replace(machine, files=frozenset(), certificate_imported=False)


def test_a_powershell_script_that_fails_goes_no_further() -> None:
    text = b"Invoke-Program { sc.exe config WinRM start=auto }\nStart-Service WinRM\n"
    [failed] = run_file(read_powershell("winrmConfig.ps1", text), Machine())
    assert (failed.line, failed.effect.exit_code) == (1, 1639)


@pytest.mark.parametrize("name", distinct(1))
def test_closing_takes_back_what_opening_did(name: str) -> None:
    wanted = distinct(1)[name]
    begun = installed(server=wanted.windows.release.server, build=wanted.windows.release.build)
    opening, closing, *others = files_of(wanted) or ()
    start = replace(begun, files=frozenset(file.name.casefold() for file in others))
    opened = BatchRun(read_batch(opening.name, opening.data), start).run().machine
    run = BatchRun(read_batch(closing.name, closing.data.replace(b"%~1", b"now")), opened).run()
    assert (run.errorlevel, run.machine.open_ports, run.machine.sshd_running) == (0, frozenset(), False)
    assert [rule.name for rule in run.machine.rules if "unattend" in rule.name] == []
    assert run.machine.listeners == (() if isinstance(wanted.communicator, Winrm) else begun.listeners)
    kept = ("basic", "kerberos", "negotiate", "certificate", "credssp", "allow_unencrypted", "remote_elevation")
    assert [getattr(run.machine, each) for each in kept] == [getattr(begun, each) for each in kept]
    if wanted.windows.release.build >= 9200:
        # The model begins with the quotas of WinRM 3.0 on every release.
        quotas = [each for each in Machine.__slots__ if each.startswith("max_")]
        assert [getattr(run.machine, each) for each in quotas] == [getattr(begun, each) for each in quotas]


@pytest.mark.parametrize("name", cloud_scripts())
def test_user_data_opens_what_the_medium_would(name: str) -> None:
    text = cloud_scripts()[name].removeprefix("<powershell>\n").removesuffix("</powershell>\n")
    last = list(run_file(PowerShellFile(name, text), Machine(service_running=True)))[-1]
    assert last.effect.exit_code == 0
    communicator = guests()[name.rpartition(", ")[0]].communicator
    assert not isinstance(communicator, NoCommunicator)
    if isinstance(communicator, Winrm):
        assert last.effect.machine.open_ports == {communicator.port}
    else:
        assert last.effect.machine.sshd_running
        assert last.effect.machine.lets_in(communicator.port)


def test_sshd_answers_once_it_is_installed_started_and_let_in() -> None:
    wanted = on("11", guest(ssh()))
    made = first_boot(generated(wanted), release=wanted.windows.release)
    assert made.problems == ()
    assert made.sshd_answers(22)
    assert not made.sshd_answers(2222)
