"""A training run of the smallest folding network on three chains that need no files but a store."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from protfold.io.atomic import write_atomically
from protfold.train.chain import Chain
from protfold.train.chain_store import INDEX, format_index
from protfold.train.chain_table import ChainTable
from protfold.train.data_config import DataChoice
from protfold.train.examples import ExampleConfig
from protfold.train.fold_config import FoldTraining, ModelChoice, Stage, ValidationChoice
from protfold.train.optimizer import OptimizerConfig
from protfold.train.run_config import RunConfig
from protfold.train.shards import encode_shard
from tests.support.chains import ideal_chain
from tests.support.networks import tiny_config

CHAINS = (
    ideal_chain(20, name="a", cluster="one"),
    ideal_chain(18, name="b", cluster="two", depth=4, seed=3),
    ideal_chain(12, name="c", cluster="three", split="valid", depth=3, seed=5),
)


def write_store(folder: Path, chains: Sequence[Chain] = CHAINS) -> Path:
    """A store of these chains in one shard."""
    write_atomically(folder / "shard-00000.safetensors", encode_shard(chains, "{}"))
    places = [(0, row) for row in range(len(chains))]
    write_atomically(folder / INDEX, format_index(ChainTable.of(chains), places, ["shard-00000.safetensors"], {}))
    return folder


TINY_TOML = """
[model.architecture]
c_m = 16
c_z = 12
c_s = 24
c_e = 8
c_plddt = 16
[model.architecture.evoformer]
num_blocks = 2
num_msa_heads = 2
c_msa_head = 8
num_pair_heads = 2
c_pair_head = 4
c_outer_product = 4
c_triangle = 8
transition_factor = 2
[model.architecture.extra_msa]
num_blocks = 0
[model.architecture.structure]
num_layers = 2
num_heads = 2
c_torsion = 16
num_torsion_blocks = 1

[data]
stores = ["store"]

[[stage]]
steps = 4
micro_batch = 1
[stage.examples]
crop_size = 8
batch_size = 2
aligned_share = 0.5
max_recycles = 1

[validation]
max_chains = 1

[optimizer]
warmup_steps = 2

[run]
output = "run"
device = "cpu"
threads = 1
checkpoint_every = 2
"""


def write_training_file(folder: Path, *changes: tuple[str, str]) -> Path:
    """The smallest settings as `folder/train.toml` beside their store, with pieces of text replaced."""
    if not (folder / "store").exists():
        write_store(folder / "store")
    text = TINY_TOML
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new)
    path = folder / "train.toml"
    path.write_text(text)
    return path


def tiny_training(folder: Path, **changes: Any) -> FoldTraining:
    """Two stages on the store `folder/store`, made if missing; the run's folder is `folder/run`."""
    store = folder / "store"
    if not store.exists():
        write_store(store)
    first = ExampleConfig(crop_size=6, batch_size=4, aligned_share=0.5, max_msa_clusters=3, max_extra_msa=2)
    run = {"device": "cpu", "threads": 1, "checkpoint_every": 2} | changes.pop("run", {})
    training = FoldTraining(
        model=ModelChoice(architecture=tiny_config(templates=False)),
        data=DataChoice(stores=(store,)),
        stage=(
            Stage(steps=3, micro_batch=2, examples=first),
            Stage(steps=3, micro_batch=2, examples=replace(first, crop_size=9, max_recycles=1)),
        ),
        optimizer=OptimizerConfig(peak_rate=2e-3, warmup_steps=2),
        validation=ValidationChoice(max_chains=1),
        run=RunConfig(output=folder / "run", **run),
    )
    return replace(training, **changes)
