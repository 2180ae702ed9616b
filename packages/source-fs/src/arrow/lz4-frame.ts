/**
 * Frames of LZ4, whose blocks may refer to those before them.
 * https://github.com/lz4/lz4/blob/dev/doc/lz4_Frame_format.md and lz4_Block_format.md
 */

const magic = 0x184d_2204;

/** The `size` bytes that the frame holds. Throws a plain Error where it holds others, or goes beyond its bytes. */
export function decompressFrame(bytes: Uint8Array, size: number): Uint8Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 7 || view.getUint32(0, true) !== magic) throw new Error("it is no frame of LZ4");
  const flags = bytes[4];
  if (flags >> 6 !== 1) throw new Error("its frame of LZ4 is of an unknown version");
  const hasBlockSums = (flags & 16) !== 0;
  // The frame's own size, and a dictionary's number.
  let at = 4 + 2 + (flags & 8 ? 8 : 0) + (flags & 1 ? 4 : 0) + 1;
  const output = new Uint8Array(size);
  let used = 0;
  for (;;) {
    const word = view.getUint32(at, true);
    at += 4;
    if (word === 0) break;
    const length = word & 0x7fff_ffff;
    if (length > bytes.length - at) throw new Error("its frame of LZ4 is cut off");
    const block = bytes.subarray(at, at + length);
    if (word >>> 31 === 1) {
      if (length > size - used) throw new Error("its frame of LZ4 has more bytes than it says");
      output.set(block, used);
      used += length;
    } else {
      used = decompressBlock(block, output, used);
    }
    at += length + (hasBlockSums ? 4 : 0);
  }
  if (used !== size) throw new Error(`its frame of LZ4 has ${used} bytes, and not ${size}`);
  return output;
}

/** Writes behind the `used` bytes of `output` that are there already; returns how many there are then. */
function decompressBlock(block: Uint8Array, output: Uint8Array, used: number): number {
  const damaged = (): Error => new Error("a block of LZ4 is damaged");
  let at = 0;
  let to = used;
  const more = (length: number): number => {
    if (length !== 15) return length;
    let sum = length;
    let next = 255;
    while (next === 255) {
      if (at >= block.length) throw damaged();
      next = block[at++];
      sum += next;
    }
    return sum;
  };
  while (at < block.length) {
    const token = block[at++];
    const literals = more(token >> 4);
    if (literals > block.length - at || literals > output.length - to) throw damaged();
    output.set(block.subarray(at, at + literals), to);
    at += literals;
    to += literals;
    // The last sequence has literals alone.
    if (at === block.length) return to;
    if (block.length - at < 2) throw damaged();
    const offset = block[at] | (block[at + 1] << 8);
    at += 2;
    const length = more(token & 15) + 4;
    if (offset === 0 || offset > to || length > output.length - to) throw damaged();
    if (offset >= length) output.copyWithin(to, to - offset, to - offset + length);
    else for (let i = 0; i < length; i++) output[to + i] = output[to - offset + i];
    to += length;
  }
  return to;
}
