/** What runs in the browser on pages of several runs: values where one points, lines alone, lines taken away. */

/** Plain JavaScript, which asks for nothing. Values are read off the lines: four digits of the axis. */
export const readingScript = String.raw`"use strict";
(() => {
  const most = 12;
  const points = new WeakMap();
  let pointed;
  let isDue = false;

  /** The corners of a line, in thousandths of the plot. */
  function pointsOf(curve) {
    if (!points.has(curve)) {
      const corners = curve.getAttribute("d").split(/[ML]/).slice(1);
      points.set(curve, corners.map((corner) => corner.split(",").map(parseFloat)));
    }
    return points.get(curve);
  }

  function valueAt(axis, share) {
    const [low, high, way] = axis.split(" ");
    const value = way === "log" ? low * (high / low) ** share : Number(low) + (high - low) * share;
    const text = value.toPrecision(4);
    return text.includes("e") ? text : String(Number(text));
  }

  function nearest(corners, x) {
    const near = corners.reduce((best, corner) => (Math.abs(corner[0] - x) < Math.abs(best[0] - x) ? corner : best));
    return near[0] < x - 30 && near === corners.at(-1) ? undefined : near;
  }

  function element(style, text) {
    return Object.assign(document.createElement("div"), { className: style, textContent: text });
  }

  function show(plot, x, y) {
    const groups = [...plot.querySelectorAll("g")].filter((group) => group.checkVisibility());
    const read = groups.flatMap((group) => {
      const near = nearest(pointsOf(group.querySelector(".curve")), x);
      return near === undefined ? [] : [{ group, near }];
    });
    if (read.length === 0) return;
    const place = read.reduce((best, { near }) => (Math.abs(near[0] - x) < Math.abs(best - x) ? near[0] : best), Infinity);
    const told = read.sort((a, b) => Math.abs(a.near[1] - y) - Math.abs(b.near[1] - y)).slice(0, most);
    const readout = element("readout", "");
    readout.append(element("at", plot.dataset.unit + " " + valueAt(plot.dataset.across, place / 1000)));
    for (const { group, near } of told.sort((a, b) => a.near[1] - b.near[1])) {
      const row = element(group.getAttribute("class"), valueAt(plot.dataset.up, 1 - near[1] / 1000) + "  " + group.querySelector("title").textContent);
      readout.append(row);
    }
    if (read.length > told.length) readout.append(element("at", "and " + (read.length - told.length) + " more"));
    const hair = element("hair", "");
    hair.style.left = place / 10 + "%";
    readout.style[place > 500 ? "right" : "left"] = "calc(" + (place > 500 ? 100 - place / 10 : place / 10) + "% + 0.6rem)";
    plot.append(hair, readout);
  }

  function read() {
    for (const old of document.querySelectorAll(".hair, .readout")) old.remove();
    if (pointed === undefined) return;
    const plot = document.elementFromPoint(...pointed)?.closest(".plot");
    if (plot === undefined || plot === null) return;
    const box = plot.getBoundingClientRect();
    const [x, y] = [(1000 * (pointed[0] - box.left)) / box.width, (1000 * (pointed[1] - box.top)) / box.height];
    if (x >= -20 && x <= 1020 && y >= 0 && y <= 1000) show(plot, x, y);
  }

  document.addEventListener("pointermove", ({ clientX, clientY }) => {
    pointed = [clientX, clientY];
    if (isDue) return;
    isDue = true;
    requestAnimationFrame(() => {
      isDue = false;
      read();
    });
  });
  document.addEventListener("pointerleave", () => {
    pointed = undefined;
    read();
  });
  document.addEventListener("millrace-shown", read);

  /** The run whose row or name is pointed at has its lines alone. */
  let row;
  document.addEventListener("pointerover", ({ target }) => {
    const next = /row-(\d+)/.exec(target.closest("tr, li")?.className)?.[1];
    if (next === row) return;
    document.body.classList.remove("point-" + row);
    row = next;
    if (row !== undefined) document.body.classList.add("point-" + row);
  });

  /** A checkbox without a name takes lines of this page away. */
  function hide({ id, name, checked }) {
    if (/^show-\d+$/.test(id) && name === "") document.body.classList.toggle(id.replace("show", "hide"), !checked);
  }
  document.addEventListener("change", ({ target }) => hide(target));
  for (const box of document.querySelectorAll("input")) hide(box);
})();
`;
