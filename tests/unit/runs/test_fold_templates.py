"""Templates on their way through a run, and into a network that reads them."""

import hashlib
import json
import logging
import shlex
from pathlib import Path

import numpy as np
import pytest

from protfold.entities import Sequence
from protfold.errors import InputError
from protfold.features import FeatureConfig
from protfold.features.templates import template_from_structure
from protfold.inference.predictor import Predictor
from protfold.io import read_structure
from protfold.model.runtime import RuntimeOptions
from protfold.runs import stages
from protfold.runs.alignments import single_sequence_msa
from protfold.runs.fold import fold, fold_targets
from protfold.runs.options import FoldOptions
from protfold.runs.summary import RunSummary
from protfold.runs.targets import collect_targets
from protfold.weights.checkpoint import ModelCard, save_checkpoint
from protfold.weights.load import load_weights
from tests.support.networks import tiny_network
from tests.unit.runs.fake_predictor import FakeLoader, FakePredictor
from tests.unit.runs.structures import COUSIN, LONER, QUERY, STRANGER, write_structure

LIMITS = {"mini": 2, "other": 1, "blind": 0}


@pytest.fixture
def load() -> FakeLoader:
    """Weights of three names that read two, one and no templates."""
    return FakeLoader(make=lambda name: FakePredictor(name, max_templates=LIMITS[name]))


@pytest.fixture
def structure(tmp_path: Path) -> Path:
    """Three chains that fit, one that does not."""
    return write_structure(tmp_path / "structure.pdb", COUSIN, QUERY, STRANGER, COUSIN)


def run(tmp_path: Path, load: FakeLoader, templates: Path, **options: object) -> RunSummary:
    fasta = tmp_path / "a.fasta"
    fasta.write_text(f">a\n{QUERY}\n>b\n{LONER}\n")
    return fold_targets(
        collect_targets([fasta]).found, FoldOptions(templates=str(templates), **options), tmp_path / "out", load=load
    )


def manifest(folder: Path) -> dict[str, object]:
    return json.loads((folder / "manifest.json").read_text())


def given(load: FakeLoader) -> list[list[str] | None]:
    """Names of the templates of each prediction."""
    return [asked["templates"] and [template.name for template in asked["templates"]] for asked in load.asked]


def test_templates_reach_the_network_and_the_manifest(tmp_path: Path, load: FakeLoader, structure: Path) -> None:
    summary = run(tmp_path, load, structure)
    assert [row.status for row in summary.rows] == ["done", "done"]
    assert given(load) == [["structure_B", "structure_A"], None]
    sha256 = hashlib.sha256(structure.read_bytes()).hexdigest()
    about = manifest(tmp_path / "out" / "a")
    assert about["templates"] == [
        {"name": name, "file": "structure.pdb", "sha256": sha256} for name in ("structure_B", "structure_A")
    ]
    assert about["notes"][0].startswith("structure.pdb, chain C: not used as a template: ")
    assert about["notes"][1] == "weights mini read 2 of the 3 templates"
    other = manifest(tmp_path / "out" / "b")
    assert other["templates"] == []
    assert other["notes"][-1] == "no template fits this target; it is folded without"


def test_weights_that_read_fewer_get_fewer(tmp_path: Path, load: FakeLoader, structure: Path) -> None:
    run(tmp_path, load, structure, weights=("blind", "other"))
    assert [names for names in given(load) if names] == [["structure_B"]]
    notes = manifest(tmp_path / "out" / "a")["notes"]
    assert notes[1:] == ["weights blind read none of the 3 templates", "weights other read 1 of the 3 templates"]


def test_another_content_is_another_request(tmp_path: Path, load: FakeLoader, structure: Path) -> None:
    run(tmp_path, load, structure)
    assert [row.status for row in run(tmp_path, load, structure).rows] == ["skipped", "skipped"]
    write_structure(structure, COUSIN)
    assert [row.status for row in run(tmp_path, load, structure).rows] == ["done", "done"]
    assert manifest(tmp_path / "out" / "a")["templates"][0]["name"] == "structure_A"


def test_the_finished_stage_is_not_done_again(
    tmp_path: Path, load: FakeLoader, structure: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Each note is logged once, whatever the number of predictions."""
    caplog.set_level(logging.INFO, "protfold")
    (tmp_path / "a.fasta").write_text(f">a\n{QUERY}\n")
    (target,) = collect_targets([tmp_path / "a.fasta"]).targets
    options, output = FoldOptions(templates=str(structure), num_seeds=2, weights=("mini", "other")), str(tmp_path / "out")
    assert stages.align(target, options, output).seconds is not None
    assert stages.align(target, options, output).seconds is None
    for file in (tmp_path / "out" / "a" / ".stages").glob("templates-*.npz"):
        file.unlink()
    assert stages.align(target, options, output).seconds is not None
    caplog.clear()
    fold_targets([target], options, output, load=load)
    assert caplog.messages == []
    assert len([names for names in given(load) if names]) == 4


def test_nothing_starts_with_a_broken_file_or_weights_without_templates(tmp_path: Path, load: FakeLoader, structure: Path) -> None:
    with pytest.raises(InputError, match="weights blind read no templates"):
        run(tmp_path, load, structure, weights=("blind",))
    (tmp_path / "broken.cif").write_text("data_nothing\n")
    with pytest.raises(InputError, match=r"broken\.cif"):
        run(tmp_path, load, tmp_path / "broken.cif")
    assert load.asked == []
    assert not (tmp_path / "out").exists()


def test_the_command_names_what_served_this_record(tmp_path: Path, load: FakeLoader) -> None:
    own = write_structure(tmp_path / "templates" / "a" / "x.pdb", QUERY)
    run(tmp_path, load, own.parents[1])
    words = shlex.split(manifest(tmp_path / "out" / "a")["command"])
    assert words[words.index("--templates") + 1] == str(own.parent.resolve())


def test_fold_in_memory_takes_a_place_a_list_or_templates(load: FakeLoader, structure: Path) -> None:
    ready = template_from_structure(read_structure(structure), Sequence(id="a", chains=(QUERY,)))
    for templates in (structure, str(structure), [structure], [ready]):
        assert fold(QUERY, templates=templates, load=load).templates[0].name == "structure_B"
    assert [names[0] for names in given(load)] == ["structure_B"] * 4
    for templates in (None, "none", []):
        assert fold(QUERY, templates=templates, weights="blind", load=load).templates == ()
    for templates in (structure, [ready]):
        with pytest.raises(InputError, match="read no templates"):
            fold(QUERY, templates=templates, weights="blind", load=load)


def test_fold_in_memory_equals_the_run(tmp_path: Path, load: FakeLoader, structure: Path) -> None:
    run(tmp_path, load, structure)
    fold(QUERY, name="a", templates=str(structure), load=load).save(tmp_path / "saved")
    assert (tmp_path / "saved" / "manifest.json").read_bytes() == (tmp_path / "out" / "a" / "manifest.json").read_bytes()


@pytest.fixture(scope="module")
def reading_weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny network with a template stack."""
    path = tmp_path_factory.mktemp("weights") / "tiny.safetensors"
    config = FeatureConfig(max_msa_clusters=4, max_extra_msa=4, num_recycles=0, max_templates=2)
    card = ModelCard(name="tiny", description="-", licence="-", training_data="-", training_steps=0, feature_config=config)
    save_checkpoint(tiny_network(), path, card)
    return path


def test_a_network_reads_them(tmp_path: Path, reading_weights: Path, structure: Path) -> None:
    """The same numbers as by hand, and others than without."""
    settings = {"weights": str(reading_weights), "relax": "none", "device": "cpu", "threads": 1}
    with_templates = fold(QUERY, templates=structure, **settings)
    without = fold(QUERY, **settings)
    assert [source.name for source in with_templates.templates] == ["structure_B", "structure_A"]
    protein, query = read_structure(structure), Sequence(id="a", chains=(QUERY,))
    by_hand = Predictor(load_weights(reading_weights), RuntimeOptions(device="cpu", threads=1)).predict(
        [single_sequence_msa((QUERY,))],
        chains=(QUERY,),
        templates=[template_from_structure(protein, query, chain=chain) for chain in "BA"],
        target=QUERY,
    )
    np.testing.assert_array_equal(with_templates.distogram_probabilities, by_hand.distogram_probabilities)
    assert np.abs(with_templates.distogram_probabilities - without.distogram_probabilities).max() > 1e-5
