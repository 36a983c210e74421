from __future__ import annotations

import json
import tomllib
from pathlib import Path

import jsonschema
import pytest

from tests.spec.loading import SMALLEST
from toolkit.catalog.releases import releases
from toolkit.render.starter import starter
from toolkit.spec.model import model_of_every_table
from toolkit.spec.schema import published_schema, schema_of_models

SAMPLES = sorted((Path(__file__).parents[2] / "samples").glob("*/unattend.toml"))


def judge(text: str) -> list[str]:
    validator = jsonschema.Draft202012Validator(json.loads(published_schema()))
    return [error.message for error in validator.iter_errors(tomllib.loads(text))]


def test_the_published_schema_is_that_of_the_models() -> None:
    assert published_schema() == schema_of_models()


def test_the_published_schema_is_a_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(json.loads(published_schema()))


def test_every_section_is_in_the_schema_and_extends_too() -> None:
    assert set(json.loads(published_schema())["properties"]) == {*model_of_every_table().model_fields, "extends"}


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda path: path.parent.name)
def test_every_sample_is_valid(sample: Path) -> None:
    assert judge(sample.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("release", releases())
def test_every_starter_is_valid(release: str) -> None:
    assert judge(starter(release, None)) == []


@pytest.mark.parametrize(
    "source", ['"text"', '{ env = "A" }', '{ file = "a" }', "{ prompt = true }", "{ random = true }"]
)
def test_every_source_of_a_secret_is_valid(source: str) -> None:
    assert judge(SMALLEST.replace('"Passw0rd!"', source)) == []


@pytest.mark.parametrize("count", ["1", "999", '"forever"'])
def test_every_number_of_logons_is_valid(count: str) -> None:
    assert judge(SMALLEST + f"[autologon]\ncount = {count}\n") == []


@pytest.mark.parametrize(
    "text",
    [
        SMALLEST + "winrm_prt = 1\n",
        SMALLEST + "[disc]\n",
        SMALLEST + "[autologon]\ncount = 0\n",
        SMALLEST + "[autologon]\ncount = 'ever'\n",
        SMALLEST + "winrm_port = 0\n",
        SMALLEST + "winrm_timeout = 30\n",
        SMALLEST + "[disk]\nfirmware = 'efi'\n",
        SMALLEST + "[bootstrap.quotas]\nmax_timeout_ms = 4294967296\n",
        SMALLEST.replace("server-2022", "server-2023"),
        SMALLEST.replace('"Passw0rd!"', '{ evn = "A" }'),
        SMALLEST.replace('"Passw0rd!"', '{ env = "A", file = "B" }'),
        SMALLEST.replace('"Passw0rd!"', "{ random = false }"),
        SMALLEST.replace('"winrm"', '"wirnm"'),
        "",
    ],
)
def test_a_mistake_is_not_valid(text: str) -> None:
    assert judge(text)
