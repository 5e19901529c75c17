"""`protfold train prepare`: what it says, and its exit status."""

import shutil
from pathlib import Path

from protfold.train.chain_store import ChainStore
from tests.unit.cli.conftest import Run
from tests.unit.train.test_prepare import EXAMPLES


def test_all_usable_is_status_0_with_a_summary(tmp_path: Path, protfold: Run) -> None:
    outcome = protfold("train", "prepare", EXAMPLES, "-o", tmp_path / "store", "--max-length", 200)
    assert outcome.status == 0
    assert "kept 6 chains (5 train, 1 valid) in 6 clusters, 488 residues" in outcome.out
    assert "2 with an alignment, 0 without side chains" in outcome.out
    assert "left out: 1 (too long)" in outcome.out
    assert outcome.err == ""
    assert len(ChainStore(tmp_path / "store")) == 6


def test_broken_files_are_status_1_with_a_line_each(tmp_path: Path, protfold: Run) -> None:
    structures = shutil.copytree(EXAMPLES, tmp_path / "structures")
    for number in range(25):
        (structures / f"bad{number}.pdb").write_text("ATOM\n")
    outcome = protfold("train", "prepare", structures, "-o", tmp_path / "store", "--quiet")
    assert outcome.status == 1
    assert outcome.out == ""
    assert outcome.err.count("error: bad") == 20
    assert "and 5 more, listed in" in outcome.err
    assert len(ChainStore(tmp_path / "store")) == 7


def test_no_chain_or_a_senseless_setting_is_status_2(tmp_path: Path, protfold: Run) -> None:
    (tmp_path / "empty").mkdir()
    outcome = protfold("train", "prepare", tmp_path / "empty", "-o", tmp_path / "store")
    assert (outcome.status, outcome.err.count("\n")) == (2, 1)
    assert "holds no structure" in outcome.err
    outcome = protfold("train", "prepare", EXAMPLES, "-o", tmp_path / "store", "--max-unknown", 2)
    assert outcome.status == 2
    assert "max_unknown = 2.0; give a share of 0 to 1" in outcome.err
    assert not (tmp_path / "store").exists()
    outcome = protfold("train", "prepare", EXAMPLES, "-o", tmp_path / "store", "--min-length", 999)
    assert outcome.status == 2
    assert "no chain could be used: left out: 7 too short" in outcome.err.replace("\n", " ")


def test_a_table_is_taken(tmp_path: Path, protfold: Run) -> None:
    (tmp_path / "t.csv").write_text("id,file,split\nmine,1orc_A.pdb,test\n")
    outcome = protfold("train", "prepare", EXAMPLES, "-o", tmp_path / "store", "--table", tmp_path / "t.csv")
    assert outcome.status == 0
    assert "kept 1 chains (1 test)" in outcome.out
