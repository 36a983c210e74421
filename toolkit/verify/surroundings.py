"""What this host brings to a verification besides its network: the environment's variables, and a resolver."""

from __future__ import annotations

import os
from dataclasses import field
from typing import TYPE_CHECKING

from toolkit.values import dataclass
from toolkit.verify import name

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from toolkit.verify.name import Address


@dataclass(frozen=True, slots=True)
class Surroundings:
    """By default what this process has. `resolve` raises RungError for a name that leads nowhere."""

    variables: Mapping[str, str] = field(default_factory=lambda: os.environ, repr=False)  # may hold a proxy's password
    resolve: Callable[[str, int], tuple[Address, ...]] = name.resolve
