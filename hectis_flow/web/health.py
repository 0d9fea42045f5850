"""`/healthz`, `/readyz` and `/metrics`: whether this process lives, how the system stands, and figures.

`hectis_flow.app` calls `install_health`. Open to anybody, so nothing of a person or a place stands in
them. None of them may take longer than its deadline, whatever the database does.
"""

from collections.abc import Callable, Iterator
from pathlib import Path

import structlog
from alembic.script import ScriptDirectory
from flask import Flask, Response, json
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.registry import Collector

from hectis_flow.services import readiness
from hectis_flow.services.house import House
from hectis_flow.services.readiness import Figures, Readiness
from hectis_flow.web.deadline import Deadline

log = structlog.get_logger(__name__)

READY_SECONDS = 1.5
METRICS_SECONDS = 5.0


def install_health(app: Flask) -> Callable[[], Readiness]:
    """Put the three addresses on the app; gives the look that `/readyz` takes, for the front page."""
    house: House = app.extensions["hectis_house"]
    beat: float = app.extensions["hectis_settings"].heartbeat_seconds
    schema = ScriptDirectory(str(Path(app.root_path).parent / "migrations")).get_current_head() or ""
    looking: Deadline[Readiness] = Deadline(READY_SECONDS)
    counting: Deadline[Figures] = Deadline(METRICS_SECONDS)

    def health() -> Response:
        return Response(json.dumps({"status": "ok"}), mimetype="application/json")

    def look() -> Readiness:
        return _look(looking, house, schema, beat)

    def ready() -> Response:
        return _ready(look())

    app.extensions["hectis_look"] = look

    def metrics() -> Response:
        return _metrics(_count(counting, house))

    for path, view in (("/healthz", health), ("/readyz", ready), ("/metrics", metrics)):
        app.add_url_rule(path, view.__name__, view, provide_automatic_options=False)
    return look


def _look(looking: Deadline[Readiness], house: House, schema: str, beat: float) -> Readiness:
    try:
        return looking.ask(lambda: readiness.look(house, schema, beat))
    except Exception as fault:  # this page is the one that must answer whatever happens
        log.warning("readiness could not be read", exc_info=fault)
        return readiness.away()


def _count(counting: Deadline[Figures], house: House) -> Figures | None:
    try:
        return counting.ask(lambda: readiness.figures(house, METRICS_SECONDS))
    except Exception as fault:
        log.warning("figures could not be read", exc_info=fault)
        return None


def _ready(found: Readiness) -> Response:
    body = {"status": found.status, "parts": dict(found.parts)}
    return Response(json.dumps(body), 503 if found.status == "down" else 200, mimetype="application/json")


def _metrics(found: Figures | None) -> Response:
    registry = CollectorRegistry()
    registry.register(_Shown(found))
    response = Response(generate_latest(registry))
    response.headers["Content-Type"] = CONTENT_TYPE_PLAIN_0_0_4
    return response


class _Shown(Collector):
    """The figures of one answer. Made for each request: no figure outlives it in this process."""

    def __init__(self, found: Figures | None) -> None:
        self._found = found

    def collect(self) -> Iterator[Metric]:
        yield GaugeMetricFamily(
            "hectis_up", "1 when the database answers.", value=int(self._found is not None)
        )
        if self._found is not None:
            yield from _messages(self._found)
            yield from _queues(self._found)
            yield from _beats(self._found)
            yield from _cases(self._found)


def _messages(found: Figures) -> Iterator[Metric]:
    stored = GaugeMetricFamily("hectis_messages", "Messages stored.", labels=["state", "reason"])
    refused = GaugeMetricFamily("hectis_messages_refused", "Messages refused unstored.", labels=["reason"])
    for state, reason, count in found.messages:
        if state == "refused":
            refused.add_metric([reason], count)
        else:
            stored.add_metric([state, reason], count)
    yield stored
    yield refused
    overdue = sum(one.messages for one in found.overdue)
    yield GaugeMetricFamily("hectis_messages_overdue", "Parked for more than a day.", value=overdue)
    open_findings = found.audit.open_findings
    yield GaugeMetricFamily(
        "hectis_audit_findings", "Duties that were not done in time.", value=open_findings
    )


def _queues(found: Figures) -> Iterator[Metric]:
    waiting = GaugeMetricFamily("hectis_queue_waiting", "Rows that wait for work.", labels=["queue"])
    leased = GaugeMetricFamily("hectis_queue_leased", "Rows that are worked on.", labels=["queue"])
    oldest = GaugeMetricFamily("hectis_queue_oldest_seconds", "Age of the oldest row.", labels=["queue"])
    for queue, wait, lease, seconds in found.queues:
        waiting.add_metric([queue], wait)
        leased.add_metric([queue], lease)
        oldest.add_metric([queue], seconds)
    yield from (waiting, leased, oldest)


def _beats(found: Figures) -> Iterator[Metric]:
    labels = ["part", "instance"]
    ages = GaugeMetricFamily("hectis_heartbeat_age_seconds", "Since the last sign of life.", labels=labels)
    for beat in found.beats:
        ages.add_metric([beat.part, beat.instance], beat.age_seconds)
    yield ages


def _cases(found: Figures) -> Iterator[Metric]:
    cases = GaugeMetricFamily("hectis_cases", "Cases by stage.", labels=["stage"])
    for stage, count in found.cases:
        cases.add_metric([stage], count)
    yield cases
