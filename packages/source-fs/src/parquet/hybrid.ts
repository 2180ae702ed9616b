/**
 * Runs and packed bits, as levels and places in dictionaries are written.
 * https://parquet.apache.org/docs/file-format/data-pages/encodings/#run-length-encoding--bit-packing-hybrid-rle--3
 */

/**
 * Reads `count` numbers of `width` bits from `start` on into `out`, from `first` on. Throws a plain Error where the bytes
 * end before, or a run says more than there is.
 */
export function readHybrid(
  bytes: Uint8Array,
  { start, end, width }: { readonly start: number; readonly end: number; readonly width: number },
  out: Uint8Array | Int32Array,
  first: number,
  count: number,
): void {
  if (width > 32) throw new Error(`numbers of ${width} bits are none`);
  const widthBytes = (width + 7) >> 3;
  let at = start;
  let done = 0;
  while (done < count) {
    let header = 0;
    for (let shift = 0; ; shift += 7) {
      if (at >= end || shift > 28) throw new Error("runs end before the last value");
      const next = bytes[at++];
      header += (next & 0x7f) * 2 ** shift;
      if (next < 0x80) break;
    }
    const length = Math.floor(header / 2);
    if (header % 2 === 1) {
      const some = Math.min(length * 8, count - done);
      // The last group is padded, by most writers.
      if (Math.ceil((some * width) / 8) > end - at) throw new Error("packed bits end before the last value");
      unpack(bytes, at, width, out, first + done, some);
      at = Math.min(end, at + length * width);
      done += some;
      continue;
    }
    if (widthBytes > end - at) throw new Error("a run has no value");
    let value = 0;
    for (let i = 0; i < widthBytes; i++) value |= bytes[at++] << (8 * i);
    const some = Math.min(length, count - done);
    out.fill(value, first + done, first + done + some);
    done += some;
  }
}

function unpack(
  bytes: Uint8Array,
  start: number,
  width: number,
  out: Uint8Array | Int32Array,
  first: number,
  count: number,
): void {
  if (width === 0) {
    out.fill(0, first, first + count);
    return;
  }
  if (width > 24) return unpackWide(bytes, start, width, out, first, count);
  const mask = 2 ** width - 1;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  // Eight numbers take `width` bytes. Each is read with the bytes around it, as long as there are so many.
  const groups = Math.max(0, Math.min(count >> 3, Math.floor((bytes.length - start - 4) / width)));
  let to = first;
  let at = start;
  for (let group = 0; group < groups; group++, at += width) {
    for (let bit = 0; bit < 8 * width; bit += width)
      out[to++] = (view.getUint32(at + (bit >> 3), true) >>> (bit & 7)) & mask;
  }
  let bits = 0;
  let held = 0;
  for (const end = first + count; to < end; to++) {
    while (held < width) {
      bits |= bytes[at++] << held;
      held += 8;
    }
    out[to] = bits & mask;
    bits >>>= width;
    held -= width;
  }
}

/** The same where a number and what is left of a byte before it do not fit into 32 bits. */
function unpackWide(
  bytes: Uint8Array,
  start: number,
  width: number,
  out: Uint8Array | Int32Array,
  first: number,
  count: number,
): void {
  for (let i = 0; i < count; i++) {
    const from = i * width;
    let value = 0;
    for (let bit = 0; bit < width; bit++) {
      const place = from + bit;
      if ((bytes[start + (place >> 3)] >> (place & 7)) & 1) value += 2 ** bit;
    }
    out[first + i] = value;
  }
}
