"""What a folder or a table says is to be prepared."""

from pathlib import Path

import pytest

from protfold.errors import InputError
from protfold.train.samples import Sample, find_alignments, samples_of_folder, samples_of_table


def touch(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()


def test_structures_are_found_below_a_folder_by_their_suffix(tmp_path: Path) -> None:
    touch(tmp_path, "b.pdb", "a/1abc.cif.gz", "a/x.ENT", "notes.txt", "b.a3m", "c.mmcif")
    samples, rejected = samples_of_folder(tmp_path)
    assert [one.id for one in samples] == ["1abc", "x", "b", "c"]
    assert all(one.whole_file and one.alignments is None for one in samples)
    assert rejected == []


def test_of_files_with_one_name_the_first_is_taken(tmp_path: Path) -> None:
    touch(tmp_path, "a/1abc.pdb", "b/1abc.cif")
    samples, rejected = samples_of_folder(tmp_path)
    assert [one.file for one in samples] == [tmp_path / "a/1abc.pdb"]
    assert rejected == ["b/1abc.cif: is called like a/1abc.pdb; rename one of them"]


def test_folders_without_structures_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"holds no structure \(\.pdb"):
        samples_of_folder(tmp_path)
    with pytest.raises(InputError, match="is no folder"):
        samples_of_folder(tmp_path / "none")
    with pytest.raises(InputError, match="is no folder"):
        find_alignments(tmp_path / "none")


def test_alignments_are_files_or_folders_called_by_id(tmp_path: Path) -> None:
    touch(tmp_path, "a.a3m.gz", "b/mgnify.sto", "b/bfd.a3m", "b/templates.hhr", "c.pdb", "empty/readme.txt")
    assert find_alignments(tmp_path) == {"a": (tmp_path / "a.a3m.gz",), "b": (tmp_path / "b/bfd.a3m", tmp_path / "b/mgnify.sto")}


def test_two_alignments_of_one_id_are_refused(tmp_path: Path) -> None:
    touch(tmp_path, "a.a3m", "a.sto")
    with pytest.raises(InputError, match=r"a\.sto and a\.a3m for one chain; put them into a folder a"):
        find_alignments(tmp_path)


def table_of(folder: Path, text: str) -> list[Sample]:
    (folder / "table.csv").write_text(text)
    return samples_of_table(folder / "table.csv", folder / "chains", folder / "msas")


def test_a_row_tells_what_files_do_not(tmp_path: Path) -> None:
    samples = table_of(tmp_path, "id,file,chain,split,cluster,resolution,msa\nx,a/1.pdb,L,test,c9,1.85,1.a3m;2.sto\ny,2.cif,,,,,\n")
    assert samples == [
        Sample(
            id="x", file=tmp_path / "chains/a/1.pdb", chain="L", split="test", cluster="c9", resolution=1.85,
            alignments=(tmp_path / "msas/1.a3m", tmp_path / "msas/2.sto"),
        ),
        Sample(id="y", file=tmp_path / "chains/2.cif", alignments=()),
    ]  # fmt: skip


def test_two_columns_are_enough_and_leave_alignments_to_be_found(tmp_path: Path) -> None:
    assert table_of(tmp_path, "id,file\nx,1.pdb\n") == [Sample(id="x", file=tmp_path / "chains/1.pdb")]


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("id,path\nx,1.pdb\n", r"table\.csv: lacks the column file"),
        ("name\nx\n", "lacks the column file and id"),
        ("id,file\n", "holds no row"),
        ("id,file\nx,1.pdb\nx,2.pdb\n", r"table\.csv:3: id 'x' is empty or there twice"),
        ("id,file\n,1.pdb\n", "id '' is empty"),
        ("id,file,split\nx,1.pdb,training\n", r"table\.csv:2: split 'training' is unknown; give train, valid, test"),
        ("id,file,resolution\nx,1.pdb,good\n", r"table\.csv:2: resolution 'good'"),
        ("id,file,resolution\nx,1.pdb,-1\n", "resolution '-1'"),
        ("id,file,resolution\nx,1.pdb,nan\n", "resolution 'nan'"),
    ],
)
def test_senseless_tables_are_refused(tmp_path: Path, text: str, complaint: str) -> None:
    with pytest.raises(InputError, match=complaint):
        table_of(tmp_path, text)
