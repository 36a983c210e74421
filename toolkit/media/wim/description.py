"""The XML of a WIM file, which describes its images. Read piece by piece; nothing in it is believed unchecked."""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.parsers import expat

from toolkit.media.wim.header import damaged
from toolkit.media.wim.image import WimImage
from toolkit.numbers import unsigned

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

MOST_IMAGES = 1000  # Microsoft's own hold up to a dozen
LONGEST_TEXT = 32 << 10  # characters; a description is a line
DEEPEST = 32
_COUNT_DIGITS = 20  # of 64 bits

# PROCESSOR_ARCHITECTURE_* of winnt.h, in the words of answer files.
_ARCHITECTURES = {"0": "x86", "5": "arm", "6": "ia64", "9": "amd64", "12": "arm64"}

_LANGUAGE = "WINDOWS/LANGUAGES/LANGUAGE"
_VERSION = tuple(f"WINDOWS/VERSION/{part}" for part in ("MAJOR", "MINOR", "BUILD", "SPBUILD"))
_WANTED = frozenset(
    {
        "NAME",
        "DISPLAYNAME",
        "DESCRIPTION",
        "TOTALBYTES",
        "WINDOWS/EDITIONID",
        "WINDOWS/INSTALLATIONTYPE",
        "WINDOWS/ARCH",
        "WINDOWS/LANGUAGES/DEFAULT",
        _LANGUAGE,
        *_VERSION,
    }
)


def parse_description(pieces: Iterable[bytes]) -> tuple[WimImage, ...]:
    """Read the images, in the order of their indices. Raises UnreadableError where it is not such a description.

    A document type is refused, and with it every entity of its own making.
    """
    reader = _Reader()
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = _refuse_doctype
    parser.StartElementHandler = reader.start
    parser.EndElementHandler = reader.end
    parser.CharacterDataHandler = reader.text
    try:
        for piece in pieces:
            parser.Parse(piece, False)
        parser.Parse(b"", True)
    except expat.ExpatError as err:
        raise damaged(f"its list of images cannot be read ({err})") from err
    return tuple(sorted(reader.images, key=lambda image: image.index))


def _refuse_doctype(*_: object) -> None:
    raise damaged("its list of images has a document type, which no writer of such files gives it")


class _Reader:
    """Gathers the wanted texts of one image after the other."""

    def __init__(self) -> None:
        self.images: list[WimImage] = []
        self._path: list[str] = []
        self._index = ""
        self._texts: dict[str, str] = {}
        self._languages: list[str] = []
        self._text: list[str] = []
        self._length = 0

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        if len(self._path) == DEEPEST:
            raise damaged("its list of images is nested too deeply")
        self._path.append(name)
        self._text, self._length = [], 0
        if self._path == ["WIM", "IMAGE"]:
            if len(self.images) == MOST_IMAGES:
                raise damaged(f"it lists more than {MOST_IMAGES} images")
            self._index, self._texts, self._languages = attributes.get("INDEX", ""), {}, []

    def text(self, text: str) -> None:
        self._length += len(text)
        if self._length > LONGEST_TEXT:
            raise damaged("a text in its list of images is too long")
        self._text.append(text)

    def end(self, _name: str) -> None:
        key = "/".join(self._path[2:])
        if self._path[:2] == ["WIM", "IMAGE"] and key in _WANTED:
            self._keep(key, "".join(self._text).strip())
        elif self._path == ["WIM", "IMAGE"]:
            self.images.append(_image(self._index, self._texts, self._languages))
        self._path.pop()
        self._text, self._length = [], 0

    def _keep(self, key: str, text: str) -> None:
        if not text:
            return
        if key != _LANGUAGE:
            self._texts.setdefault(key, text)
        elif len(self._languages) < MOST_IMAGES:
            self._languages.append(text)


def _image(index: str, texts: Mapping[str, str], languages: Iterable[str]) -> WimImage:
    number = unsigned(index, _COUNT_DIGITS)
    if not number:
        raise damaged(f"an image has the index {index[:40]!a}")
    architecture = texts.get("WINDOWS/ARCH")
    version = [texts[part] for part in _VERSION if part in texts]
    return WimImage(
        index=number,
        name=texts.get("NAME"),
        display_name=texts.get("DISPLAYNAME"),
        description=texts.get("DESCRIPTION"),
        edition_id=texts.get("WINDOWS/EDITIONID"),
        installation=texts.get("WINDOWS/INSTALLATIONTYPE"),
        architecture=_ARCHITECTURES.get(architecture, architecture) if architecture else None,
        languages=tuple(languages),
        default_language=texts.get("WINDOWS/LANGUAGES/DEFAULT"),
        version=".".join(version) or None,
        size=unsigned(texts.get("TOTALBYTES", ""), _COUNT_DIGITS),
    )
