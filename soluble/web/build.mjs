/**
 * Builds soluble/web/dist from soluble/web/src: `node build.mjs [folder]`. The same source gives the same bytes.
 *   explorer.js   classic script for pages, boots by itself, works from file://
 *   explorer.mjs  module for Jupyter (anywidget)
 *   explorer.css  its look
 *   book.js, book.css   the site's own, from src/book/index.js and src/css/book.css
 */
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const out = process.argv[2] ?? join(here, "dist");
const source = (...path) => join(here, "src", ...path);
const common = { bundle: true, minify: true, charset: "utf8", legalComments: "none", absWorkingDir: here, target: ["chrome111", "firefox114", "safari16.4"], logLevel: "warning" };
const jobs = [
  { entryPoints: [source("index.js")], format: "iife", outfile: join(out, "explorer.js") },
  { entryPoints: [source("widget.js")], format: "esm", outfile: join(out, "explorer.mjs") },
  { entryPoints: [source("css", "explorer.css")], outfile: join(out, "explorer.css") },
  { entryPoints: [source("book", "index.js")], format: "iife", outfile: join(out, "book.js") },
  { entryPoints: [source("css", "book.css")], outfile: join(out, "book.css"), external: ["*.woff2"] },
];
await Promise.all(jobs.filter((job) => existsSync(job.entryPoints[0])).map((job) => build({ ...common, ...job })));
