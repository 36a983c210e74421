"""Answer files as trees that know their lines: a reader on expat alone, since every finding needs a place."""

from __future__ import annotations

from dataclasses import field
from typing import TYPE_CHECKING
from xml.parsers import expat

from toolkit.errors import ToolkitError
from toolkit.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

NAMESPACE = "urn:schemas-microsoft-com:unattend"
WCM = "http://schemas.microsoft.com/WMIConfig/2002/State"

_DEEPEST = 100  # the deepest setting known is 8 levels down; a reader that recurses must not be led astray
_SEPARATOR = "\n"  # can stand in no name and no namespace


@dataclass(slots=True)
class Element:
    """One element. `namespace` is empty where there is none; attributes of a namespace are named `{namespace}name`."""

    name: str
    namespace: str
    line: int
    column: int
    attributes: dict[str, str] = field(default_factory=dict, repr=False)
    children: list[Element] = field(default_factory=list, repr=False)
    text: str = field(default="", repr=False)  # may be a password

    @property
    def value(self) -> str:
        """The text as Setup takes it: without the white space of a file's layout."""
        return self.text.strip()

    @property
    def empty(self) -> bool:
        """Whether there is no text but the file's layout; a blank on one line is a text."""
        return not self.text or (self.text.isspace() and "\n" in self.text)

    def child(self, name: str) -> Element | None:
        return next((child for child in self.children if child.name == name), None)


class MalformedError(ToolkitError):
    """The document is no XML. `line` and `column` count from 1."""

    def __init__(self, message: str, *, line: int, column: int, help: str | None = None) -> None:  # noqa: A002  (the word users see)
        super().__init__(message, help=help)
        self.line = line
        self.column = column


def parsed(document: bytes) -> Element:
    """Read an answer file in any encoding that XML declares. Raises MalformedError with place and likely cause."""
    builder = _Builder()
    try:
        builder.parser.Parse(document, True)
    except expat.ExpatError as err:
        reason = expat.errors.messages[err.code]
        raise MalformedError(
            f"this is not well-formed XML: {reason}", line=err.lineno, column=err.offset + 1, help=_cause(document, err)
        ) from err
    except (LookupError, ValueError) as err:  # an encoding that Python does not know, or that expat cannot use
        raise MalformedError(f"the encoding cannot be read: {err}", line=1, column=1) from err
    return builder.root


def _cause(document: bytes, err: expat.ExpatError) -> str | None:
    """Say what people usually did. Most broken files in public use have something before their declaration."""
    match expat.errors.messages[err.code]:
        case expat.errors.XML_ERROR_MISPLACED_XML_PI:
            return "Nothing may stand before <?xml ...?>: no comment, no blank line, no space."
        case expat.errors.XML_ERROR_INVALID_TOKEN if b"&" in _line(document, err.lineno):
            return "Write & as &amp; and < as &lt;."
        case expat.errors.XML_ERROR_NO_ELEMENTS:
            return "The file is empty, or was cut off."
        case _:
            return None


def _line(document: bytes, number: int) -> bytes:
    lines = document.splitlines()
    return lines[number - 1] if 0 < number <= len(lines) else b""


class _Builder:
    """Gathers expat's events. A document type is refused: no answer file has one, and entities are a way to attack."""

    def __init__(self) -> None:
        self.parser = expat.ParserCreate(namespace_separator=_SEPARATOR)
        self.parser.buffer_text = True
        self.parser.ordered_attributes = True
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._characters
        self.parser.StartDoctypeDeclHandler = self._document_type
        self._open: list[Element] = []
        self._root: Element | None = None

    @property
    def root(self) -> Element:
        if self._root is None:  # expat reports a document without an element before we get here
            raise MalformedError("the file holds no element", line=1, column=1)
        return self._root

    def _start(self, name: str, attributes: Sequence[str]) -> None:
        namespace, _, local = name.rpartition(_SEPARATOR)
        pairs = dict(_attributes(attributes))
        line, column = self.parser.CurrentLineNumber, self.parser.CurrentColumnNumber + 1
        if len(self._open) >= _DEEPEST:
            raise MalformedError(f"elements are nested more than {_DEEPEST} deep", line=line, column=column)
        element = Element(local, namespace, line, column, pairs)
        if self._open:
            self._open[-1].children.append(element)
        else:
            self._root = element
        self._open.append(element)

    def _end(self, _name: str) -> None:
        self._open.pop()

    def _characters(self, text: str) -> None:
        self._open[-1].text += text

    def _document_type(self, *_details: object) -> None:
        raise MalformedError(
            "the file declares a document type, which no answer file has",
            line=self.parser.CurrentLineNumber,
            column=self.parser.CurrentColumnNumber + 1,
            help="Remove <!DOCTYPE ...>.",
        )


def _attributes(flat: Sequence[str]) -> Iterator[tuple[str, str]]:
    for name, value in zip(flat[::2], flat[1::2], strict=True):
        namespace, _, local = name.rpartition(_SEPARATOR)
        yield (f"{{{namespace}}}{local}" if namespace else local), value
