// 3-D views of structures, drawn by 3Dmol.js. Each <div class="structure" data-structure="ID"> finds its models in the data block
// "ID-data" and becomes protfold.views[ID], which other parts of the page may ask to show residues.
"use strict";
window.protfold = window.protfold || {};
(() => {
  const PLDDT = [[90, "#0053D6", "very high (above 90)"], [70, "#65CBF3", "high (70-90)"], [50, "#FFDB13", "low (50-70)"],
    [-Infinity, "#FF7D45", "very low (below 50)"]];
  // Okabe & Ito's colours.
  const DISTINCT = ["#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#8C6D1F", "#7F7F7F"];
  const SECONDARY = { h: ["#CC79A7", "helix"], s: ["#E69F00", "strand"], c: ["#9AA5B1", "neither"] };
  const UNMARKED = "#C9D0D8";
  const HOVERED = "#D55E00";

  const plddtBand = (value) => PLDDT.find(([least]) => value > least);
  const distinct = (index) => DISTINCT[index % DISTINCT.length];

  class StructureView {
    constructor(element) {
      this.element = element;
      this.id = element.dataset.structure;
      this.data = JSON.parse(document.getElementById(`${this.id}-data`).textContent);
      this.canvas = element.querySelector(".structure-canvas");
      this.readout = element.querySelector(".structure-readout");
      this.loaded = new Map();
      this.shown = 0;
      this.together = this.data.together;
      this.withBehind = true;
      this.coloring = this.data.coloring;
      this.groups = [];
      this.viewer = $3Dmol.createViewer(this.canvas, { backgroundColor: "black", backgroundAlpha: 0, disableFog: true, antialias: true, hoverDuration: 60 });
      this.viewer.setHoverable({}, true, (atom) => this.hovered(atom), () => this.unhovered());
      this.tools();
      this.wheelAfterClick();
      this.draw();
      this.viewer.zoomTo();
      this.viewer.render();
      new ResizeObserver(() => { this.viewer.resize(); }).observe(this.canvas);
    }

    // The page scrolls under the wheel until the view was clicked.
    wheelAfterClick() {
      let active = false;
      this.canvas.addEventListener("pointerdown", () => { active = true; }, true);
      this.canvas.addEventListener("mouseleave", () => { active = false; });
      for (const kind of ["wheel", "mousewheel", "DOMMouseScroll"]) {
        this.canvas.addEventListener(kind, (event) => { if (!active) event.stopPropagation(); }, true);
      }
    }

    tools() {
      const of = (name) => this.element.querySelector(`[data-tool="${name}"]`);
      of("model")?.addEventListener("change", (event) => this.show(Number(event.target.value)));
      of("coloring").addEventListener("change", (event) => { this.coloring = event.target.value; this.draw(); });
      of("together")?.addEventListener("change", (event) => { this.together = event.target.checked; this.draw(); });
      of("behind")?.addEventListener("change", (event) => { this.withBehind = event.target.checked; this.draw(); });
      of("center").addEventListener("click", () => { this.viewer.zoomTo(this.selection(), 300); });
      this.tool = of;
    }

    // A model is parsed when it is first shown.
    load(index) {
      if (this.loaded.has(index)) return this.loaded.get(index);
      const { text, format } = this.data.models[index];
      const model = this.viewer.addModel(text, format);
      const residues = [];
      const places = new Map();
      const chains = [];
      for (const atom of model.selectedAtoms({})) {
        const key = `${atom.chain}|${atom.resi}|${atom.icode || ""}`;
        if (!places.has(key)) {
          places.set(key, residues.length);
          if (chains.at(-1) !== atom.chain) chains.push(atom.chain);
          residues.push({ chain: atom.chain, number: atom.resi, code: (atom.icode || "").trim(), name: atom.resn, value: atom.b, atoms: [] });
        }
        atom.place = places.get(key);
        atom.chainPlace = chains.indexOf(atom.chain);
        atom.modelPlace = index;
        residues[atom.place].atoms.push(atom);
      }
      const one = { model, residues, chains };
      this.loaded.set(index, one);
      return one;
    }

    get residues() { return this.load(this.shown).residues; }

    // One model or all, and the one behind them unless it is switched off.
    get visible() {
      const models = this.data.models.map((_, index) => index).filter((index) => !this.isBehind(index));
      return [...(this.together ? models : [this.shown]), ...(this.data.behind !== null && this.withBehind ? [this.data.behind] : [])];
    }

    isBehind(index) { return index === this.data.behind; }

    show(index) {
      this.shown = index;
      const choice = this.tool("model");
      if (choice) choice.value = String(index);
      this.draw();
      document.dispatchEvent(new CustomEvent("protfold:model", { detail: { view: this.id, model: index } }));
    }

    // Colours residues; each group is {residues: [place, ...], color, title}. No group: the chosen colouring again.
    mark(groups) {
      this.groups = groups.filter((one) => one.residues.length);
      this.draw();
    }

    selection() {
      const places = new Set(this.groups.flatMap((one) => [...one.residues]));
      if (!places.size) return {};
      const residues = [...places].map((place) => this.residues[place]).filter(Boolean);
      return { predicate: (atom) => residues.some((one) => one.number === atom.resi && one.chain === atom.chain && (atom.icode || "").trim() === one.code) };
    }

    colorOf(atom) {
      if (this.isBehind(atom.modelPlace)) return this.data.models[atom.modelPlace].color;
      const scheme = this.coloring;
      if (scheme === "plddt") return plddtBand(atom.b)[1];
      if (scheme === "chain") return distinct(atom.chainPlace);
      if (scheme === "model") return this.data.models[atom.modelPlace].color || distinct(atom.modelPlace);
      if (scheme === "secondary") return (SECONDARY[atom.ss] || SECONDARY.c)[0];
      return scheme;
    }

    draw() {
      const visible = this.visible;
      visible.forEach((index) => this.load(index));
      const marked = new Map();
      for (const group of this.groups) for (const place of group.residues) marked.set(place, group.color);
      for (const [index, { model }] of this.loaded) {
        if (!visible.includes(index)) { model.setStyle({}, {}); model.hide(); continue; }
        model.show();
        const own = this.isBehind(index) || !marked.size;
        const color = own ? (atom) => this.colorOf(atom) : (atom) => marked.get(atom.place) || UNMARKED;
        model.setStyle({}, { cartoon: { colorfunc: color, arrows: true, thickness: 0.35 } });
        if (!own && marked.size <= 40) {
          model.setStyle({ predicate: (atom) => marked.has(atom.place) && !["N", "C", "O"].includes(atom.atom) },
            { cartoon: { colorfunc: color, arrows: true, thickness: 0.35 }, stick: { radius: 0.13, colorfunc: color } });
        }
      }
      this.viewer.render();
      this.legend();
      this.element.dataset.drawn = "true";
    }

    legend() {
      let entries = [];
      const shown = this.visible.filter((index) => !this.isBehind(index));
      if (this.groups.length) entries = [...this.groups.map((one) => [one.color, one.title]), [UNMARKED, "other residues"]];
      else if (this.coloring === "plddt") entries = PLDDT.map(([, color, text]) => [color, `pLDDT ${text}`]);
      else if (this.coloring === "secondary") entries = Object.values(SECONDARY);
      else if (this.coloring === "chain") entries = this.load(this.shown).chains.map((chain, index) => [distinct(index), `chain ${chain}`]);
      else if (this.coloring === "model") entries = shown.map((index) => [this.data.models[index].color || distinct(index), this.data.models[index].label]);
      for (const index of this.visible) if (this.isBehind(index)) entries.push([this.data.models[index].color, this.data.models[index].label]);
      this.element.querySelector(".legend").replaceChildren(...entries.map(([color, text]) => {
        const item = document.createElement("li");
        const swatch = document.createElement("i");
        swatch.style.background = color;
        item.append(swatch, text);
        return item;
      }));
    }

    describe(residue, index) {
      if (this.isBehind(index)) return `${this.data.models[index].label}: chain ${residue.chain}, ${residue.name} ${residue.number}${residue.code}`;
      const value = this.data.values === "plddt" ? `, pLDDT ${residue.value.toFixed(1)}` : "";
      return `Chain ${residue.chain}, ${residue.name} ${residue.number}${residue.code}${value}`;
    }

    // Rings one residue and says which it is; null takes the ring away.
    point(place) {
      if (this.ring) this.viewer.removeShape(this.ring);
      this.ring = null;
      const residue = place === null ? null : this.residues[place];
      this.readout.textContent = residue ? this.describe(residue, this.shown) : "";
      const center = residue && (residue.atoms.find((atom) => atom.atom === "CA") || residue.atoms[0]);
      if (center) this.ring = this.viewer.addSphere({ center, radius: 1.7, color: HOVERED, opacity: 0.65 });
      this.viewer.render();
    }

    hovered(atom) {
      this.readout.textContent = this.describe(this.load(atom.modelPlace).residues[atom.place], atom.modelPlace);
      const linked = !this.isBehind(atom.modelPlace);
      document.dispatchEvent(new CustomEvent("protfold:hover", { detail: { view: this.id, place: atom.place, linked } }));
    }

    unhovered() {
      this.readout.textContent = "";
      document.dispatchEvent(new CustomEvent("protfold:hover", { detail: { view: this.id, place: null, linked: true } }));
    }
  }

  protfold.plddtBand = plddtBand;
  protfold.distinct = distinct;
  protfold.views = {};
  const draw = (element) => {
    try {
      protfold.views[element.dataset.structure] = new StructureView(element);
      performance.mark(`drawn ${element.dataset.structure}`);
    } catch (error) {
      const message = document.createElement("p");
      message.className = "problem";
      message.textContent = `The 3-D view cannot be drawn here (${error.message}); it needs WebGL. Everything else on the page works without it.`;
      element.querySelector(".structure-canvas").replaceChildren(message);
    }
  };
  // The page shows first; then its structures are read and drawn.
  requestAnimationFrame(() => setTimeout(() => document.querySelectorAll("[data-structure]").forEach(draw)));
})();
