"""A small database: mutated relatives of one sequence among unrelated ones."""

import random
from pathlib import Path

import pytest

QUERY = (
    "MVLSEGEWQLVLHVWAKVEADVAGHGQDILIRLFKSHPETLEKFDRFKHLKTEAEMKASEDLKKAGVTVLTALGAILKKKGHHEAELKPLAQSHATKHKIPIKYLEFISEAIIHVLHSRHPGNFG"
    "ADAQGAMNKALELFRKDIAAKYKELGYQG"
)
RESIDUES = "ACDEFGHIKLMNPQRSTVWY"


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache folder of the test's own."""
    folder = tmp_path / "cache"
    monkeypatch.setenv("PROTFOLD_CACHE_DIR", str(folder))
    return folder


@pytest.fixture(scope="session")
def relatives() -> dict[str, str]:
    """Sequences by name: `relative_*` descend from the query, `faint_*` hold stretches of such, `stranger_*` are random."""
    rng = random.Random(5)
    sequences = {f"relative_{i}": mutated(QUERY, 0.1 + 0.05 * i, rng) for i in range(10)}
    sequences["relative_twice"] = mutated(QUERY, 0.2, rng) + mutated(QUERY, 0.3, rng)
    sequences |= {f"faint_{i}": faint(rng) for i in range(300)}
    sequences |= {f"stranger_{i}": "".join(rng.choices(RESIDUES, k=rng.randint(60, 300))) for i in range(200)}
    names = list(sequences)
    rng.shuffle(names)
    return {name: sequences[name] for name in names}


def faint(rng: random.Random) -> str:
    """Stretches of far relatives in random surroundings: hits near every threshold, of one domain or several."""
    pieces = []
    for _ in range(rng.randint(1, 3)):
        start, length = rng.randrange(len(QUERY) - 20), rng.randint(20, 80)
        pieces += rng.choices(RESIDUES, k=rng.randint(0, 60))
        pieces += mutated(QUERY[start : start + length], rng.uniform(0.3, 0.75), rng)
    return "".join(pieces)


def mutated(sequence: str, rate: float, rng: random.Random) -> str:
    """A relative with substitutions at `rate`, and 2 % each of deletions and insertions."""
    result = []
    for residue in sequence:
        chance = rng.random()
        if chance < rate:
            result.append(rng.choice(RESIDUES))
        elif chance < rate + 0.02:
            continue
        elif chance < rate + 0.04:
            result += [residue, *rng.choices(RESIDUES, k=rng.randint(1, 4))]
        else:
            result.append(residue)
    return "".join(result)


def write_fasta(path: Path, sequences: dict[str, str]) -> Path:
    """One record for each sequence."""
    path.write_text("".join(f">{name}\n{sequence}\n" for name, sequence in sequences.items()))
    return path


@pytest.fixture(scope="session")
def database(tmp_path_factory: pytest.TempPathFactory, relatives: dict[str, str]) -> Path:
    """The sequences as FASTA."""
    return write_fasta(tmp_path_factory.mktemp("database") / "small.fasta", relatives)
