/** The script `view-atlas.js` of the page that has the atlas. */
import { mountAtlas } from "../atlas.js";

(window.solubleViews ??= Object.create(null)).atlas = mountAtlas;
