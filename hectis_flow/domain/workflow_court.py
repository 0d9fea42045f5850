"""The court's part of the workflow declaration: from enrolment to judgment (rows 13-17, 23).

Part of `workflow.py`, which alone imports it. Sources: domain.md 5.2, 5.3. Here the charges move, and the
stage of their case follows from theirs (`domain.court`).
"""

from hectis_flow.domain.workflow_docket import PROSECUTORS
from hectis_flow.domain.workflow_shapes import Duty, Stage, Transition
from hectis_flow.domain.workflow_words import OFFENCES, POSTPONEMENT_CAUSES

NPA_HEADS = ("senior_public_prosecutor", "chief_prosecutor", "dpp_office")


def _on_date(name: str, title: str, task: str) -> Stage:
    """A stage at which the next day in court is what the case waits for."""
    duty = Duty(task, "prosecutor")
    return Stage(
        name, "court", title, end=False, owner="npa_office", clock="roll_date", task=duty, on_date=True
    )


def _end(name: str, title: str, reopens: tuple[str, ...] = ()) -> Stage:
    return Stage(name, "court", title, end=True, owner="none", reopens=reopens)


COURT_STAGES = (
    _on_date("enrolled", "Enrolled", "place_on_roll"),
    _on_date("on_roll", "On the roll", "record_appearance"),
    _on_date("postponed", "Postponed", "record_appearance"),
    _on_date("pleaded", "Pleaded", "record_appearance"),
    _on_date("trial", "On trial", "record_appearance"),
    _on_date("judgment", "Judgment reserved", "record_judgment"),
    _on_date("closed_342a3d", "State's case closed by the court", "record_judgment"),
    _on_date("convicted", "Convicted, not yet sentenced", "record_sentence"),
    _on_date("transferred", "Transferred to another court", "place_on_roll"),
    Stage(
        "warrant_j50",
        "court",
        "Warrant of arrest (J50)",
        end=False,
        owner="station",
        clock="warrant_execution",
        task=Duty("execute_warrant", "detective_commander"),
        tells=True,
    ),
    Stage(
        "s77_78",
        "court",
        "Referred for observation (s77, s78)",
        end=False,
        owner="npa_office",
        clock="mental_report",
        task=Duty("follow_mental_report", "prosecutor"),
    ),
    Stage(
        "appeal",
        "court",
        "On appeal",
        end=False,
        owner="npa_office",
        clock="appeal_progress",
        task=Duty("follow_appeal", "senior_public_prosecutor"),
    ),
    _end("sentenced", "Sentenced", ("note_appeal",)),
    _end("acquitted", "Acquitted"),
    _end("discharged_174", "Discharged (s174)"),
    _end("stopped_6b", "Prosecution stopped (s6(b))"),
    _end("special_verdict", "Special verdict (s77, s78)"),
    _end("abated", "Abated: the accused died"),
)

IN_COURT = ("on_roll", "pleaded", "trial")

COURT_MOVES = (
    Transition(
        "enrol",
        ("to_prosecutor",),
        "enrolled",
        PROSECUTORS,
        "Enrol",
        needs=("court", "court_case_no", "next_date"),
        may=("charges", "children", "of", "dpp_ref", "dpp_date"),
        coded=(("charges", OFFENCES),),
    ),
    Transition(
        "place_on_roll",
        ("enrolled", "transferred", "reenrolled"),
        "on_roll",
        PROSECUTORS,
        "First appearance: on the roll",
        needs=("next_date",),
        may=("of",),
    ),
    Transition(
        "postpone",
        (*IN_COURT, "judgment"),
        "postponed",
        PROSECUTORS,
        "Postpone",
        needs=("reason", "next_date"),
        may=("asked_by", "of"),
        reasons=POSTPONEMENT_CAUSES,
        coded=(("asked_by", ("state", "defence", "court")),),
    ),
    Transition(
        "call_again",
        ("postponed",),
        "on_roll",
        PROSECUTORS,
        "Called again",
        may=("next_date", "of"),
        back=(*IN_COURT, "judgment"),
    ),
    Transition(
        "plead",
        ("on_roll",),
        "pleaded",
        PROSECUTORS,
        "The accused pleads",
        needs=("plea",),
        may=("next_date", "of"),
        coded=(("plea", ("guilty", "not_guilty")),),
    ),
    Transition(
        "begin_trial", ("pleaded",), "trial", PROSECUTORS, "The trial begins", may=("next_date", "of")
    ),
    Transition(
        "reserve_judgment",
        ("trial",),
        "judgment",
        PROSECUTORS,
        "Both cases closed: judgment",
        needs=("next_date",),
        may=("of",),
    ),
    Transition(
        "transfer",
        ("on_roll",),
        "transferred",
        PROSECUTORS,
        "Transfer to another court",
        needs=("court", "court_case_no", "next_date"),
        may=("of",),
    ),
    Transition(
        "issue_warrant",
        IN_COURT,
        "warrant_j50",
        PROSECUTORS,
        "Did not appear: warrant of arrest (J50)",
        may=("of",),
    ),
    Transition(
        "warrant_executed",
        ("warrant_j50",),
        "on_roll",
        PROSECUTORS,
        "The warrant was executed",
        needs=("next_date",),
        may=("of",),
        back=IN_COURT,
    ),
    Transition(
        "refer_s77",
        ("on_roll", "pleaded"),
        "s77_78",
        PROSECUTORS,
        "Refer for observation (s77, s78, s79)",
        may=("of",),
    ),
    Transition(
        "found_fit",
        ("s77_78",),
        "on_roll",
        PROSECUTORS,
        "Fit to stand trial",
        needs=("next_date",),
        may=("of",),
        back=("on_roll", "pleaded"),
    ),
)
