"""One large file over HTTP, continued where an interrupted download stopped."""

import contextlib
import http.client
import json
import os
import re
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from protfold.errors import WeightsError
from protfold.io.atomic import write_atomically
from protfold.io.network import OFFLINE_VARIABLE, is_offline

Progress = Callable[[int, int | None], None]
"""Called with bytes there and bytes in all, where the server tells."""

TIMEOUT = 60.0
CHUNK = 2**20
PARTIAL, PARTIAL_CONTENT, RANGE_NOT_SATISFIABLE = ".part", 206, 416


@dataclass(frozen=True, kw_only=True, slots=True)
class _Origin:
    """Which file a partial one is the beginning of."""

    url: str
    validator: str | None
    size: int | None


def download(url: str, destination: Path, *, progress: Progress) -> None:
    """Fetches `url` to `destination`, which appears when it is complete and of the size that the server declared.

    What has arrived is kept as `<destination>.part`; a later call asks for the rest, and for the whole if the file on the server
    changed or the server cannot continue.

    Raises:
        WeightsError: no connection, an answer other than success, or not the declared size; says whether to run it again.
    """
    part, note = _neighbour(destination, PARTIAL), _neighbour(destination, f"{PARTIAL}.json")
    origin = _read_origin(note)
    offset = part.stat().st_size if origin and origin.url == url and origin.validator and part.exists() else 0
    if not (origin and offset and offset == origin.size):
        origin = _fetch(url, part, note, origin if offset else None, offset, progress)
    size = part.stat().st_size
    if origin.size is not None and size < origin.size:
        raise WeightsError(f"{url}: interrupted after {size:,} of {origin.size:,} bytes; run the same command again to continue")
    if origin.size is not None and size > origin.size:
        part.unlink()
        raise WeightsError(f"{url}: sent {size:,} bytes instead of {origin.size:,}; run the same command again")
    os.replace(part, destination)
    note.unlink(missing_ok=True)


def _fetch(url: str, part: Path, note: Path, known: _Origin | None, offset: int, progress: Progress) -> _Origin:
    """Adds to `part` what the server sends, from `offset` if it can; a connection that breaks midway is no error here."""
    headers = {"User-Agent": "protfold"}
    if known is not None and known.validator is not None:
        headers |= {"Range": f"bytes={offset}-", "If-Range": known.validator}
    with _open(url, headers, part) as response:
        continued = response.status == PARTIAL_CONTENT
        if continued and _start(response) != offset:
            raise WeightsError(f"{url}: the server sent another part than was asked for; remove {part} and run it again")
        offset = offset if continued else 0
        length = response.headers.get("Content-Length")
        origin = _Origin(url=url, validator=_validator(response), size=None if length is None else offset + int(length))
        write_atomically(note, json.dumps(asdict(origin)))
        try:
            with part.open("ab" if continued else "wb") as file:
                for chunk in _chunks(response):
                    file.write(chunk)
                    offset += len(chunk)
                    progress(offset, origin.size)
        except OSError as error:
            raise WeightsError(f"{part}: cannot be written: {error.strerror}") from error
    return origin


def _open(url: str, headers: dict[str, str], part: Path) -> Any:
    if not url.startswith(("https://", "http://")):
        raise WeightsError(f"{url}: not an http or https address")
    if is_offline():
        raise WeightsError(f"{url}: not fetched, because {OFFLINE_VARIABLE} refuses every connection; unset it, or import files")
    try:
        return urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=TIMEOUT)
    except urllib.error.HTTPError as error:
        if error.code == RANGE_NOT_SATISFIABLE:
            part.unlink()
            raise WeightsError(f"{url}: what was kept in {part} does not belong to it and was removed; run it again") from error
        raise WeightsError(f"{url}: the server answered {error.code} {error.reason}") from error
    except (urllib.error.URLError, http.client.HTTPException, OSError) as error:
        raise WeightsError(
            f"{url}: cannot be reached ({getattr(error, 'reason', error)}); is this machine on the internet?"
        ) from error


def _chunks(response: Any) -> Iterator[bytes]:
    """What arrives until the end or until the connection breaks."""
    with contextlib.suppress(http.client.HTTPException, OSError):
        while chunk := response.read(CHUNK):
            yield chunk


def _start(response: Any) -> int | None:
    found = re.match(r"bytes (\d+)-", response.headers.get("Content-Range", ""))
    return int(found[1]) if found else None


def _validator(response: Any) -> str | None:
    """What tells that the server's file is still the same; a weak tag does not."""
    tag = response.headers.get("ETag")
    return tag if tag and not tag.startswith("W/") else response.headers.get("Last-Modified")


def _read_origin(note: Path) -> _Origin | None:
    try:
        return _Origin(**json.loads(note.read_text()))
    except (OSError, ValueError, TypeError):
        return None


def _neighbour(path: Path, suffix: str) -> Path:
    return path.with_name(path.name + suffix)
