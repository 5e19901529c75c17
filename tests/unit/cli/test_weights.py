"""`protfold weights`: what it says and how it exits."""

import http.server
import io
import json
import tarfile
import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from protfold.cli.weights import app
from protfold.weights import registry, save_checkpoint
from protfold.weights.checksum import file_sha256
from tests.support.networks import tiny_network
from tests.support.weight_files import CARD, write_tiny_alphafold2


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only folder that is searched."""
    folder = tmp_path / "weights"
    folder.mkdir()
    monkeypatch.setenv(registry.ENVIRONMENT_VARIABLE, str(folder))
    monkeypatch.setattr(registry, "cache_folder", lambda: folder)
    monkeypatch.setattr(registry, "SHIPPED_FOLDER", folder)
    return folder


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def served(tmp_path: Path) -> Iterator[str]:
    """Address of an archive with two tiny parameter files."""
    content = write_tiny_alphafold2(tmp_path / "tiny.npz").read_bytes()
    with tarfile.open(tmp_path / "archive.tar", "w") as tar:
        for name in ("params_model_1_ptm.npz", "params_model_2_ptm.npz"):
            info = tarfile.TarInfo(name)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(tmp_path))) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/archive.tar"
        server.shutdown()
        thread.join()


def run(*arguments: object, stdin: str | None = None) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments], input=stdin)


def test_import_list_inspect_verify(home: Path, tmp_path: Path) -> None:
    theirs, own = write_tiny_alphafold2(tmp_path / "params_model_1_ptm.npz"), tmp_path / "own.safetensors"
    save_checkpoint(tiny_network(), own, CARD)
    assert run("import", theirs, own).exit_code == 0
    listed = run("list").stdout
    assert "CC BY 4.0" in listed
    assert CARD.licence in listed
    assert listed.count("to download") == 9
    plain = json.loads(run("inspect", "model_1_ptm", "--json").stdout)
    assert plain["sha256"] == file_sha256(theirs)
    assert plain["config"]["evoformer"]["num_blocks"] == 2
    assert plain["num_values"] == sum(value.numel() for value in _parameters(theirs))
    shown = run("inspect", own, "--arrays").stdout
    assert "training data   none" in shown
    assert "single.bias  [24]" in shown
    verified = run("verify")
    assert (verified.exit_code, verified.stdout.count("sound: ")) == (0, 2)


def test_networks_of_every_kind_are_verified_and_imported(home: Path) -> None:
    """Those that ship: a folding network and designers."""
    shipped = sorted(Path(registry.__file__).with_name("pretrained").glob("*.safetensors"))
    assert len(shipped) >= 3
    for path in shipped:
        result = run("verify", path)
        assert result.exit_code == 0, result.stderr
    assert run("import", *shipped).exit_code == 0
    assert run("verify").stdout.count("sound: ") == len(shipped)


def _parameters(path: Path) -> list:  # type: ignore[type-arg]
    from protfold.weights import load_alphafold2

    return list(load_alphafold2(path).parameters())


def test_one_bad_file_does_not_stop_the_others(home: Path, tmp_path: Path) -> None:
    (tmp_path / "bad.npz").write_text("no parameters here")
    result = run("import", tmp_path / "bad.npz", write_tiny_alphafold2(tmp_path / "good.npz"))
    assert result.exit_code == 1
    assert "bad.npz: neither a NumPy archive" in result.stderr
    assert (home / "good.npz").exists()


def test_a_flipped_bit_is_found(home: Path, tmp_path: Path) -> None:
    run("import", write_tiny_alphafold2(tmp_path / "a.npz"))
    content = bytearray((home / "a.npz").read_bytes())
    content[-2000] ^= 1
    (home / "a.npz").write_bytes(content)
    for arguments in (("verify",), ("verify", "a")):
        result = run(*arguments)
        assert result.exit_code == 1
        assert "not the file that was installed" in result.stderr
    assert run("inspect", "a").exit_code == 2


def test_unknown_names_are_bad_usage(home: Path) -> None:
    for command in ("inspect", "verify"):
        result = run(command, "nothing")
        assert result.exit_code == 2
        assert "no weights named 'nothing'" in result.stderr
    assert run("download", "mini", "--yes").exit_code == 2


def test_download_after_consent(home: Path, served: str) -> None:
    result = run("download", "alphafold2", "--url", served, stdin="y\n")
    assert result.exit_code == 0, result.stderr
    assert "CC BY 4.0" in result.stderr
    names = ["params_model_1_ptm.npz", "params_model_1_ptm.npz.sha256", "params_model_2_ptm.npz", "params_model_2_ptm.npz.sha256"]
    assert sorted(path.name for path in home.iterdir()) == names
    assert run("verify", "model_2_ptm").stdout.startswith("sound")


@pytest.mark.parametrize("stdin", ["n\n", ""])
def test_no_consent_no_download(stdin: str, home: Path, served: str) -> None:
    result = run("download", "alphafold2", "--url", served, stdin=stdin)
    assert result.exit_code == 1
    assert "licence not accepted" in result.stderr
    assert list(home.iterdir()) == []


def test_without_a_network_one_line_says_so(home: Path) -> None:
    result = run("download", "model_1_ptm", "--yes", "--url", "http://127.0.0.1:1/archive.tar")
    assert result.exit_code == 1
    assert result.stderr.strip().splitlines()[-1].startswith("error: http://127.0.0.1:1/archive.tar: cannot be reached")
    offline = run("download", "model_1_ptm", "--yes", "--offline")
    assert (offline.exit_code, offline.stderr.count("\n")) == (1, 1)
    assert "--offline" in offline.stderr
