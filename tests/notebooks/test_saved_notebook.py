"""A notebook that was executed, saved and exported shows its structures in a browser, and asks no network for anything."""

import io
from collections.abc import Iterator
from pathlib import Path

import nbformat
import numpy as np
import pytest
from nbconvert import HTMLExporter
from PIL import Image

from tests.browser import chromium
from tests.support.notebooks import execute

FIRST = """
from dataclasses import replace
import protfold
one = protfold.read_structure("{folder}/1orc_A.pdb")
one = replace(one, name="</script><img src=http://127.0.0.1:9/name.png><b>bold")
one
"""
SECOND = """
protfold.view(one, "{folder}/1lcd_A.pdb", superposed=False)
"""
EXAMPLES = Path(__file__).parents[2] / "data" / "examples" / "training"
FRAME = "<iframe srcdoc='<img src=http://127.0.0.1:9/frame.png>' sandbox></iframe>"
PROGRAM = chromium.find_chromium()
pytestmark = [
    pytest.mark.slow,
    pytest.mark.notebooks,
    pytest.mark.skipif(PROGRAM is None, reason="needs Chromium (Debian: apt-get install chromium)"),
]


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A notebook's page, from the file that was saved."""
    folder = tmp_path_factory.mktemp("saved")
    cells = [nbformat.v4.new_code_cell(source.strip().format(folder=EXAMPLES)) for source in (FIRST, SECOND)]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), folder / "small.ipynb")
    nbformat.write(execute(folder / "small.ipynb", folder / "cache").notebook, folder / "saved.ipynb")
    notebook = nbformat.read(folder / "saved.ipynb", as_version=4)
    text, _ = HTMLExporter(mathjax_url="", require_js_url="").from_notebook_node(notebook)
    (folder / "saved.html").write_text(text, encoding="utf-8")
    return folder / "saved.html"


@pytest.fixture
def tab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[chromium.Tab]:
    """A browser that tells of frames what it tells of their page."""
    monkeypatch.setattr(chromium, "FLAGS", (*chromium.FLAGS, "--disable-features=IsolateSandboxedIframes"))
    assert PROGRAM is not None
    with chromium.open_tab(PROGRAM, tmp_path / "profile") as opened:
        yield opened


def asked(tab: chromium.Tab) -> list[str]:
    """Addresses outside the file."""
    return [one for one in tab.requests() if not one.startswith(("file:", "data:", "about:", "blob:"))]


def run_in_frames(tab: chromium.Tab, script: str) -> list[object]:
    """The value of an expression in each frame."""
    tab.run("1")  # hears what is waiting
    contexts = [one["params"]["context"] for one in tab.events if one["method"] == "Runtime.executionContextCreated"]
    values = []
    for context in contexts:
        try:
            answer = tab.call("Runtime.evaluate", expression=script, contextId=context["id"], returnByValue=True)
        except AssertionError:  # a document that is gone
            continue
        values.append(answer["result"].get("value"))
    return values


def test_the_view_is_drawn_and_nothing_is_asked_for(saved: Path, tab: chromium.Tab) -> None:
    """Both structures in their colours, a hostile name as plain text, and no request."""
    tab.open(saved)
    drawn = "[...document.querySelectorAll('[data-structure]')].map((one) => Boolean(one.dataset.drawn)).join()"
    for _ in range(400):
        if "true" in run_in_frames(tab, drawn):
            break
        tab.run("new Promise((done) => setTimeout(done, 50))")
    assert "true" in run_in_frames(tab, drawn)
    tab.run("document.querySelector('iframe').scrollIntoView()")
    picture = np.asarray(Image.open(io.BytesIO(tab.screenshot())).convert("RGB")).astype(int)
    blue = (picture[..., 2] > picture[..., 0] + 60).sum()
    orange = (picture[..., 0] > picture[..., 2] + 60).sum()
    assert blue > 2000, "the first cartoon"
    assert orange > 2000, "the second cartoon"
    assert asked(tab) == []
    assert "<b>bold" in tab.run("document.body.innerText")


def test_a_request_of_a_frame_would_be_seen(tmp_path: Path, tab: chromium.Tab) -> None:
    """The check above can fail."""
    page = tmp_path / "page.html"
    page.write_text(f"<!doctype html>{FRAME}")
    tab.open(page)
    tab.run("new Promise((done) => setTimeout(done, 500))")
    assert asked(tab) == ["http://127.0.0.1:9/frame.png"]
