"""Renders one answer file again and again in a process that is warm, and prints the seconds of each time as JSON."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

from toolkit.render.answerfile.document import answer_file
from toolkit.spec.document import read_document
from toolkit.spec.load import load_guest
from toolkit.spec.secrets import Vault

_WARMING = 5


def seconds(spec: Path, times: int) -> list[float]:
    guest = load_guest(read_document(spec), Vault({}, None, spec.parent)).guest
    taken = []
    for _ in range(_WARMING + times):
        started = time.perf_counter()
        answer_file(guest)
        taken.append(time.perf_counter() - started)
    return taken[_WARMING:]


if __name__ == "__main__":
    print(json.dumps(seconds(Path(sys.argv[1]), int(sys.argv[2]))))
