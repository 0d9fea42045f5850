"""Hectis Flow: one house for a case, from the hospital to the court.

A message comes in over the hospital's own wire and is stored before it is answered
(`services.intake.receive`). A worker reads it (`services.intake.process`): the visit becomes an
*encounter*, violence becomes an *incident*, and the incident opens a *case*. The case walks one
road (hospital, SAPS, NPA, court) through one door (`services.casework.move`), and every move is
written with its history, its ledger entry and its outbox event, or not at all.

This package knows no queue and no clock process; those live in `workers/`.
"""
