/** Makes rentals.csv: two years of a bicycle rental that never was, with the gaps and the mixture of a real table. */
import { writeFileSync } from "node:fs";

/** Numbers from 0 to 1 that are the same on every machine: mulberry32. */
function random(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const draw = random(7);
const normal = () => Math.sqrt(-2 * Math.log(1 - draw())) * Math.cos(2 * Math.PI * draw());
const blank = (text, share) => (draw() < share ? "" : text);

const lines = ["day,weather,temperature,wind,holiday,rentals"];
for (let i = 0; i < 730; i++) {
  const date = new Date(Date.UTC(2023, 0, 1 + i));
  const season = Math.sin((2 * Math.PI * (i - 105)) / 365.25);
  const temperature = 11 + 10 * season + 3.5 * normal();
  const wind = Math.abs(12 + 6 * normal());
  const sky = draw() + 0.1 * season;
  const weather = sky > 0.45 ? "clear" : sky > 0.15 ? "clouds" : temperature > 1 ? "rain" : "snow";
  const weekend = [0, 6].includes(date.getUTCDay());
  const holiday = draw() < 0.03;
  const base = 900 + 45 * Math.min(temperature, 26) - 9 * wind + (weekend || holiday ? -260 : 0);
  const wet = { clear: 1, clouds: 0.88, rain: 0.45, snow: 0.25 }[weather];
  const rentals = Math.max(15, Math.round(base * wet * (1 + 0.07 * normal())));
  const day = [date.getUTCDate(), date.getUTCMonth() + 1].map((part) => String(part).padStart(2, "0"));
  const written = [
    `${day.join(".")}.${date.getUTCFullYear()}`,
    blank(weather, 0.03),
    blank(temperature.toFixed(1), 0.06),
    blank(wind.toFixed(1), 0.06),
    holiday ? "yes" : "no",
    rentals,
  ];
  lines.push(written.join(","));
}
writeFileSync(new URL("./rentals.csv", import.meta.url), `${lines.join("\n")}\n`);
