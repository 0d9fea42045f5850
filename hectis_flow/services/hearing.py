"""What a stored message says, with the words of its sender translated into ours.

`services.intake` and `services.people` call `hear` for every message they open. The translations
(local codes, Z-fields, station codes) are the sender's lines of `config/feeds.toml`; what no line
translates stays as sent. ACC-8, the free text of an accident, is never read (docs/adr/0008).
"""

from dataclasses import replace

from hectis_flow.domain.facts import DiagnosisCode, MessageFacts
from hectis_flow.feeds.hl7v2_facts import facts as read_facts
from hectis_flow.services.house import House
from hectis_flow.storage.messages import Held
from hectis_flow.storage.vault import RAW


def hear(house: House, held: Held) -> MessageFacts:
    """Open a message and read it. Raises `VaultFault` or `Unreadable`."""
    raw = house.vault.open(RAW, held.key_id, held.raw_enc)
    sender = held.source_app, held.source_facility
    facts = read_facts(raw, house.feeds.local_fields(*sender))
    if facts.codes:
        facts = replace(facts, codes=tuple(_translated(house, sender, code) for code in facts.codes))
    if facts.station_code:
        station = house.feeds.station(*sender, facts.station_code)
        facts = replace(facts, station_code=station or facts.station_code)
    return facts


def _translated(house: House, sender: tuple[str, str], code: DiagnosisCode) -> DiagnosisCode:
    """A local code as the ICD-10 code its sender's line gives; its own coding system speaks no longer."""
    known = house.feeds.code(*sender, code.code)
    return code if known is None else DiagnosisCode(known, "", code.kind)
