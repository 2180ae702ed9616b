/** Preloaded, it keeps the system's libjpeg-turbo out of a process and its threads: what is left is what `npm ci` brings. */
const { createRequire } = require("node:module");
const { basename, join } = require("node:path");

const koffi = createRequire(join(__dirname, "../packages/source-fs/package.json"))("koffi");
const { load } = koffi;
koffi.load = (path, ...rest) => {
  // The package's own file stands under node_modules; every other one is the system's.
  if (/turbojpeg/.test(basename(path)) && !/node_modules/.test(path)) throw new Error(`${path} is kept out`);
  return load(path, ...rest);
};
