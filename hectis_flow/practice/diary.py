"""What a practice database has been played: seed, scale, first day and how far, and the generator's record.

Both are files beside the data, one folder a database, because none of it is the product's business. A lost
folder costs only the tails of the last days' visits and the record. Used by `play` and `hectis practice`.
"""

import json
import os
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import date, datetime
from pathlib import Path

from hectis_flow.practice.record import Row

STATE = "province.json"
RECORD = "record.jsonl"


@dataclass(frozen=True, slots=True)
class Played:
    """A province in a database: what it is made from, its first day, and the moment up to which it was sent."""

    seed: int
    scale: float
    since: date
    to: datetime


class Diary:
    """The folder of one practice database."""

    def __init__(self, data_dir: Path, created_at: datetime) -> None:
        self.folder = data_dir / "practice" / f"{created_at:%Y%m%dT%H%M%S%f}"

    @property
    def record(self) -> Path:
        """The generator's record: one JSON object a line, one line a sending."""
        return self.folder / RECORD

    def read(self) -> Played | None:
        """What was played so far; None before the first hop."""
        try:
            told = json.loads((self.folder / STATE).read_text(encoding="utf-8"))
        except FileNotFoundError:
            return None
        return Played(
            told["seed"],
            told["scale"],
            date.fromisoformat(told["since"]),
            datetime.fromisoformat(told["to"]),
        )

    def write(self, played: Played) -> None:
        """Remember how far it got; either wholly or not at all."""
        self.folder.mkdir(parents=True, exist_ok=True)
        plain = asdict(played) | {"since": played.since.isoformat(), "to": played.to.isoformat()}
        fresh = self.folder / f"{STATE}.new"
        fresh.write_text(json.dumps(plain, indent=1) + "\n", encoding="utf-8")
        os.replace(fresh, self.folder / STATE)  # noqa: PTH105  (a replacement must be one step)

    def note(self, rows: Iterable[Row]) -> None:
        """Add to the record. A hop that was interrupted is noted again when it is sent again."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with self.record.open("a", encoding="utf-8") as file:
            file.writelines(json.dumps(row.plain()) + "\n" for row in rows)
