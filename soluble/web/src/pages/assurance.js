/** The script `view-assurance.js` of a page that has an explorer of the chance that a trial succeeds. */
import { mountAssurance } from "../assurance/explorer.js";

(window.solubleViews ??= Object.create(null)).assurance = mountAssurance;
