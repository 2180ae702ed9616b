/** WAV files of every encoding, whole, in windows and at another rate. */

/** `tag` is the format's number, `bits` those of one number. */
function wavFile(tag, bits, channels, frames, rate = 8000) {
  const bytes = bits / 8;
  const data = Buffer.alloc(frames * channels * bytes);
  for (let i = 0; i < frames * channels; i++) {
    const value = Math.sin(i / 9) * 0.8;
    if (tag === 3) data[bits === 32 ? "writeFloatLE" : "writeDoubleLE"](value, i * bytes);
    else if (bits === 8) data.writeUInt8(128 + Math.round(100 * value), i);
    else data.writeIntLE(Math.round(value * 2 ** (bits - 2)), i * bytes, bytes);
  }
  const format = Buffer.alloc(16);
  format.writeUInt16LE(tag, 0);
  format.writeUInt16LE(channels, 2);
  format.writeUInt32LE(rate, 4);
  format.writeUInt32LE(rate * channels * bytes, 8);
  format.writeUInt16LE(channels * bytes, 12);
  format.writeUInt16LE(bits, 14);
  const chunk = (name, content) => {
    const head = Buffer.alloc(8);
    head.write(name, 0, "latin1");
    head.writeUInt32LE(content.length, 4);
    return Buffer.concat([head, content, Buffer.alloc(content.length % 2)]);
  };
  const parts = [chunk("LIST", Buffer.from("INFOsoft")), chunk("fmt ", format), chunk("data", data)];
  return chunk("RIFF", Buffer.concat([Buffer.from("WAVE"), ...parts]));
}

const encodings = [
  [1, 8],
  [1, 16],
  [1, 24],
  [1, 32],
  [3, 32],
  [3, 64],
];

export const wav = {
  name: "wav",
  source: "wav",
  // The library that converts rates asks for 26 MB, whatever there is to do.
  most: (bytes) => 2 ** 25 + 64 * bytes,
  seeds: () => [
    ...encodings.map(([tag, bits], i) => ({
      files: { "one/a.wav": wavFile(tag, bits, 1 + (i % 2), 120) },
      options: { root: "." },
    })),
    {
      files: { "one/a.wav": wavFile(1, 16, 1, 300), "two/b.wav": wavFile(1, 16, 1, 90) },
      options: { root: ".", seconds: 0.02 },
    },
    { files: { "one/a.wav": wavFile(1, 16, 1, 300) }, options: { root: ".", sampleRate: 11_025 } },
  ],
};
