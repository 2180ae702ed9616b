/** Every plugin that comes with Millrace, by the folder of its package. */

const packages = {
  "packages/core": "@millrace/core/builtin",
  "packages/source-fs": "@millrace/source-fs",
  "packages/source-sql": "@millrace/source-sql",
  "packages/collate-text": "@millrace/collate-text",
  "packages/trainer": "@millrace/trainer",
  "packages/mpi": "@millrace/mpi",
};

/** Folder and plugins of each package. Services are registered with the plugins, and have no options. */
export async function pluginsByPackage() {
  const entries = Object.entries(packages).map(async ([folder, name]) => {
    const { default: listed } = await import(name);
    return { folder, plugins: [listed].flat().filter(({ kind }) => kind !== "service") };
  });
  return Promise.all(entries);
}
