"""The words of notices, in English; other languages have theirs in a catalogue each (`render.languages`).

Read by `render.notices` and `render.notice_times`; what each task wants is said in `notice_duties`. No sentence
has room for a name, a clinical word or a reason: a notice says what is wanted of an office, and the case's number.
Facts and the next step; no blame.
"""

from collections.abc import Mapping
from typing import Final

from hectis_flow.render.languages import Section
from hectis_flow.render.notice_balance import BALANCE
from hectis_flow.render.notice_duties import DUTIES

ENGLISH: Final[Mapping[str, str]] = {
    **DUTIES,
    **BALANCE,
    "moment": "{day} {date} {month} {year}, {time} SAST",
    "short_moment": "{short_day} {date} {short_month}, {time}",
    "in": "in {span}",
    "ago": "{span} ago",
    "minutes": "{n} minutes",
    "hours": "{n} hours",
    "days_long": "{n} days",
    "minute": "1 minute",
    "hour": "1 hour",
    "day_long": "1 day",
    # what is wanted, where no task of the workflow says it
    "other.title": "A case waits",
    "other.wanted": "This case waits for its next step at {office}.",
    "other.missing": "This case waits for its next step at {silent}.",
    # decisions of the committee that are about no case, and what they ask of its chair
    "chase_decision.title": "A decision of the committee waits",
    "chase_decision.wanted": (
        "A decision of the committee was not reported on in time. Please see at {office} that it is done, and "
        "that it is reported."
    ),
    "confirm_decision.title": "Confirm a decision of the committee",
    "confirm_decision.wanted": "A decision was recorded. Please confirm or drop it at {office}; then it is asked for.",
    "accept_report.title": "Answer a report to the committee",
    "accept_report.wanted": (
        "A decision of the committee was reported on. Please accept the report at {office}, or send it back."
    ),
    # a digest that nobody has opened
    "chase_digest.title": "A digest lies unread",
    "chase_digest.wanted": (
        "A digest that was sent this morning has not been opened by its reader. Please see at {office} that somebody "
        "reads it today; the task ends by itself once it is opened."
    ),
    "reminder.title": "Reminder: {title}",
    "climbed.title": "No answer yet: {title}",
    "climbed.wanted": "{missing} Please see that it is done, or that somebody else does it.",
    # what whoever owes the answer carries
    "carries.officer": "open dockets of the officer: {carries}",
    "carries.station": "open dockets of each officer: {carries}",
    "carries.npa_office": "open matters of each prosecutor: {carries}",
    "capacity.overload": "Capacity: {figure}, beside a benchmark of {benchmark}; please hand some on.",
    "capacity.response": "Within capacity: {figure}, beside a benchmark of {benchmark}; an answer is due.",
    # a gap in a rota
    "gap.title": "Nobody on duty from {short}",
    "gap.wanted": (
        "From then on nobody answers for the post {post} at {office}. Please put somebody on the rota, or "
        "name a deputy."
    ),
    "gap.otherwise": "What comes in after that goes to whoever answers for the office above.",
    # several notices to one person as one
    "bundle.title": "{n} notices for you",
    "bundle.wanted": "These wait for you. Each is answered by itself, and all of them on one page.",
    "bundle.by": "The first of them by",
    "bundle.otherwise": "Each goes its own way: whoever is above is told when it is overdue.",
    "bundle.button": "Acknowledge all mine",
    "bundle.hint": "You sign in first; then you choose which of them you acknowledge.",
    # an address that takes nothing more
    "address_parked.title": "An address of your staff takes no mail",
    "address_parked.wanted": (
        "Somebody at {office} can no longer be reached at one of their addresses: what was sent there came back for "
        "good. Their other addresses are used meanwhile. Please see that the address is put right."
    ),
    "address_parked.otherwise": "Where they have no other address, somebody is asked to call them.",
    "address_parked.missing": "{silent} has not put an address of its staff right that takes no mail.",
    # the parts of every notice
    "case": "Case",
    "precinct": "Precinct",
    "unresolved": "not yet known",
    "office": "Office",
    "wanted": "What is wanted",
    "by": "By when",
    "was_due": "Was due",
    "otherwise": "If nothing happens",
    "climbs": "{role}, {next}, is told on {moment}.",
    "stays": "The case stays open and on the list of what is overdue.",
    "stays_decided": "It stays open, and the next agenda says so.",
    "no_time": "As soon as you can",
    "button.acknowledge": "Open and acknowledge",
    "button.acknowledge_brief": "Open and acknowledge",
    "button.other": "Open the case",
    "code": "Code",
    "link_hint": (
        "The link and the code are for you alone, work once and sign nobody in. Please do not pass them on. The link "
        "opens a page that asks for the first two signs of the code; nothing happens before you press them."
    ),
    "reply_hint": "You can also reply to this notice with the code.",
    "why": (
        "You get this because you are on duty as {role} at {office}, or stand in for whoever is. It is part "
        "of the duty, so it cannot be switched off. If somebody else should get it, ask whoever keeps the "
        "rota of {office}."
    ),
    # what only a card or a text says
    "card.acknowledge": "Acknowledge",
    "card.acknowledged_by": "Acknowledged by {role} {who}, {moment}.",
    "card.settled_by": "Settled by {role} {who}, {moment}.",
    "card.over_since": "Nothing waits here any more, since {moment}.",
    "card.over": "Nothing waits here any more.",
    "card.settled": "Settled",
    "text.by": "by {moment}",
    "text.was_due": "was due {moment}",
    # a test of a channel
    "test.title": "A test of this channel",
    "test.wanted": "Nothing is wanted of you: whoever looks after this system wanted to see that this arrives.",
    "test.by": "No answer is needed",
    "test.otherwise": "Nothing happens.",
    "test.why": "You get this because somebody at the machine of this system sent it to this address.",
    "privacy": "It names no person and no injury. What you may see of the case is shown after you sign in.",
}

WORDS: Final = Section("notices", ENGLISH)


#: One sentence, by language and key; and whether there is such a sentence.
say: Final = WORDS.say
knows: Final = WORDS.knows
