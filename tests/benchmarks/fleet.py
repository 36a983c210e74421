"""Verify the same guest many times over from one process, as a lab of so many would be."""

from __future__ import annotations

import os
import sys

from toolkit.communicators.endpoint import Auth, Endpoint
from toolkit.secret import Secret
from toolkit.verify.fleet import verify_many
from toolkit.verify.verification import verify
from toolkit.verify.wait import Patience


def main(host: str, port: str, user: str, count: str) -> None:
    password = Secret(os.environ["UNATTEND_WINRM_PASSWORD"])
    endpoint = Endpoint(host, int(port), ssl=False, auth=Auth.NTLM, username=user, password=password)
    patience = Patience(timeout=60.0)
    reports = list(verify_many([endpoint] * int(count), lambda one: verify(one, patience=patience)))
    if not all(report.ready for report in reports):
        sys.exit(f"{sum(not report.ready for report in reports)} guests were not ready")


if __name__ == "__main__":
    main(*sys.argv[1:])
