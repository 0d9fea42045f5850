"""What a role is called, by language: English as the workflow declares it.

Read by `render.notices` and the pages.
"""

from collections.abc import Mapping
from functools import cache

from hectis_flow.domain.workflow import DECLARATION
from hectis_flow.render.languages import Section

WORDS = Section("roles", {role.name: role.title for role in DECLARATION.roles})


def title(language: str, role: str) -> str:
    """What this role is called; one that no version of ours declares, by its own name."""
    return titles(language).get(role, role)


@cache
def titles(language: str) -> Mapping[str, str]:
    """All of them by name."""
    return {role: WORDS.say(language, role) for role in WORDS.english}
