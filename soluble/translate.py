"""The same declaration for others: JavaScript for the explorers, Antimony and SBML for other tools.

Nothing here is written for one model. JavaScript and the Jacobian come from SymPy with common subexpressions taken out;
Antimony and SBML keep the author's own formulas, with derived quantities as assignment rules and doses as events.
"""

from __future__ import annotations

import ast
import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from . import units
from .expression import TIME, Expression, symbol, to_infix
from .model import Model

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
    parts = [f"{name}: {_json(value)}" for name, value in fields.items()]
    parts.append(f"initial(p) {{ return [{', '.join(_js_formula(model, s.initial) for s in model.states)}]; }}")
    parts.append(_js_function(model, "rhs", "dy", model.rhs_sympy))
    parts.append(_js_function(model, "jac", "J", list(model.jacobian_sympy)))
    parts.append(_js_function(model, "observe", "out", list(model.derived_sympy.values())))
    parts.append(f"doses: [{', '.join(_js_dose(model, i) for i in range(len(model.doses)))}]")
    body = ",\n  ".join(parts)
    return f"(globalThis.solubleModels ||= {{}})[{_json(model.key)}] = {{\n  {body}\n}};\n"


def _js_state(model: Model, i: int) -> dict[str, Any]:
    s, initial = model.states[i], model.values()[1][i]
    words = {"id": s.id, "name": s.name, "unit": s.unit, "mediator": s.mediator, "initial": float(initial)}
    return words | ({"range": s.range, "scale": s.scale} if s.range else {})


def _json(value: Any) -> str:
    """JSON that is also safe inside a script element: pure ASCII, no ``</``."""
    return json.dumps(value, allow_nan=False).replace("</", "<\\/").replace("<!--", "<\\!--")


def _js_dose(model: Model, i: int) -> str:
    dose = model.doses[i]
    parts = ", ".join(f"{k}(p) {{ return {_js_formula(model, getattr(dose, k))}; }}" for k in ("amount", "start", "interval", "count"))
    return f"{{ id: {_json(dose.id)}, name: {_json(dose.name)}, target: {model.state_ids.index(dose.target)}, {parts} }}"


def _js_formula(model: Model, e: Expression) -> str:
    return _printer(model).doprint(e.sympy)


def _js_function(model: Model, name: str, out: str, expressions: Sequence[sp.Expr]) -> str:
    import sympy as sp

    printer = _printer(model)
    shared, results = sp.cse(list(expressions), symbols=sp.numbered_symbols("_"))
    lines = [f"const {s} = {printer.doprint(e)};" for s, e in shared]
    lines += [f"{out}[{i}] = {printer.doprint(e)};" for i, e in enumerate(results)]
    return f"{name}(t, y, p, {out}) {{ {' '.join(lines)} }}"


def _printer(model: Model) -> Any:
    """SymPy's JavaScript printer, with the names of a model as places in its arrays."""
    from sympy.printing.jscode import JavascriptCodePrinter

    places = {TIME: "t"}
    places |= {s: f"y[{i}]" for i, s in enumerate(model.state_ids)}
    places |= {p: f"p[{i}]" for i, p in enumerate(model.parameter_ids)}

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
