"""`hectis send`: HL7 files out over MLLP, with a count of the answers.

`hectis_flow.cli` mounts it. It is a client like any hospital's engine: it reads files, splits them into
messages and talks to a listener; it touches no database. It prints file counts, answer codes and coded
reasons, never anything a message says.
"""

import os
import ssl
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

import click

from hectis_flow.feeds.hl7v2 import split_batch
from hectis_flow.feeds.mllp_client import NobodyListens, SendReport, client_tls, send_all

SUFFIXES: Final = (".hl7", ".txt", ".dat")
_USUAL_CODES: Final = ("AA", "AE", "AR")


class _NotReached(click.ClickException):
    exit_code = 2


@dataclass(frozen=True, slots=True)
class _Tally:
    """What is about to be sent; `empty` counts the files without any message."""

    files: list[Path]
    messages: int
    empty: int


def _address(ctx: click.Context, param: click.Parameter, value: str) -> tuple[str, int]:
    host, _, port = value.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    if not (host and port.isascii() and port.isdecimal() and 0 < int(port) < 65536):
        raise click.BadParameter(f"{value!r} is not HOST:PORT, for example 127.0.0.1:2575", ctx, param)
    return host, int(port)


_FILE: Final = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command("send")
@click.argument(
    "paths", metavar="FILE|DIR...", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path)
)
@click.option(
    "--to",
    "address",
    metavar="HOST:PORT",
    callback=_address,
    default=lambda: f"127.0.0.1:{os.environ.get('HECTIS_MLLP_PORT') or 2575}",
    show_default="127.0.0.1 and HECTIS_MLLP_PORT, or 2575",
    help="The listener to send to.",
)
@click.option(
    "--window",
    type=click.IntRange(1, 1000),
    default=32,
    show_default=True,
    help="Messages under way at once; 1 waits for each answer.",
)
@click.option(
    "--timeout",
    type=click.FloatRange(0.1, 3600),
    default=30.0,
    show_default=True,
    help="Seconds without an answer after which the connection is made anew.",
)
@click.option(
    "--tries",
    type=click.IntRange(1, 100),
    default=5,
    show_default=True,
    help="Connections in a row without one answer before it gives up.",
)
@click.option("--ca", type=_FILE, help="TLS: the certificate authority of the listener (PEM).")
@click.option("--certificate", type=_FILE, help="TLS: our certificate (PEM).")
@click.option("--key", type=_FILE, help="TLS: its key (PEM).")
@click.pass_context
def send(
    ctx: click.Context,
    paths: tuple[Path, ...],
    address: tuple[str, int],
    window: int,
    timeout: float,
    tries: int,
    ca: Path | None,
    certificate: Path | None,
    key: Path | None,
) -> None:
    """Send HL7 v2 messages over MLLP and count the answers.

    A file may hold one message or many, batch envelopes (FHS, BHS) or MLLP framing. Of a directory every
    *.hl7, *.txt and *.dat is sent, in order of name, with its sub-directories; hidden files are left out.
    Sending the same file twice is harmless: a message is stored once and answered alike.

    \b
    Examples:
      hectis send admission.hl7
      hectis send messages/ --window 1
      hectis send messages/ --to listener.example:2575 \\
          --ca ca.pem --certificate us.pem --key us.key

    \b
    Ends with 0 when every message was answered, whatever the answer,
    1 when some were not, 2 when nothing listens there.
    """  # noqa: D301 - click wants the character itself
    tally = _count(paths)
    host, port = address
    try:
        tls = _tls(ca, certificate, key)
        sender = partial(send_all, host=host, port=port, window=window, timeout=timeout, tls=tls, tries=tries)
        report = _send(tally, sender, f"{host}:{port}")
    except NobodyListens as error:
        hint = "" if error.code == "tls" else " `make run` starts ours; --to HOST:PORT names another."
        raise _NotReached(error.message + hint) from None
    _print(tally, report)
    ctx.exit(1 if report.unanswered else 0)


def _tls(ca: Path | None, certificate: Path | None, key: Path | None) -> ssl.SSLContext | None:
    if ca and certificate and key:
        return client_tls(ca, certificate, key)
    if ca or certificate or key:
        raise click.UsageError("TLS takes all three: --ca, --certificate and --key.")
    return None


def _send(tally: _Tally, sender: Callable[..., SendReport], where: str) -> SendReport:
    with click.progressbar(
        length=tally.messages,
        label=f"Sending {tally.messages:,} message{'' if tally.messages == 1 else 's'} to {where}",
        file=sys.stderr,
        update_min_steps=max(1, tally.messages // 200),
    ) as bar:
        messages = (message for file in tally.files for message in split_batch(file.read_bytes()))
        return sender(messages, on_answer=lambda _: bar.update(1))


def _count(paths: Iterable[Path]) -> _Tally:
    files = list(dict.fromkeys(file for path in paths for file in _files(path)))
    counts = [_messages_in(file) for file in files]
    if not any(counts):
        raise click.ClickException(
            f"No HL7 message found in {len(files)} files. Of a directory only {', '.join(SUFFIXES)} files are "
            "read; name a file to send it whatever its ending."
        )
    return _Tally(files, sum(counts), counts.count(0))


def _files(path: Path) -> list[Path]:
    if not path.is_dir():
        return [path]
    return sorted(
        file
        for file in path.rglob("*")
        if file.suffix.lower() in SUFFIXES
        and not any(part.startswith(".") for part in file.relative_to(path).parts)
        and file.is_file()
    )


def _messages_in(file: Path) -> int:
    try:
        return sum(1 for _ in split_batch(file.read_bytes()))
    except OSError as error:
        raise click.ClickException(
            f"{file} cannot be read ({type(error).__name__}); nothing was sent."
        ) from None


def _print(tally: _Tally, report: SendReport) -> None:
    speed = report.answered / report.elapsed if report.elapsed else 0.0
    rows: list[tuple[str, str]] = [("files", f"{len(tally.files):,}"), ("messages", f"{tally.messages:,}")]
    if tally.empty:
        rows.insert(1, ("files without a message", f"{tally.empty:,}"))
    codes = [*_USUAL_CODES, *sorted(set(report.codes) - set(_USUAL_CODES))]
    rows += [(f"answered {code}", f"{report.codes[code]:,}") for code in codes]
    rows += [("not answered", f"{report.unanswered:,}")]
    rows += [(f"refused: {reason}", f"{count:,}") for reason, count in report.reasons.most_common()]
    if report.resent:
        rows.append(("sent again", f"{report.resent:,}"))
    rows.append(("messages a second", f"{speed:,.0f}"))
    left, right = (max(map(len, column)) for column in zip(*rows, strict=True))
    for name, value in rows:
        click.echo(f"{name:<{left}}  {value:>{right}}")
    if report.stopped:
        click.echo(report.stopped, err=True)
    click.echo("What became of them: hectis messages summary")
