"""The page of designs in a real browser: native and refolded models are drawn, and table, sequences and structure are linked."""

from pathlib import Path

import pytest

from protfold.io import format_pdb
from protfold.report.design_page import NATIVE_COLOR, design_page
from tests.browser.chromium import Tab
from tests.browser.test_pages import BANDS, LEAST_PIXELS, VIEW, canvas_pixels, share_of_hue
from tests.support.designers import backbone
from tests.unit.report.designs import some_report

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture(scope="module")
def design_file(pages: Path) -> Path:
    """Three designs folded again; the predictions lie 12 Å beside the backbone and have a confidence of 60."""
    text = format_pdb(backbone(14))
    beside = "".join(
        f"{line[:30]}{float(line[30:38]) + 12:8.3f}{line[38:60]} 60.00{line[66:]}" if line.startswith("ATOM") else line
        for line in text.splitlines(keepends=True)
    )
    path = pages / "design.html"
    name = "</script><script>document.title = 'out'</script>"
    path.write_text(design_page(some_report(name=name, backbone=text, refolded=dict.fromkeys((1, 2, 3), beside))))
    return path


def test_native_and_refolded_models_are_drawn(tab: Tab, design_file: Path) -> None:
    """Grey and the yellow of low confidence; the native one can be switched off; no request, no complaint, no script of a name."""
    tab.open(design_file)
    grey = tuple(bytes.fromhex(NATIVE_COLOR[1:]))
    pixels = canvas_pixels(tab)
    assert share_of_hue(pixels, BANDS["low"]) > LEAST_PIXELS
    assert share_of_hue(pixels, grey) > LEAST_PIXELS
    tab.run("document.querySelector('[data-tool=behind]').click()")
    assert share_of_hue(canvas_pixels(tab), grey) < LEAST_PIXELS / 10
    assert [one for one in tab.requests() if not one.startswith("data:")] == [design_file.resolve().as_uri()]
    assert tab.complaints() == []
    assert tab.run("document.title").startswith("</script>")


def test_a_row_shows_its_model(tab: Tab, design_file: Path) -> None:
    """Models stand in the order of scTM: design 3 first, and design 1 last."""
    tab.open(design_file)
    shown = "[...document.querySelectorAll('tr.shown')].map((row) => row.cells[0].textContent)"
    assert tab.run(shown) == ["3"]
    tab.run("document.querySelector('[aria-label=\"Show design 1 in 3-D\"]').click()")
    assert tab.run(f"{VIEW}.shown") == 2
    assert tab.run(shown) == ["1"]


@pytest.mark.parametrize("width", [1400, 420])
def test_sequences_and_structure_point_at_each_other(tab: Tab, design_file: Path, width: int) -> None:
    """The fifth letter of the second design is residue A7."""
    tab.open(design_file, width=width)
    tab.run("document.querySelector('.alignment pre').scrollIntoView({block: 'center'})")
    left, top, letter = tab.run(
        "(() => { const pre = document.querySelector('.alignment pre'); const box = pre.getBoundingClientRect();"
        " const range = document.createRange(); range.setStart(pre.firstChild, 0); range.setEnd(pre.firstChild, 1);"
        " return [box.left, box.top + 0.7 * box.height, range.getBoundingClientRect().width]; })()"
    )
    tab.mouse("mouseMoved", left + (8 + 4.5) * letter, top)
    assert tab.run("document.querySelector('.structure-readout').textContent").startswith("Chain A, ")
    assert " 7, pLDDT 60.0" in tab.run("document.querySelector('.structure-readout').textContent")
    column = "document.querySelector('.column')"
    assert tab.run(f"{column}.hidden") is False
    assert tab.run(f"parseFloat({column}.style.left)") == pytest.approx(12 * letter, abs=0.5)
    tab.run("document.dispatchEvent(new CustomEvent('protfold:hover', {detail: {view: 'structure', place: 9, linked: true}}))")
    assert tab.run(f"parseFloat({column}.style.left)") == pytest.approx(17 * letter, abs=0.5)
    assert tab.run("document.documentElement.scrollWidth") <= width
