"""A model with its runs in one file: a COMBINE archive of SBML and SED-ML, which other simulators open and run.

The SED-ML file holds the declared run and each scenario, as changes of the one SBML file; its reports list every state and
derived quantity. The archive is the same to the byte whenever it is written.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from xml.etree import ElementTree as ET

from .model import Model
from .translate import sbml_id, to_sbml

_SEDML = "http://sed-ml.org/sed-ml/level1/version4"
_SBML = "http://www.sbml.org/sbml/level3/version2/core"
_MATHML = "http://www.w3.org/1998/Math/MathML"
_RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_TERMS = "http://purl.org/dc/terms/"
_OMEX = "http://identifiers.org/combine.specifications/"
#: Algorithm and parameters by their ids in the Kinetic Simulation Algorithm Ontology.
CVODE, RELATIVE, ABSOLUTE = "KISAO:0000019", "KISAO:0000209", "KISAO:0000211"
TOLERANCES = {RELATIVE: "1e-09", ABSOLUTE: "1e-15"}
STEPS = 400


def to_archive(model: Model) -> bytes:
    """The model as a COMBINE archive (``.omex``): manifest, SBML, SED-ML, and metadata with title and summary."""
    name = f"{model.key}.xml"
    files = {
        "manifest.xml": _manifest(name),
        name: to_sbml(model).encode(),
        "simulation.sedml": to_sedml(model, name).encode(),
        "metadata.rdf": _metadata(model),
    }
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, content in files.items():
            archive.writestr(zipfile.ZipInfo(path, (1980, 1, 1, 0, 0, 0)), content, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def to_sedml(model: Model, source: str) -> str:
    """The declared run and the scenarios as SED-ML level 1 version 4, for the SBML file ``source``."""
    root = ET.Element("sedML", {"xmlns": _SEDML, "xmlns:sbml": _SBML, "level": "1", "version": "4"})
    parts = {name: ET.SubElement(root, f"listOf{name}") for name in ("Models", "Simulations", "Tasks", "DataGenerators", "Outputs")}
    base = sbml_id(model)
    language = "urn:sedml:language:sbml.level-3.version-2"
    ET.SubElement(parts["Models"], "model", {"id": base, "name": model.title, "language": language, "source": source})
    end = repr(float(model.t_end))
    run = {"id": "run", "initialTime": "0", "outputStartTime": "0", "outputEndTime": end, "numberOfSteps": str(STEPS)}
    algorithm = ET.SubElement(ET.SubElement(parts["Simulations"], "uniformTimeCourse", run), "algorithm", {"kisaoID": CVODE})
    settings = ET.SubElement(algorithm, "listOfAlgorithmParameters")
    for kind, value in TOLERANCES.items():
        ET.SubElement(settings, "algorithmParameter", {"kisaoID": kind, "value": value})
    _task(model, parts, "declared", model.title, base)
    for scenario in model.scenarios:
        suffix = scenario.id.replace("-", "_")
        changed = {"id": f"{base}_{suffix}", "name": scenario.title, "language": language, "source": f"#{base}"}
        _changes(model, ET.SubElement(parts["Models"], "model", changed), scenario.set)
        _task(model, parts, f"scenario_{suffix}", scenario.title, changed["id"])
    return _text(root)


def _changes(model: Model, node: ET.Element, settings: Mapping[str, float]) -> None:
    """A scenario's settings; an initial value that a formula would give needs that formula taken out."""
    if not settings:
        return
    changes = ET.SubElement(node, "listOfChanges")
    for name, value in settings.items():
        target = name if name in model.parameter_ids else name.removesuffix("0")
        place = f"/sbml:sbml/sbml:model/sbml:listOfParameters/sbml:parameter[@id='{target}']/@value"
        ET.SubElement(changes, "changeAttribute", {"target": place, "newValue": repr(float(value))})
        if target in model.state_ids and not model.states[model.state_ids.index(target)].initial.is_number:
            formula = f"/sbml:sbml/sbml:model/sbml:listOfInitialAssignments/sbml:initialAssignment[@symbol='{target}']"
            ET.SubElement(changes, "removeXML", {"target": formula})


def _task(model: Model, parts: Mapping[str, ET.Element], task: str, title: str, of: str) -> None:
    """A run of a model, with a report of all quantities and a plot of the states."""
    ET.SubElement(parts["Tasks"], "task", {"id": task, "name": title, "modelReference": of, "simulationReference": "run"})
    report = ET.SubElement(parts["Outputs"], "report", {"id": f"report_{task}", "name": title})
    columns = ET.SubElement(report, "listOfDataSets")
    plot = ET.SubElement(parts["Outputs"], "plot2D", {"id": f"plot_{task}", "name": title})
    curves = ET.SubElement(plot, "listOfCurves")
    names = {q.id: q.name for q in (*model.states, *model.derived)}
    for quantity in ("time", *model.quantity_ids):
        variable = f"{task}_{quantity}"
        generator = ET.SubElement(parts["DataGenerators"], "dataGenerator", {"id": f"data_{variable}", "name": names.get(quantity, "time")})
        math = ET.SubElement(generator, "math", {"xmlns": _MATHML})
        ET.SubElement(math, "ci").text = variable
        path = f"/sbml:sbml/sbml:model/sbml:listOfParameters/sbml:parameter[@id='{quantity}']"
        where = {"symbol": "urn:sedml:symbol:time"} if quantity == "time" else {"target": path}
        ET.SubElement(ET.SubElement(generator, "listOfVariables"), "variable", {"id": variable, **where, "taskReference": task})
        ET.SubElement(columns, "dataSet", {"id": f"set_{variable}", "label": quantity, "dataReference": f"data_{variable}"})
        if quantity in model.state_ids:
            axes = {"xDataReference": f"data_{task}_time", "yDataReference": f"data_{variable}"}
            ET.SubElement(curves, "curve", {"id": f"curve_{variable}", "name": names[quantity], **axes})


def _manifest(source: str) -> bytes:
    root = ET.Element("omexManifest", {"xmlns": f"{_OMEX}omex-manifest"})
    contents = {
        ".": "omex",
        "./manifest.xml": "omex-manifest",
        f"./{source}": "sbml.level-3.version-2",
        "./simulation.sedml": "sed-ml.level-1.version-4",
        "./metadata.rdf": "omex-metadata",
    }
    for location, kind in contents.items():
        master = {"master": "true"} if kind.startswith("sed-ml") else {}
        ET.SubElement(root, "content", {"location": location, "format": f"{_OMEX}{kind}", **master})
    return _text(root).encode()


def _metadata(model: Model) -> bytes:
    root = ET.Element("rdf:RDF", {"xmlns:rdf": _RDF, "xmlns:dcterms": _TERMS})
    about = ET.SubElement(root, "rdf:Description", {"rdf:about": "."})
    ET.SubElement(about, "dcterms:title").text = model.title
    ET.SubElement(about, "dcterms:description").text = model.summary
    return _text(root).encode()


def _text(root: ET.Element) -> str:
    ET.indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ET.tostring(root, encoding="unicode")}\n'
