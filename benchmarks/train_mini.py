"""Trains the shipped `mini` network: `python benchmarks/train_mini.py --data DATA --out RUN --minutes 70`; run again to continue."""

import argparse
from pathlib import Path

import torch

from protfold.model import AlphaFold
from protfold.train.chain_store import load_chains, save_chains
from protfold.train.chain_table import read_chain_table
from protfold.train.fit import Fit
from protfold.train.mini import MINI, mini_fit


def main() -> None:
    """Reads the chains once, then trains or continues."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder with chains.csv, msas.csv, chains/ and msas/")
    parser.add_argument("--out", type=Path, required=True, help="folder of the run")
    parser.add_argument("--minutes", type=float, default=70.0, help="training time by the clock")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--trunk-from", type=Path, help="checkpoint.pt of another run, to start from all but its structure module")
    arguments = parser.parse_args()

    torch.set_num_threads(arguments.threads)
    store = arguments.out / "chains.npz"
    if not store.exists():
        save_chains(list(read_chain_table(arguments.data, max_length=1000)), store)
    chains = [chain for chain in load_chains(store) if chain.split == "train"]
    torch.manual_seed(arguments.seed)
    model = AlphaFold(MINI)
    if arguments.trunk_from is not None:
        values = torch.load(arguments.trunk_from, weights_only=True)["model"]
        trunk = {name: value for name, value in values.items() if not name.startswith("structure_module.")}
        model.load_state_dict(trunk, strict=False)
    Fit(model, chains, arguments.out, mini_fit(arguments.minutes, seed=arguments.seed)).run()


if __name__ == "__main__":
    main()
