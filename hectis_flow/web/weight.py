"""How little goes over the line: static files by their content, kept for ever, and pages compressed.

`hectis_flow.app` calls `install_weight`. A first page with all its parts must come over a station's telephone. An answer
of the API is left as it is: programs that want it compressed have a proxy before us.
"""

import gzip
import hashlib
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from flask import Flask, Response, request, url_for

KEPT: Final = "public, max-age=31536000, immutable"
TEXTS: Final = frozenset({"text/html", "text/css", "text/javascript", "image/svg+xml"})
LEAST: Final = 600  # bytes below which compressing saves no packet
LEVEL: Final = 6


def install_weight(app: Flask) -> None:
    """Let addresses of static files name their content, and compress what people read."""
    root = Path(app.static_folder or "")

    def name_content(endpoint: str, values: dict[str, Any]) -> None:
        if endpoint == "static" and "filename" in values:
            values["v"] = content_of(root / values["filename"])

    def lighten(response: Response) -> Response:
        if request.endpoint == "static" and response.status_code in {200, 304} and _is_named(root):
            response.headers["Cache-Control"] = KEPT
        if response.mimetype in TEXTS and response.status_code != 304:
            _compress(response)
        return response

    @lru_cache(maxsize=64)
    def address_of(filename: str) -> str:
        """Where a static file is; made once, for every page names several."""
        return url_for("static", filename=filename)

    app.jinja_env.globals["file"] = address_of
    app.url_defaults(name_content)
    app.after_request(lighten)


def _is_named(root: Path) -> bool:
    """Whether the address names what the file holds by now."""
    return request.args.get("v") == content_of(root / str((request.view_args or {})["filename"]))


@lru_cache(maxsize=64)
def content_of(path: Path) -> str:
    """A short name for what a file holds; files do not change while a process lives."""
    return hashlib.sha256(path.read_bytes()).hexdigest()[:12]


def _compress(response: Response) -> None:
    response.vary.add("Accept-Encoding")
    if not request.accept_encodings.quality("gzip") or "Content-Encoding" in response.headers:
        return
    response.direct_passthrough = False
    plain = response.get_data()
    if len(plain) < LEAST:
        return
    response.set_data(
        _packed(plain) if request.endpoint == "static" else gzip.compress(plain, LEVEL, mtime=0)
    )
    response.headers["Content-Encoding"] = "gzip"
    etag, _ = response.get_etag()
    if etag:
        response.set_etag(etag, weak=True)


@lru_cache(maxsize=64)
def _packed(plain: bytes) -> bytes:
    return gzip.compress(plain, 9, mtime=0)
