"""A whole HTML page that stands alone: styles, scripts, pictures and data lie in it, and its own policy forbids every request.

The policy (Content Security Policy, W3C 2018) names the page's scripts by their SHA-256, so a script that came in with a name would not run
even if it got past the escaping.
"""

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from protfold.report.markup import Html, escape, joined, name

PAGE_SCRIPT = "page.js"


@dataclass(frozen=True, kw_only=True, slots=True)
class Section:
    """A part of a page, to which the page's head links.

    Attributes:
        title: its heading.
        body: what stands below it.
        id: of its place in the page, lower-case letters and hyphens; empty for the title's own.
        wide: it takes the page's whole width; two narrow ones stand side by side where there is room.
    """

    title: str
    body: Html
    id: str = ""
    wide: bool = True

    @property
    def place(self) -> str:
        """What a link in the page names it by."""
        return self.id or "".join(one if one.isalnum() else "-" for one in self.title.lower())


def page(
    title: str,
    sections: Sequence[Section],
    *,
    kind: str,
    lead: str = "",
    scripts: Sequence[str] = (),
    styles: Sequence[str] = (),
) -> str:
    """The text of a page.

    Args:
        title: a user's name for what it is about.
        sections: in order.
        kind: what sort of page it is, shown above the title.
        lead: what stands below the title.
        scripts, styles: names of files in `assets/` that the sections need; those of every page come by themselves.
    """
    links = "".join(f'<a href="#{escape(one.place)}">{escape(one.title)}</a>\n' for one in sections)
    body = Html(
        f'<header><p class="kind">{escape(kind)}</p><h1>{name(title)}</h1>\n{escape(lead)}</header>\n'
        f'<nav aria-label="Sections">{links}</nav>\n<main>\n{"".join(map(_section, sections))}</main>\n'
        "<footer><p>Made by protfold. This page holds all it shows and asks no network for anything.</p></footer>\n"
    )
    return document(f"{title} - {kind}", body, scripts=(*scripts, PAGE_SCRIPT), styles=("page.css", *styles))


def document(title: str, body: Html, *, scripts: Sequence[str], styles: Sequence[str]) -> str:
    """A bare document around a body: policy, styles, scripts after the body so that it shows before they run."""
    texts = [asset(one) for one in dict.fromkeys(scripts)]
    policy = "; ".join(
        (
            "default-src 'none'",
            f"script-src {' '.join(map(_digest, texts))}" if texts else "script-src 'none'",
            "style-src 'unsafe-inline'",
            "img-src data:",
            "base-uri 'none'",
            "form-action 'none'",
        )
    )
    return "".join(
        (
            '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n',
            f'<meta http-equiv="Content-Security-Policy" content="{escape(policy)}">\n',
            '<meta name="viewport" content="width=device-width, initial-scale=1">\n<meta name="color-scheme" content="light dark">\n',
            f'<link rel="icon" href="data:,">\n<title>{escape(title)}</title>\n',
            f"<style>\n{''.join(asset(one) for one in dict.fromkeys(styles))}</style>\n</head>\n<body>\n{body}",
            *(f"<script>{text}</script>\n" for text in texts),
            "</body>\n</html>\n",
        )
    )


@cache
def asset(file: str) -> str:
    """The text of a file in `assets/`; a library with its licence, as that asks for, in a comment before it."""
    text = (files("protfold.report") / "assets" / file).read_text(encoding="utf-8")
    if not file.endswith("-min.js"):
        return text
    licence = (files("protfold.report") / "assets" / f"{file.removesuffix('-min.js')}-LICENSE.txt").read_text(encoding="utf-8")
    return f"/*\n{licence}*/\n{text}"


def _digest(script: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}'"


def _section(one: Section) -> Html:
    heading = joined(Html("<h2>"), one.title, Html("</h2>"))
    kind = "" if one.wide else ' class="narrow"'
    return Html(f'<section id="{escape(one.place)}"{kind}>{heading}\n{one.body}</section>\n')
