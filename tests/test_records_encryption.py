"""What a person wrote cannot be read off the disk, and keys can be changed."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import select, text

from bot.__main__ import main
from bot.records import CannotDecrypt, Database, RecordsError, conversations, intakes
from bot.records.crypto import EncryptedText
from bot.records.models import Answer, Base, Conversation, Handoff, HandoffNote, Message, TrackerEvent
from bot.records.rotation import rotate
from tests.records_fixtures import KEY, backend, database, new_url  # noqa: F401

MARK = "Zebediah-has-nightmares"
OTHER_KEY = Fernet.generate_key().decode()


def write_everywhere(made: Database) -> str:
    """Put the mark into every encrypted column, and return the conversation's id."""
    from bot.records import staff

    with made.session() as s:
        conversation = conversations.create_conversation(s, timedelta(hours=1))
        conversation.snapshot = {"a": MARK}
        conversations.add_visitor_message(s, conversation.id, "1", MARK)
        conversations.add_message(s, conversation.id, "bot", MARK, choices=[{"id": "x", "label": MARK}])
        conversations.record_question(s, conversation.id, MARK)
        intake = intakes.start_intake(s, conversation.id, "intake", {"a": MARK})
        intakes.save_answer(s, intake, "intake", "1", "name", MARK, "answered", [MARK], MARK)
        s.add(TrackerEvent(conversation_id=conversation.id, seq=1, type="user", timestamp=1.0, data={"text": MARK}))
        handoff = Handoff(conversation_id=conversation.id, kind="intake", data={"a": MARK})
        s.add(handoff)
        nurse, _ = staff.create(s, "nurse@example.org")
        s.flush()
        s.add(HandoffNote(handoff_id=handoff.id, staff_id=nurse.id, text=MARK))
        return conversation.id


def stored_tokens(made: Database) -> list[str]:
    """Every encrypted value as it lies in the database."""
    found = []
    with made.engine.connect() as connection:
        for table in Base.metadata.sorted_tables:
            for column in table.columns:
                if isinstance(column.type, EncryptedText):
                    values = connection.execute(text(f'SELECT "{column.name}" FROM {table.name}')).scalars().all()
                    assert any(values), f"{table.name}.{column.name} is not written by this test"
                    found += filter(None, values)
    return found


def test_nothing_a_person_wrote_is_in_the_files(tmp_path):
    made = Database(new_url("sqlite", tmp_path), [KEY])
    write_everywhere(made)
    files = list(Path(tmp_path).glob("*.db*"))
    raw = b"".join(file.read_bytes() for file in files)
    assert any(file.name.endswith("-wal") and file.stat().st_size for file in files)
    assert b"nurse@example.org" in raw, "the test must look at the files that hold the data"
    assert MARK.encode() not in raw
    assert b"Zebediah" not in raw
    made.dispose()


def test_every_column_for_words_holds_tokens(database):  # noqa: F811
    write_everywhere(database)
    cipher = Fernet(KEY)
    for token in stored_tokens(database):
        assert MARK not in token
        assert cipher.decrypt(token.encode())


def test_what_was_written_is_read_back(database):  # noqa: F811
    conversation_id = write_everywhere(database)
    with database.reading() as s:
        assert s.get(Conversation, conversation_id).snapshot == {"a": MARK}
        assert conversations.recent_visitor_texts(s, conversation_id, 1) == [MARK]
        assert s.scalars(select(Answer)).one().values == [MARK]


def test_an_old_key_still_reads_and_the_new_one_writes(backend, tmp_path):  # noqa: F811
    url = new_url(backend, tmp_path)
    old = Database(url, [KEY])
    conversation_id = write_everywhere(old)
    both = Database(url, [OTHER_KEY, KEY])
    with both.session() as s:
        assert conversations.recent_visitor_texts(s, conversation_id, 1) == [MARK]
        conversations.add_visitor_message(s, conversation_id, "2", "new")
    with old.reading() as s, pytest.raises(CannotDecrypt):
        conversations.recent_visitor_texts(s, conversation_id, 1)
    old.dispose()
    both.dispose()


def test_after_rotation_the_old_key_can_go(backend, tmp_path, monkeypatch):  # noqa: F811
    monkeypatch.setattr("bot.records.rotation.BATCH", 2)
    url = new_url(backend, tmp_path)
    old = Database(url, [KEY])
    conversation_id = write_everywhere(old)
    with old.session() as s:
        for n in range(5):
            conversations.add_visitor_message(s, conversation_id, f"more-{n}", MARK)
    both = Database(url, [OTHER_KEY, KEY])
    assert sum(rotate(both).values()) == len(stored_tokens(both))
    new = Database(url, [OTHER_KEY])
    with new.reading() as s:
        assert len(s.scalars(select(Message)).all()) == 7
        assert s.scalars(select(Handoff)).one().data == {"a": MARK}
    with pytest.raises(CannotDecrypt), old.reading() as s:
        s.scalars(select(Handoff)).all()
    for made in (old, both, new):
        made.dispose()


def test_rotation_without_the_old_key_stops_and_loses_nothing(backend, tmp_path):  # noqa: F811
    url = new_url(backend, tmp_path)
    old = Database(url, [KEY])
    write_everywhere(old)
    wrong = Database(url, [OTHER_KEY])
    with pytest.raises(CannotDecrypt):
        rotate(wrong)
    with old.reading() as s:
        assert s.scalars(select(Handoff)).one().data == {"a": MARK}
    for made in (old, wrong):
        made.dispose()


def rotate_by_command(monkeypatch, url, keys):
    for name, value in {"SECRET_KEY": "s" * 32, "DATABASE_URL": url, "ENCRYPTION_KEYS": keys}.items():
        monkeypatch.setenv(name, value)
    return main(["rotate-keys"])


def test_the_command_rotates_and_counts(tmp_path, monkeypatch, capsys):
    url = new_url("sqlite", tmp_path)
    old = Database(url, [KEY])
    write_everywhere(old)
    assert rotate_by_command(monkeypatch, url, f"{OTHER_KEY},{KEY}") == 0
    counts = dict(part.split(": ") for part in capsys.readouterr().out.strip().split(", "))
    assert counts["messages"] == "2" and sum(map(int, counts.values())) == len(stored_tokens(old))
    new = Database(url, [OTHER_KEY])
    with new.reading() as s:
        assert s.scalars(select(Handoff)).one().data == {"a": MARK}
    for made in (old, new):
        made.dispose()


def test_the_command_says_in_one_line_that_a_key_is_missing(tmp_path, monkeypatch, capsys):
    url = new_url("sqlite", tmp_path)
    old = Database(url, [KEY])
    write_everywhere(old)
    old.dispose()
    assert rotate_by_command(monkeypatch, url, OTHER_KEY) == 1
    told = capsys.readouterr().err
    assert "Keep old keys in the list" in told and told.count("\n") == 1


def test_no_error_repeats_what_was_written(database):  # noqa: F811
    conversation_id = write_everywhere(database)
    with pytest.raises(Exception) as caught, database.session() as s:
        s.add(Message(conversation_id=conversation_id, author="visitor", body={"text": MARK}, client_id="1"))
        s.flush()
    assert MARK not in str(caught.value)


@pytest.mark.parametrize("keys", [[], [""], ["short"], ["x" * 44]])
def test_a_key_that_is_none_is_named_and_not_repeated(keys):
    with pytest.raises(RecordsError) as caught:
        Database("sqlite://", keys)
    assert "ENCRYPTION_KEYS" in str(caught.value)
    assert not any(key and key in str(caught.value) for key in keys)
