// Pages of designs: a row of the table shows its model; sequences and structure point at each other's residues.
"use strict";
(() => {
  // The view is drawn after the page shows, and not at all without WebGL.
  const viewed = () => window.protfold?.views?.structure;
  const buttons = [...document.querySelectorAll("button[data-show]")];
  const markRow = (place) => buttons.forEach((one) => one.closest("tr").classList.toggle("shown", Number(one.dataset.show) === place));
  for (const button of buttons) {
    button.addEventListener("click", () => {
      viewed()?.show(Number(button.dataset.show));
      document.getElementById("structure").scrollIntoView({ behavior: "smooth", block: "nearest" });
    });
  }
  document.addEventListener("protfold:model", (event) => markRow(event.detail.model));
  requestAnimationFrame(() => setTimeout(() => { if (viewed()) markRow(viewed().shown); }));

  const blocks = [...document.querySelectorAll(".alignment pre")].map((element) => {
    const column = document.createElement("span");
    column.className = "column";
    column.hidden = true;
    element.append(column);
    const { first, label, length } = element.dataset;
    return { element, column, first: Number(first), label: Number(label), length: Number(length) };
  });
  const letterWidth = () => {
    const probe = document.createElement("span");
    probe.textContent = "0".repeat(100);
    blocks[0].element.append(probe);
    const width = probe.getBoundingClientRect().width / 100;
    probe.remove();
    return width;
  };
  const pointAt = (place) => {
    for (const block of blocks) {
      const inside = place !== null && place >= block.first && place < block.first + block.length;
      block.column.hidden = !inside;
      if (inside) {
        const width = letterWidth();
        block.column.style.left = `${(block.label + place - block.first) * width}px`;
        block.column.style.width = `${width}px`;
      }
    }
  };
  document.addEventListener("protfold:hover", (event) => pointAt(event.detail.place));
  for (const block of blocks) {
    block.element.addEventListener("mousemove", (event) => {
      const place = Math.floor((event.clientX - block.element.getBoundingClientRect().left) / letterWidth()) - block.label;
      const known = place >= 0 && place < block.length ? block.first + place : null;
      pointAt(known);
      const view = viewed();
      if (view) view.point(known !== null && known < view.residues.length ? known : null);
    });
    block.element.addEventListener("mouseleave", () => {
      pointAt(null);
      viewed()?.point(null);
    });
  }
})();
