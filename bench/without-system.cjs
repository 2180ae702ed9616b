/** Preloaded, it keeps the system's libjpeg-turbo out of a process and its threads: what is left is what `npm ci` brings. */
const { createRequire } = require("node:module");
const path = require("node:path");

const koffi = createRequire(path.join(__dirname, "../packages/source-fs/package.json"))("koffi");
const { load } = koffi;
koffi.load = (file, ...rest) => {
  // The package's own file stands under node_modules; every other one is the system's.
  if (/turbojpeg/.test(path.basename(file)) && !/node_modules/.test(file))
    throw new Error(`${file} is kept out`);
  return load(file, ...rest);
};
