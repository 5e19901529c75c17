"""`protfold weights`: where parameters are, what is inside, their licence and checksum."""

import dataclasses
import json
import math
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn
from rich.table import Table
from rich.text import Text

from protfold.cli import console
from protfold.cli.shared_options import Debug, Quiet, Verbose
from protfold.errors import InputError, ProtfoldError

if TYPE_CHECKING:
    from protfold.weights.architecture import NetworkConfig
    from protfold.weights.download import Progress as DownloadProgress
    from protfold.weights.load import WeightsSummary

MIB = 2**20
NameOrPath = Annotated[str, typer.Argument(metavar="NAME|PATH", help="A name from `list`, or a file.")]

app = typer.Typer(no_args_is_help=True, help="Parameter sets: what there is, and how to get more.")


@app.command("list")
@console.command
def list_weights(quiet: Quiet = False, verbose: Verbose = False, debug: Debug = False) -> None:
    """Show parameter sets that are here, and those that can be downloaded."""
    from protfold.weights.load import described
    from protfold.weights.registry import ALPHAFOLD2, SHIPPED_FOLDER, installed_weights, weights_name

    table = Table("name", "where", "MiB", "licence", "description")

    def add(*cells: str) -> None:
        table.add_row(*(Text(console.printable(cell)) for cell in cells))

    installed = {weights_name(path): path for path in installed_weights()}
    for name, path in installed.items():
        licence, description = described(path)
        where = "shipped" if path.parent == SHIPPED_FOLDER else str(path)
        add(name, where, f"{path.stat().st_size / MIB:.1f}", licence, description)
    for published in ALPHAFOLD2.values():
        if published.name not in installed:
            add(published.name, "to download", "", published.licence, published.description)
    console.out.print(table)


@app.command("inspect")
@console.command
def inspect(
    weights: NameOrPath,
    arrays: Annotated[bool, typer.Option("--arrays", help="Name and shape of every array, too.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Machine-readable, with every array.")] = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
    debug: Debug = False,
) -> None:
    """Show the architecture and size of a parameter set, told by its arrays."""
    from protfold.weights.load import inspect_weights

    summary = inspect_weights(weights)
    if as_json:
        typer.echo(json.dumps(_plain_summary(summary)))
        return
    for topic, value in _facts(summary).items():
        console.out.print(Text(f"{topic:<16}{console.printable(str(value))}"))
    if arrays:
        for name, shape in summary.shapes.items():
            console.out.print(Text(f"{name}  {list(shape)}"))


@app.command("verify")
@console.command
def verify(
    weights: Annotated[str | None, typer.Argument(metavar="[NAME|PATH]", help="Left out, all that `list` finds here.")] = None,
    quiet: Quiet = False,
    verbose: Verbose = False,
    debug: Debug = False,
) -> None:
    """Compare files with the checksums recorded when they were installed, and load them.

    Exit status: 0 all are sound; 1 at least one is not.
    """
    from protfold.weights.checksum import recorded_sha256
    from protfold.weights.load import check_weights
    from protfold.weights.registry import find_weights, installed_weights

    def verify(path: Path) -> str:
        checksum = check_weights(path.absolute())
        outcome = "no checksum recorded, loads" if recorded_sha256(path) is None else "sound"
        return f"{outcome}: {console.printable(str(path))}  sha256 {checksum}"

    _report_each(installed_weights() if weights is None else [find_weights(weights)], verify, quiet=quiet)


@app.command("import")
@console.command
def import_weights(
    files: Annotated[
        list[Path], typer.Argument(metavar="FILE...", help="params_model_*.npz, OpenFold .pt, or protfold .safetensors.")
    ],
    quiet: Quiet = False,
    verbose: Verbose = False,
    debug: Debug = False,
) -> None:
    """Check parameter files and copy them to where `--weights NAME` finds them.

    Exit status: 0 all imported; 1 at least one could not be, the others are.
    """
    from protfold.weights.install import install_weights
    from protfold.weights.registry import weights_name

    def install(file: Path) -> str:
        destination = install_weights(file)
        return f"{console.printable(weights_name(destination))}: {console.printable(str(destination))}"

    _report_each(files, install, quiet=quiet)


def _report_each(files: Iterable[Path], work: Callable[[Path], str], *, quiet: bool) -> None:
    """The line that `work` gives of each file, or its error; leaves with status 1 after the last if one failed."""
    failed = False
    for file in files:
        try:
            line = work(file)
            if not quiet:
                console.out.print(Text(line))
        except ProtfoldError as error:
            console.show_error(str(error))
            failed = True
    if failed:
        raise typer.Exit(console.FAILED)


@app.command("download")
@console.command
def download_weights(
    name: Annotated[str, typer.Argument(metavar="NAME", help="alphafold2, or one of its models such as model_1_ptm.")],
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Accept the licence without being asked.")] = False,
    offline: Annotated[bool, typer.Option("--offline", help="Never touch the network: refuse.")] = False,
    url: Annotated[str | None, typer.Option(metavar="URL", help="A mirror of DeepMind's archive.")] = None,
    quiet: Quiet = False,
    verbose: Verbose = False,
    debug: Debug = False,
) -> None:
    """Fetch AlphaFold 2's published parameters: one archive of 5.3 GB, of which the ten monomer files are kept (3.7 GB).

    An interrupted download continues when the command is run again. Exit status: 0 done; 1 not reached, interrupted or refused.
    """
    from protfold.io.network import is_offline
    from protfold.weights.download import download
    from protfold.weights.install import install_archive
    from protfold.weights.registry import (
        ALPHAFOLD2,
        ALPHAFOLD2_ARCHIVE,
        ALPHAFOLD2_LICENCE,
        COLLECTIONS,
        install_folder,
        weights_name,
    )

    if name not in COLLECTIONS and name not in ALPHAFOLD2:
        raise InputError(f"{name!r} cannot be downloaded; what can: {', '.join(COLLECTIONS)}, or one of their models")
    if offline or is_offline():
        console.stop(
            "--offline: nothing was downloaded; `protfold weights import FILE` takes files fetched elsewhere", console.FAILED
        )
    source = url or ALPHAFOLD2_ARCHIVE
    terms = f"{ALPHAFOLD2_LICENCE}, https://creativecommons.org/licenses/by/4.0/"
    console.messages.print(Text(f"AlphaFold 2 parameters by DeepMind\nlicence: {terms}\nfrom: {source}"))
    if not (yes or _confirmed("Download under this licence?")):
        console.stop("licence not accepted, nothing was downloaded", console.FAILED)
    archive = install_folder() / Path(ALPHAFOLD2_ARCHIVE).name
    try:
        if not archive.exists():
            with _download_progress(quiet=quiet) as progress:
                download(source, archive, progress=progress)
        for path in install_archive(archive):
            if not quiet:
                console.out.print(Text(f"{weights_name(path)}: {console.printable(str(path))}"))
    except ProtfoldError as error:
        console.stop(str(error), console.FAILED, error if debug else None)
    archive.unlink()


def _confirmed(question: str) -> bool:
    """Asks; no answer, as where nobody can type, is no."""
    try:
        return typer.confirm(question, err=True)
    except typer.Abort:
        return False


@contextmanager
def _download_progress(*, quiet: bool) -> "Iterator[DownloadProgress]":
    """A bar on a terminal, a line every 5 % elsewhere."""
    if not quiet and console.messages.is_terminal:
        columns = (TextColumn("download"), BarColumn(), DownloadColumn(), TransferSpeedColumn(), TimeRemainingColumn())
        with Progress(*columns, console=console.messages, transient=True) as bars:
            task = bars.add_task("", total=None)
            yield lambda done, total: bars.update(task, completed=done, total=total)
        return
    shown = -1

    def line(done: int, total: int | None) -> None:
        nonlocal shown
        step = done * 20 // total if total else done // (256 * MIB)
        if step > shown:
            shown = step
            console.logger.info("%d MiB of %s", done // MIB, "an unknown size" if total is None else f"{total // MIB} MiB")

    yield line


def _facts(summary: "WeightsSummary") -> dict[str, object]:
    values = sum(math.prod(shape) for shape in summary.shapes.values())
    return {
        "name": summary.name,
        "file": summary.path,
        "sha256": summary.sha256,
        "format": summary.format,
        "arrays": f"{len(summary.shapes)}, {values:,} values",
        **_architecture(summary.config),
        **summary.card,
    }


def _architecture(config: "NetworkConfig") -> dict[str, object]:
    from protfold.model import EnvironmentTransformerConfig
    from protfold.vision.distance_network import DistanceNetworkConfig
    from protfold.vision.pretraining.network import PairPretrainingConfig

    if isinstance(config, DistanceNetworkConfig):
        return {"pair encoder": f"{config.backbone}, {config.c_z} channels; reads {len(config.input.channel_names)}"}
    if isinstance(config, PairPretrainingConfig):
        return {"pretraining": f"on {config.channels} pair maps; {config.sizes}"}
    if isinstance(config, EnvironmentTransformerConfig):
        return {"designer": f"environments of {config.num_neighbors} neighbors"}
    channels = f"alignment {config.c_m}, pair {config.c_z}, single {config.c_s}"
    templates = "none" if config.template is None else f"{config.template.num_blocks} blocks of {config.template.c_t} channels"
    return {
        "Evoformer": f"{config.evoformer.num_blocks} blocks; channels: {channels}",
        "extra alignment": f"{config.extra_msa.num_blocks} blocks of {config.c_e} channels",
        "templates": templates,
        "structure": f"{config.structure.num_layers} layers, {config.structure.num_heads} heads",
        "PAE and pTM": "yes" if config.num_pae_bins else "no",
    }


def _plain_summary(summary: "WeightsSummary") -> dict[str, object]:
    plain = dataclasses.asdict(summary) | {"path": str(summary.path)}
    return plain | {"num_values": sum(math.prod(shape) for shape in summary.shapes.values())}
