"""The templates of letters, and how one gets its look: every rule stands where it counts.

`render.notice_letter` and `render.digest_mail` call it. Many mail programs read no style sheet; those that do keep what is for the dark and for
narrow telephones. It fetches nothing from anywhere.
"""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import css_inline
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

TEMPLATES = Path(__file__).parent / "templates"


def letter_parts(name: str, values: Mapping[str, Any]) -> tuple[str, str]:
    """A letter's text and HTML, out of the two templates of a name."""
    text, html = (_templates().get_template(f"{name}.{kind}").render(values) for kind in ("txt", "html"))
    return text, _inliner().inline(html)


@cache
def _inliner() -> css_inline.CSSInliner:
    return css_inline.CSSInliner(keep_style_tags=False, keep_at_rules=True, load_remote_stylesheets=False)


@cache
def _templates() -> Environment:
    """Text is text; whatever goes into HTML is escaped. Values are never read as templates."""
    return Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=select_autoescape(["html"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
