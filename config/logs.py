"""Logging: one JSON object a line, with the ids bound to the request or job at hand.

Called once a process by the composition root. Only short scalar values pass; exception *texts* are
dropped, for they may quote a value: the type and the place in the code are kept.
"""

import logging
import sys
import traceback
from collections.abc import MutableMapping
from typing import Any

import structlog

LONGEST = 300
LEVELS = ("debug", "info", "warning", "error")


def configure_logging(level: str) -> None:
    """Send structlog and the standard library's loggers through one private renderer."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        name_the_fault,
        short_scalars,
    ]
    structlog.configure(
        processors=[*shared, structlog.processors.JSONRenderer()],
        wrapper_class=structlog.make_filtering_bound_logger(_number(level)),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared, processors=[_strip_meta, structlog.processors.JSONRenderer()]
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(max(_number(level), logging.WARNING))


def name_the_fault(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Replace exception information by the exception's type and where it was raised."""
    fault = event.pop("exc_info", None)
    if fault is True:
        fault = sys.exc_info()[1]
    if isinstance(fault, tuple):
        fault = fault[1]
    if isinstance(fault, BaseException):
        frames = traceback.extract_tb(fault.__traceback__)[-3:]
        event["fault"] = type(fault).__name__
        event["at"] = " < ".join(f"{frame.name}:{frame.lineno}" for frame in reversed(frames))
    return event


def short_scalars(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Let only short scalars through, on one line: a log is no place for content."""
    for key, value in list(event.items()):
        if key.startswith("_") or isinstance(value, (int, float, bool)) or value is None:
            continue
        text = value if isinstance(value, str) else type(value).__name__
        event[key] = " ".join(text.split())[:LONGEST]
    return event


def _strip_meta(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    return {key: value for key, value in event.items() if not key.startswith("_")}


def _number(level: str) -> int:
    return logging.getLevelNamesMapping()[level.upper()]
