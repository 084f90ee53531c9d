"""A marked name and a marked symptom go through everything and appear in no log, and in no file as plain text."""
from __future__ import annotations

from pathlib import Path

from tests.system import add_nurse, running

NAME = "Quixotella Marksname"
SYMPTOM = "zanzibarnightmares"
MARKS = ("quixotella", "marksname", SYMPTOM, "5035559876", "503 555 9876", "secretquestion")


def test_marked_words_appear_in_no_log_and_no_plain_file(tmp_path: Path) -> None:
    with running(tmp_path) as system:
        add_nurse(system)
        visitor = system.visitor()
        visitor.consent()
        for _ in range(70):
            if any(c["label"] == "Send my history" for c in visitor.last[-1]["choices"]):
                break
            visitor.give({"full name": NAME, "brings you here": SYMPTOM, "phone number": "503 555 9876"})
        visitor.say(f"/submit {SYMPTOM} secretquestion?")
        visitor.say(f"do you know {SYMPTOM} secretquestion")
        visitor.tap(next(c["label"] for m in visitor.last for c in m["choices"] if c["id"] == "submit"))
        visitor.say(f"I want to kill myself {SYMPTOM}")
        visitor.http.get("/chat/messages", headers={"Authorization": f"Bearer {SYMPTOM}"})
        visitor.send({"id": SYMPTOM, "text": SYMPTOM, "choice": SYMPTOM})
        nurse = system.nurse()
        seen = "".join(nurse.get(f"/handoffs/{i}").text for i in system.handoffs(nurse))
        assert NAME in seen and SYMPTOM in seen, "staff do see it"
        # the action server dies in the middle of a turn, and the dialogue fails on a marked text
        system.server("actions").kill()
        visitor = system.visitor()
        visitor.say(f"start my history {SYMPTOM}")
        assert "988" in visitor.said
    written = system.log().lower()
    assert written, "the servers wrote no log at all, so nothing was shown"
    assert not [mark for mark in MARKS if mark in written]
    for path in (p for p in tmp_path.rglob("*") if p.is_file()):
        content = path.read_bytes().lower()
        assert not [mark for mark in MARKS if mark.encode() in content], path.name
