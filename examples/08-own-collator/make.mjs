/** Makes shapes.jsonl: outlines of circles, squares and triangles, each as 30 to 90 points in no order. */
import { mkdirSync, writeFileSync } from "node:fs";
import { normalNumbers, randomNumbers } from "../random.mjs";

const draw = randomNumbers(3);
const normal = normalNumbers(draw);
const corners = (count) =>
  Array.from({ length: count }, (_, i) => [
    Math.cos((2 * Math.PI * i) / count),
    Math.sin((2 * Math.PI * i) / count),
  ]);

/** A point on the outline of a polygon, or of a circle where there are no corners. */
function pointOn(polygon) {
  const place = draw();
  if (polygon.length === 0) return [Math.cos(2 * Math.PI * place), Math.sin(2 * Math.PI * place)];
  const side = Math.floor(place * polygon.length);
  const share = place * polygon.length - side;
  const [a, b] = [polygon[side], polygon[(side + 1) % polygon.length]];
  return [a[0] + share * (b[0] - a[0]), a[1] + share * (b[1] - a[1])];
}

const shapes = { circle: [], square: corners(4), triangle: corners(3) };
const lines = Array.from({ length: 1500 }, (_, i) => {
  const [shape, polygon] = Object.entries(shapes)[i % 3];
  const [turn, size] = [2 * Math.PI * draw(), 0.7 + 0.6 * draw()];
  const points = Array.from({ length: 30 + Math.floor(60 * draw()) }, () => {
    const [x, y] = pointOn(polygon);
    const turned = [x * Math.cos(turn) - y * Math.sin(turn), x * Math.sin(turn) + y * Math.cos(turn)];
    return turned.map((value) => Number((size * value + 0.02 * normal()).toFixed(3)));
  });
  return JSON.stringify({ points: points.flat(), shape });
});
const folder = new URL("data/", import.meta.url);
mkdirSync(folder, { recursive: true });
writeFileSync(new URL("shapes.jsonl", folder), `${lines.join("\n")}\n`);
