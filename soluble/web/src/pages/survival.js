/** The script `view-survival.js` of a page that has a survival explorer. */
import { mountSurvival } from "../survival/explorer.js";

(window.solubleViews ??= Object.create(null)).survival = mountSurvival;
