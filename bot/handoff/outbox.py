"""Delivers what is owed to staff: a notice by e-mail, a signed webhook, a bundle for a FHIR server.

A delivery is a row that is written with its handoff. The worker leases a row (so that a worker that dies loses
nothing and two workers do not send twice), delivers it outside any transaction, and notes the outcome. It is made at
least once, with a key by which a receiver can tell a repetition; failures are tried again after a growing pause and
kept as codes, because what a server answers may quote what it was sent.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import logging
import smtplib
import ssl
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Any

import httpx
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot.handoff import fhir
from bot.records import Database
from bot.records.models import Handoff, OutboxItem, utcnow
from bot.settings import Settings

logger = logging.getLogger(__name__)

LEASE = timedelta(minutes=2)
FIRST_PAUSE = timedelta(seconds=30)
LONGEST_PAUSE = timedelta(hours=6)
MAX_ATTEMPTS = 16  # with these pauses: over a day and a half
POLL_S = 2
TIMEOUT_S = 20


class DeliveryError(Exception):
    """A delivery failed; ``code`` says how, and nothing of what was sent or answered."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True)
class Parcel:
    """What is to be delivered, ready outside of any transaction."""

    item_id: int
    channel: str
    key: str
    attempt: int
    handoff: dict[str, Any]  # id, kind, urgency, created: nothing about the person


def enqueue(s: Session, handoff: Handoff, settings: Settings, now: datetime) -> None:
    """Write a row for each channel that is set up. The caller's transaction decides whether they exist."""
    earlier = s.scalar(select(func.count()).select_from(OutboxItem).filter_by(handoff_id=handoff.id)) or 0
    for channel in channels(handoff.kind, settings):
        key = f"{handoff.id}:{channel}:{earlier + 1}"
        s.add(
            OutboxItem(handoff_id=handoff.id, channel=channel, idempotency_key=key, next_attempt_at=now, created_at=now)
        )
    s.flush()


def channels(kind: str, settings: Settings) -> list[str]:
    """Where a kind of handoff is told of."""
    ready = {
        "email": settings.smtp_host and settings.notify_to,
        "webhook": settings.webhook_url,
        "fhir": settings.fhir_url and kind == "intake",
    }
    return [channel for channel, is_ready in ready.items() if is_ready]


def deliver_due(database: Database, settings: Settings, now: datetime | None = None) -> int:
    """Deliver everything that is due. Returns how many deliveries succeeded."""
    delivered = 0
    while (parcel := _lease(database, now or utcnow())) is not None:
        error = _deliver(parcel, database, settings)
        _note(database, parcel, error, now or utcnow())
        delivered += error is None
    return delivered


def run(database: Database, settings: Settings, stop_event: threading.Event, poll_s: float = POLL_S) -> None:
    """Deliver until told to stop."""
    while not stop_event.is_set():
        try:
            deliver_due(database, settings)
        except Exception as error:  # noqa: BLE001 - a database that is away for a moment must not end the worker
            logger.error("Outbox: %s; trying again.", type(error).__name__)
        stop_event.wait(poll_s)


def _lease(database: Database, now: datetime) -> Parcel | None:
    with database.session() as s:
        item = s.scalars(
            select(OutboxItem)
            .filter_by(status="pending")
            .where(OutboxItem.next_attempt_at <= now)
            .order_by(OutboxItem.next_attempt_at, OutboxItem.id)
            .limit(1)
            .with_for_update(skip_locked=True)
        ).first()
        if item is None:
            return None
        item.attempts += 1
        item.next_attempt_at = now + LEASE
        handoff = s.get(Handoff, item.handoff_id)
        about = {
            "id": handoff.id,
            "kind": handoff.kind,
            "urgency": handoff.urgency,
            "created": handoff.created_at.isoformat(),
        }
        return Parcel(item.id, item.channel, item.idempotency_key, item.attempts, about)


def _note(database: Database, parcel: Parcel, error: str | None, now: datetime) -> None:
    with database.session() as s:
        item = s.get(OutboxItem, parcel.item_id)
        item.error = error
        if error is None:
            item.status, item.delivered_at = "delivered", now
        elif item.attempts >= MAX_ATTEMPTS:
            item.status = "dead"
            logger.error("Outbox: gave up on %s for handoff %s (%s).", parcel.channel, parcel.handoff["id"], error)
        else:
            item.next_attempt_at = now + min(FIRST_PAUSE * 2 ** (item.attempts - 1), LONGEST_PAUSE)


def _deliver(parcel: Parcel, database: Database, settings: Settings) -> str | None:
    """Make one attempt. Returns None, or the code of the error."""
    send: Callable[[Parcel, Database, Settings], None]
    send = {"email": _email, "webhook": _webhook, "fhir": _fhir}[parcel.channel]
    try:
        send(parcel, database, settings)
    except DeliveryError as error:
        return error.code
    except smtplib.SMTPAuthenticationError:
        return "smtp-auth"
    except smtplib.SMTPResponseException as error:
        return f"smtp-{error.smtp_code}"
    except smtplib.SMTPRecipientsRefused:
        return "smtp-recipients"
    except smtplib.SMTPException:
        return "smtp"
    except httpx.TimeoutException:
        return "timeout"
    except ssl.SSLError:
        return "tls"
    except (httpx.HTTPError, httpx.InvalidURL, OSError):
        return "connect"
    except Exception as error:  # noqa: BLE001 - one delivery that cannot be made must not hold up the others
        return f"internal-{type(error).__name__}"[:64]
    return None


def notice(parcel: Parcel, settings: Settings) -> EmailMessage:
    """The e-mail: that something waits, where, and whether it is urgent. Nothing about the person or what it is."""
    urgent = parcel.handoff["urgency"] in ("stat", "urgent")
    message = EmailMessage()
    message["Subject"] = "Urgent: a new item is waiting" if urgent else "A new item is waiting"
    message["From"] = settings.notify_from or "onward-assistant@localhost"
    message["To"] = ", ".join(settings.notify_to)
    message["Date"] = format_datetime(datetime.fromisoformat(parcel.handoff["created"]))
    message["Message-ID"] = f"<{parcel.key.replace(':', '.')}@onward-assistant>"
    message["Auto-Submitted"] = "auto-generated"
    if urgent:
        message["Importance"] = "high"
        message["X-Priority"] = "1"
    link = f"{settings.staff_url}/handoffs/{parcel.handoff['id']}"
    message.set_content(
        f"A new item is waiting in the staff console{' and is urgent' if urgent else ''}.\n\n{link}\n\n"
        "This notice holds no personal information. Log in to read it.\n"
    )
    return message


def _email(parcel: Parcel, database: Database, settings: Settings) -> None:
    if not (settings.smtp_host and settings.notify_to):
        raise DeliveryError("not-configured")
    with smtplib.SMTP(settings.smtp_host, settings.smtp_port, timeout=TIMEOUT_S) as server:
        if settings.smtp_starttls:
            server.starttls(context=ssl.create_default_context())
        if settings.smtp_user:
            server.login(settings.smtp_user, settings.smtp_password)
        refused = server.send_message(notice(parcel, settings))
    if refused:
        logger.warning("Outbox: %d of the recipients were refused.", len(refused))


def _webhook(parcel: Parcel, database: Database, settings: Settings) -> None:
    if not settings.webhook_url:
        raise DeliveryError("not-configured")
    if not settings.webhook_secret:
        raise DeliveryError("no-webhook-secret")
    about = {**parcel.handoff, "url": f"{settings.staff_url}/handoffs/{parcel.handoff['id']}"}
    body = json.dumps({"event": "handoff.created", "handoff": about}, separators=(",", ":")).encode()
    timestamp = str(int(time.time()))
    headers = {
        "Content-Type": "application/json",
        "X-Onward-Timestamp": timestamp,
        "X-Onward-Signature": signature(settings.webhook_secret, timestamp, body),
    }
    _post(settings.webhook_url, body, parcel, headers)


def signature(secret: str, timestamp: str, body: bytes) -> str:
    """The webhook's signature: HMAC-SHA256 over ``timestamp.body``; the time lets a receiver refuse old ones."""
    return "sha256=" + hmac.new(secret.encode(), f"{timestamp}.".encode() + body, hashlib.sha256).hexdigest()


def _fhir(parcel: Parcel, database: Database, settings: Settings) -> None:
    if not settings.fhir_url:
        raise DeliveryError("not-configured")
    headers = {"Content-Type": "application/fhir+json", "Accept": "application/fhir+json"}
    if settings.fhir_token:
        headers["Authorization"] = f"Bearer {settings.fhir_token}"
    with database.reading() as s:
        bundle = fhir.bundle(s.get(Handoff, parcel.handoff["id"]))
    _post(settings.fhir_url, json.dumps(bundle, ensure_ascii=False).encode(), parcel, headers)


def _post(url: str, body: bytes, parcel: Parcel, headers: dict[str, str]) -> None:
    # No redirects: they would carry a signed or clinical body to a place that nobody configured.
    answer = httpx.post(
        url, content=body, headers={**headers, "Idempotency-Key": parcel.key}, timeout=TIMEOUT_S, follow_redirects=False
    )
    if not answer.is_success:
        raise DeliveryError(f"http-{answer.status_code}")
