"""How long one look at a guest may take, rung by rung."""

from __future__ import annotations

from toolkit.values import dataclass

# Below this a look says more of the limit than of the guest.
_LEAST = 1.0


@dataclass(frozen=True, slots=True)
class Limits:
    """In seconds: a TCP connect, a TLS handshake, an answer over HTTP, a command in the guest.

    The first three are short, because a look that finds a slow guest is simply followed by another.
    """

    connect: float = 5.0
    handshake: float = 3.0
    answer: float = 4.0
    command: float = 60.0

    def within(self, seconds: float) -> Limits:
        """Shorten every limit to what is left of the wait."""
        most = max(seconds, _LEAST)
        return Limits(
            connect=min(self.connect, most),
            handshake=min(self.handshake, most),
            answer=min(self.answer, most),
            command=min(self.command, most),
        )
