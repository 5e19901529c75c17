"""`protfold validate`: what `fold` would accept, and nothing written."""

from pathlib import Path

from tests.unit.cli.conftest import Run


def test_all_usable_is_status_0(tmp_path: Path, protfold: Run) -> None:
    (tmp_path / "a.fasta").write_text(">one\nMKV:GIV\n")
    (tmp_path / "b.a3m").write_text(">q\nMKV\n>h\nM-V\n")
    outcome = protfold("validate", tmp_path)
    assert outcome.status == 0
    lines = [line.replace("│", " ").split() for line in outcome.out.splitlines()]
    assert ["one", "one", "2", "6", "none"] in [line[:5] for line in lines]
    assert ["b", "b", "1", "3", "2", "rows"] in [line[:6] for line in lines]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.fasta", "b.a3m"]


def test_some_unusable_is_status_1_with_every_reason(tmp_path: Path, protfold: Run) -> None:
    (tmp_path / "a.fasta").write_text(">one\nMKV\n>two\nMK1\n>three\nM-K\n")
    outcome = protfold("validate", tmp_path / "a.fasta")
    assert outcome.status == 1
    assert "one" in outcome.out
    assert "a.fasta:4 (record 'two')" in outcome.err
    assert "a.fasta:6 (record 'three')" in outcome.err


def test_none_usable_or_missing_is_status_2(tmp_path: Path, protfold: Run) -> None:
    (tmp_path / "a.fasta").write_text(">two\nMK1\n>three\nM-K\n")
    outcome = protfold("validate", tmp_path / "a.fasta")
    assert outcome.status == 2
    assert outcome.err.count("error: ") == 2
    assert protfold("validate", tmp_path / "none").status == 2


def test_folder_of_alignments_must_serve_every_record(tmp_path: Path, protfold: Run) -> None:
    (tmp_path / "a.fasta").write_text(">one\nMKV\n>two\nGIV\n")
    (tmp_path / "msas").mkdir()
    (tmp_path / "msas" / "one.a3m").write_text(">q\nMKV\n")
    outcome = protfold("validate", tmp_path / "a.fasta", "--msa", tmp_path / "msas")
    assert outcome.status == 1
    assert "no alignment for record 'two'" in outcome.err
