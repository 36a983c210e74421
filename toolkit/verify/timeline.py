"""The boot as it was seen from outside: when each door opened, how long each stage took, and what to wait for it."""

from __future__ import annotations

import json
import math
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import pairwise, takewhile
from typing import TYPE_CHECKING, Any

from toolkit.errors import UsageError
from toolkit.values import dataclass
from toolkit.verify.rung import Rung
from toolkit.verify.timeline_picture import Bar, html, svg

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from toolkit.verify.wait import Change

FORMAT = 1
READY = "ready"
_PAUSED = "paused"
# A timeout must also hold on a busier host and with one more update: twice the measured time, and never tight.
_MARGIN = 2.0
_LEAST_MINUTES = 2


class Group(StrEnum):
    """What a stage is about; the picture gives each its colour."""

    OFF = "off"
    NETWORK = "network"
    HTTP = "http"
    LOGON = "logon"
    SETUP = "setup"
    READY = "ready"


_GROUPS = {
    Rung.NAME: Group.OFF,
    Rung.PROXY: Group.NETWORK,
    Rung.TCP: Group.OFF,
    Rung.TLS: Group.NETWORK,
    Rung.CERTIFICATE: Group.NETWORK,
    Rung.HTTP: Group.HTTP,
    Rung.IDENTIFY: Group.HTTP,
    Rung.AUTHENTICATION: Group.LOGON,
    Rung.AUTHORISATION: Group.LOGON,
    Rung.RUN: Group.SETUP,
    Rung.QUOTA: Group.SETUP,
    Rung.PHASE: Group.SETUP,
    Rung.POSTURE: Group.SETUP,
}
# As people know them; any other stage goes by its rung.
_LABELS = {
    "unavailable": "503",
    "credentials-refused": "401",
    "method-not-offered": "401",
    "refused-later": "401",
    "access-denied": "access denied",
    "rebooted": "reboot",
    "paused": "pause",
    READY: READY,
}


@dataclass(frozen=True, slots=True)
class Stage:
    """A time in which the guest looked the same. Times in seconds since the start; `summary` is one sentence."""

    label: str
    rung: Rung
    kind: str
    group: Group
    summary: str
    start: float
    end: float

    @property
    def seconds(self) -> float:
        return round(self.end - self.start, 3)


@dataclass(frozen=True, slots=True)
class Timeline:
    """`started` is the wall clock at 0. `ready_after` is None where the guest was not ready in the end."""

    place: str
    started: datetime
    stages: tuple[Stage, ...]
    ready_after: float | None

    @property
    def recommended_timeout(self) -> str | None:
        """The winrm_timeout to set, as Packer writes durations; None where the guest never was ready."""
        if self.ready_after is None:
            return None
        return f"{max(_LEAST_MINUTES, math.ceil(self.ready_after * _MARGIN / 60))}m"

    @property
    def setbacks(self) -> tuple[float, ...]:
        """When the guest fell back to a stage below one that it had reached: a restart, in most cases."""
        heights = {rung: height for height, rung in enumerate(Rung)}
        pairs = pairwise(self.stages)
        return tuple(now.start for before, now in pairs if heights[now.rung] < heights[before.rung])

    def to_json(self) -> dict[str, Any]:
        """Give it as JSON takes it. Keys are never absent."""
        return {
            "format": FORMAT,
            "place": self.place,
            "started": self.started.isoformat(),
            "ready_after": self.ready_after,
            "recommended_winrm_timeout": self.recommended_timeout,
            "setbacks": list(self.setbacks),
            "stages": [self._stage(stage) for stage in self.stages],
        }

    def rendered(self, ending: str) -> bytes:
        """Give the file for a name that ends so: .json, .svg or .html. Raises UsageError for any other."""
        match ending.casefold():
            case ".json":
                return json.dumps(self.to_json(), indent=2).encode("ascii") + b"\n"
            case ".svg":
                return svg(self._title, self._bars(), self._note).encode()
            case ".html" | ".htm":
                return html(self._title, self._bars(), self._note).encode()
            case _:
                raise UsageError(
                    f"a timeline cannot be written as {ending or 'a file without an ending'}",
                    help="Give a name that ends in .json, .svg or .html.",
                )

    @property
    def _title(self) -> str:
        return f"{self.place}, from {self.started:%Y-%m-%d %H:%M:%S} UTC"

    @property
    def _note(self) -> str:
        if self.ready_after is None:
            return "Not ready in the end."
        return f'Ready after {self.ready_after:.0f} s. Recommended: winrm_timeout = "{self.recommended_timeout}".'

    def _bars(self) -> tuple[Bar, ...]:
        return tuple(
            Bar(stage.label, stage.group.value, stage.summary, stage.start, stage.end, self._clock(stage.start))
            for stage in self.stages
        )

    def _clock(self, seconds: float) -> str:
        return f"{self.started + timedelta(seconds=seconds):%H:%M:%S}"

    def _stage(self, stage: Stage) -> dict[str, Any]:
        return {
            "label": stage.label,
            "rung": stage.rung.value,
            "kind": stage.kind,
            "summary": stage.summary,
            "at": (self.started + timedelta(seconds=stage.start)).isoformat(),
            "start": round(stage.start, 3),
            "end": round(stage.end, 3),
            "seconds": stage.seconds,
        }


def timeline(place: str, started: datetime, changes: Iterable[Change], elapsed: float) -> Timeline:
    """Make stages of the changes that an observer was told. `elapsed` is when watching ended."""
    seen = tuple(changes)
    ends = (*(change.elapsed for change in seen[1:]), max([elapsed, *(change.elapsed for change in seen)]))
    stages = tuple(_stage(change, end) for change, end in zip(seen, ends, strict=False))
    return Timeline(place, started, stages, _ready_after(stages))


def _stage(change: Change, end: float) -> Stage:
    ready = change.kind == READY
    label = _LABELS.get(change.kind, change.rung.value)
    group = Group.READY if ready else _GROUPS[change.rung]
    return Stage(label, change.rung, change.kind, group, change.summary, change.elapsed, end)


def _ready_after(stages: Sequence[Stage]) -> float | None:
    """Give when the guest became ready for good: a pause that it outlasts does not count against it."""
    if not stages or stages[-1].kind != READY:
        return None
    good = [stage.start for stage in takewhile(lambda stage: stage.kind in {READY, _PAUSED}, reversed(stages))]
    return good[-1]
