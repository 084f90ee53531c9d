"""Small public value sets that questionnaires name by their address, so that those can be played without a network.

Only sets that are complete in a few codes. Source: FHIR R4 (4.0.1) definitions; LL358-3 as LOINC publishes it for the
PHQ-9 and GAD-7, with its scores as ordinal values.
"""

from __future__ import annotations

from typing import Dict, Optional, Tuple

from bot.intake.questionnaire import Option

_V2_YES_NO = "http://terminology.hl7.org/CodeSystem/v2-0136"
_NULL = "http://terminology.hl7.org/CodeSystem/v3-NullFlavor"
_ABSENT = "http://terminology.hl7.org/CodeSystem/data-absent-reason"
_MARITAL = "http://terminology.hl7.org/CodeSystem/v3-MaritalStatus"
_FHIR = "http://hl7.org/fhir/"

_YES_NO = ((_V2_YES_NO, "Y", "Yes"), (_V2_YES_NO, "N", "No"))
_FREQUENCY = (
    ("LA6568-5", "Not at all"),
    ("LA6569-3", "Several days"),
    ("LA6570-1", "More than half the days"),
    ("LA6571-9", "Nearly every day"),
)

_CODES: Dict[str, Tuple[Tuple[str, str, str], ...]] = {
    _FHIR + "ValueSet/yesnodontknow": (*_YES_NO, (_ABSENT, "asked-unknown", "Don't know")),
    "http://terminology.hl7.org/ValueSet/v2-0136": _YES_NO,
    "http://terminology.hl7.org/ValueSet/v2-0532": (
        *_YES_NO,
        (_NULL, "UNK", "Unknown"),
        (_NULL, "NASK", "Not asked"),
        (_NULL, "NAV", "Temporarily unavailable"),
        (_NULL, "NA", "Not applicable"),
        (_NULL, "NI", "No information"),
        (_NULL, "NP", "Not present"),
        (_NULL, "ASKU", "Asked but unknown"),
    ),
    _FHIR + "ValueSet/administrative-gender": tuple(
        (_FHIR + "administrative-gender", code, code.capitalize()) for code in ("male", "female", "other", "unknown")
    ),
    _FHIR + "ValueSet/marital-status": (
        (_MARITAL, "A", "Annulled"),
        (_MARITAL, "D", "Divorced"),
        (_MARITAL, "I", "Interlocutory"),
        (_MARITAL, "L", "Legally Separated"),
        (_MARITAL, "M", "Married"),
        (_MARITAL, "P", "Polygamous"),
        (_MARITAL, "S", "Never Married"),
        (_MARITAL, "T", "Domestic partner"),
        (_MARITAL, "U", "Unmarried"),
        (_MARITAL, "W", "Widowed"),
        (_NULL, "UNK", "Unknown"),
    ),
    _FHIR + "ValueSet/contact-point-system": tuple(
        (_FHIR + "contact-point-system", code, display)
        for code, display in (
            ("phone", "Phone"),
            ("fax", "Fax"),
            ("email", "Email"),
            ("pager", "Pager"),
            ("url", "URL"),
            ("sms", "SMS"),
            ("other", "Other"),
        )
    ),
    _FHIR + "ValueSet/contact-point-use": tuple(
        (_FHIR + "contact-point-use", code, code.capitalize()) for code in ("home", "work", "temp", "old", "mobile")
    ),
    "http://loinc.org/vs/LL358-3": tuple(("http://loinc.org", code, display) for code, display in _FREQUENCY),
}
_ORDINALS = {code: float(i) for i, (code, _) in enumerate(_FREQUENCY)}


def known_options(url: str) -> Optional[Tuple[Option, ...]]:
    """The options of a public value set; None for one that is not kept here."""
    codes = _CODES.get(url) or _CODES.get(url.replace("https://", "http://", 1))
    if codes is None:
        return None
    return tuple(
        Option(code, display, system, {"code": code, "display": display, "system": system}, ordinal=_ORDINALS.get(code))
        for system, code, display in codes
    )
