"""Pictures of designs checked by what they hold, not by their pixels."""

import numpy as np
import pytest
from matplotlib.container import BarContainer

from protfold.constants.residues import RESIDUES
from protfold.report import design_figures, figure_to_png
from protfold.report.design_plots import plot_recovery_by_burial, plot_refolding, plot_scores
from protfold.report.residue_groups import GROUPED, RESIDUE_GROUPS
from protfold.report.sequence_plots import plot_composition, plot_identity, plot_substitutions
from tests.unit.report.designs import some_report


def bars(figure: object) -> list[list[float]]:
    (axes,) = figure.axes  # type: ignore[attr-defined]
    return [[bar.get_height() for bar in one] for one in axes.containers if isinstance(one, BarContainer)]


def test_groups_hold_every_type_once() -> None:
    assert sorted(GROUPED) == sorted(RESIDUES)
    assert len({color for _, _, color in RESIDUE_GROUPS}) == len(RESIDUE_GROUPS)


def test_composition_is_in_percent_by_group() -> None:
    designed, native = (np.random.default_rng(seed).dirichlet(np.ones(20)) for seed in (1, 2))
    drawn = bars(plot_composition(designed, native))
    order = [RESIDUES.index(letter) for letter in GROUPED]
    np.testing.assert_allclose(drawn, [100 * native[order], 100 * designed[order]])


def test_substitutions_are_shares_of_the_native_type() -> None:
    """Rows of 100 % or empty; native types downwards, designed ones to the right."""
    numbers = np.zeros((20, 20), dtype=np.int64)
    numbers[RESIDUES.index("L"), [RESIDUES.index("I"), RESIDUES.index("L")]] = 3, 1
    axes = plot_substitutions(numbers).axes[0]
    shares = np.ma.filled(axes.get_images()[0].get_array(), np.nan)
    assert shares[GROUPED.index("L"), GROUPED.index("I")] == 75.0
    assert shares[GROUPED.index("L")].sum() == 100.0
    assert np.isnan(shares).all(1).sum() == 19
    assert [label.get_text() for label in axes.get_yticklabels()] == list(GROUPED)
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("Designed type", "Native type")
    assert axes.get_images()[0].origin == "upper"


@pytest.mark.parametrize(("count", "written"), [(4, 16), (40, 0)])
def test_identities_are_percent_and_written_where_there_is_room(count: int, written: int) -> None:
    values = np.random.default_rng(0).random((count, count))
    axes = plot_identity(values, labels=[str(one) for one in range(count)]).axes[0]
    np.testing.assert_allclose(axes.get_images()[0].get_array(), 100 * values)
    assert axes.get_images()[0].get_clim() == (0, 100)
    assert len(axes.texts) == written


def test_scores_go_down_the_ranks_beside_the_native_one() -> None:
    axes = plot_scores(np.array([0.9, 1.0, 1.3]), native=1.7).axes[0]
    assert axes.collections[0].get_offsets().tolist() == [[0.9, 1], [1.0, 2], [1.3, 3]]
    assert axes.get_lines()[-1].get_xdata() == [1.7, 1.7]
    bottom, top = axes.get_ylim()
    assert bottom > top
    assert "lower is better" in axes.get_xlabel()
    assert len(plot_scores(np.array([0.9]), native=float("nan")).axes[0].get_lines()) == 1


def test_refolded_designs_are_points_with_their_ranks() -> None:
    sc_tm, sc_rmsd, plddt = np.array([0.4, 0.8, 0.8]), np.array([6.0, 1.0, 1.2]), np.array([50.0, 80.0, 80.2])
    upper, lower = plot_refolding(sc_tm, sc_rmsd, plddt, ranks=[1, 2, 4]).axes
    np.testing.assert_allclose(upper.collections[0].get_offsets(), np.column_stack([plddt, sc_tm]))
    np.testing.assert_allclose(lower.collections[0].get_offsets(), np.column_stack([plddt, sc_rmsd]))
    assert [text.get_text() for text in upper.texts][1:] == ["1", "2", "4"]
    assert upper.get_ylim() == (0, 1)
    assert lower.get_ylim()[0] == 0
    assert upper.get_xlim()[0] < 50
    assert upper.get_xlim()[1] > 80.2


def test_burial_splits_residues_into_thirds_that_hold_all() -> None:
    neighbors = np.array([np.nan, 1, 2, 3, 10, 11, 12, 20, 21, 22.0])
    recovery = np.array([1, 0, 0, 0.3, 0.5, 0.5, 0.5, 1, 1, 1.0])
    figure = plot_recovery_by_burial(neighbors, recovery, recovery / 2)
    np.testing.assert_allclose(bars(figure), [[10, 50, 100], [5, 25, 50]])
    labels = [label.get_text() for label in figure.axes[0].get_xticklabels()]
    assert labels == ["1-3\n3 residues", "10-12\n3 residues", "20-22\n3 residues"]
    assert bars(plot_recovery_by_burial(np.full(3, 7.0), np.full(3, 0.5), np.full(3, 0.5))) == [[50], [50]]
    assert bars(plot_recovery_by_burial(np.full(3, np.nan), np.full(3, 0.5), np.full(3, 0.5))) == [[], []]


def test_a_report_gives_the_numbers_to_the_pictures() -> None:
    """Each figure of a report shows what plain counting over its sequences gives."""
    report = some_report()
    designed, native, types, copies = report.designed, report.native, report.types, report.copies
    pile = np.repeat(types, copies, axis=0)
    order = [RESIDUES.index(letter) for letter in GROUPED]
    expected = 100 * np.bincount(pile[:, designed].ravel(), minlength=20)[order] / (designed.sum() * copies.sum())
    np.testing.assert_allclose(bars(design_figures.composition_of(report))[1], expected)
    identity = np.ma.filled(design_figures.identity_of(report).axes[0].get_images()[0].get_array(), np.nan)
    np.testing.assert_allclose(identity[-1, :-1], [100 * one.recovery for one in report.designs])
    others = [[(types[a] == types[b])[designed].mean() for b in range(3) if b != a] for a in range(3)]
    np.testing.assert_allclose(report.nearest, np.max(others, axis=1))
    np.testing.assert_allclose(report.recovery_by_residue[designed], (pile == native).mean(0)[designed])
    assert report.substitutions.sum() == designed.sum() * copies.sum()
    assert design_figures.refolding_of(some_report(folded=False)) is None
    assert np.isnan(some_report(1).nearest).all()


@pytest.mark.parametrize(
    "name", ["logo_of", "scores_of", "composition_of", "identity_of", "substitutions_of", "burial_of", "refolding_of"]
)
def test_equal_reports_give_equal_bytes(name: str) -> None:
    draw = getattr(design_figures, name)
    assert figure_to_png(draw(some_report())) == figure_to_png(draw(some_report()))
