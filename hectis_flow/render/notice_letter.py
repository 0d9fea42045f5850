"""What is said, set as a letter: the parts of a notice in one language, and the templates that they go into.

`render.notices`, `render.notice_bundle` and `render.digest_mail` call it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

TEMPLATES = Path(__file__).parent / "templates"


@dataclass(frozen=True, slots=True)
class Words:
    """A notice in one language, part by part, before it is a letter or JSON."""

    language: str
    title: str
    wanted: str
    by: str
    overdue: bool
    otherwise: str
    rows: tuple[tuple[str, str], ...]
    labels: Mapping[str, str]
    button: str
    link: str
    code: str
    hint: str
    why: str
    privacy: str


@dataclass(frozen=True, slots=True)
class Letter:
    """A notice for people."""

    subject: str
    text: str
    html: str


def letter_of(said: Words, line: str) -> Letter:
    """What is said, set as a letter under this subject."""
    texts = {name: templates().get_template(f"notice.{name}") for name in ("txt", "html")}
    values = {"said": said, "label": said.labels}
    return Letter(line, *(template.render(values) for template in texts.values()))


@cache
def templates() -> Environment:
    """The templates of what is sent. Text is text; whatever goes into HTML is escaped. Values are never read as templates."""
    return Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=select_autoescape(["html"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
