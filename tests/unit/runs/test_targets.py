"""Every record becomes a target or a rejection, in order; what cannot be started at all is an error."""

import gzip
from pathlib import Path

import pytest

from protfold.errors import InputError
from protfold.runs.targets import RejectedTarget, Target, collect_targets, parse_chains

A3M = ">101\nMKVLL\n>hit\nMKaVL-\n"


def write(path: Path, text: str | bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def test_fasta_records_keep_their_order_and_lines(tmp_path: Path) -> None:
    path = write(tmp_path / "many.fasta", ">one first\nMKV\nLL\n\n>two\nMK1\n>three\nmkvll*\n>\nMKV\n>one\nGIV\n>four\n")
    found = collect_targets([path]).found
    assert [(type(target), target.id) for target in found] == [
        (Target, "one"), (RejectedTarget, "two"), (Target, "three"), (RejectedTarget, "record_4"), (RejectedTarget, "one"),
        (RejectedTarget, "four"),
    ]  # fmt: skip
    one, two, three, nameless, again, empty = found
    assert isinstance(one, Target)
    assert isinstance(three, Target)
    assert one.chains == three.chains == ("MKVLL",)
    assert "many.fasta:6 (record 'two'): character '1' is no residue at position 3" in two.reason
    assert "many.fasta:9" in nameless.reason
    assert "many.fasta:11" in again.reason
    assert "line 1" in again.reason
    assert "many.fasta:13" in empty.reason


def test_complex(tmp_path: Path) -> None:
    (target,) = collect_targets([write(tmp_path / "c.fasta", ">c\nMKV:GIV:MKV\n")]).targets
    assert target.chains == ("MKV", "GIV", "MKV")
    assert target.length == 9


def test_csv_records(tmp_path: Path) -> None:
    found = collect_targets([write(tmp_path / "t.csv", "id,sequence\na,MKV\n\nb,M1V\na,GIV\nc,GIV:MKV\n")]).found
    assert [(target.id, isinstance(target, Target)) for target in found] == [("a", True), ("b", False), ("a", False), ("c", True)]
    assert "t.csv:4" in found[1].reason
    assert "t.csv:5" in found[2].reason


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("q.a3m", A3M),
        ("q.a3m.gz", gzip.compress(A3M.encode())),
        ("q.sto", "# STOCKHOLM 1.0\n101 MK.VLL\nhit MKaVL-\n//\n"),
        ("q.afa", ">101\nMK-VLL\n>hit\nMKAVL-\n"),
        ("q.aln", "MK-VLL\nMKAVL-\n"),
    ],
)
def test_alignments_are_targets_of_their_query(tmp_path: Path, name: str, text: str | bytes) -> None:
    (target,) = collect_targets([write(tmp_path / name, text)]).targets
    assert (target.id, target.chains, target.msa_depth) == ("q", ("MKVLL",), 2)
    assert target.msa_path == str(tmp_path / name)


def test_colabfold_complex_is_spelled_out(tmp_path: Path) -> None:
    """Two copies of the first chain, one of the second."""
    path = write(tmp_path / "c.a3m", "#3,2\t2,1\n>101\t102\nMKVGG\n>hit\nMK----\n".replace("----", "-GG"))
    (target,) = collect_targets([path]).targets
    assert target.chains == ("MKV", "MKV", "GG")


def test_a_folder_gives_its_files_by_name(tmp_path: Path) -> None:
    write(tmp_path / "in" / "b.fasta", ">b\nMKV\n")
    write(tmp_path / "in" / "a.a3m", A3M)
    write(tmp_path / "in" / "c.csv", "id,sequence\nc,MKV\n")
    write(tmp_path / "in" / "notes.txt", "not an input")
    assert [target.id for target in collect_targets([tmp_path / "in"]).targets] == ["a", "b", "c"]


def test_a_broken_file_is_one_rejection(tmp_path: Path) -> None:
    good = write(tmp_path / "good.fasta", ">a\nMKV\n")
    broken = [write(tmp_path / "b.a3m", ">q\nMKV\n>h\nMK\n"), write(tmp_path / "e.fasta", ""), write(tmp_path / "n.fasta", "MKV\n")]
    collected = collect_targets([good, *broken])
    assert [target.id for target in collected.targets] == ["a"]
    assert [target.id for target in collected.rejected] == ["b", "e", "n"]
    assert all(str(path) in target.reason for path, target in zip(broken, collected.rejected, strict=True))


def test_same_id_in_two_files_gives_two_folders(tmp_path: Path) -> None:
    files = [write(tmp_path / name, ">query\nMKV\n") for name in ("a.fasta", "b.fasta")]
    first, second = collect_targets(files).targets
    assert first.folder == "query"
    assert second.folder != first.folder


@pytest.mark.parametrize("make", [lambda path: None, lambda path: path.mkdir()])
def test_missing_file_and_empty_folder_stop_all(tmp_path: Path, make: object) -> None:
    make(tmp_path / "x")
    with pytest.raises(InputError, match="x: "):
        collect_targets([write(tmp_path / "a.fasta", ">a\nMKV\n"), tmp_path / "x"])


def test_one_alignment_for_one_target(tmp_path: Path) -> None:
    fasta, a3m = write(tmp_path / "a.fasta", ">a\nMKVLL\n"), write(tmp_path / "x.a3m", A3M)
    (target,) = collect_targets([fasta], msa=a3m).targets
    assert (target.id, target.msa_path, target.msa_depth) == ("a", str(a3m), 2)


def test_one_alignment_for_two_targets_is_an_error(tmp_path: Path) -> None:
    fasta, a3m = write(tmp_path / "a.fasta", ">a\nMKVLL\n>b\nMKVLL\n"), write(tmp_path / "x.a3m", A3M)
    with pytest.raises(InputError, match="cannot serve 2 targets"):
        collect_targets([fasta], msa=a3m)


def test_alignment_of_another_sequence_is_a_rejection(tmp_path: Path) -> None:
    fasta, a3m = write(tmp_path / "a.fasta", ">a\nMKVLG\n"), write(tmp_path / "x.a3m", A3M)
    (target,) = collect_targets([fasta], msa=a3m).rejected
    assert "residue 5 (L against G)" in target.reason
    assert "x.a3m" in target.reason


def test_alignments_by_record_id(tmp_path: Path) -> None:
    fasta = write(tmp_path / "a.fasta", ">a\nMKVLL\n>b\nGIV\n>../x\nMKVLL\n")
    write(tmp_path / "msas" / "a.a3m", A3M)
    write(tmp_path / "x.a3m", A3M)
    needed = collect_targets([fasta], msa=tmp_path / "msas", needs_msa=True)
    assert [target.id for target in needed.targets] == ["a"]
    assert "no alignment for record 'b'" in needed.rejected[0].reason
    assert needed.rejected[1].id == "../x"
    searched = collect_targets([fasta], msa=tmp_path / "msas")
    assert [(target.id, target.msa_depth) for target in searched.targets] == [("a", 2), ("b", None), ("../x", None)]


def test_an_alignment_for_an_alignment_is_an_error(tmp_path: Path) -> None:
    a3m = write(tmp_path / "x.a3m", A3M)
    with pytest.raises(InputError, match="is an alignment already"):
        collect_targets([a3m], msa=a3m)


def test_missing_alignment_stops_all(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such alignment"):
        collect_targets([write(tmp_path / "a.fasta", ">a\nMKV\n")], msa=tmp_path / "none")


def test_parse_chains() -> None:
    assert parse_chains("mkv:GIV", "x") == ("MKV", "GIV")
    with pytest.raises(InputError, match=r"record 'x': character '1' is no residue at position 3"):
        parse_chains("MK1", "x")
    with pytest.raises(InputError, match="without a header"):
        parse_chains("MKV\n>another\nMKV", "x")
