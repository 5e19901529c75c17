"""`protfold compare`: the numbers of the Python function, as a table or as JSON, and one line where nothing can be measured."""

import json
from pathlib import Path

import pytest

import protfold as package
from protfold.io.pdb import write_pdb
from protfold.metrics.comparison import compare_structures
from protfold.runs.compare import compare
from tests.support.examples import FOLDER, example, warped
from tests.unit.cli import bad_structures
from tests.unit.cli.conftest import Run

REFERENCE = FOLDER / "1orc_A.pdb"


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """The reference with every atom moved."""
    path = tmp_path / "model.pdb"
    write_pdb(warped(example("1orc_A"), 2.0), path)
    return path


def test_the_table_shows_what_was_measured(model: Path, protfold: Run) -> None:
    outcome = protfold("compare", model, REFERENCE)
    expected = compare(model, REFERENCE)
    assert outcome.status == 0
    shown = {line.split("│")[0].strip(): line.split("│")[1].strip() for line in outcome.out.splitlines() if line.count("│") == 2}
    assert shown["lDDT-CA"] == f"{expected.lddt_ca:.4f}"
    assert shown["TM-score"] == f"{expected.tm_score:.4f}"
    assert shown["RMSD all"] == f"{expected.rmsd_all:.3f}"
    assert shown["violations"] == str(expected.violations.count)
    assert shown["residues"] == "64"


def test_json_has_a_row_for_each_residue(model: Path, protfold: Run) -> None:
    outcome = protfold("compare", model, REFERENCE, "--json", "--match", "sequence")
    assert outcome.status == 0, outcome.err
    found, expected = json.loads(outcome.out), compare(model, REFERENCE, match="sequence")
    assert found["tm_score"] == pytest.approx(expected.tm_score, abs=1e-4)
    assert found["matched_by"] == "sequence"
    assert found["violations"]["residues"] == expected.violations.count
    assert len(found["per_residue"]) == found["num_reference"] == 64
    assert found["per_residue"][0]["chain"] == "A"
    assert [row["number"] for row in found["per_residue"]] == example("1orc_A").residue_index.tolist()


def test_files_and_proteins_give_the_same(model: Path) -> None:
    from_files = package.compare(str(model), REFERENCE)
    in_memory = compare_structures(package.read_structure(model), package.read_structure(REFERENCE))
    assert isinstance(from_files, package.Comparison)
    assert (from_files.lddt, from_files.rmsd_95) == (in_memory.lddt, in_memory.rmsd_95)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (bad_structures.LIGAND, "holds no protein residue"),
        (bad_structures.SINGLE, "1 residues with a CA atom; 3 are needed"),
        (bad_structures.NAN, "nan"),
        (bad_structures.ORIGIN, "lie at one point"),
        (bad_structures.LONG, "10001 residues, of which 10000 can be compared"),
        ("nonsense\n", "bad.pdb"),
    ],
    ids=["ligand", "single", "nan", "origin", "long", "nonsense"],
)
def test_what_cannot_be_measured_is_one_line(tmp_path: Path, protfold: Run, text: str, message: str) -> None:
    """Whether it is the model or the reference."""
    bad = tmp_path / "bad.pdb"
    bad.write_text(text)
    for files in ((bad, REFERENCE), (REFERENCE, bad)):
        outcome = protfold("compare", *files)
        assert outcome.status == 2
        assert message in outcome.err
        assert "bad.pdb" in outcome.err
        assert outcome.err.count("\n") == 1
        assert outcome.out == ""


def test_a_chain_that_is_not_there(model: Path, protfold: Run) -> None:
    outcome = protfold("compare", model, REFERENCE, "--model-chains", "Q")
    assert outcome.status == 2
    assert "Q" in outcome.err
