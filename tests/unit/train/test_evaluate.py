"""Measuring predictions of which the answer is known."""

import math

import pytest
import torch

from protfold.features import FeatureConfig
from protfold.metrics.lddt import lddt
from protfold.train.chain_store import Chain
from protfold.train.evaluate import Measured, by_length, ideal_helix, measure, network_predictor, summarize
from tests.support.chains import ideal_chain
from tests.support.networks import tiny_network


def truth(chain: Chain) -> tuple[torch.Tensor, torch.Tensor]:
    """The chain itself, with a pLDDT that falls along it."""
    return torch.from_numpy(chain.atom37_positions[:, 1]), torch.linspace(90.0, 10.0, len(chain))


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
    alpha, _ = ideal_helix(ideal_chain(19))
    assert (alpha[1:] - alpha[:-1]).norm(dim=-1).mean() == pytest.approx(3.8, abs=0.05)
    assert (alpha[18] - alpha[0]).norm() == pytest.approx(27.0, abs=1e-3)
    left, middle, right = alpha[1] - alpha[0], alpha[2] - alpha[1], alpha[3] - alpha[2]
    assert torch.linalg.cross(left, middle) @ right > 0, "right-handed"


def test_summary_of_two_by_hand() -> None:
    def one(chain: str, length: int, score: float, plddt: list[float]) -> Measured:
        return Measured(
            chain=chain, length=length, lddt_ca=score, tm_score=score / 2, ca_spacing=3.8,
            plddt=torch.tensor(plddt), lddt_of_residues=torch.tensor(plddt) / 50.0,
        )  # fmt: skip

    measured = [one("a", 60, 0.4, [10.0, 20.0]), one("b", 61, 0.6, [30.0, 50.0])]
    summary = summarize(measured)
    assert summary["chains"] == 2
    assert summary["lddt_ca"] == pytest.approx(0.5)
    assert summary["tm_score"] == pytest.approx(0.25)
    assert summary["plddt"] == pytest.approx(27.5)
    assert summary["plddt_correlation"] == pytest.approx(1.0)
    assert {name: group["chains"] for name, group in by_length(measured).items()} == {"all": 2, "1-60": 1, "61-100": 1}


def test_a_network_predicts_from_the_sequence_or_from_the_alignment() -> None:
    """The two differ, and equal seeds give equal predictions."""
    model, chain = tiny_network(templates=False), ideal_chain(12, depth=5)
    config = FeatureConfig(max_msa_clusters=4, max_extra_msa=2, num_recycles=1, max_templates=0)
    alone, plddt = network_predictor(model, config, use_msa=False)(chain)
    again, _ = network_predictor(model, config, use_msa=False)(chain)
    aligned, _ = network_predictor(model, config, use_msa=True)(chain)
    assert alone.shape == (12, 3)
    assert plddt is not None
    assert plddt.shape == (12,)
    assert torch.equal(alone, again)
    assert not torch.allclose(alone, aligned)
    target = torch.from_numpy(chain.atom37_positions[:, 1])
    expected = float(lddt(alone, target, torch.ones(12)))
    assert math.isclose(measure(network_predictor(model, config, use_msa=False), [chain])[0].lddt_ca, expected)
