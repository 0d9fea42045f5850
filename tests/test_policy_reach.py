"""How people are reached, as the policy's file says it: read, refused by key, and usual where nothing is said."""

from pathlib import Path

import pytest

from config.policy import read_policy
from hectis_flow.domain.policy import PolicyFault
from hectis_flow.domain.reach import NIGHT, Reach
from tests.plain_policy import SHIPPED, plain_policy


def test_the_shipped_file_says_what_is_usual() -> None:
    (one,) = read_policy(SHIPPED).editions

    assert one.reach == Reach()
    assert one.reach.quiet == NIGHT
    assert (one.reach.bundle_over, str(one.reach.bundle_within)) == (5, "15min")


def test_an_edition_that_says_nothing_of_it_means_the_usual(tmp_path: Path) -> None:
    head, _, rest = SHIPPED.read_text(encoding="utf-8").partition("[edition.reach]\n")
    body = rest.partition("# --- calendars")[2]
    path = tmp_path / "policy.toml"
    path.write_text(f"{head}# --- calendars{body}", encoding="utf-8")

    assert read_policy(path).editions[0].reach == Reach()


def test_quiet_hours_may_be_none(tmp_path: Path) -> None:
    path = plain_policy(tmp_path, [('quiet = "20:00-06:00"', 'quiet = "none"')])

    assert read_policy(path).editions[0].reach.quiet is None


@pytest.mark.parametrize(
    ("old", "new", "key"),
    [
        ('quiet = "20:00-06:00"', 'quiet = "20-6"', "reach.quiet"),
        ('"immediately", "level_2"', '"soon", "level_2"', "reach.passes"),
        ('"sms", "whatsapp"', '"SMS!", "whatsapp"', "reach.personal"),
        ('further_after = "2h"', 'further_after = "two"', "reach.further_after"),
        ("bundle_over = 5 ", "bundle_over = 0 ", "reach.bundle_over"),
        ("bundle_over = 5 ", "bundle_above = 5\nbundle_over = 5 ", "reach.bundle_above"),
    ],
)
def test_each_fault_is_named_by_its_key(tmp_path: Path, old: str, new: str, key: str) -> None:
    with pytest.raises(PolicyFault, match=key):
        read_policy(plain_policy(tmp_path, [(old, new)]))
