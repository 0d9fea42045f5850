"""The settings by which notices leave: mail, webhooks, chat and telephones.

`config.settings` calls `read_channels`. Passwords and tokens are read here and shown nowhere: a fault names the
variable and never what it holds.
"""

import json
from typing import Final
from urllib.parse import urlsplit

from config.reader import Reader
from hectis_flow.channels.base import ChannelOptions
from hectis_flow.channels.options import SMS_BODY, SlackOptions, SmsProvider, WhatsAppOptions
from hectis_flow.domain.signed_call import key_of

#: A text message holds the case, what is wanted, by when, and a link of some fifty letters behind this address.
LONGEST_TEXTED_URL: Final = 60
MOST_LIVE: Final = 2


def read_channels(reader: Reader) -> ChannelOptions:
    """How notices leave."""
    known, text = ChannelOptions(), reader.text
    base = text("HECTIS_PUBLIC_URL").rstrip("/")
    if base and not base.startswith(("https://", "http://")):
        reader.faults.append("HECTIS_PUBLIC_URL must begin with https:// (or http:// on this machine)")
    base = base or f"http://127.0.0.1:{reader.number('HECTIS_HTTP_PORT', 8000, 1, 65535)}"
    return ChannelOptions(
        base_url=base,
        smtp_host=text("HECTIS_SMTP_HOST"),
        smtp_port=reader.number("HECTIS_SMTP_PORT", known.smtp_port, 1, 65535),
        smtp_user=reader.environ.get("HECTIS_SMTP_USER", ""),
        smtp_password=reader.environ.get("HECTIS_SMTP_PASSWORD", ""),
        smtp_starttls=reader.choice("HECTIS_SMTP_STARTTLS", "yes", ("yes", "no")) == "yes",
        mail_from=text("HECTIS_MAIL_FROM", known.mail_from),
        second_smtp_host=text("HECTIS_SECOND_SMTP_HOST"),
        second_smtp_port=reader.number("HECTIS_SECOND_SMTP_PORT", known.smtp_port, 1, 65535),
        second_smtp_user=reader.environ.get("HECTIS_SECOND_SMTP_USER", ""),
        second_smtp_password=reader.environ.get("HECTIS_SECOND_SMTP_PASSWORD", ""),
        second_smtp_starttls=reader.choice("HECTIS_SECOND_SMTP_STARTTLS", "yes", ("yes", "no")) == "yes",
        webhook_secrets=_secrets(reader, "HECTIS_WEBHOOK_SECRET"),
        receipts_secrets=_secrets(reader, "HECTIS_RECEIPTS_SECRET"),
        reply_secrets=_secrets(reader, "HECTIS_REPLY_SECRET"),
        webhook_hosts=reader.words("HECTIS_WEBHOOK_HOSTS", frozenset()),
        slack=_slack(reader),
        teams_hosts=reader.words("HECTIS_TEAMS_HOSTS", frozenset()),
        sms=_sms(reader, base),
        whatsapp=_whatsapp(reader),
        private_hosts=reader.choice("HECTIS_PRIVATE_HOSTS", "no", ("yes", "no")) == "yes",
        retry_seconds=reader.number("HECTIS_RETRY_SECONDS", known.retry_seconds, 0.05, 600.0),
        most_tries=reader.number("HECTIS_MOST_TRIES", known.most_tries, 1, 50),
    )


def _secrets(reader: Reader, name: str) -> tuple[str, ...]:
    """Secrets of Standard Webhooks; two while one is changed over."""
    secrets = _live(reader, name)
    try:
        for secret in secrets:
            key_of(secret)
    except ValueError as fault:
        reader.faults.append(f"{name}: {fault}")
        return ()
    return secrets


def _slack(reader: Reader) -> SlackOptions:
    known = SlackOptions()
    return SlackOptions(
        token=_header(reader, "HECTIS_SLACK_TOKEN"),
        secrets=_live(reader, "HECTIS_SLACK_SIGNING_SECRET"),
        url=_url(reader, "HECTIS_SLACK_URL") or known.url,
    )


def _sms(reader: Reader, base: str) -> tuple[SmsProvider, ...]:
    """The carriers, the first first; a second one without a first makes no sense."""
    first, second = _carrier(reader, "SMS"), _carrier(reader, "SMS_2")
    if second is not None and first is None:
        reader.faults.append("HECTIS_SMS_2_URL names a second carrier, and HECTIS_SMS_URL no first one")
    if first is not None and len(base) > LONGEST_TEXTED_URL:
        reader.faults.append(
            f"HECTIS_PUBLIC_URL is too long for a text message: at most {LONGEST_TEXTED_URL} letters"
        )
    return tuple(one for one in (first, second) if one is not None)


def _carrier(reader: Reader, which: str) -> SmsProvider | None:
    name = f"HECTIS_{which}"
    url = _url(reader, f"{name}_URL")
    if not url:
        return None
    body = reader.text(f"{name}_BODY", SMS_BODY)
    try:
        sound = isinstance(json.loads(body), dict) and "{to}" in body and "{text}" in body
    except ValueError:
        sound = False
    if not sound:
        reader.faults.append(f"{name}_BODY must be a JSON object that holds {{to}} and {{text}}")
    return SmsProvider(
        url=url,
        authorization=_header(reader, f"{name}_AUTHORIZATION"),
        sender=reader.text(f"{name}_FROM"),
        body=body,
        digits=reader.choice(f"{name}_DIGITS", "no", ("yes", "no")) == "yes",
    )


def _whatsapp(reader: Reader) -> WhatsAppOptions:
    known = WhatsAppOptions()
    number = reader.text("HECTIS_WHATSAPP_NUMBER_ID")
    if number and not (number.isascii() and number.isdigit()):
        reader.faults.append("HECTIS_WHATSAPP_NUMBER_ID must be the number's id: digits alone")
    return WhatsAppOptions(
        token=_header(reader, "HECTIS_WHATSAPP_TOKEN"),
        number_id=number,
        template=reader.text("HECTIS_WHATSAPP_TEMPLATE", known.template),
        languages=reader.listed("HECTIS_WHATSAPP_LANGUAGES") or known.languages,
        url=_url(reader, "HECTIS_WHATSAPP_URL") or known.url,
        version=reader.text("HECTIS_WHATSAPP_VERSION", known.version),
    )


def _live(reader: Reader, name: str) -> tuple[str, ...]:
    """The secrets that are live, the newest first: two while they are changed over."""
    found = reader.listed(name)
    if len(found) > MOST_LIVE:
        reader.faults.append(f"{name} holds {len(found)} secrets: at most {MOST_LIVE} are live")
    return found


def _url(reader: Reader, name: str) -> str:
    """An address that we call. Not quoted: some hold a secret."""
    url = reader.text(name)
    if not url or _is_sound(url):
        return url
    reader.faults.append(
        f"{name} must begin with https:// and name a host (http:// on this machine, for practice)"
    )
    return ""


def _is_sound(url: str) -> bool:
    """Whether an address can be called at all; what may be called `channels.doors` says."""
    try:
        parts = urlsplit(url)
        named = bool(parts.hostname) and parts.username is None and parts.port != 0
    except ValueError:
        return False
    return (
        named and parts.scheme in {"https", "http"} and url.isascii() and url.isprintable() and " " not in url
    )


def _header(reader: Reader, name: str) -> str:
    """What stands in a header of ours: one line of plain letters."""
    value = reader.text(name)
    if not value.isascii() or not value.isprintable():
        reader.faults.append(f"{name} must be one line of plain letters")
        return ""
    return value
