"""Names of parameter sets, and where their files are looked for."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import platformdirs

from protfold.errors import WeightsError
from protfold.features import config as features
from protfold.features.config import FeatureConfig

ENVIRONMENT_VARIABLE = "PROTFOLD_WEIGHTS_DIR"
SUFFIXES = (".safetensors", ".npz", ".pt")
ALPHAFOLD2_LICENCE = "CC BY 4.0"
ALPHAFOLD2_ARCHIVE = "https://storage.googleapis.com/alphafold/alphafold_params_2022-12-06.tar"
SHIPPED_FOLDER = Path(__file__).parent / "pretrained"


@dataclass(frozen=True, kw_only=True, slots=True)
class PublishedWeights:
    """A parameter set that DeepMind published.

    Attributes:
        name: as given to `--weights`.
        file_name: of its file, in whichever folder.
        licence: of the parameters.
        description: one line.
        feature_config: the features it was made for.
    """

    name: str
    file_name: str
    licence: str
    description: str
    feature_config: FeatureConfig


def _alphafold2(number: int, *, ptm: bool) -> PublishedWeights:
    presets = (features.model_1, features.model_2, features.model_3, features.model_4, features.model_5)
    name = f"model_{number}_ptm" if ptm else f"model_{number}"
    reads = "templates" if number <= 2 else "no templates"
    return PublishedWeights(
        name=name,
        file_name=f"params_{name}.npz",
        licence=ALPHAFOLD2_LICENCE,
        description=f"AlphaFold 2 monomer, {reads}, {'pTM and PAE' if ptm else 'as in CASP14'}",
        feature_config=presets[number - 1](),
    )


ALPHAFOLD2 = {
    weights.name: weights for weights in (_alphafold2(number, ptm=ptm) for ptm in (True, False) for number in range(1, 6))
}
COLLECTIONS = {
    "alphafold2": tuple(f"model_{number}_ptm" for number in range(1, 6)),
    "alphafold2_casp14": tuple(f"model_{number}" for number in range(1, 6)),
}


def expand_weights(name: str) -> tuple[str, ...]:
    """The parameter sets that a name stands for: those of a collection such as `alphafold2`, otherwise the name itself."""
    return COLLECTIONS.get(name, (name,))


def cache_folder() -> Path:
    """Where `import` and `download` put parameter files; it may not exist yet."""
    return Path(platformdirs.user_cache_dir("protfold", appauthor=False)) / "weights"


def install_folder() -> Path:
    """`PROTFOLD_WEIGHTS_DIR` where it is set, otherwise the user's cache folder."""
    chosen = os.environ.get(ENVIRONMENT_VARIABLE)
    return Path(chosen) if chosen else cache_folder()


def search_folders() -> tuple[Path, ...]:
    """Folders in the order they are searched: `PROTFOLD_WEIGHTS_DIR`, the user's cache, what ships with protfold."""
    return tuple(dict.fromkeys((install_folder(), cache_folder(), SHIPPED_FOLDER)))


def weights_name(path: str | os.PathLike[str]) -> str:
    """The name a parameter file goes by: without folder, ending and DeepMind's `params_`."""
    return Path(path).stem.removeprefix("params_")


def find_weights(name_or_path: str | os.PathLike[str]) -> Path:
    """The file of a parameter set.

    A path is taken as it is; a name is looked up in `search_folders`.

    Raises:
        WeightsError: there is none; the message tells what to do.
    """
    text = os.fspath(name_or_path)
    if os.sep in text or Path(text).suffix in SUFFIXES:
        if not Path(text).exists():
            raise WeightsError(f"{text}: no such file")
        return Path(text)
    if text in COLLECTIONS:
        raise WeightsError(
            f"{text!r} stands for {len(COLLECTIONS[text])} parameter sets; name one of {', '.join(COLLECTIONS[text])}"
        )
    for folder in search_folders():
        for file_name in (f"params_{text}.npz", *(f"{text}{suffix}" for suffix in SUFFIXES)):
            if (folder / file_name).is_file():
                return folder / file_name
    raise WeightsError(f"no weights named {text!r} in {', '.join(map(str, search_folders()))}; {_cure(text)}")


def installed_weights() -> Iterator[Path]:
    """Every parameter file in the folders that are searched; of several with one name, the one that is used."""
    seen: set[str] = set()
    for folder in search_folders():
        for path in sorted(folder.glob("*")):
            if path.suffix in SUFFIXES and weights_name(path) not in seen:
                seen.add(weights_name(path))
                yield path


def _cure(name: str) -> str:
    if name in ALPHAFOLD2:
        return f"get them with `protfold weights download {name}` or `protfold weights import FILE`"
    return "`protfold weights list` shows what there is"
