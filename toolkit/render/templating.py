"""Templates to text: the only owner of jinja2. Templates print what they are given; deciding is done before."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, TemplateNotFound

from toolkit.errors import UnreadableError
from toolkit.render import cmd
from toolkit.render.compiled import CompiledTemplates

_PACKAGE = Path(__file__).parents[1]


def render(template_name: str, **data: object) -> str:
    r"""Fill in a template, named by its path below the templates folder. Lines end in `\n`.

    Text goes into `*.xml.j2` escaped for XML, and into every other template as it is, unless a filter quotes it.
    Raises UnreadableError where the installation lacks the template; a name that `data` lacks is our bug and raises
    jinja2's UndefinedError.
    """
    try:
        template = environment().get_template(template_name)
    except TemplateNotFound as err:
        raise UnreadableError(
            f"the template {err.name} is missing from {templates_folder()}",
            help="The installation is damaged. Install unattend again.",
        ) from err
    return template.render(data)


@cache
def environment() -> Environment:
    """Give the one environment, made once in a process, so that a template is compiled at most once."""
    folder = templates_folder()
    made = Environment(
        loader=FileSystemLoader(folder),
        bytecode_cache=CompiledTemplates(folder),
        undefined=StrictUndefined,
        autoescape=_is_xml,  # noqa: S701  (a rule by file type; batch files are quoted by their own filters)
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        auto_reload=False,
    )
    made.filters.update(cmd_value=cmd.set_value, cmd_echo=cmd.echo_text, cmd_argument=cmd.argument)
    return made


def templates_folder() -> Path:
    """Find the templates: inside the package when installed from a wheel, beside it in a checkout."""
    installed = _PACKAGE / "templates"
    return installed if installed.is_dir() else _PACKAGE.parent / "templates"


def _is_xml(template_name: str | None) -> bool:
    return template_name is not None and template_name.endswith(".xml.j2")
