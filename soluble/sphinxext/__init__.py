"""The Sphinx extension of the book: one module, one job."""

from __future__ import annotations


def setup(app):
    from . import atlas, cite, context, course, facts, mathml, mediators, pages, progress, rebuild, slides, teaching, validation

    # Jupyter Book passes this setting of an extension that the book does not load (it would add outside scripts).
    app.add_config_value("comments_config", {}, "env")
    for part in (mathml, mediators, facts, teaching, pages, slides, atlas, validation, course, cite, progress, rebuild, context):
        part.setup(app)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
