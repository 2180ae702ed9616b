/**
 * What Millrace does to pictures before a model sees them, in plain JavaScript: 8-bit pixels, row by row, the channels
 * of a pixel side by side. Resizing is libvips's, to the bit: whole pixels are averaged as long as that leaves twice the
 * size that is wanted, then a kernel with antialiasing takes the rest, in weights of 12 bits.
 */

/** Transparent pixels over a colour, "#rrggbb"; three channels remain of four. */
export function flatten({ width, height, channels, data }, background) {
  if (channels !== 4) return { width, height, channels, data };
  const under = [1, 3, 5].map((at) => Number.parseInt(background.slice(at, at + 2), 16));
  const flat = new Uint8Array(width * height * 3);
  for (let i = 0, j = 0; j < flat.length; i += 4, j += 3) {
    const alpha = data[i + 3];
    for (let k = 0; k < 3; k++) flat[j + k] = (data[i + k] * alpha + under[k] * (255 - alpha)) / 255;
  }
  return { width, height, channels: 3, data: flat };
}

/** ITU-R BT.601 luma in 16-bit fixed point, as Pillow's convert("L"). */
export function grayscale(pixels, wanted) {
  const { width, height, channels, data } = pixels;
  if (channels === 1 && wanted === 1) return pixels;
  const gray = new Uint8Array(width * height * wanted);
  for (let i = 0, j = 0; j < gray.length; i += channels, j += wanted) {
    const luma =
      channels === 1 ? data[i] : (data[i] * 19595 + data[i + 1] * 38470 + data[i + 2] * 7471 + 32768) >> 16;
    gray.fill(luma, j, j + wanted);
  }
  return { width, height, channels: wanted, data: gray };
}

/** One transform of preprocessing.json. */
export function changed(pixels, { use, with: options }) {
  switch (use) {
    case "resize":
      return resize(pixels, boxOf(pixels, options));
    case "center-crop":
      return centerCrop(pixels, options);
    case "normalize":
      return normalize(pixels, options);
    default:
      return grayscale(pixels, options.channels);
  }
}

/** What `size` and `maxSize` of resize come to for a picture, as torchvision has them. */
export function boxOf(pixels, { size, maxSize, width, height, fit, kernel }) {
  if (width !== undefined) return { width, height, fit, kernel };
  if (Array.isArray(size)) return { height: size[0], width: size[1], fit: "fill", kernel };
  const isTall = pixels.width <= pixels.height;
  const [short, long] = isTall ? [pixels.width, pixels.height] : [pixels.height, pixels.width];
  let shorter = size ?? Math.trunc((maxSize * short) / long);
  let longer = size === undefined ? maxSize : Math.trunc((size * long) / short);
  if (maxSize !== undefined && longer > maxSize)
    [shorter, longer] = [Math.trunc((maxSize * shorter) / longer), maxSize];
  shorter = Math.max(1, shorter);
  return { width: isTall ? shorter : longer, height: isTall ? longer : shorter, fit: "fill", kernel };
}

/** The middle of the picture, and black around one that is smaller. */
export function centerCrop(pixels, { size }) {
  const [height, width] = Array.isArray(size) ? size : [size, size];
  const start = (from, to) => (to > from ? -Math.floor((to - from) / 2) : rounded((from - to) / 2));
  return framed(pixels, width, height, start(pixels.width, width), start(pixels.height, height), 0);
}

/** (value / 255 - mean) / std of each channel, in 32 bits. */
export function normalize({ width, height, channels, data }, { mean, std }) {
  const [shifts, scales] = [mean, std].map((value) => [value].flat().map(Math.fround));
  const of = (values, channel) => values[values.length === 1 ? 0 : channel];
  const part = Math.fround(1 / 255);
  const made = Float32Array.from(data, (value, i) => {
    const channel = i % channels;
    return Math.fround(Math.fround(value * part) - of(shifts, channel)) / of(scales, channel);
  });
  return { width, height, channels, data: made };
}

/** Of `{ width, height, fit, kernel }`, as sharp and CSS `object-fit` mean them. */
export function resize(pixels, { width, height, fit, kernel }) {
  if (pixels.width === width && pixels.height === height) return pixels;
  const [shrinkX, shrinkY] = [pixels.width / width, pixels.height / height];
  if (fit === "fill") return scaled(pixels, [width, height], [shrinkX, shrinkY], kernel);
  const isInside = fit === "inside" || fit === "contain";
  const shrink = isInside ? Math.max(shrinkX, shrinkY) : Math.min(shrinkX, shrinkY);
  const whole = (size) => Math.max(1, Math.round(size * (1 / shrink)));
  const made = scaled(pixels, [whole(pixels.width), whole(pixels.height)], [shrink, shrink], kernel);
  if (fit === "inside" || fit === "outside") return made;
  const middle = (from, to) => Math.trunc((from - to + (fit === "cover" ? 1 : 0)) / 2);
  return framed(made, width, height, middle(made.width, width), middle(made.height, height));
}

/** A part of the picture, from (left, top) on; where that is outside, it is black, and opaque unless `alpha` is less. */
function framed(from, width, height, left, top, alpha = 255) {
  const { channels } = from;
  const size = width * height * channels;
  const data = from.data instanceof Float32Array ? new Float32Array(size) : new Uint8Array(size);
  for (let y = 0, to = 0; y < height; y++) {
    for (let x = 0; x < width; x++, to += channels) {
      const [sourceX, sourceY] = [x + left, y + top];
      const isInside = sourceX >= 0 && sourceX < from.width && sourceY >= 0 && sourceY < from.height;
      const at = (sourceY * from.width + sourceX) * channels;
      for (let k = 0; k < channels; k++) data[to + k] = isInside ? from.data[at + k] : k === 3 ? alpha : 0;
    }
  }
  return { width, height, channels, data };
}

/** To exactly this size, `shrinks` old pixels becoming one new along each axis. Colours count by their alpha. */
function scaled(pixels, size, shrinks, kernel) {
  const { channels, data, width, height } = pixels;
  const steps = [Math.min(shrinks[0], width), Math.min(shrinks[1], height)];
  if (channels !== 4) return toSize(pixels, size, steps, kernel);
  const byAlpha = data.map((value, i) => (i % 4 === 3 ? value : (value * data[i | 3]) / 255));
  const made = toSize({ ...pixels, data: byAlpha }, size, steps, kernel);
  const whole = (value, i) => {
    const alpha = made.data[i | 3];
    return i % 4 === 3 || alpha === 0 ? (alpha === 0 ? 0 : value) : Math.min(255, (value * 255) / alpha);
  };
  return { ...made, data: made.data.map(whole) };
}

function toSize(pixels, [width, height], [shrinkX, shrinkY], kernel) {
  const { channels } = pixels;
  let { width: columns, height: rows, data } = pixels;
  if (shrinkY > 1) {
    data = reduced(data, [1, rows, columns * channels], height, shrinkY, kernel);
    rows = height;
  }
  if (shrinkX > 1) {
    data = reduced(data, [rows, columns, channels], width, shrinkX, kernel);
    columns = width;
  }
  if (shrinkX < 1 || shrinkY < 1) {
    const steps = [Math.min(1, shrinkX), Math.min(1, shrinkY)];
    data = enlarged({ width: columns, height: rows, channels, data }, [width, height], steps, kernel);
  }
  return { width, height, channels, data };
}

/** The kernels: how far they reach, and their values. */
const kernels = {
  linear: [1, (x) => Math.max(0, 1 - Math.abs(x))],
  cubic: [2, (x) => keys(Math.abs(x), 0, 0.5)],
  mitchell: [2, (x) => keys(Math.abs(x), 1 / 3, 1 / 3)],
  lanczos2: [2, (x) => lanczos(x, 2)],
  lanczos3: [3, (x) => lanczos(x, 3)],
};

/** Mitchell and Netravali, "Reconstruction filters in computer graphics" (1988), equation 8. */
function keys(x, b, c) {
  if (x > 2) return 0;
  return x <= 1
    ? ((12 - 9 * b - 6 * c) * x ** 3 + (-18 + 12 * b + 6 * c) * x ** 2 + (6 - 2 * b)) / 6
    : ((-b - 6 * c) * x ** 3 + (6 * b + 30 * c) * x ** 2 + (-12 * b - 48 * c) * x + (8 * b + 24 * c)) / 6;
}

function lanczos(x, lobes) {
  return Math.abs(x) > lobes ? 0 : sinc(x) * sinc(x / lobes);
}

function sinc(x) {
  return x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x);
}

const one = 4096;
/** Positions between two pixels are known to a 64th. */
const places = 64;

/** Makes the middle one of three axes shorter, `pixels` old positions becoming one new. */
function reduced(data, [outer, length, inner], size, pixels, kernel) {
  if (kernel === "nearest") return sampled(data, [outer, length, inner], size, pixels);
  const factor = Math.max(1, Math.floor(length / size / 2));
  const [from, left] = factor > 1 ? averaged(data, [outer, length, inner], factor) : [data, length];
  const shrink = pixels / factor;
  if (shrink === 1) return from;
  // What is too much, or missing, at both ends.
  const start = (shrink * factor * size - length) / factor / 2;
  const [reach, valueAt] = kernels[kernel];
  const taps = 2 * rounded(reach * shrink) + 1;
  const tables = Array.from({ length: places + 1 }, (_, i) => weights(valueAt, taps, shrink, i / places));
  const made = new Uint8Array(outer * size * inner);
  let center = shrink / 2 - start;
  for (let position = 0; position < size; position++, center += shrink) {
    const first = Math.floor(center) - (taps - 1) / 2;
    const table = tables[Math.round((Math.floor(center * places * 2) % (places * 2)) / 2)];
    for (let line = 0; line < outer; line++) {
      for (let k = 0; k < inner; k++) {
        let sum = one / 2;
        for (let i = 0; i < taps; i++) {
          const at = Math.min(left - 1, Math.max(0, first + i));
          sum += table[i] * from[(line * left + at) * inner + k];
        }
        made[(line * size + position) * inner + k] = Math.min(255, Math.max(0, sum >> 12));
      }
    }
  }
  return made;
}

function weights(valueAt, taps, shrink, place) {
  const center = place + taps / 2 - 1;
  const values = Array.from({ length: taps }, (_, i) => valueAt((i - center) / shrink));
  const sum = values.reduce((a, b) => a + b);
  return values.map((value) => Math.trunc((value / sum) * one));
}

/** Half to even. */
function rounded(value) {
  const whole = Math.round(value);
  return whole - value === 0.5 && whole % 2 === 1 ? whole - 1 : whole;
}

/** Each `factor` positions become their mean; the last one is repeated where they do not suffice. */
function averaged(data, [outer, length, inner], factor) {
  const size = Math.ceil(length / factor);
  const made = new Uint8Array(outer * size * inner);
  // A division in 24 bits behind the point, as libvips has it.
  const share = Math.floor(2 ** 24 / factor);
  for (let line = 0; line < outer; line++) {
    for (let position = 0; position < size; position++) {
      for (let k = 0; k < inner; k++) {
        let sum = factor >> 1;
        for (let i = 0; i < factor; i++) {
          const at = Math.min(length - 1, position * factor + i);
          sum += data[(line * length + at) * inner + k];
        }
        made[(line * size + position) * inner + k] = Math.floor((sum * share) / 2 ** 24);
      }
    }
  }
  return [made, size];
}

/** The nearest positions alone, of every `factor`-th. */
function sampled(data, [outer, length, inner], size, pixels) {
  const factor = Math.max(1, Math.floor(pixels / 2));
  const shrink = pixels / factor;
  const left = Math.floor(length / factor);
  const start = (shrink * size - left) / 2;
  const made = new Uint8Array(outer * size * inner);
  for (let position = 0; position < size; position++) {
    const at = factor * Math.min(left - 1, Math.max(0, Math.trunc((position + 0.5) * shrink - start)));
    for (let line = 0; line < outer; line++) {
      const from = (line * length + at) * inner;
      made.set(data.subarray(from, from + inner), (line * size + position) * inner);
    }
  }
  return made;
}

/** Catmull and Rom's spline between the second and the third of four pixels. */
const splines = Array.from({ length: places + 1 }, (_, i) => {
  const x = i / places;
  const outer = [-0.5 * x * (1 - x) ** 2, -0.5 * (1 - x) * x ** 2];
  const inner = [1 - 2.5 * x ** 2 + 1.5 * x ** 3, 0.5 * x + 2 * x ** 2 - 1.5 * x ** 3];
  return [outer[0], ...inner, outer[1]].map((value) => Math.trunc(value * one));
});

/** Bilinear for the kernel linear, nearest for nearest, bicubic for all others. */
function enlarged({ width, height, channels, data }, [toWidth, toHeight], [stepX, stepY], kernel) {
  const made = new Uint8Array(toWidth * toHeight * channels);
  const mix = kernel === "linear" ? bilinear : bicubic;
  const shift = kernel === "nearest" ? 0 : 0.5;
  const clamped = (at, size) => Math.min(size - 1, Math.max(0, at));
  for (let y = 0, to = 0; y < toHeight; y++) {
    const top = y * stepY - shift;
    for (let x = 0; x < toWidth; x++, to += channels) {
      const left = x * stepX - shift;
      for (let k = 0; k < channels; k++) {
        const at = (column, row) => {
          const line = clamped(Math.floor(top) + row, height) * width;
          return data[(line + clamped(Math.floor(left) + column, width)) * channels + k];
        };
        made[to + k] =
          kernel === "nearest" ? at(0, 0) : mix(at, left - Math.floor(left), top - Math.floor(top));
      }
    }
  }
  return made;
}

function bilinear(at, x, y) {
  const [right, down] = [Math.trunc(x * one), Math.trunc(y * one)];
  const both = (down * right) >> 12;
  const across = ((one - down) * right) >> 12;
  const sum =
    (one - down - across) * at(0, 0) + across * at(1, 0) + (down - both) * at(0, 1) + both * at(1, 1);
  return (sum + one / 2) >> 12;
}

function bicubic(at, x, y) {
  const [columns, rows] = [x, y].map((place) => splines[(Math.trunc(place * places * 2) + 1) >> 1]);
  const mixed = (weights, of) => {
    let sum = one / 2;
    for (let i = 0; i < 4; i++) sum += weights[i] * of(i - 1);
    return sum >> 12;
  };
  return Math.min(
    255,
    Math.max(
      0,
      mixed(rows, (row) => mixed(columns, (column) => at(column, row))),
    ),
  );
}
