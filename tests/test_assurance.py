"""From phase 2 to phase 3 in closed form: against SciPy's integration, a simulation of trials, and the limits that a reader can check by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import integrate
from scipy.stats import norm

from soluble.assurance import assurance, events_of_interval, independent_action, response_limits

SETTINGS = [
    {"hr": 0.69, "events": 76, "events3": 400, "prior_hr": 0.95, "prior_events": 300, "alpha": 0.025},
    {"hr": 0.5, "events": 30, "events3": 1200, "prior_hr": 1.1, "prior_events": 12, "alpha": 0.05},
    {"hr": 1.1, "events": 500, "events3": 90, "prior_hr": 0.8, "prior_events": 700, "alpha": 0.1},
    {"hr": 0.8, "events": 150, "events3": 600, "prior_hr": 1, "prior_events": 0, "alpha": 0.0125},
]


def believed(hr, events, prior_hr, prior_events):
    """Density of the true log ratio by Bayes' rule, normalised by integration."""

    def weight(t):
        prior = norm.pdf(t, math.log(prior_hr), 2 / math.sqrt(prior_events)) if prior_events else 1.0
        return prior * norm.pdf(math.log(hr), t, 2 / math.sqrt(events))

    total = integrate.quad(weight, -6, 6, points=[math.log(hr), math.log(prior_hr)], epsabs=1e-13, limit=400)[0]
    return lambda t: weight(t) / total


@pytest.mark.parametrize("setting", SETTINGS)
def test_the_chance_of_success_is_the_power_averaged_over_what_is_believed(setting):
    hr, events, events3, prior_hr, prior_events, alpha = setting.values()
    belief = believed(hr, events, prior_hr, prior_events)

    def power(t):
        return norm.cdf(norm.ppf(alpha) - t * math.sqrt(events3) / 2)

    def over(f):
        return integrate.quad(lambda t: f(t) * belief(t), -6, 6, points=[math.log(hr), math.log(prior_hr)], epsabs=1e-12, limit=400)[0]

    found = assurance(**setting)
    assert found.success == pytest.approx(over(power), abs=1e-9)
    assert found.ceiling == pytest.approx(over(lambda t: float(t < 0)), abs=1e-5)
    assert found.behind == pytest.approx(math.exp(over(lambda t: t * power(t)) / over(power)), rel=1e-8)
    assert found.mean == pytest.approx(over(lambda t: t), abs=1e-9)
    assert found.flat == pytest.approx(assurance(hr, events, events3, alpha=alpha).success, abs=1e-12)
    assert found.naive == pytest.approx(power(math.log(hr)), abs=1e-12)


def test_simulated_pairs_of_trials_succeed_as_often_as_said():
    """Truths from the prior, phase 2 results from the truths; of the pairs with the phase 2 result at hand, how often phase 3 succeeds."""
    rng = np.random.default_rng(15)
    truth = rng.normal(math.log(0.9), 2 / math.sqrt(200), 4_000_000)
    seen = rng.normal(truth, 2 / math.sqrt(80))
    near = np.abs(seen - math.log(0.7)) < 0.01
    later = rng.normal(truth[near], 2 / math.sqrt(400))
    won = later < norm.ppf(0.025) * 2 / math.sqrt(400)
    found = assurance(0.7, 80, 400, prior_hr=0.9, prior_events=200)
    error = math.sqrt(won.mean() * (1 - won.mean()) / near.sum())
    assert won.mean() == pytest.approx(found.success, abs=4 * error)
    assert math.exp(later[won].mean()) == pytest.approx(found.published, rel=0.005)
    assert math.exp(truth[near][won].mean()) == pytest.approx(found.behind, rel=0.005)


def test_the_ends_that_need_no_computer():
    even = assurance(math.exp(-2 * 1.959963985 / math.sqrt(400)), 50, 400)
    assert even.naive == pytest.approx(0.5, abs=1e-9), "an estimate on the line would be found again in half of the trials"
    assert even.flat == pytest.approx(0.5, abs=1e-9)
    assert assurance(1, 50, 400).ceiling == pytest.approx(0.5)
    huge = assurance(0.7, 80, 1e11, prior_hr=0.9, prior_events=200)
    assert huge.success == pytest.approx(huge.ceiling, abs=1e-4)
    sure = assurance(0.7, 1e9, 400)
    assert sure.success == pytest.approx(sure.naive, abs=1e-6)
    # Schoenfeld's sample size: 330 events give 90 % power for a ratio of 0.7 at two-sided 5 %
    assert assurance(0.7, 80, 4 * (1.959964 + 1.281552) ** 2 / math.log(0.7) ** 2).naive == pytest.approx(0.9, abs=1e-5)


def test_events_come_back_from_their_own_interval():
    se = 2 / math.sqrt(76)
    assert events_of_interval(0.69 * math.exp(-1.281552 * se), 0.69 * math.exp(1.281552 * se), 0.8) == pytest.approx(76, rel=1e-5)


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: assurance(0, 10, 10), "hr is 0; it must be a number above zero"),
        (lambda: assurance(0.7, 10, 10, prior_events=-1), "prior_events is -1"),
        (lambda: assurance(0.7, 10, 10, alpha=0.5), "between 0 and 0.5, as a one-sided level"),
        (lambda: events_of_interval(0.9, 0.5), "the lower end first"),
        (lambda: events_of_interval(0.5, 0.9, 95), "between 0 and 1"),
        (lambda: independent_action(47, 0.29), "47 is no response rate; give a share"),
        (lambda: response_limits(0.2, -0.1), "-0.1 is no response rate"),
    ],
)
def test_what_is_wrong_is_said(call, said):
    with pytest.raises(ValueError, match=said):
        call()


def test_independent_action_counts_each_patient_once():
    rng = np.random.default_rng(1)
    a, b = rng.random((2, 1_000_000)) < np.array([[0.47], [0.29]])
    assert independent_action(0.47, 0.29).share == pytest.approx((a | b).mean(), abs=0.002)
    assert response_limits(0.47, 0.29) == (0.47, 0.76)
    assert response_limits(0.7, 0.6)[1] == 1
    # standard error: 100,000 pairs of samples
    rates = rng.binomial(200, 0.19, 100_000) / 200, rng.binomial(52, 0.23, 100_000) / 52
    spread = (rates[0] + rates[1] - rates[0] * rates[1]).std()
    assert independent_action(0.19, 0.23, 200, 52).se == pytest.approx(spread, rel=0.02)
