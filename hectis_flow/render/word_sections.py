"""Every table of words that is said in more than one language. A new one is a line here.

Read by `hectis words` and by the tests, which see that no catalogue lacks or keeps what it should not.
"""

from functools import cache
from typing import Final

from hectis_flow.render import notice_words, page_words, role_words
from hectis_flow.render.languages import TRANSLATED, Section

SECTIONS: Final[tuple[Section, ...]] = (notice_words.WORDS, role_words.WORDS, page_words.WORDS)
#: Sections of which no catalogue may lack a sentence: what is sent to people is in one language from end to end.
WHOLE: Final = frozenset({"notices", "roles"})


@cache
def not_reviewed() -> tuple[str, ...]:
    """The languages of which somebody may read a sentence that nobody who speaks it has reviewed."""
    return tuple(language for language in TRANSLATED if any(one.unreviewed(language) for one in SECTIONS))
