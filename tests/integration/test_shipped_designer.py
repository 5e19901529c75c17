"""The designers that ship: they load, they know what a backbone asks for, and the command uses them."""

import json

import numpy as np
import pytest
from typer.testing import CliRunner

from protfold.cli.main import app
from protfold.design import Designer
from protfold.metrics.recovery import sequence_recovery
from protfold.model.runtime import RuntimeOptions
from tests.support.examples import EXAMPLES, FOLDER, example

NAMES = ("designer", "designer_noisy")


@pytest.mark.parametrize("name", NAMES)
def test_the_native_sequence_is_better_than_itself_shuffled_and_partly_found(name: str) -> None:
    designer = Designer(name, RuntimeOptions(device="cpu", threads=1))
    recovered = []
    for chain in ("1orc_A", "1a8o_A"):
        protein = example(chain)
        backbone, native = designer.encode(protein), protein.aatype.astype(np.int64)
        scored = backbone.score(native)
        shuffled = np.random.default_rng(0).permutation(native)
        assert scored.score + 0.3 < backbone.score(shuffled).score
        recovered.append(sequence_recovery(scored.log_probabilities.argmax(-1), native, scored.counted))
    assert np.mean(recovered) > 0.25  # 0.05 by chance, 0.09 by the commonest type alone


@pytest.mark.parametrize("name", NAMES)
def test_the_card_says_what_it_is(name: str) -> None:
    card = Designer(name, RuntimeOptions(device="cpu", threads=1)).weights
    assert card.name == name
    assert card.licence == "Apache-2.0"


def test_the_command_designs_with_what_ships(tmp_path) -> None:  # type: ignore[no-untyped-def]
    assert "1orc_A" in EXAMPLES
    arguments = ["design", str(FOLDER / "1orc_A.pdb"), "-o", str(tmp_path / "out"), "--num-sequences", "2", "--exclude", "C"]
    result = CliRunner().invoke(app, [*arguments, "--threads", "1"])
    assert result.exit_code == 0, result.output
    (folder,) = (path.parent for path in (tmp_path / "out").glob("*/DONE"))
    records = (folder / "designs.fasta").read_text().split(">")[2:]
    assert len(records) == 2
    assert all("C" not in record.split("\n", 1)[1] for record in records)
    assert json.loads((folder / "manifest.json").read_text())["options"]["weights"] == "designer"
