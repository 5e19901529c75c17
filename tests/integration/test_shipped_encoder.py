"""`pair_encoder`, as it ships, on the alignment of CheY."""

import csv
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from protfold.features.coevolution import coevolution
from protfold.io import read_msa
from protfold.metrics.contacts import ranked_pairs
from protfold.weights import load_pair_encoder

EXAMPLES = Path(__file__).parents[2] / "data" / "examples"


@pytest.mark.slow
def test_it_finds_contacts() -> None:
    """Among the likeliest L/5 pairs of long range; native contacts are those of PDB 1JBE, which it learned from, without this alignment."""
    msa, network = read_msa(EXAMPLES / "chey.a3m"), load_pair_encoder("pair_encoder")
    found = coevolution(msa, network.config.input)
    native = np.zeros((msa.num_residues, msa.num_residues), dtype=bool)
    with (EXAMPLES / "chey_contacts.csv").open() as file:
        for row in csv.DictReader(file):
            native[int(row["column_1"]) - 1, int(row["column_2"]) - 1] = True
    known = np.ones(msa.num_residues, dtype=bool)

    def precision(scores: np.ndarray) -> float:
        return float(native[ranked_pairs(scores, known)][: msa.num_residues // 5].mean())

    probabilities = network.contacts(found)
    assert ((probabilities >= 0.0) & (probabilities <= 1.0)).all()
    assert precision(probabilities) > 0.6
    unread = replace(found, scores={name: torch.zeros_like(scores) for name, scores in found.scores.items()})
    assert precision(network.contacts(unread)) < 0.3
