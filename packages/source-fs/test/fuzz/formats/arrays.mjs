/** NPY, NPZ and safetensors files as numpy and safetensors write them; members of archives are mutated before they are packed, too. */
import { zipSync } from "fflate";
import { fixture } from "./fixture.mjs";

const npyFiles = [
  "rows-little-f4.npy",
  "rows-big-i2.npy",
  "rows-u1.npy",
  "flag-rows.npy",
  "version-3.npy",
  "fortran.npy",
];

export const npy = {
  name: "npy",
  source: "npy",
  seeds: () => [
    ...npyFiles.map((name) => ({
      files: { "x.npy": fixture(`arrays/${name}`) },
      options: { fields: { x: "x.npy" } },
    })),
    {
      files: { "x.npy": fixture("arrays/rows-little-f8.npy"), "y.npy": fixture("arrays/rows-little-i4.npy") },
      options: { fields: { x: { from: "x.npy", type: "float32" }, y: "y.npy" } },
    },
  ],
};

const member = fixture("arrays/rows-little-f4.npy");
const most = (bytes) => 2 ** 24 + 1100 * bytes;

export const npz = {
  name: "npz",
  source: "npz",
  most,
  seeds: () => [
    { files: { "a.npz": fixture("arrays/stored.npz") }, options: { path: "a.npz" } },
    { files: { "a.npz": fixture("arrays/deflated.npz") }, options: { path: "a.npz" } },
    ...[0, 6].map((level) => ({
      files: { "a.npz": member },
      packed: { "a.npz": (raw) => zipSync({ "x.npy": raw, "y.npy": member }, { level }) },
      options: { path: "a.npz", fields: { x: "x" } },
    })),
  ],
};

/** The header, whose length stands before it, is mutated before that is written. */
function withLength(raw) {
  let end = raw.indexOf("}}") + 2;
  while (raw[end] === 32) end++;
  const length = Buffer.alloc(8);
  length.writeUInt32LE(end < 2 ? 0 : end);
  return Buffer.concat([length, raw]);
}

const tensors = fixture("arrays/tensors.safetensors");

export const safetensors = {
  name: "safetensors",
  source: "safetensors",
  seeds: () => [
    {
      files: { "a.safetensors": tensors },
      options: { path: "a.safetensors", fields: { x: "F32", y: { from: "I32", type: "float32" } } },
    },
    {
      files: { "a.safetensors": tensors.subarray(8) },
      packed: { "a.safetensors": withLength },
      options: { path: "a.safetensors", fields: { x: "F16", y: "F64" } },
    },
  ],
};
