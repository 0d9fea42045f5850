"""Slack, Teams, WhatsApp and carriers of SMS as their documentation describes them, on this machine.

Each takes only what the vendor's own reference takes, and answers as it does: whatever is not so fails the test
that sent it, because the answer is an error.
"""

import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from hectis_flow.channels.base import ChannelOptions
from hectis_flow.channels.options import SlackOptions, SmsProvider, WhatsAppOptions
from tests.sinks import Call, Calls, hook_sink, options_for

TOKEN = "xoxb-a-token-of-the-tests"  # pragma: allowlist secret
SIGNING = "a signing secret of the tests"
WHATSAPP_TOKEN = "a token of the business"  # pragma: allowlist secret
NUMBER_ID = "106540352242922"
BASIC = "Basic dGVzdDp0ZXN0"  # pragma: allowlist secret

Answer = tuple[int, dict[str, str], bytes]


def answered(status: int, said: Any, **headers: str) -> Answer:
    return status, {"Content-Type": "application/json", **headers}, json.dumps(said).encode()


@dataclass
class Slack:
    """A workspace: its posts by mark, the last one said of each; `trouble` answers in its place if it likes."""

    calls: Calls
    posts: dict[str, dict[str, Any]] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)
    trouble: Callable[[Call], Answer | None] = lambda _: None

    def options(self, **more: Any) -> ChannelOptions:
        slack = SlackOptions(TOKEN, (SIGNING,), f"http://{self.calls.host}/api")
        return options_for(**{"slack": slack} | more)

    def answer(self, call: Call) -> Answer:
        said = self.trouble(call)
        if said is not None:
            return said
        fault = self._fault(call)
        if fault:
            self.faults.append(fault)
            return answered(200, {"ok": False, "error": fault})
        body = json.loads(call.body)
        if call.path == "/api/chat.postMessage":
            # A member id stands for the conversation with them.
            place = (
                body["channel"].replace("U", "D", 1) if body["channel"].startswith("U") else body["channel"]
            )
            mark = f"1700000000.{len(self.posts):06}"
            self.posts[mark] = body | {"channel": place}
            return answered(200, {"ok": True, "channel": place, "ts": mark, "message": body})
        self.posts[body["ts"]] = body
        return answered(200, {"ok": True, "channel": body["channel"], "ts": body["ts"], "text": body["text"]})

    def _fault(self, call: Call) -> str:
        body = json.loads(call.body)
        posts, updates = (call.path == f"/api/chat.{what}" for what in ("postMessage", "update"))
        standing = self.posts.get(body.get("ts", ""), {})
        unfurled = body.get("unfurl_links") is not False or body.get("unfurl_media") is not False
        blocks = body.get("blocks", [])
        faults = (
            (call.headers.get("Authorization") != f"Bearer {TOKEN}", "invalid_auth"),
            (call.headers["Content-Type"] != "application/json; charset=utf-8", "invalid_post_type"),
            (not (posts or updates), "unknown_method"),
            (posts and unfurled, "a_link_would_be_opened"),
            (updates and standing.get("channel") != body.get("channel"), "message_not_found"),
            (not body.get("text") or not 1 <= len(blocks) <= 50, "no_text"),
            (any(map(block_fault, blocks)), "invalid_blocks"),
        )
        return next((word for found, word in faults if found), "")


def block_fault(block: dict[str, Any]) -> str:
    """What Block Kit would say of a block."""
    kind = block["type"]
    if kind == "header":
        return text_fault(block["text"], 150, "plain_text")
    if kind == "section":
        fields = block.get("fields", [])
        if len(fields) > 10 or not ("text" in block or fields):
            return "section"
        return "".join(
            [text_fault(one, 2000) for one in fields]
            + ([text_fault(block["text"], 3000)] if "text" in block else [])
        )
    if kind == "context":
        return "" if 1 <= len(block["elements"]) <= 10 else "context"
    if kind == "actions":
        return (
            ""
            if 1 <= len(block["elements"]) <= 25 and not any(map(button_fault, block["elements"]))
            else kind
        )
    return "unknown"


def text_fault(text: dict[str, str], longest: int, *kinds: str) -> str:
    sound = text["type"] in (kinds or ("plain_text", "mrkdwn")) and 1 <= len(text["text"]) <= longest
    return "" if sound else "text"


def button_fault(button: dict[str, Any]) -> str:
    known = {"type", "action_id", "text", "url", "value", "style"}
    if button["type"] != "button" or set(button) - known or len(button["action_id"]) > 255:
        return "button"
    if len(button.get("url", "")) > 3000 or len(button.get("value", "")) > 2000:
        return "button"
    if button.get("style", "primary") not in {"primary", "danger"}:
        return "button"
    return text_fault(button["text"], 75, "plain_text")


@contextmanager
def slack_workspace() -> Iterator[Slack]:
    with hook_sink() as calls:
        slack = Slack(calls)
        calls.answer = slack.answer
        yield slack


def teams_answer(call: Call) -> Answer:
    """As a workflow of the template "when a webhook request is received" takes it."""
    body = json.loads(call.body)
    if set(body) != {"type", "attachments"} or body["type"] != "message" or len(body["attachments"]) != 1:
        return answered(400, {"error": {"code": "TriggerInputSchemaMismatch"}})
    (attachment,) = body["attachments"]
    card = attachment["content"]
    sound = (
        attachment["contentType"] == "application/vnd.microsoft.card.adaptive"
        and card["type"] == "AdaptiveCard"
        and re.fullmatch(r"1\.[0-5]", card["version"])
        and card["$schema"] == "http://adaptivecards.io/schemas/adaptive-card.json"
        and {block["type"] for block in card["body"]} <= {"TextBlock", "FactSet"}
        and {action["type"] for action in card["actions"]} <= {"Action.OpenUrl"}
        and len(call.body) < 28 * 1024
    )
    return (202, {}, b"") if sound else answered(400, {"error": {"code": "BadRequest"}})


def whatsapp_answer(call: Call) -> Answer:
    """As `POST /VERSION/PHONE_NUMBER_ID/messages` takes a template."""
    if call.headers.get("Authorization") != f"Bearer {WHATSAPP_TOKEN}":
        return answered(401, {"error": {"code": 190, "type": "OAuthException"}})
    body = json.loads(call.body)
    expected = {"messaging_product", "recipient_type", "to", "type", "template"}
    template = body.get("template", {})
    sound = (
        re.fullmatch(rf"/v\d+\.\d/{NUMBER_ID}/messages", call.path)
        and set(body) == expected
        and (body["messaging_product"], body["recipient_type"], body["type"])
        == ("whatsapp", "individual", "template")
        and set(template) == {"name", "language", "components"}
        and set(template["language"]) == {"code"}
        and [one["type"] for one in template["components"]] == ["body"]
    )
    if not sound:
        return answered(400, {"error": {"code": 100, "type": "OAuthException"}})
    parameters = template["components"][0]["parameters"]
    if len(parameters) != 3:
        return answered(400, {"error": {"code": 132000, "type": "OAuthException"}})
    words = [one["text"] for one in parameters if one["type"] == "text"]
    if not all(words) or any(re.search(r"[\n\t]| {5}", word) for word in words):
        return answered(400, {"error": {"code": 132018, "type": "OAuthException"}})
    to = body["to"]
    said = {
        "messaging_product": "whatsapp",
        "contacts": [{"input": to, "wa_id": to.lstrip("+")}],
        "messages": [{"id": "wamid.HBgL", "message_status": "accepted"}],
    }
    return answered(200, said)


def whatsapp_options(calls: Calls, **more: Any) -> ChannelOptions:
    made = WhatsAppOptions(WHATSAPP_TOKEN, NUMBER_ID, "case_notice", ("en", "af"), f"http://{calls.host}")
    return options_for(**{"whatsapp": made} | more)


def sms_answer(call: Call) -> Answer:
    """As a carrier of the usual kind takes it: basic authorization, one text, at most 160 letters."""
    if call.headers.get("Authorization") != BASIC:
        return answered(401, {"title": "Unauthorized"})
    body = json.loads(call.body)
    if set(body) != {"to", "from", "body", "reference"} or len(body["body"]) > 160:
        return answered(400, {"title": "Bad Request"})
    if not re.fullmatch(r"\+27[0-9]{9}", body["to"]):
        return answered(422, {"title": "Unknown number"})
    return answered(201, [{"id": "1", "type": "SENT", "to": body["to"]}])


def provider(calls: Calls) -> SmsProvider:
    return SmsProvider(f"http://{calls.host}/v1/messages", BASIC, "HECTIS")
