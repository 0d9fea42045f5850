"""A QR code as a drawing that a page may hold: inline SVG, in the page's own colours, with nothing to fetch."""

import segno


def svg(text: str) -> str:
    """The code of a text as an SVG element; dark on light whatever the page looks like, for a camera must read it."""
    return segno.make(text, error="m").svg_inline(scale=5, border=4, dark="#000", light="#fff")
