"""Small models for tests: one-compartment pharmacokinetics with a known solution, one that uses the whole grammar, and a maker of others."""

from soluble.model import Model

PK = """\
id: one-compartment
title: A drug in one compartment
kind: didactic
summary: A drug is given as repeated bolus doses and eliminated at a constant rate.
time: {unit: hour, end: 48}
states:
  A: {name: drug in the body, unit: mg, initial: 0, range: [0, 100]}
parameters:
  k: {name: elimination, value: 0.1, unit: 1/hour, range: [0.01, 1], scale: log, assumed: a half-life of seven hours}
  V: {name: volume, value: 5, unit: L, range: [1, 50], scale: log, assumed: plasma and some tissue}
  dose: {name: dose, value: 20, unit: mg, range: [0, 100], assumed: a tablet}
derived:
  C: {name: concentration, unit: mg/L, expression: A/V}
equations:
  A: -k*A
doses:
  - {id: tablet, target: A, amount: dose, start: 0, interval: 12, count: 3}
scenarios:
  - {id: double, title: Double dose, says: Twice the dose gives twice the concentration., set: {dose: 40}}
leaves_out:
  - Absorption.
"""

GRAMMAR = """\
id: whole-grammar
title: Everything that a formula may hold
kind: didactic
summary: Not a model of anything.
time: {unit: hour, end: 48}
states:
  A: {name: drug, unit: mg, initial: 0}
  x: {name: signal, unit: nmol/L, initial: x_start + 0.5*K}
parameters:
  x_start: {name: signal at the start, value: 2, unit: nmol/L, range: [1, 4], assumed: test}
  k: {name: rate, value: 0.1, unit: 1/hour, range: [0.05, 0.2], scale: log, assumed: test}
  K: {name: half-saturation, value: 3, unit: nmol/L, range: [2, 5], assumed: test}
  h: {name: steepness, value: 2.5, unit: dimensionless, range: [1.5, 4], assumed: test}
  v: {name: production, value: 2, unit: nmol/L/hour, range: [1, 3], assumed: test}
  dose: {name: dose, value: 5, unit: mg, range: [0, 10], assumed: test}
  unit_mass: {name: one mg, value: 1, unit: mg, assumed: test}
  gap: {name: time between doses, value: 12.03, unit: hour, range: [5, 20], assumed: test}
derived:
  hill: {name: Hill function, unit: dimensionless, expression: x**h/(K**h + x**h)}
  gate: {name: steps, unit: dimensionless, expression: 'piecewise(0.5, A < unit_mass, 1.5, A < 3*unit_mass and not x <= 0, 2)'}
  excess: {name: what is above, unit: nmol/L, expression: 'max(0, x - K, min(x, K)/2)'}
  wave: {name: with time, unit: dimensionless, expression: 1 + tanh(k*time)*exp(-k*time)*sqrt(abs(log(1 + x/K)))/3}
  powers: {name: powers, unit: dimensionless, expression: (x/K)^2 - 2*(x/K)**(1/3)/(1 + (x/K)**-1)}
equations:
  A: -k*A
  x: v*hill*gate*wave - k*x + 0.01*k*excess - (v/10)*(powers - 1)
doses:
  - {id: drug, target: A, amount: 2*dose/4, start: gap/2, interval: gap, count: 3}
leaves_out: [sense]
"""


def linear(text):
    """A didactic model from its states, parameters and equations alone (all dimensionless, time in days)."""
    head = "id: toy\ntitle: toy\nkind: didactic\nsummary: toy\ntime: {unit: day, end: 10}\nleaves_out: [all]\n"
    return Model(head + text)


def plain(states, parameters, equations, **extra):
    s = "".join(f"  {k}: {{name: {k}, unit: dimensionless, initial: {v}}}\n" for k, v in states.items())
    p = "".join(f"  {k}: {{name: {k}, unit: '{u}', value: {v}, assumed: test{''.join(f', range: {r}' for r in more)}}}\n" for k, (v, u, *more) in parameters.items())
    e = "".join(f"  {k}: {v}\n" for k, v in equations.items())
    more = "".join(f"{k}: {v}\n" for k, v in extra.items())
    return linear(f"states:\n{s}parameters:\n{p}equations:\n{e}{more}")
