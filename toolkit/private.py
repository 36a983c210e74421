"""The private folder beside the output: what is random by nature is made once, kept here, and used by every command."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from toolkit.errors import UnreadableError
from toolkit.files import make_folder, write_whole

if TYPE_CHECKING:
    from pathlib import Path

FOLDER = "private"


def kept(folder: Path, name: str) -> dict[str, str]:
    """Read the texts kept under `name`, {} when there are none yet. Raises UnreadableError when they are damaged."""
    store = folder / FOLDER / name
    try:
        content = json.loads(store.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except OSError as err:
        fix = "Check its permissions." if isinstance(err, PermissionError) else "Choose another place with -o."
        raise UnreadableError(f"{store} cannot be read: {err.strerror}", help=fix) from err
    except ValueError as err:
        raise _damaged(store) from err
    if not isinstance(content, dict) or not all(isinstance(value, str) for value in content.values()):
        raise _damaged(store)
    return content


def keep(folder: Path, name: str, texts: dict[str, str]) -> None:
    """Keep `texts` under `name`, readable by the owner alone."""
    make_folder(folder / FOLDER, mode=0o700)
    write_whole(folder / FOLDER / name, json.dumps(texts, indent=2, sort_keys=True).encode("ascii") + b"\n")


def _damaged(store: Path) -> UnreadableError:
    return UnreadableError(f"{store} is damaged", help="Delete it; what it held is made anew.")
