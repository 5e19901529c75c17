"""Structures and alignments to a store of training chains, once: `protfold train prepare`.

Every shard is made from a fixed run of the inputs and from nothing else. So a run that was stopped goes on behind its last shard,
several processes make shards at the same time, and equal inputs and settings give equal bytes.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from protfold.errors import InputError
from protfold.io import sweep_stale_temporaries, write_atomically
from protfold.train.chain_store import INDEX, format_index
from protfold.train.chain_table import DTYPES, ChainTable
from protfold.train.samples import find_alignments, samples_of_folder, samples_of_table
from protfold.train.shard_jobs import PrepareConfig, ShardJob, is_done, make_shards, shard_job
from protfold.train.shards import Shard


@dataclass(frozen=True, kw_only=True, slots=True)
class Prepared:
    """What a store has become.

    Attributes:
        table: of the chains kept.
        dropped: chains left out by each filter.
        failed: a line for each file or chain that could not be used.
        made, reused: shards written by this run, and found done.
    """

    table: ChainTable
    dropped: dict[str, int]
    failed: list[str]
    made: int
    reused: int


def prepare(
    structures: Path,
    store: Path,
    config: PrepareConfig = PrepareConfig(),  # noqa: B008
    *,
    alignments: Path | None = None,
    table: Path | None = None,
    jobs: int = 1,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Prepared:
    """Write a store; shards that a former run made from the same inputs are kept.

    Args:
        structures: folder of PDB and mmCIF files, of which each protein chain becomes a sample, or that the table's files are in.
        store: folder to write.
        config: what is kept.
        alignments: folder of alignments called by chain id, or that the table's alignments are in; `structures` if not given.
        table: what files do not tell: clusters, splits, and the rest of `samples.COLUMNS`.
        jobs: processes.
        progress: told the number of inputs done, and of all.

    Raises:
        InputError: the inputs cannot be listed, or no chain is left.
    """
    if table is None:
        samples, rejected = samples_of_folder(structures)
    else:
        samples, rejected = samples_of_table(table, structures, alignments or structures), []
    found = find_alignments(alignments or structures) if any(sample.alignments is None for sample in samples) else {}
    size = config.files_per_shard
    todo = [shard_job(store, start // size, samples[start : start + size], found, config) for start in range(0, len(samples), size)]
    unmade = [job for job in todo if not is_done(job)]
    if unmade:
        (store / INDEX).unlink(missing_ok=True)
    sizes = {job.path: len(job.samples) for job in todo}
    done = len(samples) - sum(sizes[job.path] for job in unmade)
    progress(done, len(samples))
    for path in make_shards(unmade, jobs):
        done += sizes[path]
        progress(done, len(samples))
    prepared = _finish(store, todo, config, rejected, made=len(unmade))
    for path in {*store.glob("shard-*.safetensors")} - {job.path for job in todo}:  # of a former run over more inputs
        path.unlink()
    sweep_stale_temporaries(store)
    return prepared


def _finish(store: Path, jobs: Sequence[ShardJob], config: PrepareConfig, rejected: list[str], *, made: int) -> Prepared:
    """Reads what the shards say of themselves and writes the index."""
    columns: dict[str, list[Any]] = {name: [] for name in DTYPES}
    places, failed, dropped, known = [], list(rejected), Counter[str](), set[str]()
    for number, job in enumerate(jobs):
        note = json.loads(Shard(job.path).note)
        failed += note["failed"]
        dropped.update(note["dropped"])
        for row, name in enumerate(note["chains"]["id"]):
            if name in known:
                failed.append(f"{name}: a chain of this name comes from another file, too; rename one of the files")
                continue
            known.add(name)
            places.append((number, row))
            for column, values in note["chains"].items():
                columns[column].append(values[row])
    if not places:
        reasons = ", ".join(f"{count} {reason}" for reason, count in dropped.items())
        problem = "; ".join([*failed[:3], *([f"left out: {reasons}"] if reasons else [])])
        raise InputError(f"no chain could be used: {problem}", file=store)
    columns["split"] = assign_splits(columns["split"], columns["cluster"], config.valid_share)
    table = ChainTable.from_columns(**columns)
    summary = {
        "settings": asdict(config),
        "kept": len(table),
        "splits": dict(sorted(Counter(columns["split"]).items())),
        "with_alignment": int((table.depth > 0).sum()),
        "dropped": dict(sorted(dropped.items())),
        "failed": failed,
    }
    write_atomically(store / INDEX, format_index(table, places, [job.path.name for job in jobs], summary))
    return Prepared(table=table, dropped=dict(dropped), failed=failed, made=made, reused=len(jobs) - made)


def assign_splits(splits: Sequence[str], clusters: Sequence[str], valid_share: float) -> list[str]:
    """Split of each chain: the given one; its cluster's, if another chain of the cluster has one; else train or valid by cluster.

    Which clusters are valid depends on their names alone, and one is if there are two or more.
    """
    given = {cluster: split for split, cluster in zip(splits, clusters, strict=True) if split}
    free = sorted(set(clusters) - set(given), key=lambda cluster: hashlib.sha256(cluster.encode()).digest())
    num_valid = max(1, round(valid_share * len(free))) if valid_share and len(free) > 1 else 0
    drawn = {cluster: "valid" if rank < num_valid else "train" for rank, cluster in enumerate(free)}
    return [split or given.get(cluster) or drawn[cluster] for split, cluster in zip(splits, clusters, strict=True)]
