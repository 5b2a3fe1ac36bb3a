/** The script `view-cutpoints.js` of a page that has an explorer of cut-points. */
import { mountCutpoints } from "../survival/cutpoints.js";

(window.solubleViews ??= Object.create(null)).cutpoints = mountCutpoints;
