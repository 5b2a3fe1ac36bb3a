"""Units of a declaration, checked by dimension and by scale.

A formula is calculated with plain numbers, so two terms that are added must agree not only in dimension but also in
scale: ``1/hour`` beside ``1/day`` is an error, not a factor of 24 that nobody sees. A conversion is written as a
parameter with a unit of its own (``hours_per_day: 24 hour/day``).

``cell`` and ``arbitrary_unit`` are base units of their own. A power with a symbolic exponent keeps it
(``C**h / (K**h + C**h)`` is dimensionless when C and K share a unit).
"""

from __future__ import annotations

import ast
import math
from collections.abc import Mapping
from functools import cache
from typing import Any

from .expression import TIME

#: Exponents of base units; the key "" holds the decimal logarithm of the scale. ``None`` stands for "any unit" (a zero).
Vector = dict[str, Any]
_SCALE = ""
_NAMES = {"second": "time", "meter": "length", "kilogram": "mass", "mole": "amount", "kelvin": "temperature"}


class UnitError(ValueError):
    """A unit is unknown, or two units do not fit together. ``mend`` says what would be right."""

    def __init__(self, what: str, mend: str = "") -> None:
        super().__init__(what)
        self.what, self.mend = what, mend


@cache
def registry() -> Any:
    """The book's one pint registry."""
    import pint

    ureg = pint.UnitRegistry()
    for name in ("cell", "arbitrary_unit"):
        ureg.define(f"{name} = [{name}]")
    return ureg


@cache
def base_units(text: str) -> tuple[float, tuple[tuple[str, float], ...]]:
    """A unit as its factor to base units and their exponents: ``cell/day`` -> ``(1/86400, (("cell", 1), ("second", -1)))``."""
    try:
        quantity = (1 * registry().parse_units("dimensionless" if text == "1" else text)).to_base_units()
    except Exception:
        raise UnitError(f"`{text}` is not a unit", "use units such as cell/day, nmol/L, pg/mL, 1/hour or dimensionless") from None
    exponents = {str(k): float(v) for k, v in quantity.units._units.items() if str(k) != "radian"}
    return float(quantity.magnitude), tuple(sorted(exponents.items()))


def vector(text: str) -> Vector:
    """The unit as exponents of base units; raises :class:`UnitError` for an unknown one."""
    factor, exponents = base_units(text)
    return _tidy({**dict(exponents), _SCALE: math.log10(factor)})


def factor_between(unit: str, other: str) -> float:
    """What a number in ``unit`` is multiplied with to be in ``other``; raises :class:`UnitError` for another dimension."""
    (a, dim_a), (b, dim_b) = base_units(unit), base_units(other)
    if dim_a != dim_b:
        raise UnitError(f"`{unit}` and `{other}` differ in dimension")
    return a / b


def describe(v: Vector | None) -> str:
    """A vector in words, by dimension: ``cell/time``."""
    if v is None:
        return "any"

    def power(name: str, n: Any) -> str:
        shown = _NAMES.get(name, name.replace("_", " "))
        return shown if n == 1 else f"{shown}^{n:g}" if isinstance(n, float | int) else f"{shown}^({n})"

    dims = {k: n for k, n in v.items() if k != _SCALE}
    above = [power(k, n) for k, n in dims.items() if not _negative(n)]
    below = [power(k, -n) for k, n in dims.items() if _negative(n)]
    top = "·".join(above) or ("1" if below else "dimensionless")
    return top + "".join(f"/{b}" for b in below)


def _negative(n: Any) -> bool:
    return isinstance(n, float | int) and n < 0


def _tidy(v: Vector) -> Vector:
    return {k: n for k, n in v.items() if not _is_zero(n)}


def _is_zero(n: Any) -> bool:
    if isinstance(n, float | int):
        return abs(n) < 1e-9
    import sympy as sp

    return all(abs(float(c)) < 1e-9 for c in sp.expand(n).as_coefficients_dict().values())


def times(a: Vector | None, b: Vector | None, sign: int = 1) -> Vector | None:
    """The vector of a product (``sign=-1``: of a quotient); a zero stays a zero."""
    if a is None or b is None:
        return None
    return _tidy({k: a.get(k, 0) + sign * b.get(k, 0) for k in {**a, **b}})


def agree(a: Vector | None, b: Vector | None) -> bool:
    """Whether two vectors are the same in dimension and scale."""
    return a is None or b is None or not times(a, b, -1)


def require(got: Vector | None, wanted: Vector | None, what: str) -> None:
    """Raise :class:`UnitError` with a sentence about ``what`` unless the two vectors agree."""
    if agree(got, wanted):
        return
    gap = times(got, wanted, -1)
    if set(gap) == {_SCALE} and isinstance(gap[_SCALE], float | int):
        raise UnitError(
            f"{what} has the right dimension ({describe(wanted)}) but its scale is off by a factor of {10 ** gap[_SCALE]:.6g}",
            "declare all units of one equation on the same scale, or bring in a conversion parameter such as 24 hour/day",
        )
    raise UnitError(f"{what} has the dimension {describe(got)}, but {describe(wanted)} is needed", "correct the formula, or a unit that it uses")


def of_tree(node: ast.expr, units: Mapping[str, Vector]) -> Vector | None:
    """The vector of a checked formula; raises :class:`UnitError` that shows the part where units clash."""
    match node:
        case ast.Constant(value=v):
            return None if v == 0 else {}
        case ast.Name(id=name):
            return units[name]
        case ast.UnaryOp(operand=a):
            return of_tree(a, units)
        case ast.BinOp(left=a, op=ast.Mult(), right=b):
            return times(of_tree(a, units), of_tree(b, units))
        case ast.BinOp(left=a, op=ast.Div(), right=b):
            return times(of_tree(a, units), of_tree(b, units), -1)
        case ast.BinOp(left=a, op=ast.Pow(), right=b):
            return _power(a, b, units)
        case ast.BinOp(left=a, op=_, right=b):
            return _same([a, b], units, ast.unparse(node))
        case ast.Compare(left=a, comparators=[b]):
            return _same([a, b], units, ast.unparse(node))
        case ast.BoolOp(values=parts):
            for part in parts:
                of_tree(part, units)
            return {}
        case ast.Call(func=ast.Name(id=name), args=args):
            return _call(name, args, units, ast.unparse(node))
    raise TypeError(ast.dump(node))


def _same(parts: list[ast.expr], units: Mapping[str, Vector], shown: str) -> Vector | None:
    vectors = [of_tree(p, units) for p in parts]
    wanted = next((v for v in vectors if v is not None), None)
    for part, got in zip(parts, vectors, strict=True):
        require(got, wanted, f"in `{shown}`, the part `{ast.unparse(part)}`")
    return wanted


def _power(base: ast.expr, exponent: ast.expr, units: Mapping[str, Vector]) -> Vector | None:
    from .expression import to_sympy

    require(of_tree(exponent, units), {}, f"the exponent `{ast.unparse(exponent)}`")
    v = of_tree(base, units)
    if not v:
        return v
    n = to_sympy(exponent)
    return _tidy({k: e * (float(n) if n.is_number else n) for k, e in v.items()})


def _call(name: str, args: list[ast.expr], units: Mapping[str, Vector], shown: str) -> Vector | None:
    if name == "piecewise":
        for condition in args[1::2]:
            of_tree(condition, units)
        return _same([*args[:-1:2], args[-1]], units, shown)
    if name in ("min", "max"):
        return _same(args, units, shown)
    v = of_tree(args[0], units)
    if name == "abs":
        return v
    if name == "sqrt":
        return None if v is None else {k: n * 0.5 for k, n in v.items()}
    require(v, {}, f"the argument of `{shown}`")
    return {}


def zeros(node: ast.expr, units: Mapping[str, Vector]) -> dict[int, Vector]:
    """The vector that each zero of a checked formula takes from the terms beside it, by ``id`` of its node."""
    out = {}
    for parent in ast.walk(node):
        match parent:
            case ast.BinOp(left=a, op=ast.Add() | ast.Sub(), right=b):
                parts = [a, b]
            case ast.Compare(left=a, comparators=[b]):
                parts = [a, b]
            case ast.Call(func=ast.Name(id="min" | "max"), args=args):
                parts = args
            case ast.Call(func=ast.Name(id="piecewise"), args=args):
                parts = [*args[:-1:2], args[-1]]
            case _:
                continue
        beside = next((v for v in (of_tree(p, units) for p in parts) if v is not None), {})
        out |= {id(p): beside for p in parts if isinstance(p, ast.Constant) and p.value == 0}
    return out


def from_vector(v: Vector) -> tuple[float, tuple[tuple[str, float], ...]]:
    """A vector with plain exponents as scale and exponents, the form of :func:`base_units`."""
    return 10 ** v.get(_SCALE, 0.0), tuple(sorted((k, float(n)) for k, n in v.items() if k != _SCALE))


def environment(units: Mapping[str, str], time_unit: str) -> dict[str, Vector]:
    """Vectors of all names of a model, ``time`` included."""
    return {TIME: vector(time_unit), **{name: vector(unit) for name, unit in units.items()}}
