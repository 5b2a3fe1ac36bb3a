"""The same declaration for others: JavaScript for the explorers, Antimony and SBML for other tools.

Nothing here is written for one model. JavaScript and the Jacobian come from SymPy with common subexpressions taken out;
Antimony and SBML keep the author's own formulas, with derived quantities as assignment rules and doses as events.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from fractions import Fraction
from html import escape
from typing import TYPE_CHECKING, Any

from . import units
from .expression import TIME, Expression, to_infix
from .model import Dose, Model

if TYPE_CHECKING:
    import sympy as sp

# --- JavaScript ------------------------------------------------------------------------------------------------------


def to_javascript(model: Model) -> str:
    """The model as exactly one statement of a classic script, which sets ``globalThis.solubleModels[key]``.

    The object holds the declaration's words and numbers, and functions of plain arrays in declared order:
    ``initial(p)``, ``rhs(t, y, p, dy)``, ``jac(t, y, p, J)`` (row-major, n*n), ``observe(t, y, p, out)`` and, per dose,
    ``amount(p)``, ``start(p)``, ``interval(p)``, ``count(p)``. Numbers are printed so that they read back to the same double.
    """
    fields = {
        "key": model.key,
        "id": model.id,
        "title": model.title,
        "kind": model.kind,
        "time": {"unit": model.time_unit, "end": model.t_end},
        "stiff": bool(model.stiff),
        "states": [_js_state(model, i) for i in range(len(model.states))],
        "parameters": [
            {"id": p.id, "name": p.name, "unit": p.unit, "value": p.value, "range": p.range, "scale": p.scale} for p in model.parameters_
        ],
        "derived": [{"id": d.id, "name": d.name, "unit": d.unit, "mediator": d.mediator} for d in model.derived],
        "scenarios": [{"id": s.id, "title": s.title, "says": s.says, "set": dict(s.set)} for s in model.scenarios],
    }
    parts = [f"{name}: {js_json(value)}" for name, value in fields.items()]
    parts.append(f"initial(p) {{ return [{', '.join(_js_formula(model, s.initial) for s in model.states)}]; }}")
    parts.append(_js_function(model, "rhs", "dy", model.rhs_sympy))
    parts.append(_js_function(model, "jac", "J", list(model.jacobian_sympy)))
    parts.append(_js_function(model, "observe", "out", list(model.derived_sympy.values())))
    parts.append(f"doses: [{', '.join(_js_dose(model, i) for i in range(len(model.doses)))}]")
    body = ",\n  ".join(parts)
    return f"(globalThis.solubleModels ||= {{}})[{js_json(model.key)}] = {{\n  {body}\n}};\n"


def _js_state(model: Model, i: int) -> dict[str, Any]:
    s, initial = model.states[i], model.values()[1][i]
    words = {"id": s.id, "name": s.name, "unit": s.unit, "mediator": s.mediator, "initial": float(initial)}
    return words | ({"range": s.range, "scale": s.scale} if s.range else {})


def js_json(value: Any) -> str:
    """JSON that is also safe inside a script element: pure ASCII, no ``</``."""
    return json.dumps(value, allow_nan=False).replace("</", "<\\/").replace("<!--", "<\\!--")


def _js_dose(model: Model, i: int) -> str:
    dose = model.doses[i]
    parts = ", ".join(f"{k}(p) {{ return {_js_formula(model, getattr(dose, k))}; }}" for k in ("amount", "start", "interval", "count"))
    return f"{{ id: {js_json(dose.id)}, name: {js_json(dose.name)}, target: {model.state_ids.index(dose.target)}, {parts} }}"


def _js_formula(model: Model, e: Expression) -> str:
    return _printer(model).doprint(e.sympy)


def _js_function(model: Model, name: str, out: str, expressions: Sequence[sp.Expr]) -> str:
    places = [f"{out}[{i}]" for i in range(len(expressions))]
    return f"{name}(t, y, p, {out}) {{ {js_statements(_printer(model), places, expressions)} }}"


def js_statements(printer: Any, places: Sequence[str], expressions: Sequence[sp.Expr]) -> str:
    """Statements that put each expression into its place, with common subexpressions taken out."""
    import sympy as sp

    shared, results = sp.cse(list(expressions), symbols=sp.numbered_symbols("_"))
    lines = [f"const {s} = {printer.doprint(e)};" for s, e in shared]
    lines += [f"{place} = {printer.doprint(e)};" for place, e in zip(places, results, strict=True)]
    return " ".join(lines)


def _printer(model: Model) -> Any:
    """The printer with the names of a model as places in its arrays."""
    places = {TIME: "t"}
    places |= {s: f"y[{i}]" for i, s in enumerate(model.state_ids)}
    places |= {p: f"p[{i}]" for i, p in enumerate(model.parameter_ids)}
    return js_printer(places)


def js_printer(places: Mapping[str, str]) -> Any:
    """SymPy's JavaScript printer; ``places`` says what stands for a name."""
    from sympy.printing.jscode import JavascriptCodePrinter

    class Printer(JavascriptCodePrinter):
        def _print_Symbol(self, e: sp.Symbol) -> str:
            return places.get(e.name, e.name)

        def _print_Float(self, e: sp.Float) -> str:
            return _js_number(float(e))

        def _print_Integer(self, e: sp.Integer) -> str:
            return _js_number(int(e)) if abs(int(e)) < 2**53 else _js_number(float(e))

        def _print_Rational(self, e: sp.Rational) -> str:
            return f"({e.p}/{e.q})"

        def _print_Pow(self, e: sp.Pow) -> str:
            return _js_power(self, e)

        def _print_Piecewise(self, e: sp.Piecewise) -> str:
            out = "NaN"
            for value, condition in reversed(e.args):
                shown = self._print(value)
                out = f"({shown})" if condition == True else f"({self._print(condition)} ? {shown} : {out})"  # noqa: E712
            return out

    return Printer({"precision": 17})


def _js_number(value: float) -> str:
    """The shortest text that reads back to the same double, in brackets when negative."""
    text = repr(value)
    return f"({text})" if value < 0 else text


def _js_power(printer: Any, e: sp.Pow) -> str:
    """Small whole powers as products, halves as roots, the rest through ``Math.pow``."""
    from sympy.printing.precedence import PRECEDENCE

    base, exponent = e.base, e.exp
    if exponent.is_Integer and 2 <= abs(int(exponent)) <= 4 and base.is_Symbol:
        product = "*".join([printer.doprint(base)] * abs(int(exponent)))
        return f"({product})" if exponent > 0 else f"(1/({product}))"
    if exponent == -1:
        return f"(1/{printer.parenthesize(base, PRECEDENCE['Pow'])})"
    if exponent.is_number and abs(float(exponent)) == 0.5:
        root = f"Math.sqrt({printer.doprint(base)})"
        return root if exponent > 0 else f"(1/{root})"
    return f"Math.pow({printer.doprint(base)}, {printer.doprint(exponent)})"


# --- Antimony --------------------------------------------------------------------------------------------------------


def to_antimony(model: Model) -> str:
    """The model as Antimony text. States and derived quantities are variables with rules; units stand in comments."""
    lines = [f"// {model.title}", f"// {model.summary}", *(f"// source: {key}" for key in model.source), f"// time in {model.time_unit}", ""]
    lines += [f"model {sbml_id(model)}()"]
    lines += ["  // initial values"]
    lines += [f"  {s.id} = {to_infix(s.initial.tree)};  // {s.name} [{s.unit}]" for s in model.states]
    lines += ["  // parameters"]
    for p in model.parameters_:
        origin = ", ".join(p.source) or f"assumed: {p.assumed}"
        lines.append(f"  {p.id} = {p.value!r};  // {p.name} [{p.unit}]; {origin}")
    if model.derived:
        lines += ["  // derived quantities"]
        lines += [f"  {d.id} := {to_infix(d.expression.tree)};  // {d.name} [{d.unit}]" for d in model.derived]
    lines += ["  // equations"]
    lines += [f"  {s}' = {to_infix(e.tree)};" for s, e in model.rates.items()]
    for dose in model.doses:
        given = dose_counter(model, dose)
        lines += [f"  // dose: {dose.name}", f"  {given} = 0;"]
        lines += [f"  at ({_trigger(dose, given)}), t0=false: {dose.target} = {_refilled(dose)}, {given} = {given} + 1;"]
    return "\n".join([*lines, "end", ""])


def sbml_id(model: Model) -> str:
    """The model's key as SBML spells ids: letters, digits and underscores."""
    name = re.sub(r"[^A-Za-z0-9]", "_", model.key)
    return name if name[0].isalpha() else f"model_{name}"


def dose_counter(model: Model, dose: Dose) -> str:
    """The name of the variable that counts how often a dose was given."""
    name = f"{dose.id}_given"
    while name in model.units:
        name += "_"
    return name


def _trigger(dose: Dose, given: str) -> str:
    """Fires at each of the dose's times: it turns false when the counter goes up, and true at the next time."""
    due = f"({to_infix(dose.start.tree)}) + {given}*({to_infix(dose.interval.tree)})"
    return f"{given} + 1 <= {to_infix(dose.count.tree)} && time >= {due}"


def _refilled(dose: Dose) -> str:
    return f"{dose.target} + ({to_infix(dose.amount.tree)})"


# --- SBML ------------------------------------------------------------------------------------------------------------


def to_sbml(model: Model) -> str:
    """The model as SBML level 3 version 2 text.

    States are parameters with rate rules, derived quantities parameters with assignment rules, a repeated dose is one
    event with a counter, and each declared unit is a unit definition (``cell`` counts as ``item``). The ids are the
    names of the declaration.
    """
    return _SbmlWriter(model).text()


class _SbmlWriter:
    def __init__(self, model: Model) -> None:
        import libsbml

        self.sbml, self.model = libsbml, model
        self.document = libsbml.SBMLDocument(3, 2)
        self.target = self.document.createModel()
        self.unit_ids: dict[str, str] = {}
        self.defined: dict[tuple, str] = {}
        self.vectors = units.environment(model.units, model.time_unit)

    def text(self) -> str:
        m, target = self.model, self.target
        target.setId(sbml_id(m))
        target.setName(m.title)
        target.setTimeUnits(self.unit(m.time_unit))
        target.setNotes(self._notes())
        self._quantities()
        for d in m.derived:
            rule = target.createAssignmentRule()
            rule.setVariable(d.id)
            rule.setMath(self.math(d.expression, self.vectors[d.id]))
        for name, e in m.rates.items():
            rule = target.createRateRule()
            rule.setVariable(name)
            rule.setMath(self.math(e, units.times(self.vectors[name], self.vectors[TIME], -1)))
        for dose in m.doses:
            self._dose(dose)
        return self.sbml.writeSBMLToString(self.document)

    def _notes(self) -> str:
        m = self.model
        items = "".join(f"<li>{escape(x)}</li>" for x in m.leaves_out)
        origin = [f"Kind: {m.kind}.", *(f"Source: {key}." for key in m.source), *([f"BioModels: {m.biomodels}."] if m.biomodels else [])]
        cited = f"<p>{escape(' '.join(origin))}</p>"
        body = f"<p>{escape(m.summary)}</p>{cited}<p>It leaves out:</p><ul>{items}</ul>"
        return f'<body xmlns="http://www.w3.org/1999/xhtml">{body}</body>'

    def _quantities(self) -> None:
        m = self.model
        initial = m.values()[1]
        for s, value in zip(m.states, initial, strict=True):
            self.parameter(s.id, s.name, s.unit, float(value), constant=False)
            if not s.initial.is_number:
                assignment = self.target.createInitialAssignment()
                assignment.setSymbol(s.id)
                assignment.setMath(self.math(s.initial, self.vectors[s.id]))
        for p in m.parameters_:
            self.parameter(p.id, p.name, p.unit, p.value, constant=True)
        for d in m.derived:
            self.parameter(d.id, d.name, d.unit, None, constant=False)
        for dose in m.doses:
            self.parameter(dose_counter(m, dose), f"doses given: {dose.name}", "dimensionless", 0.0, constant=False)

    def parameter(self, name: str, words: str, unit: str, value: float | None, *, constant: bool) -> None:
        p = self.target.createParameter()
        p.setId(name)
        p.setName(words)
        p.setUnits(self.unit(unit))
        p.setConstant(constant)
        if value is not None:
            p.setValue(value)

    def _dose(self, dose: Dose) -> None:
        given = dose_counter(self.model, dose)
        event = self.target.createEvent()
        event.setId(f"{dose.id}_event")
        event.setName(dose.name)
        event.setUseValuesFromTriggerTime(True)
        trigger = event.createTrigger()
        trigger.setInitialValue(False)
        trigger.setPersistent(True)
        trigger.setMath(self._trigger_math(dose, given))
        amount = self.math(dose.amount, self.vectors[dose.target])
        self._assign(event, dose.target, self._join("plus", self.parse(dose.target), amount))
        self._assign(event, given, self.parse(f"{given} + 1 dimensionless"))

    def _assign(self, event: Any, variable: str, math: Any) -> None:
        assignment = event.createEventAssignment()
        assignment.setVariable(variable)
        assignment.setMath(math)

    def _trigger_math(self, dose: Dose, given: str) -> Any:
        time = self.vectors[TIME]
        passed = self._join("times", self.parse(given), self.math(dose.interval, time))
        due = self._join("geq", self.parse(TIME), self._join("plus", self.math(dose.start, time), passed))
        left = self._join("leq", self.parse(f"{given} + 1 dimensionless"), self.math(dose.count, {}))
        return self._join("and", left, due)

    def _join(self, operator: str, *parts: Any) -> Any:
        kinds = {"plus": "PLUS", "times": "TIMES", "geq": "RELATIONAL_GEQ", "leq": "RELATIONAL_LEQ", "and": "LOGICAL_AND"}
        node = self.sbml.ASTNode(getattr(self.sbml, f"AST_{kinds[operator]}"))
        for part in parts:
            node.addChild(part)
            part.thisown = False
        return node

    def math(self, e: Expression, unit: units.Vector) -> Any:
        """A formula as an SBML syntax tree; a formula that is only a number takes the given unit.

        Every number carries its unit, so that libSBML can check the whole formula: a zero that of the terms beside it, any
        other is dimensionless.
        """
        if e.is_number:
            return self.parse(to_infix(e.tree, lambda node: f"{node.value!r} {self._unit_of(unit)}"))
        zeros = units.zeros(e.tree, self.vectors)
        return self.parse(to_infix(e.tree, lambda node: f"{node.value!r} {self._unit_of(zeros.get(id(node)))}"))

    def parse(self, infix: str) -> Any:
        node = self.sbml.parseL3Formula(infix)
        if node is None:
            raise ValueError(f"libSBML cannot read {infix!r}: {self.sbml.getLastParseL3Error()}")
        self._rational_powers(node)
        return node

    def _rational_powers(self, node: Any) -> None:
        """Broken exponents as quotients: libSBML writes 15 digits of ``2/3``, and then its cube of lengths is no square."""
        if node.getType() in (self.sbml.AST_POWER, self.sbml.AST_FUNCTION_POWER) and node.getChild(1).isReal():
            exponent = node.getChild(1)
            value = exponent.getValue()
            near = Fraction(value).limit_denominator(1000)
            if float(f"{value:.15g}") != value and abs(float(near) - value) < 1e-14:
                exponent.setValue(near.numerator, near.denominator)
        for i in range(node.getNumChildren()):
            self._rational_powers(node.getChild(i))

    def _unit_of(self, vector: units.Vector | None) -> str:
        return self.define(*units.from_vector(vector or {}), "")

    def unit(self, text: str) -> str:
        """The id of the unit definition of a declared unit, made when first asked for."""
        if text not in self.unit_ids:
            self.unit_ids[text] = self.define(*units.base_units(text), text)
        return self.unit_ids[text]

    def define(self, factor: float, exponents: Sequence[tuple[str, float]], text: str) -> str:
        """The id of a unit definition for a scale and exponents of base units, made where there is none yet."""
        key = (f"{factor:.12g}", tuple(exponents))
        if key not in self.defined:
            self.defined[key] = self._definition(factor, exponents, text or f"unit {len(self.defined) + 1}")
        return self.defined[key]

    def _definition(self, factor: float, exponents: Sequence[tuple[str, float]], text: str) -> str:
        if not exponents and abs(factor - 1) < 1e-12:
            return "dimensionless"
        definition = self.target.createUnitDefinition()
        words = text.replace("**", "^").replace("/", " per ").replace("^", " pow ")
        name = base = "u_" + re.sub(r"[^A-Za-z0-9]+", "_", words).strip("_")
        while name in self.defined.values():
            name = f"{base}_{len(self.defined)}"
        definition.setId(name)
        definition.setName(text)
        if abs(factor - 1) > 1e-12:
            self._add_unit(definition, "dimensionless", 1.0, float(f"{factor:.12g}"))
        for unit, exponent in exponents:
            self._add_unit(definition, _SBML_KINDS[unit], exponent, 1.0)
        return name

    def _add_unit(self, definition: Any, kind: str, exponent: float, multiplier: float) -> None:
        unit = definition.createUnit()
        unit.setKind(self.sbml.UnitKind_forName(kind))
        unit.setExponent(exponent)
        unit.setScale(0)
        unit.setMultiplier(multiplier)


_SBML_KINDS = {
    "second": "second",
    "meter": "metre",
    "kilogram": "kilogram",
    "mole": "mole",
    "kelvin": "kelvin",
    "ampere": "ampere",
    "candela": "candela",
    "cell": "item",
    "arbitrary_unit": "dimensionless",
}
