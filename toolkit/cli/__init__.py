"""The command line. Importing this loads no heavy library; each command loads what it needs when it runs."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command line and end the process with its exit code."""
    from toolkit.cli.app import run

    sys.exit(run(sys.argv[1:]))
