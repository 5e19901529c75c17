"""Which structures serve which record, in which order, and what is said of those that do not."""

import logging
import shutil
from pathlib import Path

import numpy as np
import pytest

from protfold.constants.residues import GAP, encode
from protfold.entities import Sequence
from protfold.errors import InputError
from protfold.features.templates import template_from_structure
from protfold.io import read_structure
from protfold.runs.options import FoldOptions
from protfold.runs.targets import Target
from protfold.runs.template_file import read_templates, write_templates
from protfold.runs.templates import (
    FoundTemplates,
    check_templates,
    find_templates,
    lay_templates,
    template_files,
    template_key,
    used_templates,
)
from tests.unit.runs.fake_predictor import FakePredictor
from tests.unit.runs.structures import COUSIN, QUERY, STRANGER, write_structure


def target(id: str = "a", *chains: str) -> Target:
    return Target(id=id, folder=id, chains=chains or (QUERY,), source="a.fasta")


def offered(folder: Path, record: str) -> list[str]:
    return [str(file.relative_to(folder)) for file in template_files(str(folder), record)]


def test_a_file_serves_every_record(tmp_path: Path) -> None:
    path = tmp_path / "x.whatever"
    path.touch()
    assert template_files(str(path), "a") == template_files(str(path), "b") == [path]


def test_a_folder_serves_every_record_but_those_that_have_their_own(tmp_path: Path) -> None:
    """Names are compared, never joined, so that an id cannot point outside."""
    for name in ("one.pdb", "two.cif.gz", "Three.ENT", "b.x.mmcif", "own/z.pdb", "own/y.cif", "notes.txt", "other/w.pdb"):
        (tmp_path / "all" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "all" / name).touch()
    (tmp_path / "outside.pdb").touch()
    common = ["Three.ENT", "b.x.mmcif", "one.pdb", "two.cif.gz"]
    for record in ("a", "../outside", "notes", "b", "", "."):
        assert offered(tmp_path / "all", record) == common
    assert offered(tmp_path / "all", "own") == ["own/y.cif", "own/z.pdb"]
    assert offered(tmp_path / "all", "b.x") == ["b.x.mmcif"]
    assert offered(tmp_path / "all", "two") == ["two.cif.gz"]


def test_unclear_or_empty_places_are_refused(tmp_path: Path) -> None:
    for name in ("a.pdb", "a.cif"):
        (tmp_path / name).touch()
    (tmp_path / "b").mkdir()
    with pytest.raises(InputError, match=r"'a'.*a.cif and a.pdb are named after one record"):
        template_files(str(tmp_path), "a")
    with pytest.raises(InputError, match=r"b: the folder holds no file ending in .pdb"):
        template_files(str(tmp_path), "b")


def test_every_chain_is_tried_and_the_best_of_each_file_comes_first(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "protfold")
    first = write_structure(tmp_path / "first.pdb", STRANGER, COUSIN, STRANGER)
    second = write_structure(tmp_path / "second.pdb", COUSIN, QUERY, QUERY)
    found = lay_templates(target(), [first, second])
    assert [template.name for template in found.templates] == ["second_B", "first_B", "second_C", "second_A"]
    assert [source.file for source in found.sources] == ["second.pdb", "first.pdb", "second.pdb", "second.pdb"]
    assert found.sources[0].name == "second_B"
    (note,) = found.notes
    assert note.startswith("first.pdb, chains A, C: not used as a template: its sequence does not resemble the query's")
    assert f"a: {note}" in caplog.messages
    assert "a: templates second_B, first_B, second_C, second_A" in caplog.messages


def test_none_that_fits_is_a_note(tmp_path: Path) -> None:
    found = lay_templates(target(), [write_structure(tmp_path / "x.pdb", STRANGER)])
    assert found.templates == found.sources == ()
    assert found.notes[0].startswith("x.pdb, chain A: not used")
    assert found.notes[1] == "no template fits this target; it is folded without"


def test_a_template_covers_one_chain_of_a_complex(tmp_path: Path) -> None:
    """Of two copies the first."""
    found = lay_templates(target("a", STRANGER, QUERY, QUERY), [write_structure(tmp_path / "x.pdb", QUERY)])
    (template,) = found.templates
    covered = np.flatnonzero(template.aatype != GAP)
    assert covered.tolist() == list(range(len(STRANGER), len(STRANGER) + len(QUERY)))
    np.testing.assert_array_equal(template.aatype[covered], encode(QUERY))


def test_templates_in_memory_come_first_by_their_score(tmp_path: Path) -> None:
    file = write_structure(tmp_path / "x.pdb", QUERY)
    ready = template_from_structure(read_structure(file), Sequence(id="a", chains=(QUERY,)))
    good = type(ready)(
        name="good",
        aatype=ready.aatype,
        atom37_positions=ready.atom37_positions,
        atom37_mask=ready.atom37_mask,
        sum_probs=9.0,
    )
    found = lay_templates(target(), [str(file), ready, good])
    assert list(found.templates[:2]) == [good, ready]
    assert [source.file for source in found.sources] == [None, None, "x.pdb"]


def test_file_between_stages_is_exact(tmp_path: Path) -> None:
    found = lay_templates(target(), [write_structure(tmp_path / "x.pdb", QUERY, COUSIN, STRANGER)])
    for name, written in (("some.npz", found), ("none.npz", FoundTemplates(notes=("nothing",)))):
        write_templates(tmp_path / name, written)
        read = read_templates(tmp_path / name)
        assert (read.sources, read.notes) == (written.sources, written.notes)
        for one, other in zip(read.templates, written.templates, strict=True):
            assert (one.name, one.sum_probs) == (other.name, other.sum_probs)
            for array in ("aatype", "atom37_positions", "atom37_mask"):
                np.testing.assert_array_equal(getattr(one, array), getattr(other, array), strict=True)


def test_key_is_name_and_content_and_not_the_place(tmp_path: Path) -> None:
    one, other = write_structure(tmp_path / "1" / "x.pdb", QUERY), write_structure(tmp_path / "2" / "x.pdb", COUSIN)
    same = tmp_path / "3" / "x.pdb"
    same.parent.mkdir()
    shutil.copy(one, same)
    keys = [template_key(target(), FoldOptions(templates=str(path))) for path in (one, same, same.parent, other)]
    assert keys[0] == keys[1] == keys[2] != keys[3]
    assert template_key(target(), FoldOptions()) is None


def test_what_weights_do_not_read_is_noted(tmp_path: Path) -> None:
    found = lay_templates(target(), [write_structure(tmp_path / "x.pdb", QUERY, QUERY, QUERY)])
    predictors = [FakePredictor("two", max_templates=2), FakePredictor("none"), FakePredictor("four", max_templates=4)]
    used = used_templates(found, predictors)
    assert len(used.sources) == 3
    assert used.notes == ("weights two read 2 of the 3 templates", "weights none read none of the 3 templates")
    assert [source.name for source in used_templates(found, predictors[:2]).sources] == ["x_A", "x_B"]


def test_a_run_is_refused_before_any_work(tmp_path: Path) -> None:
    good = write_structure(tmp_path / "templates" / "good.pdb", QUERY)
    reads, reads_none = FakePredictor("reads", max_templates=4), FakePredictor("blind")

    def check(path: Path, *predictors: FakePredictor) -> None:
        check_templates([target()], FoldOptions(templates=str(path)), predictors)

    check(good, reads, reads_none)
    with pytest.raises(InputError, match="weights blind read no templates"):
        check(good, reads_none)
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match=r"empty: holds no file ending in .pdb, .ent, .cif, .mmcif for any record"):
        check(tmp_path / "empty", reads)
    (tmp_path / "templates" / "bad.pdb").write_text("ATOM  not a line\n")
    with pytest.raises(InputError, match=r"bad.pdb"):
        check(tmp_path / "templates", reads)


def test_find_templates_reads_what_is_offered(tmp_path: Path) -> None:
    write_structure(tmp_path / "a.pdb", QUERY)
    write_structure(tmp_path / "general.pdb", QUERY)
    options = FoldOptions(templates=str(tmp_path))
    assert [source.name for source in find_templates(target("a"), options).sources] == ["a_A"]
    assert [source.name for source in find_templates(target("c"), options).sources] == ["a_A", "general_A"]
    assert find_templates(target("a"), FoldOptions()).templates == ()
