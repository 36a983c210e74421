"""The JSON tables of facts: found in the package, read once, when first asked for."""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from typing import Any


@cache
def rows(name: str) -> tuple[dict[str, Any], ...]:
    """Give the rows of the table `name` (its file name without the ending)."""
    text = (files("toolkit") / "data" / f"{name}.json").read_text(encoding="utf-8")
    return tuple(json.loads(text)["rows"])
