/**
 * Runs a job of `patients` (`simulate.js`) away from the page's own thread: in a worker where the page may have one, and else, as from
 * a folder or in Jupyter, in slices on the page's thread that are short enough not to be felt.
 */
import { h } from "../dom.js";

const SLICE = 10, PARCEL = 40; // ms of work between looking up; ms between messages of the worker

/** Patients of a job until `until`; those that came, and whether it is done. */
function take(source, until) {
  const came = [];
  for (;;) {
    const next = source.next();
    if (next.done) return { came, done: true };
    came.push(next.value);
    if (performance.now() >= until) return { came, done: false };
  }
}

/** The worker's side: jobs come as messages, the last one counts; `patients(job, key)` go back in parcels. */
export function serve(scope, patients) {
  let current = 0;
  scope.onmessage = ({ data }) => {
    current = data.number;
    if (!data.job) return;
    let source;
    const go = () => {
      if (data.number !== current) return;
      try {
        source ??= patients(data.job, data.key);
        const { came, done } = take(source, performance.now() + PARCEL);
        scope.postMessage({ number: data.number, came, done });
        if (!done) setTimeout(go);
      } catch (error) {
        scope.postMessage({ number: data.number, failed: error.message });
      }
    };
    go();
  };
}

/** The same script, for the page's own thread. */
const fetched = (script) =>
  new Promise((resolve, reject) =>
    document.head.append(h("script", { src: script, onload: () => resolve(globalThis.solubleCohort), onerror: () => reject(new Error("the script of the simulation could not be loaded")) })),
  );

/**
 * `run(job, {some(patients), done(), failed(message)})` starts a job and ends the one before; `stop()` ends it; `where` says where
 * it runs: "worker" or "page". `script` is the address of `work-cohort.js`, `source` that of the model's script; without them (in
 * Jupyter) `patients` is the function itself.
 */
export function createRunner(model, { script, source, patients }) {
  let number = 0, worker = null, ears = null, own = patients && Promise.resolve({ patients });
  if (script && source)
    try {
      worker = new Worker(script);
    } catch {
      worker = null; // a page from a folder may not have one
    }
  if (worker) {
    worker.postMessage({ source });
    worker.onerror = () => {
      worker.terminate();
      worker = null;
      if (ears) inSlices(ears);
    };
    worker.onmessage = ({ data }) => {
      if (data.number !== number || !ears) return;
      if (data.failed) return ears.failed(data.failed);
      ears.some(data.came);
      if (data.done) ears.done();
    };
  }
  async function inSlices(hear) {
    const mine = number;
    let work;
    const go = () => {
      if (mine !== number) return;
      try {
        const { came, done } = take(work, performance.now() + SLICE);
        hear.some(came);
        if (done) hear.done();
        else setTimeout(go);
      } catch (error) {
        hear.failed(error.message);
      }
    };
    try {
      own ??= fetched(script);
      work = (await own).patients(model, hear.job);
      setTimeout(go);
    } catch (error) {
      if (mine === number) hear.failed(error.message);
    }
  }
  return {
    get where() {
      return worker ? "worker" : "page";
    },
    run(job, hear) {
      number++;
      ears = { ...hear, job };
      if (worker) worker.postMessage({ number, job, key: model.key });
      else inSlices(ears);
    },
    stop() {
      number++;
      ears = null;
      worker?.postMessage({ number });
    },
    destroy() {
      number++;
      ears = null;
      worker?.terminate();
    },
  };
}
