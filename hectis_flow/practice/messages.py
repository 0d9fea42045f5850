"""Writes a line of a story as the HL7 v2 message that a facility's system sends, dirt included.

The dirt (lower case, missing dots and systems, notes, next of kin, other charsets) never changes what the
message means: what it means is in the record, and the product has to read the same out of it.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from random import Random
from typing import Final

from hectis_flow.practice import rates
from hectis_flow.practice.chance import Odds, happens
from hectis_flow.practice.harm import NOTHING, Cause
from hectis_flow.practice.places import Places
from hectis_flow.practice.stories import Line
from hectis_flow.practice.visits import Visit

SENDER: Final = "PRACTICE"  # MSH-3; no real system names itself so
# Training, in MSH-11: a deployment for real work takes `P` alone, so it refuses these messages by itself.
TRAINING: Final = "T"
_STRUCTURES: Final = {"A01": "ADT_A01", "A02": "ADT_A02", "A03": "ADT_A03", "A04": "ADT_A01", "A08": "ADT_A01",
                      "A11": "ADT_A09", "A13": "ADT_A01", "A31": "ADT_A05", "A40": "ADT_A39"}  # fmt: skip
_SYSTEMS: Final = Odds({"I10": 88.0, "ICD-10": 6.0, "ICD10": 3.0, "": 3.0})
_MODES: Final = Odds({"A": 40.0, "C": 25.0, "F": 20.0, "P": 10.0, "U": 5.0})
_UNITS: Final = ("EC", "TRAUMA", "RESUS", "OBS")


def control_id(seed: int, visit: Visit, number: int) -> str:
    """MSH-10, unique in the province."""
    return f"P{seed}-{visit.key}-{number}"


def write(line: Line, visit: Visit, places: Places, control: str, rng: Random) -> bytes:
    """The message as it goes over the wire."""
    utf8 = happens(rng, 0.5)
    segments = [_header(line, visit, control, utf8=utf8)]
    if line.event == "R01":
        segments += [_patient(line, visit, places), _visit(line, visit, rng), *_triage(line, rng)]
    elif line.event == "A40":
        segments += [_event(line), _patient(line, visit, places)]
        segments.append(f"MRG|{line.prior}^^^{visit.facility.short}^MR")
    elif line.event == "A31":
        segments += [_event(line), _patient(line, visit, places), "PV1|1|N"]
    else:
        segments += [_event(line), _patient(line, visit, places), _visit(line, visit, rng)]
        segments += _told(line, visit, rng)
    return ("\r".join(segments) + "\r").encode("utf-8" if utf8 else "latin-1")


def stamp(at: datetime) -> str:
    """A time to the second, without its zone: the zone of the province is understood."""
    return f"{at:%Y%m%d%H%M%S}"


def _segment(name: str, fields: Mapping[int, str]) -> str:
    return "|".join([name, *(fields.get(place, "") for place in range(1, max(fields) + 1))])


def _header(line: Line, visit: Visit, control: str, *, utf8: bool) -> str:
    kind = "ORU^R01^ORU_R01" if line.event == "R01" else f"ADT^{line.event}^{_STRUCTURES[line.event]}"
    said = stamp(line.spoken + timedelta(seconds=1))
    charset = "UNICODE UTF-8" if utf8 else "8859/1"
    start = f"MSH|^~\\&|{SENDER}|{visit.facility.name}|HECTIS|WC|{said}||{kind}|{control}"
    return f"{start}|{TRAINING}|2.5.1||||||{charset}"


def _event(line: Line) -> str:
    return f"EVN|{line.event}|{stamp(line.spoken)}"


def _patient(line: Line, visit: Visit, places: Places) -> str:
    who = visit.person
    unknown = line.folder != who.folder and not visit.repeated
    numbers = [f"{line.folder}^^^{visit.facility.short}^MR"] if line.identified else []
    fields = {1: "1", 3: "~".join(numbers), 5: "Unknown^Unknown", 8: who.sex}
    if not unknown:
        suburb = places.precincts[who.station].name
        if who.sa_id and line.identified:
            fields[3] += f"~{who.sa_id}^^^ZAF^NI"
        fields |= {5: f"{who.family}^{who.given}", 7: f"{who.born:%Y%m%d}"}
        fields[11] = f"{who.street}^{suburb}^{suburb}^WC^^ZA^H"
    if line.died:
        fields[30] = "Y"
    return _segment("PID", fields)


def _visit(line: Line, visit: Visit, rng: Random) -> str:
    fields = {
        1: "1",
        2: "I" if line.admitted else "E",
        3: f"{rng.choice(_UNITS)}^1^1^{visit.facility.short}",
        44: stamp(visit.arrived),
    }
    if line.numbered:
        fields[19] = f"V{visit.key}"
    if line.event == "A03":
        fields |= {36: "20" if line.died else "01", 45: stamp(line.spoken)}
    return _segment("PV1", fields)


def _triage(line: Line, rng: Random) -> list[str]:
    colour = line.colour.upper() if happens(rng, 0.3) else line.colour.capitalize()
    score = {"red": 8, "orange": 5, "yellow": 3, "green": 1, "blue": 0}[line.colour]
    return [
        f"OBR|1|||TRIAGE|||{stamp(line.spoken)}",
        f"OBX|1|ST|SATS^Triage colour^L||{colour}||||||F",
        f"OBX|2|NM|TEWS^Early warning score^L||{score}||||||F",
    ]


def _told(line: Line, visit: Visit, rng: Random) -> list[str]:
    """How the patient came, what is coded, what is told of the scene; and what nobody may keep."""
    segments = []
    if line.event == "A04":
        segments.append(_segment("PV2", {38: _MODES.draw(rng)}))
        if happens(rng, 0.2):
            segments += ["NK1|1|Nobody^Inparticular|SIS", "NTE|1||Made up; not to be kept."]
    if line.coding is not None:
        segments += _codes(line.coding, rng)
        if visit.violent and line.coding.intent:
            segments += _scene(visit, rng)
    return segments


def _codes(coding: Cause, rng: Random) -> list[str]:
    if coding == NOTHING:
        return ['DG1|1||""']
    codes = [code for code in (coding.injury, coding.code) if code]
    return [
        f"DG1|{place}||{_dirty(code, rng)}^^{_SYSTEMS.draw(rng)}|||{rng.choice('FWA')}"
        for place, code in enumerate(codes, start=1)
    ]


def _dirty(code: str, rng: Random) -> str:
    """The same code as some clerks type it."""
    draw = rng.random()
    if draw < 0.03:
        return code.lower()
    if draw < 0.08:
        return code.replace(".", "")
    return f" {code} " if draw < 0.1 else code


def _scene(visit: Visit, rng: Random) -> list[str]:
    """ACC: when, where and whether the police know; and a Z-segment of this sender's own."""
    fields = {}
    if happens(rng, rates.TIME_OF_ACT_TOLD):
        fields[1] = stamp(visit.happened)
    if happens(rng, rates.POLICE_ASKED):
        fields[10] = "Y" if happens(rng, rates.POLICE_KNOW) else "N"
    if happens(rng, rates.SCENE_TOLD):
        fields[11] = f"^{visit.scene.name}^{visit.scene.name}^WC^^ZA"
    segments = [_segment("ACC", fields)] if fields else []
    if visit.facility.level in ("central", "regional"):
        # Read only where config/feeds.toml says what its fields mean.
        segments.append(f"ZVI|1||{visit.scene.code}|{visit.role}")
    return segments
