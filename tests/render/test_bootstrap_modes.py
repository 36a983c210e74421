"""What a mode or a release changes in the script. Order and control flow are run in tests/peers/wine."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.render.guests import CERTIFICATE, CLIENT, PASSWORD, THUMBPRINT, bootstrap, guest, ssh, winrm
from tests.render.modes import MODES, OLD_CORE, matrix, on
from tests.render.openssh import KEY, MSI, ZIP
from tests.render.scripts import script
from toolkit.errors import ToolkitError
from toolkit.render.bootstrap import bootstrap_files, hold_command
from toolkit.secret import Secret
from toolkit.spec.guest import (
    CarriedFile,
    Consumer,
    Guest,
    GuestMade,
    HostMade,
    NoCommunicator,
    OpenSsh,
    OwnPem,
)

SSH_TOO = replace(bootstrap(), also_ssh=True)


def text(wanted: Guest, number: int = 0) -> str:
    return bootstrap_files(wanted, CERTIFICATE)[number].data.decode("ascii")


def names(wanted: Guest) -> list[str]:
    return [file.name for file in bootstrap_files(wanted, CERTIFICATE)]


def without_remarks(code: str) -> str:
    return "\n".join(line for line in code.splitlines() if not line.startswith("rem "))


@pytest.mark.parametrize("name", matrix())
def test_nothing_asks_in_a_language_or_trusts_what_newer_releases_lack(name: str) -> None:
    for number in (0, 1):
        code = without_remarks(text(matrix()[name], number)).casefold()
        for word in (
            "quickconfig",
            "wmic",
            '"running',
            "networkcategory",
            "remote administration",
            "set-netconnection",
        ):
            assert word not in code


@pytest.mark.parametrize("name", matrix())
def test_no_release_needs_vbscript(name: str) -> None:
    for number in (0, 1):
        code = without_remarks(text(matrix()[name], number)).casefold()
        assert "cscript" not in code
        assert not re.search(r"\bwinrm (set|get|create|delete|enumerate|identify|invoke)", code)


@pytest.mark.parametrize("mode", ["http basic packer", "https guest made", "ssh msi port keys shell"])
def test_the_one_windows_without_powershell_gets_it_first(mode: str) -> None:
    opening, closing = (text(on(OLD_CORE, MODES[mode]), number) for number in (0, 1))
    calls = [line for line in opening.splitlines() if line.startswith("powershell.exe")]
    assert (
        opening.index("action=block")
        < opening.index("/FeatureName:MicrosoftWindowsPowerShell")
        < opening.index(calls[1])
    )
    assert calls[0] == "powershell.exe -NoProfile -Command exit >nul 2>&1"
    assert opening.index('set "PATH=%PATH%;') < opening.index(calls[0])
    assert closing.index('set "PATH=%PATH%;') < closing.index("powershell.exe -No")


def test_no_other_windows_is_given_powershell() -> None:
    for name, wanted in matrix().items():
        assert ("MicrosoftWindowsPowerShell" in text(wanted)) == name.endswith(OLD_CORE)


def test_a_windows_without_powershell_is_not_given_a_powershell_script() -> None:
    with pytest.raises(ToolkitError, match="begins without PowerShell"):
        script(on(OLD_CORE, guest()))


@pytest.mark.parametrize("name", matrix())
def test_powershell_is_started_once_in_a_step(name: str) -> None:
    for number in (0, 1):
        for step in re.split(r"\nrem \d+ ", text(matrix()[name], number).replace("\r", "")):
            label = step.partition("\n")[0]
            starts = [line for line in step.splitlines() if line.startswith("powershell.exe")]
            # A certificate is looked for and then made, and a mapping is made and then looked for.
            most = {"powershell": 1, "certificate": 3, "client certificate": 2, "package": 2}.get(label, 1)
            assert len(starts) <= most, label


@pytest.mark.parametrize("release", ["7", "server-2008r2"])
def test_tls_1_2_is_switched_on_where_windows_leaves_it_off(release: str) -> None:
    script = text(on(release, guest(winrm(ssl=True))))
    assert script.count(r"SCHANNEL\Protocols\TLS 1.2\Server") == 2
    assert "tls1.2=after-restart" in script
    assert "next restart" in script
    for other in (text(on(release, guest())), text(on("8.1", guest(winrm(ssl=True))))):
        assert "SCHANNEL" not in other


@pytest.mark.parametrize(("release", "raised"), [("7", True), ("server-2008r2", True), ("8.1", False), ("10", False)])
def test_winrm_2_gets_the_operations_that_a_build_needs(release: str, *, raised: bool) -> None:
    assert (r"'Service\MaxConcurrentOperationsPerUser=1500'" in text(on(release, guest()))) == raised
    assert (r"'Service\MaxConcurrentOperationsPerUser=15'" in text(on(release, guest()), 1)) == raised


@pytest.mark.parametrize("number", [0, 1], ids=["opening", "closing"])
@pytest.mark.parametrize("name", [name for name in matrix() if "ssh " not in name])
def test_a_client_that_refuses_its_settings_while_a_network_is_public_has_private_ones_for_that_long(
    name: str, number: int
) -> None:
    wanted = matrix()[name]
    changes = [line for line in text(wanted, number).splitlines() if "AllowUnencrypted=" in line]
    assert len(changes) == 1
    if wanted.windows.release.server:
        assert "SetCategory" not in changes[0]
    else:
        change, private, public = (changes[0].index(part) for part in ("Set-Item", "SetCategory(1)", "SetCategory(0)"))
        assert change < private < changes[0].index("finally {") < public


@pytest.mark.parametrize(("release", "client"), [("7", True), ("11", True), ("server-2025", False)])
def test_a_script_of_powershell_knows_what_a_client_refuses_while_a_network_is_public(
    release: str, *, client: bool
) -> None:
    assert ("Invoke-DespitePublicNetworks { Set-Item $path" in script(on(release, guest()))) == client
    assert ("SetCategory(0)" in script(on(release, guest()))) == client


def test_remoting_of_powershell_2_is_enabled_whatever_the_network() -> None:
    wanted = on("7", replace(guest(), bootstrap=replace(bootstrap(), psrp=True)))
    enabled = next(line for line in text(wanted).splitlines() if "Enable-PSRemoting" in line)
    assert enabled.index("Enable-PSRemoting") < enabled.index("SetCategory(1)") < enabled.index("Restart-Service")
    assert "Invoke-DespitePublicNetworks { Enable-PSRemoting -Force" in script(wanted)


def test_the_release_that_ignores_the_memory_quota_says_so() -> None:
    assert "KB2842230" in text(on("server-2012", guest()))
    assert "KB2842230" not in text(on("server-2012r2", guest()))


def test_credssp_is_off_unless_asked_for() -> None:
    for name, wanted in MODES.items():
        if not isinstance(wanted.communicator, NoCommunicator) and "ssh" not in name.split()[0]:
            assert r"Service\Auth\CredSSP=%s'" % ("true" if "credssp" in name else "false") in text(wanted)


def test_kerberos_leaves_neither_basic_nor_messages_in_the_clear() -> None:
    script = text(on("10", MODES["http kerberos"]))
    assert r"'Service\AllowUnencrypted=false','Service\Auth\Basic=false','Service\Auth\Kerberos=true'" in script


@pytest.mark.parametrize(
    ("consumer", "release", "asked", "wanted"),
    [
        (Consumer.ANSIBLE, "10", None, True),
        (Consumer.ANSIBLE, "7", None, False),
        (Consumer.ANSIBLE, "10", False, False),
        (Consumer.PACKER, "10", None, False),
        (Consumer.PACKER, "10", True, True),
        (Consumer.ANY, "7", True, True),
    ],
)
def test_remoting_is_there_for_ansible_and_whoever_asks(
    consumer: Consumer, release: str, *, asked: bool | None, wanted: bool
) -> None:
    script = text(on(release, guest(settings=replace(bootstrap(consumer=consumer), psrp=asked))))
    assert ("Enable-PSRemoting" in script) == wanted
    assert ("-SkipNetworkProfileCheck" in script) == (wanted and release != "7")


def test_a_certificate_made_in_the_guest_has_its_names_and_no_thumbprint() -> None:
    for release, program in (("10", "New-SelfSignedCertificate"), ("8.1", "certreq -new -q"), ("7", "certreq -new -q")):
        script = text(on(release, MODES["https guest made"]))
        assert program in script
        assert THUMBPRINT not in script
        for name in ("DNS=win.lab", "IPAddress=10.0.0.5", "IPAddress=fd00::5", "1.3.6.1.5.5.7.3.1"):
            assert name in script
    assert names(MODES["https guest made"]) == ["winrmConfig.bat", "winrmClose.bat"]


def test_a_certificate_request_comes_out_of_echo_as_certreq_reads_it() -> None:
    script = text(on("7", MODES["https guest made"]))
    request = re.findall(r'^>>"%SystemRoot%\\Temp\\unattend-winrm.inf" echo (.*)\r$', script, re.MULTILINE)
    plain = [re.sub(r"\^(.)", r"\1", line) for line in request]
    names = '2.5.29.17 = "{text}DNS=%COMPUTERNAME%&DNS=win.lab&IPAddress=10.0.0.5&IPAddress=fd00::5"'
    assert plain[:2] == ["[Version]", 'Signature = "$Windows NT$"']
    assert plain[5:8] == [names, "[NewRequest]", 'Subject = "CN=%COMPUTERNAME%"']


@pytest.mark.parametrize("release", ["7", "8.1"])
def test_a_certificate_made_in_the_guest_is_back_dated_and_still_made_where_that_is_refused(release: str) -> None:
    wanted = on(release, MODES["https guest made"])
    batch, powershell = text(wanted), script(wanted)
    assert r'>>"%SystemRoot%\Temp\unattend-winrm-dated.inf" echo NotBefore = "%DAY%"' in batch
    assert re.findall(r'^certreq -new -q "%SystemRoot%\\Temp\\(\S+)"', batch, re.MULTILINE) == [
        "unattend-winrm-dated.inf",
        "unattend-winrm.inf",
    ]
    assert powershell.index("$lines + $dated") < powershell.index("WriteAllLines($request, $lines)")


def test_a_client_certificate_brings_its_files_and_the_account_in_one_of_them() -> None:
    files = {file.name: file.data for file in bootstrap_files(MODES["https client certificate"], CERTIFICATE)}
    assert files["winrm-client.cer"] == CLIENT.trusted.encode()
    assert files["winrm-client-issuer.cer"] == CLIENT.issuer.encode()
    assert files["winrm-client.txt"].decode() == f"packeruser\r\n{PASSWORD.reveal()}\r\n{CLIENT.subject}\r\n"
    assert PASSWORD.reveal().encode() not in files["winrmConfig.bat"]
    assert r"Service\Auth\Certificate=true'" in files["winrmConfig.bat"].decode()


@given(st.text(st.characters(exclude_categories=["Cc", "Cs"]), min_size=1, max_size=127))
def test_any_password_of_the_mapped_account_is_in_its_file_as_it_is(password: str) -> None:
    wanted = MODES["https client certificate"]
    hostile = replace(wanted, communicator=replace(winrm(ssl=True), password=Secret(password)))
    files = {file.name: file.data for file in bootstrap_files(hostile, CERTIFICATE)}
    assert files["winrm-client.txt"].decode().split("\r\n")[1] == password


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=127) | st.from_regex(r"[A-Za-z0-9._+=@:/-]{1,127}\Z"))
def test_any_password_of_a_pfx_is_in_its_file_as_it_is_or_refused_with_the_reason(password: str) -> None:
    certificate = replace(CERTIFICATE, pfx_password=Secret(password))
    if not re.fullmatch(r"[A-Za-z0-9._+=@:/-]+", password):
        with pytest.raises(ToolkitError, match=r"PFX password \(letters, digits and"):
            bootstrap_files(MODES["https basic"], certificate)
        return
    files = {file.name: file.data for file in bootstrap_files(MODES["https basic"], certificate)}
    assert files["winrm.pfx.txt"] == f"{password}\r\n".encode("ascii")


def test_an_issuer_alone_makes_nobody_a_trusted_person() -> None:
    client = replace(CLIENT, trusted="", thumbprint="")
    files = bootstrap_files(MODES["https client certificate"], replace(CERTIFICATE, client=client))
    assert "winrm-client.cer" not in [file.name for file in files]
    assert b"TrustedPeople" not in files[0].data + files[1].data


def test_a_client_certificate_from_the_host_must_be_there() -> None:
    with pytest.raises(ToolkitError, match="needs a certificate from the host"):
        bootstrap_files(MODES["https client certificate"], replace(CERTIFICATE, client=None))


def test_a_pem_file_that_is_none_is_refused() -> None:
    wanted = guest(winrm(ssl=True), replace(bootstrap(), client_certificate=OwnPem("client.pem", b"nonsense")))
    with pytest.raises(ToolkitError, match=r"client\.pem holds no certificate"):
        bootstrap_files(wanted, CERTIFICATE)


def test_both_doors_are_shut_before_and_opened_together() -> None:
    wanted = guest(settings=SSH_TOO)
    script = text(wanted)
    assert script.index("localport=5985,5986,22 ") < script.index("sc.exe config WinRM")
    assert script.index("sc.exe config WinRM") < script.index("sc.exe config sshd")
    assert script.count("-hold\r\n") == 1
    assert "ssh=22" in script
    hold = hold_command(wanted)
    assert hold is not None
    assert "localport=5985,5986,22 " in hold
    assert len(hold) <= 259


BUILT_IN = "netsh advfirewall firewall set rule group=@FirewallAPI.dll,-30267 new enable=no"
ONLY = replace(bootstrap(), allow_from=("10.0.0.5",))


@pytest.mark.parametrize("release", ["7", "server-2012", "11", "server-2025"])
@pytest.mark.parametrize("psrp", [False, True])
def test_who_may_connect_is_not_widened_by_the_rules_that_windows_brings(release: str, *, psrp: bool) -> None:
    wanted = on(release, guest(winrm(), replace(ONLY, psrp=psrp)))
    opening = without_remarks(text(wanted))
    assert opening.index(BUILT_IN) < opening.index("name=unattend-winrm-allow dir=in")
    assert opening.rindex("Enable-PSRemoting" if psrp else "sc.exe") < opening.index(BUILT_IN)
    assert "'group=@FirewallAPI.dll,-30267' new 'enable=no'" in script(wanted)


@pytest.mark.parametrize(
    "wanted", [guest(), guest(winrm(port=8080), ONLY), guest(winrm(ssl=True), ONLY)], ids=["all", "port", "https"]
)
def test_the_rules_that_windows_brings_are_left_alone_where_they_let_nobody_in_that_they_should_not(
    wanted: Guest,
) -> None:
    assert "-30267" not in text(wanted) + script(wanted)


@pytest.mark.parametrize("release", ["7", "server-2012", "11", "server-2025"])
@pytest.mark.parametrize("alone", [False, True])
def test_who_may_connect_by_ssh_is_not_widened_by_the_rules_that_come_with_sshd(release: str, *, alone: bool) -> None:
    openssh = OpenSsh(CarriedFile("OpenSSH-Win64.msi", MSI))
    limited = replace(ONLY, openssh=openssh, also_ssh=not alone)
    wanted = on(release, guest(ssh() if alone else winrm(ssl=True), limited))
    opening, closing = (without_remarks(text(wanted, number)) for number in (0, 1))
    titled = opening.index('set rule name="OpenSSH SSH Server Preview (sshd)" new enable=no')
    assert opening.index("msiexec") < titled < opening.index("name=unattend-ssh-allow dir=in")
    assert "'name=OpenSSH SSH Server Preview (sshd)' new 'enable=no' } -Accept 0, 1" in script(wanted)
    off, on_again = (
        f"Name OpenSSH-Server-In-TCP -ErrorAction SilentlyContinue | {verb}"
        for verb in ("Disable-NetFirewallRule", "Enable-NetFirewallRule")
    )
    with_cmdlets = release != "7"
    assert [off in opening, off in script(wanted), on_again in closing] == [with_cmdlets] * 3
    everybody = replace(wanted, bootstrap=replace(wanted.bootstrap, allow_from=()))
    assert "OpenSSH-Server-In-TCP" not in text(everybody) + text(everybody, 1) + script(everybody)


def test_openssh_from_the_medium_needs_no_windows_update() -> None:
    for name, data, line in (
        ("OpenSSH-Win64.msi", MSI, 'msiexec.exe /i "%HERE%OpenSSH-Win64.msi" /qn /norestart'),
        ("OpenSSH-Win64.zip", ZIP, r'-File "%ProgramFiles%\unattend-openssh\OpenSSH-Win64\install-sshd.ps1"'),
    ):
        wanted = guest(ssh(), replace(bootstrap(), openssh=OpenSsh(CarriedFile(name, data))))
        assert line in text(wanted)
        assert "Add-Capability" not in text(wanted)
        assert names(wanted) == ["sshConfig.bat", "sshClose.bat", name]


@pytest.mark.parametrize(
    ("release", "openssh", "message"),
    [
        ("server-2016", OpenSsh(), "Windows Server 2016 has no OpenSSH of its own"),
        ("7", OpenSsh(), "has no OpenSSH of its own"),
        ("7", OpenSsh(CarriedFile("a.zip", ZIP)), "cannot unpack a zip"),
    ],
)
def test_a_release_that_cannot_have_it_that_way_says_so(release: str, openssh: OpenSsh, message: str) -> None:
    with pytest.raises(ToolkitError, match=message) as refused:
        bootstrap_files(on(release, guest(ssh(), replace(bootstrap(), openssh=openssh))))
    assert "msi" in str(refused.value.help)


def test_keys_are_let_in_by_file_and_only_administrators_may_write_it() -> None:
    wanted = guest(ssh(), replace(bootstrap(), openssh=OpenSsh(authorized_keys=(KEY, KEY))))
    files = {file.name: file.data for file in bootstrap_files(wanted)}
    assert files["administrators_authorized_keys"].decode() == f"{KEY}\n{KEY}\n"
    assert "/inheritance:r /grant *S-1-5-18:F /grant *S-1-5-32-544:F" in text(wanted)
    assert "Administrators:F" not in text(wanted)


@pytest.mark.parametrize(
    ("shell", "path"),
    [
        ("powershell", r"%SystemRoot%\System32\WindowsPowerShell\v1.0\powershell.exe"),
        ("cmd", r"%SystemRoot%\System32\cmd.exe"),
        (r"C:\Program Files\PowerShell\7\pwsh.exe", r"C:\Program Files\PowerShell\7\pwsh.exe"),
    ],
)
def test_the_shell_of_ssh_sessions_can_be_chosen(shell: str, path: str) -> None:
    wanted = guest(ssh(), replace(bootstrap(), openssh=OpenSsh(default_shell=shell)))
    assert f'/v DefaultShell /t REG_SZ /d "{path}" /f' in text(wanted)


@pytest.mark.parametrize(
    ("release", "ssl", "certificate", "proof"),
    [
        ("7", False, HostMade(), "Test-WSMan -ComputerName 127.0.0.1 -Port 5985"),
        ("11", False, HostMade(), "Test-WSMan -ComputerName 127.0.0.1 -Port 5985"),
        ("10", True, HostMade(), f"GetCertHashString() -ne '{THUMBPRINT}'"),
        ("10", True, GuestMade(), "GetCertHashString() -ne $c.Thumbprint"),
        ("10", True, HostMade(), "AuthenticateAsClient('localhost',$null,3072,$false)"),
        ("7", True, HostMade(), "AuthenticateAsClient('localhost');"),
    ],
)
def test_the_guest_is_tried_from_inside_before_it_is_opened(
    release: str, certificate: HostMade | GuestMade, proof: str, *, ssl: bool
) -> None:
    script = text(on(release, guest(winrm(ssl=ssl), replace(bootstrap(), certificate=certificate))))
    assert script.index(proof) < script.index("action=allow")
