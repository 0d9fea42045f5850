"""A notice as a card: Block Kit for Slack, an adaptive card for Teams; and what a card says once it is settled.

`render.spoken` and `services.cards` call it. A card says what the letter says, shorter, and no more. Words that
others have chosen (names of offices) are never read as markup.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from hectis_flow.domain.workflow import DECLARATION
from hectis_flow.render.notice_letter import Words
from hectis_flow.render.notice_times import moment
from hectis_flow.render.notice_words import say
from hectis_flow.render.notices import NoticeFacts, subject, words

ACKNOWLEDGE: Final = "acknowledge"
OPEN: Final = "open"
LONGEST_HEADER: Final = 150  # of Slack's headers
LONGEST_PART: Final = 2900  # of its sections: 3000
LONGEST_FIELD: Final = 1900  # of the fields in them: 2000
ACKNOWLEDGING: Final = frozenset({"acknowledge", "acknowledge_brief"})
_ROLES: Final = {role.name: role.title for role in DECLARATION.roles}
# Slack reads & < > as its own signs, and these four as bold, italic, struck and code.
_MARKUP: Final = str.maketrans(
    {"&": "&amp;", "<": "&lt;", ">": "&gt;", "*": "", "_": " ", "~": "-", "`": "'"}
)


@dataclass(frozen=True, slots=True)
class Settled:
    """Why a card asks for nothing any more: by which move or answer, whose (role and staff code), and when.

    Each may be "" or None where nobody's act ended it.
    """

    language: str
    case_ref: str
    act: str
    role: str
    who: str
    at: datetime | None


def slack(facts: NoticeFacts, key: str, *, answerable: bool) -> bytes:
    """The card for Slack. `answerable`: what is pressed there is heard, so it may have its own button."""
    said = words(facts)
    buttons = _buttons(facts, said, key, answerable=answerable) if said.link else []
    return slack_of(said, subject(facts, said), buttons)


def slack_of(said: Words, line: str, buttons: Sequence[Mapping[str, Any]]) -> bytes:
    """What is said as a card for Slack, with this line for lists and locked screens."""
    blocks = [
        _header(said.title),
        {
            "type": "section",
            "fields": [
                _marked(f"*{_plain(name)}*\n{_plain(value)}", LONGEST_FIELD) for name, value in said.rows
            ],
        },
        {"type": "section", "text": _marked("\n".join(_parts(said)))},
    ]
    if buttons:
        blocks.append({"type": "actions", "elements": buttons})
    blocks.append({"type": "context", "elements": [_marked(_plain(said.why))]})
    return _json({"text": _plain(line), "blocks": blocks})


def settled(what: Settled) -> bytes:
    """The card for Slack after somebody has answered, or nothing is asked for any more: without any button."""
    line = settled_line(what)
    return _json(
        {
            "text": _plain(f"{what.case_ref} · {line}" if what.case_ref else line),
            "blocks": [
                _header(what.case_ref or say(what.language, "card.settled")),
                {"type": "section", "text": _marked(_plain(line))},
            ],
        }
    )


def settled_line(what: Settled) -> str:
    """Who settled it and when, in one sentence."""
    at = moment(what.language, what.at) if what.at else ""
    if what.who and at:
        key = "card.acknowledged_by" if what.act in ACKNOWLEDGING else "card.settled_by"
        return say(what.language, key, role=_ROLES.get(what.role, what.role), who=what.who, moment=at)
    return say(what.language, "card.over_since", moment=at) if at else say(what.language, "card.over")


def teams(facts: NoticeFacts) -> bytes:
    """The card for Teams, with the link as its only button."""
    return teams_of(words(facts))


def teams_of(said: Words) -> bytes:
    """What is said as a card for Teams."""
    card: dict[str, Any] = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "body": [
            _block(said.title, size="Large", weight="Bolder"),
            {"type": "FactSet", "facts": [{"title": name, "value": value} for name, value in said.rows]},
            *_teams_parts(said),
            _block(said.why, isSubtle=True, size="Small"),
        ],
        "actions": [{"type": "Action.OpenUrl", "title": said.button, "url": said.link}] if said.link else [],
    }
    return _attached(card)


def slack_line(line: str, link: str) -> bytes:
    """One line and where to read on, for Slack."""
    return _json({"text": f"{_plain(line)} <{link}>"})


def teams_line(line: str, link: str) -> bytes:
    """The same for Teams."""
    return _attached(
        {
            "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
            "type": "AdaptiveCard",
            "version": "1.4",
            "body": [_block(line)],
            "actions": [{"type": "Action.OpenUrl", "title": link, "url": link}],
        }
    )


def _attached(card: Mapping[str, Any]) -> bytes:
    attachment = {
        "contentType": "application/vnd.microsoft.card.adaptive",
        "contentUrl": None,
        "content": card,
    }
    return _json({"type": "message", "attachments": [attachment]})


def _parts(said: Words) -> Sequence[str]:
    by = f"▲ {said.by}" if said.overdue else said.by
    pairs = (
        (said.labels["wanted"], said.wanted),
        (said.labels["by"], by),
        (said.labels["otherwise"], said.otherwise),
    )
    return [f"*{_plain(name)}*\n{_plain(value)}" for name, value in pairs]


def _teams_parts(said: Words) -> Sequence[Mapping[str, Any]]:
    late = {"color": "Attention", "weight": "Bolder"} if said.overdue else {"weight": "Bolder"}
    return [
        _block(said.labels["wanted"], isSubtle=True, size="Small"),
        _block(said.wanted),
        _block(said.labels["by"], isSubtle=True, size="Small"),
        _block(said.by, **late),
        _block(said.labels["otherwise"], isSubtle=True, size="Small"),
        _block(said.otherwise),
    ]


def opens(said: Words) -> Mapping[str, Any]:
    """The button that opens the link."""
    return {
        "type": "button",
        "action_id": OPEN,
        "text": {"type": "plain_text", "text": said.button},
        "url": said.link,
    }


def _buttons(facts: NoticeFacts, said: Words, key: str, *, answerable: bool) -> list[Mapping[str, Any]]:
    opening = opens(said)
    if not answerable:
        return [opening]
    pressed = {
        "type": "button",
        "action_id": ACKNOWLEDGE,
        "style": "primary",
        "text": {"type": "plain_text", "text": say(facts.language, "card.acknowledge")},
        "value": key,
    }
    return [pressed, opening]


def _header(text: str) -> dict[str, Any]:
    return {"type": "header", "text": {"type": "plain_text", "text": text[:LONGEST_HEADER]}}


def _marked(text: str, longest: int = LONGEST_PART) -> dict[str, str]:
    return {"type": "mrkdwn", "text": text[:longest]}


def _plain(text: str) -> str:
    return text.translate(_MARKUP)


def _block(text: str, **look: Any) -> dict[str, Any]:
    # Teams reads some Markdown in a text block; a line of ours holds none.
    return {"type": "TextBlock", "text": text.translate(_TEAMS_MARKUP), "wrap": True, **look}


_TEAMS_MARKUP: Final = str.maketrans({"*": "", "_": " ", "[": "(", "]": ")", "`": "'", "~": "-"})


def _json(value: Mapping[str, Any]) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
