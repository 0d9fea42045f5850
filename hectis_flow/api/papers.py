"""Answers that are files and no JSON: a letter on paper, minutes as text and PDF.

The rooms call it. A service says what a file holds and of which kind it is; here it becomes an answer.
"""

from collections.abc import Callable, Mapping

from flask import Response

from hectis_flow.api.pages import asking, house
from hectis_flow.render.paper import File
from hectis_flow.services import brief_letters, digests, meetings

PAPERS: Mapping[str, Callable[..., File]] = {
    "briefs.letter_pdf": brief_letters.pdf,
    "meetings.minutes": meetings.text,
    "meetings.paper": meetings.pdf,
    "digests.pack": digests.pack,
}


def answer_paper(action: str, *keys: int) -> Response:
    """Something that belongs to one record, as a file; with the hash of its text, where that was kept."""
    found = PAPERS[action](house(), asking(), *keys)
    response = Response(found.body, content_type=found.kind)
    if found.digest is not None:
        response.headers["X-Content-SHA256"] = found.digest
    return response
