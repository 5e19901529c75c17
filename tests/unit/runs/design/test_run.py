"""Backbones to sequences: laws of the result, the same bytes again, one failure among successes."""

import csv
import json
import sys
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import protfold
from protfold.design.constraint_options import ConstraintOptions
from protfold.design.designer import Designer
from protfold.errors import InputError
from protfold.runs.design import stages as design_stages
from protfold.runs.design.options import DesignOptions
from protfold.runs.design.run import design_backbones
from protfold.runs.design.summary import DesignSummary
from protfold.runs.design.tasks import prepare
from tests.support.designer_files import two_chains, write_backbone, write_designer
from tests.support.designers import backbone
from tests.unit.runs.conftest import files_of

FILES = {"designs.fasta", "designs.csv", "per_position.csv", "manifest.json", "report.html", "DONE"}


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> str:
    return write_designer(tmp_path_factory.mktemp("weights") / "tiny.safetensors")


@pytest.fixture(scope="module")
def designer(weights: str) -> Designer:
    return Designer(weights)


def run(inputs: list[Path], output: Path, options: DesignOptions, **further: Any) -> DesignSummary:
    states = further.pop("states", False)
    return design_backbones(prepare(inputs, output, options, states=states), output, **further)


def options(weights: str, **changed: Any) -> DesignOptions:
    fast = {"num_sequences": 3, "temperature": 1.0, "device": "cpu"}
    constraints = {name: changed.pop(name) for name in ("fix", "exclude", "homo_oligomer", "chains") if name in changed}
    return DesignOptions(weights=weights, constraints=ConstraintOptions(**constraints), **fast | changed)


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    fixed=st.sets(st.integers(0, 11), max_size=11),
    excluded=st.sampled_from(["", "C", "CP", "ACDEFGHIKLMNPQRS"]),
    seed=st.integers(0, 99),
)
def test_what_is_fixed_stays_and_what_is_excluded_stays_out(designer: Designer, fixed: set[int], excluded: str, seed: int) -> None:
    protein = backbone(12)
    fix = ",".join(f"A{protein.residue_index[row]}" for row in sorted(fixed))
    result = protfold.design(protein, designer, fix=fix, exclude=excluded, num_sequences=2, temperature=2.0, seed=seed)
    free = np.array([row not in fixed for row in range(12)])
    for one in result.designs:
        assert (one.types[~free] == protein.aatype[~free]).all()
        assert not set(np.array(list(one.sequence))[free]) & set(excluded)
        assert one.recovery == pytest.approx((one.types == protein.aatype)[free].mean())


def test_a_sample_does_not_depend_on_how_many_are_asked_for(designer: Designer) -> None:
    few, many = (protfold.design(backbone(12), designer, num_sequences=n, temperature=1.0, seed=3) for n in (2, 4))
    by_sample = {sample: one.sequence for one in many.designs for sample in one.samples}
    assert {sample: one.sequence for one in few.designs for sample in one.samples} == {n: by_sample[n] for n in (1, 2)}
    assert len({*by_sample.values()}) > 1


def test_scores_are_those_of_the_sequence_given_as_it_is(designer: Designer) -> None:
    """Fixed residues count in the global score only; lower is better, so the first is the least."""
    protein = backbone(12)
    result = protfold.design(protein, designer, fix="A3-6", num_sequences=3, temperature=1.0)
    assert [one.score for one in result.designs] == sorted(one.score for one in result.designs)
    free = np.arange(12) >= 4
    for one in result.designs:
        values = designer.encode(protein).score(one.types).per_residue
        assert one.score == pytest.approx(values[free].mean())
        assert one.global_score == pytest.approx(values.mean())
    assert result.native_score == pytest.approx(designer.encode(protein).score(protein.aatype).per_residue[free].mean())


def test_a_backbone_is_read_once_for_all_its_designs(designer: Designer, monkeypatch: pytest.MonkeyPatch) -> None:
    encode, read = Designer.encode, list[int]()
    monkeypatch.setattr(Designer, "encode", lambda *given: read.append(1) or encode(*given))
    result = protfold.design(backbone(12), designer, num_sequences=3, temperature=1.0)
    assert len(result.designs) > 1
    assert read == [1]


def test_equal_designs_are_one_with_a_count(designer: Designer) -> None:
    """Of two types at one residue there are two sequences, however many are sampled."""
    excluded = "RNDCQEGHILKMFPSTWY"
    result = protfold.design(backbone(12), designer, design="A5", exclude=excluded, num_sequences=12, temperature=50.0)
    assert sorted(sample for one in result.designs for sample in one.samples) == list(range(1, 13))
    assert [one.count for one in result.designs] == [len(one.samples) for one in result.designs]
    assert {one.sequence[2] for one in result.designs} == {"A", "V"}
    assert [one.identity_to_next for one in result.designs] == [0.0, None]
    assert any("2 different designs among 12" in note for note in result.notes)


def test_models_have_the_sequence_and_keep_what_is_fixed(designer: Designer) -> None:
    protein = backbone(12)
    result = protfold.design(protein, designer, fix="A3-6", num_sequences=1, temperature=1.0)
    model, one = result.designs[0].protein, result.designs[0]
    assert (model.aatype == one.types).all()
    np.testing.assert_array_equal(model.atom37_positions[:4], protein.atom37_positions[:4])
    np.testing.assert_allclose(model.atom37_positions[:, [0, 1, 2, 4]], protein.atom37_positions[:, [0, 1, 2, 4]], atol=1e-4)
    probabilities = np.exp(-designer.encode(protein).score(one.types).per_residue)
    np.testing.assert_allclose(model.b_factors[:, 1], 100 * probabilities, rtol=1e-4)
    bare = protfold.design(protein, designer, num_sequences=1, temperature=1.0, side_chains=False).designs[0].protein
    assert bare.atom37_mask.sum(1).max() <= 5


def test_copies_of_one_sequence(designer: Designer) -> None:
    """Chains by a tie, states by their numbers; each once in the text as users of ProteinMPNN expect it."""
    tied = protfold.design(two_chains(), designer, homo_oligomer="A,B", num_sequences=2, temperature=1.0)
    for one in tied.designs:
        first, second = one.sequence.split("/")
        assert first == second
    states = protfold.design(
        states=[backbone(12), backbone(10)], state_weights=[1, 2], weights=designer, num_sequences=2, temperature=1.0
    )
    for one in states.designs:
        assert [len(text) for text in one.state_sequences] == [12, 10]
        assert one.state_sequences[0][:10] == one.state_sequences[1]
        assert [len(model) for model in one.models] == [12, 10]


def test_files(weights: str, tmp_path: Path) -> None:
    """Two backbones and a file that is none; done again, nothing is touched; overwritten, the bytes are the same."""
    good = [write_backbone(tmp_path / "a.pdb"), write_backbone(tmp_path / "b.pdb", two_chains())]
    (tmp_path / "c.pdb").write_text("nonsense\n")
    chosen = options(weights, chains="A", fix="A3-6")
    summary = run([*good, tmp_path / "c.pdb"], tmp_path / "out", chosen)
    assert [row.status for row in summary.rows] == ["done", "done", "failed"]
    assert "c.pdb" in summary.problems[0].reason
    before = files_of(tmp_path / "out")
    for name, designed, fixed in (("a", ["A"], []), ("b", ["A"], ["B"])):
        folder = tmp_path / "out" / name
        rows = list(csv.DictReader((folder / "designs.csv").read_text().splitlines()))
        assert set(files_of(folder)) == FILES | {f"rank_{row['rank']}.pdb" for row in rows}
        lines = (folder / "designs.fasta").read_text().splitlines()
        assert lines[0].startswith(f">{name}, score=")
        assert f"fixed_chains={fixed}, designed_chains={designed}, model_name=tiny" in lines[0]
        assert "lower_is_better" in lines[0]
        headers = [dict(part.split("=", 1) for part in line[1:].split(", ")) for line in lines[2::2]]
        assert [list(header)[:5] for header in headers] == [["T", "sample", "score", "global_score", "seq_recovery"]] * len(rows)
        assert lines[3::2] == [row["sequence"] for row in rows]
        assert [float(header["score"]) for header in headers] == [float(row["score"]) for row in rows]
        assert "A3-6" in json.loads((folder / "manifest.json").read_text())["command"]
    again = run([*good, tmp_path / "c.pdb"], tmp_path / "out", chosen)
    assert [row.status for row in again.rows] == ["skipped", "skipped", "failed"]
    run(good, tmp_path / "out", chosen, overwrite=True)
    run(good, tmp_path / "other", chosen)
    for name in ("a", "b"):
        found = {path: content for path, content in before.items() if path.startswith(f"{name}/")}
        for output in ("out", "other"):
            assert {path: text for path, text in files_of(tmp_path / output).items() if path.startswith(f"{name}/")} == found


def test_every_residue_has_a_row(weights: str, tmp_path: Path) -> None:
    """Probabilities are those of the samples on average; a residue without a backbone has none, and keeps its type."""
    whole = backbone(12)
    mask = whole.atom37_mask.copy()
    mask[7, 2] = 0.0
    codes = np.where(np.arange(12) == 4, "B", " ")
    protein = replace(whole, atom37_mask=mask, insertion_codes=codes)
    file = write_backbone(tmp_path / "a.pdb", protein)
    run([file], tmp_path / "out", options(weights, fix="A3-6"))
    rows = list(csv.DictReader((tmp_path / "out/a/per_position.csv").read_text().splitlines()))
    result = protfold.design(file, weights, fix="A3-6", num_sequences=3, temperature=1.0, device="cpu")
    mean = np.mean([np.exp(one.log_probabilities) for one in result.search.designs], axis=0)
    assert [row["role"] for row in rows] == ["fixed"] * 4 + ["designed"] * 3 + ["fixed"] + ["designed"] * 4
    assert [row["insertion_code"] for row in rows] == [code.strip() for code in codes]
    assert "".join(row["rank_1"] for row in rows) == result.designs[0].sequence
    for place, row in enumerate(rows):
        numbers = {name[2:]: text for name, text in row.items() if name.startswith("p_")}
        assert len(numbers) == 20
        if place == 7:
            assert not any(numbers.values())
            assert row["native"] == row["rank_1"]
            continue
        found = np.array([float(numbers[letter]) for letter in "ARNDCQEGHILKMFPSTWYV"])
        np.testing.assert_allclose(found, mean[place], atol=1e-4)
        assert float(row["entropy"]) == pytest.approx(-(mean[place] * np.log(mean[place])).sum(), abs=1e-4)


@pytest.mark.parametrize(
    ("changed", "problem"),
    [
        ({"fix": "A99"}, "no residue A99"),
        ({"fix": "A3", "chains": "Q"}, "no chain Q"),
        ({"constraint_file": "absent.toml"}, "no such file or folder of constraints"),
        ({"state_weights": (1.0, 2.0)}, "weights of states are given for one backbone"),
    ],
)
def test_nothing_starts(weights: str, tmp_path: Path, changed: dict[str, Any], problem: str) -> None:
    files = [write_backbone(tmp_path / "a.pdb"), write_backbone(tmp_path / "b.pdb", two_chains())]
    with pytest.raises(InputError, match=problem):
        run(files, tmp_path / "out", options(weights, **changed))
    assert not (tmp_path / "out").exists()


def test_a_folder_of_constraints(weights: str, tmp_path: Path) -> None:
    """Each backbone has the file of its name; without one nothing starts."""
    (tmp_path / "in").mkdir()
    write_backbone(tmp_path / "in/a.pdb")
    (tmp_path / "in/a.toml").write_text('fix = "A3-13"\n')
    run([tmp_path / "in"], tmp_path / "out", options(weights, constraint_file=str(tmp_path / "in")))
    manifest = json.loads((tmp_path / "out/a/manifest.json").read_text())
    assert (manifest["num_designed"], manifest["constraint_file"]["file"]) == (1, "a.toml")
    write_backbone(tmp_path / "in/b.pdb")
    with pytest.raises(InputError, match="holds no file of constraints for b"):
        run([tmp_path / "in"], tmp_path / "out", options(weights, constraint_file=str(tmp_path / "in")))


def test_a_stopped_run_goes_on(weights: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The samples that are there are not looked for again; the end is the same."""
    file, chosen = write_backbone(tmp_path / "a.pdb"), options(weights)
    save, search, searches = design_stages.save_design, design_stages.search_designs, []
    monkeypatch.setattr(design_stages, "search_designs", lambda *given: searches.append(1) or search(*given))
    monkeypatch.setattr(design_stages, "save_design", lambda *given, **further: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        run([file], tmp_path / "out", chosen)
    monkeypatch.setattr(design_stages, "save_design", save)
    assert run([file], tmp_path / "out", chosen).rows[0].status == "done"
    assert len(searches) == 1
    run([file], tmp_path / "whole", chosen)
    assert files_of(tmp_path / "out/a") == files_of(tmp_path / "whole/a")


def test_another_commands_folder_is_left_alone(weights: str, tmp_path: Path) -> None:
    folder = tmp_path / "out/a"
    folder.mkdir(parents=True)
    (folder / "scores.json").write_text("{}")
    with pytest.raises(InputError, match=r"holds results of another command \(scores.json\)"):
        run([write_backbone(tmp_path / "a.pdb")], tmp_path / "out", options(weights))


def test_states_from_files_share_a_folder(weights: str, tmp_path: Path) -> None:
    """One sequence for both, a model of each; weights of states without states are refused."""
    files = [write_backbone(tmp_path / "a.pdb"), write_backbone(tmp_path / "b.pdb", backbone(10))]
    (row,) = run(files, tmp_path / "out", options(weights, num_sequences=1, state_weights=(1.0, 2.0), fix="A3"), states=True).rows
    assert (row.folder, row.num_residues) == ("a", 22)
    folder = tmp_path / "out/a"
    assert {"rank_1.pdb", "rank_1_state_2.pdb"} < set(files_of(folder))
    models = [protfold.read_structure(folder / name) for name in ("rank_1.pdb", "rank_1_state_2.pdb")]
    assert models[0].aatype[:10].tolist() == models[1].aatype.tolist()
    (one,) = csv.DictReader((folder / "designs.csv").read_text().splitlines())
    assert one["sequence"][:10] == one["sequence_2"]
    assert "--states --state-weights 1.0,2.0" in json.loads((folder / "manifest.json").read_text())["command"]


def test_the_data_frame(designer: Designer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """It is `designs.csv`; where pandas is missing, that is said."""
    result = protfold.design(backbone(8), designer, num_sequences=2, temperature=1.0)
    monkeypatch.setitem(sys.modules, "pandas", SimpleNamespace(DataFrame=lambda rows, columns: [columns, *rows]))
    cells = [["" if cell is None else str(cell) for cell in row] for row in result.to_dataframe()]
    assert cells == list(csv.reader((result.save(tmp_path) / "designs.csv").read_text().splitlines()))
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(InputError, match="pip install pandas"):
        result.to_dataframe()
