"""A platform that is missing or fails gives way to the next, and the reason is told."""

import openmm
import pytest
from pdbfixer import PDBFixer

from protfold.errors import RelaxError
from protfold.relax import RelaxConfig, relax
from protfold.relax import minimize as minimize_module
from protfold.relax.platform import find_platform, one_line, platforms_to_try
from tests.unit.relax.peptides import peptide


@pytest.fixture
def only_cpu(monkeypatch: pytest.MonkeyPatch) -> None:
    """An OpenMM without CUDA, and one with an OpenCL whose device cannot be used."""

    def found(name: str) -> openmm.Platform:
        if name == "CUDA":
            raise openmm.OpenMMException("no CUDA\nhere")
        return find_platform("Reference" if name == "OpenCL" else name)

    monkeypatch.setattr(minimize_module, "find_platform", found)


@pytest.mark.usefixtures("only_cpu")
def test_auto_falls_back_to_the_cpu_and_says_why() -> None:
    """One platform missing, the next failing when it is opened: the same structure as from the CPU itself."""
    found = relax(peptide(0, 6), RelaxConfig())
    assert found.platform == "CPU"
    cuda, opencl = found.platform_reason.split("; ")
    assert cuda == "CUDA: no CUDA here"
    assert opencl.startswith("OpenCL: ")
    assert "Illegal property name" in opencl
    alone = relax(peptide(0, 6), RelaxConfig(platform="CPU"))
    assert alone.protein.atom37_positions.tobytes() == found.protein.atom37_positions.tobytes()


@pytest.mark.usefixtures("only_cpu")
def test_a_named_platform_is_that_or_none() -> None:
    """The message is OpenMM's own, in one line."""
    with pytest.raises(RelaxError, match=r"^1a8o_A cannot be relaxed; CUDA: no CUDA here$"):
        relax(peptide(0, 6), RelaxConfig(platform="CUDA"))


def test_a_minimisation_that_fails_gives_way_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """What ends in no number on one platform is tried on the next."""
    real = minimize_module.Minimizer.minimize
    tried = []

    def failing_once(self: object, *arguments: object) -> object:
        tried.append(self)
        if len(tried) == 1:
            raise openmm.OpenMMException("Particle coordinate is NaN")
        return real(self, *arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(minimize_module.Minimizer, "minimize", failing_once)
    monkeypatch.setattr("protfold.relax.protocol.platforms_to_try", lambda wanted: ("CPU", "CPU"))
    found = relax(peptide(0, 6))
    assert found.platform_reason == "CPU: Particle coordinate is NaN"


def test_an_end_at_no_number_is_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    """Though OpenMM itself does not complain."""
    real = openmm.LocalEnergyMinimizer.minimize

    def to_nowhere(context: openmm.Context, *settings: object) -> None:
        real(context, *settings)
        if settings:  # PDBFixer and the placing of hydrogens give none
            positions = context.getState(getPositions=True).getPositions(asNumpy=True)
            positions[-1] = positions[0]
            context.setPositions(positions)

    monkeypatch.setattr(openmm.LocalEnergyMinimizer, "minimize", to_nowhere)
    with pytest.raises(RelaxError, match=r"CPU: the minimiser ended at an energy of (nan|inf) kcal/mol"):
        relax(peptide(0, 6), RelaxConfig(platform="CPU"))


def test_a_failure_of_pdbfixer_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """In one line, with its own words."""

    def failing(*_: object, **__: object) -> None:
        raise Exception("no template\nfor this")

    monkeypatch.setattr(PDBFixer, "addMissingAtoms", failing)
    with pytest.raises(RelaxError, match=r"^1a8o_A cannot be completed for the force field: no template for this$"):
        relax(peptide(0, 6))


def test_the_order_and_the_reasons() -> None:
    """Fastest first; a platform that is not there says so."""
    assert platforms_to_try("auto") == ("CUDA", "OpenCL", "CPU")
    assert platforms_to_try("OpenCL") == ("OpenCL",)
    with pytest.raises(openmm.OpenMMException, match="has no Abacus platform"):
        find_platform("Abacus")
    assert find_platform("CPU").getName() == "CPU"
    assert one_line(ValueError("a\n  b")) == "a b"
    assert one_line(ValueError()) == "ValueError"
