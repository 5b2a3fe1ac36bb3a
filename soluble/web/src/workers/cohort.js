/**
 * The script `work-cohort.js`: what the cohort explorer computes. As a worker it fetches the model's script that the page names, and
 * serves; on a page that may have no worker it leaves its function there.
 */
import { serve } from "../cohort/runner.js";
import { patients } from "../cohort/simulate.js";

if (typeof importScripts === "function")
  onmessage = ({ data }) => {
    importScripts(data.source);
    serve(globalThis, (job, key) => patients(globalThis.solubleModels[key], job));
  };
else globalThis.solubleCohort = { patients };
