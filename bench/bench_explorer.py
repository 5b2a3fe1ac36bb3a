"""How long a slider step takes: in the browser, and through a kernel with ipywidgets and matplotlib.

Browser: a real page of explorers in Chromium. Each step is a native event on a slider (of the network: on its list), at a random moment between two
frames, as a key or a finger comes; the clock starts before the event is dispatched.

* ``solver``: the model's run alone
* ``work``: all JavaScript of the step, run and picture, plus a forced layout
* ``step to paint``: until the frame that shows the change has been handed over (a task queued after the next frame); this
  includes waiting for that frame, 8.3 ms on average at 60 Hz

While a slider moves, a stiff or costly model is run as a draft (exact to the pixel); ``full`` is the run that replaces it when
the hand rests, and that stands behind the downloaded data.

Kernel: the usual way of a notebook, ``ipywidgets.interact`` over the same simulation and a matplotlib figure as PNG. The clock
runs from sending the slider's new value to the kernel until the kernel says that it is idle, the picture having arrived; the
time for showing the picture in the browser would come on top.
"""

from __future__ import annotations

import statistics
import subprocess
import tempfile
import time
from functools import partial
from pathlib import Path

from soluble.sphinxext import browser as browsers

STEPS = 60
#: A simulated cohort for the explorer of cut-points.
PATIENTS = {
    "title": "simulated", "says": "Simulated", "unit": "pg/mL", "time_unit": "months",
    "simulated": {"level": 5, "sd": 1, "median": 12, "accrual": 12, "follow_up": 36},
}  # fmt: skip


def cases():
    """Rows (name, function from an id to an explorer, control that is moved)."""
    import soluble

    plane = {"x": "T", "y": "E", "limits": {"T": (1e4, 1e9), "E": (1e4, 1e7)}}
    creemers = {"x": "T", "y": "I", "limits": {"T": (1, 1e10), "I": (1e2, 1e9)}, "log": ["T", "I"], "held": {"S": 2e4, "N": 1e6, "C": 0}}
    models = [
        ("kuznetsov-1994", "timecourse", {"controls": ["s", "a"], "show": ["T", "E"]}, "s"),
        ("nazari-2018", "timecourse", {"controls": ["rho"], "show": ["tumour", "L"]}, "rho"),
        ("il6-trans-signalling", "timecourse", {"controls": ["dose_L", "k_T"], "show": ["L_f", "CRP"], "values": {"dose_L": 300}}, "k_T"),
        ("kuznetsov-1994", "response", {"controls": ["n"], "x": "s", "of": "T", "hysteresis": True}, "n"),
        ("kuznetsov-1994", "response", {"controls": ["s"], "x": "a", "of": "T", "at": 200}, "s"),
        ("kuznetsov-1994", "phase", {"controls": ["n"], **plane}, "n"),
        ("creemers-2021", "phase", {"controls": ["xi"], **creemers}, "xi"),
    ]
    for model, view, options, control in models:
        yield f"{model}, {view}", partial(soluble.explore, model, view, scenarios=[], **options), control
    for n in (300, 1000):
        yield f"survival, {n} patients", partial(soluble.explore_survival, n=n, controls=["cut", "cv", "n"], limit=10), "cut"
    yield "cut-points, 300 patients", partial(soluble.explore_cutpoints, [PATIENTS], n=300), "low"
    for n in (400, 2000):
        yield f"decision, {n} patients", partial(soluble.explore_decision, n=n), "threshold"
    yield "assurance", soluble.explore_assurance, "events3"
    yield "network", soluble.explore_network, "mediator"


STEP = """async ([name, control, share]) => {
    const x = solubleExplorers[name];
    const figure = document.getElementById(`explorer-${name}`);
    const input = document.getElementById(`explorer-${name}-${control}`) ?? figure.querySelector(`[data-action=${control}]`);
    if (input.options) input.selectedIndex = Math.round(share * (input.options.length - 1));
    else input.value = +input.min + share * (input.max - input.min);
    const frame = () => new Promise(done => requestAnimationFrame(() => { const c = new MessageChannel(); c.port1.onmessage = done; c.port2.postMessage(0); }));
    await frame();
    await new Promise(done => setTimeout(done, 16.7 * Math.random()));
    const began = performance.now();
    input.dispatchEvent(new Event(input.options ? 'change' : 'input', {bubbles: true}));
    await frame();
    const painted = performance.now() - began;
    const { solve, paint } = x.lastTimings;
    const before = performance.now();
    figure.getBoundingClientRect();
    return { solver: solve, work: solve + paint + (performance.now() - before), painted };
}"""

#: A field explorer plays: work of each frame (steps, plane, and now and then the curves), and the frames of a second.
PLAYING = """async (frames) => {
    const x = solubleExplorers.field;
    const worked = [], apart = [];
    x.play();
    for (let k = 0, last = 0; k < frames; k++) {
        const now = await new Promise(requestAnimationFrame);
        await new Promise(done => { const c = new MessageChannel(); c.port1.onmessage = done; c.port2.postMessage(0); });
        if (x.now.ended) { x.play(); last = 0; continue; }
        const { solve, paint } = x.lastTimings;
        worked.push(solve + paint);
        if (last) apart.push(now - last);
        last = now;
    }
    x.pause();
    return { worked, apart };
}"""

FULL = """name => {
    const began = performance.now();
    solubleExplorers[name].solve();
    return performance.now() - began;
}"""


def quantiles(values):
    ordered = sorted(values)
    return statistics.median(ordered), ordered[min(len(ordered) - 1, int(0.95 * len(ordered)))]


def in_browser():
    """Rows (name, {measure: (median, p95)}) for each case."""
    import sys

    sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))
    from explorer_page import write_page
    from playwright.sync_api import sync_playwright

    with tempfile.TemporaryDirectory() as folder, sync_playwright() as p:
        write_page(Path(folder), [make(id=f"e{i}") for i, (_, make, _) in enumerate(cases())])
        chromium = p.chromium.launch(executable_path=browsers.find(), args=browsers.FLAGS)
        for i, (name, _, control) in enumerate(cases()):
            page = chromium.new_page(viewport={"width": 1280, "height": 900})
            page.goto((Path(folder) / "index.html").as_uri())
            page.evaluate("dispatchEvent(new Event('beforeprint'))")  # wakes every explorer
            page.wait_for_function("[...document.querySelectorAll('figure.explorer')].every(f => f.dataset.state === 'live')")
            page.locator(f"#explorer-e{i}").scroll_into_view_if_needed()
            page.wait_for_timeout(1500)
            shares = [0.3 + 0.4 * k / STEPS for k in range(STEPS)]
            for share in shares[:25]:  # let the browser compile what it will
                page.evaluate(STEP, [f"e{i}", control, share])
            steps = [page.evaluate(STEP, [f"e{i}", control, share]) for share in shares]
            page.wait_for_timeout(400)
            full = [page.evaluate(FULL, f"e{i}") for _ in range(10)] if page.evaluate(f"'solve' in solubleExplorers.e{i}") else [steps[-1]["solver"]]
            measures = {key: quantiles([s[key] for s in steps]) for key in ("solver", "work", "painted")} | {"full": quantiles(full)}
            yield name, measures
            page.close()
        chromium.close()


def playing():
    """Rows (name, work of a frame, time between frames), each (median, p95), of every field model at its default size."""
    from explorer_page import write_page
    from playwright.sync_api import sync_playwright

    import soluble

    with sync_playwright() as p:
        chromium = p.chromium.launch(executable_path=browsers.find(), args=browsers.FLAGS)
        for name in soluble.list_fields():
            with tempfile.TemporaryDirectory() as folder:
                write_page(Path(folder), [soluble.explore_field(name, id="field")])
                page = chromium.new_page(viewport={"width": 1280, "height": 1000}, reduced_motion="reduce")
                page.goto((Path(folder) / "index.html").as_uri())
                page.wait_for_function("window.solubleExplorers?.field && !solubleExplorers.field.now.busy")
                page.evaluate(PLAYING, 60)  # let the browser compile what it will
                got = page.evaluate(PLAYING, 300)
                yield name, quantiles(got["worked"]), quantiles(got["apart"])
                page.close()
        chromium.close()


#: A cohort explorer simulates: ms to the first picture, to the end, and the longest task on the page's own thread meanwhile.
TRIAL = """async (seed) => {
    const x = solubleExplorers.trial, tasks = [];
    const seen = new PerformanceObserver(list => list.getEntries().forEach(entry => tasks.push(entry.duration)));
    seen.observe({ entryTypes: ["longtask"] });
    x.set("seed", seed);
    await new Promise(done => setTimeout(done, 200));
    while (x.busy) await new Promise(done => setTimeout(done, 20));
    seen.disconnect();
    const { first, all } = x.lastTimings;
    return { first, all, longest: Math.max(0, ...tasks), where: x.where };
}"""


def trials():
    """Rows (how the page came, {measure: (median, p95)}) for 1,000 virtual patients under two arms, in a worker and from a folder."""
    import soluble
    from conftest import serving
    from explorer_page import write_page
    from playwright.sync_api import sync_playwright

    with tempfile.TemporaryDirectory() as folder, sync_playwright() as p:
        write_page(Path(folder), [soluble.explore_cohort("virtual-trial", armA="pd1", armB="pd1-vegf", controls=["n", "seed"])])
        chromium = p.chromium.launch(executable_path=browsers.find(), args=browsers.FLAGS)
        with serving(folder) as served:
            for address in (f"{served}/index.html", (Path(folder) / "index.html").as_uri()):
                page = chromium.new_page(viewport={"width": 1280, "height": 1100})
                page.goto(address)
                page.evaluate("dispatchEvent(new Event('beforeprint'))")
                page.evaluate(TRIAL, 2)  # let the browser compile what it will
                runs = [page.evaluate(TRIAL, seed) for seed in range(3, 11)]
                yield runs[0]["where"], {key: quantiles([r[key] for r in runs]) for key in ("first", "all", "longest")}
                page.close()
        chromium.close()


#: 500 shuffles of a cohort, each searched for its best cut: ms to the last, and the longest task on the page's own thread.
SHUFFLES = """async (seed) => {
    const x = solubleExplorers.cuts, tasks = [];
    const seen = new PerformanceObserver(list => list.getEntries().forEach(entry => tasks.push(entry.duration)));
    seen.observe({ entryTypes: ["longtask"] });
    x.set("seed", seed);
    const began = performance.now();
    document.querySelector("[data-action=shuffle]").click();
    while (x.noise.running || x.noise.list.length < 500) await new Promise(done => setTimeout(done, 10));
    seen.disconnect();
    return { all: performance.now() - began, longest: Math.max(0, ...tasks) };
}"""


def shuffles():
    """{measure: (median, p95)} of 500 shuffles of 300 patients in the explorer of cut-points."""
    import soluble
    from explorer_page import write_page
    from playwright.sync_api import sync_playwright

    with tempfile.TemporaryDirectory() as folder, sync_playwright() as p:
        write_page(Path(folder), [soluble.explore_cutpoints([PATIENTS], n=300, id="cuts")])
        chromium = p.chromium.launch(executable_path=browsers.find(), args=browsers.FLAGS)
        page = chromium.new_page(viewport={"width": 1280, "height": 1100})
        page.goto((Path(folder) / "index.html").as_uri())
        page.evaluate("dispatchEvent(new Event('beforeprint'))")
        page.wait_for_function("document.querySelector('figure.explorer').dataset.state === 'live'")
        runs = [page.evaluate(SHUFFLES, seed) for seed in range(2, 11)][1:]
        chromium.close()
    return {key: quantiles([r[key] for r in runs]) for key in ("all", "longest")}


KERNEL = """
import ipywidgets, soluble
import matplotlib.pyplot as plt
%matplotlib inline
model = soluble.load_model("kuznetsov-1994")
def draw(s):
    run = model.simulate(s=s)
    figure, axes = plt.subplots(figsize=(6, 4))
    axes.plot(run.index, run["T"], label="tumour cells")
    axes.plot(run.index, run["E"], label="effector cells")
    axes.set(xlabel="time (days)", ylabel="cells")
    axes.legend()
    plt.show()
slider = ipywidgets.FloatLogSlider(value=1.3e4, min=3, max=5)
out = ipywidgets.interactive_output(draw, {"s": slider})
"""


def through_kernel(steps=20):
    """Milliseconds from a slider's message to the picture's arrival, (median, p95)."""
    from jupyter_client.manager import start_new_kernel

    manager, client = start_new_kernel(kernel_name="python3", stderr=subprocess.DEVNULL)
    try:
        client.execute_interactive(KERNEL, timeout=120, output_hook=lambda message: None)
        got = []
        client.execute_interactive("print(slider.model_id)", timeout=30, output_hook=lambda m: got.append(m["content"].get("text", "")))
        comm = "".join(got).strip()
        times = []
        for k in range(steps):
            value = 10 ** (3.5 + k / steps)
            message = client.session.msg("comm_msg", {"comm_id": comm, "data": {"method": "update", "state": {"value": value}, "buffer_paths": []}})
            began = time.perf_counter()
            client.shell_channel.send(message)
            drawn = False
            while True:
                reply = client.get_iopub_msg(timeout=60)
                if reply["parent_header"].get("msg_id") != message["header"]["msg_id"]:
                    continue
                drawn = drawn or "image/png" in str(reply["content"])
                if reply["msg_type"] == "status" and reply["content"]["execution_state"] == "idle":
                    break
            times.append(1000 * (time.perf_counter() - began))
            assert drawn, "the kernel sent no picture"
        return quantiles(times[3:])
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


def main():
    print("A slider step in the browser, milliseconds: median (95th percentile)\n")
    print(f"{'':34} {'solver':>14} {'work':>14} {'step to paint':>16} {'full run':>16}")

    def shown(pair):
        return f"{pair[0]:.1f} ({pair[1]:.1f})"

    first = None
    for name, m in in_browser():
        first = first or m
        print(f"{name:34} {shown(m['solver']):>14} {shown(m['work']):>14} {shown(m['painted']):>16} {shown(m['full']):>16}", flush=True)
    kernel = through_kernel()
    print(f"\nThe same step of the first explorer through a kernel (ipywidgets, matplotlib): {shown(kernel)} ms")
    print(f"That is {kernel[0] / first['work'][0]:.0f} times the browser's work, {kernel[0] / first['painted'][0]:.0f} times its step to paint.")
    print("Aims: solver at most 4 ms, step to paint at most 16.7 ms (medians, first explorer).")
    print("\nA field explorer that plays, milliseconds of a frame: median (95th percentile)\n")
    print(f"{'':34} {'work':>14} {'between frames':>16}")
    for name, worked, apart in playing():
        print(f"{name:34} {shown(worked):>14} {shown(apart):>16}", flush=True)
    print("Aim: work at most 16.7 ms, so that sixty frames are shown in a second.")
    print("\n1,000 virtual patients under two arms, milliseconds: median (95th percentile)\n")
    print(f"{'':34} {'first picture':>16} {'all':>18} {'longest task':>16}")
    for where, m in trials():
        print(f"{'in a worker' if where == 'worker' else 'on the page, from a folder':34} {shown(m['first']):>16} {shown(m['all']):>18} {shown(m['longest']):>16}", flush=True)
    print("Aims: first picture within 300 ms, all within 3,000 ms, no task above 50 ms.")
    m = shuffles()
    print(f"\n500 shuffles of 300 patients, best cut of each: {shown(m['all'])} ms, longest task {shown(m['longest'])} ms (aim: none above 50 ms)")


if __name__ == "__main__":
    main()
