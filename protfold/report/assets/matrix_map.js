// A map over pairs of residues on a canvas: point to read a value, drag over a block to choose its residues.
"use strict";
window.protfold = window.protfold || {};
(() => {
  const MARGIN = { left: 50, right: 22, top: 20, bottom: 40 };
  // ColorBrewer's sequential schemes (Harrower & Brewer 2003), from light to dark.
  const SCHEMES = {
    greens: ["#f7fcf5", "#e5f5e0", "#c7e9c0", "#a1d99b", "#74c476", "#41ab5d", "#238b45", "#006d2c", "#00441b"],
    blues: ["#f7fbff", "#deebf7", "#c6dbef", "#9ecae1", "#6baed6", "#4292c6", "#2171b5", "#08519c", "#08306b"],
  };
  const parts = (hex) => [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16));

  // Red, green and blue as a canvas stores a pixel.
  const rgb = ([red, green, blue]) => ((255 << 24) | (blue << 16) | (green << 8) | red) >>> 0;

  // 256 colours; the shares run along the scheme, backwards where dark means small.
  const ramp = (scheme, reversed) => {
    const stops = (reversed ? [...SCHEMES[scheme]].reverse() : SCHEMES[scheme]).map(parts);
    return Array.from({ length: 256 }, (_, byte) => {
      const place = (byte / 255) * (stops.length - 1);
      const low = Math.min(Math.floor(place), stops.length - 2);
      return stops[low].map((one, channel) => Math.round(one + (stops[low + 1][channel] - one) * (place - low)));
    });
  };

  protfold.bytes = (text) => Uint8Array.from(atob(text), (one) => one.charCodeAt(0));

  protfold.MatrixMap = class extends protfold.Drawing {
    // settings: {axis, size, bin, values (bytes, row by row), colorOf(byte, row, column) (packed, see rgb), xTitle, yTitle,
    //            pointed(cell|null), brushed({rows, columns}|null)}
    constructor(canvas, settings) {
      super(canvas, (width) => Math.min(width, 560));
      Object.assign(this, settings);
      this.image = this.paint();
      this.block = null;
      canvas.addEventListener("pointerdown", (event) => this.press(event));
      canvas.addEventListener("pointermove", (event) => this.move(event));
      canvas.addEventListener("pointerup", (event) => this.release(event));
      canvas.addEventListener("pointercancel", () => { this.start = null; });
      canvas.addEventListener("pointerleave", () => { if (!this.start) { this.cross = null; this.draw(); this.pointed(null); } });
    }

    paint() {
      const image = document.createElement("canvas");
      image.width = image.height = this.size;
      const pen = image.getContext("2d");
      const pixels = pen.createImageData(this.size, this.size);
      const packed = new Uint32Array(pixels.data.buffer);
      for (let row = 0, cell = 0; row < this.size; row += 1) {
        for (let column = 0; column < this.size; column += 1, cell += 1) packed[cell] = this.colorOf(this.values[cell], row, column);
      }
      pen.putImageData(pixels, 0, 0);
      return image;
    }

    get side() { return Math.min(this.width - MARGIN.left - MARGIN.right, this.height - MARGIN.top - MARGIN.bottom); }

    // Pixels from the corner for a place in the sequence.
    at(place) { return (place / this.axis.length) * this.side; }

    draw() {
      const { pen, side, axis } = this;
      const { left, top } = MARGIN;
      const ink = this.color("text");
      pen.clearRect(0, 0, this.width, this.height);
      pen.imageSmoothingEnabled = this.size > 2 * side;
      const whole = (this.size * this.bin / axis.length) * side;
      pen.save();
      pen.beginPath();
      pen.rect(left, top, side, side);
      pen.clip();
      pen.drawImage(this.image, left, top, whole, whole);
      pen.restore();
      for (const end of axis.ends) {
        this.line(left + this.at(end), top, left + this.at(end), top + side, this.color("map-line"));
        this.line(left, top + this.at(end), left + side, top + this.at(end), this.color("map-line"));
      }
      pen.strokeStyle = ink;
      pen.strokeRect(left, top, side, side);
      for (const [place, number] of axis.ticks(Math.max(3, side / 60))) {
        const offset = this.at(place + 0.5);
        this.line(left + offset, top + side, left + offset, top + side + 4, ink);
        this.line(left - 4, top + offset, left, top + offset, ink);
        this.text(number, left + offset, top + side + 12);
        this.text(number, left - 7, top + offset, { align: "right" });
      }
      for (const [middle, name] of axis.chainNames) {
        this.text(name, left + this.at(middle), top - 9, { color: "text" });
        this.text(name, left + side + 10, top + this.at(middle), { color: "text" });
      }
      this.text(this.xTitle, left + side / 2, top + side + 29, { color: "text" });
      this.text(this.yTitle, 10, top + side / 2, { color: "text", turned: true });
      if (this.cross) this.drawCross();
      if (this.block) this.drawBlock();
    }

    drawCross() {
      const { left, top } = MARGIN;
      const [x, y] = [this.cross.column, this.cross.row].map((one) => this.at((one + 0.5) * this.bin));
      this.line(left + x, top, left + x, top + this.side, this.color("map-line"), 0.7, [3, 3]);
      this.line(left, top + y, left + this.side, top + y, this.color("map-line"), 0.7, [3, 3]);
    }

    drawBlock() {
      const { rows, columns } = this.block;
      const [x1, x2, y1, y2] = [columns[0], columns[1] + 1, rows[0], rows[1] + 1].map((one) => Math.min(this.at(one * this.bin), this.side));
      this.pen.save();
      this.pen.strokeStyle = this.color("mark");
      this.pen.lineWidth = 2.5;
      this.pen.strokeRect(MARGIN.left + x1, MARGIN.top + y1, x2 - x1, y2 - y1);
      this.pen.restore();
    }

    cellAt(event) {
      const box = this.canvas.getBoundingClientRect();
      const [column, row] = [event.clientX - box.left - MARGIN.left, event.clientY - box.top - MARGIN.top].map((offset) =>
        Math.floor(((offset / this.side) * this.axis.length) / this.bin));
      const inside = row >= 0 && column >= 0 && row < this.size && column < this.size;
      return { row, column, inside };
    }

    press(event) {
      const cell = this.cellAt(event);
      if (!cell.inside || event.button) return;
      this.canvas.setPointerCapture(event.pointerId);
      this.start = cell;
      this.dragged = false;
    }

    move(event) {
      const cell = this.cellAt(event);
      if (this.start) {
        const within = (one) => Math.min(Math.max(one, 0), this.size - 1);
        const span = (a, b) => [Math.min(a, within(b)), Math.max(a, within(b))];
        this.block = { rows: span(this.start.row, cell.row), columns: span(this.start.column, cell.column) };
        this.dragged = true;
        this.draw();
        return;
      }
      this.cross = cell.inside ? cell : null;
      this.draw();
      this.pointed(this.cross);
    }

    release() {
      if (!this.start) return;
      this.start = null;
      if (!this.dragged) this.block = null;
      this.draw();
      this.brushed(this.block);
    }

    clear() { this.block = null; this.draw(); }

    // Places in the sequence that a cell's row or column stands for.
    places([first, last]) {
      const places = [];
      for (let one = first * this.bin; one < Math.min((last + 1) * this.bin, this.axis.length); one += 1) places.push(one);
      return places;
    }
  };

  protfold.rgb = rgb;
  protfold.ramp = ramp;
  // The scale beside a map, drawn with its colours.
  protfold.paintScale = (element, colors) => {
    const stops = [0, 32, 64, 96, 128, 160, 192, 224, 255].map((byte) => `rgb(${colors[byte].join(",")})`);
    element.style.background = `linear-gradient(to right, ${stops.join(",")})`;
  };
})();
