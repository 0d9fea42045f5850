"""Nothing but a person of the three roles sets a gang flag: no rule, no feed, nothing of a hospital."""

import re
from pathlib import Path

from hectis_flow.domain.access_rules import grant, token_roles
from hectis_flow.domain.gang_flag import SOURCES
from hectis_flow.domain.workflow import DECLARATION

ROOT = Path(__file__).resolve().parents[2]
SOURCE = {
    path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8")
    for folder in ("hectis_flow", "workers")
    for path in (ROOT / folder).rglob("*.py")
}


def naming(pattern: str) -> set[str]:
    return {name for name, text in SOURCE.items() if re.search(pattern, text)}


def test_one_module_writes_flags_and_one_service_calls_it() -> None:
    assert naming(r"(INSERT INTO|UPDATE) gang_flag\b") == {"hectis_flow/storage/gang_flags.py"}
    assert naming(r"storage import .*gang_flags|storage\.gang_flags import") == {
        "hectis_flow/services/gang_flags.py"
    }


def test_a_flag_is_set_by_a_request_alone_and_ended_by_the_clock() -> None:
    asking = naming(r"import .*\bgang_flags\b|^    gang_flags,$|import gang_flags") | naming(
        r"(?m)^    gang_flags,$"
    )
    assert asking == {
        "hectis_flow/api/pages.py",
        "hectis_flow/services/terms.py",
        "hectis_flow/services/gang_flags.py",
    }
    assert re.findall(r"gang_flags\.(\w+)", SOURCE["hectis_flow/services/terms.py"]) == ["end_expired"]


def test_no_move_no_message_and_no_figure_knows_of_it() -> None:
    for name in naming("gang_flag(?!_lasts)"):
        assert not name.startswith(
            ("hectis_flow/feeds/", "hectis_flow/practice/", "hectis_flow/channels/", "hectis_flow/web/")
        )
        assert Path(name).stem not in {
            "intake",
            "visits",
            "incident",
            "coding",
            "linkage",
            "casework",
            "disclosure",
        }
    for move in DECLARATION.transitions:
        assert "gang" not in " ".join((move.id, *move.needs, *move.may, *move.reasons))


def test_three_roles_may_set_one_and_no_role_of_health_or_a_system_may_see_one() -> None:
    assert {role for role in token_roles() if grant(role, "cases.flag_gang").scope != "none"} == set(SOURCES)
    seeing = {
        role
        for role in token_roles()
        for name in ("cases.list", "cases.read", "cases.flag_gang", "cases.renew_flag", "cases.lift_flag")
        if "gang_flag" in grant(role, name).fields
    }
    assert seeing == {
        *SOURCES,
        *("saps_liaison", "senior_public_prosecutor", "chief_prosecutor", "dpp_office"),
        *("watching_brief_official", "committee_chair", "committee_secretary"),
    }
    assert not [role for role in seeing if role.startswith(("facility", "health"))]
    # Why a brief was opened says as much.
    told = {
        role
        for role in token_roles()
        for name in ("briefs.list", "briefs.read")
        if "triggers" in grant(role, name).fields
    }
    assert told <= seeing
