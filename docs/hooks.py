"""What the site needs beyond MkDocs: pages that lie beside `docs/`, links between both, and a reference that lacks no promised name."""

import os
import re
import zlib
from pathlib import Path
from posixpath import relpath

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.exceptions import PluginError
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

LOADED = re.compile(r"<(?:script|link|img|iframe|source)\b[^>]*\b(?:src|href)=[\"']?(?:https?:)?//[^>]*>")
LINK = re.compile(r"(?<=\]\()([^)#:\s]+)")


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the files that `extra.beside` names, each at its place on the site."""
    root = Path(config.config_file_path).parent
    for source, place in config.extra["beside"].items():
        files.append(File.generated(config, place, abs_src_path=str(root / source)))
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Let links follow: what is right on the disk becomes right on the site, a folder becomes its first page."""
    here = Path(page.file.abs_src_path or "").resolve().parent
    pages = {os.path.realpath(file.abs_src_path): file.src_uri for file in files if file.abs_src_path}

    def placed(link: re.Match[str]) -> str:
        target = pages.get(os.path.realpath(here / link[1]))
        return link[1] if target is None else relpath(target, os.path.dirname(page.file.src_uri) or ".")

    return LINK.sub(placed, markdown)


def on_post_page(output: str, page: Page, config: MkDocsConfig) -> str:
    """Fail if a page loads anything from elsewhere."""
    if loaded := LOADED.findall(output):
        raise PluginError(f"{page.file.src_uri} loads from elsewhere: {', '.join(loaded)}")
    return output


def on_post_build(config: MkDocsConfig) -> None:
    """Fail if the inventory of the reference lacks a name of `extra.promised`."""
    inventory = (Path(config.site_dir) / "objects.inv").read_bytes()
    listed = zlib.decompress(inventory.split(b"\n", 4)[4]).decode()
    names = {line.split()[0] for line in listed.splitlines()}
    if missing := [name for name in config.extra["promised"] if name not in names]:
        raise PluginError(f"the reference lacks {', '.join(missing)}: name each on a page of docs/reference")
