"""Keys change with what decides the bytes, and with nothing else."""

from pathlib import Path

import pytest

from protfold.runs.keys import alignment_key, prediction_key, search_engine, target_key
from protfold.runs.options import FoldOptions
from protfold.runs.predictors import parameter_sets
from protfold.runs.targets import Target
from tests.unit.runs.fake_predictor import FakeLoader, FakePredictor

TARGET = Target(id="a", folder="a", chains=("MKV",), source="a.fasta")


def target(**change: object) -> Target:
    return Target(**{"id": "a", "folder": "a", "chains": ("MKV",), "source": "a.fasta", **change})


def test_alignment_key_of_a_file_is_its_content(tmp_path: Path) -> None:
    paths = [tmp_path / name for name in ("x.a3m", "y.a3m", "z.a3m")]
    for path, text in zip(paths, (">q\nMKV\n", ">q\nMKV\n", ">q\nMKV\n>h\nMKV\n"), strict=True):
        path.write_text(text)
    x, y, z = (alignment_key(target(msa_path=str(path)), FoldOptions()) for path in paths)
    assert x == y != z


def test_alignment_key_of_a_search_is_its_database(tmp_path: Path) -> None:
    keys = [alignment_key(TARGET, FoldOptions())]
    for name, text in (("x.fasta", ">q\nMKV\n"), ("y.fasta", ">q\nMKL\n"), ("same.fasta", ">q\nMKV\n")):
        (tmp_path / name).write_text(text)
        keys.append(alignment_key(TARGET, FoldOptions(search="jackhmmer", database=str(tmp_path / name))))
    assert len(set(keys)) == 3
    assert keys[1] == keys[3]


@pytest.mark.parametrize("change", [{"chains": ("MK", "V")}, {"chains": ("MKL",)}])
def test_chains_decide(change: dict[str, object]) -> None:
    assert alignment_key(target(**change), FoldOptions()) != alignment_key(TARGET, FoldOptions())


def test_names_files_and_machines_do_not_decide_a_prediction() -> None:
    key = prediction_key(TARGET, FoldOptions(), FakePredictor(), 0)
    assert prediction_key(target(id="b", folder="c", source="d"), FoldOptions(device="cpu", threads=3), FakePredictor(), 0) == key
    assert prediction_key(TARGET, FoldOptions(), FakePredictor("other"), 0) != key
    assert prediction_key(TARGET, FoldOptions(), FakePredictor(), 1) != key
    assert prediction_key(TARGET, FoldOptions(dtype="bfloat16"), FakePredictor(), 0) != key


def test_the_folder_holds_the_id_so_its_key_does_too() -> None:
    assert target_key(TARGET, FoldOptions(), FakeLoader()) != target_key(target(id="b"), FoldOptions(), FakeLoader())


def test_no_engine_unless_asked() -> None:
    assert search_engine(FoldOptions()) is None


def test_collections_are_spelled_out_once() -> None:
    sets = parameter_sets(FoldOptions(weights=("model_2_ptm", "alphafold2", "mini", "mini")))
    assert sets == ("model_2_ptm", "model_1_ptm", "model_3_ptm", "model_4_ptm", "model_5_ptm", "mini")
