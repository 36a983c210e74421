"""The manifest that an earlier `generate` left in a folder."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

NAME = "manifest.json"


def kept_manifest(folder: Path) -> dict[str, Any]:
    """Read it; {} where there is none, or what is there is none. Its keys are whatever somebody made of them."""
    try:
        content = json.loads((folder / NAME).read_bytes())
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}
