"""Pictures checked by what they hold, not by their pixels: scales, axes, order, and equal bytes for equal input."""

import io
from concurrent.futures import ThreadPoolExecutor

import matplotlib
import matplotlib.pyplot
import numpy as np
import pytest
from matplotlib.figure import Figure
from PIL import Image

from protfold.constants.residues import GAP
from protfold.entities import Msa
from protfold.report import figure_to_png, plot_contacts, plot_msa_coverage, plot_pae, plot_plddt


def msa_of(rows: list[list[int]]) -> Msa:
    residues = np.array(rows, dtype=np.int8)
    return Msa(residues=residues, deletions=np.zeros(residues.shape, np.int32), descriptions=("",) * len(rows))


def figures() -> dict[str, Figure]:
    rng = np.random.default_rng(0)
    square = rng.random((20, 20)) * 30
    return {
        "plddt": plot_plddt([rng.random(20) * 100, rng.random(20) * 100], chain_lengths=[12, 8]),
        "pae": plot_pae([square, square.T], chain_lengths=[12, 8]),
        "contacts": plot_contacts(square / 30),
        "coverage": plot_msa_coverage(msa_of([[0] * 20, [0] * 10 + [GAP] * 10])),
    }


@pytest.mark.parametrize("name", ["plddt", "pae", "contacts", "coverage"])
def test_equal_input_gives_equal_bytes_without_metadata(name: str) -> None:
    first, second = figure_to_png(figures()[name]), figure_to_png(figures()[name])
    assert first == second
    assert Image.open(io.BytesIO(first)).text == {}


def test_global_state_is_left_alone() -> None:
    """No pyplot figure, no changed setting: safe in threads and in a notebook."""
    before = dict(matplotlib.rcParams)
    for figure in figures().values():
        figure_to_png(figure)
    assert matplotlib.pyplot.get_fignums() == []
    assert dict(matplotlib.rcParams) == before


def test_global_settings_do_not_change_the_picture() -> None:
    plain = figure_to_png(figures()["plddt"])
    with matplotlib.rc_context({"font.size": 20, "savefig.dpi": 40, "lines.linewidth": 9, "axes.facecolor": "red"}):
        assert figure_to_png(figures()["plddt"]) == plain


def test_threads_draw_the_same_and_leave_no_setting_behind() -> None:
    before = dict(matplotlib.rcParams)
    plain = {name: figure_to_png(figure) for name, figure in figures().items()}
    with ThreadPoolExecutor(4) as pool:
        drawn = list(pool.map(lambda name: (name, figure_to_png(figures()[name])), ["plddt", "coverage"] * 2))
    assert all(content == plain[name] for name, content in drawn)
    assert dict(matplotlib.rcParams) == before


def test_plddt_lines_are_the_values_with_the_best_on_top() -> None:
    best, second = np.linspace(50, 90, 9), np.linspace(40, 80, 9)
    figure = plot_plddt([best, second])
    (axes,) = figure.axes
    lines = axes.get_lines()
    assert np.array_equal(lines[-1].get_ydata(), best)
    assert np.array_equal(lines[0].get_ydata(), second)
    assert lines[-1].get_xdata().tolist() == list(range(1, 10))
    assert axes.get_ylim() == (0, 100)
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["rank 1: mean 70.0", "rank 2: mean 60.0"]


@pytest.mark.parametrize(("lengths", "ends"), [([], []), ([9], []), ([4, 5], [4.5]), ([2, 3, 4], [2.5, 5.5])])
def test_chain_ends_are_between_residues(lengths: list[int], ends: list[float]) -> None:
    (axes,) = plot_plddt([np.full(9, 50.0)], chain_lengths=lengths).axes
    assert [line.get_xdata()[0] for line in axes.get_lines()[1:]] == ends


def test_pae_has_its_scale_and_directions() -> None:
    """0-30 Å whatever the values; row = aligned residue, downwards; column = scored residue."""
    pae = np.zeros((5, 5))
    pae[1, 3] = 7
    axes = plot_pae([pae]).axes[0]
    (image,) = axes.get_images()
    assert image.get_clim() == (0, 30)
    assert np.array_equal(image.get_array(), pae)
    assert image.origin == "upper"
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("Scored residue", "Aligned residue")
    bottom, top = axes.get_ylim()
    assert bottom > top
    assert (axes.get_xlim(), axes.get_ylim()) == ((0.5, 5.5), (5.5, 0.5))


@pytest.mark.parametrize(("count", "visible"), [(1, 1), (3, 3), (7, 7)])
def test_one_panel_a_prediction(count: int, visible: int) -> None:
    figure = plot_pae([np.zeros((4, 4))] * count)
    panels = [axes for axes in figure.axes if axes.get_visible() and axes.get_images()]
    assert len(panels) == visible
    assert [axes.get_title() for axes in panels] == ([""] if count == 1 else [f"rank {i}" for i in range(1, count + 1)])


def test_contacts_are_probabilities() -> None:
    axes = plot_contacts(np.eye(4)).axes[0]
    assert axes.get_images()[0].get_clim() == (0, 1)


def test_coverage_counts_residues_and_sorts_by_identity() -> None:
    msa = msa_of([[0, 1, 2, 3], [0, 1, 2, GAP], [5, 5, GAP, GAP], [0, 5, 5, 5]])
    axes = plot_msa_coverage(msa).axes[0]
    assert axes.get_lines()[0].get_ydata().tolist() == [4, 4, 3, 2]
    image = np.ma.filled(axes.get_images()[0].get_array(), np.nan)
    identities = [np.nanmax(row) for row in image]
    assert identities == [0.0, 0.25, 0.75, 1.0]
    assert np.isnan(image[0]).tolist() == [False, False, True, True]


def test_a_deep_alignment_is_thinned_but_counted_whole() -> None:
    msa = Msa(residues=np.zeros((9000, 3), np.int8), deletions=np.zeros((9000, 3), np.int32), descriptions=("",) * 9000)
    axes = plot_msa_coverage(msa).axes[0]
    assert axes.get_images()[0].get_array().shape == (2000, 3)
    assert axes.get_lines()[0].get_ydata().tolist() == [9000] * 3
    assert axes.get_ylim()[1] >= 9000
