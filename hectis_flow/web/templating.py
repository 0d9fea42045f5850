"""How templates look things up. `hectis_flow.app` gives it to the app.

What pages show are rows of JSON, a few hundred look-ups a page. Jinja asks a row for an attribute of that name first,
and only when that has failed for its key.
"""

from typing import Any

from flask.templating import Environment


class RowsFirst(Environment):
    """Looks into a row by its keys first; a key that it has not is looked for as ever."""

    def getattr(self, obj: Any, attribute: str) -> Any:
        """What `row.name` stands for in a template."""
        if type(obj) is dict and attribute in obj:
            return obj[attribute]
        return super().getattr(obj, attribute)
