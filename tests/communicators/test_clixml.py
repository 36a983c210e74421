from __future__ import annotations

import html

from hypothesis import given
from hypothesis import strategies as st

from toolkit.communicators.clixml import error_text

HEAD = '#< CLIXML\r\n<Objs Version="1.1.0.1" xmlns="http://schemas.microsoft.com/powershell/2004/04">'
PROGRESS = '<Obj S="progress" RefId="0"><PR N="Record"><AV>Preparing modules for first use.</AV></PR></Obj>'


def clixml(*records: str, progress: str = "") -> bytes:
    errors = "".join(f'<S S="Error">{record}</S>' for record in records)
    return f"{HEAD}{progress}{errors}</Objs>".encode()


def test_error_records_become_the_text_that_people_would_have_seen() -> None:
    stderr = clixml("boom : not &lt;recognized&gt;_x000D__x000A_", "At line:1 char:1_x000D__x000A_", progress=PROGRESS)

    assert error_text(stderr) == "boom : not <recognized>\nAt line:1 char:1"


def test_progress_alone_is_no_error() -> None:
    assert error_text(clixml(progress=PROGRESS)) == ""


def test_plain_text_stays_as_it_is() -> None:
    assert error_text(b"'foo' is not recognized\r\n") == "'foo' is not recognized"


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"]).filter(lambda c: c != "_")))
def test_any_text_survives_its_wrapping(text: str) -> None:
    assert error_text(clixml(html.escape(text))) == text.strip()


@given(st.binary())
def test_any_bytes_become_some_text(stderr: bytes) -> None:
    assert isinstance(error_text(stderr), str)
    assert isinstance(error_text(b"#< CLIXML" + stderr), str)
