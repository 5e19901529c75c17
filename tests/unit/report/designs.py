"""A report of designs with made-up numbers, for tests of pages and pictures."""

from dataclasses import replace
from typing import Any

import numpy as np

from protfold.io import format_pdb
from protfold.report.design_report import DesignReport, ReportedChain, ReportedDesign
from tests.support.designers import backbone


def some_report(num_designs: int = 3, *, folded: bool = True, **changed: Any) -> DesignReport:
    """Designs on the first residues of a chain, of which the third and the last are fixed."""
    protein, rng = backbone(14), np.random.default_rng(0)
    native = protein.aatype.astype(np.int64)
    designed = ~np.isin(np.arange(14), [2, 13])
    types = np.where(designed & (rng.random((num_designs, 14)) < 0.7), rng.integers(0, 20, (num_designs, 14)), native)
    probabilities = rng.dirichlet(np.full(20, 0.2), 14)
    probabilities[5] = np.nan
    designs = tuple(
        ReportedDesign(
            rank=rank,
            count=1 + (rank == 2),
            score=0.9 + 0.1 * rank,
            global_score=1.0 + 0.1 * rank,
            recovery=float((types[rank - 1] == native)[designed].mean()),
            similarity=0.5,
            converged=rank != 3,
            sc_tm=0.3 + 0.1 * rank if folded else float("nan"),
            sc_rmsd=5.0 - rank if folded else float("nan"),
            mean_plddt=60.0 + rank if folded else float("nan"),
        )
        for rank in range(1, num_designs + 1)
    )
    text = format_pdb(protein)
    report = DesignReport(
        name="1orc",
        designs=designs,
        types=types,
        native=native,
        designed=designed,
        chains=(ReportedChain(name="A", rows=np.arange(14)),),
        numbers=tuple(map(str, protein.residue_index)),
        probabilities=probabilities,
        neighbors=np.arange(14, dtype=np.float64),
        native_score=1.7,
        diversity=0.4,
        facts={"Designer": "tiny"},
        backbone=text,
        refolded={one.rank: text for one in designs} if folded else {},
        constraints=("Fixed, native types kept: A5.",),
        command="protfold design 1orc.pdb -o again",
        manifest='{\n "backbone": "1orc"\n}\n',
    )
    return replace(report, **changed)
