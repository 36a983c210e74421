"""`[oobe]`: the few choices that are left when every page of OOBE is hidden."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from toolkit.spec.oobe_choices import Express, Oobe
from toolkit.spec.section import Findings, Section


class OobeSection(Section):
    """`[oobe]`."""

    express: Annotated[Express, Field(strict=False)] = Field(
        Express.OFF, description="Express settings: on, updates (important updates only) or off."
    )


def resolve_oobe(section: OobeSection, findings: Findings) -> Oobe:  # noqa: ARG001  (every section is resolved alike)
    return Oobe(section.express)
