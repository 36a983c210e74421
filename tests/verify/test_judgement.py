"""What an error of the communicator means for the ladder, as a table."""

from __future__ import annotations

import pytest

from tests.verify.guests import endpoint
from toolkit.communicators.errors import (
    CertificateError,
    CommandTimeoutError,
    CommunicatorError,
    FaultError,
    GarbledError,
    HttpStatusError,
    MissingSupportError,
    OutputLimitError,
    ProxyError,
    Refusal,
    TlsError,
    UnauthorisedError,
    UnreachableError,
)
from toolkit.verify.judgement import judged
from toolkit.verify.rung import Rung, Verdict


def fault(number: int) -> FaultError:
    return FaultError("fault", fault=number, reason="Grund")


def status(number: int) -> HttpStatusError:
    return HttpStatusError("status", status=number)


@pytest.mark.parametrize(
    ("error", "rung", "kind", "verdict"),
    [
        (fault(5), Rung.AUTHORISATION, "access-denied", Verdict.FATAL),
        (fault(0x803381AC), Rung.AUTHORISATION, "shells-forbidden", Verdict.FATAL),
        (fault(0x803381DD), Rung.AUTHORISATION, "remote-forbidden", Verdict.FATAL),
        (fault(2150859173), Rung.QUOTA, "too-many-shells", Verdict.SUSPICIOUS),
        (fault(2150859174), Rung.QUOTA, "too-many-operations", Verdict.SUSPICIOUS),
        (fault(0x803381AB), Rung.QUOTA, "too-many-users", Verdict.SUSPICIOUS),
        (fault(2150859236), Rung.QUOTA, "too-many-shells", Verdict.SUSPICIOUS),
        (fault(2150859242), Rung.QUOTA, "fault", Verdict.SUSPICIOUS),
        (fault(2150858815), Rung.QUOTA, "busy", Verdict.RETRY),
        (fault(2150858843), Rung.RUN, "shell-gone", Verdict.RETRY),
        (fault(1115), Rung.PHASE, "restarting", Verdict.RETRY),
        (fault(1717), Rung.PHASE, "restarting", Verdict.RETRY),
        (fault(0), Rung.RUN, "fault", Verdict.SUSPICIOUS),
        (fault(2150859243), Rung.RUN, "fault", Verdict.SUSPICIOUS),
        (status(503), Rung.RUN, "unavailable", Verdict.RETRY),
        (status(400), Rung.RUN, "context-lost", Verdict.RETRY),
        (status(500), Rung.RUN, "bare-status", Verdict.SUSPICIOUS),
        (status(413), Rung.RUN, "too-large", Verdict.FATAL),
        (fault(0x80338047), Rung.RUN, "too-large", Verdict.FATAL),
        (fault(0x80338005), Rung.RUN, "config-corrupted", Verdict.FATAL),
        (fault(0x803381A9), Rung.RUN, "token-changed", Verdict.RETRY),
        (fault(0x80338036), Rung.AUTHENTICATION, "sender-unknown", Verdict.SUSPICIOUS),
        (UnreachableError("broke"), Rung.RUN, "connection-broke", Verdict.RETRY),
        (CommandTimeoutError("slow"), Rung.RUN, "no-end", Verdict.RETRY),
        (CertificateError("other"), Rung.CERTIFICATE, "certificate-changed", Verdict.SUSPICIOUS),
        (TlsError("no"), Rung.TLS, "tls-refused", Verdict.SUSPICIOUS),
        (UnauthorisedError("no", ()), Rung.AUTHENTICATION, "refused-later", Verdict.SUSPICIOUS),
        (
            UnauthorisedError("no", (), refusal=Refusal.ESTABLISHED),
            Rung.AUTHENTICATION,
            "unencrypted-refused",
            Verdict.FATAL,
        ),
        (OutputLimitError("much"), Rung.RUN, "flood", Verdict.FATAL),
        (MissingSupportError("no gssapi"), Rung.AUTHENTICATION, "support-missing", Verdict.FATAL),
        (GarbledError("what"), Rung.RUN, "garbled", Verdict.SUSPICIOUS),
        (CommunicatorError("else"), Rung.RUN, "failed", Verdict.SUSPICIOUS),
    ],
)
def test_an_error_while_running_is_judged(error: CommunicatorError, rung: Rung, kind: str, verdict: Verdict) -> None:
    failure = judged(error, Rung.RUN, endpoint(5985))

    assert (failure.rung, failure.kind, failure.verdict) == (rung, kind, verdict)


def test_a_fault_shows_its_number_in_both_notations_and_the_guests_own_words() -> None:
    assert judged(fault(2150859173), Rung.RUN, endpoint(5985)).evidence == ("fault 0x803381a5 (2150859173): Grund",)


def test_an_error_stays_on_the_rung_that_was_tried() -> None:
    assert judged(UnreachableError("broke"), Rung.AUTHENTICATION, endpoint(5985)).rung is Rung.AUTHENTICATION


@pytest.mark.parametrize("error", [status(500), UnauthorisedError("no", (), refusal=Refusal.ESTABLISHED)])
def test_nothing_under_tls_is_refused_for_being_unencrypted(error: CommunicatorError) -> None:
    failure = judged(error, Rung.AUTHENTICATION, endpoint(5986, ssl=True))

    assert failure.kind != "unencrypted-refused"
    assert failure.verdict is Verdict.SUSPICIOUS
    assert "--ssl" not in failure.in_client


def test_an_ipv6_guest_is_excepted_from_the_proxy_by_its_whole_address() -> None:
    failure = judged(ProxyError("HTTP_PROXY=p:1", 502), Rung.RUN, endpoint(5985, host="2001:db8::1"))

    assert "NO_PROXY=2001:db8::1 in the environment" in failure.in_client
