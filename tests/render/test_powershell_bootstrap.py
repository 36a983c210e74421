from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import replace

import pytest

from tests.render.guests import CERTIFICATE, bootstrap, guest, ssh, winrm
from tests.render.scripts import guests, in_powershell, mode, script, scripts
from toolkit.errors import ToolkitError
from toolkit.render.bootstrap import (
    BootstrapExit,
    bootstrap_files,
    closed_script,
    first_logon_command,
    hold_command,
    script_name,
)
from toolkit.render.luggage import Luggage
from toolkit.render.powershell_opening import Opening, same_program
from toolkit.render.powershell_steps import in_powershell as translated
from toolkit.render.steps import Step
from toolkit.spec.guest import Find, GuestMade, OpenSsh, Ssh, Style, Winrm

each_guest = pytest.mark.parametrize("name", guests())


def steps_of(text: str) -> list[tuple[str, int]]:
    """Give the names and exit codes of the steps in the order in which the script begins them."""
    return [(name, int(code)) for name, code in re.findall(r"^Start-Step '([^']+)' (\d+)$", text, re.MULTILINE)]


def body(text: str, name: str) -> list[str]:
    """Give the lines of one step, without comments."""
    found = re.search(rf"^Start-Step '\d+ {name}' \d+\n(.*?)(?=^# \d+ |^# The marker)", text, re.MULTILINE | re.DOTALL)
    assert found, name
    return [line for line in found[1].splitlines() if line and not line.startswith("#")]


@each_guest
def test_the_steps_are_the_batch_files_own_in_its_order_with_its_codes(name: str) -> None:
    batch = closed_script(guests()[name], CERTIFICATE)
    assert batch is not None
    numbered = [(f"{number} {step.name}", step.code.value) for number, step in enumerate(batch.steps, start=1)]
    framed = [("elevation", BootstrapExit.ELEVATION), *numbered, ("marker", BootstrapExit.MARKER)]
    assert steps_of(scripts()[name]) == [*framed, ("release", BootstrapExit.RELEASE)]


@each_guest
def test_no_reason_speaks_of_programs_that_only_the_batch_file_runs(name: str) -> None:
    assert not re.search(r"^# .*\b(net start|reg add|ERRORLEVEL)\b", scripts()[name], re.MULTILINE)


@each_guest
def test_it_is_shut_before_anything_else_and_opened_by_the_last_command(name: str) -> None:
    text = scripts()[name]
    programs = re.findall(r"^Invoke-Program \{ (.+?) \}", text, re.MULTILINE)
    rule = r"'name=unattend-(?:winrm|ssh)-hold'"
    assert re.match(rf"netsh\.exe advfirewall firewall add rule {rule} 'dir=in' 'action=block' ", programs[0])
    assert re.fullmatch(rf"netsh\.exe advfirewall firewall delete rule {rule}", programs[-1])
    assert len([program for program in programs if "-hold'" in program]) == 2
    after = text.partition(f"{{ {programs[-1]} }}\n")[2].splitlines()
    assert after[-1] == "exit 0"
    assert all(line.startswith(("Write-Log ", "Write-Heartbeat ")) for line in after[:-1])


@each_guest
def test_the_hold_of_the_specialize_pass_is_the_rule_that_the_script_takes_away(name: str) -> None:
    hold = hold_command(guests()[name])
    assert hold is not None
    words = re.findall(r"name=\S+|localport=\S+", hold)
    first = re.search(r"^Invoke-Program .*$", scripts()[name], re.MULTILINE)
    assert first
    assert all(f"'{word}'" in first[0] for word in words)


@each_guest
def test_a_failure_anywhere_ends_with_the_steps_own_code_and_leaves_the_block_rule(name: str) -> None:
    text = scripts()[name]
    trap, first = text.index("\ntrap {\n    Stop-Bootstrap"), text.index("\nStart-Step 'elevation'")
    assert trap < first
    assert text.startswith("# Opens this guest")
    assert "\n$ErrorActionPreference = 'Stop'\n" in text[:trap]
    stop = text.partition("function Stop-Bootstrap")[2].partition("\n}\n")[0]
    assert "exit $Code" in stop
    assert "netsh" not in stop


@each_guest
def test_a_step_for_the_log_alone_never_makes_a_failure_look_like_success(name: str) -> None:
    """Its code in the table is 0; the script keeps the step's before it."""
    assert "    if ($ExitCode -ne 0) {\n        $Script:Code = $ExitCode\n    }\n" in scripts()[name]


@each_guest
def test_no_secret_is_in_the_script(name: str) -> None:
    text = scripts()[name]
    for secret in (guests()[name].communicator.password, CERTIFICATE.pfx_password):  # type: ignore[union-attr]  # all connect
        assert secret is not None
        assert secret.reveal() not in text


@each_guest
def test_nothing_hangs_on_words_or_tools_that_differ_from_guest_to_guest(name: str) -> None:
    text = scripts()[name]
    for word in ("quickconfig", "wmic", "cscript", "NetworkCategory", "DisplayName", "DisplayGroup", "D:\\", "A:\\"):
        assert word not in text


@each_guest
def test_no_call_stands_where_powershell_would_take_it_for_a_text(name: str) -> None:
    """`Join-Path [IO.Path]::GetTempPath() x` hands Join-Path the text; in parentheses it is a call."""
    for line in scripts()[name].splitlines():
        assert not re.search(r"[A-Z][a-z]+-[A-Z]\w+ (?:[^({|]* )?\[[A-Za-z.]+\]::", line), line


@each_guest
def test_the_same_guest_gives_the_same_bytes(name: str) -> None:
    first, second = (bootstrap_files(in_powershell(guests()[name]), CERTIFICATE) for _ in range(2))
    assert first == second


def test_the_files_beside_it_are_those_of_the_batch_file() -> None:
    wanted = mode("https basic")
    batch = [file.name for file in bootstrap_files(wanted, CERTIFICATE)]
    written = [file.name for file in bootstrap_files(in_powershell(wanted), CERTIFICATE)]
    assert written == ["winrmConfig.ps1", *batch[1:]]


@each_guest
def test_the_launcher_finds_the_script_on_any_letter_and_fits_the_answer_file(name: str) -> None:
    wanted = in_powershell(guests()[name])
    command, file = first_logon_command(wanted), script_name(wanted)
    assert command is not None
    assert file in {"winrmConfig.ps1", "sshConfig.ps1"}
    run = rf"powershell.exe -NoProfile -ExecutionPolicy Bypass -File %d:\{file} & exit"
    assert f"(if exist %d:\\{file} ({run}))" in command
    assert command.endswith('exit 2"')
    assert len(command) <= 1024


def test_the_floppy_is_addressed_by_decree() -> None:
    wanted = in_powershell(guest(settings=bootstrap(find=Find.FLOPPY)))
    run = r"powershell.exe -NoProfile -ExecutionPolicy Bypass -File a:\winrmConfig.ps1"
    assert first_logon_command(wanted) == run


def test_the_way_back_stays_in_the_guest() -> None:
    assert "Copy-Item (Join-Path $Here 'winrmClose.bat')" in script(mode("https basic"))


@pytest.mark.parametrize(
    ("name", "on_methods", "unencrypted"),
    [
        ("http basic packer", {"Basic", "Kerberos", "Negotiate"}, "true"),
        ("http ntlm ansible", {"Kerberos", "Negotiate"}, "false"),
        ("https basic", {"Basic", "Kerberos", "Negotiate"}, "false"),
        ("https client certificate", {"Basic", "Certificate", "Kerberos", "Negotiate"}, "false"),
        ("http kerberos", {"Kerberos", "Negotiate"}, "false"),
        ("https credssp psrp", {"CredSSP", "Kerberos", "Negotiate"}, "false"),
    ],
)
def test_exactly_the_wanted_methods_are_on_and_all_others_off(
    name: str, on_methods: set[str], unencrypted: str
) -> None:
    lines = body(script(mode(name)), "authentication")
    values = dict(re.fullmatch(r"Set-WSManValue 'Service\\(.+)' '(\w+)'", line).groups() for line in lines)  # type: ignore[union-attr,misc]  # a line of another form fails the test
    assert values.pop("AllowUnencrypted") == unencrypted
    assert {method for method, wanted in values.items() if wanted == "true"} == {rf"Auth\{name}" for name in on_methods}
    assert set(values) == {rf"Auth\{name}" for name in ("Basic", "Kerberos", "Negotiate", "Certificate", "CredSSP")}


def test_every_quota_of_the_spec_is_set_and_read_back() -> None:
    assert body(script(mode("https basic")), "quotas") == [
        "Set-WSManValue 'MaxEnvelopeSizekb' '500'",
        "Set-WSManValue 'MaxTimeoutms' '1800000'",
        r"Set-WSManValue 'Shell\MaxMemoryPerShellMB' '2048'",
        r"Set-WSManValue 'Shell\MaxShellsPerUser' '30'",
        r"Set-WSManValue 'Shell\MaxProcessesPerShell' '100'",
    ]
    assert r"Set-WSManValue 'Service\MaxConcurrentOperationsPerUser' '1500'" in script(mode("http basic packer", "7"))


def test_one_listener_stands_and_the_other_transports_goes() -> None:
    for name, kept, gone in (("http ntlm vagrant port", "HTTP", "HTTPS"), ("https ntlm port", "HTTPS", "HTTP")):
        lines = "\n".join(body(script(mode(name)), "listener"))
        selected = "-SelectorSet @{Address = '*'; Transport = '%s'}"
        assert f"New-WSManInstance -ResourceURI winrm/config/Listener {selected % kept} -ValueSet @{{" in lines
        assert f"Remove-WSManInstance -ResourceURI winrm/config/Listener {selected % gone}" in lines
        assert re.search(r"Port = '(8080|8443)'", lines)


def test_the_listener_shows_the_certificate_that_the_host_knows() -> None:
    text = script(mode("https basic"))
    wanted = f"Hostname = 'build-vm'; CertificateThumbprint = '{CERTIFICATE.thumbprint}'"
    assert wanted in "\n".join(body(text, "listener"))
    assert "    (Get-ShownThumbprint 5986) -eq '0123456789ABCDEF0123456789ABCDEF01234567'" in body(text, "self test")
    assert "Remove-Item (Join-Path $Here 'winrm.pfx.txt') -Force -ErrorAction SilentlyContinue" in body(
        text, "listener"
    )


def test_the_key_is_imported_without_a_password_on_any_command_line() -> None:
    lines = body(script(mode("https basic")), "certificate")
    assert not [line for line in lines if "Invoke-Program" in line]
    assert any("[IO.File]::ReadAllText((Join-Path $Here 'winrm.pfx.txt')).Trim()" in line for line in lines)


@pytest.mark.parametrize("release", ["7", "8.1", "server-2022"])
def test_a_certificate_of_the_guests_own_is_made_with_what_is_found_there(release: str) -> None:
    """An image may be another release than the spec says; the tools decide."""
    lines = body(script(mode("https guest made", release)), "certificate")
    by_cmdlet, _, by_certreq = "\n".join(lines).partition("    } else {\n")
    assert "if ($command -and $command.Parameters.ContainsKey('TextExtension')) {" in by_cmdlet
    assert "New-SelfSignedCertificate @options" in by_cmdlet
    assert "certreq.exe" in by_certreq
    for way in (by_cmdlet, by_certreq):
        assert "DNS=@COMPUTER@&DNS=win.lab&IPAddress=10.0.0.5&IPAddress=fd00::5" in way


def test_remoting_asks_for_what_the_running_powershell_has() -> None:
    lines = body(script(mode("https credssp psrp")), "remoting")
    assert lines[0] == "if ($PSVersionTable.PSVersion.Major -ge 3) {"
    assert lines.index("    Enable-PSRemoting -SkipNetworkProfileCheck -Force | Out-Null") < lines.index("} else {")
    assert lines[-1].startswith("(Get-Service WinRM).WaitForStatus('Running'")


def test_tls_1_2_is_switched_on_where_the_release_leaves_it_off() -> None:
    assert "tls" in [name.partition(" ")[2] for name, _ in steps_of(script(mode("https basic", "7")))]
    assert len([line for line in body(script(mode("https basic", "7")), "tls") if "-Value 1" in line]) == 2
    assert "tls" not in [name.partition(" ")[2] for name, _ in steps_of(script(mode("https basic", "8.1")))]


def test_addresses_reach_the_firewall_as_one_word() -> None:
    lines = body(script(guest(settings=bootstrap(allow_from=("10.0.0.0/8", "fe80::/10")))), "allow")
    assert "'remoteip=10.0.0.0/8,fe80::/10' }" in lines[-1]


def test_keys_and_shell_are_quoted() -> None:
    openssh = OpenSsh(authorized_keys=("ssh-ed25519 AAAA it's", "ssh-rsa BBBB"), default_shell=r"C:\it's\pwsh.exe")
    text = script(guest(ssh(), replace(bootstrap(), openssh=openssh)))
    lines = body(text, "keys")
    assert "    'ssh-ed25519 AAAA it''s'," in lines
    assert "    'ssh-rsa BBBB'" in lines
    assert lines[-1].endswith("'/inheritance:r' '/grant' '*S-1-5-18:F' '/grant' '*S-1-5-32-544:F' }")
    assert r"-Value ([Environment]::ExpandEnvironmentVariables('C:\it''s\pwsh.exe'))" in "\n".join(body(text, "shell"))


def test_a_zip_is_unpacked_where_only_administrators_write() -> None:
    lines = body(script(mode("ssh zip")), "package")
    assert r"([Environment]::ExpandEnvironmentVariables('%ProgramFiles%\unattend-openssh'))" in "\n".join(lines)
    assert "    [IO.Compression.ZipFile]::ExtractToDirectory($package, $folder)" in lines
    assert lines[-2].startswith("    Invoke-Program { powershell.exe ")


def test_a_zip_is_refused_where_nothing_unpacks_it() -> None:
    with pytest.raises(ToolkitError, match="cannot unpack"):
        script(mode("ssh zip", "7"))


def test_a_step_that_only_the_batch_file_knows_is_refused_and_not_left_out() -> None:
    wanted = guest()
    assert isinstance(wanted.communicator, Winrm | Ssh)
    unknown = Step("new step", BootstrapExit.HAND_OVER, (), ("something new",))
    with pytest.raises(ToolkitError, match='in PowerShell has no step "new step"'):
        translated((unknown,), Opening(wanted, wanted.communicator, Luggage(None, None)))


def test_the_plain_style_stays_a_batch_file() -> None:
    plain = replace(bootstrap(Style.PLAIN), certificate=GuestMade())
    assert bootstrap_files(guest(winrm(), plain))[0].name == "winrmConfig.bat"


def test_a_batch_line_is_taken_over_word_for_word_or_not_at_all() -> None:
    assert same_program("netsh a b=c,d >nul", accept=(0, 1)) == ("Invoke-Program { netsh.exe a 'b=c,d' } -Accept 0, 1",)
    with pytest.raises(ValueError, match="say"):
        same_program('netsh say "a b"')


@pytest.mark.parametrize(("language", "loaded"), [("batch", False), ("powershell", True)])
def test_a_guest_that_a_batch_file_opens_does_not_wait_for_powershells_modules(language: str, *, loaded: bool) -> None:
    code = (
        "import sys\n"
        "from dataclasses import replace\n"
        "from tests.render.guests import guest\n"
        "from toolkit.render.bootstrap import bootstrap_files\n"
        "from toolkit.spec.guest import Language\n"
        "wanted = guest()\n"
        f"bootstrap_files(replace(wanted, bootstrap=replace(wanted.bootstrap, language=Language('{language}'))))\n"
        "print(any(name.startswith('toolkit.render.powershell_') for name in sys.modules))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == str(loaded)
