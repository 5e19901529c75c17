"""Fenced blocks of the documentation's pages, and the commands in them."""

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
README = ROOT / "README.md"
DOCS = ROOT / "docs"
CARDS = ROOT / "protfold/weights/pretrained"
RUN = (DOCS / "tutorial.md", *sorted((DOCS / "how-to").glob("*.md")))
PAGES = (README, *sorted(DOCS.rglob("*.md")), *sorted(CARDS.glob("*.md")))

FENCE = re.compile(r"(?:<!-- (?P<skip>not run: [^>]+?) -->\n)?^```(?P<language>\w*)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
PROGRAM = re.compile(r"(?:\S*/)?protfold|python3? -m (?:workflows\.\w+|protfold)|torchrun .*-m protfold")


@dataclass(frozen=True, kw_only=True)
class Block:
    """A fenced block: its language, its text, the line it begins in, why it is not run, and whether it stands right behind another."""

    language: str
    text: str
    line: int
    skip: str | None
    follows: bool


@dataclass(frozen=True, kw_only=True)
class Command:
    """A command line of protfold: the page and line it stands in, the module of a flow or `protfold`, and its words."""

    place: str
    program: str
    words: tuple[str, ...]


def blocks(page: Path) -> Iterator[Block]:
    """The fenced blocks of a page, in order."""
    text, end = page.read_text(), -1
    for match in FENCE.finditer(text):
        follows = end >= 0 and not text[end : match.start()].strip()
        yield Block(
            language=match["language"],
            text=match["text"],
            line=text.count("\n", 0, match.start("text")),
            skip=match["skip"],
            follows=follows,
        )
        end = match.end()


def commands(page: Path) -> Iterator[Command]:
    """Every command line of protfold in the page's fenced blocks."""
    for block in blocks(page):
        if block.language in ("text", "python"):
            continue
        for number, line in enumerate(block.text.replace("\\\n", "  ").splitlines()):
            for part in re.split(r"&&|\|\||[;|] ", line):
                found = PROGRAM.match(part.strip())
                if found is None:
                    continue
                words = shlex.split(re.sub(r"\$\w+", "1", part.strip()[found.end() :]), comments=True)
                module = found[0].split()[-1] if "workflows" in found[0] else "protfold"
                yield Command(place=f"{page.relative_to(ROOT)}:{block.line + number + 1}", program=module, words=tuple(words))
