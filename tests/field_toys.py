"""Small field models for the tests: what each holds is as little as its test needs."""

from __future__ import annotations

import textwrap

from soluble.field import FieldModel

_HEAD = """
id: toy
title: A toy
kind: didactic
summary: For a test.
leaves_out: [everything]
"""


def field(body: str, id: str = "toy") -> FieldModel:
    """A model of the given declaration; parameters may be left without words."""
    return FieldModel(_HEAD.replace("id: toy", f"id: {id}") + textwrap.dedent(body), f"{id}.yaml")


def line(reactions: str, *, length: float = 400, grid: float = 4, step: float = 0.25, edges: str = "{}", d: float = 100, k: float = 0.25) -> FieldModel:
    """One substance on a line, made in its first 40 µm (region ``source``)."""
    return field(
        f"""
        time: {{unit: minute, end: 100, step: {step}}}
        space: {{unit: micrometer, width: {length}, height: {grid}, grid: {grid}}}
        edges: {edges}
        regions: {{source: {{name: source, shape: rectangle, x: [0, 40], y: [0, {grid}]}}}}
        parameters:
          D: {{name: diffusion, value: {d}, unit: micrometer**2/minute, range: [1, 1000], assumed: test}}
          k: {{name: loss, value: {k}, unit: 1/minute, range: [0, 1], assumed: test}}
          q: {{name: secretion, value: 2, unit: nanomolar/minute, range: [0, 10], assumed: test}}
        fields: {{C: {{name: chemokine, unit: nanomolar, diffusion: D}}}}
        reactions: {reactions}
        cells: {{}}
        """
    )


def plane(*, occupancy: str = "0", noise: str = "s", more: str = "", cells: str = "", number: int = 300, step: float = 0.5, end: float = 200) -> FieldModel:
    """Cells on a wide plane whose occupancy is a formula of the place; the goal is the far right edge."""
    return field(
        f"""
        time: {{unit: minute, end: {end}, step: {step}}}
        space: {{unit: micrometer, width: 4000, height: 4000, grid: 40}}
        regions:
          middle: {{name: middle, shape: disk, x: 2000, y: 2000, radius: 100}}
          goal: {{name: goal, shape: rectangle, x: [3999, 4000], y: [0, 4000]}}
        parameters:
          g: {{name: slope of occupancy, value: 5.0e-5, unit: 1/micrometer, range: [0, 1.0e-4], assumed: test}}
          s: {{name: noise, value: 10, unit: dimensionless, range: [1, 100], assumed: test}}
          N: {{name: receptors, value: 20000, unit: dimensionless, range: [100, 100000], assumed: test}}
          d: {{name: diameter, value: 20, unit: micrometer, range: [5, 40], assumed: test}}
          v: {{name: speed, value: 2, unit: micrometer/minute, range: [0, 20], assumed: test}}
          tau: {{name: memory, value: 10, unit: minute, range: [1, 100], assumed: test}}
          n: {{name: cells, value: {number}, unit: cell, range: [0, 2000], assumed: test}}
          {more}
        fields: {{C: {{name: nothing, unit: nanomolar}}}}
        reactions: []
        cells:
          T: {{name: cells, number: n, start: middle, goal: goal, speed: v, diameter: d, receptors: N, occupancy: "{occupancy}", noise: "{noise}", memory: tau{cells}}}
        """
    )


#: A little of everything, for the browser: exchange, two kinds of cells, uptake, time, an open edge, desensitisation.
EVERYTHING = """
time: {unit: minute, end: 60, step: 0.5}
space: {unit: micrometer, width: 300, height: 150, grid: 15}
edges: {left: open}
regions:
  source: {name: source, shape: rectangle, x: [255, 300], y: [0, 150]}
  nest: {name: nest, shape: disk, x: 80, y: 75, radius: r}
parameters:
  D: {name: diffusion, value: 300, unit: micrometer**2/minute, range: [30, 900], scale: log, assumed: test}
  k: {name: loss, value: 0.05, unit: 1/minute, range: [0, 1], assumed: test}
  q: {name: secretion, value: 2, unit: nanomolar/minute, range: [0, 20], assumed: test}
  u: {name: uptake, value: 200, unit: nanomolar*micrometer**2/(cell*minute), range: [0, 3000], assumed: test}
  K: {name: dissociation constant, value: 3, unit: nanomolar, range: [0.1, 30], scale: log, assumed: test}
  M: {name: sites, value: 5, unit: nanomolar, range: [0, 50], assumed: test}
  a: {name: binding, value: 0.02, unit: 1/(nanomolar*minute), range: [0, 1], assumed: test}
  b: {name: release, value: 0.1, unit: 1/minute, range: [0, 1], assumed: test}
  r: {name: radius, value: 40, unit: micrometer, range: [10, 70], assumed: test}
  N: {name: receptors, value: 20000, unit: dimensionless, range: [100, 100000], scale: log, assumed: test}
  s: {name: noise, value: 8, unit: dimensionless, range: [0, 50], assumed: test}
  v: {name: speed, value: 3, unit: micrometer/minute, range: [0, 12], assumed: test}
  tau: {name: memory, value: 6, unit: minute, range: [1, 60], assumed: test}
  n: {name: followers, value: 25, unit: cell, range: [0, 60], assumed: test}
  h: {name: least difference, value: 4, unit: dimensionless, range: [0, 40], assumed: test}
  off: {name: end of secretion, value: 40, unit: minute, range: [0, 60], assumed: test}
  d: {name: diameter, value: 14, unit: micrometer, range: [5, 30], assumed: test}
  i: {name: internalisation, value: 0.1, unit: 1/minute, range: [0, 1], assumed: test}
fields:
  C: {name: soluble chemokine, unit: nanomolar, mediator: CXCL12, diffusion: D, initial: "0.01*K*(1 + x/(x + y))*nest"}
  B: {name: bound chemokine, unit: nanomolar}
derived:
  theta: {name: occupied, unit: dimensionless, expression: (C + B)/(K + C + B), mediator: immune}
reactions:
- {name: made, to: C, rate: "q*source*piecewise(1, time < off, 0)"}
- {name: made with the place, to: C, rate: "0.001*q*x/(x + y)"}
- {name: lost, from: C, rate: k}
- {name: taken up, from: C, rate: u*S/(K + C)}
- {name: bound, from: C, to: B, rate: "a*max(M - B, 0)"}
- {name: released, from: B, to: C, rate: b}
cells:
  F: {name: followers, mediator: tumour, number: n, start: nest, goal: source, after: 5*tau/tau*tau/6, speed: "v*(1 - 0.3*nest)", diameter: d, receptors: N, occupancy: theta, noise: "sqrt(s**2 + N*surface*theta*(1 - theta)/10)", memory: tau, threshold: h, desensitises: {loss: i*theta, recovery: 0.1*i}}
  S: {name: scavengers, mediator: immune, number: 12, start: nest, goal: nest, stops: false, speed: 0.5*v, receptors: 0.1*N, occupancy: theta, noise: s + 1, memory: 2*tau}
scenarios:
- {id: quiet, title: little secretion, says: Little is made., set: {q: 0.2}}
- {id: blind, title: few receptors, says: Few receptors see little., set: {N: 500}}
"""


def everything() -> FieldModel:
    """The model of :data:`EVERYTHING`."""
    return FieldModel(_HEAD + EVERYTHING, "everything.yaml")


def invasion(*, height: int = 1, edges: str = "{}", step: float = 0.5, grid: float = 10) -> FieldModel:
    """Cells that spread where they are many: dT/dt = (D (1 + nu T) T')' + r T (1 - T), on a line or a plane."""
    return field(
        f"""
        time: {{unit: day, end: 160, step: {step}}}
        space: {{unit: micrometer, width: 3000, height: {grid * height}, grid: {grid}}}
        edges: {edges}
        regions: {{seedbed: {{name: seedbed, shape: rectangle, x: [0, 105], y: [0, {grid * (height + 1) / 2}]}}}}
        parameters:
          D: {{name: spread, value: 100, unit: micrometer**2/day, range: [20, 200], assumed: test}}
          nu: {{name: by how much a crowd spreads faster, value: 8, unit: dimensionless, range: [0, 40], assumed: test}}
          r: {{name: growth, value: 0.25, unit: 1/day, range: [0.1, 0.5], assumed: test}}
        fields: {{T: {{name: cells, unit: dimensionless, mediator: tumour, diffusion: D*crowd, initial: seedbed}}, S: {{name: seeds, unit: dimensionless, diffusion: D}}}}
        derived:
          crowd: {{name: spread of a crowd, unit: dimensionless, expression: 1 + nu*T}}
          pulled: {{name: speed of a pulled front, unit: micrometer/day, expression: 2*sqrt(D*r)}}
        reactions: [{{name: growth, to: T, rate: "r*T*max(1 - T, 0)"}}]
        cells: {{}}
        """,
        "invasion",
    )


#: Tips that drift in a gradient which stays, wander, lay their way, branch and fuse; and cells that sense and do the same.
SPROUTS = """
time: {unit: hour, end: 100, step: 0.5}
space: {unit: micrometer, width: 1600, height: 800, grid: 40}
edges: {}
regions:
  parent: {name: parent, shape: rectangle, x: [200, 200], y: [100, 700]}
  far: {name: far end, shape: rectangle, x: [1560, 1600], y: [0, 800]}
parameters:
  g: {name: slope, value: 0.001, unit: 1/micrometer, range: [0, 0.002], assumed: test}
  chi: {name: chemotaxis, value: 5000, unit: micrometer**2/hour, range: [0, 10000], assumed: test}
  alpha: {name: desensitisation, value: 0.6, unit: dimensionless, range: [0, 5], assumed: test}
  rho: {name: haptotaxis, value: 1000, unit: micrometer**2/hour, range: [0, 4000], assumed: test}
  D: {name: spread, value: 60, unit: micrometer**2/hour, range: [0, 400], assumed: test}
  tau: {name: memory, value: 4, unit: hour, range: [0, 20], assumed: test}
  r: {name: branching, value: 0.02, unit: 1/hour, range: [0, 0.05], assumed: test}
  psi: {name: time between forks, value: 10, unit: hour, range: [0, 40], assumed: test}
  n: {name: tips, value: 12, unit: cell, range: [0, 40], assumed: test}
  m: {name: sensing tips, value: 6, unit: cell, range: [0, 40], assumed: test}
  beta: {name: made along the way, value: 0.5, unit: micrometer/hour, range: [0, 2], assumed: test}
  gamma: {name: taken along the way, value: 0.5, unit: micrometer/hour, range: [0, 2], assumed: test}
fields:
  C: {name: attractant, unit: dimensionless, initial: g*x}
  F: {name: matrix, unit: dimensionless, initial: 0.2}
  V: {name: way, unit: 1/micrometer}
  W: {name: way of those that sense, unit: 1/micrometer}
reactions:
- {name: made, to: F, rate: beta*V}
- {name: taken, from: F, rate: gamma*V}
cells:
  T: {name: tips, mediator: vessel, number: n, start: parent, goal: far, follows: {C: chi/(1 + alpha*C), F: rho}, spread: D, memory: tau, leaves: V, branches: {rate: r, after: psi}, fuses: true}
  S: {name: sensing tips, number: m, start: parent, goal: far, stops: false, after: psi, speed: 0.002*chi*g, receptors: 20000, occupancy: 0.1*C, noise: 10, memory: 2*tau, leaves: W, branches: {rate: r*C}, fuses: true}
scenarios:
- {id: straight, title: nothing wanders, says: All go straight., set: {D: 0, rho: 0}}
"""


def sprouts() -> FieldModel:
    """The model of :data:`SPROUTS`."""
    return FieldModel(_HEAD + SPROUTS, "sprouts.yaml")
