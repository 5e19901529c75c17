"""Results as pictures. Sees arrays and entities, never networks."""

from protfold.report.alignment_plots import alignment_columns, plot_alignment_columns, plot_by_depth
from protfold.report.coevolution_plots import plot_contact_precision, plot_couplings
from protfold.report.comparison_plots import plot_contacts_beside, plot_distance_error, plot_lddt
from protfold.report.feature_maps import plot_bars, plot_influence, plot_maps
from protfold.report.filled_in import plot_filled_in
from protfold.report.plots import (
    figure_to_png,
    plot_contacts,
    plot_msa_coverage,
    plot_pae,
    plot_plddt,
)

__all__ = [
    "alignment_columns",
    "figure_to_png",
    "plot_alignment_columns",
    "plot_bars",
    "plot_by_depth",
    "plot_contact_precision",
    "plot_contacts",
    "plot_contacts_beside",
    "plot_couplings",
    "plot_distance_error",
    "plot_filled_in",
    "plot_influence",
    "plot_lddt",
    "plot_maps",
    "plot_msa_coverage",
    "plot_pae",
    "plot_plddt",
]
