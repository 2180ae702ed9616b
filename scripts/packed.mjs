/** The packages as npm would publish them: packed, and installed outside the repository. */
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";

const root = resolve(import.meta.dirname ?? ".", "..");

/** What is published: folders and manifests. */
export const packages = ["packages", "apps"]
  .flatMap((top) => readdirSync(join(root, top)).map((name) => join(root, top, name)))
  .filter((folder) => existsSync(join(folder, "package.json")))
  .map((folder) => ({ folder, manifest: JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) }))
  .filter(({ manifest }) => manifest.private !== true);

/** Runs a command and gives what it writes on stdout. @throws Error with it, where the command fails. */
export const run = (command, args, cwd) =>
  execFileSync(command, args, { cwd, encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] });

const npm = (args, cwd) => run("npm", [...args, "--no-audit", "--no-fund"], cwd);

/** Packs all into `folder`; the tarballs by the names of the packages, as dependencies name them. */
export function packAll(folder) {
  return Object.fromEntries(
    packages.map((each) => {
      const [{ filename }] = JSON.parse(npm(["pack", "--json", "--pack-destination", folder], each.folder));
      return [each.manifest.name, `file:./${filename.replace(/^@/, "").replaceAll("/", "-")}`];
    }),
  );
}

/** Installs the tarballs into `folder`, and what a TypeScript project with tests has beside them. */
export function installPacked(folder, tarballs) {
  const { devDependencies } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  const { typescript, vitest } = devDependencies;
  const needed = { "@types/node": devDependencies["@types/node"], typescript, vitest, zod: "^4" };
  const dependencies = { ...tarballs, ...needed };
  const manifest = { name: "outside", private: true, type: "module", dependencies };
  // Devices of their own, large and built on the spot: not what is tried here.
  mkdirSync(join(folder, "absent"));
  writeFileSync(join(folder, "absent", "package.json"), '{ "name": "absent", "version": "4.22.0" }');
  const heavy = ["tfjs-node", "tfjs-node-gpu", "tfjs-backend-webgpu"];
  const absent = Object.fromEntries(heavy.map((name) => [`@tensorflow/${name}`, "file:./absent"]));
  const overrides = { ...tarballs, ...absent };
  writeFileSync(join(folder, "package.json"), JSON.stringify({ ...manifest, overrides }, null, 2));
  npm(["install", "--ignore-scripts", "--prefer-offline"], folder);
}
