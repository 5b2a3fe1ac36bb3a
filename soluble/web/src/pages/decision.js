/** The script `view-decision.js` of a page that has a decision explorer. */
import { mountDecision } from "../decision/explorer.js";

(window.solubleViews ??= Object.create(null)).decision = mountDecision;
