/** The script `view-phase.js` of a page that has a phase explorer. */
import { mountPhase } from "../views/phase.js";

(window.solubleViews ??= Object.create(null)).phase = mountPhase;
