"""COMBINE archives, read by the standards' own libraries, and their scenarios run by libRoadRunner from the SED-ML alone."""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from io import BytesIO
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from agreement import relative_difference
from toys import GRAMMAR, PK

import soluble
from soluble.model import Model

WITH_FORMULA = Model(
    GRAMMAR.replace("leaves_out:", "scenarios: [{id: high-start, title: High, says: Starts high., set: {x0: 9, k: 0.2}}]\nleaves_out:").replace(
        "initial: x_start + 0.5*K}", "initial: x_start + 0.5*K, range: [1, 10]}"
    )
)
MODELS = [Model(PK), WITH_FORMULA, *map(soluble.load_model, soluble.list_models())]
SPACES = {"sbml": "http://www.sbml.org/sbml/level3/version2/core"}


@pytest.fixture(params=MODELS, ids=lambda m: m.id)
def model(request):
    return request.param


def contents(model):
    with zipfile.ZipFile(BytesIO(model.to_archive())) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name).decode() for name in archive.namelist()}


#: In a process of its own: libSEDML and libSBML bring the same classes, and take them from each other.
READ = """
import json, sys, libcombine, libsedml
def changes(model):
    for i in range(model.getNumChanges()):
        c = model.getChange(i)
        yield [c.getTarget(), c.getNewValue() if isinstance(c, libsedml.SedChangeAttribute) else None]
def read(text):
    d = libsedml.readSedMLFromString(text)
    reports = [o for o in map(d.getOutput, range(d.getNumOutputs())) if o.isSedReport()]
    return {
        "errors": d.getErrorLog().toString() if d.getErrorLog().getNumErrors() else "",
        "runs": [[s.getOutputEndTime(), s.getNumberOfSteps(), s.getAlgorithm().getKisaoID()] for s in map(d.getSimulation, range(d.getNumSimulations()))],
        "tasks": [t.getModelReference() for t in map(d.getTask, range(d.getNumTasks()))],
        "models": {m.getId(): list(changes(m)) for m in map(d.getModel, range(d.getNumModels()))},
        "reports": [[[r.getDataSet(i).getLabel(), bool(d.getDataGenerator(r.getDataSet(i).getDataReference()))] for i in range(r.getNumDataSets())] for r in reports],
    }
out = {}
for path in sys.argv[1:]:
    a = libcombine.CombineArchive()
    assert a.initializeFromArchive(path), path
    entries = {str(e.getLocation()): str(e.getFormat()) for e in map(a.getEntry, range(a.getNumEntries()))}
    master = a.getMasterFile().getLocation()
    text = a.extractEntryToString(master)
    out[path] = {"entries": entries, "master": master, "about": a.getMetadataForLocation(".").getDescription(), **read(text)}
    out[path]["broken"] = read(text.replace("modelReference=", "modelReference=\\"nobody\\" was="))["errors"]
    a.cleanUp()
print(json.dumps(out))
"""


@pytest.fixture(scope="module")
def read(tmp_path_factory):
    """What libCOMBINE and libSEDML find in each archive."""
    folder = tmp_path_factory.mktemp("archives")
    paths = {m.key: str(folder / f"{m.key}.omex") for m in MODELS}
    for m in MODELS:
        (folder / f"{m.key}.omex").write_bytes(m.to_archive())
    done = subprocess.run([sys.executable, "-c", READ, *paths.values()], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    return {key: found[path] for key, path in paths.items()}


def test_libcombine_finds_every_file_under_its_format(model, read):
    found = read[model.key]
    assert found["master"].removeprefix("./") == "simulation.sedml"
    assert found["about"] == model.summary
    assert {name.removeprefix("./"): kind.rpartition("/")[2] for name, kind in found["entries"].items() if name.endswith((".sedml", f"{model.key}.xml"))} == {
        f"{model.key}.xml": "sbml.level-3.version-2",
        "simulation.sedml": "sed-ml.level-1.version-4",
    }


def test_the_archive_is_the_same_each_time_and_holds_our_sbml(model):
    assert model.to_archive() == model.to_archive()
    files = contents(model)
    assert list(files)[0] == "manifest.xml"
    assert files[f"{model.key}.xml"] == model.to_sbml()
    assert model.title in "".join(ET.fromstring(files["metadata.rdf"]).itertext())


def test_libsedml_finds_a_run_for_each_scenario(model, read):
    found = read[model.key]
    assert not found["errors"], found["errors"]
    assert found["runs"] == [[model.t_end, 400, "KISAO:0000019"]]
    assert found["tasks"] == list(found["models"])
    assert found["reports"] == [[[label, True] for label in ("time", *model.quantity_ids)]] * (1 + len(model.scenarios))
    assert found["broken"], "a task without a model must be an error"


def changed_sbml(model, changes):
    """The SBML with the changes of a SED-ML model made, each of which must find its one place."""
    root = ET.fromstring(contents(model)[f"{model.key}.xml"])
    for target, value in changes:
        path, _, attribute = target.removeprefix("/sbml:sbml/").partition("/@")
        (place,) = root.findall(path, SPACES)
        if value is not None:
            place.set(attribute, value)
        else:
            root.find(path.rpartition("/")[0], SPACES).remove(place)
    return ET.tostring(root, encoding="unicode")


def test_the_scenarios_run_as_ours_from_the_archive_alone(model, read):
    """libRoadRunner, told nothing but what SED-ML says: 1e-5 (the tolerances of the file), all quantities."""
    import roadrunner

    roadrunner.Logger.setLevel(roadrunner.Logger.LOG_CRITICAL)
    found = read[model.key]
    times = np.linspace(0, model.t_end, 401)
    rows = slice(7, 401, 56)  # few, and off the doses, where libRoadRunner shows the value before
    for i, setting in list(enumerate([{}, *(s.set for s in model.scenarios)]))[:4]:
        runner = roadrunner.RoadRunner(changed_sbml(model, found["models"][found["tasks"][i]]))
        runner.integrator.relative_tolerance, runner.integrator.absolute_tolerance = 1e-11, 1e-20
        runner.integrator.maximum_num_steps = 500_000
        runner.timeCourseSelections = ["time", *model.quantity_ids]
        theirs = np.array(runner.simulate(times=times.tolist()))[rows, 1:]
        ours = model.simulate(t=times[rows], rtol=1e-10, **model.keywords(setting)).to_numpy()
        assert max(relative_difference(model, ours, theirs).values()) < 1e-5, setting
