"""Pooling against published answers and against independent computations.

The data sets and answers are those of the analysis examples of the metafor project (https://www.metafor-project.org,
page "Analysis Examples" and the tests of https://github.com/wviechtb/metafor), which give the pages of the publications
that they reproduce; the trials of the BCG vaccine are from Colditz and others, JAMA 1994;271:698-702.
"""

import math

import numpy as np
import pandas as pd
import pytest
from scipy import optimize, stats
from statsmodels.stats.meta_analysis import combine_effects

from soluble import evidence
from soluble.evidence import pool

# vaccinated with and without tuberculosis, unvaccinated with and without; year of publication
BCG = np.array(
    [
        (4, 119, 11, 128, 1948),
        (6, 300, 29, 274, 1949),
        (3, 228, 11, 209, 1960),
        (62, 13536, 248, 12619, 1977),
        (33, 5036, 47, 5761, 1973),
        (180, 1361, 372, 1079, 1953),
        (8, 2537, 10, 619, 1973),
        (505, 87886, 499, 87892, 1980),
        (29, 7470, 45, 7232, 1968),
        (17, 1699, 65, 1600, 1961),
        (186, 50448, 141, 27197, 1974),
        (5, 2493, 3, 2338, 1969),
        (27, 16886, 29, 17825, 1976),
    ],
    float,
)


def log_risk_ratio(a, b, c, d):
    return np.log(a / (a + b)) - np.log(c / (c + d)), 1 / a - 1 / (a + b) + 1 / c - 1 / (c + d)


def log_odds_ratio(a, b, c, d):
    return np.log(a * d / (b * c)), 1 / a + 1 / b + 1 / c + 1 / d


BCG_RR = log_risk_ratio(*BCG.T[:4])
BCG_OR = log_odds_ratio(*BCG.T[:4])
# teacher expectancy, Raudenbush 1985
TEACHERS = (
    np.array(
        [0.03, 0.12, -0.14, 1.18, 0.26, -0.06, -0.02, -0.32, 0.27, 0.80, 0.54, 0.18, -0.02, 0.23, -0.18, -0.06, 0.30, 0.07, -0.07]
    ),
    np.array(
        [0.0156, 0.0216, 0.0279, 0.1391, 0.1362, 0.0106, 0.0106, 0.0484, 0.0269, 0.0630]
        + [0.0912, 0.0497, 0.0835, 0.0841, 0.0253, 0.0279, 0.0193, 0.0088, 0.0303]
    ),
)
# the two examples of Viechtbauer 2005
FIRST = (
    np.array([-0.581, 0.530, 0.771, 1.031, 0.553, 0.295, 0.078, 0.573, -0.176, -0.232]),
    np.array([0.023, 0.052, 0.060, 0.115, 0.095, 0.203, 0.200, 0.211, 0.051, 0.040]),
)
SECOND = (
    np.array([0.1, -0.162, -0.09, -0.049, -0.046, -0.01, -0.431, -0.261, 0.134, 0.019, 0.175, 0.056, 0.045, 0.103, 0.121])
    .tolist()
    + [-0.482, 0.290, 0.342],
    np.array([0.016, 0.015, 0.05, 0.05, 0.032, 0.052, 0.036, 0.024, 0.034, 0.033, 0.031, 0.034, 0.039, 0.167, 0.134])
    .tolist()
    + [0.096, 0.016, 0.035],
)
SECOND = tuple(np.array(x) for x in SECOND)
# length of stay in stroke patients, Normand 1999, table VIII; lidocaine, table III
STAY = (
    np.array([-20, -2, -55, -71, -4, 1, 11, -10, 7], float),
    np.array([40.5863, 2.0468, 15.2809, 150.2222, 20.1923, 1.2235, 95.3756, 8.0321, 20.6936]),
)
LIDOCAINE = (
    np.array([2.8026, 0.0, 1.9711, 1.7961, 3.5334, 4.4031]),
    np.array([17.7575, 37.5657, 8.1323, 10.8998, 8.0114, 6.1320]),
)
# aspirin in pre-eclampsia (CLASP), DerSimonian and Kacker 2007
_events, _totals = np.array([5, 5, 12, 69, 9, 313.0]), np.array([156, 303, 565, 1570, 103, 4659.0])
_controls, _all = np.array([8, 17, 9, 94, 11, 352.0]), np.array([74, 303, 477, 1565, 105, 4650.0])
CLASP = log_odds_ratio(_events, _totals - _events, _controls, _all - _controls)
SETS = {
    "BCG, risk ratio": BCG_RR,
    "BCG, odds ratio": BCG_OR,
    "teachers": TEACHERS,
    "Viechtbauer 1": FIRST,
    "Viechtbauer 2": SECOND,
    "stay": STAY,
    "lidocaine": LIDOCAINE,
    "CLASP": CLASP,
}


def printed(value, expected):
    """Equal to the published number as far as it is printed."""
    decimals = len(str(expected).partition(".")[2])
    assert round(value, decimals) == pytest.approx(expected, abs=1.01 * 10**-decimals), f"{value} is not {expected}"
    assert abs(value - expected) <= 0.75 * 10**-decimals, f"{value} is not {expected}"


@pytest.mark.parametrize(
    ("data", "options", "answers"),
    [
        (BCG_RR, {"method": "fixed"}, {"estimate": -0.4303, "ci_low": -0.5097, "ci_high": -0.3509, "q": 152.2330}),
        (
            BCG_RR,
            {"method": "dl"},
            {"estimate": -0.7141, "ci_low": -1.0644, "ci_high": -0.3638, "tau2": 0.3088, "i2": 92.1173},
        ),
        (
            BCG_RR,
            {"method": "reml"},
            {"estimate": -0.7145, "se": 0.1798, "ci_low": -1.0669, "ci_high": -0.3622, "tau2": 0.3132, "i2": 92.22},
        ),
        (BCG_OR, {"method": "fixed"}, {"estimate": -0.4361, "ci_low": -0.5190, "ci_high": -0.3533, "q": 163.1649}),
        (BCG_OR, {"method": "dl"}, {"estimate": -0.7474, "ci_low": -1.1242, "ci_high": -0.3706}),
        (FIRST, {"method": "dl"}, {"tau2": 0.2768, "i2": 80.4447}),
        (FIRST, {"method": "reml"}, {"tau2": 0.2232, "i2": 76.84}),
        (SECOND, {"method": "dl"}, {"tau2": 0.0126, "i2": 27.5275}),
        (SECOND, {"method": "reml"}, {"tau2": 0.0157, "i2": 32.02}),
        (STAY, {"method": "fixed"}, {"estimate": -3.494, "ci_low": -5.026, "ci_high": -1.961}),
        (STAY, {"method": "dl"}, {"estimate": -14.097, "ci_low": -24.445, "ci_high": -3.749, "tau2": 218.72}),
        (STAY, {"method": "reml"}, {"estimate": -15.122, "ci_low": -32.672, "ci_high": 2.428, "tau2": 685.2}),
        (LIDOCAINE, {"method": "reml"}, {"estimate": 2.944, "ci_low": 0.383, "ci_high": 5.506, "tau2": 0.0}),
        (LIDOCAINE, {"method": "dl"}, {"estimate": 2.944, "ci_low": 0.383, "ci_high": 5.506, "tau2": 0.0}),
        (CLASP, {"method": "pm"}, {"estimate": -0.3811, "se": 0.2060}),
        (CLASP, {"method": "dl"}, {"estimate": -0.3240, "se": 0.1540}),
        (CLASP, {"method": "reml"}, {"estimate": -0.2980, "se": 0.1343}),
        (TEACHERS, {"method": "fixed"}, {"estimate": 0.0604, "se": 0.0365, "ci_low": -0.0111, "ci_high": 0.1318, "q": 35.8295}),
        (TEACHERS, {"method": "dl"}, {"estimate": 0.0893, "se": 0.0558, "ci_low": -0.0200, "ci_high": 0.1987, "tau2": 0.0259}),
        (
            TEACHERS,
            {"method": "reml", "prediction": "z"},
            {"estimate": 0.0837, "se": 0.0516, "tau2": 0.0188, "prediction_low": -0.2036, "prediction_high": 0.371},
        ),
        (TEACHERS, {"method": "fixed", "ci": "hk"}, {"se": 0.0515, "ci_low": -0.0477, "ci_high": 0.1685}),
        (TEACHERS, {"method": "dl", "ci": "hk"}, {"se": 0.0636, "ci_low": -0.0442, "ci_high": 0.2229}),
        (TEACHERS, {"method": "reml", "ci": "hk"}, {"se": 0.0616, "ci_low": -0.0457, "ci_high": 0.2131}),
    ],
)
def test_published_answers(data, options, answers):
    result = pool(*data, **({"ci": "wald"} | options))
    for name, expected in answers.items():
        printed(getattr(result, name), expected)


def test_published_between_study_deviations_of_clasp():
    for method, tau in {"pm": 0.3681, "dl": 0.2323, "reml": 0.1843}.items():
        printed(math.sqrt(pool(*CLASP, method=method).tau2), tau)


def test_published_cumulative_pooling_of_the_bcg_trials():
    published = [-0.889311, -1.325003, -0.97208, -1.001094, -1.101424, -0.973464, -0.901251, -0.788566]
    published += [-0.865607, -0.785211, -0.708206, -0.794768, -0.714532]
    ours = evidence.cumulative(*BCG_RR, order=BCG.T[4], method="reml")["estimate"]
    assert ours.to_numpy() == pytest.approx(published, abs=1e-5)


@pytest.mark.parametrize("name", SETS)
@pytest.mark.parametrize("method", ["fixed", "dl", "pm", "reml"])
def test_agrees_with_an_independent_computation(name, method):
    """statsmodels for the estimates, and the defining equations of τ² solved by another algorithm."""
    y, v = SETS[name]
    if method == "dl":
        with np.errstate(invalid="ignore"):  # statsmodels does not truncate a negative τ²
            assert pool(y, v, method="dl").tau2 == pytest.approx(max(0, combine_effects(y, v, method_re="dl").tau2), rel=1e-9)
    if method == "pm":
        assert pool(y, v, method="pm").tau2 == pytest.approx(combine_effects(y, v, method_re="pm").tau2, rel=1e-4, abs=1e-5)
    wald, hk = pool(y, v, method=method, ci="wald"), pool(y, v, method=method, ci="hk")
    tau2 = {"fixed": lambda *_: 0.0, "dl": moment, "pm": generalised_q, "reml": restricted}[method](y, v)
    assert wald.tau2 == pytest.approx(tau2, rel=1e-6, abs=1e-9)
    with np.errstate(invalid="ignore"):
        theirs = combine_effects(y, v + wald.tau2, method_re="dl")  # its fixed effect, at our τ²
    assert wald.estimate == pytest.approx(theirs.mean_effect_fe, rel=1e-6, abs=1e-12)
    assert wald.se == pytest.approx(theirs.sd_eff_w_fe, rel=1e-6)
    assert hk.se == pytest.approx(theirs.sd_eff_w_fe * math.sqrt(theirs.scale_hksj_fe), rel=1e-6)
    assert hk.ci_high - hk.estimate == pytest.approx(stats.t.ppf(0.975, len(y) - 1) * hk.se, rel=1e-9)
    assert wald.weights.sum() == pytest.approx(1)
    assert wald.q == pytest.approx(combine_effects(y, v).q, rel=1e-9)


def moment(y, v):
    w = 1 / v
    q = np.sum(w * (y - np.average(y, weights=w)) ** 2)
    return max(0.0, (q - (len(y) - 1)) / (w.sum() - (w**2).sum() / w.sum()))


def generalised_q(y, v):
    def excess(tau2):
        w = 1 / (v + tau2)
        return np.sum(w * (y - np.average(y, weights=w)) ** 2) - (len(y) - 1)

    return optimize.bisect(excess, 0, 1e6, xtol=1e-14, rtol=1e-14, maxiter=500) if excess(0) > 0 else 0.0


def restricted(y, v):
    """Fixed-point iteration of the REML estimating equation."""
    tau2 = moment(y, v)
    for _ in range(20_000):
        w = 1 / (v + tau2)
        residual = y - np.average(y, weights=w)
        new = max(0.0, np.sum(w**2 * (residual**2 - v)) / np.sum(w**2) + 1 / w.sum())
        if abs(new - tau2) < 1e-15:
            break
        tau2 = new
    return tau2


def test_two_studies_have_no_prediction_interval():
    result = pool([0.1, 0.4], [0.02, 0.03])
    assert math.isnan(result.prediction_low) and "prediction" not in result.summary()


def test_equal_studies_have_no_heterogeneity():
    for method in evidence.METHODS:
        result = pool([0.2] * 5, [0.1, 0.2, 0.3, 0.1, 0.2], method=method, ci="wald")
        assert result.tau2 == result.i2 == 0
        assert result.estimate == pytest.approx(0.2)


def test_leave_one_out_leaves_one_out():
    table = evidence.leave_one_out(*BCG_RR, method="dl", scale="log")
    without_madras = pool(np.delete(BCG_RR[0], 7), np.delete(BCG_RR[1], 7), method="dl").estimate
    assert table["estimate"].iloc[7] == pytest.approx(math.exp(without_madras))
    assert (table["k"] == 12).all()


def test_subgroups_are_compared():
    labels = ["low" if year < 1970 else "late" for year in BCG.T[4]]
    result = evidence.compare_subgroups(*BCG_RR, groups=labels, method="dl", ci="wald")
    a, b = result["groups"].values()
    z = (a.estimate - b.estimate) / math.hypot(a.se, b.se)
    assert result["q"] == pytest.approx(z**2)
    assert result["p"] == pytest.approx(2 * stats.norm.sf(abs(z)))


def test_facts_are_pooled_on_the_log_scale():
    ids = ["canopy1-os-hr", "canopy2-os-hr"]
    result = pool(ids, method="fixed", ci="wald")
    se = [(math.log(1.10) - math.log(0.70)) / 3.919928, (math.log(1.48) - math.log(0.76)) / 3.919928]
    weights = [1 / s**2 for s in se]
    mean = (weights[0] * math.log(0.87) + weights[1] * math.log(1.06)) / sum(weights)
    assert result.scale == "log"
    assert result.shown()["estimate"] == pytest.approx(math.exp(mean), rel=1e-6)
    assert result.studies["label"].tolist() == ["Tan et al. 2024", "Paz-Ares et al. 2024"]
    again = pool(evidence.facts().loc[ids], method="fixed", ci="wald")
    assert again.estimate == result.estimate


def test_facts_that_cannot_be_compared_are_refused():
    with pytest.raises(ValueError, match="quantity"):
        pool(["canopy1-os-hr", "canakinumab-half-life"])
    with pytest.raises(ValueError, match="no confidence interval"):
        pool(["cantos-baseline-il6-cases", "cantos-baseline-il6-controls"])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([0.1], [0.2]), "at least two"),
        (([0.1, 0.2], [0.2, 0.0]), "above zero"),
        (([0.1, math.nan], [0.2, 0.1]), "finite"),
        (([0.1, 0.2], [0.2]), "one length"),
        (([0.1, 0.2],), "variances"),
    ],
)
def test_bad_input_is_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        pool(*arguments)


@pytest.mark.parametrize(("option", "value"), [("method", "magic"), ("ci", "wide"), ("prediction", "x")])
def test_an_unknown_option_names_the_known_ones(option, value):
    with pytest.raises(ValueError, match="there are"):
        pool(*FIRST, **{option: value})


# ----------------------------------------------------------------------------------------------------- comparing ratios


def test_ratio_of_hazard_ratios():
    result = evidence.ratio_of_ratios("chang-il6-css-after-hr", "chang-il6-css-before-hr")
    assert result["estimate"] == pytest.approx(3.66 / 1.25)
    se = math.hypot(math.log(6.15 / 2.18), math.log(2.13 / 0.73)) / 3.919928
    assert result["ci_low"] == pytest.approx(math.exp(math.log(3.66 / 1.25) - 1.959964 * se), rel=1e-6)
    assert result["p"] == pytest.approx(2 * stats.norm.sf(math.log(3.66 / 1.25) / se), rel=1e-5)


def test_a_linear_interval_is_told_from_a_logarithmic_one():
    rows = pd.DataFrame(
        [
            ("log", "hazard ratio", 0.87, 0.70, 1.10),
            ("linear", "hazard ratio", 1.90, 1.50, 2.30),
            ("odd", "hazard ratio", 0.40, 0.31, 0.91),
        ],
        columns=["id", "quantity", "value", "ci_low", "ci_high"],
    ).set_index("id")
    verdicts = evidence.interval_check(rows)["verdict"]
    assert verdicts.to_dict() == {"log": "log", "linear": "linear", "odd": "odd"}


# ------------------------------------------------------------------------------------------------------------- units


def test_mass_and_amount_are_converted():
    assert evidence.convert(21, "pg/mL", "pM", molecular_weight=21) == pytest.approx(1)
    assert evidence.convert(1, "nM", "ng/mL", molecular_weight=50) == pytest.approx(50)
    assert evidence.convert(1, "mg/dL", "mg/L") == pytest.approx(10)
    assert evidence.convert(3.2, "ng/L", "pg/mL") == pytest.approx(3.2)


def test_a_conversion_that_lacks_something_says_what():
    with pytest.raises(ValueError, match="molecular weight"):
        evidence.convert(1, "pg/mL", "pM")
    with pytest.raises(ValueError, match="there are"):
        evidence.convert(1, "IU/mL", "pM", 20)


# ------------------------------------------------------------------------------------------------------------ pictures


def test_a_forest_plot_shows_what_was_printed_and_says_it_in_words():
    ids = ["canopy1-os-hr", "canopy2-os-hr", "canopya-dfs-hr"]
    ax = evidence.forest(ids, method="dl")
    texts = [t.get_text() for t in ax.texts]
    assert texts[0] == "0.87 (0.70–1.10)"
    assert [t.get_text() for t in ax.get_yticklabels()][:1] == ["Tan et al. 2024"]
    assert "prediction interval" in ax.alt and "0.94 (0.78–1.14)" in ax.alt
    assert ax.get_xscale() == "log"
    alone = evidence.forest(ids, pooled=False)
    assert "not pooled" in alone.alt and len(alone.texts) == 3


def test_a_funnel_plot_says_how_many_lie_outside():
    assert "outside the 95 % region" in evidence.funnel(*BCG_RR, scale="log").alt
