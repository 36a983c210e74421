"""Many guests at once: one thread each, so many at a time, and the reports in the order of the guests."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from toolkit.communicators.endpoint import Endpoint

T = TypeVar("T")

# A guest is waited for far more than it is worked for, so there may be many more threads than processors.
WORKERS = 32


def verify_many(endpoints: Iterable[Endpoint], verify: Callable[[Endpoint], T], workers: int = WORKERS) -> Iterator[T]:
    """Call `verify` on every endpoint, at most `workers` at a time, and give the results in order as they come.

    Nothing is shared between two calls, so `toolkit.verify.verification.verify` may be used as it is.
    """
    with ThreadPoolExecutor(max_workers=max(1, workers), thread_name_prefix="verify") as pool:
        yield from pool.map(verify, endpoints)
