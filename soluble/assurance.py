"""From one trial to the next, and from two drugs to their combination: what can be computed in closed form.

``assurance`` is the probability that a planned trial succeeds, averaged over what is not known of the effect. Logarithms of
hazard ratios are taken as normal with variance ``4 / events`` (two equal arms, an effect that is not extreme), the prior as normal
too, so that nothing has to be sampled. ``independent_action`` and ``response_limits`` say which share of patients responds to two
drugs when each patient responds as to the better of them (Frei 1961; Schmidt 2023).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from scipy.stats import norm

__all__ = ["Assurance", "Response", "assurance", "events_of_interval", "independent_action", "response_limits"]


@dataclass(frozen=True)
class Assurance:
    """What a phase 2 result lets one expect of a phase 3 trial. Ratios are hazard ratios, probabilities lie between 0 and 1.

    naive : chance of success if the phase 2 ratio were the truth
    flat : the same averaged over what phase 2 leaves open, with nothing known beforehand
    success : the same with the prior; ``ceiling`` is what it tends to as events grow, the probability that the true ratio is below 1
    needed : largest estimate that counts as success
    mean, sd : of the logarithm of the true ratio after phase 2 and prior
    predicted_sd : standard deviation of the logarithm of the phase 3 estimate, as expected before the trial
    published, behind : ratio (geometric mean) that a successful trial is expected to report, and the true one behind it
    """

    naive: float
    flat: float
    success: float
    ceiling: float
    needed: float
    mean: float
    sd: float
    predicted_sd: float
    published: float
    behind: float


def assurance(hr: float, events: float, events3: float, *, prior_hr: float = 1.0, prior_events: float = 0.0, alpha: float = 0.025) -> Assurance:
    """The chance that phase 3 succeeds after a phase 2 trial that reported ``hr`` with ``events``.

    Parameters
    ----------
    hr, events : estimate and number of events of the phase 2 trial
    events3 : planned number of events of the phase 3 trial
    prior_hr, prior_events : what was expected before phase 2, and how many events that belief is worth; 0 is no prior
    alpha : one-sided level at which phase 3 is a success (0.025 is the usual two-sided 5 %)

    Raises
    ------
    ValueError
        for ratios or events that are not above zero, a prior below zero, or a level outside 0 to 0.5
    """
    for name, value in {"hr": hr, "events": events, "events3": events3, "prior_hr": prior_hr}.items():
        if not (math.isfinite(value) and value > 0):
            raise ValueError(f"{name} is {value:g}; it must be a number above zero")
    if not (math.isfinite(prior_events) and prior_events >= 0):
        raise ValueError(f"prior_events is {prior_events:g}; it must be zero (no prior) or more")
    if not 0 < alpha < 0.5:
        raise ValueError(f"alpha is {alpha:g}; it must lie between 0 and 0.5, as a one-sided level")
    seen, total = math.log(hr), events + prior_events
    mean = (events * seen + prior_events * math.log(prior_hr)) / total
    variance, noise = 4 / total, 4 / events3
    needed = norm.ppf(alpha) * math.sqrt(noise)
    spread = math.sqrt(variance + noise)
    z = (needed - mean) / spread
    pull = math.exp(norm.logpdf(z) - norm.logcdf(z))  # how far a success lies below the mean, in standard deviations, beyond z
    return Assurance(
        naive=float(norm.cdf((needed - seen) / math.sqrt(noise))),
        flat=float(norm.cdf((needed - seen) / math.sqrt(4 / events + noise))),
        success=float(norm.cdf(z)),
        ceiling=float(norm.cdf(-mean / math.sqrt(variance))),
        needed=math.exp(needed),
        mean=float(mean),
        sd=float(math.sqrt(variance)),
        predicted_sd=spread,
        published=math.exp(mean - spread * pull),
        behind=math.exp(mean - variance / spread * pull),
    )


def events_of_interval(low: float, high: float, level: float = 0.95) -> float:
    """How many events of two equal arms give a hazard ratio's interval this width: ``4 / se**2`` on the logarithmic scale.

    Raises ``ValueError`` when the ends are not above zero and in order, or the level is not between 0 and 1.
    """
    if not 0 < low < high:
        raise ValueError(f"the interval {low:g} to {high:g} must be above zero, the lower end first")
    if not 0 < level < 1:
        raise ValueError(f"level is {level:g}; it must lie between 0 and 1")
    return float((4 * norm.ppf((1 + level) / 2) / math.log(high / low)) ** 2)


@dataclass(frozen=True)
class Response:
    """Share of patients who are expected to respond, and the standard error of that expectation."""

    share: float
    se: float


def independent_action(a: float, b: float, n_a: float = math.inf, n_b: float = math.inf) -> Response:
    """Expected response rate of two drugs that help different patients by chance: ``a + b - a*b``.

    ``a`` and ``b`` are response rates between 0 and 1 measured in ``n_a`` and ``n_b`` patients; the standard error is that of the
    delta method for two independent binomial samples. Raises ``ValueError`` for rates outside 0 to 1.
    """
    _shares(a, b)
    variance = (1 - b) ** 2 * a * (1 - a) / n_a + (1 - a) ** 2 * b * (1 - b) / n_b
    return Response(a + b - a * b, math.sqrt(variance))


def response_limits(a: float, b: float) -> tuple[float, float]:
    """Least and most that respond to two drugs when nobody responds who would not respond to one of them.

    The least is the better drug's rate (the same patients respond to both), the most the sum (nobody responds to both). Raises
    ``ValueError`` for rates outside 0 to 1.
    """
    _shares(a, b)
    return max(a, b), min(1.0, a + b)


def _shares(*rates: float) -> None:
    for rate in rates:
        if not 0 <= rate <= 1:
            raise ValueError(f"{rate:g} is no response rate; give a share between 0 and 1, not a percentage")
