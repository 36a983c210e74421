"""Unattended Windows set-up: answer files, WinRM bootstrap, media, and proof that the guest answers."""

from __future__ import annotations

__version__ = "0.1.0"
