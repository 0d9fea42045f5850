"""What the rooms of the API are built from: a blueprint, and how a list and a record are dressed.

The rooms (`messages`, `incidents`, `cases`, `tasks` ...) use it. This module alone touches flask-smorest, which
carries no types: what leaves here is typed. It reads nothing and decides nothing.
"""

from collections.abc import Callable
from functools import lru_cache, wraps
from http import HTTPStatus
from typing import Any, ClassVar, NoReturn, TypeVar

from flask import Flask, Response, request
from flask_smorest import Api, Blueprint  # type: ignore[import-untyped]
from marshmallow import RAISE, Schema, ValidationError
from webargs.flaskparser import FlaskParser, abort
from werkzeug.exceptions import HTTPException

from hectis_flow.api.errors import ErrorSchema, first_values, http_error

View = TypeVar("View", bound=Callable[..., Any])

UNKNOWN = "unknown"
# Queries that were checked, a list; longer ones are checked each time.
REMEMBERED = 256
LONGEST = 300
PREFIX = "/api/v1"
BIGINT = "int(min=1, max=9223372036854775807)"  # what an id can be; anything else is not an address
KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "schema": {"type": "string", "pattern": "^[A-Za-z0-9_-]{8,64}$"},
    "description": "The same key with the same request gets the stored answer for a week and does nothing; "
    "with another request it is refused (`key_reused`).",
}
BEARER = {"type": "http", "scheme": "bearer", "description": "`hectis token create` makes one."}


class QueryParser(FlaskParser):
    """Reads query parameters; one that we do not know is an error, for a filter must not be ignored."""

    DEFAULT_UNKNOWN_BY_LOCATION: ClassVar[dict[str, str | None]] = {  # type: ignore[misc]
        **FlaskParser.DEFAULT_UNKNOWN_BY_LOCATION,
        "query": RAISE,
    }

    def handle_error(self, error: ValidationError, req: Any, schema: Schema, **_: Any) -> NoReturn:  # noqa: ARG002
        """Say which of *our* parameters are wrong; never say back a name that the caller made up."""
        known = {field.data_key or name for name, field in schema.fields.items()}
        said = dict(error.messages_dict)
        found = first_values(said.get("query") or said.get("json") or {})
        wrong = {name: words for name, words in found.items() if name in known}
        if set(found) - known:
            wrong[UNKNOWN] = [f"Only these parameters are taken: {', '.join(sorted(known))}."]
        abort(422, messages=wrong)

    def load_json(self, req: Any, schema: Schema) -> Any:
        """A body of JSON. One that is nested beyond reading is as unreadable as one that is no JSON."""
        try:
            return super().load_json(req, schema)
        except RecursionError:
            abort(400)


class HectisApi(Api):  # type: ignore[misc]
    """The API as flask-smorest sees it, with our errors in place of its own."""

    ERROR_SCHEMA = ErrorSchema

    def __init__(self, app: Flask) -> None:
        options = {
            "security": [{"bearer": []}],
            "info": {"description": "Messages in, records out, and the daily work on cases."},
        }
        super().__init__(app, spec_kwargs=options)
        self.spec.components.security_scheme("bearer", BEARER)

    def _register_error_handlers(self) -> None:
        """Nothing: `install_errors` has done it."""

    def handle_http_exception(self, error: HTTPException) -> Response:
        """The one shape here too, should the package ever ask."""
        return http_error(error)


class Rooms(Blueprint):  # type: ignore[misc]
    """The addresses of one noun: its list, its single records, their parts, and what can be done to them."""

    ARGUMENTS_PARSER = QueryParser()

    def __init__(self, noun: str, about: str) -> None:
        super().__init__(noun, __name__, url_prefix=f"{PREFIX}/{noun}", description=about)

    def listing(self, query: type[Schema], page: type[Schema]) -> Callable[[View], View]:
        """Dress a view that takes the checked parameters and answers with a page."""
        schema = query()  # an instance: from a class, a new one would be made for every request

        def dress(view: View) -> View:
            dressed = self._errors(view, (400, 401, 403, 503))
            dressed = self.response(200, page)(dressed)
            dressed = self.arguments(schema, location="query")(dressed)
            # The package's dress only tells of the view: its answer needs none, and lists are asked for most.
            bare = _asked_with(self.ARGUMENTS_PARSER, schema, view)
            bare._apidoc = dressed._apidoc  # type: ignore[attr-defined]  # noqa: SLF001
            self.route("", endpoint="list")(bare)
            return view

        return dress

    def single(self, rule: str, schema: type[Schema]) -> Callable[[View], View]:
        """Dress a view that takes a key and gives one record, of which the schema lets known fields out."""

        def dress(view: View) -> View:
            dressed = self._errors(view, (401, 404, 503))
            dressed = self.response(200, schema)(dressed)
            self.route(rule, endpoint="read")(dressed)
            return view

        return dress

    def part(self, rule: str, name: str, schema: type[Schema]) -> Callable[[View], View]:
        """Dress a view that takes a key and gives something that belongs to one record."""

        def dress(view: View) -> View:
            dressed = self._errors(view, (401, 404, 503))
            dressed = self.response(200, schema)(dressed)
            self.route(rule, endpoint=name)(dressed)
            return view

        return dress

    def below(self, rule: str, name: str, query: type[Schema], page: type[Schema]) -> Callable[[View], View]:
        """Dress a view that takes checked parameters and a key, and gives a page of what belongs to one record."""

        def dress(view: View) -> View:
            dressed = self._errors(view, (400, 401, 404, 422, 503))
            dressed = self.response(200, page)(dressed)
            dressed = self.arguments(query(), location="query")(dressed)
            self.route(rule, endpoint=name)(dressed)
            return view

        return dress

    def paper(
        self, rule: str, name: str, about: str, kind: str = "application/pdf"
    ) -> Callable[[View], View]:
        """Dress a view that takes keys and gives something that belongs to one record as a file of this media type."""

        def dress(view: View) -> View:
            dressed = self._errors(view, (401, 404, 503))
            dressed = self.response(200, description=about, content_type=kind)(dressed)
            self.route(rule, endpoint=name)(dressed)
            return view

        return dress

    def writing(
        self,
        rule: str,
        name: str,
        answer: type[Schema],
        body: type[Schema] | None = None,
        status: int = 200,
    ) -> Callable[[View], View]:
        """Dress a view that changes one record, once a key; `body` is what it takes, nothing by default."""

        def dress(view: View) -> View:
            dressed = self._errors(view, (400, 401, 403, 404, 409, 413, 422, 503))
            dressed = self.response(status, answer)(dressed)
            dressed = self.doc(parameters=[KEY])(dressed)
            if body is not None:
                dressed = self.arguments(body(), location="json")(dressed)
            self.route(rule, methods=["POST"], endpoint=name)(dressed)
            return view

        return dress

    def sending(self, kinds: tuple[str, ...], about: str) -> Callable[[View], View]:
        """Dress a view that takes a body of one of these media types and answers in the same."""

        def dress(view: View) -> View:
            content = {kind: {"schema": {"type": "string"}} for kind in kinds}
            dressed = self._errors(view, (400, 401, 403, 413, 415, 503))
            dressed = self.response(200, description=about, content_type=kinds[0])(dressed)
            dressed = self.doc(requestBody={"required": True, "content": content})(dressed)
            self.route("", methods=["POST"], endpoint="send")(dressed)
            return view

        return dress

    def _errors(self, view: Any, statuses: tuple[int, ...]) -> Any:
        for status in statuses:
            view = self.alt_response(status, HTTPStatus(status).name)(view)
        return view


def _asked_with(parser: QueryParser, schema: Schema, view: Callable[..., Response]) -> Callable[[], Response]:
    """The view with the parameters of the request. What a query says is checked once while it is remembered."""

    @lru_cache(maxsize=REMEMBERED)
    def checked(_query: bytes) -> dict[str, Any]:
        found: dict[str, Any] = parser.parse(schema, request, location="query")
        return found

    @wraps(view)
    def asked() -> Response:
        query = request.query_string
        return view(dict(checked(query) if len(query) <= LONGEST else checked.__wrapped__(query)))

    return asked
