"""Rules every job keeps: it can be found, is listened to, names its limits, and carries ids alone."""

import ast
import inspect
from collections.abc import Iterator, Sequence
from importlib import import_module
from pathlib import Path

import pytest

from hectis_flow.domain.errors import DeclarationError
from hectis_flow.domain.events import EVENT_TYPES
from workers import jobs, queues, routes
from workers.queues import JOB_KINDS, PROCESS_MESSAGES, QUEUES, JobKind
from workers.supervisor import read_procfile

ROOT = Path(__file__).resolve().parents[2]
LONGEST_BODY = 5
LIMITS = {"timeout", "ttl", "result_ttl", "failure_ttl"}
A_YEAR = 365 * 24 * 3600


def job_functions() -> dict[str, ast.FunctionDef]:
    tree = ast.parse(Path(inspect.getfile(jobs)).read_text(encoding="utf-8"))
    return {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}


def calls(tree: ast.AST) -> Iterator[tuple[str, ast.Call]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            yield node.func.attr, node


@pytest.mark.parametrize("kind", JOB_KINDS, ids=lambda kind: kind.name)
def test_every_job_string_names_a_function(kind: JobKind) -> None:
    module, _, name = kind.function.rpartition(".")

    assert callable(getattr(import_module(module), name))


def test_every_job_function_is_a_kind_of_job() -> None:
    assert {f"workers.jobs.{name}" for name in job_functions()} == {kind.function for kind in JOB_KINDS}


@pytest.mark.parametrize("kind", JOB_KINDS, ids=lambda kind: kind.name)
def test_every_queue_is_listened_to_by_the_worker_of_the_procfile(kind: JobKind) -> None:
    programs = {program.name: program.argv for program in read_procfile(ROOT / "Procfile")}

    assert kind.queue in QUEUES
    assert programs["worker"] == ("python", "-m", "workers.work")


@pytest.mark.parametrize("kind", JOB_KINDS, ids=lambda kind: kind.name)
def test_no_kind_of_job_may_run_or_be_kept_for_ever(kind: JobKind) -> None:
    assert 0 < kind.timeout <= 600
    assert 0 <= kind.result_ttl < A_YEAR
    assert 0 < kind.failure_ttl < A_YEAR


def test_jobs_are_enqueued_in_one_place_with_every_limit() -> None:
    places = []
    for path in [*ROOT.glob("workers/**/*.py"), *ROOT.glob("hectis_flow/**/*.py")]:
        for name, call in calls(ast.parse(path.read_text(encoding="utf-8"))):
            rq_call = name.startswith("enqueue_") or name == "prepare_data"
            if rq_call:
                places.append(path.name)
            if name == "prepare_data":
                assert {keyword.arg for keyword in call.keywords} >= LIMITS

    assert set(places) == {"queues.py"}


@pytest.mark.parametrize("name", job_functions())
def test_a_job_takes_ids_and_nothing_else(name: str) -> None:
    signature = inspect.signature(getattr(jobs, name))

    assert [parameter.annotation for parameter in signature.parameters.values()] == [Sequence[int]]


@pytest.mark.parametrize("name", job_functions())
def test_a_job_is_short(name: str) -> None:
    node = job_functions()[name]

    assert (node.end_lineno or 0) - node.body[0].lineno <= LONGEST_BODY


def test_every_event_has_a_route_or_an_explicit_none() -> None:
    assert set(routes.ROUTES) == {kind.name for kind in EVENT_TYPES}


@pytest.mark.parametrize(
    ("table", "events"),
    [
        ({}, ["case.opened"]),
        ({"case.opened": None}, []),
        ({"case.opened": JobKind("a.b", "c", 1, 1)}, ["case.opened"]),
    ],
    ids=["an event without a route", "a route without an event", "a job nobody knows"],
)
def test_routes_that_do_not_hold_together_stop_the_start(
    table: dict[str, JobKind | None], events: list[str]
) -> None:
    with pytest.raises(DeclarationError):
        routes.check(table, events, [PROCESS_MESSAGES])


def test_every_queue_has_a_name_of_its_own() -> None:
    assert len(set(QUEUES)) == len(QUEUES)
    assert {kind.queue for kind in queues.JOB_KINDS} == set(QUEUES)
