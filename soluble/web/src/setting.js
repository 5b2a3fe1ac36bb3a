/**
 * What the views of simulated patients and of closed forms share: a state of numbers by name, and what it gives. That is computed
 * at most once a frame, drawn and spoken; the first setting can stay behind as a ghost; panel and handle are the same for all.
 */
import { button, compareButton, createControls, seedButton } from "./shell.js";
import { stateHandle } from "./state.js";

/**
 * `view` = { compute(values, scenario) → what a setting gives, draw(now, ghost) (ghost: the first setting, or null),
 * summary(now) → text }. The shell's `me` may ask `life` for its summary, its picture and what is current.
 */
export function createLife(config, state, shell, view) {
  const timings = { solve: 0, paint: 0, draft: false };
  const first = view.compute(state.values, state.scenario);
  let now = first, due = 0, comparing = Boolean(config.compare);
  const controls = createControls(config, state);

  function draw() {
    const began = performance.now();
    view.draw(now, comparing && !state.untouched ? first : null);
    timings.paint = performance.now() - began;
  }
  /** Do now what waits for the next frame. */
  function flush() {
    cancelAnimationFrame(due);
    due = 0;
    const began = performance.now();
    now = view.compute(state.values, state.scenario);
    timings.solve = performance.now() - began;
    draw();
    shell.speakSoon();
  }
  const current = () => {
    if (due) flush();
    return now;
  };

  /** Fill the panel and begin. `ghost` says what the first setting is drawn as; `another` of the seed, if there is one, what it draws. */
  function begin({ ghost, another = "" }) {
    const compare = compareButton(() => `Show or hide the first setting as ${ghost}`, () => {
      comparing = !comparing;
      compare.show(comparing);
      draw();
    });
    compare.show(comparing);
    state.subscribe((source) => {
      controls.show(source);
      if (source !== "reset") shell.status.textContent = "";
      due ||= requestAnimationFrame(flush);
      shell.changed(source);
    });
    const reset = button("reset", "Reset", "Back to the first setting", () => {
      shell.status.textContent = "";
      state.assign([], state.initial, "reset");
    });
    const buttons = shell.buttons(...[reset, another && seedButton(state, "Other patients", another), compare.element].filter(Boolean));
    shell.panel.replaceChildren(...[controls.scenario, controls.group, buttons, shell.files(), shell.status, controls.hint].filter(Boolean));
    shell.stage.replaceChildren(shell.svg);
    controls.show();
    draw();
    shell.live();
  }

  return {
    begin,
    current,
    draw,
    summary: () => view.summary(now),
    told: controls.told,
    handle: {
      __proto__: stateHandle(state, shell),
      get summary() {
        return view.summary(current());
      },
      set(name, value) {
        const v = state.set(name, value, name);
        flush();
        return v;
      },
      /** All that is computed at a setting (parameters by name, choices by their place). */
      solve: (values = {}) => view.compute({ ...state.values, ...values }, state.scenario),
      get lastTimings() {
        return { ...timings };
      },
      destroy() {
        cancelAnimationFrame(due);
        shell.destroy();
      },
    },
  };
}
