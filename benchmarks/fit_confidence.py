"""Fits the pLDDT head of trained weights to whole chains, everything else as it is.

    python benchmarks/fit_confidence.py --weights RUN/final.safetensors --chains local/store --out RUN/confident.safetensors

While a network learns, its head judges crops, structures under dropout or noise, and folds that will soon be better. Here it sees what it
will be asked about: whole training chains, predicted as a user would, those with an alignment also with it.
"""

import argparse
import copy
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from protfold.features import build_features
from protfold.inference.predictor import PREFERRED_CHUNK
from protfold.losses.confidence import plddt_loss
from protfold.metrics.calibration import correlation
from protfold.metrics.confidence import plddt_from_logits
from protfold.metrics.lddt import lddt_per_point
from protfold.model.execution import execution
from protfold.train.chain import Chain
from protfold.train.chain_mixture import chain_weights
from protfold.train.chain_store import ChainStore
from protfold.weights.checkpoint import load_checkpoint, save_checkpoint


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Judged:
    """A predicted chain: what the head reads, and the CA atoms it judges."""

    single: Tensor
    alpha: Tensor
    target: Tensor
    mask: Tensor


def main() -> None:
    """Predicts, fits, and writes the weights with the new head."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--weights", type=Path, required=True)
    parser.add_argument("--chains", type=Path, required=True, help="store written by `protfold train prepare`")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--count", type=int, default=1000, help="chains without an alignment")
    parser.add_argument("--max-length", type=int, default=200)
    parser.add_argument("--epochs", type=int, default=12)
    arguments = parser.parse_args()
    torch.set_num_threads(1)

    checkpoint = load_checkpoint(arguments.weights)
    model, config = checkpoint.model, checkpoint.card.feature_config
    started = time.monotonic()
    store = ChainStore(arguments.chains)
    learned = [
        judge(model, config, chain, use_msa=use_msa) for chain, use_msa in drawn(store, arguments.count, arguments.max_length)
    ]
    held_out = [judge(model, config, chain, use_msa=False) for chain in store.split("valid") if len(chain) <= arguments.max_length]
    print(f"{len(learned)} + {len(held_out)} chains predicted in {time.monotonic() - started:.0f} s", flush=True)

    head = copy.deepcopy(model.plddt_head)
    print(f"before: correlation {agreement(head, held_out):.3f} on the split valid, alone", flush=True)
    best = (agreement(head, held_out), head.state_dict())
    optimizer = torch.optim.AdamW(head.parameters(), lr=1e-3, weight_decay=0.01)
    steps = arguments.epochs * (len(learned) // 8)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
    generator = np.random.default_rng(0)
    for epoch in range(arguments.epochs):
        for rows in np.array_split(generator.permutation(len(learned)), len(learned) // 8):
            losses = [loss(head, learned[row]) for row in rows]
            optimizer.zero_grad()
            torch.stack(losses).mean().backward()
            optimizer.step()
            schedule.step()
        found = agreement(head, held_out)
        print(f"epoch {epoch + 1}: correlation {found:.3f}", flush=True)
        if found > best[0]:
            best = found, copy.deepcopy(head.state_dict())
    model.plddt_head.load_state_dict(best[1])
    save_checkpoint(model, arguments.out, checkpoint.card)


def drawn(store: ChainStore, count: int, max_length: int) -> list[tuple[Chain, bool]]:
    """Training chains, clusters evenly, and whether their alignment is to be read."""
    chains = store.split("train")
    chains = chains.select((chains.table.length <= max_length) & (chains.table.length >= 30))
    weights = chain_weights(chains.table)
    rows = np.random.default_rng(0).choice(len(chains), size=min(count, len(chains)), replace=False, p=weights / weights.sum())
    aligned = np.flatnonzero(chains.table.depth)
    return [(chains[int(row)], False) for row in rows] + [(chains[int(row)], True) for row in aligned]


@torch.no_grad()
def judge(model, config, chain: Chain, *, use_msa: bool) -> Judged:  # type: ignore[no-untyped-def]
    """One prediction."""
    msa = chain.msa if use_msa and chain.msa is not None else chain.query()
    with execution(chunk_elements=PREFERRED_CHUNK["cpu"]):
        output = model(build_features(msa, config=config, seed=0, target=chain.id))
    mask = torch.from_numpy(chain.atom37_mask[:, 1] > 0)
    return Judged(
        single=output.structure.single,
        alpha=output.atom37_positions[:, 1],
        target=torch.from_numpy(chain.atom37_positions[:, 1]).float(),
        mask=mask.float(),
    )


def loss(head: torch.nn.Module, judged: Judged) -> Tensor:
    """Of one chain, each residue alike."""
    return plddt_loss(head(judged.single), judged.alpha, judged.target, judged.mask) * judged.mask.sum() / 100.0


@torch.no_grad()
def agreement(head: torch.nn.Module, judged: list[Judged]) -> float:
    """Pearson's correlation of pLDDT and lDDT-CA over residues."""
    predicted = torch.cat([plddt_from_logits(head(one.single))[one.mask > 0] for one in judged])
    true = torch.cat([lddt_per_point(one.alpha, one.target, one.mask)[one.mask > 0] for one in judged])
    return correlation(predicted, true)


if __name__ == "__main__":
    main()
