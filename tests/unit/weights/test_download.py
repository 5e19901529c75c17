"""Downloads from a server on this machine that can be told to misbehave."""

import hashlib
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from protfold.errors import WeightsError
from protfold.weights.download import download

CONTENT = bytes(hashlib.shake_128(b"archive").digest(3_000_000))


class Server(ThreadingHTTPServer):
    """Serves `content` at every path but /moved and /absent.

    Attributes:
        ranges: whether it continues where it is asked to.
        stop_after: bytes after which it drops the connection.
        extra: bytes sent beyond the declared length.
        requests: `Range` of each request.
    """

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.content, self.tag, self.ranges = CONTENT, '"one"', True
        self.stop_after: int | None = None
        self.declared: int | None = None
        self.requests: list[str | None] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/archive.tar"


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        server, wanted = self.server, self.headers.get("Range")
        if self.path in ("/moved", "/absent"):
            self.send_response(302 if self.path == "/moved" else 404)
            self.send_header("Location", server.url)
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        server.requests.append(wanted)
        start = int(wanted.removeprefix("bytes=").removesuffix("-")) if wanted and server.ranges else 0
        if self.headers.get("If-Range") != server.tag:
            start = 0
        if start >= len(server.content):
            self.send_error(416)
            return
        self.send_response(206 if start else 200)
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(server.content) - 1}/{len(server.content)}")
        self.send_header("ETag", server.tag)
        self.send_header("Content-Length", str(server.declared or len(server.content) - start))
        self.end_headers()
        self.wfile.write(server.content[start:][: server.stop_after])
        self.close_connection = True

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def silent(done: int, total: int | None) -> None:
    pass


def test_whole_file_with_progress(server: Server, tmp_path: Path) -> None:
    steps: list[tuple[int, int | None]] = []
    download(server.url, tmp_path / "new" / "a.tar", progress=lambda done, total: steps.append((done, total)))
    assert (tmp_path / "new" / "a.tar").read_bytes() == CONTENT
    assert steps == sorted(steps)
    assert steps[-1] == (len(CONTENT), len(CONTENT))
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["a.tar"]


def interrupted(server: Server, destination: Path, *, after: int) -> None:
    server.stop_after = after
    with pytest.raises(WeightsError, match=f"interrupted after {after:,} of {len(server.content):,} bytes; run the same command"):
        download(server.url, destination, progress=silent)
    assert not destination.exists()
    server.stop_after = None


def test_interrupted_twice_and_continued(server: Server, tmp_path: Path) -> None:
    interrupted(server, tmp_path / "a.tar", after=1_100_000)
    server.stop_after = 200_000
    with pytest.raises(WeightsError, match=f"interrupted after 1,300,000 of {len(CONTENT):,} bytes"):
        download(server.url, tmp_path / "a.tar", progress=silent)
    server.stop_after = None
    download(server.url, tmp_path / "a.tar", progress=silent)
    assert (tmp_path / "a.tar").read_bytes() == CONTENT
    assert server.requests == [None, "bytes=1100000-", "bytes=1300000-"]
    assert [path.name for path in tmp_path.iterdir()] == ["a.tar"]


def test_server_that_cannot_continue_starts_over(server: Server, tmp_path: Path) -> None:
    interrupted(server, tmp_path / "a.tar", after=1_000_000)
    server.ranges = False
    download(server.url, tmp_path / "a.tar", progress=silent)
    assert (tmp_path / "a.tar").read_bytes() == CONTENT


def test_file_that_changed_meanwhile_starts_over(server: Server, tmp_path: Path) -> None:
    interrupted(server, tmp_path / "a.tar", after=1_000_000)
    server.content, server.tag = CONTENT[::-1], '"two"'
    download(server.url, tmp_path / "a.tar", progress=silent)
    assert (tmp_path / "a.tar").read_bytes() == CONTENT[::-1]


def test_part_of_another_address_is_not_continued(server: Server, tmp_path: Path) -> None:
    interrupted(server, tmp_path / "a.tar", after=1_000_000)
    download(server.url.replace("archive", "other"), tmp_path / "a.tar", progress=silent)
    assert server.requests[-1] is None


def test_part_that_was_complete_needs_no_request(server: Server, tmp_path: Path) -> None:
    interrupted(server, tmp_path / "a.tar", after=1_000_000)
    (tmp_path / "a.tar.part").write_bytes(CONTENT)
    download(server.url, tmp_path / "a.tar", progress=silent)
    assert (tmp_path / "a.tar").read_bytes() == CONTENT
    assert len(server.requests) == 1


def test_part_that_is_too_long_is_removed(server: Server, tmp_path: Path) -> None:
    interrupted(server, tmp_path / "a.tar", after=1_000_000)
    (tmp_path / "a.tar.part").write_bytes(CONTENT + b"x")
    with pytest.raises(WeightsError, match="does not belong to it and was removed"):
        download(server.url, tmp_path / "a.tar", progress=silent)
    download(server.url, tmp_path / "a.tar", progress=silent)
    assert (tmp_path / "a.tar").read_bytes() == CONTENT


def test_wrong_size_is_refused(server: Server, tmp_path: Path) -> None:
    server.declared = len(CONTENT) + 10
    with pytest.raises(WeightsError, match=r"interrupted after 3,000,000 of 3,000,010"):
        download(server.url, tmp_path / "a.tar", progress=silent)
    assert not (tmp_path / "a.tar").exists()


def test_redirections_are_followed(server: Server, tmp_path: Path) -> None:
    download(server.url.replace("archive.tar", "moved"), tmp_path / "a.tar", progress=silent)
    assert (tmp_path / "a.tar").read_bytes() == CONTENT


def test_answers_other_than_success(server: Server, tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match="answered 404 Not Found"):
        download(server.url.replace("archive.tar", "absent"), tmp_path / "a.tar", progress=silent)
    with pytest.raises(WeightsError, match=r"cannot be reached .*; is this machine on the internet"):
        download("http://127.0.0.1:1/a.tar", tmp_path / "a.tar", progress=silent)
    (tmp_path / "local").write_text("secret")
    with pytest.raises(WeightsError, match="not an http or https address"):
        download(f"file://{tmp_path}/local", tmp_path / "a.tar", progress=silent)
    assert not (tmp_path / "a.tar").exists()
