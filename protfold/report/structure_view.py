"""3-D views of structures by 3Dmol.js: as a part of a page, as a page of its own, and as a frame for a notebook.

Rego & Koes (2015), doi 10.1093/bioinformatics/btu829. The library lies in `assets/` and is copied into each page.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from protfold.report.markup import Html, escape, json_block, visible
from protfold.report.page import document

LIBRARY = "3Dmol-min.js"
LIBRARY_VERSION = "2.5.5"
LIBRARY_SHA256 = "f7cc78921ae72e7623e89cdd111434f58c2efddd2ffda1cd212644b406fb8016"

STRUCTURE_SCRIPTS = (LIBRARY, "structure_view.js")
STRUCTURE_STYLES = ("structure_view.css",)

COLORINGS = {"plddt": "pLDDT", "chain": "chain", "secondary": "secondary structure", "model": "model"}
BEHIND_COLOR = "#8C8C8C"
_COLOR = re.compile(r"#[0-9A-Fa-f]{6}")


@dataclass(frozen=True, kw_only=True, slots=True)
class ViewedModel:
    """A structure to show.

    Attributes:
        text: as PDB or mmCIF.
        label: what it is called where one chooses.
        color: `#rrggbb` when models are told apart by colour; empty for one of the palette.
    """

    text: str
    label: str
    color: str = ""


def structure_view(
    models: Sequence[ViewedModel],
    *,
    view_id: str = "structure",
    coloring: str = "plddt",
    together: bool = False,
    height: int = 460,
    values: Literal["plddt", "b_factor"] = "plddt",
    behind: ViewedModel | None = None,
) -> Html:
    """A view as part of a page, which needs `STRUCTURE_SCRIPTS` and `STRUCTURE_STYLES`.

    Args:
        models: one is shown and the others can be chosen, or all are shown on top of each other; superpose them beforehand.
        view_id: letters, digits and hyphens; of its own for each view of a page.
        coloring: at first: a key of `COLORINGS`, or `#rrggbb` for one colour.
        together: at first, show all models at once.
        height: px.
        values: what the B-factors are; pLDDT is no choice of colouring where they are not.
        behind: shown with whichever is chosen, in its own colour (grey if it names none); it can be switched off.
    """
    if not (models and re.fullmatch(r"[A-Za-z][A-Za-z0-9-]*", view_id)):
        raise ValueError(f"a view needs models and a plain id, not {view_id!r}")
    if not (coloring in COLORINGS or _COLOR.fullmatch(coloring)):
        raise ValueError(f"coloring is {coloring!r}; give one of {', '.join(COLORINGS)} or #rrggbb")
    drawn = [*models, replace(behind, color=behind.color or BEHIND_COLOR)] if behind else list(models)
    for model in drawn:
        if model.color and not _COLOR.fullmatch(model.color):
            raise ValueError(f"a model's color is {model.color!r}; give #rrggbb")
    data = {
        "models": [
            {"label": visible(one.label), "text": one.text, "format": _format(one.text), "color": one.color} for one in drawn
        ],
        "behind": len(models) if behind else None,
        "coloring": coloring,
        "together": together,
        "values": values,
    }
    labels = ", ".join(one.label for one in drawn)
    return Html(
        f'<div class="structure" data-structure="{view_id}">\n'
        f'<div class="structure-tools">{_tools(models, behind, coloring, together, values)}</div>\n'
        f'<div class="structure-canvas" style="height:{height:d}px" role="img" aria-label="3-D view of {escape(labels)}">'
        "<noscript><p>The 3-D view needs JavaScript, which is switched off.</p></noscript></div>\n"
        '<ul class="legend"></ul><p class="structure-readout" aria-live="polite"></p>\n'
        '<p class="note">Drag to turn, click and then roll the wheel to zoom, hold Ctrl and drag to move; point to read a residue.</p>\n'
        f"</div>\n{json_block(f'{view_id}-data', data)}"
    )


def structure_page(
    models: Sequence[ViewedModel],
    *,
    title: str = "Structure",
    coloring: str = "plddt",
    together: bool = False,
    height: int = 460,
    values: Literal["plddt", "b_factor"] = "plddt",
    behind: ViewedModel | None = None,
) -> str:
    """A view as a page of its own; arguments as for `structure_view`."""
    body = structure_view(models, coloring=coloring, together=together, height=height, values=values, behind=behind)
    return document(
        title,
        Html(f'<main class="structure-only">{body}</main>\n'),
        scripts=STRUCTURE_SCRIPTS,
        styles=("page.css", *STRUCTURE_STYLES),
    )


def structure_frame(
    models: Sequence[ViewedModel],
    *,
    title: str = "Structure",
    coloring: str = "plddt",
    together: bool = False,
    height: int = 460,
    values: Literal["plddt", "b_factor"] = "plddt",
    behind: ViewedModel | None = None,
) -> Html:
    """A view for a notebook: a frame that holds its page, shut off from the notebook's own; it works without network, saved too."""
    text = structure_page(models, title=title, coloring=coloring, together=together, height=height, values=values, behind=behind)
    quoted = text.replace("&", "&amp;").replace('"', "&quot;")
    return Html(
        f'<iframe title="{escape(title)}" sandbox="allow-scripts" srcdoc="{quoted}"'
        f' style="width:100%;height:{height + 140:d}px;border:0"></iframe>'
    )


def _tools(models: Sequence[ViewedModel], behind: ViewedModel | None, coloring: str, together: bool, values: str) -> Html:
    tools = []
    if len(models) > 1:
        options = "".join(f'<option value="{index}">{escape(one.label)}</option>' for index, one in enumerate(models))
        tools.append(f'<label>Model <select data-tool="model">{options}</select></label>')
        checked = " checked" if together else ""
        tools.append(f'<label><input type="checkbox" data-tool="together"{checked}> all at once</label>')
    if behind:
        tools.append(f'<label><input type="checkbox" data-tool="behind" checked> {escape(behind.label)}</label>')
    choices = {
        key: title
        for key, title in COLORINGS.items()
        if (key != "plddt" or values == "plddt") and (key != "model" or len(models) > 1)
    }
    choices |= {"#5B7083": "one colour"} if coloring in COLORINGS else {coloring: "one colour"}
    selected = {coloring: " selected"}
    options = "".join(f'<option value="{key}"{selected.get(key, "")}>{title}</option>' for key, title in choices.items())
    tools.append(f'<label>Colour by <select data-tool="coloring">{options}</select></label>')
    tools.append('<button type="button" data-tool="center">Centre</button>')
    return Html(" ".join(tools))


def _format(text: str) -> str:
    return "cif" if text.lstrip().startswith(("data_", "#")) else "pdb"
