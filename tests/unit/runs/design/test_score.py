"""Scores of given sequences: the designer's numbers, whole and in parts, and what does not fit."""

import csv
from pathlib import Path

import numpy as np
import pytest

from protfold.constants.residues import decode
from protfold.design.designer import Designer
from protfold.errors import InputError
from protfold.runs.design.score import chain_rows, check_given, read_given, residue_rows, save_scores, score_sequences, scores_json
from tests.support.designer_files import two_chains, write_designer

NATIVE = decode(two_chains().aatype)[:10]
OTHER = "MKTAYIAKQR"


@pytest.fixture(scope="module")
def designer(tmp_path_factory: pytest.TempPathFactory) -> Designer:
    return Designer(write_designer(tmp_path_factory.mktemp("weights") / "tiny.safetensors"))


def records(tmp_path: Path, text: str, chains: tuple[str, ...] = ()) -> list[tuple[str, np.ndarray]]:
    path = tmp_path / "given.fasta"
    path.write_text(text)
    given, told = read_given(path)
    return check_given(given, two_chains(), chains or told, file=path)


def test_parts_make_the_whole(designer: Designer, tmp_path: Path) -> None:
    """The score of a sequence is the mean over its residues, and that of its chains weighted by their lengths."""
    protein = two_chains()
    scores = score_sequences(designer, protein, records(tmp_path, f">one\n{OTHER}/{NATIVE}\n>one\n{NATIVE}:{OTHER}\n"))
    assert [one.name for one in scores] == ["native", "one", "one"]
    for one in scores:
        by_residue = [row[6] for row in residue_rows(one, protein)]
        by_chain = [(row[2], row[5]) for row in chain_rows(one, protein)]
        assert np.mean(by_residue) == pytest.approx(one.scored.score, abs=1e-4)
        assert sum(value * count for value, count in by_chain) / 20 == pytest.approx(one.scored.score, abs=1e-4)
        assert one.scored.score == pytest.approx(designer.encode(protein).score(one.scored.types).score)
    assert scores[0].scored.score != scores[1].scored.score
    assert scores_json(scores, protein)[0]["identity"] == 1.0
    save_scores(scores, protein, tmp_path)
    assert [
        len(list(csv.reader((tmp_path / f"{name}scores.csv").read_text().splitlines()))) for name in ("", "chain_", "residue_")
    ] == [4, 7, 61]


def test_some_chains_in_the_context_of_the_others(tmp_path: Path) -> None:
    """As the header of `protfold design` and ProteinMPNN says, or as asked for; others keep their types."""
    native, other = two_chains().aatype[:10], records(tmp_path, f">x\n{OTHER}/{OTHER}\n")[0][1][:10]
    header = f">n, score=1.0, fixed_chains=['A'], designed_chains=['B'], seed=0\n{NATIVE}\n>T=0.1, sample=1\n{OTHER}\n"
    for types in (records(tmp_path, header)[1][1], records(tmp_path, f">x\n{OTHER}\n", ("B",))[0][1]):
        assert types.tolist() == [*native, *other]
    swapped = records(tmp_path, f">x\n{OTHER}/{NATIVE}\n", ("B", "A"))[0][1]
    assert swapped.tolist() == [*native, *other]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (f">x\n{OTHER}\n", "1 chains, but 2 are expected"),
        (f">x\n{OTHER}/{OTHER}K\n", "11 residues for chain B, of which the backbone has 10"),
        (f">ok\n{OTHER}/{OTHER}\n>x\n{OTHER}/{OTHER[:-1]}J\n", r"given.fasta:3 \(record 'x'\): 'J' at residue 10 of chain B"),
        (f">x\n{OTHER}/X{OTHER[1:]}\n", "'X' at residue 1 of chain B is none of the 20"),
        (f">x\n{OTHER}/-{OTHER[1:]}\n", "'-' at residue 1"),
        (f">designed_chains=['Q']\n{OTHER}\n", "no chain Q"),
        ("MKT\n", "given.fasta"),
    ],
)
def test_what_does_not_fit(tmp_path: Path, text: str, problem: str) -> None:
    with pytest.raises(InputError, match=problem):
        records(tmp_path, text)
