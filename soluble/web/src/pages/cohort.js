/** The script `view-cohort.js` of a page that has a cohort explorer. */
import { mountCohort } from "../cohort/view.js";

(window.solubleViews ??= Object.create(null)).cohort = mountCohort;
