"""Pages in a real browser: they draw, they link what they show, and nothing leaves or enters them."""

import base64
import io
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from protfold.report.fold_page import fold_page
from protfold.report.run_page import run_page
from protfold.report.structure_view import ViewedModel, structure_frame
from protfold.runs.summary import TargetRow
from tests.browser.chromium import Tab
from tests.support.fold_pages import folded_target

pytestmark = [pytest.mark.browser, pytest.mark.slow]

TARGET = folded_target()
VIEW = "protfold.views.structure"
BANDS = {"very high": (0x00, 0x53, 0xD6), "high": (0x65, 0xCB, 0xF3), "low": (0xFF, 0xDB, 0x13), "very low": (0xFF, 0x7D, 0x45)}
LEAST_PIXELS = 300


@pytest.fixture(scope="module")
def fold_file(pages: Path) -> Path:
    """The page of two chains."""
    path = pages / "fold.html"
    path.write_text(fold_page(TARGET))
    return path


def canvas_pixels(tab: Tab) -> np.ndarray:
    """[N, 3] colours of what the 3-D view has drawn, without its background."""
    png = base64.b64decode(tab.run(f"{VIEW}.viewer.pngURI()").split(",")[1])
    pixels = np.asarray(Image.open(io.BytesIO(png)).convert("RGBA")).reshape(-1, 4)
    return pixels[pixels[:, 3] > 250, :3].astype(float)


def share_of_hue(pixels: np.ndarray, color: tuple[int, int, int]) -> int:
    """Pixels of a colour, however it is lit."""
    brightness = np.linalg.norm(pixels, axis=1)
    cosine = pixels @ np.array(color, float) / (brightness * np.linalg.norm(color) + 1e-9)
    return int(((cosine > 0.995) & (brightness > 60)).sum())


def marked(tab: Tab, kind: str) -> list[int]:
    """Rows of the residues that the sequence shows as chosen."""
    return tab.run(f"[...document.querySelectorAll('.sequence b.{kind}')].map((one) => Number(one.dataset.place))")


def place_on_map(tab: Tab, key: str, column: int, row: int) -> tuple[float, float]:
    """Where in the window a pair of residues lies."""
    tab.run(f"document.querySelector('canvas[data-map={key}]').scrollIntoView({{block: 'center'}})")
    x, y = tab.run(
        f"(() => {{ const map = protfold.maps.{key}; const box = map.canvas.getBoundingClientRect();"
        f" return [box.left + 50 + map.at({column} + 0.5), box.top + 20 + map.at({row} + 0.5)]; }})()"
    )
    return x, y


def test_the_cartoon_is_drawn_in_the_colours_of_confidence(tab: Tab, fold_file: Path) -> None:
    tab.open(fold_file)
    assert tab.complaints() == []
    pixels = canvas_pixels(tab)
    for name, color in BANDS.items():
        assert share_of_hue(pixels, color) > LEAST_PIXELS, name
    tab.run(f"{VIEW}.viewer.removeAllModels(); {VIEW}.viewer.render(); null")
    assert len(canvas_pixels(tab)) == 0  # an empty view would have been noticed


def test_colourings_and_models_can_be_chosen(tab: Tab, fold_file: Path) -> None:
    tab.open(fold_file)

    def choose(tool: str, value: str) -> np.ndarray:
        tab.run(
            f"(() => {{ const tool = document.querySelector('[data-tool={tool}]'); tool.value = '{value}';"
            " tool.dispatchEvent(new Event('change')); })()"
        )
        return canvas_pixels(tab)

    by_chain = choose("coloring", "chain")
    assert share_of_hue(by_chain, (0x00, 0x72, 0xB2)) > LEAST_PIXELS
    assert share_of_hue(by_chain, (0xE6, 0x9F, 0x00)) > LEAST_PIXELS
    assert "chain A" in tab.run("document.querySelector('.structure .legend').textContent")
    by_structure = choose("coloring", "secondary")
    assert share_of_hue(by_structure, (0xCC, 0x79, 0xA7)) > LEAST_PIXELS  # helices
    choose("model", "1")
    assert tab.run(f"{VIEW}.shown") == 1
    assert len(canvas_pixels(tab)) > LEAST_PIXELS
    assert tab.complaints() == []


@pytest.mark.parametrize("width", [1400, 420])
def test_a_block_of_the_error_map_shows_its_residues(tab: Tab, fold_file: Path, width: int) -> None:
    tab.open(fold_file, width=width)
    start, end = place_on_map(tab, "pae", 10, 70), place_on_map(tab, "pae", 25, 90)
    tab.drag(start, end)
    assert marked(tab, "scored") == list(range(10, 26))
    assert marked(tab, "aligned") == list(range(70, 91))
    groups = tab.run(f"{VIEW}.groups.map((one) => [one.title, one.residues.length])")
    assert [count for _, count in groups] == [21, 16]
    assert groups[0][0].startswith("aligned: B ")
    pixels = canvas_pixels(tab)
    assert share_of_hue(pixels, (0x00, 0x72, 0xB2)) > LEAST_PIXELS / 4
    assert share_of_hue(pixels, (0xE6, 0x9F, 0x00)) > LEAST_PIXELS / 4
    assert TARGET.pae is not None
    told = tab.run("document.querySelector('.chosen-bar span').textContent")
    assert f"{TARGET.pae[70:91, 10:26].mean():.1f} Å" in told
    assert f"{TARGET.pae[10:26, 70:91].mean():.1f} Å" in told
    tab.run("document.querySelector('[data-clear]').click()")
    assert marked(tab, "scored") == marked(tab, "aligned") == []


def test_pointing_reads_the_value_of_scored_and_aligned_residue(tab: Tab, fold_file: Path) -> None:
    tab.open(fold_file)
    tab.mouse("mouseMoved", *place_on_map(tab, "pae", 30, 12))
    assert TARGET.pae is not None
    numbers = TARGET.protein.residue_index
    told = tab.run("document.querySelector('[data-readout=pae]').textContent")
    assert f"{numbers[30]}, aligned on A " in told
    assert f" {numbers[12]}: {TARGET.pae[12, 30]:.1f} Å" in told
    pointed = tab.run("[...document.querySelectorAll('.sequence b.pointed')].map((one) => one.dataset.place)")
    assert pointed == ["30"]
    assert f" {numbers[30]}" in tab.run("document.querySelector('.structure-readout').textContent")


def test_nothing_leaves_a_page(tab: Tab, fold_file: Path, pages: Path) -> None:
    """Neither by itself nor when a script asks for it; the frame of a notebook neither."""
    framed = pages / "frame.html"
    framed.write_text(f"<!doctype html>{structure_frame([ViewedModel(text=TARGET.models[0].text, label='a')])}")
    for path in (fold_file, framed):
        tab.open(path)
        tab.run("new Promise((resolve) => setTimeout(resolve, 300))")
        assert [url for url in tab.requests() if not url.startswith(("data:", "about:"))] == [path.resolve().as_uri()]
        tab.events.clear()
    tab.open(fold_file)
    tab.run(
        "Promise.allSettled([fetch('http://127.0.0.1:9/a'), new Promise((resolve) => { const image = new Image();"
        " image.onerror = image.onload = resolve; image.src = 'http://127.0.0.1:9/b'; })])"
    )
    refused = [text for text in tab.complaints() if "Content Security Policy" in text]
    assert len(refused) >= 2


def test_a_frame_draws_without_network(tab: Tab, pages: Path) -> None:
    framed = pages / "drawn_frame.html"
    framed.write_text(f"<!doctype html>{structure_frame([ViewedModel(text=TARGET.models[0].text, label='a')], coloring='#009E73')}")
    tab.open(framed)
    for _ in range(100):
        shown = np.asarray(Image.open(io.BytesIO(tab.screenshot())).convert("RGB")).reshape(-1, 3).astype(float)
        if drawn := share_of_hue(shown, (0x00, 0x9E, 0x73)) > LEAST_PIXELS:
            break
    assert drawn


def test_a_hostile_name_runs_no_script(tab: Tab, pages: Path) -> None:
    hostile = "</script><script>window.broken = true</script><img src=x onerror='window.broken = true'>"
    path = pages / "hostile.html"
    model = ViewedModel(text=TARGET.models[0].text, label=hostile)
    path.write_text(fold_page(folded_target(hostile, models=(model, model))))
    tab.open(path)
    assert tab.run("window.broken") is None
    assert tab.run("document.querySelector('h1').textContent") == hostile
    assert tab.complaints() == []
    assert len(canvas_pixels(tab)) > LEAST_PIXELS


def test_tables_of_runs_are_sorted_by_numbers(tab: Tab, pages: Path) -> None:
    rows = [
        TargetRow(target=name, folder=name, status="done", length=length, mean_plddt=plddt, predict_seconds=1.0)
        for name, length, plddt in (("a", 9, 50.0), ("b", 100, None), ("c", 20, 70.0))
    ]
    path = pages / "run.html"
    path.write_text(run_page([asdict(row) for row in rows], frozenset({"a"})))
    tab.open(path)

    def order_after_click_on(column: str) -> str:
        tab.run(f"[...document.querySelectorAll('th button')].find((one) => one.textContent === '{column}').click()")
        return tab.run("[...document.querySelectorAll('tbody tr')].map((one) => one.cells[0].textContent).join('')")

    assert order_after_click_on("Length") == "acb"
    assert order_after_click_on("Length") == "bca"
    assert order_after_click_on("Mean pLDDT") == "acb"  # without a number comes last
    assert order_after_click_on("Mean pLDDT") == "cab"
    assert tab.complaints() == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_pages_fit_a_narrow_screen_in_both_schemes(tab: Tab, fold_file: Path, scheme: str) -> None:
    tab.open(fold_file, width=420, scheme=scheme)
    assert tab.run("document.documentElement.scrollWidth") <= 420
    bright = tab.run("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert bright == (scheme == "light")
