"""Results as pictures. Sees arrays and entities, never networks."""

from protfold.report.filled_in import plot_filled_in
from protfold.report.plots import (
    figure_to_png,
    plot_contacts,
    plot_msa_coverage,
    plot_pae,
    plot_plddt,
)

__all__ = ["figure_to_png", "plot_contacts", "plot_filled_in", "plot_msa_coverage", "plot_pae", "plot_plddt"]
