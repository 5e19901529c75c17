"""The search for sequences that agree with themselves."""

import itertools
from collections.abc import Callable
from dataclasses import replace
from functools import cache

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from protfold.design.annealing import Annealing
from protfold.design.constraint_options import ConstraintOptions
from protfold.design.constraints import Constraints
from protfold.design.resolve import resolve_constraints
from protfold.design.self_consistency import Consistent, SelfConsistentSampler, Start
from protfold.entities import Protein
from protfold.errors import InputError
from protfold.features.design_features import DesignFeatures, build_design_features
from protfold.model.environment_output import HIDDEN_TYPE
from protfold.model.environment_transformer import Environments
from tests.support.designers import GRAPH, backbone, random_designer

SHORT = Annealing(iterations=5, max_iterations=400)


NETWORK = random_designer(GRAPH)


@cache
def encoded(num_residues: int) -> tuple[DesignFeatures, Environments]:
    """Of the first residues of a real chain."""
    features = build_design_features(backbone(num_residues), num_neighbors=GRAPH.num_neighbors).to(dtype=torch.float64)
    with torch.no_grad():
        return features, NETWORK.encode(features)


def sampler(constraints: Constraints, num_residues: int) -> SelfConsistentSampler:
    features, environments = encoded(num_residues)
    return SelfConsistentSampler(NETWORK, environments, neighbor_mask=features.neighbor_mask, constraints=constraints)


def constraints(num_residues: int, **options: str) -> Constraints:
    return resolve_constraints(ConstraintOptions(**options), backbone(num_residues))


@torch.no_grad()
def search(
    one: SelfConsistentSampler, *, temperature: float = 0.5, seed: int = 0, annealing: Annealing = SHORT, start: Start = "random"
) -> Consistent:
    return one.sample(np.random.default_rng(seed), temperature=temperature, annealing=annealing, start=start)


def test_a_converged_sequence_is_the_most_probable_one_in_its_own_environments() -> None:
    one = sampler(constraints(30), 30)
    found = search(one, temperature=0.0)
    assert found.converged
    assert (found.log_probabilities.argmax(-1) == found.types).all()
    np.testing.assert_allclose(np.exp(found.log_probabilities).sum(-1), 1.0)


def test_of_two_free_residues_the_end_is_a_fixed_point_found_by_trying_all() -> None:
    given_two = constraints(20, design="A4,A5")
    rows = np.flatnonzero(given_two.designed)
    one = sampler(given_two, 20)
    fixed_points = set()
    for pair in itertools.product(range(20), repeat=2):
        types = torch.tensor(given_two.types)
        types[rows] = torch.tensor(pair)
        with torch.no_grad():
            if tuple(one.log_probabilities(types)[rows].argmax(-1).tolist()) == pair:
                fixed_points.add(pair)
    ends = {tuple(search(one, temperature=0.0, seed=seed).types[rows].tolist()) for seed in range(8)}
    assert ends
    assert ends <= fixed_points


@pytest.mark.parametrize("start", ["random", "native", "guess"])
def test_the_log_probabilities_are_those_of_a_whole_new_pass(start: Start) -> None:
    one = sampler(constraints(30, tie="A5-9=A15-19", fix="A20-25"), 30)
    renewed: list[torch.Tensor] = []
    original = one._scores

    def watched(log_p: torch.Tensor, push: torch.Tensor) -> torch.Tensor:
        renewed.append(log_p.clone())
        return original(log_p, push)

    one._scores = watched  # type: ignore[method-assign]
    found = search(one, start=start, annealing=Annealing(iterations=4, max_iterations=9))
    types = torch.from_numpy(found.types)
    assert len(renewed) >= 2
    assert not torch.equal(renewed[0], renewed[-1])
    with torch.no_grad():
        whole = one.log_probabilities(types)
    np.testing.assert_array_equal(found.log_probabilities, whole.numpy())
    if found.converged:
        torch.testing.assert_close(renewed[-1][one.rows], whole[one.rows], rtol=0, atol=1e-9)


def test_only_environments_with_a_changed_residue_are_computed_again() -> None:
    one = sampler(constraints(60), 60)
    with torch.no_grad():
        types = torch.tensor(one.constraints.types)
        log_p = one.log_probabilities(types)
        read: list[int] = []
        original: Callable[..., torch.Tensor] = one.log_probabilities

        def counted(types: torch.Tensor, rows: torch.Tensor) -> torch.Tensor:
            read.append(len(rows))
            return original(types, rows)

        one.log_probabilities = counted  # type: ignore[method-assign, assignment]
        types[30] = (types[30] + 1) % 20
        one._renew(log_p, types, torch.tensor([30]))
        assert read == [int(((one.neighbors == 30) & one.neighbor_mask).any(-1).sum())]
        assert 0 < read[0] < 40
        torch.testing.assert_close(log_p, original(types), rtol=0, atol=1e-9)


@pytest.mark.parametrize("tie", ["", "A3=A50,A10=A11"])
def test_changes_made_at_once_are_those_made_one_after_another(tie: str) -> None:
    one = sampler(constraints(60, tie=tie), 60)
    order = torch.from_numpy(np.random.default_rng(0).permutation(one.num_sites))
    taken = one._apart(order)
    assert 1 < len(taken) < one.num_sites
    assert taken[0] == order[0]
    untaken = [site for site in order.tolist() if site not in taken]
    assert all(one.feels[site, taken.numpy()].any() for site in untaken)
    types = torch.tensor(one.constraints.types)
    with torch.no_grad():
        before = one.log_probabilities(types)
        for site in taken.tolist():
            rows = one.rows[one.site == site]
            torch.testing.assert_close(one.log_probabilities(types)[rows], before[rows], rtol=0, atol=1e-12)
            types[rows] = (types[rows] + 1) % 20
        assert (one.log_probabilities(types) - before).abs().max() > 1e-6, "or a change would be felt by nobody"


def test_tied_residues_get_what_their_weighted_sum_asks_for_and_do_not_see_each_other() -> None:
    tied = constraints(30, design="A5-6", tie="A5*3=A6")
    one = sampler(tied, 30)
    first, second = np.flatnonzero(tied.designed)
    log_p = torch.full((30, 20), -9.0, dtype=torch.float64)
    log_p[first, 7], log_p[second, 11] = -8.0, -7.0  # of weights 3 to 1, 7 has the better sum, of equal ones 11
    assert one._scores(log_p, torch.zeros(1, 20, dtype=torch.float64)).argmax(-1).tolist() == [7]
    found = search(one, temperature=0.0)
    assert found.types[first] == found.types[second]
    evidence = found.log_probabilities[[first, second]]
    assert (0.75 * evidence[0] + 0.25 * evidence[1]).argmax() == found.types[first]
    hidden = torch.from_numpy(found.types).clone()
    hidden[[first, second]] = HIDDEN_TYPE
    with torch.no_grad():
        np.testing.assert_allclose(one.log_probabilities(hidden)[[first, second]], evidence, atol=1e-12)


def test_a_bias_moves_the_composition_and_an_exclusion_empties_it() -> None:
    counts = []
    for bias in ("W:-6", "W:0.0001", "W:6"):
        one = sampler(constraints(40, bias=bias, exclude="CM"), 40)
        types = np.concatenate([search(one, temperature=1.0, seed=seed).types for seed in range(3)])
        counts.append(int((types == 17).sum()))
        assert not np.isin(types, [4, 12]).any()
    assert counts[0] <= counts[1] < counts[2]


def test_a_higher_temperature_gives_more_different_sequences() -> None:
    def identity(temperature: float) -> float:
        ends = [search(sampler(constraints(40), 40), temperature=temperature, seed=seed).types for seed in range(4)]
        return float(np.mean([(one == other).mean() for one, other in itertools.combinations(ends, 2)]))

    assert identity(5.0) + 0.1 < identity(0.05)


def test_nothing_depends_on_threads_or_on_what_was_done_before() -> None:
    one = sampler(constraints(30), 30)
    first = search(one, seed=3)
    search(one, seed=4)
    threads = torch.get_num_threads()
    try:
        torch.set_num_threads(2)
        again = search(sampler(constraints(30), 30), seed=3)
    finally:
        torch.set_num_threads(threads)
    np.testing.assert_array_equal(first.types, again.types)
    assert first.iterations == again.iterations


def test_a_search_that_never_agrees_stops_and_says_so() -> None:
    one = sampler(constraints(30), 30)
    found = search(one, annealing=Annealing(iterations=0, max_iterations=1))
    assert not found.converged
    assert found.iterations == 1


def test_a_search_in_circles_comes_to_an_end_and_says_so() -> None:
    one = sampler(constraints(8, design="A3,A4"), 8)
    original = one.log_probabilities
    first, second = one.rows.tolist()

    def circling(types: torch.Tensor, rows: torch.Tensor | None = None) -> torch.Tensor:
        """The first wants to be as the second, the second to be unlike the first."""
        log_p = torch.full((len(types), 20), -3.0, dtype=torch.float64)
        log_p[first, types[second]] = log_p[second, (types[first] + 1) % 20] = -1.0
        return log_p if rows is None else log_p[rows]

    one.log_probabilities = circling  # type: ignore[method-assign]
    found = search(one, temperature=0.0, annealing=Annealing(iterations=2))
    assert not found.converged
    assert 100 < found.iterations < 200
    one.log_probabilities = original  # type: ignore[method-assign]
    assert search(one, temperature=0.0).converged


letters = st.sampled_from("ACDEFGHIKLMNPQRSTVWY")
places = st.integers(1, 12)
limits = st.fixed_dictionaries(
    {},
    optional={
        "fix": st.lists(places, min_size=1, max_size=6).map(lambda found: ",".join(f"A{one}" for one in found)),
        "exclude": st.lists(letters, min_size=1, max_size=8, unique=True).map("".join),
        "exclude_at": st.tuples(places, letters).map(lambda pair: f"A{pair[0]}:{pair[1]}"),
        "bias": st.tuples(letters, st.floats(-3, 3)).map(lambda pair: f"{pair[0]}:{pair[1]:.2f}"),
        "tie": st.tuples(st.integers(1, 6), st.integers(7, 12)).map(lambda pair: f"A{pair[0]}=A{pair[1]}"),
    },
)


def hold(options: dict[str, str], seed: int) -> None:
    """No search breaks a constraint; settings that contradict each other are refused."""
    protein = numbered()
    try:
        resolved = resolve_constraints(ConstraintOptions(**options), protein)
    except InputError:
        return
    found = search(sampler(resolved, len(protein)), seed=seed, annealing=Annealing(iterations=1, max_iterations=3))
    resolved.check(found.types)
    fixed = ~resolved.designed
    np.testing.assert_array_equal(found.types[fixed], protein.aatype[fixed])


@cache
def numbered() -> Protein:
    """Twelve residues, A1 to A12."""
    protein = backbone(12)
    return replace(protein, residue_index=np.arange(1, 13), chain_ids=("A",))


@settings(max_examples=60, deadline=None)
@given(limits, st.integers(0, 2**31))
def test_constraints_hold(options: dict[str, str], seed: int) -> None:
    hold(options, seed)


@pytest.mark.slow
@settings(max_examples=10_000, deadline=None)
@given(limits, st.integers(0, 2**31))
def test_constraints_hold_ten_thousand_times(options: dict[str, str], seed: int) -> None:
    hold(options, seed)
