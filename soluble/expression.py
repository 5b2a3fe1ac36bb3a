"""Formulas of a declaration: read without ``eval``, kept as a tree in the author's own order.

The grammar is the arithmetic that every target understands: numbers, names, ``+ - * / **`` (``^`` is read as ``**``),
``exp log sqrt abs min max tanh``, ``piecewise(value, condition, ..., otherwise)`` with ``< <= > >= and or not`` in the
conditions, and ``time``. ``log`` is the natural logarithm. A solver may step a hair below zero, where a fractional power has
no value: write ``max(x, 0)**h`` for a state that falls to zero.
"""

from __future__ import annotations

import ast
import math
from collections.abc import Callable, Mapping
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import sympy as sp

TIME = "time"
#: Function name -> smallest and largest number of arguments (``None``: no upper limit).
FUNCTIONS: dict[str, tuple[int, int | None]] = {
    "exp": (1, 1),
    "log": (1, 1),
    "sqrt": (1, 1),
    "abs": (1, 1),
    "tanh": (1, 1),
    "min": (2, None),
    "max": (2, None),
    "piecewise": (3, None),
}
OPERATORS = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.Pow: "**"}
COMPARISONS = {ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">="}


class ExpressionError(ValueError):
    """A formula cannot be read. ``mend`` says what would be right."""

    def __init__(self, what: str, mend: str) -> None:
        super().__init__(what)
        self.what, self.mend = what, mend


class Expression:
    """One formula: ``text`` as written, ``tree`` (an ``ast`` node), ``names`` that it uses, without ``time``."""

    def __init__(self, text: str | float) -> None:
        """Read a formula or a plain number; raises :class:`ExpressionError` where the grammar is left."""
        self.text = repr(float(text)) if isinstance(text, float) else str(text).strip()
        self.tree = _parse(self.text)
        used = [n.id for n in ast.walk(self.tree) if isinstance(n, ast.Name)]
        self.names: tuple[str, ...] = tuple(dict.fromkeys(n for n in used if n not in FUNCTIONS and n != TIME))

    @property
    def is_number(self) -> bool:
        """Whether the formula holds no name at all."""
        return _is_number(self.tree)

    @cached_property
    def sympy(self) -> sp.Expr:
        """The formula in SymPy, over real symbols of the same names."""
        return to_sympy(self.tree)

    def value(self, names: Mapping[str, float] | None = None) -> float:
        """The number that the formula gives with ``names`` put in; arrays go through element by element."""
        return evaluate(self.tree, names or {})

    def __repr__(self) -> str:
        return f"Expression({self.text!r})"


def _parse(text: str) -> ast.expr:
    source = " ".join(text.replace("^", "**").split())
    if not source:
        raise ExpressionError("the formula is empty", "write a formula such as `a*T*(1 - b*T)`, or a number")
    try:
        tree = ast.parse(source, mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise ExpressionError(
            f"`{text}` is not a formula",
            "balance the brackets and write every operator: `2*T`, not `2T`; names are letters, digits and `_`",
        ) from None
    _check(tree, condition=False)
    return tree


def _check(node: ast.expr, *, condition: bool) -> None:
    if condition:
        return _check_condition(node)
    match node:
        case ast.Constant(value=bool()):
            raise ExpressionError(f"`{node.value}` is not a number", "use 1 and 0, or a condition in `piecewise`")
        case ast.Constant(value=int() | float()) | ast.Name():
            if isinstance(node, ast.Constant) and not math.isfinite(node.value):
                raise ExpressionError(f"`{ast.unparse(node)}` is too large a number", "use finite numbers")
        case ast.BinOp(op=op) if type(op) in OPERATORS:
            _check(node.left, condition=False)
            _check(node.right, condition=False)
        case ast.UnaryOp(op=ast.USub() | ast.UAdd()):
            _check(node.operand, condition=False)
        case ast.Call(func=ast.Name(id=name), keywords=[]):
            _check_call(name, node.args)
        case _:
            raise ExpressionError(
                f"`{ast.unparse(node)}` is not part of the grammar of formulas",
                "use numbers, names, + - * / **, and " + ", ".join(FUNCTIONS),
            )


def _check_call(name: str, args: list[ast.expr]) -> None:
    if name not in FUNCTIONS:
        raise ExpressionError(f"`{name}` is not a function here", "the functions are " + ", ".join(FUNCTIONS))
    low, high = FUNCTIONS[name]
    if len(args) < low or (high is not None and len(args) > high):
        raise ExpressionError(f"`{name}` has {len(args)} arguments", f"it takes {low}{'' if high == low else ' or more'}")
    if name == "piecewise" and len(args) % 2 == 0:
        raise ExpressionError(
            "`piecewise` lacks its last value", "write piecewise(value, condition, ..., otherwise): an odd number of arguments"
        )
    for i, arg in enumerate(args):
        _check(arg, condition=name == "piecewise" and i % 2 == 1)


def _check_condition(node: ast.expr) -> None:
    match node:
        case ast.BoolOp(values=parts):
            for part in parts:
                _check_condition(part)
        case ast.UnaryOp(op=ast.Not()):
            _check_condition(node.operand)
        case ast.Compare(ops=[op], comparators=[right]) if type(op) in COMPARISONS:
            _check(node.left, condition=False)
            _check(right, condition=False)
        case _:
            raise ExpressionError(
                f"`{ast.unparse(node)}` is not a condition", "compare two quantities with < <= > >=, joined by and, or, not"
            )


def to_sympy(node: ast.expr) -> sp.Basic:
    """A checked tree as SymPy over real symbols; whole numbers become exact integers."""
    import sympy as sp

    match node:
        case ast.Constant(value=v):
            return sp.Integer(int(v)) if float(v).is_integer() and abs(v) < 2**53 else sp.Float(v)
        case ast.Name(id=name):
            return symbol(name)
        case ast.BinOp(left=a, op=op, right=b):
            return _binary(op, to_sympy(a), to_sympy(b))
        case ast.UnaryOp(op=op, operand=a):
            inner = to_sympy(a)
            return sp.Not(inner) if isinstance(op, ast.Not) else -inner if isinstance(op, ast.USub) else inner
        case ast.BoolOp(op=op, values=parts):
            return (sp.And if isinstance(op, ast.And) else sp.Or)(*map(to_sympy, parts))
        case ast.Compare(left=a, ops=[op], comparators=[b]):
            relation = {ast.Lt: sp.Lt, ast.LtE: sp.Le, ast.Gt: sp.Gt, ast.GtE: sp.Ge}[type(op)]
            return relation(to_sympy(a), to_sympy(b))
        case ast.Call(func=ast.Name(id="piecewise"), args=args):
            values = [to_sympy(a) for a in args]
            pairs = [*zip(values[:-1:2], values[1::2], strict=True), (values[-1], True)]
            return sp.Piecewise(*pairs)
        case ast.Call(func=ast.Name(id=name), args=args):
            named = {"abs": sp.Abs, "min": sp.Min, "max": sp.Max}
            return named.get(name, getattr(sp, name, None))(*map(to_sympy, args))
    raise TypeError(ast.dump(node))


def _binary(op: ast.operator, a: sp.Expr, b: sp.Expr) -> sp.Expr:
    match op:
        case ast.Add():
            return a + b
        case ast.Sub():
            return a - b
        case ast.Mult():
            return a * b
        case ast.Div():
            return a / b
    return a**b


def symbol(name: str) -> sp.Symbol:
    """The real SymPy symbol that stands for a name of a declaration."""
    import sympy as sp

    return sp.Symbol(name, real=True)


def evaluate(node: ast.expr, names: Mapping[str, float]) -> float:
    """The value of a tree with numbers or equally long NumPy arrays for its names."""
    import numpy as np

    match node:
        case ast.Constant(value=v):
            return float(v)
        case ast.Name(id=name):
            return names[name]
        case ast.BinOp(left=a, op=op, right=b):
            return _binary(op, evaluate(a, names), evaluate(b, names))
        case ast.UnaryOp(op=op, operand=a):
            inner = evaluate(a, names)
            return np.logical_not(inner) if isinstance(op, ast.Not) else -inner if isinstance(op, ast.USub) else inner
        case ast.BoolOp(op=op, values=parts):
            join = np.logical_and if isinstance(op, ast.And) else np.logical_or
            return join.reduce([evaluate(p, names) for p in parts])
        case ast.Compare(left=a, ops=[op], comparators=[b]):
            compare = {ast.Lt: np.less, ast.LtE: np.less_equal, ast.Gt: np.greater, ast.GtE: np.greater_equal}[type(op)]
            return compare(evaluate(a, names), evaluate(b, names))
        case ast.Call(func=ast.Name(id=name), args=args):
            return _evaluate_call(name, [evaluate(a, names) for a in args])
    raise TypeError(ast.dump(node))


def _evaluate_call(name: str, args: list) -> float:
    import numpy as np

    if name == "piecewise":
        out = args[-1]
        for value, condition in zip(args[-3::-2], args[-2::-2], strict=True):
            out = np.where(condition, value, out)
        return out if np.ndim(out) else float(out)
    if name in ("min", "max"):
        return (np.minimum if name == "min" else np.maximum).reduce(np.broadcast_arrays(*args))
    return getattr(np, name)(*args)


# --- the same tree, written for others -------------------------------------------------------------------------------

_RANK = {ast.Add: 1, ast.Sub: 1, ast.Mult: 2, ast.Div: 2, ast.USub: 3, ast.UAdd: 3, ast.Pow: 4}


def _rank(node: ast.expr) -> int:
    match node:
        case ast.BoolOp() | ast.UnaryOp(op=ast.Not()) | ast.Compare():
            return 0
        case ast.BinOp(op=op) | ast.UnaryOp(op=op):
            return _RANK[type(op)]
    return 5


def to_infix(node: ast.expr, number: Callable[[ast.Constant], str] = lambda node: repr(node.value)) -> str:
    """The tree as the infix that SBML's level 3 formulas and Antimony share (``^``, ``ln``, ``&&``).

    ``number`` writes the constants; SBML puts units behind them.
    """

    def infix(n: ast.expr) -> str:
        return to_infix(n, number)

    match node:
        case ast.Constant():
            return number(node)
        case ast.Name(id=name):
            return name
        case ast.BinOp(left=a, op=ast.Pow(), right=b) if not isinstance(b, ast.Constant) and _is_number(b):
            value = _folded(b)
            shown = number(ast.Constant(abs(value)))
            return f"{_bracket(a, node, infix(a), left=True)}^{shown if value >= 0 else f'(-{shown})'}"
        case ast.BinOp(left=a, op=op, right=b):
            sign = "^" if isinstance(op, ast.Pow) else OPERATORS[type(op)]
            return f"{_bracket(a, node, infix(a), left=True)}{sign}{_bracket(b, node, infix(b), left=False)}"
        case ast.UnaryOp(op=ast.Not(), operand=a):
            return f"!({infix(a)})"
        case ast.UnaryOp(op=op, operand=a):
            sign = "-" if isinstance(op, ast.USub) else ""
            return f"{sign}{infix(a) if _rank(a) == 5 else f'({infix(a)})'}"
        case ast.BoolOp(op=op, values=parts):
            return (" && " if isinstance(op, ast.And) else " || ").join(f"({infix(p)})" for p in parts)
        case ast.Compare(left=a, ops=[op], comparators=[b]):
            return f"{infix(a)} {COMPARISONS[type(op)]} {infix(b)}"
        case ast.Call(func=ast.Name(id=name), args=args):
            return f"{'ln' if name == 'log' else name}({', '.join(map(infix, args))})"
    raise TypeError(ast.dump(node))


def _is_number(node: ast.expr) -> bool:
    return not any(isinstance(n, ast.Name) and n.id not in FUNCTIONS for n in ast.walk(node))


def _folded(node: ast.expr) -> float:
    """A formula of numbers as one number: unit checks can follow ``V^0.666...`` but not ``V^(2/3)``."""
    value = float(evaluate(node, {}))
    return int(value) if value.is_integer() else value


def _bracket(child: ast.expr, parent: ast.BinOp, inner: str, *, left: bool) -> str:
    """A child in brackets unless the rank of its operator makes them idle; a power always brackets its parts."""
    outer = _rank(parent)
    if isinstance(parent.op, ast.Pow):
        return inner if _rank(child) == 5 else f"({inner})"
    idle = _rank(child) > outer or (_rank(child) == outer and (left or isinstance(parent.op, ast.Add)))
    return inner if idle and not (isinstance(child, ast.UnaryOp) and not left) else f"({inner})"


def to_latex(node: ast.expr, name_of: Callable[[str], str]) -> str:
    """The tree as LaTeX in the author's order of terms; ``name_of`` gives the LaTeX of a name."""

    def tex(n: ast.expr) -> str:
        return to_latex(n, name_of)

    def wrapped(n: ast.expr, least: int) -> str:
        return tex(n) if _rank(n) >= least else rf"\left({tex(n)}\right)"

    match node:
        case ast.Constant(value=v):
            return number_latex(v)
        case ast.Name(id=name):
            return name_of(name)
        case ast.BinOp(left=a, op=ast.Div(), right=b):
            return rf"\frac{{{tex(a)}}}{{{tex(b)}}}"
        case ast.BinOp(left=a, op=ast.Pow(), right=b):
            return rf"{_power_base(a, tex)}^{{{tex(b)}}}"
        case ast.BinOp(left=a, op=ast.Mult(), right=b):
            dot = r" \cdot " if isinstance(b, ast.Constant) or _starts_with_number(b) else r" \, "
            return wrapped(a, 2) + dot + wrapped(b, 4 if isinstance(b, ast.UnaryOp) else 2)
        case ast.BinOp(left=a, op=op, right=b):
            right = wrapped(b, 2 if isinstance(op, ast.Sub) else 1)
            return f"{tex(a)} {OPERATORS[type(op)]} " + (rf"\left({right}\right)" if isinstance(b, ast.UnaryOp) else right)
        case ast.UnaryOp(op=ast.Not(), operand=a):
            return rf"\neg \left({tex(a)}\right)"
        case ast.UnaryOp(op=op, operand=a):
            return ("-" if isinstance(op, ast.USub) else "") + wrapped(a, 2)
        case ast.BoolOp(op=op, values=parts):
            return (r" \wedge " if isinstance(op, ast.And) else r" \vee ").join(wrapped(p, 1) for p in parts)
        case ast.Compare(left=a, ops=[op], comparators=[b]):
            sign = {"<=": r"\le", ">=": r"\ge"}.get(COMPARISONS[type(op)], COMPARISONS[type(op)])
            return f"{tex(a)} {sign} {tex(b)}"
        case ast.Call(func=ast.Name(id=name), args=args):
            return _call_latex(name, [tex(a) for a in args])
    raise TypeError(ast.dump(node))


def _power_base(base: ast.expr, tex: Callable[[ast.expr], str]) -> str:
    """A base alone, or in brackets where the power would otherwise seem to hold for a part of it only."""
    plain = isinstance(base, ast.Name) and "^" not in tex(base) or isinstance(base, ast.Constant)
    return f"{{{tex(base)}}}" if plain else rf"\left({tex(base)}\right)"


def _starts_with_number(node: ast.expr) -> bool:
    while isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult | ast.Pow):
        node = node.left
    return isinstance(node, ast.Constant)


def _call_latex(name: str, args: list[str]) -> str:
    match name:
        case "exp":
            return rf"e^{{{args[0]}}}"
        case "sqrt":
            return rf"\sqrt{{{args[0]}}}"
        case "abs":
            return rf"\left|{args[0]}\right|"
        case "piecewise":
            rows = [rf"{v} & \text{{if }} {c}" for v, c in zip(args[:-1:2], args[1::2], strict=True)]
            rows.append(rf"{args[-1]} & \text{{otherwise}}")
            return r"\begin{cases} " + r" \\ ".join(rows) + r" \end{cases}"
    return rf"\{'ln' if name == 'log' else name}\left({', '.join(args)}\right)"


def number_latex(value: float) -> str:
    """A number as LaTeX, with a power of ten where it is very large or small: ``1.3 \\times 10^{4}``."""
    text = f"{value:.12g}"
    if "e" not in text and (value == 0 or 1e-3 <= abs(value) < 1e5):
        return text
    mantissa, _, power = f"{value:.11e}".partition("e")
    mantissa = mantissa.rstrip("0").rstrip(".")
    ten = f"10^{{{int(power)}}}"
    return ten if mantissa == "1" else rf"{mantissa} \times {ten}"


_GREEK = set(
    "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi pi rho sigma tau upsilon phi chi psi omega "
    "Gamma Delta Theta Lambda Xi Pi Sigma Upsilon Phi Psi Omega".split()
)


def name_latex(name: str) -> str:
    """A name as LaTeX: ``k_on`` -> ``k_{\\mathrm{on}}``, ``alpha`` -> ``\\alpha``, ``IL6`` upright."""
    head, _, tail = name.partition("_")
    stem = head.rstrip("0123456789")
    if stem and stem != head and (len(stem) == 1 or stem in _GREEK):
        head, tail = stem, head[len(stem) :] + ("," + tail if tail else "")
    base = rf"\{head}" if head in _GREEK else head if len(head) == 1 else rf"\mathrm{{{head}}}"
    if not tail:
        return base
    parts = [rf"\{p}" if p in _GREEK else p if len(p) == 1 or p.isdigit() else rf"\mathrm{{{p}}}" for p in tail.replace("_", ",").split(",")]
    return f"{base}_{{{','.join(parts)}}}"
