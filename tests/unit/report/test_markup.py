"""Pieces of HTML: whatever the text, a reader of the page gets it back as text, and nothing else."""

import json
import math

from hypothesis import given
from hypothesis import strategies as st

from protfold.report.markup import (
    Column,
    Html,
    bullets,
    command_block,
    escape,
    joined,
    json_block,
    name,
    paragraph,
    png_image,
    table,
    visible,
)
from tests.support.fold_pages import Parsed

HOSTILE = st.one_of(
    st.text(),
    st.lists(
        st.sampled_from(
            [
                "</script>",
                "<script>",
                "<!--",
                "-->",
                "]]>",
                '"',
                "'",
                "&",
                "&lt;",
                "<",
                ">",
                "\u202e",
                "\u2028",
                "\u2029",
                "\x00",
                "\ud800",
                "`",
                "\n",
            ]
        )
    ).map("".join),
)


@given(HOSTILE)
def test_escaped_text_comes_back_and_brings_no_tag(text: str) -> None:
    parsed = Parsed(f'<p title="{escape(text)}">{escape(text)}</p>')
    assert parsed.text == visible(text)
    assert parsed.tags == [("p", {"title": visible(text)})]


@given(HOSTILE)
def test_every_piece_escapes(text: str) -> None:
    """Told by the tags that a harmless text brings."""

    def tags(content: str) -> list[str]:
        page = joined(
            paragraph(content),
            name(content),
            bullets([content]),
            command_block(content),
            png_image(b"x", alt=content, caption=content),
            table((Column(title=content, unit=content),), [(content,)], caption=content, sortable=True),
        )
        return [tag for tag, _ in Parsed(page).tags]

    assert tags(f"x{text}") == tags("harmless")


@given(HOSTILE)
def test_visible_text_prints_and_printing_text_stays(text: str) -> None:
    assert visible(text).isprintable()
    assert not text.isprintable() or visible(text) == text


@given(st.dictionaries(HOSTILE, st.one_of(HOSTILE, st.floats(allow_nan=False, allow_infinity=False), st.none(), st.booleans())))
def test_data_blocks_hold_anything_and_end_only_at_their_end(data: dict[str, object]) -> None:
    block = json_block("some-data", data)
    inside = block[block.index(">") + 1 : block.index("</script>")]
    assert inside.isascii()
    assert not set("<>&") & set(inside)
    assert json.loads(Parsed(block).scripts["some-data"]) == data


def test_markup_passes_and_text_does_not() -> None:
    assert joined(Html("<b>"), "<b>") == "<b>&lt;b&gt;"
    assert isinstance(joined("a"), Html)


def test_numbers_in_tables() -> None:
    columns = (Column(title="TM-score", unit="0-1", better="higher", digits=2), Column(title="Name"))
    rows = [(0.125, "a"), (None, None), (math.nan, "b"), (math.inf, "c"), (2.5e9, "d" * 50)]
    page = table(columns, rows, sortable=True)
    parsed = Parsed(page)
    numbers = [one.get("data-value") for one in parsed.attributes("td") if one.get("class") == "number"]
    assert numbers == ["0.125", "", "", "", "2500000000.0"]
    assert "0.12" in parsed.text
    assert "2.50e+09" in parsed.text
    assert parsed.text.count("–") == 4
    assert "0-1, higher is better" in parsed.text
    assert "data-sortable" in parsed.attributes("table")[0]
    assert "data-sortable" not in Parsed(table(columns, rows)).attributes("table")[0]
    assert [one.get("class") for one in parsed.attributes("td")][-1] == "text"  # long enough to break
