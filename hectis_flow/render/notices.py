"""A delivery in words: the letter (subject, text, HTML) or the JSON that a webhook carries.

`services.notification` calls it at the moment of sending, so that a late attempt says how late it is. It is
given the case's number, its precinct, offices, roles and times, and no more than that can be said. It opens
no database and asks for no clock.
"""

import json
from dataclasses import dataclass
from datetime import datetime

from hectis_flow.domain import workflow_rules
from hectis_flow.domain.errors import DeclarationError
from hectis_flow.domain.workflow import DECLARATION
from hectis_flow.render import role_words
from hectis_flow.render.notice_letter import Letter, Words, letter_of
from hectis_flow.render.notice_times import away, moment
from hectis_flow.render.notice_words import knows, say


@dataclass(frozen=True, slots=True)
class NoticeFacts:
    """All that a notice may say.

    `task` is the kind of the task it is about, "" for that of the case's stage. `office` and `role` are those of
    whoever is told, `silent` is the office that has not answered yet, `above` the one told next, with the role
    there. `now` is the road's clock. `link` and its short `code` are "" where the notice has none; `replies` says whether one can reply with it. `capacity` says how what whoever
    owes the answer `carries` reads beside the `benchmark`, "" where nothing is counted.
    """

    kind: str
    language: str
    now: datetime
    office: str
    role: str
    case_ref: str = ""
    stage: str = ""
    task: str = ""
    precinct: str = ""
    level: int | None = None
    wanted_by: datetime | None = None
    silent: str = ""
    above: str = ""
    above_role: str = ""
    above_at: datetime | None = None
    gap_role: str = ""
    link: str = ""
    code: str = ""
    replies: bool = False
    carries: int | None = None
    carried_by: str = ""
    benchmark: int | None = None
    capacity: str = ""


def words(facts: NoticeFacts) -> Words:
    """Say it."""
    title, wanted, otherwise = _said(facts)
    overdue = facts.wanted_by is not None and facts.wanted_by < facts.now and facts.kind != "rota_gap"
    lang = facts.language
    button = f"button.{_link_move(facts)}"
    return Words(
        language=lang,
        title=title,
        wanted=wanted,
        by=_by(facts),
        overdue=overdue,
        otherwise=otherwise,
        rows=_rows(facts),
        labels={
            "wanted": say(lang, "wanted"),
            "by": say(lang, "was_due" if overdue else "by"),
            "otherwise": say(lang, "otherwise"),
            "code": say(lang, "code"),
        },
        button=say(lang, button if knows(button) else "button.other"),
        link=facts.link,
        code=facts.code,
        hint=" ".join(say(lang, name) for name in ("link_hint", "reply_hint")[: 1 + facts.replies]),
        why=_why(facts),
        privacy=say(lang, "privacy"),
    )


def letter(facts: NoticeFacts) -> Letter:
    """The notice as an e-mail; under 20 KB, readable as text, in the dark and on a narrow phone."""
    said = words(facts)
    return letter_of(said, subject(facts, said))


def title_of(facts: NoticeFacts) -> str:
    """What is wanted, in a few words."""
    return _said(facts)[0]


def subject(facts: NoticeFacts, said: Words) -> str:
    """What a phone shows on its locked screen: number, what is wanted, by when."""
    parts = [facts.case_ref, said.title]
    if facts.wanted_by is not None and facts.kind != "rota_gap":
        parts.append(moment(facts.language, facts.wanted_by, "short_moment"))
    return " · ".join(part for part in parts if part)


def payload(facts: NoticeFacts, key: str) -> bytes:
    """The notice for a system: the same words, and the times as machines read them."""
    # Only what it carries is put into words: thousands may go out at once.
    title, wanted, otherwise = _said(facts)
    body = {
        "version": 1,
        "key": key,
        "kind": facts.kind,
        "case": facts.case_ref or None,
        "precinct": facts.precinct or None,
        "office": facts.office,
        "role": facts.role,
        "level": facts.level,
        "title": title,
        "wanted": wanted,
        "by": facts.wanted_by.isoformat() if facts.wanted_by else None,
        "by_words": _by(facts),
        "otherwise": otherwise,
        "link": facts.link or None,
        "code": facts.code or None,
        "language": facts.language,
    }
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()


def _said(facts: NoticeFacts) -> tuple[str, str, str]:
    """Title, what is wanted and what happens otherwise."""
    if facts.kind == "test":
        lang = facts.language
        return say(lang, "test.title"), say(lang, "test.wanted"), say(lang, "test.otherwise")
    return _gap(facts) if facts.kind == "rota_gap" else _duty(facts)


def _duty(facts: NoticeFacts) -> tuple[str, str, str]:
    """The same where a case waits."""
    lang, task = facts.language, _task(facts)
    title = say(lang, f"{task}.title")
    wanted = say(lang, f"{task}.wanted", office=facts.silent or facts.office)
    if facts.kind == "escalation" and facts.level:
        missing = say(lang, f"{task}.missing", silent=facts.silent or facts.office)
        wanted = say(lang, "climbed.wanted", missing=missing) + _capacity(facts)
        title = say(lang, "climbed.title", title=title[:1].lower() + title[1:])
    elif facts.kind == "escalation":
        title = say(lang, "reminder.title", title=title[:1].lower() + title[1:])
    if facts.above and facts.above_at:
        otherwise = say(
            lang,
            "climbs",
            role=role_words.title(lang, facts.above_role),
            next=facts.above,
            moment=moment(lang, facts.above_at),
        )
    elif knows(f"{task}.otherwise"):
        otherwise = say(lang, f"{task}.otherwise")
    else:
        otherwise = say(lang, "stays" if facts.case_ref else "stays_decided")
    return title, wanted, otherwise


def _capacity(facts: NoticeFacts) -> str:
    """How much whoever owes the answer carries: too much, or within what can be done. Numbers and no blame."""
    if not facts.capacity:
        return ""
    figure = say(facts.language, f"carries.{facts.carried_by}", carries=facts.carries)
    return " " + say(facts.language, f"capacity.{facts.capacity}", figure=figure, benchmark=facts.benchmark)


def _gap(facts: NoticeFacts) -> tuple[str, str, str]:
    lang = facts.language
    short = moment(lang, facts.wanted_by or facts.now, "short_moment")
    post = role_words.title(lang, facts.gap_role)
    return (
        say(lang, "gap.title", short=short),
        say(lang, "gap.wanted", post=post, office=facts.silent or facts.office),
        say(lang, "gap.otherwise"),
    )


def _by(facts: NoticeFacts) -> str:
    if facts.wanted_by is None:
        return say(facts.language, "test.by" if facts.kind == "test" else "no_time")
    at = moment(facts.language, facts.wanted_by)
    return f"{at} ({away(facts.language, facts.now, facts.wanted_by)})"


def _rows(facts: NoticeFacts) -> tuple[tuple[str, str], ...]:
    lang = facts.language
    if not facts.case_ref:
        return ((say(lang, "office"), facts.silent or facts.office),)
    precinct = facts.precinct or say(lang, "unresolved")
    return ((say(lang, "case"), facts.case_ref), (say(lang, "precinct"), precinct))


def _why(facts: NoticeFacts) -> str:
    if facts.kind == "test":
        return say(facts.language, "test.why")
    return say(facts.language, "why", role=role_words.title(facts.language, facts.role), office=facts.office)


def _task(facts: NoticeFacts) -> str:
    """The key of the words for what is wanted."""
    kind = facts.task or _task_of_stage(facts.stage)
    return kind if knows(f"{kind}.title") else "other"


def _task_of_stage(stage: str) -> str:
    try:
        task = workflow_rules.stage(stage).task
    except DeclarationError:
        return ""
    return task.kind if task is not None else ""


def _link_move(facts: NoticeFacts) -> str:
    beside = [one.link for one in DECLARATION.awaited if one.task.kind == facts.task]
    if beside:
        return beside[0] or ""
    try:
        return workflow_rules.stage(facts.stage).link or ""
    except DeclarationError:
        return ""
