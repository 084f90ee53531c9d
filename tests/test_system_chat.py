"""The HTTP contract of the chat, against the real servers."""
from __future__ import annotations

import json
import socket
import threading
import time
import uuid
from typing import Any, Dict

import httpx
import pytest

from tests.system import System, Visitor

FIELDS = {"id", "author", "text", "html", "choices", "sources", "kind", "at"}


def new_id() -> str:
    return str(uuid.uuid4())


def test_a_session_begins_with_who_is_speaking(visitor: Visitor) -> None:
    greeting = visitor.last[0]
    assert "automated assistant" in greeting["text"] and "988" in greeting["text"]
    assert [c["label"] for c in greeting["choices"]] == ["Ask a question", "Start my history", "Contact me"]


def test_messages_have_the_shape_of_the_contract(visitor: Visitor) -> None:
    visitor.say("does ketamine work for ptsd?")
    for message in visitor.history():
        assert set(message) == FIELDS and message["html"].startswith("<p>")
        assert message["author"] in {"bot", "visitor", "staff"}
        assert message["kind"] in {"message", "question", "crisis", "check_in", "notice"}
        assert all(set(c) == {"id", "label"} for c in message["choices"])
        assert all(set(s) == {"title", "url"} for s in message["sources"])


def test_the_same_id_gives_the_same_reply_and_no_second_turn(visitor: Visitor) -> None:
    body = {"id": new_id(), "text": "what are the side effects"}
    first, second = visitor.send(body), visitor.send(body)
    assert first.json() == second.json()
    assert sum(m["text"] == body["text"] for m in visitor.history()) == 1


def test_the_same_id_at_the_same_time_is_one_turn(visitor: Visitor) -> None:
    body = {"id": new_id(), "text": "is it addictive"}
    replies = []
    threads = [threading.Thread(target=lambda: replies.append(visitor.send(body).json())) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(replies) == 4 and all(r == replies[0] for r in replies)
    assert sum(m["author"] == "visitor" for m in visitor.history()) == 1


def test_two_messages_at_once_are_answered_in_order_without_a_pause(visitor: Visitor) -> None:
    visitor.say("hello")
    texts = ["what does it cost", "is it FDA approved for PTSD"]
    took = []
    while not took or min(took) >= 0.9 and len(took) < 5:  # a busy machine is slow now and then, Rasa's lock at every turn
        before = len(visitor.history())
        done: Dict[str, Any] = {}

        def send(text: str, done: Dict[str, Any] = done) -> None:
            done[text] = visitor.send({"id": new_id(), "text": text}).json()["messages"]

        threads = [threading.Thread(target=send, args=(t,)) for t in texts]
        begun = time.perf_counter()
        for thread in threads:
            thread.start()
            time.sleep(0.005)
        for thread in threads:
            thread.join()
        took.append(time.perf_counter() - begun)
        said = visitor.history()[before:]
        assert sorted(m["text"] for m in said if m["author"] == "visitor") == sorted(texts)
        assert all(done[text] for text in texts), "each message has its own replies"
    assert min(took) < 0.9, "the second message waited for Rasa's one-second lock"


def test_a_reload_shows_everything_once(visitor: Visitor) -> None:
    visitor.say("what is ketamine")
    visitor.say("thanks")
    ids = [m["id"] for m in visitor.history()]
    assert ids == sorted(set(ids))
    after = visitor.http.get("/chat/messages", params={"after": ids[2]}).json()["messages"]
    assert [m["id"] for m in after] == ids[3:]


def test_events_stream_what_comes_later(visitor: Visitor) -> None:
    last = visitor.history()[-1]["id"]
    with visitor.http.stream("GET", "/chat/events", params={"after": last}) as stream:
        assert stream.headers["content-type"].startswith("text/event-stream")
        threading.Timer(0.2, lambda: Visitor.say(visitor, "hello")).start()
        for line in stream.iter_lines():
            if line.startswith("data:"):
                assert json.loads(line[5:])["id"] > last
                break


def test_events_go_on_behind_what_a_browser_had_when_it_connects_again(visitor: Visitor) -> None:
    visitor.say("hello")
    first, *rest = (m["id"] for m in visitor.history())
    with visitor.http.stream("GET", "/chat/events", params={"after": 0}, headers={"Last-Event-ID": str(first)}) as stream:
        seen = (json.loads(line[5:])["id"] for line in stream.iter_lines() if line.startswith("data:"))
        assert [next(seen) for _ in rest] == rest


@pytest.mark.parametrize(
    "status, code, headers, body",
    [
        (401, "unauthorized", {"Authorization": ""}, {"id": "a1", "text": "hi"}),
        (401, "unauthorized", {"Authorization": "Bearer forged.token"}, {"id": "a1", "text": "hi"}),
        (415, "not_json", {"Content-Type": "text/plain"}, {"id": "a1", "text": "hi"}),
        (400, "bad_request", {}, {"id": "a1"}),
        (400, "bad_request", {}, {"text": "hi"}),
        (400, "bad_request", {}, {"id": "a1", "text": "hi", "choice": "greet"}),
        (400, "bad_request", {}, {"id": "a1", "text": 7}),
        (400, "bad_request", {}, {"id": "a1", "text": "   "}),
        (400, "bad_request", {}, {"id": "a1", "text": "\u200b\u2060"}),
        (400, "bad_request", {}, ["a1", "hi"]),
        (409, "unknown_choice", {}, {"id": "a1", "choice": "submit"}),
        (413, "too_long", {}, {"id": "a1", "text": "x" * 2001}),
        (413, "too_long", {}, {"id": "a1", "text": "x" * 40_000}),
    ],
)
def test_each_breach_has_its_error(visitor: Visitor, status: int, code: str, headers: dict, body: Any) -> None:
    sent = {"Content-Type": "application/json", **headers}
    reply = visitor.http.post("/chat/messages", content=json.dumps(body), headers=sent)
    assert reply.status_code == status, reply.text
    assert set(reply.json()) == {"error"} and reply.json()["error"]["code"] == code
    assert reply.json()["error"]["message"]


def test_broken_json_and_unknown_addresses_have_the_same_shape(visitor: Visitor) -> None:
    for content in ("{", "[" * 20_000, '{"id": "a1", "text": ' + "[" * 5000 + "]" * 5000 + "}"):
        broken = visitor.http.post("/chat/messages", content=content, headers={"Content-Type": "application/json"})
        assert broken.status_code == 400 and broken.json()["error"]["code"] == "bad_request"
    unknown = visitor.http.get("/static/nothing.js")
    assert unknown.status_code == 404 and unknown.json()["error"]["code"] == "not_found"


@pytest.mark.parametrize("method, path, status", [("GET", "/chat/no-such-thing", 404), ("DELETE", "/chat/messages", 405), ("GET", "/chat/session", 405)])
def test_what_has_no_route_has_the_same_shape(visitor: Visitor, method: str, path: str, status: int) -> None:
    reply = visitor.http.request(method, path)
    assert reply.status_code == status and set(reply.json()) == {"error"} and set(reply.json()["error"]) == {"code", "message"}


@pytest.mark.parametrize(
    "head, status",
    [
        ("ZEBRA crossing", 400),
        ("POST /chat/messages HTTP/1.1\r\nHost: x\r\nContent-Length: ZEBRA", 503),
        ("POST /chat/session HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nZEBRA", 400),
    ],
)
def test_what_is_no_request_has_the_same_shape_and_stands_in_no_log(system: System, head: str, status: int) -> None:
    url = httpx.URL(system.chat_url)
    with socket.create_connection((url.host, url.port), timeout=60) as raw:
        raw.sendall(f"{head}\r\n\r\n".encode())
        reply = b"".join(iter(lambda: raw.recv(4096), b"")).decode()
    first, _, body = reply.partition("\r\n\r\n")
    assert f" {status} " in first.splitlines()[0] and set(json.loads(body)["error"]) == {"code", "message"}
    assert "ZEBRA" not in system.log()


@pytest.mark.parametrize("after", ["x", "-1", "\u00b2", "1" * 16])
def test_what_is_no_id_of_a_message_is_refused(visitor: Visitor, after: str) -> None:
    assert visitor.http.get("/chat/messages", params={"after": after}).status_code == 400


@pytest.mark.parametrize("letter", ["é", "\U0001f622"])
def test_exactly_2000_characters_pass(visitor: Visitor, letter: str) -> None:
    body = json.dumps({"id": new_id(), "text": letter * 2000})  # escaped, an emoji takes twelve bytes
    assert visitor.http.post("/chat/messages", content=body, headers={"Content-Type": "application/json"}).status_code == 200


def test_what_turns_the_writing_direction_is_left_out(visitor: Visitor) -> None:
    visitor.say("hello \u202ethere\u2066")
    assert visitor.history()[1]["text"] == "hello there"


def test_half_a_character_is_left_out(visitor: Visitor) -> None:
    body = '{"id": "half-1", "text": "I want to kill myself \\ud83d"}'
    reply = visitor.http.post("/chat/messages", content=body, headers={"Content-Type": "application/json"})
    assert reply.status_code == 200 and reply.json()["messages"][0]["kind"] == "crisis"


@pytest.mark.parametrize("text", ["/submit", '/faq{"choice": "cost"}', "/restart", "/session_start", "/crisis", "//", " /start_intake", "//start_intake"])
def test_typed_text_is_never_an_intent(visitor: Visitor, text: str) -> None:
    visitor.say(text)
    assert not visitor.question, "typed text started the form"
    assert visitor.last[0]["kind"] in {"message", "notice"}
    assert visitor.history()[1]["text"] == text.strip()


def test_another_token_sees_another_conversation(system: System, visitor: Visitor) -> None:
    visitor.say("my secret is ZEBRA")
    other = system.visitor()
    assert "ZEBRA" not in json.dumps(other.history())


def test_rasas_own_channels_and_api_are_closed(system: System) -> None:
    for path in ("/webhooks/rest/webhook", "/conversations/default/tracker", "/model/parse", "/socket.io/", "/webhooks/chat/"):
        assert system.look(path).status_code == 404
        assert system.look(path, "POST", json={"sender": "x", "message": "hi"}).status_code in (404, 405)


def test_the_page_shows_help_without_javascript_and_a_strict_policy(system: System) -> None:
    page = system.look("/")
    assert page.status_code == 200 and "988" in page.text and "911" in page.text and "Onward Health &amp; Wellness" in page.text
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'" in policy and "unsafe-inline" not in policy
    assert system.look("//").headers["content-security-policy"] == policy, "Rasa's own greeting answers there"
    assert system.look("/widget.js").headers["content-type"].startswith("text/javascript")


@pytest.mark.parametrize("path", ["/", "/chat", "/widget.js", "/static/chat.css", "/health", "/ready"])
def test_what_can_be_looked_at_can_be_asked_for_its_head(system: System, path: str) -> None:
    whole, head = system.look(path), system.look(path, "HEAD")
    assert head.status_code == whole.status_code == 200 and not head.content
    assert head.headers["content-type"] == whole.headers["content-type"]


def test_health_and_readiness(system: System) -> None:
    assert system.look("/health").status_code == 200
    ready = system.look("/ready")
    assert ready.status_code == 200 and ready.json()["status"] == "ready"
