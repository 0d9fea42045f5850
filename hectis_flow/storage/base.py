"""The ground every table stands on: one metadata with a naming convention, one `db`.

`hectis_flow.app` initialises `db`; storage modules define their tables on `Base`. No query lives
here and nothing in this folder commits.
"""

from datetime import datetime
from typing import Any

from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import BigInteger, DateTime, LargeBinary, MetaData, Text
from sqlalchemy.orm import DeclarativeBase, registry

NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


# The driver is told these types: a number that counts rows would not fit into an INTEGER for ever.
TYPES: dict[Any, Any] = {
    int: BigInteger,
    str: Text,
    datetime: DateTime(timezone=True),
    bytes: LargeBinary,
}


class Base(DeclarativeBase):
    """Numbers are big, text has no length, times carry their zone, bytes are bytes."""

    registry = registry(metadata=MetaData(naming_convention=NAMES), type_annotation_map=TYPES)


db = SQLAlchemy(model_class=Base, disable_autonaming=True)
