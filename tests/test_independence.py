"""Every declared model, exported and run by other people's software, gives the numbers of our own run."""

from __future__ import annotations

import libsbml
import numpy as np
import pytest
from agreement import random_settings, relative_difference, times_between_doses
from validation import hold

import soluble
from soluble.simulate import SimulationError, absolute_tolerance, dose_times
from soluble.translate import dose_counter, sbml_id

MODELS = soluble.list_models()
SETTINGS = 50
AGREE = 1e-6


def roadrunner_of(model, sbml):
    """libRoadRunner with the model loaded, tight tolerances, and all its quantities selected."""
    import roadrunner

    roadrunner.Logger.setLevel(roadrunner.Logger.LOG_CRITICAL)
    runner = roadrunner.RoadRunner(sbml)
    runner.integrator.relative_tolerance = 1e-11
    runner.integrator.absolute_tolerance = 1e-20
    runner.integrator.maximum_num_steps = 500_000
    runner.timeCourseSelections = ["time", *model.quantity_ids]
    return runner


def their_run(runner, model, setting, times):
    """A run by libRoadRunner with parameters and initial values set; a row per time after 0.

    A reset fires the doses of time 0 at once, with the default amounts. So the clock is set a hair before 0 after everything
    has its value, the counters of the doses included: libRoadRunner then meets each dose on its way.
    """
    runner.resetToOrigin()
    p, y0 = model.values(setting)
    for name, value in [*zip(model.parameter_ids, p, strict=True), *zip(model.state_ids, y0, strict=True)]:
        runner[name] = float(value)
    for dose in model.doses:
        runner[dose_counter(model, dose)] = 0.0
    start = -1e-12 * model.t_end if model.doses else 0.0
    runner.model.setTime(start)
    return np.array(runner.simulate(times=[start, *times[1:].tolist()]))[1:, 1:]


def our_run(model, setting, times):
    """The same by SciPy, with tight tolerances: 1e-10 relative, and absolutely 1e-16 of the size of the states of one unit."""
    p, y0 = model.values(setting)
    tight = absolute_tolerance(model, y0, dose_times(model, p), rtol=1e-12)
    return model.simulate(t=times, rtol=1e-10, atol=tight, **model.keywords(setting)).to_numpy()[1:]


@pytest.fixture(scope="module", params=MODELS)
def model(request):
    return soluble.load_model(request.param)


def test_libroadrunner_gives_the_same_runs(model):
    """SBML in libRoadRunner against SciPy, relative 1e-6, at 50 random settings inside the slider ranges."""
    runner = roadrunner_of(model, model.to_sbml())
    settings = random_settings(model, SETTINGS)
    worst = 0.0
    for setting in settings:
        times = times_between_doses(model, setting)
        difference = relative_difference(model, our_run(model, setting, times), their_run(runner, model, setting, times))
        name = max(difference, key=difference.get)
        worst = max(worst, difference[name])
        assert difference[name] < AGREE, f"{model.id}: {name} differs by {difference[name]:.2g} at {setting}"
    hold(model.id, "libroadrunner", settings=len(settings), below=worst)


def test_libroadrunner_gives_the_default_run(model):
    """The SBML file as it is, with nothing set: initial assignments, doses and default values included."""
    runner = roadrunner_of(model, model.to_sbml())
    times = times_between_doses(model, {})
    theirs = np.array(runner.simulate(times=times.tolist()))[1:, 1:]
    assert max(relative_difference(model, our_run(model, {}, times), theirs).values()) < AGREE


def test_libsbml_finds_nothing_wrong(model):
    """The consistency check of libSBML, units included, has neither errors nor warnings."""
    document = libsbml.readSBMLFromString(model.to_sbml())
    document.setConsistencyChecks(libsbml.LIBSBML_CAT_UNITS_CONSISTENCY, True)
    document.checkConsistency()
    found = [document.getError(i).getMessage() for i in range(document.getNumErrors())]
    assert not found, "\n".join(found)


def test_antimony_gives_the_same_run(model):
    """The Antimony text loads in the antimony package, and what that makes of it runs as our SBML does."""
    import antimony

    antimony.clearPreviousLoads()
    assert antimony.loadAntimonyString(model.to_antimony()) >= 0, antimony.getLastError()
    sbml = antimony.getSBMLString(sbml_id(model))
    times = times_between_doses(model, {})
    theirs = np.array(roadrunner_of(model, sbml).simulate(times=times.tolist()))[1:, 1:]
    ours = np.array(roadrunner_of(model, model.to_sbml()).simulate(times=times.tolist()))[1:, 1:]
    assert max(relative_difference(model, theirs, ours).values()) < AGREE


def test_a_broken_unit_would_be_found():
    """The check of units is awake: one wrong unit in an exported file is a warning of libSBML."""
    sbml = soluble.load_model("kuznetsov-1994").to_sbml()
    broken = sbml.replace('id="d" name="death of effectors" value="0.0412" units="u_1_per_day"', 'id="d" value="0.0412" units="u_cell"')
    assert broken != sbml
    document = libsbml.readSBMLFromString(broken)
    document.setConsistencyChecks(libsbml.LIBSBML_CAT_UNITS_CONSISTENCY, True)
    assert document.checkConsistency() > 0


def test_a_run_that_cannot_be_made_is_an_error():
    """A solver that gives up raises, it does not return half a run."""
    model = soluble.load_model("kuznetsov-1994").with_equation("T", "T*T/T_unit - n*E*T", {"T_unit": {"value": 1, "unit": "cell*day"}})
    with pytest.raises(SimulationError, match="at about time|at time"):
        model.simulate()
