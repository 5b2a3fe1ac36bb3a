"""Declarations: what is read, and what is said when something in them is wrong."""

from __future__ import annotations

import pickle
import re
import subprocess
import sys

import numpy as np
import pytest
from toys import GRAMMAR, PK

import soluble
from soluble import style, units
from soluble.evidence import references
from soluble.expression import Expression, ExpressionError, name_latex, number_latex
from soluble.model import DeclarationError, Model, UnknownNameError
from soluble.paths import data_path

DECLARED = soluble.list_models()


def mended(old, new, text=PK):
    """The toy with one part replaced; the part must be there exactly once."""
    assert text.count(old) == 1, old
    return text.replace(old, new)


def line_of(part, text=PK):
    return text[: text.index(part)].count("\n") + 1


def problems(text):
    with pytest.raises(DeclarationError) as caught:
        Model(text, "models/toy.yaml")
    return caught.value


# --- what is said of a wrong declaration -----------------------------------------------------------------------------

WRONG = {
    "unknown symbol": ("A: -k*A", "A: -kk*A", r"equation of `A` uses `kk`, which is not declared \(did you mean 'k'\?\)", "declare it under"),
    "wrong dimension": ("A: -k*A", "A: -k*A*V", r"equation of `A`: `-k\*A\*V` has the dimension mass·length\^3/time, but mass/time is needed", "correct the formula"),
    "wrong scale": ("unit: 1/hour", "unit: 1/day", r"scale is off by a factor of 0.0416667", "conversion parameter"),
    "clash inside a sum": ("A: -k*A", "A: -k*(A + V)", r"in `A \+ V`, the part `V` has the dimension length\^3, but mass", "correct"),
    "exp of a quantity": ("A: -k*A", "A: -k*A*exp(A)", r"argument of `exp\(A\)` has the dimension mass", "correct"),
    "no such unit": ("unit: mg/L", "unit: mgg/L", r"derived quantity `C`: `mgg/L` is not a unit", "cell/day"),
    "missing unit": ("value: 5, unit: L,", "value: 5,", r"parameter `V` has no `unit`", "add `unit: ...`"),
    "no source": (", assumed: plasma and some tissue", "", r"parameter `V` has neither a source nor a stated assumption", "source: <key"),
    "unknown key": ("range: [1, 50]", "rnage: [1, 50]", r"unknown key `rnage` in parameter `V` \(did you mean 'range'\?\)", "take it out"),
    "unknown top key": ("leaves_out:", "leave_out:", r"unknown key `leave_out` in the declaration \(did you mean 'leaves_out'", "take it out"),
    "value outside": ("value: 5, unit: L", "value: 500, unit: L", r"parameter `V` is 500, outside its range 1 to 50", "widen the range"),
    "initial outside": ("initial: 0", "initial: 101", r"initial value of state `A` is 101, outside its range 0 to 100", "widen"),
    "scenario outside": ("{dose: 40}", "{dose: 400}", r"scenario `double`: `dose` is 400, outside", "widen"),
    "scenario unknown": ("{dose: 40}", "{doses: 40}", r"unknown name `doses` \(did you mean 'dose'\?\)", "known are: k, V, dose, A0"),
    "empty range": ("range: [1, 50]", "range: [50, 1]", r"range of parameter `V` is empty", "smaller number first"),
    "log from zero": ("range: [1, 50]", "range: [0, 50]", r"log scale but begins at 0", "linear"),
    "not a number": ("value: 5, unit: L", "value: five, unit: L", r"`value` of parameter `V` is `five`, not a finite number", "3.2e5"),
    "no equation": ("A: -k*A", "{}", r"the state `A` has no equation", "add `A:"),
    "equation of nothing": ("A: -k*A", "A: -k*A\n  AA: 0", r"an equation for `AA`, which is not a state", "did you mean|use one of"),
    "reserved name": ("  V: {", "  exp: {", r"`exp` is reserved and cannot be the name of a parameter", "choose another"),
    "python keyword": ("  V: {", "  lambda: {", r"`lambda` is reserved", "choose another"),
    "bad name": ("  V: {", "  V-1: {", r"`V-1` cannot be the name", "letters, digits"),
    "name of an initial value": ("  V: {", "  A0: {", r"the name `A0` is taken: it is the initial value of the state `A`", "another name"),
    "name taken": ("  V: {", "  A: {", r"the name `A` is taken: it is a state", "another name"),
    "no formula": ("A: -k*A", "A: -k*A)", r"`-k\*A\)` is not a formula", "balance the brackets"),
    "hidden product": ("A: -k*A", "A: -2k*A", r"is not a formula", "`2\\*T`, not `2T`"),
    "hostile formula": ("A: -k*A", "A: __import__('os').system('x')", r"not part of the grammar", "use numbers, names"),
    "unknown function": ("A: -k*A", "A: -k*sin(A)", r"`sin` is not a function here", "exp, log"),
    "half a piecewise": ("A: -k*A", "A: 'piecewise(-k*A, A > V)'", r"`piecewise` has 2 arguments", "it takes 3"),
    "number for a rate": ("A: -k*A", "A: -3", r"equation of `A` is a number without a unit", "make the number a parameter"),
    "dose into nothing": ("target: A", "target: B", r"dose `tablet` goes into `B`, which is not a state", "name a state"),
    "dose in a wrong unit": ("amount: dose", "amount: dose/V", r"amount of dose `tablet`", "correct"),
    "dose without interval": ("interval: 12, ", "", r"dose `tablet` is repeated without an interval", "add `interval"),
    "dose before the run": ("start: 0", "start: -1", r"dose `tablet` begins before time 0", "begin at 0"),
    "unknown kind": ("kind: didactic", "kind: didaktic", r"`kind` is `didaktic` \(did you mean 'didactic'\?\)", "published, reduced, didactic"),
    "claim without source": ("kind: didactic", "kind: published", r"a published model has no `source`", "argue every choice"),
    "initial in a wrong unit": ("initial: 0", "initial: V", r"initial value of `A`: `V` has the dimension length\^3, but mass", "correct"),
}


#: Where the mistake shows in another line than the one that was changed.
ELSEWHERE = {
    "wrong scale": ("A: -k*A",),
    "no equation": ("equations:",),
    "equation of nothing": ("doses:",),
}


@pytest.mark.parametrize("case", WRONG, ids=lambda c: c.replace(" ", "-"))
def test_what_is_wrong_is_named_with_file_line_and_mend(case):
    """Each kind of mistake: the message holds the file, the very line, what is wrong, and what would be right."""
    old, new, what, mend = WRONG[case]
    error = problems(mended(old, new))
    where = [p for p in error.problems if re.search(what, p.what)]
    assert where, str(error)
    assert re.search(mend, where[0].mend), where[0].mend
    assert where[0].line in [line_of(part) for part in ELSEWHERE.get(case, (old,))], where[0]
    assert f"models/toy.yaml:{where[0].line}: {where[0].what}" in str(error)
    assert f"Mend: {where[0].mend}" in str(error)


def test_all_problems_come_at_once():
    """Two mistakes in two lines are two problems of one error, in the order of the file."""
    error = problems(mended(", assumed: a tablet", "", mended(", assumed: plasma and some tissue", "")))
    assert [p.line for p in error.problems] == [line_of("  V: {"), line_of("  dose: {")]
    assert error.line == line_of("  V: {")
    assert pickle.loads(pickle.dumps(error)).problems == error.problems


@pytest.mark.parametrize(
    ("text", "line", "what"),
    [
        ("id: a\ntitle: [", 2, "this is not YAML"),
        ("id: a\nid: b\n", 2, "the key `id` stands twice"),
        ("- a\n- b\n", 1, "a declaration is a mapping"),
        ("", 1, "a declaration is a mapping"),
        (PK.replace("  V: {", "  k: {", 1), line_of("  V: {"), "the key `k` stands twice"),
    ],
)
def test_what_is_not_yaml(text, line, what):
    error = problems(text)
    assert what in error.problems[0].what
    assert abs(error.line - line) <= 1


REPRODUCES = "reproduces:\n- {what: half, published: 0.5, tolerance: 0.1, assumed: test, compute: {as: ratio, of: {as: value, of: A, at: 7}, to: {as: max, of: A}}}\n"


@pytest.mark.parametrize(
    ("old", "new", "what"),
    [
        ("tolerance: 0.1, ", "", "needs one tolerance"),
        ("assumed: test, ", "", "neither a source"),
        ("as: ratio", "as: ration", "did you mean 'ratio'"),
        (", at: 7", "", "has no `at`"),
        ("of: A, at", "of: B, at", "uses `B`, which is not declared"),
        ("at: 7", "at: soon", "not a finite number"),
        ("{as: max, of: A}", "{as: max, of: A, with: {q: 1}}", "unknown name `q`"),
        ("published: 0.5", "published: 0.5, unit: mg", "has the dimension dimensionless, not that of `mg`"),
    ],
)
def test_wrong_results_are_found_before_anything_runs(old, new, what):
    Model(PK + REPRODUCES)
    text = PK + mended(old, new, REPRODUCES)
    error = problems(text)
    assert what in str(error)
    assert error.line == line_of("- {what", text)


def test_unknown_models_and_overrides_list_what_is_known():
    with pytest.raises(KeyError, match=r"unknown model 'kuznetsov-1995' \(did you mean 'kuznetsov-1994'\?\); known: .*kuznetsov-1994"):
        soluble.load_model("kuznetsov-1995")
    with pytest.raises(UnknownNameError, match=r"unknown parameter or initial value 'dosis' \(did you mean 'dose'\?\); known: k, V, dose, A0"):
        Model(PK).simulate(dosis=1)
    with pytest.raises(ValueError, match="not a finite number"):
        Model(PK).simulate(dose=float("nan"))
    with pytest.raises(FileNotFoundError):
        soluble.load_model("nowhere/model.yaml")


# --- formulas and units ----------------------------------------------------------------------------------------------


def test_a_formula_gives_the_same_number_in_every_form():
    """The tree, SymPy and NumPy agree on a formula that uses the whole grammar."""
    m = Model(GRAMMAR)
    p, y0 = m.values()
    names = {**dict(zip(m.parameter_ids, p, strict=True)), **dict(zip(m.state_ids, y0, strict=True)), "time": 3.0}
    for d in m.derived:
        by_tree = names[d.id] = d.expression.value(names)
        by_sympy = m.derived_sympy[d.id].subs({s: names[s.name] for s in m.derived_sympy[d.id].free_symbols})
        assert float(by_sympy) == pytest.approx(by_tree, rel=1e-13)
        assert d.expression.value({k: np.full(3, v) for k, v in names.items()}) == pytest.approx(np.full(3, by_tree), rel=1e-13)


@pytest.mark.parametrize("text", ["", "1 +", "a.b", "a[0]", "f(x)", "(lambda: 1)()", "'x'", "1e999", "True", "a if b else c", "a < b", "x := 1", "{1}", "max(a)"])
def test_formulas_outside_the_grammar_are_refused(text):
    with pytest.raises(ExpressionError):
        Expression(text)


@pytest.mark.parametrize(
    ("one", "other", "agree"),
    [
        ("cell/day", "1/day*cell", True),
        ("ng/mL", "ug/L", True),
        ("nmol/L", "nM", True),
        ("1/(cell*day)", "cell**-1*day^-1", True),
        ("1/day", "1/hour", False),
        ("mg/L", "nmol/L", False),
        ("cell", "dimensionless", False),
        ("1", "dimensionless", True),
        ("hour/day", "dimensionless", False),
    ],
)
def test_units_agree_in_dimension_and_scale(one, other, agree):
    assert units.agree(units.vector(one), units.vector(other)) is agree


def test_a_conversion_parameter_bridges_two_scales():
    text = mended("unit: 1/hour", "unit: 1/day", mended("-k*A", "-k*A/hours_per_day"))
    text = text.replace("  dose: {name", "  hours_per_day: {name: hours in a day, value: 24, unit: hour/day, assumed: conversion}\n  dose: {name")
    assert Model(text).simulate(k=2.4)["A"].iloc[-1] == pytest.approx(Model(PK).simulate(k=0.1)["A"].iloc[-1])


def test_numbers_of_yaml_1_2():
    """``3.2e5`` is a number; a parameter may be called ``n``, ``y`` or ``no``."""
    text = PK.replace("  V: {", "  no: {").replace("A/V", "A/no").replace("value: 5, unit", "value: 5e0, unit")
    m = Model(text)
    assert m.values()[0][1] == 5.0
    assert "no" in m.parameter_ids


def test_symbols_as_latex():
    assert [name_latex(n) for n in ("k_on", "alpha", "IL6", "T0", "x", "K_d1")] == [r"k_{\mathrm{on}}", r"\alpha", r"\mathrm{IL6}", "T_{0}", "x", r"K_{\mathrm{d1}}"]
    assert [number_latex(v) for v in (13000, 1e-9, 2.019e7, 0.5, 0)] == ["13000", "10^{-9}", r"2.019 \times 10^{7}", "0.5", "0"]


# --- the model as an object ------------------------------------------------------------------------------------------


def test_a_changed_equation_is_a_new_model():
    m = soluble.load_model("kuznetsov-1994")
    changed = m.with_equation("T", "a*T*log(1/(b*T)) - n*E*T")
    assert changed.id == m.id
    assert re.fullmatch(r"kuznetsov-1994-[0-9a-f]{6}", changed.key)
    assert m.rates["T"].text == "a*T*(1 - b*T) - n*E*T"
    assert changed.simulate(t_end=10)["T"].iloc[-1] != m.simulate(t_end=10)["T"].iloc[-1]
    assert changed.with_equation("T", m.rates["T"].text).simulate()["T"].equals(m.simulate()["T"])
    assert changed.reproduces == ()


def test_a_changed_equation_may_bring_parameters_and_is_checked():
    m = soluble.load_model("kuznetsov-1994")
    drug = m.with_equation("T", "a*T*(1 - b*T) - n*E*T - k*T", {"k": {"value": 0.5, "unit": "1/day"}})
    assert drug.simulate()["T"].iloc[-1] < 1
    with pytest.raises(DeclarationError, match="another equation for T:.* uses `k`"):
        m.with_equation("T", "a*T*(1 - b*T) - k*T")
    with pytest.raises(DeclarationError, match="scale|dimension"):
        m.with_equation("T", "a*T*T - n*E*T")
    with pytest.raises(UnknownNameError, match="unknown state 'X'; known: E, T"):
        m.with_equation("X", "0")


def test_a_model_travels_to_another_process():
    m = Model(PK)
    m.simulate()
    twin = pickle.loads(pickle.dumps(m))
    assert twin.key == m.key
    assert twin.simulate().equals(m.simulate())


def test_parameters_that_are_called_like_an_argument():
    """Kuznetsov's ``n`` is overridden as ``n_``; ``keywords`` does it for a whole setting."""
    m = soluble.load_model("kuznetsov-1994")
    assert m.keywords({"n": 1e-7, "s": 1}) == {"n_": 1e-7, "s": 1}
    assert len(m.simulate(n=11, n_=2e-7)) == 11
    assert m.steady_state(n_=2e-7)["T"] < m.steady_state()["T"]


# --- every declared model --------------------------------------------------------------------------------------------


@pytest.fixture(params=DECLARED)
def declared(request):
    return soluble.load_model(request.param)


def test_declared_models_cite_what_is_in_the_bibliography(declared):
    unknown = set(declared.sources) - set(references())
    assert not unknown, f"{declared.file} cites {unknown}, not in references.bib"


def test_declared_models_name_mediators_of_the_palette(declared):
    named = {q.mediator for q in (*declared.states, *declared.derived) if q.mediator}
    assert named <= set(style.MEDIATORS)


def test_declared_models_say_what_they_leave_out(declared):
    assert declared.id == declared.title or len(declared.leaves_out) >= 1
    assert declared.kind == "didactic" or declared.reproduces


def test_declarations_are_found_beside_the_package():
    assert data_path("models", "kuznetsov-1994.yaml").is_file()
    assert "kuznetsov-1994" in DECLARED


def test_import_is_light():
    """``import soluble`` loads none of the heavy libraries."""
    heavy = "numpy scipy pandas sympy pint matplotlib libsbml anywidget ruamel"
    code = f"import sys, soluble; print([m for m in '{heavy}'.split() if m in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == "[]"
