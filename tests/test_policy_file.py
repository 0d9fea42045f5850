"""The policy file: what it ships with, what it refuses by name, and what the command makes of it."""

from datetime import date, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from config.calendars import YEARS, public_holidays
from config.policy import read_policy
from hectis_flow.commands.policy import POLICY
from hectis_flow.commands.policy import policy as command
from hectis_flow.domain.escalation import schedule
from hectis_flow.domain.moments import SAST
from hectis_flow.domain.policy import Edition, PolicyFault
from hectis_flow.domain.workflow import DECLARATION

SHIPPED = POLICY.read_text(encoding="utf-8")


def written(folder: Path, text: str) -> Path:
    path = folder / "policy.toml"
    path.write_text(text, encoding="utf-8")
    return path


def faults(folder: Path, *changes: tuple[str, str]) -> list[str]:
    """What the shipped file is refused for after these replacements, without the name of the file."""
    text = SHIPPED
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new, 1)
    path = written(folder, text)
    with pytest.raises(PolicyFault) as fault:
        read_policy(path)
    return [line.removeprefix(f"{path}: ") for line in str(fault.value).splitlines()]


def edition(folder: Path, *changes: tuple[str, str]) -> Edition:
    text = SHIPPED
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new, 1)
    return read_policy(written(folder, text)).editions[0]


# --- what it ships with ----------------------------------------------------------------------------


def test_the_shipped_policy_is_sound_and_covers_every_clock_of_the_workflow() -> None:
    (one,) = read_policy(POLICY).editions

    staged = {stage.clock for stage in DECLARATION.stages if stage.clock}
    assert set(one.clocks) == staged | {each.clock for each in DECLARATION.awaited}
    assert set(one.calendars) == {"always", "health", "saps", "npa", "pocs"}
    spans = (one.rota_gap_ahead, one.errand_due, one.link_lives, one.lapse_after, one.undo_for)
    assert [str(span) for span in spans] == ["7d", "4h", "14d", "548d", "10min"]
    assert (one.docket_benchmark, one.snooze_days, one.snooze_times) == (60, 10, 2)
    assert (str(one.gang_flag_lasts), str(one.chair_answers)) == ("180d", "7d")


@pytest.mark.parametrize(
    ("clock", "calendar", "warning", "due"),
    [
        ("referral_decision", "health", "2wd", "3wd"),
        ("referral_sending", "always", "30min", "24h"),
        ("anonymous_waiting", "health", "50wd", "90d"),
        ("saps_acknowledge", "saps", "4wh", "1wd"),
        ("cas_opening", "saps", "1wd", "2wd"),
        ("info_return", "health", "2wd", "3wd"),
        ("no_case_appeal", "health", "7wd", "10wd"),
        ("docket_assignment", "saps", "4wh", "1wd"),
        ("investigation_progress", "saps", "25d", "31d"),
        ("closed_docket_review", "saps", "150d", "180d"),
        ("npa_decision", "npa", "7wd", "10wd"),
        ("items_cured", "saps", "15wd", "20wd"),
        ("nolle_review", "npa", "150d", "180d"),
        ("diversion_review", "npa", "75d", "90d"),
        ("roll_date", "npa", "1wd", "3wd"),
        ("warrant_execution", "saps", "25d", "30d"),
        ("mental_report", "npa", "25d", "30d"),
        ("appeal_progress", "npa", "75d", "90d"),
        ("reenrolment_review", "saps", "20d", "30d"),
        ("reenrolment_review_npa", "npa", "20d", "30d"),
        ("reenrolment_decision", "npa", "7wd", "10wd"),
        ("refusal_review", "saps", "20d", "30d"),
        ("dpp_instruction", "npa", "15wd", "20wd"),
        ("watching_brief_ack", "pocs", "1wd", "2wd"),
        *((f"brief_{seat}_ack", "npa", "1wd", "2wd") for seat in ("prosecutor", "senior", "chief", "dpp")),
        ("brief_monitoring", "pocs", "25d", "30d"),
        ("brief_reply_saps", "saps", "7wd", "10wd"),
        ("brief_reply_npa", "npa", "7wd", "10wd"),
        ("back_on_roll_note", "pocs", "1wd", "2wd"),
        ("item_cured", "saps", "15wd", "20wd"),
        ("docket_inspection", "always", "18h", "24h"),
        ("docket_to_prosecutor", "saps", "45d", "60d"),
        ("first_appearance", "always", "36h", "48h"),
        ("j88_collection", "saps", "3wd", "5wd"),
        # Counted back from the day in court.
        ("countdown_saps", "saps", "4wd", "3wd"),
        ("countdown_npa", "npa", "4wd", "3wd"),
        ("committee_decision", "pocs", "15d", "20d"),
        ("gang_flag_review", "pocs", "150d", "166d"),
    ],
)
def test_the_shipped_times_are_those_of_the_table_of_clocks(
    clock: str, calendar: str, warning: str, due: str
) -> None:
    times = read_policy(POLICY).editions[0].clocks[clock].standard

    assert (times.calendar, str(times.warning), str(times.due)) == (calendar, warning, due)


@pytest.mark.parametrize(
    ("ladder", "told"),
    [
        (
            "health",
            """facility_liaison facility_manager
            health_district_manager health_province_manager committee_chair""",
        ),
        ("saps", "saps_liaison station_commander cluster_commander provincial_saps committee_chair"),
        (
            "saps_detective",
            "detective_commander station_commander cluster_commander provincial_saps committee_chair",
        ),
        ("npa", "prosecutor senior_public_prosecutor chief_prosecutor dpp_office committee_chair"),
    ],
)
def test_every_side_climbs_five_levels_after_0_5_10_and_15_working_days(ladder: str, told: str) -> None:
    rungs = read_policy(POLICY).editions[0].ladders[ladder].rungs

    assert [rung.role for rung in rungs] == told.split()
    assert [(rung.level, rung.when, rung.after and str(rung.after)) for rung in rungs] == [
        (0, "warning", None),
        (1, "breach", None),
        (2, "breach", "5wd"),
        (3, "breach", "10wd"),
        (4, "breach", "15wd"),
    ]


@pytest.mark.parametrize(
    ("ladder", "told"),
    [
        ("npa_senior", "senior_public_prosecutor chief_prosecutor dpp_office committee_chair"),
        ("dpp", "dpp_office dpp_office committee_chair"),
        ("pocs", "watching_brief_official watching_brief_official committee_chair"),
        ("npa_chief", "chief_prosecutor dpp_office committee_chair"),
        ("saps_commander", "station_commander cluster_commander provincial_saps committee_chair"),
    ],
)
def test_a_shorter_side_tells_the_committee_no_sooner_than_the_others(ladder: str, told: str) -> None:
    rungs = read_policy(POLICY).editions[0].ladders[ladder].rungs

    assert [rung.role for rung in rungs] == told.split()
    assert (rungs[0].when, rungs[1].when, rungs[1].after) == ("warning", "breach", None)
    assert str(rungs[-1].after) == "15wd"


@pytest.mark.parametrize(
    ("ladder", "told"),
    [
        ("saps_countdown", "detective_commander station_commander cluster_commander"),
        ("npa_countdown", "prosecutor senior_public_prosecutor chief_prosecutor"),
    ],
)
def test_before_a_day_in_court_silence_climbs_three_and_one_working_days_before(
    ladder: str, told: str
) -> None:
    edition = read_policy(POLICY).editions[0]
    rungs = edition.ladders[ladder].rungs

    assert [rung.role for rung in rungs] == told.split()
    assert [(rung.when, rung.after and str(rung.after)) for rung in rungs] == [
        ("warning", None),
        ("breach", None),
        ("court", "1wd"),
    ]
    assert {str(one.before_court.asked) for one in edition.clocks.values() if one.before_court} == {"7wd"}


def test_an_urgent_referral_on_christmas_eve_is_due_that_night() -> None:
    policy = read_policy(POLICY)
    start = datetime(2026, 12, 24, 22, 0, tzinfo=SAST)

    urgent = schedule(policy, "saps_acknowledge", start, urgent=True)
    usual = schedule(policy, "saps_acknowledge", start)

    assert urgent.due_at == datetime(2026, 12, 25, 0, 0, tzinfo=SAST)
    assert usual.due_at == datetime(2026, 12, 29, 7, 30, tzinfo=SAST)  # from Monday's opening


def test_words_never_speak_of_a_person_or_a_wound() -> None:
    one = read_policy(POLICY).editions[0]
    words = [word for clock in one.clocks.values() for word in (clock.title, clock.wanted)]
    words += [rung.words for ladder in one.ladders.values() for rung in ladder.rungs]

    assert all(words)
    for unwanted in ("patient", "victim", "injur", "wound", "child", "sexual", "shot", "stab"):
        assert not [word for word in words if unwanted in word.lower()]


def test_the_holidays_reach_over_every_year_a_case_may_see() -> None:
    assert {day.year for day in public_holidays()} == set(YEARS)
    assert YEARS.start <= 2020
    assert YEARS.stop > 2046  # twenty years on, as long as charges may be brought


# --- versions and editions -------------------------------------------------------------------------


def test_a_version_changes_with_the_times_and_not_with_a_comment(tmp_path: Path) -> None:
    shipped = read_policy(POLICY).editions[0].version
    longer = edition(tmp_path, ('warning = "2wd"\ndue = "3wd"', 'warning = "2wd"\ndue = "4wd"')).version
    closed = edition(
        tmp_path,
        (
            "public_holidays = true",
            'public_holidays = true\nclosed = [{ from = 2026-12-24, to = 2026-12-24, why = "circular" }]',
        ),
    ).version

    assert edition(tmp_path, ("# ---", "# a comment\n# ---")).version == shipped
    assert len({shipped, longer, closed}) == 3
    assert shipped.startswith("2026.1-")


def test_a_later_edition_takes_over_on_its_day(tmp_path: Path) -> None:
    later = (
        SHIPPED[SHIPPED.index("[[edition]]") :]
        .replace('"2026.1"', '"2027.1"')
        .replace("from = 2026-01-01", "from = 2027-04-01")
    )
    policy = read_policy(written(tmp_path, SHIPPED + later.replace('due = "2wd"', 'due = "3wd"')))

    march, april = (datetime(2027, month, 1, 12, tzinfo=SAST) for month in (3, 4))
    assert str(policy.in_force(march).clocks["cas_opening"].standard.due) == "2wd"
    assert str(policy.in_force(april).clocks["cas_opening"].standard.due) == "3wd"
    assert schedule(policy, "cas_opening", april).policy_version.startswith("2027.1-")


@pytest.mark.parametrize(
    ("version", "day", "fault"),
    [
        ("2027.1", "2026-01-01", "edition 2027.1: from: must be later than edition 2026.1's above it."),
        ("2026.1", "2027-01-01", "edition 2026.1: version: there are two of this name."),
    ],
)
def test_editions_must_follow_each_other(tmp_path: Path, version: str, day: str, fault: str) -> None:
    later = (
        SHIPPED[SHIPPED.index("[[edition]]") :]
        .replace('"2026.1"', f'"{version}"')
        .replace("from = 2026-01-01", f"from = {day}")
    )

    assert fault in faults(tmp_path, (SHIPPED, SHIPPED + later))


# --- calendars -------------------------------------------------------------------------------------


def test_a_calendar_takes_hours_by_day_closures_and_leaves_holidays_out_on_wish(tmp_path: Path) -> None:
    one = edition(
        tmp_path,
        (
            'hours = { mon-fri = "07:30-16:00" }      # office',
            'hours = { mon-thu = "08:00-17:00", fri = "08:00-13:00", sun = "20:00-24:00" }#',
        ),
        (
            "public_holidays = true",
            """public_holidays = false
            closed = [
                { from = 2026-12-24, to = 2027-01-02, why = "recess" },
                { from = 2026-03-02, to = 2026-03-02, why = "moving house" },
            ]""",
        ),
    )
    health = one.calendars["health"]

    assert health.hours == {**dict.fromkeys(range(4), (480, 1020)), 4: (480, 780), 6: (1200, 1440)}
    assert len(health.closed) == 11
    assert date(2026, 12, 31) in health.closed
    assert date(2026, 4, 27) not in health.closed
    assert date(2026, 4, 27) in one.calendars["saps"].closed


# --- what is refused -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (('due = "3wd"', 'due = "3 days"'), "clocks.referral_decision.due: '3 days' is no span such as"),
        (('due = "3wd"', "due = 3"), "clocks.referral_decision.due: must be a text"),
        (('due = "3wd"\n', ""), "clocks.referral_decision.due: is missing: a text"),
        (
            ('due = "3wd"', 'due = "3wd"\nDue = "4wd"'),
            "clocks.referral_decision.Due: is not a key of this table",
        ),
        (
            ('title = "Decision to refer"', 'title = " "'),
            "clocks.referral_decision.title: must say something",
        ),
        (
            ('{ calendar = "always", warning = "1h"', '{ warning = "1h"'),
            "clocks.saps_acknowledge.urgent.calendar: is missing",
        ),
        (
            ('warning = "1h"', 'warning = "1h", speed = "high"'),
            "clocks.saps_acknowledge.urgent.speed: is not a key",
        ),
        (
            ('then = { transition = "close_anonymous"', 'then = { move = "close_anonymous"'),
            "clocks.anonymous_waiting.then.transition: is missing",
        ),
        (
            ("[edition.calendars.health]", "[edition.calendars.always]"),
            "calendars.always: is built in and cannot be changed",
        ),
        (
            ('mon-fri = "07:30-16:00"', 'mon-fri = "16:00-07:30"'),
            "calendars.health.hours.mon-fri: '16:00-07:30' does not open before",
        ),
        (
            ('mon-fri = "07:30-16:00"', 'mon-fri = "half past"'),
            "calendars.health.hours.mon-fri: 'half past' are no hours such as",
        ),
        (
            ('mon-fri = "07:30-16:00"', 'mon-fry = "07:30-16:00"'),
            "calendars.health.hours: 'mon-fry' is no weekday",
        ),
        (
            ('mon-fri = "07:30-16:00"', 'fri-mon = "07:30-16:00"'),
            "calendars.health.hours: 'fri-mon' does not run forward",
        ),
        (('{ mon-fri = "07:30-16:00" }', "{}"), "calendars.health.hours: opens on no day"),
        (
            ("public_holidays = true", 'public_holidays = "yes"'),
            "calendars.health.public_holidays: must be true or false",
        ),
        (
            ("public_holidays = true", 'closed = [{ from = 2026-12-31, to = 2026-12-24, why = "x" }]'),
            "calendars.health.closed[1]: 2026-12-31 to 2026-12-24 is no closure",
        ),
        (
            ("public_holidays = true", "closed = [{ from = 2026-12-24, to = 2026-12-31 }]"),
            "calendars.health.closed[1].why: is missing",
        ),
        (("public_holidays = true", "closed = [1]"), "calendars.health.closed[1]: must be a table"),
        (
            ('at = "breach + 5wd"', 'at = "5wd"'),
            "ladders.health.rungs[3].at: '5wd' is not warning, breach, or breach +",
        ),
        (('at = "breach + 5wd"', 'at = "breach + 5"'), "ladders.health.rungs[3].at: '5' is no span"),
        (('at = "court - 1wd"', 'at = "court - 1"'), "ladders.saps_countdown.rungs[3].at: '1' is no span"),
        (('asked = "7wd"\n', ""), "clocks.countdown_saps.asked: is missing: a text"),
        (
            ('late = { calendar = "saps", warning = "2wh", due = "4wh" }\n', ""),
            "clocks.countdown_saps.late: is missing: a table of calendar, warning and due",
        ),
        (("before_court = true ", "before_court = false "), "clocks.countdown_saps.asked: is not a key"),
        (
            ('asked = "7wd"', 'asked = "3wd"'),
            "clocks.countdown_saps: asked (3 working days before the court) must",
        ),
        (("level = 0", "level = true"), "ladders.health.rungs[1].level: must be a number from 0 to 4"),
        (
            (
                'rungs = [{ level = 0, at = "warning", tells = "facility_liaison", words = "Due soon" }]',
                "rungs = []",
            ),
            "ladders.health_reminder.rungs: has no rung",
        ),
        (('rota_gap_ahead = "7d"', 'rota_gap_ahead = "a week"'), "rota_gap_ahead: 'a week' is no span"),
        (('lapse_after = "548d"', 'lapse_after = "18 months"'), "lapse_after: '18 months' is no span"),
        (('undo_for = "10min"', "undo_for = 10"), "undo_for: must be a text"),
        (
            ("docket_benchmark = 60", "docket_benchmark = 0"),
            "docket_benchmark: must be a number from 1 to 1000",
        ),
        (("snooze_days = 10", "snooze_days = 21"), "snooze_days: must be a number from 1 to 20"),
        (("snooze_times = 2", 'snooze_times = "2"'), "snooze_times: must be a number from 0 to 2"),
        (('"bishop-lavis-saps"', '"Bishop Lavis"'), "hotspot_stations: must hold codes of offices"),
        (('version = "2026.1"\n', ""), "version: is missing: a text"),
        (
            ('words = "Due soon" },', 'words = "Due soon", answers = "most" },'),
            'rungs[1].answers: must be "any", "all" or a number from 1 to 20',
        ),
        (
            ('words = "Due soon" },', 'words = "Due soon", answers = 0 },'),
            'rungs[1].answers: must be "any", "all" or a number from 1 to 20',
        ),
        (
            ('words = "Due soon" },', 'words = "Due soon", answers = true },'),
            'rungs[1].answers: must be "any", "all" or a number from 1 to 20',
        ),
        (
            ('wanted = "Acknowledge the referral"', 'wanted = "Acknowledge the referral"\ngrave = 1'),
            "clocks.saps_acknowledge.grave: must be true or false",
        ),
        (("answer_seconds = 1 ", "answer_seconds = 61 "), "answer_seconds: must be a number from 0 to 60"),
        (
            ("[edition.clocks.item_cured]", "[edition.clocks.lunch]"),
            "clocks.item_cured: missing, but the awaited 'outstanding_item'",
        ),
        (("from = 2026-01-01", "from = 2026-01-01T00:00:00"), "from: must be a day such as 2026-01-01"),
        (("from = 2026-01-01", "from = 9999-12-31"), "from: the year must lie from 1900 to 2999"),
        (
            ('office = "cluster"', 'office = "kitchen"'),
            "ladders.saps: level 2 tells an unknown kind of office, 'kitchen'",
        ),
        (
            ("[edition.clocks.cas_opening]", "[edition.clocks.lunch]"),
            "clocks.cas_opening: missing, but the stage 'acknowledged'",
        ),
    ],
)
def test_each_fault_of_the_file_is_named_by_its_edition_and_key(
    tmp_path: Path, change: tuple[str, str], fault: str
) -> None:
    found = faults(tmp_path, change)

    assert any(line.startswith("edition ") and fault in line for line in found), found


def test_all_faults_are_said_in_one_reading(tmp_path: Path) -> None:
    found = faults(tmp_path, ('due = "3wd"', "due = 3"), ("level = 0", 'level = "low"'))

    assert found == [
        "edition 2026.1: clocks.referral_decision.due: must be a text.",
        "edition 2026.1: ladders.health.rungs[1].level: must be a number from 0 to 4.",
    ]


def test_a_rung_may_ask_for_all_or_so_many_and_a_clock_may_be_grave(tmp_path: Path) -> None:
    read = edition(
        tmp_path,
        ('words = "Due soon" },', 'words = "Due soon", answers = "all" },'),
        (
            'tells = "facility_manager", words = "Overdue"',
            'tells = "facility_manager", words = "Overdue", answers = 2',
        ),
        ('wanted = "Acknowledge the referral"', 'wanted = "Acknowledge the referral"\ngrave = true'),
    )
    assert [rung.answers for rung in read.ladders["health"].rungs] == ["all", 2, "any", "any", "any"]
    assert {name for name, clock in read.clocks.items() if clock.grave} == {"saps_acknowledge"}
    shipped = read_policy(POLICY)
    assert (shipped.asks_several, shipped.has_grave) == (False, False)
    assert (shipped.editions[0].answer_seconds, shipped.editions[0].open_seconds) == (1, 1)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("[[edition]", r"is not valid TOML: .*line 1"),
        ("", r"must hold \[\[edition\]\] tables"),
        ("[edition]", r"must hold \[\[edition\]\] tables"),
        ("[[edition]]\n[speed]", r"must hold \[\[edition\]\] tables"),
        ("edition = [1]", r"edition 1: must be a table"),
    ],
)
def test_a_file_of_another_form_is_refused(tmp_path: Path, text: str, fault: str) -> None:
    with pytest.raises(PolicyFault, match=fault):
        read_policy(written(tmp_path, text))


def test_a_missing_file_is_named_with_its_setting(tmp_path: Path) -> None:
    with pytest.raises(PolicyFault, match=r"none\.toml does not exist \(HECTIS_POLICY_FILE names it\)"):
        read_policy(tmp_path / "none.toml")
    with pytest.raises(PolicyFault, match="cannot be read"):
        read_policy(tmp_path)


# --- the command -----------------------------------------------------------------------------------


def run(*words: str, **environment: str) -> Result:
    return CliRunner().invoke(command, words, env={"HECTIS_POLICY_FILE": None, **environment})


def test_check_says_what_is_in_force_and_every_clock() -> None:
    result = run("check")

    assert result.exit_code == 0, result.output
    assert "from 01 January 2026: in force today" in result.output
    lines = [" ".join(line.split()) for line in result.output.splitlines()]
    assert "saps_acknowledge saps 4 working hours 1 working day ladder saps" in lines
    assert "urgent always 1 hour 2 hours ladder saps" in lines
    assert "first_appearance always 36 hours 48 hours ladder saps_detective" in lines
    assert (
        "  level 2  breach + 5 working days   Cluster or district commander, the cluster above"
        in result.output
    )
    assert result.output.endswith("sound\n")


def test_check_ends_with_1_and_every_fault(tmp_path: Path) -> None:
    path = written(tmp_path, SHIPPED.replace('due = "3wd"', 'due = "2wd"'))

    for result in (run("check", str(path)), run("check", HECTIS_POLICY_FILE=str(path))):
        assert result.exit_code == 1
        assert (
            f"{path}: edition 2026.1: clocks.referral_decision: the warning (2 working days)" in result.output
        )
        assert "clocks.info_return: the warning" in result.output
        assert result.output.endswith("NOT SOUND: 2 faults.\n")


def test_show_says_when_every_step_is_due_in_words() -> None:
    lines = run("show", "saps_acknowledge", "--from", "2026-12-23T16:00").output.splitlines()

    assert lines[0] == "Acknowledging the referral: Acknowledge the referral."
    assert lines[1].startswith("  Wednesday 23 December 2026, 16:00  the clock starts (policy 2026.1-")
    assert lines[2:4] == [
        "  Thursday 24 December 2026, 11:30  level 0, Due soon: SAPS liaison (station), the owner",
        "  Thursday 24 December 2026, 16:00  level 1, Overdue: Station commander, the owner",
    ]
    assert lines[4] == (
        "  Monday 04 January 2027, 16:00  level 2, Overdue by 5 working days: "
        "Cluster or district commander, the cluster above"
    )
    assert lines[-1] == "Until the breach: 8.5 hours of the calendar 'saps'."


def test_the_guide_shows_what_the_command_prints() -> None:
    version = read_policy(POLICY).editions[0].version
    printed = run("show", "saps_acknowledge", "--from", "2026-12-23T16:00").output

    guide = (POLICY.parent.parent / "docs" / "policy.md").read_text(encoding="utf-8")
    assert f"```text\n{printed.replace(version, 'VERSION')}```" in guide


def test_show_knows_urgent_cases_rules_and_other_zones() -> None:
    urgent = run("show", "saps_acknowledge", "--from", "2026-12-23T14:00+00:00", "--urgent").output
    closing = run("show", "no_case_appeal", "--from", "2026-11-02", "--urgent").output

    assert "  Wednesday 23 December 2026, 18:00  level 1, Overdue: Station commander" in urgent
    assert closing.startswith("An urgent case has the same times on this clock.")
    assert "  Tuesday 17 November 2026, 07:30  the system: close_no_case (no_appeal)" in closing


def test_show_counts_back_from_a_day_in_court() -> None:
    lines = run("show", "countdown_saps", "--from", "2026-12-10").output.splitlines()

    assert lines[1].startswith("  Tuesday 01 December 2026, 09:00  the clock starts")
    assert lines[2:6] == [
        "  Friday 04 December 2026, 09:00  level 0, Soon in court: Detective commander, the owner",
        "  Monday 07 December 2026, 09:00  level 1, Not yet ready for court: Station commander, the owner",
        (
            "  Wednesday 09 December 2026, 09:00  level 2, Not ready for court, one working day before: "
            "Cluster or district commander, the cluster above"
        ),
        "  Thursday 10 December 2026, 09:00  the court sits",
    ]
    checked = [" ".join(line.split()) for line in run("check").output.splitlines()]
    assert (
        "countdown_saps saps 4 working days before court 3 working days before court ladder saps_countdown"
        in checked
    )
    assert "level 2 court - 1 working day Chief prosecutor, the chief prosecutor above" in checked


def test_show_refuses_what_is_no_time_and_no_clock() -> None:
    no_time = run("show", "cas_opening", "--from", "yesterday")
    no_clock = run("show", "lunch", "--from", "2026-11-02")

    assert no_time.exit_code == 2
    assert "'yesterday' is no time such as 2026-12-23T16:00" in no_time.output
    assert isinstance(no_clock.exception, PolicyFault)
