"""The room of digests: one's own, each as it was shown, and on paper."""

from typing import Any

from flask import Response

from hectis_flow.api.pages import answer_digests, answer_part, answer_written
from hectis_flow.api.papers import answer_paper
from hectis_flow.api.queries import Paging
from hectis_flow.api.rooms import BIGINT, Rooms
from hectis_flow.api.schemas_digest import Digest, DigestLine, DigestPage

rooms = Rooms(
    "digests", "What changed since the last one, and what is to be decided: of each reader their own."
)


@rooms.listing(Paging, DigestPage)
def list_digests(query: dict[str, Any]) -> Response:
    """Your digests, newest first."""
    return answer_digests("digests.list", query)


@rooms.part(f"/<{BIGINT}:digest_id>", "read", Digest)
def read_digest(digest_id: int) -> dict[str, Any]:
    """One digest with all that it showed."""
    return answer_part("digests.read", digest_id)


@rooms.paper(f"/<{BIGINT}:digest_id>/pack.pdf", "pack", "The digest on paper.")
def read_pack(digest_id: int) -> Response:
    """The digest as PDF: `X-Content-SHA256` is the hash that its mail names."""
    return answer_paper("digests.pack", digest_id)


@rooms.writing(f"/<{BIGINT}:digest_id>/acknowledge", "acknowledge", DigestLine)
def acknowledge_digest(digest_id: int) -> Response:
    """Say that you have read it."""
    return answer_written("digests.acknowledge", digest_id)
