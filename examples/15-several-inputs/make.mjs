/** Makes questions.csv: a picture of a digit, a number, and whether the digit is greater. Neither alone tells. */
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { drawDigits } from "../01-quickstart/draw-digits.mjs";
import { randomNumbers } from "../random.mjs";

const root = fileURLToPath(new URL("data/digits/", import.meta.url));
const perClass = 300;
await drawDigits({ root, perClass, size: 28, seed: 15 });
const draw = randomNumbers(15);
const lines = Array.from({ length: 10 * perClass }, (_, i) => {
  const digit = i % 10;
  const number = Math.floor(10 * draw()) - 0.5;
  return `${digit}/${String(Math.floor(i / 10)).padStart(4, "0")}.png,${number},${digit > number ? "greater" : "less"}`;
});
writeFileSync(new URL("data/questions.csv", import.meta.url), `picture,number,answer\n${lines.join("\n")}\n`);
