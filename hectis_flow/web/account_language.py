"""Choosing one's language on the page of the account: of notices, letters and pages, from then on.

`hectis_flow.web.rooms` calls `install_account_language`. Each language is offered by its own name, and the page says
which of them nobody who speaks it has reviewed.
"""

from flask import Flask

from hectis_flow.render import word_sections
from hectis_flow.render.languages import NAMES
from hectis_flow.services import staff
from hectis_flow.web import page as frame
from hectis_flow.web.page import Answered, Visit


def install_account_language(app: Flask) -> None:
    """Put the setting on the app."""
    frame.room(app, "/account/language", "account_language", _choose, "POST")
    app.jinja_env.globals["languages"] = NAMES
    app.jinja_env.globals["not_reviewed"] = not_reviewed


def not_reviewed() -> str:
    """The names of the languages whose words wait for somebody who speaks them."""
    return ", ".join(NAMES[language] for language in word_sections.not_reviewed())


def _choose(visit: Visit) -> Answered:
    staff.speak(visit.house, visit.signed.staff_id, frame.typed("language")["language"])
    return frame.on("/account", did="language")
