"""Which law obliges, who is urgent, and what a message says of consent."""

from dataclasses import replace
from itertools import product

import pytest

from hectis_flow.domain.facts import CONSENTS
from hectis_flow.domain.legal_basis import (
    BasisFacts,
    Group,
    facts_of,
    heard,
    is_urgent,
    mandatory_bases,
)
from hectis_flow.domain.visit import fold
from hectis_flow.domain.workflow_words import MANDATORY_BASES
from hectis_flow.feeds.hl7v2_facts import facts as facts_in
from tests.segments import CODED, adt

STAB, SEXUAL, PARTNER = "X99.4", "Y05.0", "Y07.0"


def facts(**told: object) -> BasisFacts:
    return BasisFacts(**({"intent": "assault", "codes": (STAB,)} | told))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("told", "bases"),
    [
        ({"age_years": 12}, ("s110",)),
        ({"age_years": 17}, ("s110",)),
        ({"age_years": 18}, ()),
        ({"age_years": None}, ()),
        ({"age_years": 0, "codes": (SEXUAL,)}, ("s54", "s110")),
        ({"age_years": 30, "codes": (SEXUAL,)}, ()),
        ({"age_years": 30, "codes": (SEXUAL,), "vulnerable": True}, ("s54",)),
        ({"age_years": None, "codes": (STAB, "T74.2"), "vulnerable": True}, ("s54",)),
        ({"age_years": 16, "codes": (STAB, "Z04.4")}, ("s54", "s110")),
        ({"age_years": 30, "vulnerable": True}, ()),
        ({"age_years": 30, "dv": True}, ()),
        ({"age_years": 30, "dv": True, "vulnerable": True}, ("s2A",)),
        ({"age_years": 10, "dv": True}, ("s110", "s2A")),
        ({"age_years": 10, "codes": (PARTNER,)}, ("s110", "s2A")),
        ({"age_years": 10, "codes": ("Y06.19",)}, ("s110", "s2A")),
        ({"age_years": 10, "codes": ("Y07.2",)}, ("s110",)),
        ({"age_years": 10, "codes": ("Y07.3",), "dv": False}, ("s110",)),
        ({"age_years": 70, "codes": ("Y07.1",)}, ("s2A", "s26")),
        ({"age_years": 60}, ("s26",)),
        ({"age_years": 59}, ()),
        ({"age_years": 40, "died": True}, ("inquest",)),
        ({"age_years": 40, "died": False}, ()),
        (
            {"age_years": 8, "codes": (SEXUAL,), "dv": True, "died": True},
            ("s54", "s110", "s2A", "inquest"),
        ),
        ({"age_years": 8, "died": True, "intent": "undetermined"}, ()),
        ({"age_years": 8, "died": True, "intent": "legal_intervention"}, ()),
        ({"age_years": 8, "died": True, "intent": None}, ()),
    ],
)
def test_a_law_obliges_where_its_facts_were_told(told: dict[str, object], bases: tuple[str, ...]) -> None:
    assert mandatory_bases(facts(**told)) == bases
    assert heard(facts(**told)).mandatory == (bases[0] if bases else None)


@pytest.mark.parametrize(
    ("born", "age"),
    [
        ("20140301", 12),
        ("2014", 12),
        ("201403", 12),
        ("2007", None),
        ("2008", None),
        ("2009", 17),
        ("200804", 17),
        ("200802", None),
        ("1990", None),
        ("1966", None),
        ("1965", 60),
        ("1900", None),
        ("2027", None),
        ("", None),
    ],
)
def test_a_year_of_birth_is_enough_where_it_leaves_no_doubt(born: str, age: int | None) -> None:
    state = fold([facts_in(adt("A08", "c-1", CODED, codes=["X99.4"], pid={7: born}))])
    assert facts_of(state).age_years == age


def test_without_an_arrival_no_age_is_certain() -> None:
    raw = adt("A08", "c-1", CODED, codes=["X99.4"], pid={7: "2014"}, pv1={44: ""}, msh={7: ""})
    told = replace(facts_in(raw), sent_at=None, recorded_at=None, event_at=None, arrived_at=None)
    assert facts_of(fold([told])).age_years is None


def by_hand(age: int | None, code: str, died: bool | None, dv: bool | None, frail: bool | None) -> set[str]:
    """The same law told by a chain of questions, as a nurse would go through it."""
    laws = set()
    if age is not None:
        if age < 18:
            laws.add("s110")
        if age >= 60:
            laws.add("s26")
    protected = frail is True or bool(laws & {"s110", "s26"})
    home = dv is True or code in ("Y06.0", "Y06.1", "Y07.0", "Y07.1")
    if home and protected:
        laws.add("s2A")
    if code in ("Y05", "Y05.9") and (frail is True or "s110" in laws):
        laws.add("s54")
    return laws | ({"inquest"} if died is True else set())


def test_the_rule_and_the_questions_agree_on_every_combination() -> None:
    ages = (None, 0, 17, 18, 59, 60, 101)
    codes = ("X99", "Y05", "Y05.9", *(f"Y0{kind}.{by}" for kind in "67" for by in "012389"))
    known = (None, False, True)
    for age, code, died, dv, frail in product(ages, codes, known, known, known):
        told = facts(age_years=age, codes=(code,), died=died, dv=dv, vulnerable=frail)
        found = mandatory_bases(told)
        assert set(found) == by_hand(age, code, died, dv, frail), told
        assert set(found) <= set(MANDATORY_BASES)


def test_a_deployment_may_widen_the_sexual_offences_act() -> None:
    wider = (Group("F", 25),)
    student = facts(age_years=24, sex="f", codes=(SEXUAL,))

    assert mandatory_bases(student) == ()
    assert mandatory_bases(student, wider) == ("s54",)
    assert mandatory_bases(facts(age_years=25, sex="F", codes=(SEXUAL,)), wider) == ()
    assert mandatory_bases(facts(age_years=20, sex="M", codes=(SEXUAL,)), wider) == ()
    assert mandatory_bases(facts(age_years=20, sex=None, codes=(SEXUAL,)), (Group(None, 25),)) == ("s54",)
    assert mandatory_bases(facts(age_years=20, sex="F"), wider) == ()


@pytest.mark.parametrize(
    ("told", "urgent"),
    [
        ({"sats_colour": "red", "age_years": 40}, True),
        ({"sats_colour": "orange", "age_years": 40}, False),
        ({"age_years": 17}, True),
        ({"age_years": 18}, False),
        ({"codes": (SEXUAL,)}, True),
        ({"codes": ("T74.2",)}, True),
        ({}, False),
    ],
)
def test_red_triage_a_child_and_a_sexual_offence_cannot_wait(told: dict[str, object], urgent: bool) -> None:
    assert is_urgent(facts(**told)) is urgent


def test_a_consent_says_something_only_once() -> None:
    given = facts(age_years=40, consent="granted")
    assert heard(given).consent == "given"
    assert heard(given, standing=("consent_written",), ever=("consent_written",)).consent is None
    # Taken back since: the message merely repeats what it said before.
    assert heard(given, standing=(), ever=("consent_written",)).consent is None


def test_a_consent_is_withdrawn_only_where_it_alone_stands() -> None:
    back = facts(age_years=40, consent="withdrawn")
    assert heard(back).consent is None
    assert heard(back, ("consent_written",), ("consent_written",)).consent == "withdrawn"
    assert heard(back, ("consent_written", "court_order"), ("consent_written",)).consent is None


def test_a_limited_consent_opens_nothing_and_a_refused_one_says_so() -> None:
    assert heard(facts(consent="limited")).consent is None
    assert heard(facts(consent="refused")).consent == "refused"
    assert heard(facts(consent="refused"), ("consent_written",), ("consent_written",)).consent is None


def test_what_is_no_assault_asks_for_nothing() -> None:
    for word in CONSENTS:
        told = heard(facts(intent="undetermined", age_years=9, consent=word))
        assert (told.duties, told.consent, told.mandatory) == ((), None, None)


def test_a_duty_is_heard_beside_a_refusal() -> None:
    told = heard(facts(age_years=9, consent="refused"))
    assert (told.mandatory, told.duties, told.consent) == ("s110", ("s110",), "refused")
