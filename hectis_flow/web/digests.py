"""The pages of digests: one's own, each as it was sent, on paper, and acknowledged; and when one wants the next.

`hectis_flow.app` calls `install_digests`. The page says what the mail said, word for word and figure for figure, because
both are made of what was kept. It must not decide anything: `services.digests` does.
"""

from typing import Final

from flask import Flask

from hectis_flow.domain.digest import EVERY, LANGUAGES
from hectis_flow.render import digest as words
from hectis_flow.render import due, page_words
from hectis_flow.services import digests
from hectis_flow.services.digests import WishWrong
from hectis_flow.web import cursor
from hectis_flow.web import page as frame
from hectis_flow.web.committee import as_file, did
from hectis_flow.web.page import Answered, Visit
from hectis_flow.web.queue import LARGEST

AT: Final = "/digests"
PAGE: Final = 25


def install_digests(app: Flask) -> None:
    """Put the list, a digest, its paper and its button on the app, and the form of one's account."""
    rule = f"{AT}/<int(min=1, max={LARGEST}):digest_id>"
    frame.room(app, AT, "digests_page", _list)
    frame.room(app, rule, "digest", _digest)
    frame.room(app, f"{rule}.pdf", "digest_pack", _pack)
    frame.room(app, f"{rule}/acknowledge", "digest_acknowledge", _acknowledge, "POST")
    frame.room(app, "/account/digest", "account_digest", _wish)
    frame.room(app, "/account/digest", "account_digest_set", _prefer, "POST")


def _list(visit: Visit) -> Answered:
    after = cursor.read("digests", frame.asked("after"))
    found = digests.listing(visit.house, visit.asking, int(after[0]) if after else None, PAGE)
    language = visit.signed.language
    rows = [
        {
            **one,
            "day": due.day(language, one["window_on"]),
            "acknowledged": one["acknowledged_at"] and due.moment(language, due.read(one["acknowledged_at"])),
        }
        for one in found
    ]
    further = cursor.sign("digests", [str(found[-1]["id"])]) if len(found) == PAGE else None
    wish, _ = digests.wish(visit.house, visit.signed.staff_id)
    return frame.page("digests.html", rows=rows, further=further, began=after is None, at=f"{wish.at:%H:%M}")


def _digest(visit: Visit, digest_id: int) -> Answered:
    found = digests.opened(visit.house, visit.asking, digest_id)
    seen = found.acknowledged_at
    return frame.page(
        "digest.html",
        told=words.said(found.content),
        digest_id=digest_id,
        hash=found.pack_hash,
        did=did("digests"),
        acknowledged=due.moment(visit.signed.language, seen) if seen else "",
    )


def _pack(visit: Visit, digest_id: int) -> Answered:
    return as_file(digests.pack(visit.house, visit.asking, digest_id), f"digest-{digest_id}.pdf")


def _acknowledge(visit: Visit, digest_id: int) -> Answered:
    digests.acknowledge(visit.house, visit.writing(), digest_id)
    return frame.on(f"{AT}/{digest_id}", did="acknowledge")


def _wish(visit: Visit, said: str = "", status: int = 200) -> Answered:
    wish, language = digests.wish(visit.house, visit.signed.staff_id)
    return frame.page(
        "account_digest.html",
        status,
        said=said,
        saved=frame.asked("did") == "saved",
        at=f"{wish.at:%H:%M}",
        every=wish.every,
        spoken=language,
        often=EVERY,
        languages=LANGUAGES,
    )


def _prefer(visit: Visit) -> Answered:
    typed = frame.typed("at", "every", "language")
    try:
        digests.prefer(visit.house, visit.signed.staff_id, typed["at"], typed["every"], typed["language"])
    except WishWrong as refused:
        return _wish(visit, page_words.say(visit.signed.language, "account.digest_wrong"), refused.status)
    return frame.on("/account/digest", did="saved")
