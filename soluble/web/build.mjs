/**
 * Builds soluble/web/dist from soluble/web/src: `node build.mjs [folder]`. The same source gives the same bytes.
 *   kit.js        what the next two share (src/kit.js), a classic script
 *   explorer.js   classic script for pages, boots by itself, works from file://; the views of models
 *   view-X.js     a view with a mount of its own, from src/pages/X.js, for the pages that have one
 *   frame.js      for an explorer's own page, which other sites can frame
 *   deck.js, deck.css   for the slides of a chapter
 *   work-X.js     what such a view does in a worker, from src/workers/X.js
 *   explorer.mjs  module for Jupyter (anywidget)
 *   explorer.css  its look
 *   book.js, book.css   the site's own, from src/book/index.js and src/css/book.css
 */
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const out = process.argv[2] ?? join(here, "dist");
const source = (...path) => join(here, "src", ...path);
const common = { bundle: true, minify: true, charset: "utf8", legalComments: "none", absWorkingDir: here, target: ["chrome111", "firefox114", "safari16.4"], logLevel: "warning" };
const shared = [...readFileSync(source("kit.js"), "utf8").matchAll(/from "\.\/(\w+)\.js"/g)].map((found) => found[1]);
/** Leads imports of what the kit holds to the kit. */
const kit = {
  name: "kit",
  setup(make) {
    make.onResolve({ filter: /^\.\.?\/(?:.*\/)?\w+\.js$/ }, ({ path, resolveDir }) => {
      const name = relative(source(), resolve(resolveDir, path)).replace(/\.js$/, "");
      return shared.includes(name) ? { path: name, namespace: "kit" } : undefined;
    });
    make.onLoad({ filter: /.*/, namespace: "kit" }, ({ path }) => ({ contents: `module.exports = globalThis.solubleKit.${path}` }));
  },
};
const jobs = [
  { entryPoints: [source("kit.js")], format: "iife", outfile: join(out, "kit.js") },
  { entryPoints: [source("index.js")], format: "iife", outfile: join(out, "explorer.js"), plugins: [kit] },
  ...readdirSync(source("pages")).map((name) => ({ entryPoints: [source("pages", name)], format: "iife", outfile: join(out, `view-${name}`), plugins: [kit] })),
  { entryPoints: [source("frame.js")], format: "iife", outfile: join(out, "frame.js") },
  { entryPoints: [source("deck.js")], format: "iife", outfile: join(out, "deck.js") },
  { entryPoints: [source("css", "deck.css")], outfile: join(out, "deck.css") },
  ...readdirSync(source("workers")).map((name) => ({ entryPoints: [source("workers", name)], format: "iife", outfile: join(out, `work-${name}`) })),
  { entryPoints: [source("widget.js")], format: "esm", outfile: join(out, "explorer.mjs") },
  { entryPoints: [source("css", "explorer.css")], outfile: join(out, "explorer.css") },
  { entryPoints: [source("book", "index.js")], format: "iife", outfile: join(out, "book.js") },
  { entryPoints: [source("css", "book.css")], outfile: join(out, "book.css"), external: ["*.woff2"] },
];
await Promise.all(jobs.filter((job) => existsSync(job.entryPoints[0])).map((job) => build({ ...common, ...job })));
