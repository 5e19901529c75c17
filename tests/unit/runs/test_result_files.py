"""The files of a result, read by those who did not write them."""

import hashlib
import io
import json
import shlex
from pathlib import Path

import gemmi
import numpy as np
import pytest
from Bio.PDB import PDBParser

from protfold.errors import PredictionError
from protfold.io import read_msa, read_pae_json, read_structure
from protfold.runs.fold import fold
from protfold.runs.result_files import result_files
from tests.unit.runs.fake_predictor import FakeLoader, FakePredictor


@pytest.fixture
def saved(tmp_path: Path, load: FakeLoader) -> Path:
    """A two-chain result with two seeds."""
    return fold("MKVLLAAG:GIVEQ", name="pair", num_seeds=2, seed=3, recycles=2, max_msa=(8, 4), load=load).save(tmp_path / "pair")


def scores(folder: Path) -> dict[str, object]:
    return json.loads((folder / "scores.json").read_text())


def test_b_factors_are_plddt_in_every_reader(saved: Path) -> None:
    expected = scores(saved)["plddt"]
    with_gemmi = gemmi.read_structure(str(saved / "ranked_1.pdb"))[0]
    assert [residue["CA"][0].b_iso for chain in with_gemmi for residue in chain] == pytest.approx(expected, abs=0.01)
    with_biopython = PDBParser(QUIET=True).get_structure("x", saved / "ranked_1.pdb")
    assert [residue["CA"].bfactor for residue in with_biopython.get_residues()] == pytest.approx(expected, abs=0.01)
    assert [chain.id for chain in with_biopython.get_chains()] == ["A", "B"]


def test_modelcif_holds_local_and_global_confidence(saved: Path) -> None:
    block = gemmi.cif.read(str(saved / "ranked_1.cif")).sole_block()
    local = block.find("_ma_qa_metric_local.", ["metric_value"])
    assert [float(row[0]) for row in local] == pytest.approx(scores(saved)["plddt"])
    values = {float(row[0]) for row in block.find("_ma_qa_metric_global.", ["metric_value"])}
    assert {scores(saved)["ptm"], scores(saved)["iptm"]} <= values
    assert len(read_structure(saved / "ranked_1.cif")) == 13


def test_scores_carry_colabfolds_keys(saved: Path) -> None:
    found = scores(saved)
    pae, _ = read_pae_json(saved / "pae.json")
    assert np.array(found["pae"]).shape == (13, 13)
    assert np.array(found["pae"]) == pytest.approx(pae, abs=1e-6)
    assert found["max_pae"] == np.max(found["pae"])
    assert found["mean_plddt"] == pytest.approx(np.mean(found["plddt"]), abs=0.01)
    assert [(line["rank"], line["seed"]) for line in found["ranking"]] == [(1, 4), (2, 3)]


def test_manifest_tells_how_to_do_it_again(saved: Path) -> None:
    manifest = json.loads((saved / "manifest.json").read_text())
    assert manifest["seeds"] == [3, 4]
    assert manifest["weights"] == [{"name": "mini", "sha256": "sha-of-mini"}]
    assert manifest["msa"]["sha256"] == hashlib.sha256((saved / "msa.a3m").read_bytes()).hexdigest()
    words = shlex.split(manifest["command"])
    assert words[:3] == ["protfold", "fold", "msa.a3m"]
    assert {
        "--seed": "3",
        "--num-seeds": "2",
        "--recycles": "2",
        "--max-msa": "8:4",
        "--relax": "best",
        "--weights": "mini",
    }.items() <= dict(zip(words[5::2], words[6::2], strict=True)).items()


def test_no_time_in_any_file(load: FakeLoader, real_pictures: None) -> None:
    """Two renderings of one result are equal, pictures included."""
    result = fold("MKVLLAAG", load=load)
    first, second = dict(result_files(result)), dict(result_files(result))
    assert first == second
    for name, content in first.items():
        if name.endswith(".png"):
            assert b"tEXt" not in content
            assert b"tIME" not in content


def test_weights_without_aligned_error(tmp_path: Path) -> None:
    result = fold("MKVLLAAG", load=FakeLoader(make=lambda name: FakePredictor(name, with_pae=False)))
    folder = result.save(tmp_path / "x")
    assert not {"ptm", "iptm", "pae", "max_pae"} & scores(folder).keys()
    assert not {"pae.json", "pae.png"} & {path.name for path in folder.iterdir()}
    with pytest.raises(PredictionError, match="no aligned error"):
        result.plot_pae()


def test_one_chain_has_no_interface_score(tmp_path: Path, load: FakeLoader) -> None:
    assert "iptm" not in scores(fold("MKVLLAAG", load=load).save(tmp_path / "x"))


def test_more_chains_than_pdb_has_names_for(tmp_path: Path, load: FakeLoader) -> None:
    """The mmCIF is written, the PDB is not, and the manifest says why."""
    result = fold("A:" * 7 + "A", relax="none", load=load)
    names = tuple(f"chain{i}" for i in range(8))
    object.__setattr__(result.predictions[0].protein, "chain_ids", names)
    files = dict(result_files(result))
    assert "ranked_1.pdb" not in files
    assert "ranked_1.cif" in files
    assert "ranked_1.pdb was not written" in json.loads(files["manifest.json"])["notes"][0]


def test_msa_reads_back(tmp_path: Path, load: FakeLoader) -> None:
    a3m = tmp_path / "x.a3m"
    a3m.write_text(">q\nMKV\n>h one\nMaa-V\n")
    folder = fold("MKV", a3m, load=load).save(tmp_path / "out")
    assert (folder / "msa.a3m").read_text() == ">q\nMKV\n>h one\nMxx-V\n"
    assert read_msa(folder / "msa.a3m").depth == 2


def test_pictures_are_pngs_of_a_decent_size(load: FakeLoader, real_pictures: None) -> None:
    from PIL import Image

    for name, content in result_files(fold("MKVLLAAG", load=load)):
        if name.endswith(".png"):
            assert min(Image.open(io.BytesIO(content)).size) > 400
