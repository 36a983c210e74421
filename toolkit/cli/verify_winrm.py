"""`unattend verify-winrm`: wait for a guest, connect, and prove it, or say exactly what is wrong."""

from __future__ import annotations

from toolkit.cli import flags, passwords
from toolkit.cli.options import Json, Settings
from toolkit.cli.specs import STDIN
from toolkit.errors import ExitCode, UsageError

HELP = "Prove a guest, or say what is wrong with it."


def command(
    host: flags.Host = None,
    username: flags.Username = None,
    auth: flags.Auth = None,
    port: flags.Port = None,
    ssl: flags.Ssl = None,
    insecure: flags.Insecure = None,
    pin: flags.Pin = None,
    ca_file: flags.CaFile = None,
    server_name: flags.ServerName = None,
    client_cert: flags.ClientCert = None,
    client_key: flags.ClientKey = None,
    timeout: flags.Timeout = None,
    connect_timeout: flags.ConnectTimeout = None,
    retry_interval: flags.RetryInterval = None,
    pause_before_connecting: flags.Pause = None,
    full: flags.Full = False,
    check: flags.Check = None,
    settle: flags.Settle = None,
    client: flags.As = None,
    expect: flags.Expect = "ready",
    password_file: passwords.PasswordFile = None,
    password_stdin: passwords.PasswordStdin = False,
    spec: flags.SpecFile = None,
    settings: Settings = None,
    output: flags.Generated = None,
    timeline: flags.Timeline = None,
    junit: flags.Junit = None,
    github: flags.Github = False,
    json: Json = False,
) -> ExitCode:
    from toolkit.cli.reporting import Outputs, options_of, verified
    from toolkit.cli.target import Flags, Patient, Trusting, target

    if spec == STDIN and password_stdin:
        raise UsageError(
            "stdin cannot give both the spec and the password", help="Use --password-file, or a spec's file."
        )
    given = Flags(
        host,
        username,
        auth,
        port,
        ssl,
        Trusting(insecure, pin, ca_file, server_name, client_cert, client_key),
        Patient(timeout, pause_before_connecting, connect_timeout, retry_interval),
        closed=expect == "closed",
    )
    options = options_of(full=full, checks=check or (), settle=settle, client=client, expect=expect)
    outputs = Outputs(json=json, github=github, junit=junit, timeline=timeline)
    wanted = target(given, spec, settings or (), output, passwords.given(password_file, password_stdin))
    return verified(wanted, options, outputs)
