"""Soluble Signals: models, evidence and explorers of the soluble network of non-small cell lung cancer.

>>> import soluble
>>> m = soluble.load_model("kuznetsov-1994")
>>> run = m.simulate(t_end=400, T0=1e6)

Everything is loaded when it is first used, so that ``import soluble`` costs next to nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .evidence import fact, facts
    from .explorer import explore
    from .explorer_assurance import explore_assurance
    from .explorer_decision import explore_decision
    from .explorer_cohort import explore_cohort
    from .explorer_field import explore_field
    from .explorer_forest import explore_evidence
    from .explorer_network import explore_network
    from .explorer_survival import explore_cutpoints, explore_survival
    from .field import FieldModel, list_fields, load_field
    from .model import DeclarationError, Model, list_models, load_model
    from .population import Population, list_populations, load_population

__version__ = "0.1.0"
__all__ = [
    "DeclarationError", "FieldModel", "Model", "Population", "explore", "explore_assurance", "explore_cohort", "explore_cutpoints",
    "explore_decision", "explore_evidence", "explore_field", "explore_network", "explore_survival", "fact", "facts", "list_fields",
    "list_models", "list_populations", "load_field", "load_model", "load_population",
]  # fmt: skip

_HOME = {
    "DeclarationError": "model",
    "Model": "model",
    "list_models": "model",
    "load_model": "model",
    "Population": "population",
    "list_populations": "population",
    "load_population": "population",
    "explore": "explorer",
    "explore_assurance": "explorer_assurance",
    "explore_decision": "explorer_decision",
    "explore_cohort": "explorer_cohort",
    "explore_evidence": "explorer_forest",
    "explore_network": "explorer_network",
    "explore_cutpoints": "explorer_survival",
    "explore_survival": "explorer_survival",
    "explore_field": "explorer_field",
    "FieldModel": "field",
    "list_fields": "field",
    "load_field": "field",
    "fact": "evidence",
    "facts": "evidence",
}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    value = getattr(import_module(f".{_HOME[name]}", __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
