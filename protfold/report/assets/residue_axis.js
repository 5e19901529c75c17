// Where residues lie along a drawn axis: ticks by the author's numbers, ends of chains, names of residues.
"use strict";
window.protfold = window.protfold || {};
(() => {
  const niceStep = (length, most) => {
    const least = length / most;
    const power = 10 ** Math.floor(Math.log10(Math.max(least, 1)));
    return [1, 2, 5, 10].map((one) => one * power).find((one) => one >= least);
  };

  protfold.ResidueAxis = class {
    constructor(data) {
      this.data = data;
      this.length = data.letters.length;
      this.chainOf = data.chains.flatMap((chain, index) => Array(chain.length).fill(index));
    }

    // [place, text] of about so many ticks.
    ticks(most) {
      const step = niceStep(this.length, most);
      return this.data.numbers.map((number, place) => [place, number]).filter(([, number]) => number % step === 0);
    }

    // Places at which a new chain begins, but the first.
    get ends() { return this.data.chains.slice(1).map((chain) => chain.start); }

    // [middle, name] of each chain where there are several.
    get chainNames() {
      return this.data.chains.length < 2 ? [] : this.data.chains.map((one) => [one.start + one.length / 2, one.id]);
    }

    name(place) {
      const { chains, numbers, codes, letters, names } = this.data;
      return `${chains[this.chainOf[place]].id} ${names[letters[place]]} ${numbers[place]}${codes[place].trim()}`;
    }

    // "A 5-20, B 3" of places in rising order.
    ranges(places) {
      const parts = [];
      let start = null;
      places.forEach((place, index) => {
        if (start === null) start = place;
        const next = places[index + 1];
        if (next === place + 1 && this.chainOf[next] === this.chainOf[place]) return;
        const { numbers, codes, chains } = this.data;
        const label = (one) => `${numbers[one]}${codes[one].trim()}`;
        parts.push(`${chains[this.chainOf[place]].id} ${start === place ? label(place) : `${label(start)}-${label(place)}`}`);
        start = null;
      });
      return parts.length > 4 ? `${parts.slice(0, 4).join(", ")}, ...` : parts.join(", ");
    }
  };

  // A canvas that is drawn again when its width, or the scheme of colours, changes; sizes in CSS pixels.
  protfold.Drawing = class {
    constructor(canvas, heightFor) {
      this.canvas = canvas;
      this.heightFor = heightFor;
      new ResizeObserver(() => this.fit()).observe(canvas.parentElement);
      matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.fit());
    }

    fit() {
      const width = Math.floor(this.canvas.parentElement.clientWidth);
      if (!width) return;
      const height = this.heightFor(width);
      const ratio = Math.max(1, window.devicePixelRatio || 1);
      this.width = width;
      this.height = height;
      this.canvas.width = Math.round(width * ratio);
      this.canvas.height = Math.round(height * ratio);
      this.canvas.style.width = `${width}px`;
      this.canvas.style.height = `${height}px`;
      this.pen = this.canvas.getContext("2d");
      this.pen.setTransform(ratio, 0, 0, ratio, 0, 0);
      this.pen.font = "11px system-ui, sans-serif";
      this.draw();
    }

    color(name) { return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim(); }

    line(x1, y1, x2, y2, color, width = 1, dash = []) {
      const { pen } = this;
      pen.save();
      pen.strokeStyle = color;
      pen.lineWidth = width;
      pen.setLineDash(dash);
      pen.beginPath();
      pen.moveTo(x1, y1);
      pen.lineTo(x2, y2);
      pen.stroke();
      pen.restore();
    }

    text(text, x, y, { align = "center", baseline = "middle", color = "muted", turned = false } = {}) {
      const { pen } = this;
      pen.save();
      pen.fillStyle = this.color(color);
      pen.textAlign = align;
      pen.textBaseline = baseline;
      pen.translate(x, y);
      if (turned) pen.rotate(-Math.PI / 2);
      pen.fillText(text, 0, 0);
      pen.restore();
    }
  };
})();
