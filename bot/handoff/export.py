"""Prints a handoff for the command line: the summary as JSON or as text, or the FHIR bundle."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from bot.handoff import fhir, summary
from bot.records import audit
from bot.records.models import Handoff


class UnknownHandoff(LookupError):
    """There is no handoff with this id."""

    def __init__(self) -> None:
        super().__init__("There is no handoff with this id.")


def export(s: Session, handoff_id: str, format: str) -> dict[str, Any] | str:
    """A handoff as ``json`` or ``fhir`` (a dict) or ``text`` (a str). The look is written to the audit trail.

    Raises:
        UnknownHandoff: there is none with this id.
        ValueError: the format is not one of the three.
    """
    handoff = s.get(Handoff, handoff_id)
    if handoff is None:
        raise UnknownHandoff()
    if format not in ("json", "fhir", "text"):
        raise ValueError("format is json, fhir or text")
    audit.record(s, None, "export", "handoff", handoff_id, f"{format} by command line")
    if format == "fhir":
        return fhir.bundle(handoff)
    told = summary.summarize(s, handoff)
    return summary.text(told) if format == "text" else told
