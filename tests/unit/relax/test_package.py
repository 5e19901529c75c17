"""`protfold.relax` is a function and a package at once."""

import inspect
import subprocess
import sys
from types import ModuleType

import pytest

import protfold
from protfold.callable_package import make_callable
from protfold.errors import InputError
from protfold.relax import RelaxConfig, relax
from tests.unit.relax.peptides import peptide


def test_a_call_is_the_function() -> None:
    """The same error for what it refuses, and the same signature."""
    with pytest.raises(InputError, match="a single residue"):
        protfold.relax(peptide(0, 1), RelaxConfig(platform="CPU"))
    assert inspect.signature(protfold.relax) == inspect.signature(relax)


@pytest.mark.parametrize(
    "first", ["import protfold.relax.config", "from protfold import relax", "protfold.relax", "from protfold.relax import relax"]
)
def test_whatever_is_imported_first(first: str) -> None:
    """The package stays a package that can be called."""
    code = f"""
import protfold
{first}
import protfold.relax.config as config
assert callable(protfold.relax)
assert config.RelaxConfig is protfold.RelaxConfig is protfold.relax.RelaxConfig
"""
    subprocess.run([sys.executable, "-c", code], check=True)


def test_any_package_with_a_function_of_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is called is looked up at the call, so that it can be replaced."""
    package = ModuleType("outer.double")
    monkeypatch.setitem(sys.modules, "outer.double", package)
    make_callable("outer.double")
    package.double = lambda number, times=2: times * number  # type: ignore[attr-defined]
    assert (package(3), package(3, times=3)) == (6, 9)  # type: ignore[operator]
    assert list(inspect.signature(package).parameters) == ["number", "times"]  # type: ignore[arg-type]
