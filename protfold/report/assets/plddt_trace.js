// Confidence along the sequence: a line for each ranked model, AlphaFold DB's bands behind, ends of chains; point to read values.
"use strict";
window.protfold = window.protfold || {};
(() => {
  const MARGIN = { left: 50, right: 8, top: 20, bottom: 40 };
  const BANDS = [[90, 100, "#0053D6"], [70, 90, "#65CBF3"], [50, 70, "#FFDB13"], [0, 50, "#FF7D45"]];

  protfold.PlddtTrace = class extends protfold.Drawing {
    // settings: {axis, lines: [{values, title, color, dash}], pointed(place|null)}
    constructor(canvas, settings) {
      super(canvas, () => 250);
      Object.assign(this, settings);
      this.place = null;
      canvas.addEventListener("pointermove", (event) => this.pointed(this.placeAt(event)));
      canvas.addEventListener("pointerleave", () => this.pointed(null));
    }

    get inner() { return { width: this.width - MARGIN.left - MARGIN.right, height: this.height - MARGIN.top - MARGIN.bottom }; }

    x(place) { return MARGIN.left + ((place + 0.5) / this.axis.length) * this.inner.width; }

    y(value) { return MARGIN.top + (1 - value / 100) * this.inner.height; }

    placeAt(event) {
      const box = this.canvas.getBoundingClientRect();
      const place = Math.floor(((event.clientX - box.left - MARGIN.left) / this.inner.width) * this.axis.length);
      return place >= 0 && place < this.axis.length ? place : null;
    }

    draw() {
      const { pen, axis, inner } = this;
      const { left, top } = MARGIN;
      pen.clearRect(0, 0, this.width, this.height);
      for (const [low, high, color] of BANDS) {
        pen.save();
        pen.globalAlpha = 0.16;
        pen.fillStyle = color;
        pen.fillRect(left, this.y(high), inner.width, this.y(low) - this.y(high));
        pen.restore();
      }
      for (const value of [0, 50, 70, 90, 100]) this.text(value, left - 7, this.y(value), { align: "right" });
      for (const [place, number] of axis.ticks(Math.max(4, inner.width / 70))) {
        this.line(this.x(place), top + inner.height, this.x(place), top + inner.height + 4, this.color("text"));
        this.text(number, this.x(place), top + inner.height + 12);
      }
      [...this.lines].reverse().forEach((one) => this.drawLine(one));
      for (const end of axis.ends) this.line(this.x(end - 0.5), top, this.x(end - 0.5), top + inner.height, this.color("text"));
      for (const [middle, name] of axis.chainNames) this.text(`chain ${name}`, this.x(middle - 0.5), top - 9, { color: "text" });
      this.text("Residue", left + inner.width / 2, top + inner.height + 29, { color: "text" });
      this.text("pLDDT", 10, top + inner.height / 2, { color: "text", turned: true });
      if (this.place !== null) {
        this.line(this.x(this.place), top, this.x(this.place), top + inner.height, this.color("mark"), 1.5);
      }
    }

    // A line breaks at the end of a chain and where a value is missing.
    drawLine({ values, color, dash = [] }) {
      const { pen, axis } = this;
      pen.save();
      pen.strokeStyle = color || this.color("text");
      pen.lineWidth = color ? 1.2 : 1.8;
      pen.setLineDash(dash);
      pen.lineJoin = "round";
      pen.beginPath();
      values.forEach((value, place) => {
        if (value === null) return;
        const follows = place && values[place - 1] !== null && axis.chainOf[place] === axis.chainOf[place - 1];
        if (follows) pen.lineTo(this.x(place), this.y(value));
        else pen.moveTo(this.x(place), this.y(value));
      });
      pen.stroke();
      pen.restore();
    }

    point(place) { this.place = place; this.draw(); }
  };
})();
