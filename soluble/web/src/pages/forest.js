/** The script `view-forest.js` of a page that has a forest explorer. */
import { mountForest } from "../forest.js";

(window.solubleViews ??= Object.create(null)).forest = mountForest;
