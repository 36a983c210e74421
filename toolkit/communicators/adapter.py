"""The HTTP connection under pywinrm, with what it leaves out: a pin, bounds, and what a refusal offered instead."""

from __future__ import annotations

import ssl
import time
from typing import TYPE_CHECKING, Any

import requests
from requests.adapters import HTTPAdapter

from toolkit.communicators.challenge import offered_methods

if TYPE_CHECKING:
    from collections.abc import Mapping

UNAUTHORIZED = 401

# A guest's answer is bounded by MaxEnvelopeSizekb (500 kB by default, 8 MB at most: MicrosoftDocs/win32
# desktop-src/WinRM/installation-and-configuration-for-windows-remote-management.md); base64 and sealing add to it.
LARGEST_ANSWER = 16 * 1024 * 1024
_PIECE = 64 * 1024


class GuestAdapter(HTTPAdapter):
    """One connection to one guest.

    With `pin` only the certificate of that thumbprint is accepted, whatever name or issuer it bears; without it and
    with `verify`, the host's own certificate store decides. `read_timeout` (seconds) may be changed between requests
    and bounds an answer as a whole.
    """

    def __init__(self, *, pin: str | None, verify: bool, connect_timeout: float, read_timeout: float) -> None:
        self._pin = pin
        self._verify = verify and pin is None
        self._connect_timeout = connect_timeout
        self.read_timeout = read_timeout
        self.offered: tuple[str, ...] = ()
        # One connection, never shared: NTLM's keys belong to the connection that made them.
        super().__init__(pool_connections=1, pool_maxsize=1, max_retries=0)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        if self._pin is not None:
            kwargs["assert_fingerprint"] = self._pin
        elif self._verify:
            kwargs["ssl_context"] = ssl.create_default_context()
        super().init_poolmanager(*args, **kwargs)

    def send(
        self,
        request: requests.PreparedRequest,
        stream: bool = False,  # noqa: ARG002, FBT001, FBT002  (the base class's signature)
        timeout: Any = None,  # noqa: ARG002  (pywinrm's single number is replaced by ours)
        verify: bool | str = True,  # noqa: ARG002, FBT001, FBT002  (pywinrm sets it by session; ours is fixed)
        cert: Any = None,
        proxies: Mapping[str, str] | None = None,  # noqa: ARG002  (the rungs below went direct, and so does this)
    ) -> requests.Response:
        deadline = time.monotonic() + self.read_timeout
        response = super().send(
            request, stream=True, timeout=(self._connect_timeout, self.read_timeout), verify=self._verify, cert=cert
        )
        if response.status_code == UNAUTHORIZED:
            # Its body stays unread: requests_ntlm takes the certificate for the channel binding from the open stream.
            self.offered = offered_methods(response.raw.headers.getlist("WWW-Authenticate"))
        else:
            response._content = _bounded_body(response, deadline)  # noqa: SLF001  (requests has no other way in)
            response._content_consumed = True  # type: ignore[attr-defined]  # noqa: SLF001
        return response


def _bounded_body(response: requests.Response, deadline: float) -> bytes:
    body = bytearray()
    while piece := response.raw.read1(_PIECE, decode_content=True):
        body += piece
        if len(body) > LARGEST_ANSWER:
            response.close()
            raise requests.exceptions.ContentDecodingError(f"more than {LARGEST_ANSWER} bytes", response=response)
        if time.monotonic() > deadline:
            response.close()
            raise requests.exceptions.ReadTimeout("the answer does not end", response=response)
    return bytes(body)
