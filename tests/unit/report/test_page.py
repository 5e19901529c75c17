"""A page stands alone: its policy allows its own scripts and nothing else; its parts are where its links say."""

import base64
import hashlib
import re
from importlib.resources import files

from protfold.report.markup import Html
from protfold.report.page import Section, asset, page
from protfold.report.structure_view import LIBRARY, LIBRARY_SHA256, LIBRARY_VERSION, STRUCTURE_SCRIPTS, STRUCTURE_STYLES
from tests.support.fold_pages import Parsed

ASSETS = files("protfold.report") / "assets"


def written(title: str = "a title") -> Parsed:
    """A page of two sections with everything that structures need."""
    sections = [
        Section(title="First & <b>", body=Html("<p>x</p>"), id="one"),
        Section(title="Second part", body=Html(""), wide=False),
    ]
    return Parsed(page(title, sections, kind="A kind", scripts=STRUCTURE_SCRIPTS, styles=STRUCTURE_STYLES))


def policy(parsed: Parsed) -> dict[str, list[str]]:
    """Its directives."""
    (text,) = [one["content"] for one in parsed.attributes("meta") if one.get("http-equiv") == "Content-Security-Policy"]
    assert text is not None
    return {directive.split()[0]: directive.split()[1:] for directive in text.split(";")}


def test_the_policy_names_the_scripts_and_allows_nothing_else() -> None:
    parsed = written()
    expected = [f"'sha256-{base64.b64encode(hashlib.sha256(one.encode()).digest()).decode()}'" for one in parsed.scripts.values()]
    assert len(expected) == 3
    assert policy(parsed) == {
        "default-src": ["'none'"],
        "script-src": expected,
        "style-src": ["'unsafe-inline'"],
        "img-src": ["data:"],
        "base-uri": ["'none'"],
        "form-action": ["'none'"],
    }
    assert [tag for tag, _ in parsed.tags].index("meta") < [tag for tag, _ in parsed.tags].index("script")


def test_nothing_is_named_that_lies_elsewhere() -> None:
    parsed = written()
    places = [
        value for _, attributes in parsed.tags for key, value in attributes.items() if key in ("src", "href", "srcset", "action")
    ]
    assert places
    assert all(place.startswith(("#", "data:")) for place in places if place)
    assert not re.search(r"url\(|@import", parsed.styles)


def test_a_title_is_text_wherever_it_stands() -> None:
    hostile = "</title></script><script>alert(1)</script><img src=x onerror=alert(1)>\u202e"
    plain, parsed = written(), written(hostile)
    assert [tag for tag, _ in parsed.tags] == [tag for tag, _ in plain.tags]
    assert policy(parsed) == policy(plain)
    assert "\u202e" not in parsed.text


def test_links_lead_to_sections() -> None:
    parsed = written()
    links = [one["href"] for one in parsed.attributes("a")]
    assert links == [f"#{one['id']}" for one in parsed.attributes("section")] == ["#one", "#second-part"]
    assert [one.get("class") for one in parsed.attributes("section")] == [None, "narrow"]


def test_the_library_is_the_one_that_was_published_and_comes_with_its_licences() -> None:
    """The digest is that of `build/3Dmol-min.js` in the npm package 3dmol 2.5.5."""
    library = (ASSETS / LIBRARY).read_bytes()
    assert hashlib.sha256(library).hexdigest() == LIBRARY_SHA256
    licence = (ASSETS / "3Dmol-LICENSE.txt").read_text(encoding="utf-8")
    for part in ("3Dmol.js", "GLmol", "Three.js", "jQuery", "iobuffer", "netcdfjs", "pako", "UPNG.js"):
        assert f"* {part}" in licence
    assert f"{LIBRARY} {LIBRARY_VERSION}" in licence
    assert "*/" not in licence
    text = asset(LIBRARY)
    assert licence in text[: len(licence) + 10]
    assert text.endswith(library.decode())


def test_scripts_survive_the_parser_as_they_are() -> None:
    """What would end a script early, or be changed on the way in, would change its digest too."""
    for name in (one.name for one in ASSETS.iterdir() if one.name.endswith(".js")):
        text = asset(name)
        assert not re.search(r"</script|<script|<!--|\r|\0", text, flags=re.IGNORECASE), name
