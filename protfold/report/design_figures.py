"""The figures of a design report, each with the words that say what it shows."""

import numpy as np
from matplotlib.figure import Figure

from protfold.report.design_plots import plot_recovery_by_burial, plot_refolding, plot_scores
from protfold.report.design_report import DesignReport
from protfold.report.logo import Unit, plot_logo
from protfold.report.sequence_plots import plot_composition, plot_identity, plot_substitutions

MOST_IN_MATRIX = 100
"""Best designs that an identity matrix shows."""


def logo_of(report: DesignReport, *, unit: Unit = "bits") -> Figure:
    """Logo of the designed chains."""
    return plot_logo(report.logo_chains, unit=unit)


def scores_of(report: DesignReport) -> Figure:
    """Scores by rank."""
    return plot_scores(np.array([one.score for one in report.designs]), native=report.native_score)


def composition_of(report: DesignReport) -> Figure:
    """Composition of designs against native."""
    designed, native = report.composition
    return plot_composition(designed, native)


def identity_of(report: DesignReport) -> Figure:
    """Identity of the best designs with each other and with the native sequence."""
    shown = [*range(min(len(report.designs), MOST_IN_MATRIX)), len(report.designs)]
    labels = [*(str(one.rank) for one in report.designs), "native"]
    return plot_identity(report.identities_with_native[np.ix_(shown, shown)], labels=[labels[place] for place in shown])


def substitutions_of(report: DesignReport) -> Figure:
    """What native types become."""
    return plot_substitutions(report.substitutions)


def burial_of(report: DesignReport) -> Figure:
    """Recovery from surface to core."""
    return plot_recovery_by_burial(report.neighbors, report.recovery_by_residue, report.native_probability)


def refolding_of(report: DesignReport) -> Figure | None:
    """How designs fold by themselves; None where none was folded."""
    folded = [one for one in report.designs if np.isfinite(one.sc_tm)]
    if not folded:
        return None
    sc_tm, sc_rmsd, mean_plddt = np.array([(one.sc_tm, one.sc_rmsd, one.mean_plddt) for one in folded]).T
    return plot_refolding(sc_tm, sc_rmsd, mean_plddt, ranks=[one.rank for one in folded])
