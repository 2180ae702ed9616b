/** Tells the colour profile of sRGB, by whatever name, from all others, by whatever name. */

/** The primaries of sRGB in D50, as profiles have them: X, Y, Z of red, green and blue (IEC 61966-2-1, ICC.1:2022 annex E). */
const primaries: readonly (readonly [string, readonly number[]])[] = [
  ["rXYZ", [0.4361, 0.2225, 0.0139]],
  ["gXYZ", [0.3851, 0.7169, 0.0971]],
  ["bXYZ", [0.1431, 0.0606, 0.7141]],
];
/** Half of one of 255 levels, where the curve is steepest; rounded and simplified profiles of sRGB stay below. */
const tolerance = 0.002;

/**
 * True if the profile (ICC.1:2022) is made of a matrix and three curves, and these are sRGB's. `segment` is the APP2
 * segment of a JPEG file that holds it, whole.
 */
export function isSrgb(segment: Buffer): boolean {
  const [part, parts] = segment.subarray(12, 14);
  const profile = segment.subarray(14);
  if (part !== 1 || parts !== 1 || profile.length < 132) return false;
  if (profile.toString("latin1", 16, 20) !== "RGB ") return false;
  const tags = tagsOf(profile);
  if (tags === undefined || tags.has("A2B0")) return false;
  return (
    primaries.every(([name, xyz]) => isPrimary(tags.get(name), xyz)) &&
    ["rTRC", "gTRC", "bTRC"].every((name) => isCurve(tags.get(name)))
  );
}

function tagsOf(profile: Buffer): ReadonlyMap<string, Buffer> | undefined {
  const count = profile.readUInt32BE(128);
  if (132 + 12 * count > profile.length) return undefined;
  const tags = new Map<string, Buffer>();
  for (let at = 132; at < 132 + 12 * count; at += 12) {
    const start = profile.readUInt32BE(at + 4);
    const end = start + profile.readUInt32BE(at + 8);
    if (end > profile.length) return undefined;
    tags.set(profile.toString("latin1", at, at + 4), profile.subarray(start, end));
  }
  return tags;
}

function isPrimary(tag: Buffer | undefined, xyz: readonly number[]): boolean {
  if (tag === undefined || tag.length < 20) return false;
  return xyz.every((value, i) => Math.abs(fixed(tag, 8 + 4 * i) - value) < tolerance);
}

/** Compared at 33 places. */
function isCurve(tag: Buffer | undefined): boolean {
  const curve = tag && curveOf(tag);
  if (curve === undefined) return false;
  for (let i = 0; i <= 32; i++) {
    const x = i / 32;
    const wanted = x <= 0.04045 ? x / 12.92 : ((x + 0.055) / 1.055) ** 2.4;
    if (!(Math.abs(curve(x) - wanted) < tolerance)) return false;
  }
  return true;
}

function curveOf(tag: Buffer): ((x: number) => number) | undefined {
  const type = tag.toString("latin1", 0, 4);
  if (tag.length < 12) return undefined;
  if (type === "para") return parametric(tag);
  const count = tag.readUInt32BE(8);
  if (type !== "curv" || tag.length < 12 + 2 * count) return undefined;
  if (count === 0) return (x) => x;
  if (count === 1) return (x) => x ** (tag.readUInt16BE(12) / 256);
  return (x) => {
    const at = x * (count - 1);
    const low = Math.min(Math.floor(at), count - 2);
    const [a, b] = [tag.readUInt16BE(12 + 2 * low), tag.readUInt16BE(14 + 2 * low)];
    return (a + (b - a) * (at - low)) / 65_535;
  };
}

/** Of the parametric curves (10.18), the ones that can be sRGB's: types 3 and 4. */
function parametric(tag: Buffer): ((x: number) => number) | undefined {
  const kind = tag.readUInt16BE(8);
  const count = { 3: 5, 4: 7 }[kind];
  if (count === undefined || tag.length < 12 + 4 * count) return undefined;
  const [g, a, b, c, d, e = 0, f = 0] = Array.from({ length: count }, (_, i) => fixed(tag, 12 + 4 * i));
  return (x) => (x >= d ? (a * x + b) ** g + e : c * x + f);
}

/** s15Fixed16Number. */
function fixed(tag: Buffer, at: number): number {
  return tag.readInt32BE(at) / 65_536;
}
