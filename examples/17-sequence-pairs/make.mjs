/** Makes dates.csv: dates as people write them, and as computers do. */
import { mkdirSync, writeFileSync } from "node:fs";
import { randomNumbers } from "../random.mjs";

const draw = randomNumbers(17);
const oneOf = (values) => values[Math.floor(draw() * values.length)];
const months = [
  "January",
  "February",
  "March",
  "April",
  "May",
  "June",
  "July",
  "August",
  "September",
  "October",
  "November",
  "December",
];

function pair() {
  const [year, month, day] = [
    1970 + Math.floor(60 * draw()),
    Math.floor(12 * draw()),
    1 + Math.floor(28 * draw()),
  ];
  const name = months[month];
  const written = oneOf([
    `${day} ${name} ${year}`,
    `${name} ${day} ${year}`,
    `${day} ${name.slice(0, 3)} ${year}`,
    `${day}.${month + 1}.${year}`,
  ]);
  const two = (number) => String(number).padStart(2, "0");
  return `${written},${year}-${two(month + 1)}-${two(day)}`;
}

const folder = new URL("data/", import.meta.url);
mkdirSync(folder, { recursive: true });
writeFileSync(
  new URL("dates.csv", folder),
  `written,iso\n${Array.from({ length: 6000 }, pair).join("\n")}\n`,
);
