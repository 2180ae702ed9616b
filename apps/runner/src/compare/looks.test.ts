import { describe, expect, it } from "vitest";
import { colors, looksStyle, mostLooks } from "./looks.js";

type Three = readonly [number, number, number];

/** G. Machado et al. 2009, severity 1: how people without one kind of cones see linear RGB. */
const sights: Readonly<Record<string, readonly Three[]>> = {
  usual: [
    [1, 0, 0],
    [0, 1, 0],
    [0, 0, 1],
  ],
  protanopia: [
    [0.152286, 1.052583, -0.204868],
    [0.114503, 0.786281, 0.099216],
    [-0.003882, -0.048116, 1.051998],
  ],
  deuteranopia: [
    [0.367322, 0.860646, -0.227968],
    [0.280085, 0.672501, 0.047413],
    [-0.01182, 0.04294, 0.968881],
  ],
  tritanopia: [
    [1.255528, -0.076749, -0.178779],
    [-0.078411, 0.930809, 0.147602],
    [0.004733, 0.691367, 0.3039],
  ],
};

const linear = (color: string): Three => {
  const part = (at: number) => {
    const value = Number.parseInt(color.slice(at, at + 2), 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  };
  return [part(1), part(3), part(5)];
};

const dot = (a: Three, b: Three) => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];

function seen(color: string, sight: readonly Three[]): Three {
  const rgb = sight.map((row) => Math.min(1, Math.max(0, dot(row, linear(color))))) as unknown as Three;
  const f = (t: number) => (t > 0.008856 ? Math.cbrt(t) : 7.787 * t + 16 / 116);
  const x = f(dot([0.4124, 0.3576, 0.1805], rgb) / 0.95047);
  const y = f(dot([0.2126, 0.7152, 0.0722], rgb));
  const z = f(dot([0.0193, 0.1192, 0.9505], rgb) / 1.08883);
  return [116 * y - 16, 500 * (x - y), 200 * (y - z)];
}

describe("the colours of runs", () => {
  for (const scheme of ["light", "dark"] as const) {
    it.each(Object.entries(sights))(`are far apart, ${scheme}, with sight: %s`, (_, sight) => {
      const places = colors[scheme].map((color) => seen(color, sight));
      const distances = places.flatMap((a, i) =>
        places.slice(i + 1).map((b) => Math.hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2])),
      );
      // CIELAB; 2.3 is what can just be told apart side by side.
      expect(Math.min(...distances)).toBeGreaterThan(30);
    });
  }

  it("come with dashes and marks, so that 24 runs have looks of their own", () => {
    const looks = [...looksStyle(mostLooks).matchAll(/\.look-\d+ \{ ([^}]+) \}/g)].map(([, look]) => look);
    expect(new Set(looks).size).toBe(24);
  });
});
