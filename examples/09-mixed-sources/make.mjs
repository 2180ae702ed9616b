/**
 * Makes the readings of two generations of pumps: many of old ones as CSV, few of new ones as JSON Lines, with other names and
 * in degrees Fahrenheit. The two wear differently, so that a model has to see enough of both.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { normalNumbers, randomNumbers } from "../random.mjs";

const draw = randomNumbers(9);
const normal = normalNumbers(draw);
const states = ["broken", "good", "worn"];
/** Means of temperature in °C and of vibration, for each state. */
const pumps = {
  old: { broken: [71, 6.2], good: [52, 2.1], worn: [60, 4.1] },
  new: { broken: [47, 5.6], good: [37, 3.2], worn: [42, 4.4] },
};

function readings(count, generation) {
  return Array.from({ length: count }, (_, i) => {
    const state = states[i % 3];
    const [temperature, vibration] = pumps[generation][state];
    return {
      temperature: temperature + 1.5 * normal(),
      vibration: Math.max(0, vibration + 0.4 * normal()),
      state,
    };
  });
}

const folder = new URL("data/", import.meta.url);
mkdirSync(folder, { recursive: true });
const old = readings(3000, "old").map(
  ({ temperature, vibration, state }) => `${temperature.toFixed(1)},${vibration.toFixed(2)},old,${state}`,
);
writeFileSync(new URL("old.csv", folder), `temperature,vibration,generation,state\n${old.join("\n")}\n`);
const recent = readings(300, "new").map(({ temperature, vibration, state }) =>
  JSON.stringify({
    tempF: Number((temperature * 1.8 + 32).toFixed(1)),
    vib: Number(vibration.toFixed(2)),
    state,
  }),
);
writeFileSync(new URL("new.jsonl", folder), `${recent.join("\n")}\n`);
