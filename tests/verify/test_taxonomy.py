"""Every way in which a guest and a client fail to meet: what is seen, at which rung, whether to wait, and why.

The table may be read as documentation. Each row is a simulated guest with its trouble, a client, and the diagnosis: the
rung, its name, the class of retry, words of the likeliest cause, and the exit code.
"""

from __future__ import annotations

import errno
import socket
import sys
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from tests.verify.client_certificates import User, make_demanding_server, make_user
from tests.verify.guests import BOB, VAGRANT, endpoint, state
from tests.verify.strangers import never_answers, relays_to, stranger, tls_context, unused_port
from toolkit.catalog.faults import faults as catalogued
from toolkit.certificates import Certificate, self_signed
from toolkit.communicators.endpoint import Auth, Endpoint
from toolkit.communicators.errors import FaultError, NegotiationError
from toolkit.render.winrm_steps import HOLD_RULE
from toolkit.secret import Secret
from toolkit.simulator import faults
from toolkit.simulator.plan import BreakOff, Drip, HangUp, Hush, Misfit, Plan, Raise, Say, Trouble
from toolkit.simulator.server import SimulatedGuest
from toolkit.simulator.state import LocalUser
from toolkit.simulator.trust import Mapping, Schannel
from toolkit.verify import ports, remedy, tcp
from toolkit.verify.fault import fault_failure
from toolkit.verify.ladder import Ascent, climb
from toolkit.verify.limits import Limits
from toolkit.verify.logon import negotiation_failed, refused
from toolkit.verify.name import Address
from toolkit.verify.rung import Failure, Rung, RungError, Verdict
from toolkit.verify.surroundings import Surroundings

if TYPE_CHECKING:
    from pathlib import Path

    from toolkit.simulator.state import GuestState

BRISK = Limits(connect=2, handshake=1.5, answer=1.5, command=2)
RETRY, FATAL, SUSPICIOUS = Verdict.RETRY, Verdict.FATAL, Verdict.SUSPICIOUS

NTLM = {"auth": Auth.NTLM}
TLS = {"ssl": True, "insecure": True}
SEALING = state(allow_unencrypted=False, basic=False)
RMU = replace(state(), users=(VAGRANT, replace(BOB, remote_management=True)))
SQUID = (("Server", "squid/5.7"), ("Via", "1.1 proxy.corp"), ("X-Squid-Error", "ERR_ACCESS_DENIED 0"))
CLIXML_NOISE = (
    b'#< CLIXML\r\n<Objs Version="1.1.0.1" xmlns="http://schemas.microsoft.com/powershell/2004/04">'
    b'<Obj S="progress" RefId="0"><MS><PR N="Record"><AV>Preparing modules for first use.</AV></PR></MS></Obj></Objs>'
)
CONSTRAINED = (
    b'#< CLIXML\r\n<Objs Version="1.1.0.1" xmlns="http://schemas.microsoft.com/powershell/2004/04">'
    b'<S S="Error">Method invocation is supported only on core types in this language mode._x000D__x000A_</S>'
    b'<S S="Error">FullyQualifiedErrorId : MethodInvocationNotSupportedInConstrainedLanguage</S></Objs>'
)


@dataclass(frozen=True)
class Row:
    """A guest with its trouble, a client, and the diagnosis. No `rung`: it is no trouble at all."""

    rung: Rung | None
    kind: str = ""
    verdict: Verdict = RETRY
    cause: str = ""
    code: int = 0
    guest: GuestState = field(default_factory=state)
    plan: Plan = field(default_factory=Plan)
    client: dict[str, Any] = field(default_factory=dict)
    tls: bool = False
    schannel: Schannel = Schannel.MODERN
    up: bool = True  # whether anything listens at all
    made: timedelta = timedelta()  # when the certificate was, from now
    trusted: bool = False  # whether the client has the certificate's authority


def always(upset: Any, on: str = "", after: int = 0) -> Plan:
    return Plan(troubles=(Trouble(upset, on, after),))


def faulty(fault: faults.Fault, on: str = "/Create") -> Plan:
    return always(Raise(fault), on)


TABLE = {
    # The way there.
    "a name that nobody knows": Row(
        Rung.NAME, "name-unknown", SUSPICIOUS, "misspelt", 10, up=False, client={"host": "nonexistent.invalid"},
    ),
    "a name that cannot be one": Row(
        Rung.NAME, "name-impossible", FATAL, "", 10, up=False, client={"host": f"{'a' * 64}.example"},
    ),
    "an address behind an interface that this host does not have": Row(
        Rung.NAME, "zone-unknown", SUSPICIOUS, "misspelt, or not up", 10, up=False, client={"host": "fe80::1%nosuch9"},
    ),
    "a link-local address without its interface": Row(
        Rung.TCP, "zone-missing", FATAL, "Every interface", 11, up=False, client={"host": "fe80::1"},
    ),
    "a port at which nothing listens": Row(
        Rung.TCP, "refused", RETRY, "no listener on this port", 11, up=False,
    ),
    # Something stands between.
    "a proxy forbids": Row(
        Rung.PROXY, "proxy-answered", FATAL, "takes its connections over", 14,
        plan=always(Say(403, b"<html>Forbidden</html>", SQUID)),
    ),
    "a proxy wants a logon of its own": Row(
        Rung.PROXY, "proxy-answered", FATAL, "takes its connections over", 14,
        plan=always(Say(407, b"", (("Server", ""), ("Proxy-Authenticate", "Basic")))),
    ),
    "a proxy does not reach the guest": Row(
        Rung.PROXY, "proxy-answered", FATAL, "takes its connections over", 14,
        plan=always(Say(502, b"<html/>", SQUID)),
    ),
    "a reverse proxy before a guest that is not up": Row(
        Rung.HTTP, "gateway", RETRY, "not up yet", 14, plan=always(Say(502, b"<html/>", (("Server", "nginx/1.22.1"),))),
    ),
    # TCP accepts, and that is all.
    "a port forward that accepts and never answers": Row(
        Rung.HTTP, "silent", RETRY, "port forward accepts", 14, plan=Plan(connecting=Hush()),
    ),
    "a port forward that accepts and resets": Row(
        Rung.HTTP, "hung-up", RETRY, "port forward accepts", 14, plan=Plan(connecting=HangUp(reset=True)),
    ),
    "WinRM that hangs as it starts": Row(
        Rung.HTTP, "silent", RETRY, "port forward accepts", 14, plan=always(Hush()),
    ),
    # TLS.
    "TLS asked of the plain listener": Row(
        Rung.TLS, "plain-http", FATAL, "wanted from WinRM's HTTP listener", 12, client={"ssl": True},
    ),
    "an HTTPS listener whose certificate is gone": Row(
        Rung.TLS, "tls-reset", RETRY, "No certificate is bound", 12,
        plan=Plan(connecting=HangUp()), tls=True, client={"ssl": True},
    ),
    "a port forward that resets, where TLS is wanted": Row(
        Rung.TLS, "tls-reset", RETRY, "No certificate is bound", 12,
        plan=Plan(connecting=HangUp(reset=True)), tls=True, client={"ssl": True},
    ),
    "TLS that is never answered": Row(
        Rung.TLS, "tls-silent", RETRY, "port forward accepts", 12,
        plan=Plan(connecting=Hush()), tls=True, client={"ssl": True},
    ),
    "Windows 7 with TLS 1.0": Row(
        Rung.TLS, "tls-too-old", FATAL, "it speaks TLSv1", 12, tls=True, schannel=Schannel.ONLY_1_0, client=TLS,
    ),
    "a guest that was hardened beyond what clients speak": Row(
        Rung.TLS, "tls-refused", FATAL, "cipher", 12, tls=True, schannel=Schannel.ODD_CIPHERS, client=TLS,
    ),
    "plain HTTP asked of the TLS listener": Row(
        Rung.HTTP, "tls-wanted", FATAL, "wanted from WinRM's HTTPS listener", 14, tls=True,
    ),
    "an SSH server": Row(
        Rung.HTTP, "not-winrm", FATAL, "one of SSH", 14, plan=Plan(greeting=b"SSH-2.0-OpenSSH_for_Windows_9.5\r\n"),
    ),
    # The certificate.
    "a self-signed certificate": Row(
        Rung.CERTIFICATE, "certificate-untrusted", FATAL, "self-signed", 13, tls=True, client={"ssl": True},
    ),
    "a secure web site of somebody else's": Row(
        Rung.CERTIFICATE, "certificate-untrusted", FATAL, "another service answers here (Server: nginx/1.22.1)", 13,
        tls=True, client={"ssl": True}, plan=always(Say(200, b"<html/>", (("Server", "nginx/1.22.1"),))),
    ),
    "another certificate than the pinned one": Row(
        Rung.CERTIFICATE, "certificate-not-pinned", FATAL, "another one than the one the pin was made for", 13,
        tls=True, client={"ssl": True, "pin": "0" * 40},
    ),
    "a certificate for another name": Row(
        Rung.CERTIFICATE, "certificate-name", FATAL, "called by its address", 13,
        tls=True, trusted=True, client={"ssl": True},
    ),
    "a certificate that has run out": Row(
        Rung.CERTIFICATE, "certificate-date", FATAL, "made for one year", 13,
        tls=True, trusted=True, made=timedelta(days=-400), client={"ssl": True, "host": "localhost"},
    ),
    "a certificate of tomorrow, by a clock that is wrong": Row(
        Rung.CERTIFICATE, "certificate-date", FATAL, "clock of the guest, or of this host, is wrong", 13,
        tls=True, trusted=True, made=timedelta(days=30), client={"ssl": True, "host": "localhost"},
        guest=replace(state(), clock_error=timedelta(days=30)),
    ),
    # HTTP, and who answers it.
    "a web site": Row(
        Rung.HTTP, "not-winrm", FATAL, "Server: nginx", 14,
        plan=always(Say(200, b"<html/>", (("Server", "nginx/1.22.1"),))),
    ),
    "http.sys without WinRM": Row(
        Rung.IDENTIFY, "not-registered", SUSPICIOUS, "WinRM service is not running", 14, plan=always(Say(404)),
    ),
    "http.sys that finds fault with the request": Row(
        Rung.IDENTIFY, "odd-status", SUSPICIOUS, "fault with the request itself", 14, plan=always(Say(400)),
    ),
    "a service that takes hardly any message": Row(
        Rung.IDENTIFY, "too-large", FATAL, "MaxEnvelopeSizekb", 14, plan=always(Say(413)),
    ),
    "another application of http.sys": Row(
        Rung.IDENTIFY, "not-winrm", FATAL, "Another service has this port", 14,
        plan=always(Say(200, b"<html>WSUS</html>")),
    ),
    "WinRM while it starts": Row(
        Rung.HTTP, "unavailable", RETRY, "starting, stopping", 14, plan=always(Say(503)),
    ),
    "WinRM that wants a length": Row(None, plan=Plan(troubles=(Trouble(Say(411), times=1),))),
    "an answer that breaks off": Row(
        Rung.HTTP, "cut-off", RETRY, "restarted", 14, plan=always(BreakOff()),
    ),
    "an answer without end": Row(
        Rung.HTTP, "cut-off", RETRY, "restarted", 14, plan=always(Drip()),
    ),
    # Logging on.
    "Basic, where it is off": Row(
        Rung.AUTHENTICATION, "method-not-offered", FATAL, "Basic is switched off", 15, guest=state(basic=False),
    ),
    "Basic over http, where AllowUnencrypted is off": Row(
        Rung.AUTHENTICATION, "method-not-offered", FATAL, "switched off", 15, guest=state(allow_unencrypted=False),
    ),
    "NTLM, where Negotiate is off": Row(
        Rung.AUTHENTICATION, "method-not-offered", FATAL, "NTLM is switched off", 15,
        guest=state(negotiate=False), client=NTLM,
    ),
    "CredSSP, where it is off": Row(
        Rung.AUTHENTICATION, "method-not-offered", FATAL, "CredSSP is switched off", 15, client={"auth": Auth.CREDSSP},
    ),
    "Kerberos to an address": Row(
        Rung.AUTHENTICATION, "kerberos-needs-name", FATAL, "which no address has", 15,
        guest=replace(state(), kerberos=True), client={"auth": Auth.KERBEROS},
    ),
    "a wrong password by Basic": Row(
        Rung.AUTHENTICATION, "credentials-refused", SUSPICIOUS, "the same credentials are refused by NTLM", 15,
        client={"password": "wrong"},
    ),
    "a wrong password by NTLM": Row(
        Rung.AUTHENTICATION, "credentials-refused", SUSPICIOUS, "password is wrong", 15,
        client=NTLM | {"password": "wrong"},
    ),
    "a wrong password by CredSSP": Row(
        Rung.AUTHENTICATION, "credentials-refused", SUSPICIOUS, "password is wrong", 15,
        guest=state(credssp=True), client={"auth": Auth.CREDSSP, "password": "wrong"},
    ),
    "a user who is not there (yet)": Row(
        Rung.AUTHENTICATION, "credentials-refused", SUSPICIOUS, "wrong", 15, client=NTLM | {"user": "nobody"},
    ),
    "an empty password": Row(
        Rung.AUTHENTICATION, "credentials-refused", SUSPICIOUS, "password is empty", 15,
        guest=replace(state(negotiate=False), users=(LocalUser("vagrant", Secret("")),)), client={"password": ""},
    ),
    "Basic is refused, though NTLM takes the password": Row(
        Rung.AUTHENTICATION, "method-refused", FATAL, "NTLM takes the same credentials", 15,
        plan=Plan(troubles=(Trouble(Say(401, headers=(("WWW-Authenticate", "Negotiate"),)), after=2, times=1),)),
    ),
    "a domain's user by Basic": Row(
        Rung.AUTHENTICATION, "credentials-refused", SUSPICIOUS, "Basic takes local accounts only", 15,
        guest=state(negotiate=False), client={"user": "bob@corp.example"},
    ),
    "messages in the clear, where they must be sealed": Row(
        Rung.AUTHENTICATION, "unencrypted-refused", FATAL, "does not seal", 15, guest=SEALING, client=NTLM,
        plan=Plan(troubles=(Trouble(Say(500), after=4),)),
    ),
    # Rights.
    "a user who is in Remote Management Users only": Row(
        Rung.AUTHORISATION, "not-administrator", FATAL, "not in the group Administrators", 16,
        guest=RMU, client={"user": "bob", "password": "b0b"},
    ),
    "an administrator whom UAC filters": Row(
        Rung.AUTHORISATION, "access-denied", FATAL, "LocalAccountTokenFilterPolicy is not 1", 16,
        guest=state(remote_elevation=False), client=NTLM,
    ),
    "remote shells are switched off": Row(
        Rung.AUTHORISATION, "shells-forbidden", FATAL, "AllowRemoteShellAccess is false", 16,
        guest=replace(state(), remote_shell_access=False),
    ),
    "remote management is forbidden by policy": Row(
        Rung.AUTHORISATION, "remote-forbidden", FATAL, "policy forbids", 16, plan=faulty(faults.REMOTE_ACCESS_DISABLED),
    ),
    # Running.
    "PowerShell's noise of a first start": Row(
        None, plan=Plan(misfits=(Misfit("hostname", 0, b"WIN-A", CLIXML_NOISE),)),
    ),
    "a command that never ends": Row(
        Rung.RUN, "no-end", RETRY, "busy with its own set-up", 17, plan=Plan(misfits=(Misfit("hostname", None),)),
    ),
    "a guest that stops answering in the middle": Row(
        Rung.RUN, "connection-broke", RETRY, "restarting", 17, plan=always(Hush(), "/Receive"),
    ),
    "a guest that drops the connection in the middle": Row(
        Rung.RUN, "connection-broke", RETRY, "restarting", 17, plan=always(HangUp(reset=True), "/Receive"),
    ),
    "a sealed message that arrives on another connection": Row(
        Rung.RUN, "context-lost", RETRY, "mixes connections", 17, guest=SEALING, client=NTLM,
        plan=always(Say(400), "/Receive"),
    ),
    "PowerShell in Constrained Language": Row(
        Rung.RUN, "powershell-failed", SUSPICIOUS, "PowerShell says so itself", 17,
        plan=Plan(misfits=(Misfit("powershell", 1, b"", CONSTRAINED),)),
    ),
    "PowerShell that a policy keeps from saying anything": Row(
        Rung.RUN, "powershell-failed", SUSPICIOUS, "A policy (AppLocker", 17,
        plan=Plan(misfits=(Misfit("powershell", 1),)),
    ),
    "a shell that is gone, and gone again": Row(
        Rung.RUN, "shell-gone", RETRY, "restarted in between", 17, plan=faulty(faults.SHELL_NOT_FOUND, "/Command"),
    ),
    "a program that a policy forbids": Row(
        Rung.RUN, "command-failed", SUSPICIOUS, "policy forbids", 17,
        plan=Plan(misfits=(Misfit("hostname", 1, b"", b"This program is blocked by group policy.\r\n"),)),
    ),
    "garbage for an answer": Row(
        Rung.RUN, "garbled", SUSPICIOUS, "not WinRM", 17, plan=always(Say(200, b"\x00\xffgarbage"), "/Receive"),
    ),
    # Quotas.
    "no shell left": Row(
        Rung.QUOTA, "too-many-shells", SUSPICIOUS, "left shells of vagrant open", 18,
        guest=replace(state(), max_shells_per_user=0),
    ),
    "no operation left": Row(
        Rung.QUOTA, "too-many-operations", SUSPICIOUS, "Ended commands still count", 18,
        plan=faulty(faults.TOO_MANY_OPERATIONS),
    ),
    "shells of too many users": Row(
        Rung.QUOTA, "too-many-users", SUSPICIOUS, "Other users", 18, plan=faulty(faults.TOO_MANY_SHELL_USERS),
    ),
    "no shell left for the plug-in": Row(
        Rung.QUOTA, "too-many-shells", SUSPICIOUS, "left shells of vagrant open", 18,
        plan=faulty(faults.Fault(2150859236, "w:QuotaLimit", "per-plug-in quota")),
    ),
    "a guest under load": Row(
        Rung.QUOTA, "busy", RETRY, "Many clients", 18, plan=faulty(faults.QUOTA_BUSY),
    ),
    "a shell without memory": Row(
        Rung.QUOTA, "out-of-memory", FATAL, "MaxMemoryPerShellMB is too small", 18,
        plan=Plan(misfits=(Misfit("powershell", 3221225725),)),
    ),
    "PowerShell that says it is out of memory": Row(
        Rung.QUOTA, "out-of-memory", FATAL, "MaxMemoryPerShellMB is too small", 18,
        plan=Plan(misfits=(Misfit("powershell", 1, b"", b"System.OutOfMemoryException"),)),
    ),
    # Set-up is not finished.
    "a shutdown in progress": Row(
        Rung.PHASE, "restarting", RETRY, "restarts once more", 19, plan=faulty(faults.SHUTDOWN_IN_PROGRESS, "/Command"),
    ),
    "an unknown interface": Row(
        Rung.PHASE, "restarting", RETRY, "restarts once more", 19, plan=faulty(faults.UNKNOWN_INTERFACE),
    ),
    "a shell that a stopping service does not start": Row(
        Rung.PHASE, "restarting", RETRY, "restarts once more", 19, plan=faulty(faults.SHELL_NOT_INITIALIZED),
    ),
    "a fault that only the catalog knows": Row(
        Rung.AUTHORISATION, "fault", SUSPICIOUS, "", 16,
        plan=faulty(faults.Fault(2150859231, "w:InternalError", "RunAs")),
    ),
    "a damaged configuration": Row(
        Rung.AUTHORISATION, "config-corrupted", FATAL, "damaged", 16, plan=faulty(faults.CONFIG_CORRUPTED),
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def certificate() -> Certificate:
    return self_signed(["localhost", "WIN-A"], now=datetime.now(UTC))


@pytest.mark.parametrize("row", TABLE.values(), ids=TABLE)
def test_every_trouble_has_its_diagnosis(row: Row, certificate: Certificate, tmp_path: Path) -> None:
    ascent = looked_at(row, certificate, tmp_path)

    if row.rung is None:
        assert ascent.failure is None
        return
    failed = failure_of(ascent)
    assert (failed.rung, failed.kind, failed.verdict) == (row.rung, row.kind, row.verdict)
    assert row.cause in "".join(failed.causes[:1])
    assert failed.rung.code == row.code


def looked_at(row: Row, certificate: Certificate, folder: Path) -> Ascent:
    if not row.up:
        return climb(endpoint(unused_port(), **row.client), BRISK)
    shown = self_signed(["localhost"], now=datetime.now(UTC) + row.made, days=365) if row.made else certificate
    authority = folder / "authority.pem"
    authority.write_text(shown.certificate)
    tls = shown if row.tls else None
    with SimulatedGuest(row.guest, tls=tls, plan=row.plan, schannel=row.schannel) as guest:
        place = endpoint(guest.port, **row.client)
        return climb(replace(place, ca_file=authority) if row.trusted else place, BRISK)


def test_a_fault_that_only_the_catalog_knows_is_told_with_what_the_catalog_says() -> None:
    known = [fault for fault in catalogued().values() if not fault.client]
    told = [fault_failure(FaultError("", fault=one.code, reason=""), Rung.RUN, endpoint(5985)) for one in known]

    assert len(known) > 100
    assert all(failure.causes or failure.in_guest or failure.in_client for failure in told)
    assert any(one.meaning in failure.what for one, failure in zip(known, told, strict=True))


def test_nobody_is_told_to_trust_the_certificate_of_another_service(certificate: Certificate) -> None:
    row = TABLE["a secure web site of somebody else's"]
    with SimulatedGuest(row.guest, tls=certificate, plan=row.plan) as guest:
        stranger_told = failure_of(climb(endpoint(guest.port, ssl=True), BRISK))
    with SimulatedGuest(row.guest, tls=certificate) as guest:
        guest_told = failure_of(climb(endpoint(guest.port, ssl=True), BRISK))

    assert not any(line.startswith(("--pin", "--insecure")) for line in stranger_told.in_client)
    assert any(line.startswith("--pin") for line in guest_told.in_client)


def test_a_password_that_both_methods_refuse_is_not_mended_by_another_method() -> None:
    with SimulatedGuest(state()) as guest:
        failed = failure_of(climb(endpoint(guest.port, password="wrong"), BRISK))

    assert "The same credentials are refused by NTLM, and by Basic." in failed.evidence
    assert "--auth ntlm" not in failed.in_client
    assert not any("AllowUnencrypted" in line for line in failed.in_guest)


def test_an_account_is_looked_up_by_its_own_name() -> None:
    assert remedy.show_user(r"WIN-A\bob").cmd == 'net user "bob"'
    assert remedy.show_user("bob@corp.example").cmd == 'net user "bob" /domain'


def test_one_other_method_is_named_and_packer_told_what_it_needs() -> None:
    with SimulatedGuest(state()) as guest:
        failed = failure_of(climb(endpoint(guest.port, auth=Auth.CREDSSP), BRISK))

    assert failed.in_client == ("--auth ntlm",)
    assert failed.in_packer == ("winrm_use_ntlm = true  # over http only with AllowUnencrypted on",)


@pytest.mark.parametrize(
    ("code", "kind"),
    [(0x803381E5, "too-many-users"), (0x803381E8, "too-many-operations"), (0x803381E4, "too-many-shells")],
)
def test_the_quotas_of_a_plug_in_are_told_apart(code: int, kind: str) -> None:
    assert fault_failure(FaultError("", fault=code, reason=""), Rung.AUTHORISATION, endpoint(5985)).kind == kind


def test_what_can_be_mended_in_the_guest_is_told_for_both_of_its_shells() -> None:
    known = [value for value in vars(remedy).values() if isinstance(value, remedy.Remedy)]
    known += [remedy.show_user("bob"), remedy.make_administrator("bob")]

    assert len(known) > 40
    assert [one for one in known if bool(one.cmd) != bool(one.powershell)] == []


def failure_of(ascent: Ascent) -> Failure:
    assert ascent.failure is not None, "the ladder was climbed"
    return ascent.failure


class TestPorts:
    """What the other ports tell of a guest whose WinRM port does not answer."""

    def test_a_closed_port_beside_open_ones_means_that_windows_is_up(self, monkeypatch: pytest.MonkeyPatch) -> None:
        with SimulatedGuest(state()) as other:
            monkeypatch.setattr("toolkit.verify.tcp.SERVICES", {other.port: "Remote Desktop"})
            failed = failure_of(climb(endpoint(unused_port()), BRISK))

        assert (failed.rung, failed.kind, failed.verdict) == (Rung.TCP, "refused", RETRY)
        assert "though Windows is up" in failed.causes[0]
        assert any(line.startswith("Other ports: open: ") for line in failed.evidence)

    def test_winrm_on_the_other_port_is_the_first_cause(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def found(*_arguments: object) -> ports.Doors:
            return ports.Doors(((5986, ports.Door.OPEN), (3389, ports.Door.OPEN)))

        monkeypatch.setattr("toolkit.verify.tcp.knock", found)
        failed = failure_of(climb(endpoint(unused_port()), BRISK))

        assert failed.causes[0].startswith("WinRM listens on 5986 instead")
        assert "--ssl" in failed.in_client
        assert "winrm_port = 5986" in failed.in_packer

    def test_the_address_that_is_silent_is_named_and_not_one_that_cannot_be_reached(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        knocked: list[str] = []

        def found(address: Address, *_arguments: object) -> ports.Doors:
            knocked.append(str(address))
            return ports.Doors(((3389, ports.Door.OPEN),))

        def unconnected(address: Address, _timeout: float) -> socket.socket:
            raise TimeoutError if address.family == socket.AF_INET else OSError(errno.ENETUNREACH, "unreachable")

        monkeypatch.setattr("toolkit.verify.tcp.knock", found)
        monkeypatch.setattr("toolkit.verify.tcp._connected", unconnected)
        addresses = Address(socket.AF_INET6, ("2001:db8::1", 5985, 0, 0)), Address(socket.AF_INET, ("192.0.2.1", 5985))
        with pytest.raises(RungError) as raised:
            tcp.connect(addresses, 1.0)

        assert raised.value.failure.what.startswith("192.0.2.1 port 5985 did not answer")
        assert knocked == ["192.0.2.1"]

    @pytest.mark.skipif(sys.platform != "linux", reason="other systems queue connections differently")
    @pytest.mark.parametrize(("door", "kind"), [(ports.Door.SILENT, "no-answer"), (ports.Door.OPEN, "filtered")])
    def test_a_port_that_drops_what_comes_is_no_answer(
        self, door: ports.Door, kind: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("toolkit.verify.tcp.knock", lambda *_: ports.Doors(((3389, door),)))
        with socket.create_server(("127.0.0.1", 0), backlog=0) as listener:
            port = listener.getsockname()[1]
            waiting = [socket.socket() for _ in range(4)]
            for connection in waiting:  # a full queue: the kernel drops whatever else comes, as a firewall does
                connection.setblocking(False)
                connection.connect_ex(("127.0.0.1", port))
            failed = failure_of(climb(endpoint(port), replace(BRISK, connect=0.3)))
            for connection in waiting:
                connection.close()

        assert (failed.rung, failed.kind, failed.verdict, int(failed.rung.code)) == (Rung.TCP, kind, RETRY, 11)
        assert any(HOLD_RULE in line for line in failed.in_guest)


def test_basic_over_tls_is_not_refused_for_want_of_allowunencrypted() -> None:
    failed = refused(endpoint(5986, ssl=True), ("Negotiate", "Basic"), other=True)

    assert failed.kind == "method-refused"
    assert not any("AllowUnencrypted" in line for line in (*failed.causes, *failed.in_guest))


def test_ntlm_over_http_is_not_refused_for_a_channel_that_it_has_not() -> None:
    failed = refused(endpoint(5985, auth=Auth.NTLM), ("Negotiate", "Basic"), other=True)

    assert failed.kind == "method-refused"
    assert failed.causes == ("A policy restricts incoming NTLM (Basic takes the same credentials).",)
    assert not any("CbtHardeningLevel" in line for line in failed.in_guest)


def test_a_certificate_for_another_name_is_not_blamed_on_an_address_that_nobody_used(
    certificate: Certificate, tmp_path: Path
) -> None:
    authority = tmp_path / "ca.pem"
    authority.write_text(certificate.certificate)
    with SimulatedGuest(state(), tls=certificate) as guest:
        where = replace(endpoint(guest.port, ssl=True), ca_file=authority, server_name="other.example")
        failed = failure_of(climb(where, BRISK))

    assert failed.kind == "certificate-name"
    assert not any("address" in cause for cause in failed.causes)


def test_nobody_is_told_to_enable_a_version_of_tls_that_is_spoken_already(certificate: Certificate) -> None:
    with SimulatedGuest(state(), tls=certificate, schannel=Schannel.ODD_CIPHERS) as guest:
        failed = failure_of(climb(endpoint(guest.port, ssl=True, insecure=True), BRISK))

    assert failed.kind == "tls-refused"
    assert not any("SCHANNEL" in line for line in failed.in_guest)


def test_a_certificate_with_a_fault_of_its_own_is_not_said_to_lack_an_authority(tmp_path: Path) -> None:
    pem = make_demanding_server("localhost")
    authority = tmp_path / "ca.pem"
    authority.write_text(pem)
    with stranger(never_answers, tls_context(pem, tmp_path)) as port:
        where = replace(endpoint(port, ssl=True, host="localhost"), ca_file=authority)
        failed = failure_of(climb(where, BRISK))

    assert (failed.rung, failed.kind) == (Rung.CERTIFICATE, "certificate-unfit")
    assert "critical extension" in failed.what
    assert not any(line.startswith("--ca-file") for line in failed.in_client)
    assert any(line.startswith("--pin") for line in failed.in_client)


class TestDates:
    """A certificate out of its time, told from a clock that is wrong."""

    @pytest.mark.parametrize(
        ("made", "state_of_clock", "cause"),
        [
            (timedelta(days=-400), timedelta(), "made for one year"),
            (timedelta(days=-400), timedelta(days=-400), "clock of the guest, or of this host, is wrong"),
            (timedelta(days=30), timedelta(days=30), "clock of the guest, or of this host, is wrong"),
        ],
    )
    def test_the_guests_own_clock_ranks_the_causes(
        self, made: timedelta, state_of_clock: timedelta, cause: str, tmp_path: Path
    ) -> None:
        old = self_signed(["localhost"], now=datetime.now(UTC) + made, days=365)
        authority = tmp_path / "authority.pem"
        authority.write_text(old.certificate)
        with SimulatedGuest(replace(state(), clock_error=state_of_clock), tls=old) as guest:
            place = replace(endpoint(guest.port, ssl=True, host="localhost"), ca_file=authority)
            failed = failure_of(climb(place, BRISK))

        assert (failed.kind, int(failed.rung.code)) == ("certificate-date", 13)
        assert cause in failed.causes[0]


class TestClientCertificates:
    @pytest.mark.parametrize("passphrase", [None, "pässphrase"])
    def test_a_mapped_certificate_logs_its_user_on(
        self, certificate: Certificate, tmp_path: Path, passphrase: str | None
    ) -> None:
        user = make_user(tmp_path, passphrase)
        with SimulatedGuest(state(), tls=certificate, mapping=Mapping(user.authority, "vagrant")) as guest:
            ascent = climb(certificate_endpoint(guest.port, user), BRISK)

        assert ascent.failure is None
        assert any("logged on by a client certificate" in proof.sentence for proof in ascent.proven)

    def test_one_that_nobody_mapped_is_refused_for_good(self, certificate: Certificate, tmp_path: Path) -> None:
        user = make_user(tmp_path)
        with SimulatedGuest(state(), tls=certificate, mapping=Mapping(user.authority, "nobody")) as guest:
            failed = failure_of(climb(certificate_endpoint(guest.port, user), BRISK))

        assert (failed.kind, failed.verdict, int(failed.rung.code)) == ("certificate-refused", FATAL, 15)
        assert "No mapping" in failed.causes[0]

    def test_a_stranger_among_certificates_is_refused_for_good(self, certificate: Certificate, tmp_path: Path) -> None:
        user = make_user(tmp_path)
        mapping = Mapping(certificate.certificate, "vagrant")
        with SimulatedGuest(state(), tls=certificate, mapping=mapping) as guest:
            failed = failure_of(climb(certificate_endpoint(guest.port, user), BRISK))

        assert (failed.kind, failed.verdict) == ("certificate-refused", FATAL)


def certificate_endpoint(port: int, user: User) -> Endpoint:
    return Endpoint(
        "127.0.0.1", port, True, Auth.CERTIFICATE, "", Secret(""), insecure=True, client_certificate=user.files
    )


def test_strict_channel_binding_is_met_directly_and_broken_by_what_ends_tls(
    certificate: Certificate, tmp_path: Path
) -> None:
    # Nothing is waited for in vain here, so a busy host may take its time.
    unhurried = replace(BRISK, handshake=5, answer=5, command=10)
    strict = replace(state(basic=True), channel_binding=True)
    between = self_signed(["localhost"], now=datetime.now(UTC))
    with SimulatedGuest(strict, tls=certificate) as guest:
        assert climb(endpoint(guest.port, ssl=True, insecure=True, auth=Auth.NTLM), unhurried).failure is None
        with stranger(relays_to(guest.port), tls_context(between.pem.reveal(), tmp_path)) as port:
            failed = failure_of(climb(endpoint(port, ssl=True, insecure=True, auth=Auth.NTLM), unhurried))

    assert (failed.kind, failed.verdict) == ("method-refused", FATAL)
    assert "CbtHardeningLevel is Strict" in failed.causes[0]
    assert "Basic takes the same credentials" in failed.causes[0]


KERBEROS = {
    "the name is not registered": (-1765328377, "kerberos-server-unknown", "fully qualified"),
    "the clocks differ": (-1765328347, "kerberos-clock-skew", "the guest's clock is 10 min ahead"),
    "no KDC": (-1765328228, "kerberos-no-kdc", "krb5.conf"),
    "an unknown realm": (-1765328230, "kerberos-no-kdc", "krb5.conf"),
    "no ticket": (-1765328189, "kerberos-no-ticket", "kinit"),
    "an unknown user": (-1765328378, "kerberos-user-unknown", "misspelt"),
    "a wrong password": (-1765328360, "kerberos-password", "password is wrong"),
    "the name is not registered, as SSPI says it": (-2146893053, "kerberos-server-unknown", "fully qualified"),
    "anything else": (1, "negotiation-failed", "do not agree"),
}


@pytest.mark.parametrize(("minor", "kind", "cause"), KERBEROS.values(), ids=KERBEROS)
def test_kerberos_trouble_is_told_by_its_number(minor: int, kind: str, cause: str) -> None:
    place = replace(endpoint(5985, auth=Auth.KERBEROS, host="guest.corp.example"))
    error = NegotiationError("Kerberos fails.", minor=minor, detail="Server not found in Kerberos database")
    failed = negotiation_failed(place, error, timedelta(minutes=10))

    assert (failed.kind, failed.verdict, failed.rung) == (kind, FATAL, Rung.AUTHENTICATION)
    assert cause in failed.causes[0]
    assert "Server not found in Kerberos database" in failed.evidence


class TestProxies:
    """Proxies of the environment before a guest of this host's own network: named, not used, recognised."""

    @pytest.mark.parametrize(
        ("variables", "words"),
        [
            ({}, "no proxy is set"),
            ({"http_proxy": "http://u:s3cret@proxy.corp:3128"}, "http_proxy=proxy.corp:3128 is set, and not used"),
            ({"HTTP_PROXY": "proxy.corp:3128", "NO_PROXY": "127.0.0.1"}, "NO_PROXY excepts 127.0.0.1"),
            ({"HTTP_PROXY": "proxy.corp:3128", "NO_PROXY": "*"}, "NO_PROXY excepts 127.0.0.1"),
            ({"https_proxy": "proxy.corp:3128"}, "no proxy is set"),
            ({"ALL_PROXY": "proxy.corp"}, "ALL_PROXY=proxy.corp:80 is set, and not used"),
        ],
    )
    def test_the_way_is_told_in_a_sentence_without_any_password(self, variables: dict[str, str], words: str) -> None:
        with SimulatedGuest(state()) as guest:
            ascent = climb(endpoint(guest.port), BRISK, Surroundings(variables))

        (sentence,) = (proof.sentence for proof in ascent.proven if proof.rung is Rung.PROXY)
        assert ascent.failure is None
        assert words in sentence
        assert "s3cret" not in repr(ascent)

    def test_a_proxy_that_answers_is_named_with_the_variable_that_may_have_led_there(self) -> None:
        row = TABLE["a proxy forbids"]
        with SimulatedGuest(row.guest, plan=row.plan) as guest:
            failed = failure_of(
                climb(endpoint(guest.port), BRISK, Surroundings({"HTTP_PROXY": "http://proxy.corp:3128"}))
            )

        assert "HTTP_PROXY=proxy.corp:3128" in failed.evidence
        assert "winrm_no_proxy = true" in failed.in_packer
