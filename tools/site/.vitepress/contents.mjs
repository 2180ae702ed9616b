/** What the site's sidebar lists, by the files of the pages, and what its first page shows above its text. */
import { addresses } from "./pages.mjs";

const below = (folder) => [...addresses.keys()].filter((path) => path.startsWith(folder));

const listed = [
  {
    text: "Start",
    pages: ["docs/README.md", "docs/five-minutes.md", "docs/training-loop.md", "docs/cookbook.md"],
  },
  {
    text: "Guides",
    pages: [
      "docs/specs.md",
      "docs/plugins.md",
      "docs/services.md",
      "docs/text.md",
      "docs/cache.md",
      "docs/transfer-learning.md",
      "docs/after-training.md",
      "docs/looking-at-runs.md",
      "docs/debugging.md",
    ],
  },
  {
    text: "Reference",
    pages: [
      ...[
        "spec",
        "sources",
        "transforms",
        "samplers",
        "batch-samplers",
        "collate-functions",
        "models",
        "trainers",
      ].map((name) => `docs/reference/${name}.md`),
      "docs/errors.md",
      "docs/pytorch.md",
    ],
  },
  { text: "Examples", collapsed: true, pages: below("examples/") },
  { text: "Packages", collapsed: true, pages: [...below("packages/"), ...below("apps/")] },
  {
    text: "Project",
    collapsed: true,
    pages: ["ARCHITECTURE.md", "CONTRIBUTING.md", "SECURITY.md", "docs/bench.md", "docs/gpu.md"],
  },
];

/** Pages of docs that no list above has yet stand behind the guides. */
const others = below("docs/").filter((path) => !listed.some(({ pages }) => pages.includes(path)));

export const sidebar = listed.map((group) =>
  group.text === "Guides" ? { ...group, pages: [...group.pages, ...others] } : group,
);

export const home = {
  layout: "home",
  hero: {
    name: "Millrace",
    text: "Datasets, data loaders and training in TypeScript",
    tagline: "PyTorch's meaning, one JSON spec, one command, a trained model",
    actions: [
      { theme: "brand", text: "Five minutes", link: "/five-minutes" },
      { theme: "alt", text: "From PyTorch", link: "/training-loop" },
      { theme: "alt", text: "Cookbook", link: "/cookbook" },
    ],
  },
  features: [
    {
      title: "Bit for bit",
      details: "Batches are the same for 0, 1 or 8 workers; runs go on exactly where they were stopped.",
    },
    {
      title: "Any storage",
      details: "Folders, CSV, Parquet, SQL, tar shards, streams; a source of your own is one file.",
    },
    {
      title: "Every fault named",
      details:
        "All of a spec's faults at once, with line and column; a bad sample by its path, epoch and worker.",
    },
  ],
};
