"""Splitting a text at its headers."""

import pytest

from protfold.errors import InputError
from protfold.io import split_records

TEXT = b"; note\n\n>a x\nAC\n\nDE\n>b\n>c > d\nF G\tH"


def test_records_bodies_and_lines() -> None:
    records = split_records(TEXT)
    assert records.preamble == [b"; note", b""]
    assert records.descriptions() == ("a x", "b", "c > d")
    assert records.rows() == [b"ACDE", b"", b"FGH"]
    assert [records.line_of(number) for number in range(3)] == [3, 7, 8]
    lines = TEXT.split(b"\n")
    assert all(lines[records.line_of(number) - 1][1:] == header for number, header in enumerate(records.headers))


def test_the_first_line_may_be_told() -> None:
    records = split_records(TEXT, first_line=11)
    assert records.line_of(2) == 18
    with pytest.raises(InputError, match=r"^f:11: text before the first header"):
        records.check_preamble((b"#",), source="f")
    records.check_preamble((b"#", b";"), source="f")


@pytest.mark.parametrize("text", [b"", b"AC>a\n", b"\n\n"])
def test_a_text_without_header_is_told(text: bytes) -> None:
    with pytest.raises(InputError, match="no line begins with '>'"):
        split_records(text)
