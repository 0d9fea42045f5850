"""In which language whoever asks for a page reads: their own if they are signed in, else what their browser asks for.

The frame of every page and the door call it. What a browser asks for is a wish among our languages, and no more.
"""

from flask import g, request

from hectis_flow.render.languages import ENGLISH, NAMES


def reader_language() -> str:
    """The code of a language of ours."""
    signed = g.get("signed")
    if signed:
        chosen: str = signed.language
        return chosen
    # Best first; of af-ZA the first part counts.
    asked = (said.partition("-")[0].lower() for said, worth in request.accept_languages if worth)
    return next((code for code in asked if code in NAMES), ENGLISH)
