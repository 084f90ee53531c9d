"""What is owed to staff arrives, also after servers were down; notices carry nothing about the person."""

from __future__ import annotations

import hashlib
import hmac
import http.server
import json
import logging
import threading
from datetime import timedelta
from email import message_from_bytes, policy

import pytest
from aiosmtpd.controller import Controller
from sqlalchemy import select

from bot.handoff import outbox
from bot.records.models import Handoff, OutboxItem, utcnow
from tests.handoff_fixtures import NAME, SYMPTOM, crisis, new_conversation, submit
from tests.records_fixtures import backend, database, make_settings  # noqa: F401
from tests.system import free_port

STAFF_URL = "https://staff.example.org"


class Mailbox:
    """A real SMTP server that keeps what it receives; `refuse` makes it answer with an error."""

    def __init__(self, port: int, refuse: str = "") -> None:
        self.received, self.refuse, self.port = [], refuse, port
        self.controller = Controller(self, hostname="127.0.0.1", port=port, ready_timeout=60)

    async def handle_DATA(self, server, session, envelope):  # noqa: N802 - aiosmtpd's name
        if self.refuse:
            return self.refuse
        self.received.append(message_from_bytes(envelope.content, policy=policy.default))
        return "250 OK"

    def __enter__(self):
        self.controller.start()
        return self

    def __exit__(self, *_):
        self.controller.stop()


class Receiver:
    """A real HTTP server that keeps what it receives and answers with `status`."""

    def __init__(self, port: int, status: int = 200, body: bytes = b"{}") -> None:
        receiver = self
        self.received, self.status, self.body = [], status, body

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):  # noqa: N802 - http.server's name
                content = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.received.append((self.path, dict(self.headers), content))
                self.send_response(receiver.status)
                if receiver.status == 302:
                    self.send_header("Location", "/elsewhere")
                self.end_headers()
                self.wfile.write(receiver.body)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def mail():
    return make_settings(
        smtp_host="127.0.0.1", smtp_port=free_port(), smtp_starttls=False, notify_from="bot@example.org",
        notify_to=("nurse@example.org", "desk@example.org"), public_staff_url=STAFF_URL,
    )  # fmt: skip


@pytest.fixture
def hook():
    return make_settings(
        webhook_url=f"http://127.0.0.1:{free_port()}/hook", webhook_secret="s3cret", public_staff_url=STAFF_URL
    )


@pytest.fixture
def server():
    return make_settings(fhir_url=f"http://127.0.0.1:{free_port()}/fhir", fhir_token="t0ken")


def port(url: str) -> int:
    return int(url.split(":")[2].split("/")[0])


def owe(database, settings, **typed) -> str:  # noqa: F811
    with database.session() as s:
        return submit(s, settings=settings, **typed).id


def row(database) -> OutboxItem:  # noqa: F811
    with database.reading() as s:
        return s.scalars(select(OutboxItem)).one()


def test_a_notice_has_a_link_and_nothing_about_the_person(database, mail):  # noqa: F811
    handoff_id = owe(database, mail)
    with Mailbox(mail.smtp_port) as mailbox:
        assert outbox.deliver_due(database, mail) == 1
    (notice,) = mailbox.received
    whole = notice.as_string()
    assert f"{STAFF_URL}/handoffs/{handoff_id}" in notice.get_content()
    assert notice["Subject"] == "A new item is waiting"
    assert notice["To"] == "nurse@example.org, desk@example.org"
    for secret in (NAME, "Okonkwo", SYMPTOM, "margo", "555-0123", "5550123", "ketamine", "history", "intake", "PTSD", "crisis"):
        assert secret.lower() not in whole.lower().replace("onward-assistant", ""), secret
    assert row(database).status == "delivered"


def test_an_urgent_notice_says_so_and_not_why(database, mail):  # noqa: F811
    with database.session() as s:
        crisis(s, new_conversation(s), "I want to die", settings=mail)
    with Mailbox(mail.smtp_port) as mailbox:
        assert outbox.deliver_due(database, mail) == 1
    (notice,) = mailbox.received
    assert notice["Subject"] == "Urgent: a new item is waiting"
    assert notice["Importance"] == "high"
    assert "crisis" not in notice.as_string().lower()
    assert "die" not in notice.get_content().lower()


def test_mail_that_cannot_be_sent_is_sent_once_when_the_server_is_back(database, mail):  # noqa: F811
    owe(database, mail)
    now = utcnow()
    assert outbox.deliver_due(database, mail, now) == 0
    item = row(database)
    assert (item.status, item.attempts, item.error) == ("pending", 1, "connect")
    with Mailbox(mail.smtp_port) as mailbox:
        assert outbox.deliver_due(database, mail, now + timedelta(seconds=1)) == 0, "not before the pause is over"
        assert outbox.deliver_due(database, mail, now + outbox.FIRST_PAUSE) == 1
        assert outbox.deliver_due(database, mail, now + timedelta(days=9)) == 0
    assert len(mailbox.received) == 1
    assert (row(database).status, row(database).error) == ("delivered", None)


def test_a_refusal_is_kept_as_a_code_and_not_in_its_words(database, mail, caplog):  # noqa: F811
    owe(database, mail)
    with Mailbox(mail.smtp_port, refuse=f"554 rejected {SYMPTOM}"), caplog.at_level(logging.DEBUG):
        outbox.deliver_due(database, mail)
    assert row(database).error == "smtp-554"
    ours = [record.getMessage() for record in caplog.records if record.name != "mail.log"]  # the test server's own log
    assert not any(SYMPTOM in line for line in ours)


def test_pauses_grow_and_end(database, mail):  # noqa: F811
    owe(database, mail)
    now, pauses = utcnow(), []
    for _ in range(outbox.MAX_ATTEMPTS):
        outbox.deliver_due(database, mail, now)
        pauses.append(row(database).next_attempt_at - now)
        now = row(database).next_attempt_at
    item = row(database)
    assert (item.status, item.attempts) == ("dead", outbox.MAX_ATTEMPTS)
    growing = pauses[:-1]
    assert growing == sorted(growing)
    assert growing[0] == outbox.FIRST_PAUSE
    assert growing[-1] == outbox.LONGEST_PAUSE
    assert sum(growing, timedelta()) > timedelta(hours=24), "a server that is away for a day is waited for"
    assert outbox.deliver_due(database, mail, now + timedelta(days=30)) == 0


def test_a_webhook_is_signed_and_says_what_waits_where(database, hook):  # noqa: F811
    handoff_id = owe(database, hook)
    with Receiver(port(hook.webhook_url)) as receiver:
        assert outbox.deliver_due(database, hook) == 1
    ((path, headers, body),) = receiver.received
    assert path == "/hook"
    signed = f"{headers['X-Onward-Timestamp']}.".encode() + body
    expected = hmac.new(b"s3cret", signed, hashlib.sha256).hexdigest()
    assert headers["X-Onward-Signature"] == f"sha256={expected}"
    sent = json.loads(body)["handoff"]
    assert set(sent) == {"id", "kind", "urgency", "created", "url"}
    assert sent["url"] == f"{STAFF_URL}/handoffs/{handoff_id}"
    assert NAME.encode() not in body


def test_a_webhook_without_a_secret_is_not_sent(database, hook):  # noqa: F811
    unsigned = make_settings(webhook_url=hook.webhook_url)
    owe(database, unsigned)
    with Receiver(port(hook.webhook_url)) as receiver:
        assert outbox.deliver_due(database, unsigned) == 0
    assert receiver.received == []
    assert row(database).error == "no-webhook-secret"


@pytest.mark.parametrize("status", [302, 400, 401, 404, 409, 422, 429, 500, 503])
@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_only_success_is_success_and_redirects_are_not_followed(database, hook, status):  # noqa: F811
    owe(database, hook)
    with Receiver(port(hook.webhook_url), status, body=SYMPTOM.encode()) as receiver:
        assert outbox.deliver_due(database, hook) == 0
    assert len(receiver.received) == 1
    assert row(database).error == f"http-{status}"


def test_every_attempt_carries_the_same_key(database, hook):  # noqa: F811
    owe(database, hook)
    now = utcnow()
    with Receiver(port(hook.webhook_url), 503) as receiver:
        outbox.deliver_due(database, hook, now)
        receiver.status = 202
        assert outbox.deliver_due(database, hook, now + outbox.FIRST_PAUSE) == 1
    keys = [headers["Idempotency-Key"] for _, headers, _ in receiver.received]
    assert len(keys) == 2
    assert len(set(keys)) == 1


def test_a_fhir_server_gets_the_bundle(database, server):  # noqa: F811
    owe(database, server)
    with Receiver(port(server.fhir_url)) as receiver:
        assert outbox.deliver_due(database, server) == 1
    ((path, headers, body),) = receiver.received
    assert path == "/fhir"
    assert headers["Authorization"] == "Bearer t0ken"
    assert headers["Content-Type"] == "application/fhir+json"
    assert json.loads(body)["type"] == "transaction"


def test_a_worker_that_died_in_the_middle_loses_nothing(database, hook):  # noqa: F811
    owe(database, hook)
    now = utcnow()
    assert outbox._lease(database, now) is not None, "and here the worker is gone"
    with Receiver(port(hook.webhook_url)) as receiver:
        assert outbox.deliver_due(database, hook, now + timedelta(seconds=1)) == 0, "still leased"
        assert outbox.deliver_due(database, hook, now + outbox.LEASE) == 1
    assert len(receiver.received) == 1


def test_two_workers_deliver_each_item_once(database, hook):  # noqa: F811
    for _ in range(4):
        owe(database, hook)
    counts = []
    with Receiver(port(hook.webhook_url)) as receiver:
        workers = [threading.Thread(target=lambda: counts.append(outbox.deliver_due(database, hook))) for _ in range(3)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
    assert sum(counts) == 4
    assert len({headers["Idempotency-Key"] for _, headers, _ in receiver.received}) == len(receiver.received) == 4


def test_one_delivery_that_cannot_be_made_does_not_hold_up_the_others(database, server):  # noqa: F811
    broken, whole = owe(database, server), owe(database, server)
    with database.session() as s:
        s.get(Handoff, broken).data = {"summary": {}}
    with Receiver(port(server.fhir_url)) as receiver:
        assert outbox.deliver_due(database, server) == 1
    assert len(receiver.received) == 1
    with database.reading() as s:
        states = {item.handoff_id: (item.status, item.error) for item in s.scalars(select(OutboxItem))}
    assert states[whole] == ("delivered", None)
    assert states[broken] == ("pending", "internal-KeyError")


def test_a_channel_that_was_taken_out_waits(database, mail):  # noqa: F811
    owe(database, mail)
    assert outbox.deliver_due(database, make_settings()) == 0
    assert row(database).error == "not-configured"


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_the_worker_delivers_until_it_is_stopped(database, hook):  # noqa: F811
    stop = threading.Event()
    with Receiver(port(hook.webhook_url)) as receiver:
        worker = threading.Thread(target=outbox.run, args=(database, hook, stop, 0.05))
        worker.start()
        owe(database, hook)
        for _ in range(1000):
            if receiver.received:
                break
            stop.wait(0.05)
        stop.set()
        worker.join(timeout=60)
    assert not worker.is_alive()
    assert len(receiver.received) == 1
