"""`protfold doctor`: what this installation can do on this machine."""

import os
import platform
from collections.abc import Iterator
from typing import Annotated

import typer

import protfold
from protfold.cli import console
from protfold.cli.shared_options import Debug, DeviceName, Quiet, Seed, Threads, Verbose
from protfold.errors import ProtfoldError
from protfold.runs.options import Dtype, FoldOptions

LIBRARIES = ("torch", "numpy", "gemmi", "modelcif", "biopython", "pyhmmer", "openmm", "pdbfixer", "matplotlib", "safetensors")
OPTIONAL_LIBRARIES = {"prefect": "workflows", "prefect_dask": "workflows on Dask", "prefect_ray": "workflows on Ray"}


@console.command
def doctor(
    weights: Annotated[str, typer.Option(help="Parameter set of the memory estimate: a name or a file.")] = "mini",
    length: Annotated[int, typer.Option(min=1, help="Residues of the memory estimate.")] = 256,
    dtype: Annotated[Dtype, typer.Option(help="Precision of the memory estimate.")] = "float32",
    seed: Seed = 0,
    device: DeviceName = "auto",
    threads: Threads = None,
    quiet: Quiet = False,
    verbose: Verbose = False,
    debug: Debug = False,
) -> None:
    """Show device, threads, versions, optional engines, weights, and the memory a length needs.

    Exit status: 0 ready to fold; 2 the device or the weights cannot be used.
    """
    from rich.table import Table

    options = FoldOptions(weights=(weights,), device=device, threads=threads, dtype=dtype)
    table = Table("what", "found", show_header=False)
    for what, found in (*_installation(options), *_engines()):
        table.add_row(what, found)
    problem: ProtfoldError | None = None
    try:
        for what, found in _folding(options, length):
            table.add_row(what, found)
    except ProtfoldError as error:
        problem = error
    if not quiet:
        console.out.print(table)
    if problem is not None:
        raise problem


def _installation(options: FoldOptions) -> Iterator[tuple[str, str]]:
    from importlib.metadata import version

    import torch

    from protfold.io.network import OFFLINE_VARIABLE, is_offline
    from protfold.search.cache_folder import cache_folder

    yield "protfold", protfold.__version__
    yield "Python", f"{platform.python_version()} on {platform.system()} {platform.machine()}"
    yield "libraries", ", ".join(f"{name} {version(name)}" for name in LIBRARIES)
    yield "CPU", f"{os.cpu_count()} cores, {options.threads or torch.get_num_threads()} threads"
    gpus = [torch.cuda.get_device_name(index) for index in range(torch.cuda.device_count())]
    yield "GPU", ", ".join(gpus) or ("Apple (mps)" if torch.backends.mps.is_available() else "none")
    yield "cache", str(cache_folder())
    if is_offline():
        yield "network", f"refused: {OFFLINE_VARIABLE} is set"


def _engines() -> Iterator[tuple[str, str]]:
    from importlib.metadata import version
    from importlib.util import find_spec

    from protfold.relax.platform import platform_problems

    problems = platform_problems()
    missing = [f"no {name}: {problem}" for name, problem in problems.items() if problem]
    yield "relaxation", "; ".join([f"OpenMM on {', '.join(name for name in problems if not problems[name])}", *missing])
    yield "jackhmmer", f"built in (pyhmmer {version('pyhmmer')})"
    for module, purpose in OPTIONAL_LIBRARIES.items():
        yield module, f"found: {purpose}" if find_spec(module) else f"not installed: no {purpose}"


def _folding(options: FoldOptions, length: int) -> Iterator[tuple[str, str]]:
    from protfold.inference.memory import estimate_memory_gib
    from protfold.inference.predictor import Predictor
    from protfold.model.runtime import RuntimeOptions
    from protfold.weights.load import load_weights

    predictor = Predictor(load_weights(options.weights[0]), RuntimeOptions(device=options.device, dtype=options.dtype))
    yield "device", str(predictor.device)
    yield "weights", f"{predictor.weights.name} ({predictor.weights.sha256[:12]})"
    config = predictor.feature_config
    needed = estimate_memory_gib(predictor.network.config, length, config.max_msa_clusters, config.max_extra_msa, options.dtype)
    yield f"memory for {length} residues", f"at least {needed:.2f} GiB"
