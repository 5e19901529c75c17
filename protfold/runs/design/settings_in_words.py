"""What a run was told about the residues of a backbone, as sentences for a reader of its page."""

from collections.abc import Mapping
from typing import Any

_SENTENCES = {
    "chains": "Chains designed: {}; others keep their types and are context.",
    "design": "Designed: only {}.",
    "fix": "Fixed, native types kept: {}.",
    "exclude": "Types that no designed residue gets: {}.",
    "exclude_at": "Types that single residues do not get: {}.",
    "bias": "Bias for types, nats added to log p / T: {}.",
    "bias_at": "Bias at single residues, nats added to log p / T: {}.",
    "tie": "Tied residues, which have one type: {}.",
    "homo_oligomer": "Chains of one sequence: {}.",
}


def constraints_in_words(manifest: Mapping[str, Any]) -> tuple[str, ...]:
    """A sentence for each constraint of a run's `manifest.json`; one that there is none, where there is none."""
    options, file = manifest["options"], manifest["constraint_file"]
    sentences = [text.format(options["constraints"][name]) for name, text in _SENTENCES.items() if options["constraints"].get(name)]
    if file:
        sentences.append(f"From the file {file['file']} (SHA-256 {file['sha256'][:12]}), which is not repeated here.")
    if len(manifest["sources"]) > 1:
        names = ", ".join(source["file"] for source in manifest["sources"])
        weights = options["state_weights"]
        told = f", with the weights {', '.join(f'{weight:g}' for weight in weights)}" if weights else ""
        sentences.append(f"One sequence for the states {names}{told}.")
    return tuple(sentences) or ("None: every residue with a complete backbone may become any type.",)
