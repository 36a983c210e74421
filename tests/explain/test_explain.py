"""`explain`: codes in any form, logs of any client, files of any encoding."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolkit.catalog.faults import faults
from toolkit.catalog.tables import rows
from toolkit.errors import UnreadableError
from toolkit.explain.question import explain, explain_stream, explain_text

if TYPE_CHECKING:
    from pathlib import Path

PACKER = """\
2026/01/01 10:00:00 [INFO] Waiting for WinRM, up to timeout: 30m0s
==> qemu: Waiting for WinRM to become available...
2026/01/01 10:00:10 [DEBUG] connecting to WinRM: dial tcp 10.0.0.5:5985: connect: connection refused
2026/01/01 10:05:10 [ERROR] connection error: http response error: 401 - invalid content type
==> qemu: Timeout waiting for WinRM.
"""

# What clients write: the line, and the sign it is known by. Lines as in the clients' sources and issues.
LINES = {
    "http response error: 401 - invalid content type": "basic-off",
    "fatal: [g]: UNREACHABLE! ntlm: the specified credentials were rejected by the server": "credentials-rejected",
    "winrm.exceptions.WinRMTransportError: Bad HTTP response returned from server. Code 500": "unencrypted-refused",
    "Bad HTTP response returned from server. Code 400": "bad-request",
    "WinRMTransportError Bad HTTP response returned from server. Code 413": "envelope-too-small",
    '"msg": "Ansible requires PowerShell v3.0 or newer"': "powershell-too-old",
    "basic: Zugriff verweigert (extended fault data: {'transport_message': 'Bad HTTP response returned from server. "
    "Code 500', 'wsmanfault_code': '5'})": "access-denied",
    "[SSL: WRONG_VERSION_NUMBER] wrong version number (_ssl.c:1007)": "tls-on-http-port",
    "http: server gave HTTP response to HTTPS client": "tls-on-http-port",
    'net/http: HTTP/1.x transport connection broken: malformed HTTP response "\\x15\\x03\\x01"': "http-on-tls-port",
    "x509: certificate signed by unknown authority": "unknown-issuer",
    "certificate verify failed: self-signed certificate (_ssl.c:1007)": "unknown-issuer",
    "x509: cannot validate certificate for 10.0.0.5 because it doesn't contain any IP SANs": "wrong-name",
    "x509: certificate has expired or is not yet valid": "certificate-expired",
    "[SSL: UNSUPPORTED_PROTOCOL] unsupported protocol": "tls-versions",
    "authGSSClientStep() failed: Server not found in Kerberos database": "kerberos-unknown-server",
    "kerberos: authGSSClientInit() failed: Clock skew too great": "clock-skew",
    "No Kerberos credentials available (default cache: FILE:/tmp/krb5cc_0)": "kerberos-no-ticket",
    "Cannot find KDC for realm EXAMPLE.COM": "kerberos-no-kdc",
    "WinRM::WinRMWSManFault: Access is denied.": "access-denied",
    "This user is allowed a maximum number of 5 concurrent shells, which has been exceeded.": "too-many-shells",
    "maximum number of 15 concurrent operations for this user": "too-many-operations",
    "The paging file is too small for this operation to complete": "memory-quota",
    "The interface is unknown.": "shutting-down",
    "one of the network connection types on this machine is set to Public.": "public-network",
    'Error: Invalid use of command line. Type "winrm -?" for help.': "winrm-quoting",
    "add the host to the TrustedHosts configuration setting": "trusted-hosts",
    "ValueError: unsupported hash type md4": "md4",
    "winrm or requests is not installed: No module named 'winrm'": "no-module",
    "Method invocation is supported only on core types in this language mode.": "language-mode",
    "File C:\\a.ps1 cannot be loaded because running scripts is disabled on this system.": "execution-policy",
    "407 Proxy Authentication Required": "proxy",
    "http response error: 503 - Service Unavailable": "unavailable",
    "http response error: 404 - invalid content type": "not-registered",
    "Script exited with non-zero exit status: 16001": "packer-16001",
    "plaintext: auth method plaintext requires a password": "no-password",
    "    default: Warning: Authentication failure. Retrying...": "credentials-rejected",
    "dial tcp: lookup win10: no such host": "no-such-name",
    "Warning: Connection refused. Retrying...": "refused",
    "dial tcp 10.0.0.5:5985: i/o timeout": "dropped",
    "('Connection aborted.', RemoteDisconnected('Remote end closed connection'))": "broke-off",
    "HTTPConnectionPool(host='g', port=5985): Read timed out. (read timeout=30)": "read-timeout",
    "Timeout waiting for IP address": "no-address",
    "==> vmware-iso: Timeout waiting for WinRM.": "packer-timeout",
    "==> vmware-iso: Waiting for WinRM to become available...": "waiting",
    "#< CLIXML": "clixml",
}


@pytest.mark.parametrize(("line", "sign"), LINES.items())
def test_what_clients_write_is_known(line: str, sign: str) -> None:
    found = explain_text(line)

    assert (found.subject, found.known) == (sign, True)
    assert found.causes


def test_every_sign_but_the_generic_ones_is_met_by_a_real_line() -> None:
    assert {row["name"] for row in rows("log-signs")} - set(LINES.values()) == {"invalid-host", "wsman-url"}


def test_the_line_that_matters_is_the_cause_and_not_the_last_one() -> None:
    found = explain(PACKER)

    assert found.subject == "basic-off"
    assert found.line is not None
    assert (found.line.number, found.line.text.endswith("401 - invalid content type")) == (4, True)
    assert found.also == ("line 3: refused", "line 5: packer-timeout", "line 2: waiting")


VAGRANT = """\
==> default: Waiting for machine to boot. This may take a few minutes...
    default: WinRM address: 127.0.0.1:55985
    default: WinRM transport: negotiate
    default: Warning: Connection refused. Retrying...
    default: Warning: Remote connection disconnect. Retrying...
An error occurred executing a remote WinRM command.

Shell: Cmd
Command: hostname
Message: Digest initialization failed: initialization error
"""
ANSIBLE = """\
TASK [Gathering Facts] *********************************************************
fatal: [win10]: UNREACHABLE! => {"changed": false, "msg": "ssl: HTTPSConnectionPool(host='10.0.0.5', port=5986): \
Max retries exceeded with url: /wsman (Caused by SSLError(SSLCertVerificationError(1, '[SSL: \
CERTIFICATE_VERIFY_FAILED] certificate verify failed: self-signed certificate (_ssl.c:1006)')))", "unreachable": true}
PLAY RECAP *********************************************************************
win10                      : ok=0    changed=0    unreachable=1    failed=0    skipped=0
"""
PYWINRM = """\
Traceback (most recent call last):
  File "winrm/protocol.py", line 243, in send_message
    raise WSManFaultError(
winrm.exceptions.WSManFaultError: The WS-Management service cannot process the request. The maximum number of \
concurrent shells for this user has been exceeded. (extended fault data: {'transport_message': 'Bad HTTP response \
returned from server. Code 500', 'http_status_code': 500, 'wsmanfault_code': '2150859173', 'fault_code': 's:Receiver'})
"""


@pytest.mark.parametrize(
    ("log", "subject", "number"),
    [
        (VAGRANT, "md4", 10),
        (ANSIBLE, "unknown-issuer", 2),
        (PYWINRM, "0x803381A5 WSMAN_QUOTA_MAX_SHELLS", 4),
    ],
    ids=["vagrant", "ansible", "pywinrm"],
)
def test_the_logs_of_other_clients_are_read_as_well(log: str, subject: str, number: int) -> None:
    found = explain(log)

    assert found.subject == subject
    assert found.line is not None
    assert found.line.number == number


@pytest.mark.parametrize("form", ["2150859173", "-2144108123", "0x803381A5", "803381a5"])
def test_a_code_is_explained_in_any_form(form: str) -> None:
    found = explain(form)

    assert found.subject == "0x803381A5 WSMAN_QUOTA_MAX_SHELLS"
    assert "bootstrap.quotas.max_shells_per_user" in found.in_spec
    assert found.forms == ("2150859173", "-2144108123", "0x803381A5")


@given(st.sampled_from(sorted(faults())))
def test_every_code_is_explained_and_can_be_written_as_json(code: int) -> None:
    found = explain(hex(code))

    assert found.known
    assert json.loads(json.dumps(found.to_json()))["subject"].startswith(f"0x{code:08X}")


@pytest.mark.parametrize(
    "line",
    [
        '<f:WSManFault Code="2150859173" Machine="g">',
        "WSManFaultError: wsmanfault_code: 2150859173",
        "Exception calling: HRESULT: 0x803381A5",
        "(extended fault data: {'wsmanfault_code': '-2144108123'})",
    ],
)
def test_a_code_inside_a_log_is_found(line: str) -> None:
    assert explain_text(f"nothing here\n{line}\n").subject == "0x803381A5 WSMAN_QUOTA_MAX_SHELLS"


def test_a_fault_of_pywinrms_counts_in_whatever_language_its_text_is() -> None:
    line = (
        "basic: Přístup byl odepřen. (extended fault data: {'transport_message': 'Bad HTTP response returned from "
        "server. Code 500', 'http_status_code': 500, 'wsmanfault_code': '5', 'fault_subcode': 'w:AccessDenied'})"
    )

    assert explain_text(line).subject == "0x00000005 ERROR_ACCESS_DENIED"


def test_the_polling_timeout_of_a_silent_command_does_not_hide_the_cause() -> None:
    log = "fault code 2150858793\nfault code 2150858793\nSystem error: A system shutdown is in progress. (1115)\n"

    assert explain_text(log).subject == "shutting-down"


def test_an_exit_code_of_the_users_own_program_is_no_windows_error() -> None:
    assert not explain_text("my-tool: exit code: 2\n").known


def test_numbers_that_are_not_called_codes_are_left_alone() -> None:
    assert not explain_text("downloaded 1115 of 3010 files, pid 1326\n").known


@pytest.mark.parametrize(
    "line",
    [
        'winrm_password="hunter2" 401 - invalid content type',
        "password: hunter2: http response error: 401",
        "Authorization: Basic hunter2 http response error: 401",
        "ansible_password=hunter2 the specified credentials were rejected by the server",
    ],
)
def test_a_password_in_the_line_is_not_repeated(line: str) -> None:
    found = explain_text(line)

    assert found.known
    assert "hunter2" not in found.to_text() + json.dumps(found.to_json())


def test_colours_and_controls_of_a_log_do_not_reach_the_terminal() -> None:
    found = explain_text("\x1b[1;31mTimeout\x1b[0m waiting for WinRM\x07.")

    assert found.line is not None
    assert found.line.text == "Timeout waiting for WinRM."


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_file_is_read_in_the_encoding_that_it_has(tmp_path: Path, encoding: str) -> None:
    log = tmp_path / "packer.log"
    log.write_text(PACKER, encoding=encoding)

    assert explain(str(log)).subject == "basic-off"


def test_a_folder_is_no_log(tmp_path: Path) -> None:
    with pytest.raises(UnreadableError, match="is a folder"):
        explain(str(tmp_path))


@pytest.mark.parametrize("path", ["packer.log", "./build", "logs/run.TXT", "/var/log/none", "C:\\logs\\none", "~/none"])
def test_a_path_that_leads_nowhere_is_not_taken_for_the_text_of_a_log(path: str) -> None:
    with pytest.raises(UnreadableError, match="there is no file"):
        explain(path)


@pytest.mark.parametrize("text", ["http://10.0.0.5:5985/wsman", "cannot open /var/log/none", "and/or", "timeout"])
def test_text_with_a_slash_in_it_is_still_text(text: str) -> None:
    assert not explain(text).known


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_piped_log_is_read_like_a_file(encoding: str) -> None:
    assert explain_stream(io.BytesIO(PACKER.encode(encoding))).subject == "basic-off"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_of_a_piped_log_that_does_not_end_soon_the_end_is_read(monkeypatch: pytest.MonkeyPatch, encoding: str) -> None:
    monkeypatch.setattr("toolkit.explain.question._LARGEST_LOG", 1000)
    monkeypatch.setattr("toolkit.explain.question._CHUNK", 333)
    long = "AccessDenied: \N{SNOWMAN} no such thing\n" * 300 + PACKER

    assert explain_stream(io.BytesIO(long.encode(encoding))).subject == "basic-off"


def test_a_file_that_may_not_be_read_is_an_error_with_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log = tmp_path / "secret.log"
    log.write_text(PACKER)

    def refused(self: Path, mode: str) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(type(log), "open", refused)
    with pytest.raises(UnreadableError, match=r"secret\.log cannot be read: Permission denied"):
        explain(str(log))


def test_a_code_that_nobody_knows_is_said_to_be_unknown() -> None:
    found = explain("0xDEADBEEF")

    assert not found.known
    assert found.in_guest == ("certutil -error 0xDEADBEEF",)


def test_the_text_keeps_commands_whole_on_narrow_terminals() -> None:
    text = explain("0x803380E9").to_text(30)

    assert "  winrm enumerate winrm/config/listener" in text.splitlines()
    assert max(len(line) for line in text.split("In the guest")[0].splitlines()[2:]) <= 45


@given(st.text(max_size=300))
def test_any_text_is_answered(text: str) -> None:
    explain_text(text).to_text()
