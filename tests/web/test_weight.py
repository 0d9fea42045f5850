"""How little goes over the line: compressed, kept by content, and never the same token twice in a page."""

import gzip
import re
from collections.abc import Callable

import pytest
from werkzeug.test import TestResponse

from hectis_flow.web import form_token
from tests.api.people import People
from tests.web.conftest import HOST, Browser

Browsers = Callable[[], Browser]
GZIP = {"Accept-Encoding": "gzip, br"}


def body(answer: TestResponse) -> bytes:
    with answer:
        return bytes(answer.data)


def test_pages_and_files_come_compressed_where_that_is_understood(people: People, browser: Browsers) -> None:
    mine = browser().practise("ks-1")
    plain = mine.client.get("/queue", base_url=HOST)
    packed = mine.client.get("/queue", base_url=HOST, headers=GZIP)
    refused = mine.client.get("/queue", base_url=HOST, headers={"Accept-Encoding": "gzip;q=0"})
    assert packed.headers["Content-Encoding"] == "gzip"
    assert packed.headers["Vary"] == "Accept-Encoding"
    assert "Content-Encoding" not in plain.headers
    assert "Content-Encoding" not in refused.headers
    unpacked = gzip.decompress(packed.data)
    assert b"Your queue" in unpacked
    assert len(packed.data) == int(packed.headers["Content-Length"]) < len(unpacked) / 2
    assert "Content-Encoding" not in mine.client.get("/api/v1/cases", headers=GZIP).headers


@pytest.mark.target("S7")
def test_a_file_is_kept_for_ever_by_its_content_and_by_nothing_else(
    people: People, browser: Browsers
) -> None:
    mine = browser().practise("ks-1")
    paths = re.findall(r'(?:src|href)="(/static/[^"]+)"', mine.get("/queue").text)
    assert len(paths) == 4
    for path in paths:
        kept = mine.client.get(path, base_url=HOST, headers=GZIP)
        assert kept.headers["Cache-Control"] == "public, max-age=31536000, immutable", path
        assert body(kept)
        for other in (path.partition("?")[0], f"{path}0"):
            fresh = mine.client.get(other, base_url=HOST)
            assert fresh.headers["Cache-Control"] == "no-cache", other
            assert body(fresh)
    gone = mine.client.get("/static/nothing.css?v=000000000000", base_url=HOST)
    assert (gone.status_code, gone.headers["Cache-Control"]) == (404, "no-store")


def test_a_form_is_known_by_a_token_that_is_never_the_same() -> None:
    made = [form_token.made("key", "secret") for _ in range(2)]
    assert made[0] != made[1]
    assert all(form_token.is_of("key", "secret", one) for one in made)
    wrong = ("", "zz", "00" * 64, made[0][:-2], made[0] + "00", made[0][:64] + made[1][64:])
    for token in wrong:
        assert not form_token.is_of("key", "secret", token)
    assert not form_token.is_of("key", "other", made[0])
    assert not form_token.is_of("other", "secret", made[0])
