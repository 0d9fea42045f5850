"""Serves the flow of `flows` over HTTP, a request a step; runs in a virtual environment of its own.

`bench.p2_moves` serves it with the product's gunicorn settings (`viewflow_peer.service:application`), from a
virtual environment that holds Django, django-viewflow and psycopg and nothing of ours. It uses the
package's public API alone: `flow.StartHandle`, `flow.Handle` and `run`. No sign-in, no check of its own.
"""

import json
import os

import django
from django.conf import settings
from django.core.management import call_command
from django.core.wsgi import get_wsgi_application
from django.http import HttpRequest, JsonResponse

settings.configure(
    SECRET_KEY="of the bench",  # noqa: S106  (a throw-away server on loopback)  # pragma: allowlist secret
    ALLOWED_HOSTS=["127.0.0.1"],
    ROOT_URLCONF=__name__,
    USE_TZ=True,
    DEBUG_PROPAGATE_EXCEPTIONS=True,
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    INSTALLED_APPS=[
        "django.contrib.auth",
        "django.contrib.contenttypes",
        "viewflow.workflow",
        "viewflow_peer",
    ],
    DATABASES={
        "default": {
            "ENGINE": "django.db.backends.postgresql",
            "HOST": os.environ["PEER_HOST"],
            "PORT": os.environ["PEER_PORT"],
            "NAME": os.environ["PEER_NAME"],
            "USER": os.environ["PEER_USER"],
            "PASSWORD": os.environ["PEER_PASSWORD"],
            "CONN_MAX_AGE": None,
        }
    },
)
django.setup()

from django.urls import path  # noqa: E402  (Django must be set up first)
from viewflow.workflow.models import Task  # noqa: E402
from viewflow_peer.flows import CaseFlow  # noqa: E402


def answer(said: dict[str, str]) -> JsonResponse:
    """JSON of a known length: the clients of the bench read no chunks."""
    response = JsonResponse(said)
    response["Content-Length"] = str(len(response.content))
    return response


def health(_: HttpRequest) -> JsonResponse:
    """It runs."""
    return answer({})


def step(_: HttpRequest, process_id: int) -> JsonResponse:
    """Make the step that a case waits for."""
    task = Task.objects.select_related("process").get(process_id=process_id, status="NEW")
    task.flow_task.run(task)
    return answer({"step": task.flow_task.name})


urlpatterns = [path("healthz", health), path("cases/<int:process_id>/steps", step)]
application = get_wsgi_application()


def begin(cases: int) -> None:
    """The tables, and so many cases that wait for their first step; prints their ids."""
    call_command("migrate", verbosity=0)
    print(json.dumps([CaseFlow.start.run().pk for _ in range(cases)]))


if os.environ.get("PEER_BEGIN"):
    begin(int(os.environ["PEER_BEGIN"]))
