/** Makes sentences.txt: short sentences whose words agree, such as "two old cats see the bird because they are hungry". */
import { mkdirSync, writeFileSync } from "node:fs";
import { randomNumbers } from "../random.mjs";

const draw = randomNumbers(16);
const oneOf = (values) => values[Math.floor(draw() * values.length)];
const nouns = [
  ["cat", "cats"],
  ["dog", "dogs"],
  ["girl", "girls"],
  ["boy", "boys"],
  ["horse", "horses"],
];
const verbs = [
  ["sees", "see"],
  ["follows", "follow"],
  ["likes", "like"],
  ["hears", "hear"],
];
const moods = ["hungry", "tired", "happy", "alone"];

function sentence() {
  const plural = draw() < 0.5 ? 1 : 0;
  const other = draw() < 0.5 ? 1 : 0;
  const subject = [
    oneOf(plural ? ["two", "three", "these"] : ["a", "one", "this"]),
    oneOf(["old", "young", "small"]),
  ];
  const object = [oneOf(other ? ["two", "three", "these"] : ["a", "one", "this"]), oneOf(nouns)[other]];
  const reason = ["because", plural ? "they" : "it", plural ? "are" : "is", oneOf(moods)];
  return [...subject, oneOf(nouns)[plural], oneOf(verbs)[plural], ...object, ...reason].join(" ");
}

const folder = new URL("data/", import.meta.url);
mkdirSync(folder, { recursive: true });
writeFileSync(new URL("sentences.txt", folder), `${Array.from({ length: 4000 }, sentence).join("\n")}\n`);
