/** Parquet and Arrow files of pyarrow's, in all codecs. */
import { fixture } from "./fixture.mjs";

const columns = {
  number: { type: "float64", from: "f64" },
  small: { type: "int32", from: "i16" },
  maybe: { type: "int32?", from: "int?" },
  flag: "bool",
  text: "text",
  label: { type: "class", from: "i8" },
  digits: { type: "text", from: "big" },
  raw: "bytes",
  when: { type: "date", from: "us" },
  price: { type: "float64", from: "dec9" },
  three: "float32[3]",
  member: { type: "int32?", from: "item.a" },
};
const most = (bytes) => 2 ** 26 + 64 * bytes;
const seed = (name, file) => ({
  files: { [file]: fixture(`columnar/${name}`) },
  options: { path: file, columns },
});
const parquetFiles = ["snappy", "gzip", "zstd", "brotli", "lz4", "plain", "pages"];
const arrowFiles = ["file.arrow", "stream.arrow", "lz4.feather", "zstd.feather"];

export const parquet = {
  name: "parquet",
  source: "parquet",
  most,
  seeds: () => [
    ...parquetFiles.map((name) => seed(`${name}.parquet`, "a.parquet")),
    {
      files: { "a.parquet": fixture("columnar/plain.parquet") },
      options: { path: "a.parquet", label: "i8", features: ["f64", "f32", "i32"] },
    },
  ],
};

export const arrow = {
  name: "arrow",
  source: "arrow",
  most,
  seeds: () => arrowFiles.map((name) => seed(name, `a.${name.split(".")[1]}`)),
};
