/** A small plot of one wish: the task's success against what the wish brings, with where the slider is. */

import { between, plotted, type Spot } from "./curve";

const EDGE = { left: 43, right: 8, top: 22, bottom: 20 };
const LEGEND = 68; // px from the first word of the legend to the second ...
const ROOMY = 200; // ... for which a plot must be so wide

type Size = [number, number];

function svg(tag: string, traits: Record<string, string | number>, text = ""): SVGElement {
  const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(traits)) made.setAttribute(name, String(value));
  made.textContent = text;
  return made;
}

/** The plot, so many pixels wide; now and chosen: weights. Its words stand beside it, so readers are spared it. */
export function plot(spots: readonly Spot[], now: number, chosen: number, wide: number): SVGElement {
  const size: Size = [wide, Math.round(Math.min(108, Math.max(84, 0.45 * wide)))];
  const drawn = plotted(spots);
  const root = svg("svg", { viewBox: `0 0 ${size.join(" ")}`, class: "plot", "aria-hidden": "true", focusable: "false" });
  const [left, right, bottom] = [EDGE.left, size[0] - EDGE.right, size[1] - EDGE.bottom];
  root.append(svg("path", { d: `M${left} ${EDGE.top}H${right}M${left} ${bottom}H${right}`, class: "rule" }));
  drawn.levels.forEach((level, k) => {
    root.append(svg("text", { x: left - 6, y: (k ? EDGE.top : bottom) + 4, "text-anchor": "end" }, `${Math.round(100 * level)} %`));
  });
  root.append(svg("text", { x: left, y: 11, class: "of-done" }, "task done"));
  if (drawn.success.length && wide > ROOMY) root.append(svg("text", { x: left + LEGEND, y: 11 }, "┄ true success"));
  root.append(svg("text", { x: right, y: size[1] - 5, "text-anchor": "end" }, "more of it →"));
  if (drawn.success.length) root.append(svg("path", { d: path(drawn.success, size), class: "success" }));
  root.append(svg("path", { d: path(drawn.done, size), class: "done" }));
  for (const place of drawn.done) root.append(dot(place, size, 2.4, "row"));
  for (const [weight, r, kind] of [[chosen, 6.5, "chosen"], [now, 4.2, "now"]] as const) {
    const spot = between(spots, weight);
    if (spot) root.append(dot(drawn.place(spot), size, r, kind));
  }
  return root;
}

function at([across, up]: [number, number], [wide, high]: Size): [number, number] {
  const room = [wide - EDGE.left - EDGE.right, high - EDGE.top - EDGE.bottom] as const;
  return [EDGE.left + room[0] * Math.min(Math.max(across, 0), 1), EDGE.top + room[1] * (1 - Math.min(Math.max(up, 0), 1))];
}

function path(places: [number, number][], size: Size): string {
  return places.map((place, k) => `${k ? "L" : "M"}${at(place, size).map((x) => x.toFixed(1)).join(" ")}`).join("");
}

function dot(place: [number, number], size: Size, r: number, kind: string): SVGElement {
  const [cx, cy] = at(place, size);
  return svg("circle", { cx: cx.toFixed(1), cy: cy.toFixed(1), r, class: kind });
}
