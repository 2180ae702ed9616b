/** The documentation as a site: docs/, the READMEs of packages and examples, and the pages about the project. */
import { fileURLToPath } from "node:url";
import { indentedCode, repository, repositoryLinks } from "./links.mjs";
import { addresses, root, titleOf } from "./pages.mjs";
import { home, sidebar } from "./contents.mjs";

const link = (path) => {
  const address = addresses.get(path);
  if (address === undefined) throw new Error(`contents.mjs: there is no page ${path}`);
  return `/${address.replace(/index$/, "")}`;
};
const item = (path) => ({ text: path === "docs/README.md" ? "Overview" : titleOf(path), link: link(path) });
const inContents = new Set(sidebar.flatMap(({ pages }) => pages));
for (const path of addresses.keys())
  if (!inContents.has(path)) throw new Error(`contents.mjs: lacks the page ${path}`);

export default {
  title: "Millrace",
  description: "PyTorch's Dataset and DataLoader for TypeScript, with the training loop around them",
  lang: "en",
  srcDir: root,
  srcExclude: [
    "**/CHANGELOG.md",
    "tools/**",
    "scripts/**",
    "docs/api/**",
    "packages/*/*/**",
    "apps/*/*/**",
    "README.md",
  ],
  rewrites: Object.fromEntries([...addresses].map(([path, address]) => [path, `${address}.md`])),
  cleanUrls: false,
  lastUpdated: false,
  head: [["link", { rel: "icon", type: "image/svg+xml", href: "/millrace.svg" }]],
  vite: {
    publicDir: fileURLToPath(new URL("../public", import.meta.url)),
    resolve: { preserveSymlinks: true },
    build: { chunkSizeWarningLimit: 2000 },
    logLevel: "warn",
  },
  markdown: {
    anchor: { slugify: githubSlug },
    config: (md) => md.use(repositoryLinks).use(indentedCode),
  },
  themeConfig: {
    logo: "/millrace.svg",
    search: { provider: "local" },
    outline: [2, 3],
    nav: [
      { text: "Start", link: link("docs/five-minutes.md") },
      { text: "From PyTorch", link: link("docs/training-loop.md") },
      { text: "Cookbook", link: link("docs/cookbook.md") },

      { text: "Reference", link: link("docs/reference/spec.md") },
      { text: "Examples", link: link("examples/README.md") },
    ],
    sidebar: sidebar.map(({ text, pages, collapsed }) => ({ text, collapsed, items: pages.map(item) })),
    socialLinks: [{ icon: "github", link: repository }],
  },
  transformPageData(page) {
    if (page.relativePath === "index.md") page.frontmatter = { ...page.frontmatter, ...home };
  },
};

/** The name of a heading's place as GitHub has it, so that links with # are right there and here. */
function githubSlug(heading) {
  return heading
    .trim()
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\s_-]/gu, "")
    .replaceAll(/\s/g, "-");
}
