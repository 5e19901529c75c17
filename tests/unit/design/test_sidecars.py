"""What backbone generators write beside a backbone, and pickles that would do something else than be read."""

import json
import pickle
import pickletools
import subprocess
from collections import OrderedDict
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from protfold.design.constraint_files import read_constraint_file
from protfold.design.plain_pickle import read_plain_pickle
from protfold.errors import InputError
from tests.unit.design.numbered import counted, numbered

BACKBONE = numbered({"A": counted(1, 8), "B": counted(9, 12)})
MOTIF = {
    "con_ref_pdb_idx": [("A", 163), ("A", np.int64(164)), ("A", 170)],
    "con_hal_pdb_idx": [("A", 3), ("A", np.int64(4)), ("A", 6)],
    "con_ref_idx0": np.array([12, 13, 19]),
    "con_hal_idx0": np.array([2, 3, 5]),
    "sampled_mask": ["2-2/A163-164/1-1/A170-170/2-2"],
    "plddt": np.full((5, 8), 0.8, dtype=np.float32),
    "time": 3.5,
    "device": "CPU",
    "config": {"inference": {"num_designs": 1, "seed": None}, "set": {1, 2}, "ordered": OrderedDict(a=1)},
}
COMPLEX = MOTIF | {
    "complex_con_ref_pdb_idx": [("A", 163), ("A", 164), ("A", 170), *[("B", number) for number in range(1, 5)]],
    "complex_con_hal_pdb_idx": [("A", 3), ("A", 4), ("A", 6), *[("B", number) for number in range(9, 13)]],
    "complex_con_hal_idx0": np.array([2, 3, 5, 8, 9, 10, 11]),
}


def trb(folder: Path, data: object, protocol: int = 4) -> Path:
    (folder / "x.trb").write_bytes(pickle.dumps(data, protocol=protocol))
    return folder / "x.trb"


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
def test_the_motif_is_fixed(tmp_path: Path, protocol: int) -> None:
    assert read_constraint_file(trb(tmp_path, MOTIF, protocol), BACKBONE).fix == "A3-4,A6"
    assert read_constraint_file(trb(tmp_path, COMPLEX, protocol), BACKBONE).fix == "A3-4,A6,B"


def test_names_of_the_numpy_before(tmp_path: Path) -> None:
    data = pickle.dumps(MOTIF, protocol=2).replace(b"numpy._core.multiarray", b"numpy.core.multiarray")
    (tmp_path / "old.trb").write_bytes(data)
    assert read_constraint_file(tmp_path / "old.trb", BACKBONE).fix == "A3-4,A6"


def test_the_mask_says_which_types_were_kept(tmp_path: Path) -> None:
    mask = np.isin(np.arange(12), [2, 5, 8, 9, 10])
    assert read_constraint_file(trb(tmp_path, COMPLEX | {"inpaint_seq": mask}), BACKBONE).fix == "A3,A6,B9-11"
    assert read_constraint_file(trb(tmp_path, {"inpaint_seq": mask.tolist()}), BACKBONE).fix == "A3,A6,B9-11"


def test_json_with_the_same_keys(tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    path.write_text(json.dumps({"con_hal_pdb_idx": [["A", 3], ["B", 9]], "con_hal_idx0": [2, 8], "plddt": [[0.5]]}))
    assert read_constraint_file(path, BACKBONE).fix == "A3,B9"
    path.write_text(json.dumps({"diffused_index_map": {"A17": "A1", "B114": "B10"}, "metrics": {"num_residues": 12}}))
    assert read_constraint_file(path, BACKBONE).fix == "A1,B10"


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ([1, 2], "x.trb: is no sidecar of a backbone: it has none of con_hal_pdb_idx"),
        ({"config": {}}, "is no sidecar"),
        (MOTIF | {"con_hal_pdb_idx": [("A", 99)], "con_ref_pdb_idx": [("A", 1)]}, "there is no residue A99; the nearest is A8"),
        (MOTIF | {"con_hal_pdb_idx": [("C", 1)], "con_ref_pdb_idx": [("A", 1)]}, "names chain C"),
        (MOTIF | {"con_hal_pdb_idx": [("A", 3)]}, "con_hal_pdb_idx has 1 residues, con_ref_pdb_idx has 3"),
        (MOTIF | {"con_hal_pdb_idx": "A3"}, "con_hal_pdb_idx is no list of chains and numbers"),
        (MOTIF | {"con_hal_pdb_idx": [("A", "x")]}, "con_hal_pdb_idx is no list of chains and numbers"),
        (
            MOTIF | {"con_hal_idx0": np.array([2, 3, 6])},
            "con_hal_idx0 does not fit con_hal_pdb_idx: A6 is residue 5 of the backbone, from 0",
        ),
        (MOTIF | {"inpaint_seq": np.ones(11, dtype=bool)}, "inpaint_seq is of 11 residues, the backbone has 12"),
        (MOTIF | {"inpaint_seq": np.ones(12)}, "inpaint_seq is no list of true and false"),
        ({"diffused_index_map": ["A1"]}, "diffused_index_map is no table of residues"),
        ({"diffused_index_map": {"A17": "A99"}}, "no residue A99"),
        ({"diffused_index_map": {"A17": "A1-3"}}, "'A1-3' is not one residue"),
    ],
)
def test_what_does_not_fit(tmp_path: Path, data: object, message: str) -> None:
    with pytest.raises(InputError, match=message):
        read_constraint_file(trb(tmp_path, data), BACKBONE)


def test_arrays_of_every_plain_kind(tmp_path: Path) -> None:
    arrays: dict[str, Any] = {
        "fortran": np.asfortranarray(np.arange(6).reshape(2, 3)),
        "big": np.arange(3, dtype=">i4"),
        "text": np.array(["AB", "C"]),
        "objects": np.array([("A", 1), None, [2]], dtype=object),
        "table": np.array([["A", 1], ["B", 2]], dtype=object),
        "empty": np.zeros((0, 3)),
        "scalar": np.float32(0.5),
        "zero": np.array(7),
    }
    for protocol in (2, 5):
        found = read_plain_pickle(trb(tmp_path, arrays, protocol))
        assert found == {name: array.tolist() for name, array in arrays.items()}


class Runs:
    """Does something when unpickled by the reader of the language."""

    def __init__(self, function: object, *arguments: object) -> None:
        self.call = function, arguments

    def __reduce__(self) -> tuple[Any, ...]:
        return self.call


@pytest.mark.parametrize(
    "harmful",
    [
        Runs(subprocess.check_output, "touch ran"),
        Runs(eval, "open('ran', 'w')"),
        Runs(getattr, "", "join"),
        Runs(bytes, 10**12),
        Runs(np.load, "x.npy"),
        Runs(pickle.loads, b"N."),
        Path("x"),
        np.dtype,
    ],
)
def test_a_pickle_that_runs_something_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, harmful: object) -> None:
    monkeypatch.chdir(tmp_path)
    path = trb(tmp_path, MOTIF | {"config": harmful})
    if harmful is np.dtype:
        assert read_constraint_file(path, BACKBONE).fix == "A3-4,A6"  # a name alone does nothing
        return
    with pytest.raises(
        InputError, match=r"x\.trb: is (refused: it holds [\w.]+, and only numbers, text|no pickle that can be read)"
    ):
        read_constraint_file(path, BACKBONE)
    assert not (tmp_path / "ran").exists()


def test_constructors_of_numpy_are_out_of_reach(tmp_path: Path) -> None:
    forged = Runs(np.ndarray, (1,), np.dtype(object), b"\x01" * 8)  # would take bytes for an object's address
    with pytest.raises(InputError, match=r"no pickle that can be read|is refused"):
        read_plain_pickle(trb(tmp_path, forged))
    names = {argument for _, argument, _ in pickletools.genops(pickle.dumps(forged)) if isinstance(argument, str)}
    assert {"numpy", "ndarray", "dtype"} <= names


@pytest.mark.parametrize(
    "data", [b"", b"\x80", b"not a pickle", pickle.dumps(MOTIF)[:-40], b"\x80\x04\x8c\x02os\x8c\x06system\x93."]
)
def test_damage_is_told(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "x.trb").write_bytes(data)
    with pytest.raises(InputError, match=r"x\.trb: is (no pickle that can be read|refused)"):
        read_constraint_file(tmp_path / "x.trb", BACKBONE)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"x\.trb: cannot be read: No such file"):
        read_constraint_file(tmp_path / "x.trb", BACKBONE)
