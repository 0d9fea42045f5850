"""What nobody has done, in the words of the notices: by the clock that ran out, and the stage where it ran.

Read by the rooms of those who answer for others. Codes of the committee's matters are said by their own letters.
"""

from collections.abc import Mapping
from typing import Final

from hectis_flow.domain.workflow import DECLARATION
from hectis_flow.render import notice_words
from hectis_flow.render.page_words import of_code, say

# One clock may run at several stages, each with a duty of its own; any other is of one thing that is awaited.
_AT_STAGE: Final[Mapping[tuple[str, str], str]] = {
    (stage.clock, stage.name): stage.task.kind for stage in DECLARATION.stages if stage.clock and stage.task
}
_DUTIES: Final[Mapping[str, str]] = {
    **{stage.clock: stage.task.kind for stage in DECLARATION.stages if stage.clock and stage.task},
    **{one.clock: one.task.kind for one in DECLARATION.awaited},
}


def title(language: str, reason: str, stage: str = "") -> str:
    """What is wanted where this clock ran out, in a few words; a code that is no clock by its own letters."""
    kind = _kind(reason, stage)
    return of_code(reason) if kind is None else say(language, f"{kind}.title")


def sentence(language: str, clock: str, stage: str, office: str) -> str:
    """Who has not done what."""
    return say(language, f"{_kind(clock, stage) or 'other'}.missing", silent=office)


def _kind(clock: str, stage: str) -> str | None:
    kind = _AT_STAGE.get((clock, stage)) or _DUTIES.get(clock)
    return kind if kind and notice_words.knows(f"{kind}.missing") else None
