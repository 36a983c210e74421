"""What of the output belongs on a medium, and what stays on this side of it."""

from __future__ import annotations

STAY = frozenset({"handoff", "cloud", "sysprep"})


def travels(name: str) -> bool:
    """Tell what belongs on the medium from what stays: fragments for tools, user data for clouds, and the second answer
    file by itself. Setup would find that one there; the copy that sysprep uses is among the files that the guest gets.
    """
    return name.partition("/")[0] not in STAY
