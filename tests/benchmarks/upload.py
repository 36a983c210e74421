"""Upload one file of random bytes to a guest, from the start of the process to the digest that the guest gives."""

from __future__ import annotations

import io
import os
import random
import sys

from toolkit.communicators.endpoint import Auth, Endpoint
from toolkit.communicators.winrm import WinrmCommunicator
from toolkit.secret import Secret


def main(host: str, port: str, user: str, size: str) -> None:
    password = Secret(os.environ["UNATTEND_WINRM_PASSWORD"])
    endpoint = Endpoint(host, int(port), ssl=False, auth=Auth.BASIC, username=user, password=password)
    data = random.Random(1).randbytes(int(size))
    with WinrmCommunicator(endpoint) as communicator:
        communicator.upload(io.BytesIO(data), r"C:\Windows\Temp\benchmark.bin")


if __name__ == "__main__":
    main(*sys.argv[1:])
