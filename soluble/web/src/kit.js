/**
 * What the page's scripts share, loaded once and before them: `build.mjs` leads their imports of these files to
 * `globalThis.solubleKit`. Its order is that of the imports.
 */
import * as chart from "./chart.js";
import * as controls from "./controls.js";
import * as dom from "./dom.js";
import * as download from "./download.js";
import * as format from "./format.js";
import * as hash from "./hash.js";
import * as reading from "./reading.js";
import * as scales from "./scales.js";
import * as shell from "./shell.js";
import * as state from "./state.js";
import * as words from "./words.js";

globalThis.solubleKit = { chart, controls, dom, download, format, hash, reading, scales, shell, state, words };
