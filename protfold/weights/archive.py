"""NumPy archives of plain arrays: headers are checked before anything is read, nothing that could run code is ever unpickled."""

import contextlib
import io
import math
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from protfold.errors import WeightsError
from protfold.io.atomic import write_atomically

MAX_BYTES = 4 * 2**30
MAX_MEMBERS = 20_000
FIRST_ZIP_DATE = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class ArrayHeader:
    """What an array's header declares."""

    shape: tuple[int, ...]
    dtype: np.dtype


class Archive:
    """The arrays of an `.npz` file, read one at a time.

    Args:
        path: the file; every header is read and checked at once.

    Raises:
        WeightsError: missing, damaged, not an archive of plain arrays, or its declared sizes exceed what parameters can need.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.headers: dict[str, ArrayHeader] = {}
        with self._reading() as file:
            check_declared_size(path, file)
            for member in file.infolist():
                name = member.filename.removesuffix(".npy")
                if name == member.filename or name in self.headers:
                    raise WeightsError(f"{path}: member {member.filename!r} is not one array of an .npz file")
                self.headers[name] = self._checked_header(file, member, name)

    def arrays(self, names: Iterable[str]) -> Iterator[np.ndarray]:
        """The arrays of these names, each read when it is asked for."""
        with self._reading() as file:
            for name in names:
                with file.open(f"{name}.npy") as stream:
                    yield np.lib.format.read_array(stream, allow_pickle=False)

    @contextlib.contextmanager
    def _reading(self) -> Iterator[zipfile.ZipFile]:
        try:
            with zipfile.ZipFile(self.path) as file:
                yield file
        except FileNotFoundError as error:
            raise WeightsError(f"{self.path}: no such file") from error
        except (zipfile.BadZipFile, zlib.error, OSError, EOFError, ValueError, NotImplementedError, RuntimeError) as error:
            raise WeightsError(f"{self.path}: damaged, or not an .npz archive ({error})") from error

    def _checked_header(self, file: zipfile.ZipFile, member: zipfile.ZipInfo, name: str) -> ArrayHeader:
        with file.open(member) as stream:
            version = np.lib.format.read_magic(stream)
            read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
            shape, _, dtype = read(stream)
            size = member.file_size - stream.tell()
        if dtype.hasobject:
            raise WeightsError(f"{self.path}: refused, array {name!r} holds pickled objects")
        if min(shape, default=1) < 1 or math.prod(shape) * dtype.itemsize != size:
            raise WeightsError(f"{self.path}: array {name!r} of shape {list(shape)} does not fill its {size:,} bytes")
        return ArrayHeader(shape=shape, dtype=dtype)


def check_declared_size(path: Path, file: zipfile.ZipFile) -> None:
    """Refuses an archive that would unpack to more than any parameter file needs, before anything is unpacked."""
    members = file.infolist()
    declared = sum(member.file_size for member in members)
    if declared > MAX_BYTES or len(members) > MAX_MEMBERS:
        raise WeightsError(f"{path}: refused, it declares {len(members):,} members of {declared:,} bytes in all")


def write_archive(path: Path, arrays: Mapping[str, np.ndarray]) -> None:
    """Writes an `.npz` file whose bytes depend on the arrays alone; it appears whole or not at all."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_STORED) as file:
        for name in sorted(arrays):
            with file.open(zipfile.ZipInfo(f"{name}.npy", FIRST_ZIP_DATE), "w", force_zip64=True) as member:
                np.lib.format.write_array(member, arrays[name], version=(1, 0), allow_pickle=False)
    write_atomically(path, content.getvalue())
