"""What is said, set as a letter: the parts of a notice in one language.

`render.notices` and `render.notice_bundle` call it.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from hectis_flow.render.letter_look import letter_parts


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

    @property
    def parts(self) -> tuple[str, str, str]:
        """Subject, text and HTML."""
        return self.subject, self.text, self.html


def letter_of(said: Words, line: str) -> Letter:
    """What is said, set as a letter under this subject."""
    return Letter(line, *letter_parts("notice", {"said": said, "label": said.labels}))
