"""Parameter files checked and put where `load_weights` finds them."""

import os
import tarfile
import tempfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from protfold.errors import WeightsError
from protfold.io.atomic import write_atomically
from protfold.weights.archive import MAX_BYTES
from protfold.weights.checksum import file_sha256, record_sha256, recorded_sha256
from protfold.weights.load import check_weights
from protfold.weights.registry import ALPHAFOLD2, install_folder


def install_weights(source: str | os.PathLike[str]) -> Path:
    """Copies a parameter file that loads without fault into `install_folder()`, and keeps its checksum beside it.

    Raises:
        WeightsError: the file does not load, or another one was installed under its name.
    """
    source = Path(source)
    if source.is_dir():
        raise WeightsError(f"{source}: a folder; name the parameter files inside")
    checksum = check_weights(source.absolute())
    destination = install_folder() / source.name
    recorded = recorded_sha256(destination) if destination.exists() else None
    if recorded is not None and recorded != checksum:
        raise WeightsError(f"{destination}: another file is installed under this name; remove it first (its sha256 is {recorded})")
    if not (destination.exists() and file_sha256(destination) == checksum):
        write_atomically(destination, source.read_bytes())
    record_sha256(destination, checksum)
    return destination


def install_archive(archive: Path) -> Iterator[Path]:
    """Installs AlphaFold 2's monomer parameters from DeepMind's archive; gives the path of each as it is done.

    Only plain members with exactly the expected names are touched, wherever in the archive they are; nothing is written under a
    path that the archive chooses.

    Raises:
        WeightsError: the archive is damaged, a member does not load, or no expected member is inside.
    """
    expected = {weights.file_name for weights in ALPHAFOLD2.values()}
    found = False
    try:
        with tarfile.open(archive, "r:") as tar, tempfile.TemporaryDirectory() as folder:
            for member in tar:
                name = PurePosixPath(member.name).name
                wanted = member.isreg() and name in expected and member.size <= MAX_BYTES
                content = tar.extractfile(member) if wanted else None
                if content is None:
                    continue
                found, copy = True, Path(folder, name)
                copy.write_bytes(content.read())
                yield install_weights(copy)
                copy.unlink()
    except (tarfile.TarError, EOFError, OSError) as error:
        raise WeightsError(f"{archive}: damaged, or not a tar archive ({error})") from error
    if not found:
        raise WeightsError(f"{archive}: holds none of {', '.join(sorted(expected))}")
