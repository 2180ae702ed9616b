/**
 * Makes the sounds of a telephone's keys (DTMF): each digit is two tones at once, as short WAV files in one folder per digit, some
 * louder and noisier than others; and a few more of which nobody is told what they are.
 */
import { mkdirSync, writeFileSync } from "node:fs";

const rate = 4000;
const low = [697, 770, 852, 941];
const high = [1209, 1336, 1477];
/** The tones of each digit, as the keys lie: 1 2 3 in the first row, 0 in the middle of the last. */
const keys = ["1", "2", "3", "4", "5", "6", "7", "8", "9", "*", "0"].flatMap((name, i) =>
  name === "*" ? [] : [{ name, tones: [low[Math.floor(i / 3)], high[i % 3]] }],
);
const perDigit = 60;

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

const draw = random(11);
const between = (from, to) => from + (to - from) * draw();

/** A key that is held for 0.4 to 0.7 seconds: two tones a little beside the right ones, in noise. */
function sound(tones) {
  const frames = Math.round(rate * between(0.4, 0.7));
  const waves = tones.map((hertz) => ({
    step: (2 * Math.PI * hertz * between(0.99, 1.01)) / rate,
    phase: between(0, 2 * Math.PI),
    loud: between(0.1, 0.4),
  }));
  const noise = between(0.02, 0.3);
  return Int16Array.from({ length: frames }, (_, i) => {
    let value = noise * between(-1, 1);
    for (const { step, phase, loud } of waves) value += loud * Math.sin(phase + step * i);
    return Math.round(32_767 * Math.max(-1, Math.min(1, value)));
  });
}

/** A WAV file of one channel of 16 bits. */
function wav(samples) {
  const data = Buffer.alloc(2 * samples.length);
  for (const [i, value] of samples.entries()) data.writeInt16LE(value, 2 * i);
  const head = Buffer.alloc(44);
  head.write("RIFF", 0);
  head.writeUInt32LE(36 + data.length, 4);
  head.write("WAVEfmt ", 8);
  head.writeUInt32LE(16, 16);
  head.writeUInt16LE(1, 20);
  head.writeUInt16LE(1, 22);
  head.writeUInt32LE(rate, 24);
  head.writeUInt32LE(2 * rate, 28);
  head.writeUInt16LE(2, 32);
  head.writeUInt16LE(16, 34);
  head.write("data", 36);
  head.writeUInt32LE(data.length, 40);
  return Buffer.concat([head, data]);
}

const folder = new URL("data/", import.meta.url);
for (const { name, tones } of keys) {
  const own = new URL(`keys/${name}/`, folder);
  mkdirSync(own, { recursive: true });
  for (let i = 0; i < perDigit; i++)
    writeFileSync(new URL(`${String(i).padStart(3, "0")}.wav`, own), wav(sound(tones)));
}
const call = new URL("call/", folder);
mkdirSync(call, { recursive: true });
const digits = ["2", "0", "4", "0", "7"];
for (const [i, digit] of digits.entries()) {
  const { tones } = keys.find(({ name }) => name === digit);
  writeFileSync(new URL(`${i + 1}.wav`, call), wav(sound(tones)));
}
const lines = digits.map((_, i) => JSON.stringify({ samples: `call/${i + 1}.wav` }));
writeFileSync(new URL("call.jsonl", folder), `${lines.join("\n")}\n`);
