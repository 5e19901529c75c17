"""The documentation site: what its reference promises is there, nothing is loaded from elsewhere, links follow."""

import importlib
import importlib.util
import operator
import zlib
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

import protfold

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def hooks() -> ModuleType:
    """The site's own part of the build."""
    pytest.importorskip("mkdocs", reason="needs pip install '.[docs]'")
    spec = importlib.util.spec_from_file_location("hooks", ROOT / "docs/hooks.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def extra() -> dict[str, Any]:
    """What mkdocs.yml tells the hooks."""
    yaml = pytest.importorskip("yaml", reason="needs pip install '.[docs]'")
    text = (ROOT / "mkdocs.yml").read_text()
    return yaml.safe_load(text[text.index("\nextra:") : text.index("\nnav:")])["extra"]


def named(path: str) -> Any:
    """The object of a dotted name."""
    for split in range(path.count("."), 0, -1):
        words = path.split(".")
        try:
            module = importlib.import_module(".".join(words[:split]))
        except ModuleNotFoundError:
            continue
        return operator.attrgetter(".".join(words[split:]))(module)
    raise AssertionError(path)


def test_promised_names_exist_and_cover_the_package(extra: dict[str, Any]) -> None:
    """A public name of the package cannot be forgotten in the reference; `design` and `relax` are told by their functions."""
    promised = [named(path) for path in extra["promised"]]
    public = set(protfold.__all__) - {"__version__", "design", "relax"}
    assert [name for name in public if not any(getattr(protfold, name) is one for one in promised)] == []
    assert named("protfold.runs.design.run.design") in promised
    assert named("protfold.relax.relax") in promised


def test_files_beside_the_pages_exist(extra: dict[str, Any]) -> None:
    """Cards, changes and measurements are taken from where they lie."""
    assert [path for path in extra["beside"] if not (ROOT / path).is_file()] == []


def test_a_missing_name_fails_the_build(hooks: ModuleType, tmp_path: Path) -> None:
    """The inventory is read as other sites would read it."""
    listed = zlib.compress(b"protfold.fold py:function 1 reference/functions.html#$ -\n")
    (tmp_path / "objects.inv").write_bytes(b"# Sphinx inventory version 2\n# Project: a\n# Version: 1\n# compressed\n" + listed)
    hooks.on_post_build(SimpleNamespace(site_dir=tmp_path, extra={"promised": ["protfold.fold"]}))
    with pytest.raises(Exception, match=r"lacks protfold\.unfold"):
        hooks.on_post_build(SimpleNamespace(site_dir=tmp_path, extra={"promised": ["protfold.fold", "protfold.unfold"]}))


@pytest.mark.parametrize(
    "html", ['<script src="https://a.org/b.js">', "<link rel=stylesheet href=//a.org/c>", "<img alt='' src='http://a.org/d.png'>"]
)
def test_pages_load_nothing_from_elsewhere(hooks: ModuleType, html: str) -> None:
    """A link to another site is fine, a file from there is not."""
    page: Any = SimpleNamespace(file=SimpleNamespace(src_uri="a.md"))
    allowed = '<a href="https://a.org">a</a><img src="images/b.png"><link href="style.css">'
    assert hooks.on_post_page(allowed, page, None) == allowed
    with pytest.raises(Exception, match="loads from elsewhere"):
        hooks.on_post_page(html, page, None)


def test_links_to_files_beside_the_pages_follow(hooks: ModuleType, tmp_path: Path) -> None:
    """A link that is right on the disk is right on the site; others stay as they are."""
    (tmp_path / "docs/a").mkdir(parents=True)
    page: Any = SimpleNamespace(file=SimpleNamespace(src_uri="a/b.md", abs_src_path=str(tmp_path / "docs/a/b.md")))
    card: Any = SimpleNamespace(src_uri="cards/c.md", abs_src_path=str(tmp_path / "weights/c.md"))
    text = "[c](../../weights/c.md#d), [e](f.md), [g](https://a.org/h.md), [i](#j)"
    placed = hooks.on_page_markdown(text, page, None, [page.file, card])
    assert placed == text.replace("../../weights/c.md", "../cards/c.md")
