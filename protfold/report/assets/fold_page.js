// The page of a folded target: what is pointed at or chosen in one part shows in all of them.
"use strict";
(() => {
  const ALIGNED = "#0072B2", SCORED = "#E69F00", BOTH = "#CC79A7";
  const data = JSON.parse(document.getElementById("fold-data").textContent);
  const axis = new protfold.ResidueAxis(data);
  const view = () => protfold.views.structure;  // absent until it is drawn, and where it cannot be
  const residues = [...document.querySelectorAll("[data-place]")].filter((one) => one.matches(".sequence b"));
  const dots = new Map([...document.querySelectorAll("svg [data-place]")].map((one) => [Number(one.dataset.place), one]));
  const readouts = document.querySelectorAll("[data-readout]");
  const maps = (protfold.maps = {});
  let trace = null;
  let pointedAt = null;

  const say = (which, text) => { for (const one of readouts) if (one.dataset.readout === which) one.textContent = text; };

  const valuesAt = (place) => {
    if (place === null) return "Point at the trace to read a residue's values.";
    const values = data.lines.map(({ title, values }) => (values[place] === null ? null : `${title} ${values[place].toFixed(1)}`));
    return `${axis.name(place)}: ${values.filter(Boolean).join(", ")}`;
  };

  // One residue, everywhere.
  const point = (place, inView = true) => {
    if (place === pointedAt) return;
    if (pointedAt !== null) { residues[pointedAt]?.classList.remove("pointed"); dots.get(pointedAt)?.classList.remove("pointed"); }
    pointedAt = place;
    if (place !== null) { residues[place]?.classList.add("pointed"); dots.get(place)?.classList.add("pointed"); }
    trace?.point(place);
    say("plddt", valuesAt(place));
    say("sequence", place === null ? "" : valuesAt(place));
    if (inView) view()?.point(place);
  };

  // Groups of residues, everywhere: {residues, color, title, kind}.
  const mark = (groups, text) => {
    const kinds = ["aligned", "scored", "both", "chosen"];
    for (const one of document.querySelectorAll(".sequence b[data-marked]")) { one.classList.remove(...kinds); delete one.dataset.marked; }
    for (const group of groups) {
      for (const place of group.residues) { residues[place].classList.add(group.kind); residues[place].dataset.marked = group.kind; }
    }
    view()?.mark(groups);
    for (const bar of document.querySelectorAll(".chosen-bar")) {
      bar.hidden = !groups.length;
      bar.querySelector("span").textContent = text;
    }
  };
  const clear = () => { Object.values(maps).forEach((one) => one.clear()); mark([], ""); };
  for (const button of document.querySelectorAll("[data-clear]")) button.addEventListener("click", clear);

  const groupsOf = (rows, columns, rowTitle, columnTitle) => {
    const inRows = new Set(rows);
    const inColumns = new Set(columns);
    const described = (title, places) => `${title}: ${axis.ranges(places)}`;
    return [
      [rows.filter((one) => !inColumns.has(one)), ALIGNED, rowTitle, "aligned"],
      [columns.filter((one) => !inRows.has(one)), SCORED, columnTitle, "scored"],
      [rows.filter((one) => inColumns.has(one)), BOTH, "both", "both"],
    ].filter(([places]) => places.length).map(([places, color, title, kind]) => ({ residues: places, color, title: described(title, places), kind }));
  };

  const meanOf = (map, rows, columns) => {
    let sum = 0;
    for (let row = rows[0]; row <= rows[1]; row += 1) for (let column = columns[0]; column <= columns[1]; column += 1) sum += map.values[row * map.size + column];
    return (sum / ((rows[1] - rows[0] + 1) * (columns[1] - columns[0] + 1)) / 255) * map.maximum;
  };

  const addMap = (key, settings) => {
    const canvas = document.querySelector(`canvas[data-map="${key}"]`);
    if (!canvas || !data.maps[key]) return;
    const stored = data.maps[key];
    const map = new protfold.MatrixMap(canvas, {
      axis, size: stored.size, bin: stored.bin, maximum: stored.maximum, values: protfold.bytes(stored.data),
      pointed: (cell) => {
        say(key, cell ? settings.describe(map, cell) : settings.hint);
        point(cell ? map.places([cell.column, cell.column])[0] : null);
      },
      brushed: (block) => {
        for (const other of Object.values(maps)) if (other !== map) other.clear();
        if (!block) { mark([], ""); return; }
        const [rows, columns] = [map.places(block.rows), map.places(block.columns)];
        mark(groupsOf(rows, columns, settings.rowTitle, settings.columnTitle), settings.summary(map, block));
      },
      ...settings.look,
    });
    maps[key] = map;
    say(key, settings.hint);
    const scale = document.querySelector(`[data-scale="${key}"]`);
    if (scale) protfold.paintScale(scale, settings.colors);
  };
  const named = (map, index) => {
    const places = map.places([index, index]);
    return places.length > 1 ? `${axis.name(places[0])} to ${axis.name(places.at(-1))}` : axis.name(places[0]);
  };
  const valueAt = (map, row, column) => (map.values[row * map.size + column] / 255) * map.maximum;

  const packed = (colors) => Uint32Array.from(colors, protfold.rgb);
  const greens = protfold.ramp("greens", true);
  const packedGreens = packed(greens);
  addMap("pae", {
    colors: greens,
    look: { colorOf: (byte) => packedGreens[byte], xTitle: "Scored residue", yTitle: "Aligned residue" },
    hint: "Point to read a value; drag over a block to see its residues in the structure and the sequence.",
    rowTitle: "aligned", columnTitle: "scored",
    describe: (map, { row, column }) =>
      `Scored ${named(map, column)}, aligned on ${named(map, row)}: ${valueAt(map, row, column).toFixed(1)} Å`,
    summary: (map, { rows, columns }) => `Mean PAE of the block ${meanOf(map, rows, columns).toFixed(1)} Å,`
      + ` of its mirror image ${meanOf(map, columns, rows).toFixed(1)} Å.`,
  });
  const blues = protfold.ramp("blues", false);
  const UNKNOWN = 255;
  const stored = data.maps.contacts;
  const packedBlues = packed(blues);
  const [grey, black, white] = packed([[214, 214, 214], [34, 34, 34], [255, 255, 255]]);
  const inReference = (byte) => (byte === UNKNOWN ? grey : byte ? black : white);
  addMap("contacts", {
    colors: blues,
    look: {
      colorOf: (byte, row, column) => (stored.reference && column < row ? inReference(byte) : packedBlues[byte]),
      xTitle: "Residue", yTitle: "Residue",
    },
    hint: "Point to read a probability; drag over a block to see its residues.",
    rowTitle: "rows", columnTitle: "columns",
    describe: (map, { row, column }) => {
      const pair = `${named(map, column)} and ${named(map, row)}`;
      if (!stored.reference || column >= row) return `${pair}: probability of contact ${valueAt(map, row, column).toFixed(2)}`;
      const byte = map.values[row * map.size + column];
      return `${pair}: ${byte === UNKNOWN ? "not in the reference" : byte ? "in contact in the reference" : "no contact in the reference"}`;
    },
    summary: () => "Residues of the chosen block.",
  });

  const traced = document.querySelector("canvas[data-trace]");
  const lines = data.lines.map((one, rank) => ({
    ...one, color: one.reference ? "#D55E00" : rank ? protfold.distinct(rank - 1) : "", dash: one.reference ? [6, 3] : [],
  }));
  trace = new protfold.PlddtTrace(traced, { axis, lines, pointed: (place) => point(place) });
  say("plddt", valuesAt(null));
  document.querySelector("[data-trace-legend]").replaceChildren(...lines.map(({ title, color, mean }) => {
    const item = document.createElement("li");
    const swatch = document.createElement("i");
    swatch.style.background = color || "var(--text)";
    item.append(swatch, `${title}: mean ${mean.toFixed(1)}`);
    return item;
  }));

  // The sequence: point, or drag over residues to choose them.
  const sequence = document.querySelector(".sequence");
  const placeOf = (event) => {
    const letter = document.elementFromPoint(event.clientX, event.clientY)?.closest(".sequence b");
    return letter ? Number(letter.dataset.place) : null;
  };
  let first = null;
  sequence.addEventListener("pointerdown", (event) => { if (event.pointerType === "mouse" && !event.button) { first = placeOf(event); event.preventDefault(); } });
  sequence.addEventListener("pointermove", (event) => {
    const place = placeOf(event);
    point(place);
    if (first !== null && place !== null && event.buttons) chooseResidues(first, place);
  });
  sequence.addEventListener("pointerleave", () => point(null));
  addEventListener("pointerup", (event) => {
    if (first !== null && placeOf(event) === first) clear();
    first = null;
  });
  function chooseResidues(a, b) {
    Object.values(maps).forEach((one) => one.clear());
    const chosen = Array.from({ length: Math.abs(b - a) + 1 }, (_, index) => Math.min(a, b) + index);
    const text = axis.ranges(chosen);
    mark([{ residues: chosen, color: SCORED, title: text, kind: "chosen" }], `${chosen.length} residues: ${text}`);
  }
  for (const dot of dots.values()) {
    dot.addEventListener("pointerenter", () => point(Number(dot.dataset.place)));
    dot.addEventListener("pointerleave", () => point(null));
  }
  document.addEventListener("protfold:hover", ({ detail }) => { if (detail.linked) point(detail.place, false); });
})();
