"""Every field of the spec is used by a sample or by one of the specs in tests/spec/goldens, and so by a golden file."""

from __future__ import annotations

import tomllib
import typing
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from pydantic import BaseModel

from tests.spec.loading import NOWHERE
from toolkit.catalog.check import check
from toolkit.render.answerfile.document import answer_file
from toolkit.spec.document import read_document
from toolkit.spec.load import load_guest
from toolkit.spec.model import model_of_every_table
from toolkit.spec.secrets import Vault

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
SAMPLES = sorted((ROOT / "samples").glob("*/unattend.toml"))
GOLDENS = sorted((Path(__file__).parent / "goldens").glob("*.toml"))

# What needs a certificate or a program of the user's own is exercised where the tests make one.
ELSEWHERE = {
    "bootstrap.certificate.file": "test_bootstrap_modes.py",
    "bootstrap.certificate.password": "test_bootstrap_modes.py",
    "bootstrap.client_certificate.file": "test_bootstrap_modes.py",
    "bootstrap.openssh.file": "test_bootstrap_modes.py",
}

# Where a file beside the spec, or a secret's source, is written as a table of its own.
_SOURCES = {"env", "file", "prompt", "random"}


def fields(model: type[BaseModel], prefix: str = "") -> Iterator[str]:
    for name, info in model.model_fields.items():
        inner = model_in(info.annotation)
        written = prefix + (info.alias or name)
        if inner is None:
            yield written
        else:
            yield from fields(inner, f"{written}.")


def model_in(annotation: object) -> type[BaseModel] | None:
    if isinstance(annotation, type) and not typing.get_args(annotation):
        return annotation if issubclass(annotation, BaseModel) else None
    return next((found for part in typing.get_args(annotation) if (found := model_in(part))), None)


def used(table: object, prefix: str = "") -> Iterator[str]:
    """Give the dotted keys of a document, arrays' items taken together."""
    if isinstance(table, dict) and not (prefix and set(table) <= _SOURCES and prefix.endswith("password.")):
        for name, value in table.items():
            yield prefix + name
            yield from used(value, f"{prefix}{name}.")
    if isinstance(table, list):
        for item in table:
            yield from used(item, prefix)


def keys_in_use() -> set[str]:
    documents = (tomllib.loads(path.read_text(encoding="utf-8")) for path in (*SAMPLES, *GOLDENS))
    return {key for document in documents for key in used(document)} | set(ELSEWHERE)


def test_every_field_is_used_somewhere() -> None:
    assert sorted(set(fields(model_of_every_table())) - keys_in_use()) == []


def test_a_field_that_nobody_uses_would_be_found() -> None:
    class Bigger(model_of_every_table()):  # type: ignore[misc]  # a class made at run time
        brand_new: str = ""

    assert sorted(set(fields(Bigger)) - keys_in_use()) == ["brand_new"]


@pytest.mark.parametrize(("field", "test"), ELSEWHERE.items())
def test_what_is_exercised_elsewhere_is(field: str, test: str) -> None:
    assert field.split(".")[-2] in (Path(__file__).parent / test).read_text(encoding="utf-8")


@pytest.mark.parametrize("path", GOLDENS, ids=lambda path: path.stem)
def test_these_specs_render_without_a_finding(path: Path) -> None:
    guest = load_guest(read_document(path), Vault({}, None, NOWHERE)).guest
    assert check(answer_file(guest).data, guest.windows.release.key) == ()
