"""Self-distillation: which predictions become labels, and the settings of the network that learns from them.

Jumper et al. (2021) Suppl. 1.3 "Self-distillation dataset": a trained network predicts sequences without known structure, and a new one
learns from what it is sure of, beside experimental structures. There the confidence of a residue is how far the distogram is from what
distances at that separation are like (a Kullback-Leibler divergence, above 0.5), and sequences have 200 to 1024 residues and 200 or
more alignment rows. Here pLDDT stands in for that confidence; lengths and depths are left to whoever chooses the sequences.
"""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from protfold.constants.residues import decode
from protfold.errors import InputError
from protfold.io import write_atomically
from protfold.runs.summary import TargetRow
from protfold.runs.targets import CollectedTargets
from protfold.train.chain_store import ChainStore
from protfold.train.fold_config import FoldTraining
from protfold.weights.plain_data import from_plain


@dataclass(frozen=True, kw_only=True, slots=True)
class Distillation:
    """What is learned from predictions, and how often.

    Attributes:
        min_plddt: residues below it (0-100) lose their atoms, and losses of the structure pass over them.
        min_mean_plddt: targets whose mean is below it (0-100) are left out.
        labelled_share: chance that an example comes from the labelled store; published: 0.25.

    Raises:
        InputError: a value out of range.
    """

    min_plddt: float = 50.0
    min_mean_plddt: float = 70.0
    labelled_share: float = 0.25

    def __post_init__(self) -> None:
        for name, most in (("min_plddt", 100.0), ("min_mean_plddt", 100.0), ("labelled_share", 1.0)):
            if not 0.0 <= getattr(self, name) <= most:
                raise InputError(f"--{name.replace('_', '-')} is {getattr(self, name)}; give 0 to {most:g}")


def single_chains(collected: CollectedTargets) -> dict[str, str]:
    """The sequence of each target, by its folder.

    Raises:
        InputError: a target is a complex; training examples are single chains.
    """
    for target in collected.targets:
        if len(target.chains) > 1:
            raise InputError(
                f"is a complex of {len(target.chains)} chains; give each chain as a record", file=target.source, record=target.id
            )
    return {target.folder: target.chains[0] for target in collected.targets}


def held_out_sequences(store: Path) -> tuple[str, ...]:
    """The sequences that a labelled store keeps for measures, of which no prediction may be learned.

    Raises:
        InputError: there is no store, or nothing in it to learn from.
    """
    chains = ChainStore(store)
    chains.split("train")
    held_out = chains.select(np.flatnonzero(chains.table.split != "train"))
    return tuple(dict.fromkeys(decode(chain.aatype) for chain in held_out))


def choose_confident(
    rows: Iterable[TargetRow], sequences: Mapping[str, str], table: Path, *, min_mean_plddt: float, held_out: Sequence[str]
) -> list[str]:
    """Write the table by which `protfold train prepare` makes a store of the best prediction of each sure target; all of it `train`.

    Args:
        rows: of the fold run; failed ones are passed over.
        sequences: of the targets, by folder.
        table: CSV file to write, with files relative to the run's folder. The column `cluster` is missing: equal sequences make one.
        min_mean_plddt: 0-100.
        held_out: sequences to stay away from: a target that has one as a part, or is a part of one, is left out.

    Returns:
        a line for each target that is left out.

    Raises:
        InputError: none is kept.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["id", "file", "split", "msa"])
    kept, left_out = 0, []
    for row in rows:
        sequence = sequences.get(row.folder, "")
        if row.mean_plddt is None:
            continue
        if row.mean_plddt < min_mean_plddt:
            left_out.append(f"{row.target}: mean pLDDT {row.mean_plddt:.1f} is below {min_mean_plddt:g}")
        elif any(one in sequence or sequence in one for one in held_out):
            left_out.append(f"{row.target}: the labelled store keeps this sequence for measures")
        else:
            kept += 1
            writer.writerow([row.folder, f"{row.folder}/ranked_1.cif", "train", f"{row.folder}/msa.a3m"])
    if not kept:
        reasons = "; ".join(left_out[:3]) or "no target was folded"
        raise InputError(f"no prediction is left to learn from: {reasons}; lower --min-mean-plddt or give other sequences")
    write_atomically(table, text.getvalue())
    return left_out


def student_training(
    settings: Mapping[str, Any],
    *,
    file: Path,
    weights: str,
    labelled: Path,
    distilled: Path,
    labelled_share: float,
    output: Path,
) -> FoldTraining:
    """The settings of `protfold train fold` with what self-distillation decides: the data, the folder of the run, and, where the file
    names no network, to go on from the weights that predicted.

    Args:
        settings: the content of the file; its paths are relative to it.
        file: where they come from.
        weights: a name, or a file relative to the working folder.
        labelled, distilled: stores.
        labelled_share: chance of an example from the first.
        output: folder of the run.

    Raises:
        InputError: the file says what it must leave out, or cannot be used.
    """
    run = settings.get("run", {})
    if not isinstance(run, Mapping):
        raise InputError(f"run is {run!r}, not a table", file=file)
    if "data" in settings or "output" in run:
        name = "data" if "data" in settings else "run.output"
        raise InputError(f"{name} is what self-distillation completes; leave it out", file=file)
    teacher = str(Path(weights).resolve()) if Path(weights).is_file() else weights
    complete = {"model": {"weights": teacher}, **settings}
    complete["data"] = {
        "stores": [str(labelled.resolve()), str(distilled.resolve())],
        "shares": [labelled_share, 1.0 - labelled_share],
    }
    complete["run"] = {**run, "output": str(output.resolve())}
    try:
        return from_plain(FoldTraining, complete, "the file").relative_to(file.parent)
    except InputError as error:
        raise InputError(error.problem, file=file) from error
    except ValueError as error:
        raise InputError(str(error).replace("the file.", ""), file=file) from error
