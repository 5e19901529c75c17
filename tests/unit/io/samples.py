"""Where the real files lie that tests read, and slow readers to compare with."""

from pathlib import Path

import pytest

SAMPLES = Path(__file__).parents[4] / "shared" / "data" / "samples"
needs_samples = pytest.mark.skipif(not SAMPLES.is_dir(), reason="the samples are not beside the repository")


def sample_files(folder: str) -> list[Path]:
    """Files of one folder of samples; none where the samples are absent."""
    return sorted((SAMPLES / folder).glob("*")) if SAMPLES.is_dir() else []


def slow_a3m(text: str) -> list[tuple[str, str, list[int]]]:
    """Header, aligned residues and deletion counts of each row, letter by letter."""
    rows = []
    for record in text.split(">")[1:]:
        header, _, body = record.partition("\n")
        aligned, deletions, inserted = "", [], 0
        for letter in body.replace("\n", ""):
            if letter.islower():
                inserted += 1
            elif letter != ".":
                aligned += letter
                deletions.append(inserted)
                inserted = 0
        rows.append((header, aligned, deletions))
    return rows


def slow_aligned(rows: list[str]) -> list[tuple[str, list[int]]]:
    """Residues over the columns of the first row, and deletion counts, letter by letter."""
    query, result = rows[0], []
    for row in rows:
        aligned, deletions, inserted = "", [], 0
        for own, of_query in zip(row, query, strict=True):
            if of_query in "-.":
                inserted += own not in "-."
            else:
                aligned += own.upper().replace(".", "-")
                deletions.append(inserted)
                inserted = 0
        result.append((aligned, deletions))
    return result
