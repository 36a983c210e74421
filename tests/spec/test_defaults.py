"""A table that a spec does not have is not validated; its defaults must be those that validating would give."""

from __future__ import annotations

import pytest

from toolkit.spec.bootstrap import BootstrapSection, QuotasSection
from toolkit.spec.model import TABLES, Presence, model_of_every_table

NEEDED = sorted(name for name, table in TABLES.items() if table.presence is Presence.NEEDED)


@pytest.mark.parametrize("name", NEEDED)
def test_an_absent_table_is_an_empty_one(name: str) -> None:
    annotation = model_of_every_table().model_fields[name].annotation
    assert annotation is not None
    assert TABLES[name].absence() == annotation.model_validate({})


def test_an_absent_table_in_a_table_is_an_empty_one() -> None:
    assert BootstrapSection.model_validate({}).quotas == QuotasSection.model_validate({})
    assert BootstrapSection.model_validate({}).quotas.model_fields_set == set()
