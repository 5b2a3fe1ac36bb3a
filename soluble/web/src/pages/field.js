/** The script `view-field.js` of a page that has a field explorer. */
import { mountField } from "../field/view.js";

(window.solubleViews ??= Object.create(null)).field = mountField;
