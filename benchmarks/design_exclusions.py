"""Lists the chains a designer must not learn from if it is to be measured on TS50.

    python -m benchmarks.design_exclusions --chains STORE --sequences ts50.json --out ts50_excluded.txt

A chain of the splits train and valid is excluded if it shares 30 % or more with one of the sequences, and so is every chain of its cluster.
Two sequences share 30 % if their best local alignment (BLOSUM62, gaps 11 + 1 a residue)

- scores 45 or more, as 4 of 1,000 chains do with one of the sequences reversed: below that alignments of 30 % are found by chance;
- pairs residues as many as half of the shorter sequence has;
- pairs equal residues in 30 % or more of these pairs.

Every pair is scored, which takes 0.3 ms; a filter by shared words would lose pairs, as at 30 % identity most share no more of three letters
than unrelated ones. Only what scores enough is aligned. Of reversed sequences 1 pair in 1,000 passes, so some are excluded without need.
"""

import argparse
import json
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from Bio.Align import PairwiseAligner, substitution_matrices

from protfold.constants.residues import decode
from protfold.io import write_atomically
from protfold.train.chain_store import ChainStore

MIN_SCORE = 45.0
MIN_COVERAGE = 0.5
MIN_IDENTITY = 0.3


def main() -> None:
    """Write the ids, one a line, by their names."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--chains", type=Path, required=True, help="store of training chains")
    parser.add_argument("--sequences", type=Path, required=True, help='JSON list of {"name": ..., "seq": ...}')
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()

    targets = {one["name"]: one["seq"] for one in json.loads(options.sequences.read_text())}
    store = ChainStore(options.chains)
    learned = store.select(store.table.split != "test")
    sequences = [decode(chain.aatype) for chain in learned]
    related = np.zeros(len(learned), dtype=bool)
    for row, name, identity in related_pairs(sequences, targets):
        print(f"{learned.table.id[row]} {name} {identity:.2f}", flush=True)
        related[row] = True
    excluded = np.isin(learned.table.cluster, learned.table.cluster[related])
    write_atomically(options.out, "".join(f"{name}\n" for name in sorted(learned.table.id[excluded].tolist())))
    print(f"{related.sum()} of {len(learned)} chains share 30 % with one of {len(targets)}; with their clusters {excluded.sum()}")


def related_pairs(sequences: Sequence[str], targets: dict[str, str]) -> Iterator[tuple[int, str, float]]:
    """Row of the sequence, name of the target and identity of every pair that shares 30 %."""
    aligner = PairwiseAligner(mode="local", open_gap_score=-12.0, extend_gap_score=-1.0)
    aligner.substitution_matrix = substitution_matrices.load("BLOSUM62")
    for name, target in targets.items():
        for row, sequence in enumerate(sequences):
            if aligner.score(target, sequence) >= MIN_SCORE:
                pairs, identity = aligned(aligner, target, sequence)
                if pairs >= MIN_COVERAGE * min(len(target), len(sequence)) and identity >= MIN_IDENTITY:
                    yield row, name, identity


def aligned(aligner: PairwiseAligner, first: str, second: str) -> tuple[int, float]:
    """Residues paired in the best alignment, and which share of these pairs is equal."""
    blocks = zip(*aligner.align(first, second)[0].aligned, strict=True)
    pairs = [pair for (start, stop), (other, end) in blocks for pair in zip(first[start:stop], second[other:end], strict=True)]
    return len(pairs), sum(one == another for one, another in pairs) / len(pairs)


if __name__ == "__main__":
    main()
