"""Several notices to one person as one: a line for each, and one link behind which each is answered by itself.

`services.writing` calls it. It says of each no more than its own notice would have said on a locked screen.
"""

import json
from collections.abc import Sequence
from datetime import datetime

from hectis_flow.render import role_words
from hectis_flow.render.notice_letter import Letter, Words, letter_of
from hectis_flow.render.notice_times import away, moment
from hectis_flow.render.notice_words import say
from hectis_flow.render.notices import NoticeFacts, title_of


def letter(lines: Sequence[NoticeFacts], link: str) -> Letter:
    """The message; at least one line."""
    said = words(lines, link)
    return letter_of(said, said.title)


def payload(lines: Sequence[NoticeFacts], key: str, link: str) -> bytes:
    """The same for a channel that sets its own words."""
    said = words(lines, link)
    body = {
        "version": 1,
        "key": key,
        "kind": "bundle",
        "title": said.title,
        "wanted": said.wanted,
        "lines": [{"case": name, "title": what} for name, what in said.rows],
        "link": link,
        "language": said.language,
    }
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()


def words(lines: Sequence[NoticeFacts], link: str) -> Words:
    """Say it, in the language of whoever is told."""
    first = lines[0]
    lang = first.language
    soonest = min((one.wanted_by for one in lines if one.wanted_by is not None), default=None)
    return Words(
        language=lang,
        title=say(lang, "bundle.title", n=len(lines)),
        wanted=say(lang, "bundle.wanted"),
        by=_by(lang, first.now, soonest),
        overdue=soonest is not None and soonest < first.now,
        otherwise=say(lang, "bundle.otherwise"),
        rows=tuple((one.case_ref or one.office, _line(one)) for one in lines),
        labels={
            "wanted": say(lang, "wanted"),
            "by": say(lang, "bundle.by"),
            "otherwise": say(lang, "otherwise"),
        },
        button=say(lang, "bundle.button"),
        link=link,
        code="",  # each of its notices has its own
        hint=say(lang, "bundle.hint"),
        why=say(lang, "why", role=role_words.title(lang, first.role), office=first.office),
        privacy=say(lang, "privacy"),
    )


def _line(facts: NoticeFacts) -> str:
    parts = [title_of(facts)]
    if facts.wanted_by is not None:
        parts.append(moment(facts.language, facts.wanted_by, "short_moment"))
    return " · ".join(parts)


def _by(language: str, now: datetime, soonest: datetime | None) -> str:
    if soonest is None:
        return say(language, "no_time")
    return f"{moment(language, soonest)} ({away(language, now, soonest)})"
