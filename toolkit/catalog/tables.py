"""The JSON tables of facts: found in the package, read once, when first asked for."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

# Not by importlib.resources: it loads zipfile and more, for packages that are not files.
DATA = Path(__file__).parents[1] / "data"


@cache
def rows(name: str) -> tuple[dict[str, Any], ...]:
    """Give the rows of the table `name` (its file name without the ending)."""
    text = (DATA / f"{name}.json").read_text(encoding="utf-8")
    return tuple(json.loads(text)["rows"])
