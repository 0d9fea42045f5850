"""A digest in words: what was kept of it, said part by part, once for the mail, the page and the paper.

`digest_mail`, `digest_paper` and the page ask `said`, so none of them can say another figure than the others. It is given
codes, numbers, references and offices, and no more can be said. It opens no database and asks for no clock.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from hectis_flow.domain import access_rules
from hectis_flow.domain.committee import FollowUp
from hectis_flow.domain.workflow import DECLARATION
from hectis_flow.render import digest_balance, missing
from hectis_flow.render import digest_tables as tables
from hectis_flow.render.digest_parts import Choice, Decision, Grid, Part, Row, Said
from hectis_flow.render.page_words import of_code, say

Told = Mapping[str, Any]
ROLES: Final = {role.name: role.title for role in DECLARATION.roles}
PARTS: Final = ("new", "worse", "fixed")
DECIDES: Final = "/committee/decide"


def said(told: Told, language: str = "") -> Said:
    """Say what was kept of a digest, in the language of its reader."""
    lang = language or str(told["language"])
    day = tables.day(lang, told["window_on"])
    side = "committee" if told["committee"] else "office"
    seal = told["seal"] or {}
    parts, ages = tuple(_part(lang, name, told) for name in PARTS), tables.ages(lang, told["ages"])
    removals = tables.removals(lang, told["causes"]) if told["removals"] else None
    # One line for each part of it, so there is nothing to take apart.
    return Said(
        language=lang,
        title=say(lang, f"digest.title_{side}", day=day, office=told["office"]),
        subject=_subject(lang, told, day),
        late=say(lang, "digest.late", moment=tables.moment(lang, told["window_at"])) if told["late"] else "",
        since=_since(lang, told),
        made=say(lang, "digest.made", moment=tables.moment(lang, told["made_at"])),
        followed=_followed(lang, told["followed"], side),
        decide_title=say(lang, tables.of("digest.decide", side)),
        decide_none=say(lang, tables.of("digest.decide_none", side)),
        decisions=tuple(_decision(lang, one, told["role"]) for one in told["decide"]),
        decide_more=_decide_more(lang, told),
        figures=tables.figures(lang, told["figures"], side),
        nothing=_nothing(parts, [ages, *([removals] if removals else [])]),
        empty=not any(told["figures"].values()),
        parts=parts,
        ages=ages,
        removals=removals,
        back=tables.back(lang, told["removals"]) if told["removals"] else "",
        owed=tables.owed(lang, told["owed"]) if told["owed"] else None,
        certificate=digest_balance.said(lang, told["certificate"]) if told["certificate"] else None,
        seal=say(lang, "digest.seal", number=seal["number"], hash=seal["digest"]) if seal else "",
        seal_words=say(lang, "digest.seal_words", number=seal["number"], words=" ".join(seal["words"]))
        if seal.get("words")
        else "",
        why=say(lang, "digest.why", role=ROLES.get(told["role"], told["role"]), office=told["office"]),
        privacy=say(lang, "digest.privacy"),
    )


def _subject(lang: str, told: Told, day: str) -> str:
    figures = told["figures"]
    first = "decide" if told["committee"] else "wanted"
    names = {"to_decide": first, "new": "new", "worse": "worse", "fixed": "fixed"}
    parts = [
        say(lang, f"digest.short_{short}", n=figures[name]) for name, short in names.items() if figures[name]
    ]
    whole = ", ".join(parts) or say(lang, "digest.subject_none")
    return say(lang, "digest.subject_late" if told["late"] else "digest.subject", day=day, said=whole)


def _since(lang: str, told: Told) -> str:
    if not told["since"]:
        return say(lang, "digest.since_first")
    return say(lang, "digest.since", moment=tables.moment(lang, told["since"]))


def _followed(lang: str, counts: Mapping[str, int], side: str) -> str:
    n = FollowUp(**counts).decided
    if not n:
        return say(lang, "digest.followed_none")
    parts = [say(lang, f"digest.followed.{state}", n=count) for state, count in counts.items() if count]
    return say(lang, f"digest.followed_{side}", n=n, said=", ".join(parts))


def _decision(lang: str, one: Told, role: str) -> Decision:
    sort = one["sort"]
    if sort in {"confirm", "accept", "report"}:
        return _of_decision(lang, one, sort)
    about = _about(lang, one)
    if sort == "late":
        at = f"/cases/{one['ref']}" if access_rules.grant(role, "cases.read").scope != "none" else "/late"
        return Decision(
            _title(lang, one),
            about,
            _otherwise(lang, one["next"]),
            (Choice(say(lang, "digest.choose_open"), at),),
        )
    otherwise = say(
        lang, f"committee.{'tabled' if sort == 'tabled' else 'line'}_otherwise", office=one["office"]
    )
    at = f"{DECIDES}?case={one['ref']}"
    choices = (
        *(
            Choice(say(lang, f"digest.choose_{kind}"), f"{at}&kind={kind}")
            for kind in ("obtain_report", "assign_people")
        ),
        Choice(say(lang, "digest.choose_other"), at),
    )
    title = (
        say(lang, "committee.tabled_title", case=one["ref"], reason=of_code(one["reason"]))
        if sort == "tabled"
        else _title(lang, one)
    )
    return Decision(title, about, say(lang, "digest.otherwise", what=otherwise), choices)


def _of_decision(lang: str, one: Told, sort: str) -> Decision:
    """A decision of the committee that waits for its chair, or for whoever owes it."""
    what, day = say(lang, f"decided.{one['what']}"), tables.day(lang, one["due_on"])
    words = {"confirm": ("confirm", "drop"), "accept": ("accept", "send_back"), "report": ("report",)}[sort]
    if sort == "report":
        title = say(lang, "digest.asked", what=what, office=one["office"], day=day)
        otherwise = say(lang, "digest.otherwise_owed")
    else:
        title = say(lang, f"committee.{sort}_title", what=what, office=one["office"])
        otherwise = say(lang, f"committee.{sort}_otherwise", office=one["office"])
    path = f"/decisions/{one['decision']}"
    about = ", ".join(part for part in (one["ref"], day) if part)
    choices = tuple(Choice(say(lang, f"digest.choose_{word}"), path) for word in words)
    return Decision(title, about, say(lang, "digest.otherwise", what=otherwise), choices)


def _otherwise(lang: str, rung: Told | None) -> str:
    if rung is None:
        what = say(lang, "digest.otherwise_stays")
    else:
        role = ROLES.get(rung["role"], rung["role"])
        at = tables.moment(lang, rung["at"])
        what = say(lang, "digest.otherwise_climbs", role=role, office=rung["office"], moment=at)
    return say(lang, "digest.otherwise", what=what)


def _decide_more(lang: str, told: Told) -> str:
    shown, n = len(told["decide"]), told["figures"]["to_decide"]
    return say(lang, "digest.decide_more", shown=shown, n=n) if n > shown else ""


def _part(lang: str, name: str, told: Told) -> Part:
    rows = tuple(Row(_title(lang, one), _about(lang, one, part=name)) for one in told[name])
    return Part(say(lang, f"digest.{name}"), told["figures"][name], rows, say(lang, f"digest.none_{name}"))


def _nothing(parts: Sequence[Part], grids: Sequence[Grid]) -> str:
    """All that there is none of, in a line."""
    none = [part.none for part in parts if not part.count]
    return " ".join([*none, *(grid.none for grid in grids if not grid.rows)])


def _title(lang: str, one: Told) -> str:
    if one.get("kind") == "matter":
        return say(lang, "committee.tabled_title", case=one["ref"], reason=of_code(one["reason"]))
    return missing.sentence(lang, one["reason"], one["stage"], one["office"])


def _about(lang: str, one: Told, part: str = "") -> str:
    key = {0: "digest.row_today", 1: "digest.row_day"}.get(one["days"], "digest.row")
    parts = [say(lang, key, ref=one["ref"], days=one["days"])]
    if part == "worse":
        parts += [
            say(lang, "digest.row_climbed", level=one["level"]),
            say(lang, "digest.row_with", office=one["with"]),
        ]
    return ", ".join(parts)
