"""Laws of `Predictor`: repeatable, whole or in chunks, complexes laid out by chain, and failures that say what to do."""

import dataclasses
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

from protfold.entities import Template
from protfold.errors import InputError, PredictionError
from protfold.features import build_features
from protfold.inference import Prediction, Predictor, RuntimeOptions
from protfold.inference import predictor as predictor_module
from protfold.model.execution import _chunk_elements
from protfold.weights import LoadedWeights
from tests.unit.inference.networks import FEATURES, SEQUENCE, random_msa, tiny_weights

CPU = RuntimeOptions(device="cpu", threads=1)


def predict(weights: LoadedWeights | None = None, runtime: RuntimeOptions = CPU, **settings: Any) -> Prediction:
    """A prediction of the standard target."""
    settings = {"chains": (SEQUENCE,), "target": "t"} | settings
    return Predictor(weights or tiny_weights(), runtime).predict([random_msa()], **settings)


def arrays(prediction: Prediction) -> list[np.ndarray]:
    """Every array of a prediction."""
    protein = prediction.protein
    return [protein.atom37_positions, protein.b_factors, prediction.plddt, prediction.pae, prediction.distogram_probabilities]


def test_same_request_same_bytes() -> None:
    """Two predictors over equal parameters agree to the last bit, and another seed does not."""
    first, again, other = predict(), predict(), predict(seed=1)
    assert [array.tobytes() for array in arrays(first)] == [array.tobytes() for array in arrays(again)]
    assert (first.ptm, first.iptm) == (again.ptm, again.iptm)
    assert first.protein.atom37_positions.tobytes() != other.protein.atom37_positions.tobytes()


def test_what_a_prediction_holds() -> None:
    """Confidence lies in its range, stands in the B-factors of existing atoms, and distances have a distribution."""
    prediction = predict(seed=3)
    protein = prediction.protein
    assert (prediction.weights, prediction.seed, prediction.num_recycles, protein.name) == ("tiny", 3, 2, "t")
    assert ((prediction.plddt > 0) & (prediction.plddt < 100)).all()
    assert np.ptp(prediction.plddt) > 0.01
    np.testing.assert_array_equal(protein.b_factors, np.where(protein.atom37_mask > 0, prediction.plddt[:, None], 0))
    assert not protein.atom37_positions[protein.atom37_mask == 0].any()
    assert 0 < prediction.ptm < 1
    assert prediction.iptm is None
    assert prediction.distogram_probabilities.dtype == np.float32
    np.testing.assert_allclose(prediction.distogram_probabilities.sum(-1), 1, atol=1e-5)


def test_without_aligned_error_head() -> None:
    """A network without that head gives None, never a made-up number."""
    prediction = predict(tiny_weights(ptm=False), chains=(SEQUENCE[:8], SEQUENCE[8:]))
    assert (prediction.pae, prediction.ptm, prediction.iptm) == (None, None, None)


def test_complex_is_laid_out_by_chain() -> None:
    """Chains keep the input order as A, B, C, each numbered from 1; the gap between them changes the structure."""
    chains = SEQUENCE[:5], SEQUENCE[5:11], SEQUENCE[11:]
    prediction = predict(chains=chains)
    protein = prediction.protein
    assert protein.chain_ids == ("A", "B", "C")
    assert protein.chain_index.tolist() == [0] * 5 + [1] * 6 + [2] * 7
    assert protein.residue_index.tolist() == [*range(1, 6), *range(1, 7), *range(1, 8)]
    assert 0 < prediction.iptm < 1
    assert np.abs(protein.atom37_positions - predict().protein.atom37_positions).max() > 1e-3


@torch.no_grad()
def test_interface_score_is_the_published_one() -> None:
    """PTM over pairs of different chains only, written out."""
    lengths, weights = (5, 6, 7), tiny_weights()
    prediction = predict(weights, chains=(SEQUENCE[:5], SEQUENCE[5:11], SEQUENCE[11:]))
    features = build_features([random_msa()], None, FEATURES, 0, target="t", chain_lengths=lengths)
    probabilities = torch.softmax(weights.model(features).pae_logits, dim=-1).double().numpy()
    centres = (np.arange(64) + 0.5) * 31 / 62
    d0 = 1.24 * (19 - 15) ** (1 / 3) - 1.8  # of 19 residues, the fewest it is defined for
    expected = probabilities @ (1 / (1 + (centres / d0) ** 2))
    chain = np.repeat(range(3), lengths)
    between = [row[chain != own].mean() for row, own in zip(expected, chain, strict=True)]
    assert prediction.iptm == pytest.approx(max(between), rel=1e-4)
    assert prediction.iptm != pytest.approx(prediction.ptm, rel=1e-3)


def test_chains_must_make_up_the_alignment() -> None:
    """One residue too few is an error of the input."""
    with pytest.raises(InputError, match="18 columns"):
        predict(chains=(SEQUENCE[1:],))


def test_number_of_recycles() -> None:
    """An explicit number wins over the configuration; zero is one pass."""
    assert predict(num_recycles=0).num_recycles == 0
    assert predict(num_recycles=5).num_recycles == 5
    assert predict(num_recycles=5, recycle_tolerance=1e6).num_recycles == 1


def test_bfloat16_is_close_and_leaves_the_callers_network_alone() -> None:
    """The trunk in bfloat16 changes pLDDT a little; the network given stays float32."""
    weights = tiny_weights()
    rounded = predict(weights, RuntimeOptions(device="cpu", dtype="bfloat16", threads=1))
    assert {parameter.dtype for parameter in weights.model.parameters()} == {torch.float32}
    difference = np.abs(rounded.plddt - predict(weights).plddt)
    assert 0 < difference.max() < 2


def test_templates_for_a_network_without_them() -> None:
    """They are refused rather than ignored."""
    size = len(SEQUENCE)
    template = Template(
        name="x",
        aatype=np.zeros(size, np.int8),
        atom37_positions=np.zeros((size, 37, 3), np.float32),
        atom37_mask=np.ones((size, 37), np.float32),
    )
    with pytest.raises(InputError, match="read no templates"):
        predict(templates=[template])


@pytest.mark.parametrize(
    ("part", "stage"),
    [
        ("extra_msa_stack.blocks.0.msa_transition.narrow", "extra-alignment stack of pass 1 of 3"),
        ("evoformer.blocks.1.pair_stack.transition.narrow", "Evoformer of pass 1 of 3"),
        ("structure_module.input", "structure module of pass 1 of 3"),
        ("plddt_head.logits", "pLDDT head"),
        ("pae_head", "aligned-error head"),
        ("distogram_head.half_logits", "distogram head"),
    ],
)
def test_numbers_that_are_not_finite_never_leave(part: str, stage: str) -> None:
    """A NaN anywhere ends in an error that names the stage where it began."""
    weights = tiny_weights()
    with torch.no_grad():
        weights.model.get_submodule(part).bias[0] = torch.nan
    with pytest.raises(PredictionError, match=f"not finite in the {stage}"):
        predict(weights)


def failing_forward(weights: LoadedWeights, errors: list[Exception]) -> list[int | None]:
    """Makes the network's forward raise these errors first; returns the chunk sizes seen, filled while it runs."""
    chunks: list[int | None] = []
    forward: Callable[..., Any] = weights.model.forward

    def wrapped(*arguments: Any, **settings: Any) -> Any:
        chunks.append(_chunk_elements.get())
        if errors:
            raise errors.pop(0)
        return forward(*arguments, **settings)

    weights.model.forward = wrapped
    return chunks


def test_out_of_memory_is_tried_again_in_smaller_chunks() -> None:
    """Every known way an allocation fails leads to a quarter of the chunk, and the result is that of an undisturbed run."""
    weights = tiny_weights()
    cpu_failure = RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes")
    chunks = failing_forward(weights, [cpu_failure, torch.OutOfMemoryError("CUDA"), MemoryError()])
    prediction = predict(weights)
    assert [chunk / chunks[0] for chunk in chunks] == [1, 1 / 4, 1 / 16, 1 / 64]
    np.testing.assert_allclose(prediction.protein.atom37_positions, predict().protein.atom37_positions, atol=1e-4)


def test_out_of_memory_for_good() -> None:
    """After a few tries a person hears how much would be needed and what to do."""
    weights = tiny_weights()
    chunks = failing_forward(weights, [MemoryError() for _ in range(99)])
    with pytest.raises(
        PredictionError, match=r"not enough memory for 18 residues with 4 \+ 6 .* GiB needed.* --dtype bfloat16.*--max-msa"
    ):
        predict(weights)
    assert len(chunks) == predictor_module.OUT_OF_MEMORY_TRIES


def test_other_errors_are_not_taken_for_memory() -> None:
    """A mistake in the network surfaces as it is, at the first try."""
    weights = tiny_weights()
    chunks = failing_forward(weights, [RuntimeError("shapes do not match")])
    with pytest.raises(RuntimeError, match="shapes do not match"):
        predict(weights)
    assert len(chunks) == 1


def test_too_little_memory_is_known_before_the_run() -> None:
    """The network is not even started."""
    weights = tiny_weights()
    chunks = failing_forward(weights, [])
    with pytest.raises(PredictionError, match="not enough memory"):
        predict(weights, dataclasses.replace(CPU, max_memory_gib=0.02))
    assert chunks == []


def test_less_memory_means_smaller_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    """With little to be had the chunk shrinks, and the result stays."""
    free, seen = [1e9, 3.81e7], []
    monkeypatch.setattr(predictor_module, "available_memory", lambda device: free[0])
    for _ in range(2):
        weights = tiny_weights()
        chunks = failing_forward(weights, [])
        prediction = predict(weights)
        seen.append((chunks[0], prediction.plddt))
        free.pop(0)
    (large, whole), (small, chunked) = seen
    assert small < large
    np.testing.assert_allclose(chunked, whole, atol=1e-3)


def test_progress_counts_every_block_of_every_pass() -> None:
    """Features first, then each pass from nothing to all of its blocks; hooks do not stay behind."""
    weights, calls = tiny_weights(), []
    predict(weights, progress=lambda *call: calls.append(call))
    passes = [(f"pass {index} of 3", done, 4) for index in (1, 2, 3) for done in range(5)]
    assert calls == [("features", 0, 1), ("features", 1, 1), *passes]
    assert not any(module._forward_hooks or module._forward_pre_hooks for module in weights.model.modules())
