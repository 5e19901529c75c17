"""The index of algorithms points to code that cites them and to tests that exist."""

import importlib
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
ROW = re.compile(r"^\| (\d+) (\w+) \| `([\w.]+)` \| `([\w/.]+)` \|$", re.MULTILINE)
ROWS = ROW.findall((ROOT / "docs/algorithms.md").read_text())


def test_index_is_not_empty() -> None:
    """A changed table format would leave nothing to check."""
    assert len(ROWS) >= 30


@pytest.mark.parametrize(("number", "title", "code", "test"), ROWS, ids=[row[1] for row in ROWS])
def test_algorithm(number: str, title: str, code: str, test: str) -> None:
    """The file cites number and title together, and the object is there."""
    assert (ROOT / test).is_file(), test
    module_name, _, attribute = code.rpartition(".")
    try:
        module = importlib.import_module(code)
    except ModuleNotFoundError:
        module = importlib.import_module(module_name)
        assert hasattr(module, attribute), code
    assert module.__file__ is not None
    text = " ".join(Path(module.__file__).read_text().split())
    assert re.search(rf'{number} "{title}"', text), f'{module.__file__} does not cite {number} "{title}"'


def test_every_cited_algorithm_is_in_the_index() -> None:
    """No docstring cites an algorithm that the index leaves out."""
    cited = set()
    for path in (ROOT / "protfold").rglob("*.py"):
        text = path.read_text()
        if "Jumper et al. (2021) Suppl. Alg." in text:
            cited |= {number for number, title in re.findall(r'(?:Alg\.|and|,) (\d+) "(\w+)"', text)}
    assert cited <= {row[0] for row in ROWS}, cited - {row[0] for row in ROWS}
