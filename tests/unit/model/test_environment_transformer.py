"""What the designer's network may and may not see."""

import numpy as np
import pytest
import torch
from scipy.spatial.transform import Rotation

from protfold.errors import InputError
from protfold.features.design_features import build_design_features, pack
from protfold.model import EnvironmentOutput, EnvironmentTransformer, EnvironmentTransformerConfig
from protfold.model.environment_config import ABACUS_R
from protfold.model.environment_output import HIDDEN_TYPE
from tests.support.designers import GRAPH, LOCAL, backbone, random_designer

BOTH = pytest.mark.parametrize("config", [GRAPH, LOCAL], ids=["graph", "local"])
FIELDS = ("type_logits", "accessibility", "secondary_structure_3", "secondary_structure_8", "b_factor")


def inputs(config: EnvironmentTransformerConfig, num_residues: int | None = None, *, seed: int = 0):  # type: ignore[no-untyped-def]
    protein = backbone(num_residues)
    features = build_design_features(protein, num_neighbors=config.num_neighbors).to(dtype=torch.float64)
    return features, torch.from_numpy(np.random.default_rng(seed).integers(20, size=len(protein)))


def assert_same(found: EnvironmentOutput, expected: EnvironmentOutput, *, tolerance: float = 1e-9) -> None:
    for name in FIELDS:
        torch.testing.assert_close(getattr(found, name), getattr(expected, name), rtol=0, atol=tolerance)


def test_the_published_network_has_its_number_of_parameters() -> None:
    with torch.device("meta"):
        network = EnvironmentTransformer(ABACUS_R)
    assert sum(parameter.numel() for parameter in network.parameters()) == 151_240_960


@pytest.mark.parametrize("parts", [{}, {"local": LOCAL.local, "graph": GRAPH.graph}])
def test_a_network_is_one_of_two(parts: dict[str, object]) -> None:
    with pytest.raises(InputError, match="exactly one"):
        EnvironmentTransformerConfig(**parts)  # type: ignore[arg-type]


@BOTH
def test_a_change_of_type_is_seen_by_exactly_those_it_is_a_neighbor_of(config: EnvironmentTransformerConfig) -> None:
    features, types = inputs(config)
    network = random_designer(config)
    before = network(features, types).type_logits
    for row in (0, 20, len(types) - 1):
        changed = types.clone()
        changed[row] = (types[row] + 7) % 20
        differs = (network(features, changed).type_logits != before).any(-1)
        is_neighbor = ((features.neighbors == row) & features.neighbor_mask).any(-1)
        assert torch.equal(differs, is_neighbor)


@BOTH
def test_some_rows_are_as_all_rows(config: EnvironmentTransformerConfig) -> None:
    features, types = inputs(config)
    network = random_designer(config)
    environments, rows = network.encode(features), torch.tensor([40, 3, 17])
    whole, some = network.read(environments, types), network.read(environments, types, rows)
    for name in FIELDS:
        torch.testing.assert_close(getattr(some, name), getattr(whole, name)[rows], rtol=0, atol=1e-9)


@BOTH
def test_packed_is_as_alone_and_masked_places_are_not_read(config: EnvironmentTransformerConfig) -> None:
    network = random_designer(config)
    parts = [inputs(config, number, seed=number) for number in (30, 4)]
    packed = network(pack([features for features, _ in parts]), torch.cat([types for _, types in parts]))
    alone = [network(features, types) for features, types in parts]
    for name in FIELDS:
        torch.testing.assert_close(getattr(packed, name), torch.cat([getattr(one, name) for one in alone]), rtol=0, atol=1e-9)


@BOTH
def test_a_lonely_residue_has_finite_outputs(config: EnvironmentTransformerConfig) -> None:
    features, types = inputs(config, 1)
    assert bool(random_designer(config)(features, types).type_logits.isfinite().all())


@BOTH
def test_the_place_of_a_backbone_does_not_matter_and_its_hand_does(config: EnvironmentTransformerConfig) -> None:
    features, types = inputs(config)
    network = random_designer(config)
    expected = network(features, types)
    turn = torch.from_numpy(Rotation.random(random_state=1).as_matrix())
    moved = features.to(dtype=torch.float64)
    object.__setattr__(moved, "backbone", features.backbone @ turn.T + 5.0)
    assert_same(network(moved, types), expected, tolerance=1e-6)
    object.__setattr__(moved, "backbone", features.backbone * torch.tensor([1.0, -1.0, 1.0]))
    assert float((network(moved, types).type_logits - expected.type_logits).detach().abs().max()) > 0.01


@BOTH
def test_untold_neighbors_are_as_hidden_ones(config: EnvironmentTransformerConfig) -> None:
    features, types = inputs(config)
    network = random_designer(config)
    environments = network.encode(features)
    untold = network.read(environments, types, untold=features.neighbors < 30)
    hidden = network.read(environments, torch.where(torch.arange(len(types)) < 30, HIDDEN_TYPE, types))
    assert_same(untold, hidden)
    assert not torch.equal(untold.type_logits, network.read(environments, types).type_logits)


def test_side_chains_are_those_of_the_own_type_and_nothing_else_is() -> None:
    features, types = inputs(GRAPH)
    network = random_designer(GRAPH)
    environments, other = network.encode(features), (types + 1) % 20
    one, two = network.read(environments, types), network.read(environments, types, own_types=other)
    assert_same(one, two, tolerance=0.0)
    assert one.chi_logits is not None
    assert two.chi_logits is not None
    assert bool((one.chi_logits != two.chi_logits).any(-1).all())
    assert network.read(environments, types).chi_angles is None


def test_the_published_network_tells_angles() -> None:
    features, types = inputs(LOCAL)
    angles = random_designer(LOCAL)(features, types).chi_angles
    assert angles is not None
    assert angles.shape == (len(types), 2)
    assert float(angles.detach().abs().max()) <= torch.pi


@BOTH
def test_gradients_reach_every_parameter(config: EnvironmentTransformerConfig) -> None:
    features, types = inputs(config)
    network = random_designer(config)
    output = network(features, types)
    chi = output.chi_logits if output.chi_logits is not None else output.chi_angles
    assert chi is not None
    sum((getattr(output, name).square().sum() for name in FIELDS), start=chi.square().sum()).backward()
    without = [name for name, parameter in network.named_parameters() if parameter.grad is None or not parameter.grad.any()]
    assert without == []
