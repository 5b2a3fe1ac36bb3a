/** The script `view-network.js` of a page that has a network explorer. */
import { mountNetwork } from "../network.js";

(window.solubleViews ??= Object.create(null)).network = mountNetwork;
