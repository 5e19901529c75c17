"""Making one shard after another, or several at a time: structures and alignments to chains, of which the good ones are kept.

A shard is made from a fixed run of the inputs and from nothing else. Its note says from which, and what became of them.
"""

import hashlib
import json
import multiprocessing
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from protfold.constants.residues import decode
from protfold.errors import InputError, ProtfoldError
from protfold.io import read_msa, read_structure, write_atomically
from protfold.io.resolution import read_resolution
from protfold.train.alignment_rows import lay_over, store_rows
from protfold.train.chain import Chain
from protfold.train.chain_store import VERSION
from protfold.train.chain_table import ChainTable
from protfold.train.filters import ChainFilter
from protfold.train.observed import add_ideal_cb, backbone_b_factors, bonded_residue_index, hide_unsure, separate_chains
from protfold.train.samples import Alignments, Sample
from protfold.train.shards import Shard, encode_shard


@dataclass(frozen=True, kw_only=True, slots=True)
class PrepareConfig:
    """What is kept, and how much of it.

    Attributes:
        limits: quality filters.
        max_rows: alignment rows stored for a chain, the query included.
        min_plddt: the structures are predictions, and atoms of less confident residues (0-100, in the B-factors) are hidden; None
            for experimental structures.
        valid_share: share of the clusters that become the split `valid`, where the table does not say.
        files_per_shard: inputs that make one shard.

    Raises:
        InputError: a value out of range.
    """

    limits: ChainFilter = field(default_factory=ChainFilter)
    max_rows: int = 1024
    min_plddt: float | None = None
    valid_share: float = 0.05
    files_per_shard: int = 256

    def __post_init__(self) -> None:
        if self.max_rows < 1 or self.files_per_shard < 1:
            raise InputError(f"max_rows = {self.max_rows}, files_per_shard = {self.files_per_shard}; give 1 or more")
        if not 0.0 <= self.valid_share < 1.0:
            raise InputError(f"valid_share = {self.valid_share}; give a share from 0 to below 1")
        if self.min_plddt is not None and not 0.0 <= self.min_plddt <= 100.0:
            raise InputError(f"min_plddt = {self.min_plddt}; give 0 to 100")


@dataclass(frozen=True, kw_only=True, slots=True)
class ShardJob:
    """One shard to make."""

    path: Path
    key: str
    samples: Sequence[Sample]
    alignments: Alignments
    config: PrepareConfig


def shard_job(store: Path, number: int, samples: Sequence[Sample], found: Alignments, config: PrepareConfig) -> ShardJob:
    """A shard's inputs, and a key made of their names and sizes and of the settings."""
    ids = {sample.id for sample in samples}
    own = {name: paths for name, paths in found.items() if name in ids or name.rpartition("_")[0] in ids}
    identity: list[Any] = [VERSION, asdict(config)]
    for sample in samples:
        given = asdict(sample) | {"file": _described(sample.file)}
        identity.append(given | {"alignments": [_described(path) for path in sample.alignments or ()]})
    identity.append({name: [_described(path) for path in paths] for name, paths in own.items()})
    return ShardJob(
        path=store / f"shard-{number:05d}.safetensors",
        key=hashlib.sha256(json.dumps(identity, sort_keys=True).encode()).hexdigest(),
        samples=samples,
        alignments=own,
        config=config,
    )


def _described(path: Path) -> tuple[str, int]:
    return path.name, path.stat().st_size if path.is_file() else -1


def is_done(job: ShardJob) -> bool:
    """Whether the shard is there, of the same inputs and settings, and no input is newer."""
    try:
        if json.loads(Shard(job.path).note)["key"] != job.key:
            return False
    except (InputError, ValueError, KeyError):
        return False
    inputs = [sample.file for sample in job.samples]
    inputs += [path for sample in job.samples for path in sample.alignments or ()]
    inputs += [path for paths in job.alignments.values() for path in paths]
    made = job.path.stat().st_mtime
    return all(path.stat().st_mtime <= made for path in inputs if path.is_file())


def make_shards(jobs: Sequence[ShardJob], processes: int) -> Iterator[Path]:
    """Makes shards, and gives the path of each when it is done."""
    if processes == 1 or len(jobs) < 2:
        yield from map(_make_shard, jobs)
        return
    with ProcessPoolExecutor(processes, mp_context=multiprocessing.get_context("spawn")) as pool:
        futures = [pool.submit(_make_shard, job) for job in jobs]
        try:
            yield from (future.result() for future in as_completed(futures))
        finally:
            pool.shutdown(cancel_futures=True)


def _make_shard(job: ShardJob) -> Path:
    kept: list[Chain] = []
    dropped: Counter[str] = Counter()
    failed: list[str] = []
    for sample in job.samples:
        try:
            for chain in observed_chains(sample, job.config.min_plddt):
                if objection := job.config.limits.objection(chain):
                    dropped[objection] += 1
                    continue
                try:
                    kept.append(_with_alignment(chain, sample, job))
                except ProtfoldError as error:
                    failed.append(_told(chain.id, error))
        except ProtfoldError as error:
            failed.append(_told(sample.id, error))
        except Exception as error:  # one odd file must not stop all the others
            failed.append(f"{sample.id} ({sample.file.name}): unexpected {type(error).__name__}, a fault of protfold: {error}")
    note = {"key": job.key, "chains": ChainTable.of(kept).as_columns(), "dropped": dropped, "failed": failed}
    write_atomically(job.path, encode_shard(kept, json.dumps(note, sort_keys=True)))
    return job.path


def _told(name: str, error: ProtfoldError) -> str:
    """An error in one line that says the same wherever the data lies."""
    if not isinstance(error, InputError):
        return f"{name}: {error}"
    place = "" if error.file is None else f" ({Path(str(error.file)).name}{f':{error.line}' if error.line else ''})"
    return f"{name}{place}: {error.problem}"


def observed_chains(sample: Sample, min_plddt: float | None = None) -> Iterator[Chain]:
    """The protein chains of a sample, without alignments. Equal sequences make a cluster where the sample names none.

    Raises:
        InputError: the file cannot be read, or does not hold what the sample says.
    """
    protein = read_structure(sample.file, chains=sample.chain)
    if min_plddt is not None:
        protein = hide_unsure(protein, min_plddt)
        resolution = 0.0
    else:
        resolution = read_resolution(sample.file) if sample.resolution is None else sample.resolution
    parts = list(separate_chains(protein))
    if len(parts) > 1 and not sample.whole_file:
        names = ", ".join(name for name, _ in parts)
        raise InputError(f"holds the chains {names}; say in the column `chain` which is meant", file=sample.file)
    for name, part in parts:
        positions, mask = add_ideal_cb(part)
        yield Chain(
            id=sample.id if len(parts) == 1 else f"{sample.id}_{name}",
            split=sample.split,
            cluster=sample.cluster or hashlib.sha256(decode(part.aatype).encode()).hexdigest()[:16],
            resolution=resolution,
            aatype=part.aatype,
            residue_index=bonded_residue_index(part),
            atom37_positions=positions,
            atom37_mask=mask,
            b_factors=np.zeros(len(part), dtype=np.float32) if min_plddt is not None else backbone_b_factors(part),
        )


def _with_alignment(chain: Chain, sample: Sample, job: ShardJob) -> Chain:
    paths = job.alignments.get(chain.id, ()) if sample.alignments is None else sample.alignments
    if not paths:
        return chain
    msas = [lay_over(chain.aatype, read_msa(path)) for path in paths]
    msa = store_rows(msas, job.config.max_rows, name=chain.id)
    return replace(chain, msa=msa if msa.depth > 1 else None)
