"""A result's page from its stored files: what it reads from them, and the same bytes whenever it is made."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import protfold
from protfold.design.designer import Designer
from protfold.errors import InputError
from protfold.metrics.burial import neighbor_counts
from protfold.report import figure_to_png
from protfold.runs.design.report import design_report, design_run_report, read_design_report
from protfold.runs.design.result import DesignResult
from protfold.runs.design.run import design_backbones
from protfold.runs.design.tasks import prepare
from tests.support.designer_files import two_chains, write_backbone, write_designer
from tests.support.designers import backbone
from tests.unit.runs.conftest import files_of
from tests.unit.runs.design.test_run import options
from tests.unit.runs.fake_predictor import FakeLoader


@pytest.fixture(scope="module")
def designer(tmp_path_factory: pytest.TempPathFactory) -> Designer:
    return Designer(write_designer(tmp_path_factory.mktemp("weights") / "tiny.safetensors"))


def designed(designer: Designer, **changed: object) -> DesignResult:
    """Designs on two chains with insertion codes, of which one is fixed but for a residue."""
    protein = two_chains()
    codes = np.where(np.arange(20) == 4, "B", " ")
    fix = "A3-6,B3-11"
    return protfold.design(
        replace(protein, insertion_codes=codes), designer, **({"fix": fix, "num_sequences": 4, "temperature": 1.0} | changed)
    )


def test_what_is_read_is_what_was_designed(designer: Designer, load: FakeLoader) -> None:
    """Types, numbers, roles, probabilities, scores and models, from text alone."""
    result = designed(designer, refold=True, load=load)
    report = result.report()
    assert len(report.designs) == len(result.designs) > 1
    for found, one, types in zip(report.designs, result.designs, report.types, strict=True):
        np.testing.assert_array_equal(types, one.types)
        assert (found.rank, found.count, found.converged) == (one.rank, one.count, one.converged)
        assert found.score == pytest.approx(one.score, abs=1e-4)
        assert found.recovery == pytest.approx(one.recovery, abs=1e-4)
        assert found.sc_tm == pytest.approx(one.refolding.sc_tm, abs=1e-4)  # type: ignore[union-attr]
    np.testing.assert_array_equal(report.native, result.backbone.native)
    np.testing.assert_array_equal(report.designed, result.backbone.constraints.designed)
    assert report.numbers[3:6] == ("6", "7B", "8")
    assert [(chain.name, len(chain.rows)) for chain in report.chains] == [("A", 10), ("B", 10)]
    mean = np.mean([np.exp(one.log_probabilities) for one in result.search.designs], axis=0)
    np.testing.assert_allclose(report.probabilities, mean, atol=1e-4)
    np.testing.assert_array_equal(report.neighbors, neighbor_counts(result.backbone.states[0]))
    assert 1.0 - report.diversity == pytest.approx(1.0 - result.diversity, abs=1e-4)
    followed = [one.identity_to_next for one in result.designs[:-1]]
    np.testing.assert_allclose(np.diagonal(report.identities, 1), followed)
    assert report.constraints == ("Fixed, native types kept: A3-6,B3-11.",)


def test_the_models_are_named_as_the_backbone(designer: Designer, load: FakeLoader, tmp_path: Path) -> None:
    """The native one has the native types again; predictions lie on it, residue by residue."""
    result = designed(designer, refold=True, load=load)
    report = result.report()
    assert set(report.refolded) == {one.rank for one in result.designs}
    models = []
    for text in (report.backbone, report.refolded[1]):
        (tmp_path / "model.pdb").write_text(text)
        models.append(protfold.read_structure(tmp_path / "model.pdb"))
    native, folded = models
    state = result.backbone.states[0]
    np.testing.assert_array_equal(native.aatype, state.aatype)
    np.testing.assert_allclose(native.atom37_positions[:, :3], state.atom37_positions[:, :3], atol=1e-3)
    np.testing.assert_array_equal(folded.aatype, result.designs[0].types)
    for model in models:
        assert (model.atom37_mask[:, [3, *range(5, 37)]] == 0).all()
        assert model.chain_ids == state.chain_ids
        for name in ("residue_index", "insertion_codes", "chain_index"):
            np.testing.assert_array_equal(getattr(model, name), getattr(state, name))
    refolded = result.designs[0].refolding.protein  # type: ignore[union-attr]
    np.testing.assert_allclose(folded.atom37_positions[:, 1], refolded.atom37_positions[:, 1], atol=1e-3)  # type: ignore[union-attr]


def test_states_and_missing_backbones(designer: Designer) -> None:
    """Chains of further states are called so; a residue without a backbone has neither probabilities nor neighbors."""
    mask = backbone(12).atom37_mask.copy()
    mask[7, 2] = 0.0
    states = [replace(backbone(12), atom37_mask=mask), backbone(10)]
    report = protfold.design(states=states, weights=designer, num_sequences=2, temperature=1.0, side_chains=False).report()
    assert [(chain.name, len(chain.rows)) for chain in report.chains] == [("A of state 1", 12), ("A of state 2", 10)]
    assert report.types.shape[1] == 22
    np.testing.assert_array_equal(report.types[:, :7], report.types[:, 12:19])
    assert np.isnan(report.neighbors).tolist() == [row == 7 for row in range(22)]
    assert np.isnan(report.probabilities).any(1).tolist() == [row == 7 for row in range(22)]


def test_the_page_is_made_of_the_files_alone(designer: Designer, tmp_path: Path, real_pictures: None) -> None:
    """In another folder too, and pictures are those of the result."""
    result = designed(designer)
    folder = result.save(tmp_path / "one")
    text = (folder / "report.html").read_text()
    (folder / "report.html").unlink()
    moved = folder.rename(tmp_path / "another")
    assert design_report(moved) == text
    assert figure_to_png(result.plot_logo()) == figure_to_png(result.plot_logo())
    (moved / "per_position.csv").unlink()
    with pytest.raises(InputError, match="is no whole result of a design run"):
        design_report(moved)


def test_a_hostile_name_stays_text(designer: Designer, tmp_path: Path) -> None:
    name = '</script><script>alert(1)</script>"'
    plain, hostile = (protfold.design(replace(backbone(8), name=one), designer, num_sequences=1) for one in ("plain", name))
    pages = [(one.save(tmp_path / str(place)) / "report.html").read_text() for place, one in enumerate((plain, hostile))]
    assert pages[0].count("<script") == pages[1].count("<script")
    assert "<script>alert" not in pages[1]


def test_pictures_of_a_result(designer: Designer, load: FakeLoader) -> None:
    folded, plain = designed(designer, refold=True, load=load), designed(designer)
    for name in ("logo", "scores", "composition", "identity", "substitutions", "recovery_by_burial", "refolding"):
        assert getattr(folded, f"plot_{name}")() is not None
    with pytest.raises(InputError, match="no design was folded again"):
        plain.plot_refolding()


def test_the_run_has_a_page(designer: Designer, tmp_path: Path) -> None:
    """It links to the backbones that have one, and is made again from the summary."""
    write_designer(tmp_path / "tiny.safetensors")
    files = [write_backbone(tmp_path / "a.pdb"), tmp_path / "c.pdb"]
    files[1].write_text("nonsense\n")
    design_backbones(prepare(files, tmp_path / "out", options(str(tmp_path / "tiny.safetensors"))), tmp_path / "out")
    text = files_of(tmp_path / "out")["report.html"].decode()
    assert 'href="a/report.html"' in text
    assert 'href="c/report.html"' not in text
    assert "c.pdb" in text
    assert design_run_report(tmp_path / "out") == text
    (tmp_path / "out/design_summary.json").write_text("{")
    with pytest.raises(InputError, match=r"holds no readable design_summary.json"):
        design_run_report(tmp_path / "out")


def test_damaged_numbers_are_told(designer: Designer, tmp_path: Path) -> None:
    folder = designed(designer).save(tmp_path)
    table = (folder / "designs.csv").read_text()
    (folder / "designs.csv").write_text(table.replace(table.split("\n")[1].split(",")[4], "many"))
    with pytest.raises(InputError, match="many"):
        design_report(folder)
    files = {path.name: path.read_text() for path in folder.iterdir() if path.suffix in (".csv", ".json")}
    assert json.loads(files["manifest.json"])["backbone"]
    files["designs.csv"] = table
    assert read_design_report(files).backbone == ""
