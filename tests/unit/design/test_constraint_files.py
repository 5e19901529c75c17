"""Files of settings: the forms they may have, and that nothing in them is passed over."""

import gzip
from pathlib import Path

import numpy as np
import pytest

from protfold.design.constraint_files import read_constraint_file
from protfold.design.constraint_options import ConstraintOptions
from protfold.design.resolve import resolve_constraints
from protfold.errors import InputError
from tests.unit.design.numbered import counted, numbered

PAIR = numbered({"A": counted(1, 30), "B": counted(1, 30)})

PLAIN_TOML = """
chains = "A,B"
design = "A10-20,A25"
exclude = "C"
exclude_at = "A10-12:CP"
bias = "W:0.5,A:-0.3"
bias_at = "A10:W:0.5,A10:A:-0.3"
tie = "A10-15=B10-15*2"
homo_oligomer = "A,B"
"""
FREE_TOML = """
chains = ["A", "B"]
design = ["A10-20", "A25"]
exclude = "C"
tie = [["A10-15", "B10-15*2"]]
homo_oligomer = ["A", "B"]
[exclude_at]
"A10-12" = "CP"
[bias]
W = 0.5
A = -0.3
[bias_at]
A10 = {W = 0.5, A = -0.3}
"""
JSON = """{
  "chains": "A,B", "design": ["A10-20,A25"], "exclude": ["C"],
  "exclude_at": {"A10-12": "CP"},
  "bias": {"W": 0.5, "A": -0.3},
  "bias_at": {"A10": {"W": 0.5, "A": -0.3}},
  "tie": ["A10-15=B10-15*2"],
  "homo_oligomer": [["A", "B"]]
}"""
CSV = """# loop
residue,action,exclude,bias,tie
A10,design,CP,W:1.0;A:-0.3,B10
A11-12,design,CP,,

"A13-20,A25",Design,,,
A1-3,fix
"""


def write(folder: Path, name: str, text: str) -> Path:
    (folder / name).write_text(text)
    return folder / name


@pytest.mark.parametrize(("name", "text"), [("x.toml", PLAIN_TOML), ("x.toml", FREE_TOML), ("x.json", JSON), ("x.JSON", JSON)])
def test_every_form_says_the_same(tmp_path: Path, name: str, text: str) -> None:
    options = read_constraint_file(write(tmp_path, name, text), PAIR)
    expected = resolve_constraints(
        ConstraintOptions(
            chains="A,B",
            design="A10-20,A25",
            exclude="C",
            exclude_at="A10-12:CP",
            bias="W:0.5,A:-0.3",
            bias_at="A10:W:0.5,A10:A:-0.3",
            tie="A10-15=B10-15*2",
            homo_oligomer="A,B",
        ),
        PAIR,
    )
    found = resolve_constraints(options, PAIR)
    for field in ("designed", "allowed", "bias", "groups", "weights"):
        np.testing.assert_array_equal(getattr(found, field), getattr(expected, field))


def test_rows_of_a_table(tmp_path: Path) -> None:
    path = write(tmp_path, "x.csv", CSV.replace("Design", "design"))
    assert read_constraint_file(path, PAIR) == ConstraintOptions(
        design="A10;A11-12;A13-20,A25",
        fix="A1-3",
        exclude_at="A10:CP;A11-12:CP",
        bias_at="A10:W:1.0;A10:A:-0.3",
        tie="A10=B10",
    )
    packed = tmp_path / "x.csv.gz"
    packed.write_bytes(gzip.compress(path.read_bytes()))
    assert read_constraint_file(packed, PAIR) == read_constraint_file(path, PAIR)


def test_two_groups_of_chains(tmp_path: Path) -> None:
    four = numbered(dict.fromkeys("ABCD", counted(1, 5)))
    for text in ('homo_oligomer = ["A,B", "C,D"]', 'homo_oligomer = [["A", "B"], ["C", "D"]]', 'homo_oligomer = "A,B;C,D"'):
        assert read_constraint_file(write(tmp_path, "x.toml", text), four).homo_oligomer == "A,B;C,D"


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("x.yaml", "a", r"x\.yaml: is no file of constraints by its name; give .toml, .json, .csv or .trb"),
        ("x.toml", "", "is empty"),
        ("x.toml", "fix = 'A1'\nexclude = [", r"x\.toml.*: is no valid TOML: .*end of document"),
        ("x.toml", "fix = 'A1'\nexclude = C\n", r"x\.toml:2: is no valid TOML"),
        ("x.toml", "fix = 'A1'\n\nexlude = 'C'\n", r"x\.toml:3: unknown name exlude; known are chains, design, fix"),
        ("x.toml", "exclude = 3\n", r"x\.toml:1: exclude is 3, which is of another type"),
        ("x.toml", "design = []\n", "design is .., which is of another type"),
        ("x.toml", "[bias]\nW = 'a'\n", r"x\.toml:1: bias is .*another type"),
        ("x.toml", "[bias]\nW = true\n", "another type"),
        ("x.toml", "[bias]\nW = nan\n", r"x\.toml:1: bias: the bias 'nan' is no finite number"),
        ("x.toml", "chains = 'A'\nfix = 'A1-99'\n", r"x\.toml:2: fix: there is no residue A99; the nearest is A30"),
        ("x.json", '{"fix": "A1",\n "fix": "A2"}', r"x\.json:1: the name fix is there twice"),
        ("x.json", '{"fix": "A1",\n "design" "A2"}', r"x\.json:2: is no valid JSON: Expecting ':' delimiter"),
        ("x.json", '{"fix": "A1"}\n{"fix": "A2"}', r"x\.json:2: is no valid JSON: Extra data"),
        ("x.json", '["A1"]', "is no table of settings; give any of chains"),
        ("x.json", '{\n\n"exclude_at": {"A1": ["C"]}}', r"x\.json:3: exclude_at is .*another type"),
        (
            "x.csv",
            "residues,action\nA1,fix\n",
            r"x\.csv:1: unknown column 'residues'; known are residue, action, exclude, bias, tie",
        ),
        ("x.csv", "residue\nA1\n", r"x\.csv:1: give the column residue and others of action"),
        ("x.csv", "residue,action,action\nA1,fix,fix\n", "each once"),
        ("x.csv", "residue,action\nA1,keep\n", r"x\.csv:2: unknown action 'keep'; give design or fix"),
        ("x.csv", "residue,action\nA1,fix\nA99,fix\n", r"x\.csv:3: fix: there is no residue A99; the nearest is A30"),
        ("x.csv", "residue,exclude\nA1,\n", r"x\.csv:2: a row names residues and what to do with them"),
        ("x.csv", "residue,exclude\n,C\n", r"x\.csv:2: a row names residues"),
        ("x.csv", "residue,exclude\nA1,X\n", r"x\.csv:2: exclude_at: 'X' is none"),
        ("x.csv", "residue,bias\nA1,W=3\n", r"x\.csv:2: bias_at: 'A1:W=3' sets nothing"),
        ("x.csv", "residue,tie\nA1-3,B1\n", r"x\.csv:2: tie: 'A1-3=B1': A1-3 has 3 residues, B1 has 1"),
        ("x.csv", "residue,action\nA1,A2,fix\n", r"x\.csv:2: 3 cells for 2 columns; put lists in quotes"),
        ("x.csv", 'residue,action\n"A1,fix\n', r"x\.csv:\d: is no valid CSV"),
    ],
)
def test_nothing_is_passed_over(tmp_path: Path, name: str, text: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        read_constraint_file(write(tmp_path, name, text), PAIR)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"x\.json: there is no such file"):
        read_constraint_file(tmp_path / "x.json", PAIR)
