"""What can be wrong with a UDF volume: it is none, it is of a kind not known here, or it is damaged."""

from __future__ import annotations

from toolkit.errors import UnreadableError


class NotUdfError(UnreadableError):
    """There is no UDF volume in the image."""

    def __init__(self) -> None:
        super().__init__(
            "the image holds no UDF volume", help="Windows setup discs keep their files in UDF; check what this one is."
        )


class UnsupportedUdfError(UnreadableError):
    """A UDF volume of a kind that is not understood here; nothing says that it is damaged."""

    def __init__(self, reason: str) -> None:
        super().__init__(
            f"the UDF volume is of a kind that is not known here: {reason}",
            help="Windows setup discs have one plain partition with blocks of 2048 bytes.",
        )


class DamagedUdfError(UnreadableError):
    """The volume contradicts itself or its image."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"the UDF volume is damaged: {reason}", help="Fetch or make the image again.")


def cut_short(missing: int) -> DamagedUdfError:
    return DamagedUdfError(f"the image is cut short, {missing} bytes are missing at its end")
