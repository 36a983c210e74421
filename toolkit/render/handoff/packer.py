"""Packer templates, in HCL2 and in JSON.

The options stand in a qemu source, because a template must name a builder; other builders of ISO files have the same.
"""

from __future__ import annotations

import json
import re
from pathlib import PureWindowsPath
from typing import TYPE_CHECKING, assert_never

from toolkit.render.handoff.packer_options import Beside, Option, Value, Variable, options, password_variable
from toolkit.render.handoff.settings import PASSWORD_VARIABLE, Setting, printable
from toolkit.render.templating import render

if TYPE_CHECKING:
    from collections.abc import Sequence

    from toolkit.spec.guest import Guest

BUILDER = "qemu"
_SOURCE = "windows"


def hcl(guest: Guest, medium: Sequence[str]) -> str:
    """Give the template in HCL2, the language since Packer 1.5. `medium` names the files that the medium holds."""
    return render(
        "handoff/packer.pkr.hcl.j2",
        builder=BUILDER,
        source=_SOURCE,
        notes=_notes(guest),
        password=password_variable(guest),
        password_variable=PASSWORD_VARIABLE,
        groups=[_padded(group) for group in _groups(guest, medium)],
    )


def json_template(guest: Guest, medium: Sequence[str]) -> str:
    """Give the template in JSON. It has no comments; Packer takes a root-level key that begins with `_` for one."""
    written = list(options(guest, medium))
    password = password_variable(guest)
    variables: dict[str, str | None] = {"iso_url": None, "iso_checksum": None}
    if password:
        variables[password] = f"{{{{env `{PASSWORD_VARIABLE}`}}}}"
    template = {
        "_comment": " ".join(_notes(guest)),
        **{f"_{option.name}": " ".join(option.why) for option in written if option.why},
        "variables": variables,
        **({"sensitive-variables": [password]} if password else {}),
        "builders": [
            {
                "type": BUILDER,
                "name": _SOURCE,
                "iso_url": "{{user `iso_url`}}",
                "iso_checksum": "{{user `iso_checksum`}}",
                **{option.name: _json_value(option.value) for option in written},
            }
        ],
    }
    return json.dumps(template, indent=2, ensure_ascii=False) + "\n"


def hcl_string(text: str) -> str:
    """Quote `text` for HCL2, where `${` and `%{` begin a template in a string."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + re.sub(r"([$%])\{", r"\1\1{", escaped) + '"'


def go_template(text: str) -> str:
    """Quote `text` for Packer, to whose builders every string is a Go template, whatever language it comes in."""
    return text.replace("{{", "{{`{{`}}")


def _notes(guest: Guest) -> tuple[str, ...]:
    spec = PureWindowsPath(guest.source).name
    shown = spec if spec.isprintable() else ascii(spec)  # in a locale without its letters it is not
    notes = [
        f"Packer settings for the guest that {shown} describes, made with its medium.",
        f"The options fit any builder that installs from an ISO: change {BUILDER}, and add disk, memory, network.",
        "Packer 1.7 and later: add the builder's plugin (packer plugins install).",
    ]
    if password_variable(guest):
        notes.append(f"The password comes from the environment: {PASSWORD_VARIABLE}.")
    if guest.media.files:
        own = ", ".join(file.target for file in guest.media.files)
        notes.append(f"Not listed are your own files on the medium: {own}. Add them, or use unattend pack-iso's image.")
    return tuple(printable(note, what="media.files") for note in notes)


def _padded(group: Sequence[Option]) -> list[Setting]:
    width = max(len(option.name) for option in group)
    return [Setting(option.name.ljust(width), _hcl_value(option.value), option.why) for option in group]


def _groups(guest: Guest, medium: Sequence[str]) -> list[list[Option]]:
    """Cut the options where a reason or a list of files begins, each a paragraph with its signs aligned."""
    groups: list[list[Option]] = [[]]
    for option in options(guest, medium):
        if option.why or isinstance(option.value, Beside) or (groups[-1] and isinstance(groups[-1][-1].value, Beside)):
            groups.append([])
        groups[-1].append(option)
    return [group for group in groups if group]


def _hcl_value(value: Value) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case int():
            return str(value)
        case str():
            return hcl_string(go_template(value))
        case Variable():
            variable = f"var.{value.name}"
            return f'replace({variable}, "{{{{", "{{{{`{{{{`}}}}")' if value.braces else variable
        case Beside():
            paths = "".join(f'    "${{path.root}}/../{hcl_string(go_template(name))[1:-1]}",\n' for name in value.names)
            return f"[\n{paths}  ]"
        case _:
            assert_never(value)


def _json_value(value: Value) -> object:
    match value:
        case bool() | int():
            return value
        case str():
            return go_template(value)
        case Variable():
            return f"{{{{user `{value.name}`}}}}"
        case Beside():
            return [f"{{{{template_dir}}}}/../{go_template(name)}" for name in value.names]
        case _:
            assert_never(value)
