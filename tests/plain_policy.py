"""The shipped policy for tests: the same, but people may be disturbed by night, and nothing is bundled.

Most tests are about whether a notice arrives, at whatever hour they run; those about quiet hours and bundles say so.
"""

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

from config.settings import ROOT
from hectis_flow.domain.policy import Policy
from hectis_flow.services.house import House

SHIPPED = ROOT / "config" / "policy.toml"
CHANGES = (('quiet = "20:00-06:00"', 'quiet = "none"'), ("bundle_over = 5 ", "bundle_over = 1000000 "))


def plain_policy(folder: Path, changes: Iterable[tuple[str, str]] = CHANGES) -> Path:
    """The file, written into this folder."""
    text = SHIPPED.read_text(encoding="utf-8")
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new, 1)
    path = folder / "policy.toml"
    path.write_text(text, encoding="utf-8")
    return path


def reaching_by(house: House, **rules: Any) -> House:
    """The same house under a policy by which people are reached so."""
    editions = tuple(replace(one, reach=replace(one.reach, **rules)) for one in house.policy.editions)
    return replace(house, policy=Policy(editions))
