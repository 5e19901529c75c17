"""From files to a store: on the example data, on made folders, and on real entries where they are at hand."""

import json
import os
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from protfold.constants.residues import decode
from protfold.entities import Protein
from protfold.errors import InputError
from protfold.io import read_structure, write_pdb
from protfold.train import shard_jobs
from protfold.train.chain_store import INDEX, ChainStore
from protfold.train.filters import ChainFilter
from protfold.train.observed import add_ideal_cb
from protfold.train.prepare import assign_splits, prepare
from protfold.train.shard_jobs import PrepareConfig
from tests.unit.io.samples import SAMPLES, needs_samples

EXAMPLES = Path(__file__).parents[3] / "data" / "examples" / "training"
SMALL = PrepareConfig(files_per_shard=3)


@pytest.fixture
def structures(tmp_path: Path) -> Path:
    """A copy of the example data."""
    return Path(shutil.copytree(EXAMPLES, tmp_path / "structures"))


def content(store: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(store.iterdir())}


def two_chains(structures: Path) -> None:
    """`pair.pdb`: chains A and C with the residues of 1ORC and 1LCD, and no other file."""
    first, second = read_structure(structures / "1orc_A.pdb"), read_structure(structures / "1lcd_A.pdb")
    joined = replace(
        first,
        chain_ids=("A", "C"),
        chain_index=np.repeat([0, 1], [len(first), len(second)]).astype(np.int32),
        **{
            name: np.concatenate([getattr(first, name), getattr(second, name)])
            for name in ("atom37_positions", "atom37_mask", "aatype", "residue_index", "insertion_codes", "b_factors")
        },
    )
    for path in structures.iterdir():
        path.unlink()
    write_pdb(joined, structures / "pair.pdb")


def test_the_example_data_makes_a_store(tmp_path: Path) -> None:
    prepared = prepare(EXAMPLES, tmp_path / "store")
    assert (prepared.failed, prepared.dropped, prepared.made, prepared.reused) == ([], {}, 1, 0)
    store = ChainStore(tmp_path / "store")
    assert store.table.id.tolist() == ["1a7g_E", "1a8o_A", "1gbt_A", "1lcd_A", "1orc_A", "2ofg_X", "4cup_A"]
    assert store.table.depth.tolist() == [0, 0, 3, 4, 0, 3, 0]
    assert store.table.length.tolist() == [82, 70, 223, 51, 64, 106, 115]
    np.testing.assert_allclose(store.table.resolution, [2.4, 1.7, 2.0, 0.0, 1.54, 0.0, 1.88])
    assert sorted(store.table.split.tolist()) == ["train"] * 6 + ["valid"]
    protein, chain = read_structure(EXAMPLES / "1lcd_A.pdb"), store[3]
    np.testing.assert_array_equal(chain.aatype, protein.aatype)
    np.testing.assert_array_equal(chain.atom37_mask, protein.atom37_mask)
    alpha = [positions[:, 1] for positions in (chain.atom37_positions, protein.atom37_positions)]
    distances = [np.linalg.norm(one[:, None] - one, axis=-1) for one in alpha]
    np.testing.assert_allclose(*distances, atol=0.02)
    assert chain.msa is not None
    assert not chain.b_factors.any()
    deposited = read_structure(EXAMPLES / "4cup_A.pdb")
    np.testing.assert_allclose(store[6].b_factors, deposited.b_factors[:, [0, 1, 2, 4]].mean(axis=-1), atol=0.01)
    assert decode(chain.msa.residues[1]) == "---PTIKDVAKLAGVSISTVSRVMNNSKPVSPEAKQKVLDAINKLDFKPN-"


def test_broken_files_are_told_and_the_others_used(structures: Path, tmp_path: Path) -> None:
    """A damaged structure, one without protein, an alignment of another protein: a line each, and their chains are left out."""
    (structures / "bad.pdb").write_text("ATOM      1  N   MET A   1      xx.xxx  27.500   6.070  1.00  0.00           N\n")
    (structures / "water.pdb").write_text("HETATM    1  O   HOH A   1      27.960  27.500   6.070  1.00  0.00           O\n")
    (structures / "1orc_A.a3m").write_text(">q\n" + "GWNDPC" * 10 + "\n")
    prepared = prepare(structures, tmp_path / "store")
    assert len(prepared.failed) == 3
    assert all("\n" not in line for line in prepared.failed)
    for line, beginning in zip(
        sorted(prepared.failed), ["1orc_A (1orc_A.a3m): its query shares", "bad (bad.pdb", "water (water.pdb"], strict=True
    ):
        assert line.startswith(beginning)
    store = ChainStore(tmp_path / "store")
    assert "1orc_A" not in store.table.id
    assert len(store) == 6
    index = json.loads((tmp_path / "store" / INDEX).read_text())
    assert index["failed"] == prepared.failed
    assert (index["kept"], index["with_alignment"]) == (6, 3)


def test_a_file_that_breaks_protfold_is_told_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def break_on_one(protein: Protein) -> tuple[np.ndarray, np.ndarray]:
        return (protein.atom37_positions[99], protein.atom37_mask) if len(protein) == 51 else add_ideal_cb(protein)

    monkeypatch.setattr(shard_jobs, "add_ideal_cb", break_on_one)
    prepared = prepare(EXAMPLES, tmp_path / "store")
    assert len(prepared.table) == 6
    assert len(prepared.failed) == 1
    assert prepared.failed[0].startswith("1lcd_A (1lcd_A.pdb): unexpected IndexError, a fault of protfold: ")


def test_filters_drop_and_are_counted(tmp_path: Path) -> None:
    limits = ChainFilter(min_length=60, max_length=200, max_resolution=2.0)
    prepared = prepare(EXAMPLES, tmp_path / "store", PrepareConfig(limits=limits, files_per_shard=2))
    assert prepared.dropped == {"too short": 1, "too long": 1, "resolution": 1}
    assert prepared.table.id.tolist() == ["1a8o_A", "1orc_A", "2ofg_X", "4cup_A"]
    assert json.loads((tmp_path / "store" / INDEX).read_text())["dropped"] == prepared.dropped


def test_nothing_left_is_an_error_that_says_why(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no chain could be used: left out: 7 too short"):
        prepare(EXAMPLES, tmp_path / "store", PrepareConfig(limits=ChainFilter(min_length=500)))


def test_equal_inputs_give_equal_bytes_wherever_they_lie(structures: Path, tmp_path: Path) -> None:
    prepare(EXAMPLES, tmp_path / "one", SMALL)
    prepare(structures, tmp_path / "two", SMALL)
    assert content(tmp_path / "one") == content(tmp_path / "two")
    assert len(content(tmp_path / "one")) == 4


def test_only_what_has_changed_is_made_again(structures: Path, tmp_path: Path) -> None:
    store = tmp_path / "store"
    prepare(structures, store, SMALL)
    first = content(store)
    again = prepare(structures, store, SMALL)
    assert (again.made, again.reused) == (0, 3)
    (store / "shard-00001.safetensors").write_bytes(first["shard-00001.safetensors"][:1000])
    (store / INDEX).unlink()
    assert prepare(structures, store, SMALL).made == 1
    assert content(store) == first
    os.utime(structures / "4cup_A.pdb", (2e9, 2e9))
    assert prepare(structures, store, SMALL).made == 1
    assert prepare(structures, store, PrepareConfig(files_per_shard=3, max_rows=2)).made == 3
    assert ChainStore(store).table.depth.max() == 2
    prepare(structures, store)
    assert sorted(content(store)) == [INDEX, "shard-00000.safetensors"]


@pytest.mark.slow
def test_several_processes_write_what_one_writes(tmp_path: Path) -> None:
    seen: list[tuple[int, int]] = []
    prepare(EXAMPLES, tmp_path / "one", SMALL)
    prepare(EXAMPLES, tmp_path / "two", SMALL, jobs=2, progress=lambda done, total: seen.append((done, total)))
    assert content(tmp_path / "one") == content(tmp_path / "two")
    assert (seen[0], seen[-1], len(seen)) == ((0, 7), (7, 7), 4)


def test_every_chain_of_a_file_is_a_sample_with_its_own_alignment(structures: Path, tmp_path: Path) -> None:
    shutil.copy(structures / "1lcd_A.a3m", tmp_path)
    two_chains(structures)
    (tmp_path / "msas").mkdir()
    (tmp_path / "1lcd_A.a3m").rename(tmp_path / "msas" / "pair_C.a3m")
    table = prepare(structures, tmp_path / "store", alignments=tmp_path / "msas").table
    assert table.id.tolist() == ["pair_A", "pair_C"]
    assert table.length.tolist() == [64, 51]
    assert table.depth.tolist() == [0, 4]


def test_a_table_names_chains_clusters_splits_and_alignments(structures: Path, tmp_path: Path) -> None:
    shutil.copy(structures / "1lcd_A.a3m", tmp_path / "any.a3m")
    two_chains(structures)
    (tmp_path / "t.csv").write_text(
        "id,file,chain,split,cluster,resolution,msa\n"
        "x,pair.pdb,C,test,c1,1.5,any.a3m;any.a3m\n"
        "y,pair.pdb,A,,c2,,\n"
        "z,pair.pdb,,train,c3,,\n"
        "gone,none.pdb,,train,c3,,\n"
    )
    prepared = prepare(structures, tmp_path / "store", table=tmp_path / "t.csv", alignments=tmp_path)
    table = prepared.table
    assert list(zip(table.id.tolist(), table.split.tolist(), table.cluster.tolist(), table.depth.tolist(), strict=True)) == [
        ("x", "test", "c1", 4), ("y", "train", "c2", 0)
    ]  # fmt: skip
    np.testing.assert_allclose(table.resolution, [1.5, 0.0])
    assert prepared.failed == [
        "z (pair.pdb): holds the chains A, C; say in the column `chain` which is meant",
        "gone (none.pdb): there is no such file",
    ]


def test_equal_sequences_share_a_cluster_and_a_split(structures: Path, tmp_path: Path) -> None:
    shutil.copy(structures / "1orc_A.pdb", structures / "twin.pdb")
    table = prepare(structures, tmp_path / "store", PrepareConfig(valid_share=0.5)).table
    twins = np.isin(table.id, ["1orc_A", "twin"])
    assert len(set(table.cluster[twins].tolist())) == 1
    assert len(set(table.split[twins].tolist())) == 1
    assert len(set(table.cluster.tolist())) == 7


def test_splits_follow_clusters() -> None:
    """A given split stays, and draws the rest of its cluster along; of the others the stated share of clusters is valid."""
    clusters = [f"c{number // 2}" for number in range(200)]
    splits = assign_splits([""] * 200, clusters, 0.1)
    assert splits.count("valid") == 20
    assert splits[::2] == splits[1::2]
    assert assign_splits([""] * 200, clusters[::-1], 0.1) == splits[::-1]
    assert assign_splits(["", "test", ""], ["a", "a", "b"], 0.0) == ["test", "test", "train"]
    assert assign_splits([""], ["a"], 0.5) == ["train"]
    assert sorted(assign_splits(["", ""], ["a", "b"], 0.01)) == ["train", "valid"]


def test_predictions_hide_what_they_are_not_sure_of(structures: Path, tmp_path: Path) -> None:
    """Of 1A8O with its B-factors taken as pLDDT; a prediction has no resolution."""
    store = tmp_path / "store"
    prepare(structures, store, PrepareConfig(min_plddt=20.0, limits=ChainFilter(min_observed=0.1)))
    chains = ChainStore(store)
    assert not chains.table.resolution.any()
    chain = chains[chains.table.id.tolist().index("1a8o_A")]
    protein = read_structure(structures / "1a8o_A.pdb")
    sure = protein.b_factors[:, 1] >= 20.0
    assert 0 < sure.sum() < len(sure)
    np.testing.assert_array_equal(chain.atom37_mask[:, 1] > 0, sure)
    np.testing.assert_array_equal(chain.aatype, protein.aatype)
    assert not chain.b_factors.any()


def test_chains_of_one_name_are_not_mixed_up(structures: Path, tmp_path: Path) -> None:
    """`pair.pdb` holds a chain C, and there is a file `pair_C.pdb`."""
    shutil.copy(structures / "1a8o_A.pdb", tmp_path / "pair_C.pdb")
    two_chains(structures)
    shutil.copy(tmp_path / "pair_C.pdb", structures)
    prepared = prepare(structures, tmp_path / "store", PrepareConfig(files_per_shard=1))
    assert prepared.table.id.tolist() == ["pair_A", "pair_C"]
    assert prepared.table.length.tolist() == [64, 51]
    assert prepared.failed == ["pair_C: a chain of this name comes from another file, too; rename one of the files"]


@needs_samples
def test_real_chains(tmp_path: Path) -> None:
    """Fifty files of one chain without a header, all usable; a backbone without side chains is told."""
    prepared = prepare(SAMPLES / "chains", tmp_path / "store")
    assert (prepared.failed, prepared.dropped) == ([], {})
    assert len(prepared.table) == len(list((SAMPLES / "chains").iterdir()))
    assert 0 < prepared.table.backbone_only.sum() < len(prepared.table)


@needs_samples
def test_real_entries(tmp_path: Path) -> None:
    """Complexes, homomers, peptides, nucleic acids and damaged files: what has a usable protein chain is kept."""
    prepared = prepare(SAMPLES / "entries", tmp_path / "store")
    table = prepared.table
    kept = dict(zip(table.id.tolist(), zip(table.cluster.tolist(), table.resolution.tolist(), strict=True), strict=True))
    assert {"1a4w_L", "1a4w_H", "1aki", "1k6p_A", "1k6p_B", "4gpg"} <= set(kept)
    assert kept["1k6p_A"] == kept["1k6p_B"]
    assert kept["1a4w_L"][0] != kept["1a4w_H"][0]
    assert kept["1aki"][1] == 1.5
    assert kept["1vii"][1] == 0.0
    assert prepared.dropped["too short"] == 6
    assert {line.split(" ")[0] for line in prepared.failed if "holds no protein residue" in line} == {"1bna", "388d", "4p5j"}
    for chain in ChainStore(tmp_path / "store"):
        assert chain.atom37_mask[:, 1].mean() >= 0.5
        assert (np.diff(chain.residue_index) >= 1).all()
