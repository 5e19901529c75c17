"""Measuring predictions of which the answer is known."""

import math

import numpy as np
import pytest
import torch

from protfold.features import FeatureConfig
from protfold.metrics.lddt import lddt
from protfold.train.chain import Chain
from protfold.train.evaluate import Measured, Predicted, by_length, ideal_helix, measure, network_predictor, summarize
from tests.support.chains import ideal_chain
from tests.support.networks import tiny_network


def truth(chain: Chain) -> Predicted:
    """The chain itself, with a pLDDT that falls along it, and contacts told by its CA atoms."""
    alpha = torch.from_numpy(chain.atom37_positions[:, 1])
    return Predicted(alpha=alpha, plddt=torch.linspace(90.0, 10.0, len(chain)), contacts=-torch.cdist(alpha, alpha).numpy())


def test_the_truth_scores_one() -> None:
    measured = measure(truth, [ideal_chain(20), ideal_chain(12, seed=4)])
    assert [one.length for one in measured] == [20, 12]
    for one in measured:
        assert one.tm_score == pytest.approx(1.0, abs=1e-4)
        assert one.lddt_ca == pytest.approx(1.0)


def test_unobserved_residues_do_not_count_but_their_length_does() -> None:
    """TM-score is shared out over the whole chain."""
    chain = ideal_chain(20)
    chain.atom37_mask[10:] = 0.0
    measured = measure(truth, [chain])[0]
    assert measured.tm_score == pytest.approx(0.5, abs=1e-4)
    assert measured.lddt_ca == pytest.approx(1.0)
    assert measured.plddt is not None
    assert len(measured.plddt) == len(measured.lddt_of_residues) == 10


def test_an_ideal_helix_has_the_spacing_and_pitch_of_one() -> None:
    """3.8 Å to the next CA, 5.4 Å a turn of 3.6 residues."""
    alpha = ideal_helix(ideal_chain(19)).alpha
    assert (alpha[1:] - alpha[:-1]).norm(dim=-1).mean() == pytest.approx(3.8, abs=0.05)
    assert (alpha[18] - alpha[0]).norm() == pytest.approx(27.0, abs=1e-3)
    left, middle, right = alpha[1] - alpha[0], alpha[2] - alpha[1], alpha[3] - alpha[2]
    assert torch.linalg.cross(left, middle) @ right > 0, "right-handed"


def test_summary_of_two_by_hand() -> None:
    def one(chain: str, length: int, score: float, plddt: list[float], precision: float) -> Measured:
        return Measured(
            chain=chain, length=length, lddt_ca=score, tm_score=score / 2, ca_spacing=3.8, contact_precision=precision,
            plddt=torch.tensor(plddt), lddt_of_residues=torch.tensor(plddt) / 50.0,
        )  # fmt: skip

    measured = [one("a", 60, 0.4, [10.0, 20.0], math.nan), one("b", 61, 0.6, [30.0, 35.0], 0.25)]
    summary = summarize(measured)
    assert summary["chains"] == 2
    assert summary["lddt_ca"] == pytest.approx(0.5)
    assert summary["tm_score"] == pytest.approx(0.25)
    assert summary["plddt"] == pytest.approx(23.75)
    assert summary["contact_precision"] == 0.25, "of the one chain that has contacts to be found"
    assert (summary["plddt_30_40_residues"], summary["plddt_30_40_lddt"]) == (2, pytest.approx(65.0))
    assert "plddt_40_50_lddt" not in summary
    assert summary["plddt_correlation"] == pytest.approx(1.0)
    assert {name: group["chains"] for name, group in by_length(measured).items()} == {"all": 2, "1-60": 1, "61-100": 1}


def test_a_network_predicts_from_the_sequence_or_from_the_alignment() -> None:
    """The two differ, and equal seeds give equal predictions."""
    model, chain = tiny_network(templates=False), ideal_chain(12, depth=5)
    config = FeatureConfig(max_msa_clusters=4, max_extra_msa=2, num_recycles=1, max_templates=0)
    alone, again, aligned = (network_predictor(model, config, use_msa=use_msa)(chain) for use_msa in (False, False, True))
    assert alone.alpha.shape == (12, 3)
    assert alone.plddt is not None
    assert alone.plddt.shape == (12,)
    assert alone.contacts is not None
    assert alone.contacts.shape == (12, 12)
    assert torch.equal(alone.alpha, again.alpha)
    assert not torch.allclose(alone.alpha, aligned.alpha)
    target = torch.from_numpy(chain.atom37_positions[:, 1])
    expected = float(lddt(alone.alpha, target, torch.ones(12)))
    assert math.isclose(measure(network_predictor(model, config, use_msa=False), [chain])[0].lddt_ca, expected)


def hairpin() -> Chain:
    """Two strands of twenty alanines, their CA and CB 5 Å apart."""
    line = np.array([[3.8 * min(index, 39 - index), 5.0 * (index >= 20), 0.0] for index in range(40)], dtype=np.float32)
    mask = np.zeros((40, 37), dtype=np.float32)
    mask[:, [1, 3]] = 1.0
    return Chain(
        id="hairpin", split="valid", cluster="c", resolution=2.0, aatype=np.zeros(40, dtype=np.int8), residue_index=np.arange(40),
        atom37_positions=line[:, None] * mask[..., None], atom37_mask=mask,
        b_factors=np.zeros(40, dtype=np.float32),
    )  # fmt: skip


def test_true_contacts_are_found() -> None:
    """Told by the chain's own distances: precise; told by nobody, or in a chain without contacts of long range: no number."""
    assert measure(truth, [hairpin()])[0].contact_precision == 1.0
    assert math.isnan(measure(ideal_helix, [hairpin()])[0].contact_precision)
    straight = hairpin()
    straight.atom37_positions[:, :, 0] = 3.8 * np.arange(40)[:, None]
    assert math.isnan(measure(truth, [straight])[0].contact_precision)
