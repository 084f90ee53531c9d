/*
 * The chat in the browser: shows a conversation that the server keeps.
 *
 * The server's list of messages is the truth, and a message's id is its place in it. What comes twice (a reply, the
 * same reply again after a retry, the event stream, a poll) is shown once, and what comes late is put where it belongs.
 * Each message that is sent carries a random id of its own and keeps it through every retry, so the server answers it
 * once.
 *
 * Nothing that anybody wrote becomes HTML: every text is a text node, and every link is made here from a fixed table, a
 * telephone number, or a source whose address is http or https. The browser's storage holds the session token only.
 */
"use strict";

(() => {
  const LIMIT = 2000; // characters a message; the server has the last word
  const NEAR_LIMIT = 200; // the count shows from this many left
  const TOKEN = "onward-chat-token";
  const EXIT = "https://www.weather.gov/";
  const BACKOFF = [1, 2, 4, 8, 15, 30]; // seconds between tries
  const POLL = 5; // seconds, where the event stream does not get through
  const HIDDEN_POLL = 20; // seconds, while the page is in the background
  const SILENCE = 40; // seconds without a byte after which an event stream counts as dead
  const REQUEST_TIMEOUT = 45; // seconds; the server gives up on a turn before that
  const TRIES = 5; // of a message that the server cannot take, before it goes back into the box
  const DOUBLE_ESCAPE = 1500; // milliseconds between two presses

  const CONNECTED = "onward-connected"; // an event of ours: something got through again, so whatever waits may try

  const ERASE = "erase"; // the choice after which the server has deleted what was written
  const QUIET = new Set(["why", "skip", "back"]);
  const CALLS = {
    call_988: ["tel:988", "988"],
    text_988: ["sms:988", "988"],
    call_911: ["tel:911", "911"],
    call_veterans: ["tel:988", "988, then press 1"],
    text_veterans: ["sms:838255", "838255"],
    text_home: ["sms:741741?body=HOME", "HOME to 741741"],
    call_poison: ["tel:18002221222", "1-800-222-1222"],
    call_dv: ["tel:18007997233", "1-800-799-7233"],
    text_dv: ["sms:88788?body=START", "START to 88788"],
    call_call_to_safety: ["tel:18882355333", "1-888-235-5333"],
    call_rainn: ["tel:18006564673", "1-800-656-4673"],
    call_abuse_report: ["tel:18555037233", "1-855-503-7233"],
    call_childhelp: ["tel:18004224453", "1-800-422-4453"],
    call_local: ["tel:15035854949", "503-585-4949"],
  };
  const CALLS_ES = { ...CALLS, text_988: ["sms:988?body=AYUDA", "988"] }; // the word that asks for Spanish
  const WORD = "([A-Z]{3,8})"; // that a text message has to hold
  const TEXTING = new RegExp(
    `\\b(?:[Tt]ext(?:ing)?(?: ${WORD} to)?|(?:[Ee]nv(?:íe|iar) ${WORD}|[Ee]scrib(?:ir|a uno nuevo)) al) $`,
  );
  const AUTHORS = { bot: "Assistant", staff: "Clinic team", visitor: "You" };
  const KINDS = new Set(["message", "question", "crisis", "check_in", "notice"]);

  const byId = (id) => document.getElementById(id);
  const [scroller, log, typing, jump, statusLine, announcer, trouble, retry] =
    ["scroller", "log", "typing", "jump", "status", "announce", "trouble", "retry"].map(byId);
  const [composer, box, count, startOver, leaveButton, confirmBox, about, aboutToggle, aboutBack] =
    ["composer", "message-box", "count", "start-over", "leave", "confirm", "about", "about-toggle", "about-back"]
      .map(byId);
  const [alone, joined] = ["alone", "joined"].map(byId);
  const root = document.documentElement;
  const embedded = root.classList.contains("embedded") && window.parent !== window;

  // ---------------------------------------------------------------- small things

  const wait = (seconds) => new Promise((done) => setTimeout(done, seconds * 1000));

  /** Waits that long, or until one of the events: [target, name]. */
  const waitFor = (seconds, ...events) =>
    new Promise((done) => {
      const end = () => {
        clearTimeout(timer);
        for (const [target, name] of events) target.removeEventListener(name, end);
        done();
      };
      const timer = setTimeout(end, seconds * 1000);
      for (const [target, name] of events) target.addEventListener(name, end);
    });

  /** Waits before another try, or goes on at once when the connection is back or the visitor asks for it. */
  const waitToRetry = (seconds) => waitFor(seconds, [window, "online"], [document, CONNECTED], [retry, "click"]);

  const backoff = (failures) => BACKOFF[Math.min(failures, BACKOFF.length - 1)] * (0.85 + 0.3 * Math.random());

  /** Characters as the server counts them: an emoji is one. */
  const characters = (text) => Array.from(text).length;

  /** A text as the server keeps it, without control characters and the white space around it. */
  const tidy = (text) => text.replace(/[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]/g, "").trim();

  const charactersWord = (n) => `${n} ${n === 1 ? "character" : "characters"}`;

  const uuid = () => {
    if (crypto.randomUUID) return crypto.randomUUID(); // only on https and localhost
    const bytes = crypto.getRandomValues(new Uint8Array(16));
    bytes[6] = (bytes[6] & 0x0f) | 0x40;
    bytes[8] = (bytes[8] & 0x3f) | 0x80;
    const hex = Array.from(bytes, (b) => b.toString(16).padStart(2, "0")).join("");
    return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
  };

  const element = (tag, className, ...children) => {
    const node = document.createElement(tag);
    if (className) node.className = className;
    node.append(...children); // strings become text nodes
    return node;
  };

  // ---------------------------------------------------------------- the token, all that is kept in the browser

  const token = {
    value: null,
    load() {
      try {
        this.value = sessionStorage.getItem(TOKEN);
      } catch {
        // storage is off: the conversation lasts as long as the page
      }
    },
    keep(value) {
      this.value = value;
      try {
        sessionStorage.setItem(TOKEN, value);
      } catch {
        // as above
      }
    },
    /** It is of no use any more; a reload before there is another one should still find out and say so. */
    drop() {
      this.value = null;
    },
    forget() {
      this.value = null;
      try {
        sessionStorage.removeItem(TOKEN);
      } catch {
        // as above
      }
    },
  };

  // ---------------------------------------------------------------- talking to the server

  /** The server was not reached, or something else answered in its place. */
  class Unreachable extends Error {}

  /** The server answered with an error; the message is made to be shown. */
  class Refused extends Error {
    constructor(status, code, message, retryAfter) {
      super(message);
      this.status = status;
      this.code = code;
      this.retryAfter = retryAfter;
    }
  }

  const authorization = () => (token.value ? { Authorization: `Bearer ${token.value}` } : {});

  async function refusal(response) {
    const body = await response.json().catch(() => null);
    const error = (body && body.error) || {};
    const after = Number.parseInt(response.headers.get("Retry-After") || "", 10);
    return new Refused(response.status, String(error.code || ""), String(error.message || ""), after > 0 ? after : 0);
  }

  async function call(method, path, body) {
    const abort = new AbortController();
    const timer = setTimeout(() => abort.abort(), REQUEST_TIMEOUT * 1000);
    const headers = { Accept: "application/json", ...authorization() };
    if (body) headers["Content-Type"] = "application/json";
    try {
      const response = await fetch(path, {
        method,
        headers,
        body: body ? JSON.stringify(body) : undefined,
        cache: "no-store",
        signal: abort.signal,
      });
      if (!response.ok) throw await refusal(response);
      return await response.json();
    } catch (error) {
      if (error instanceof Refused) throw error;
      throw new Unreachable("no answer");
    } finally {
      clearTimeout(timer);
    }
  }

  const fetchAfter = async (id) => (await call("GET", `/chat/messages?after=${id}`)).messages || [];

  // ---------------------------------------------------------------- what is shown

  const state = {
    epoch: 0, // rises with every new session, so that an answer to an old one is dropped
    ready: false,
    last: 0, // highest id shown
    entries: [], // of this session, in order: {order, id, author, kind, text, node}
    queue: [], // waiting to be sent, in memory only: {id, text} or {id, choice}, with their entry
    delivering: false,
    held: [], // what the stream brought while a message was on its way: shown after its reply
    stream: null,
  };

  const place = (entry) => {
    const index = state.entries.findIndex((other) => other.order > entry.order);
    const next = index < 0 ? null : state.entries[index].node;
    state.entries.splice(index < 0 ? state.entries.length : index, 0, entry);
    log.insertBefore(entry.node, next);
  };

  /** Shows messages of the server; those that are shown already are left as they are. */
  function show(messages) {
    const known = new Set(state.entries.map((entry) => entry.id));
    const fresh = [];
    for (const message of [...messages].sort((a, b) => a.id - b.id)) {
      if (!Number.isInteger(message.id) || known.has(message.id)) continue;
      known.add(message.id);
      state.last = Math.max(state.last, message.id);
      const own = message.author === "visitor" && state.entries.find((entry) => isEcho(entry, message));
      if (own) {
        settle(own, message.id, message.id);
      } else {
        const { id, author, kind, text } = message;
        const entry = { order: id, id, author, kind, text };
        entry.node = messageNode(message);
        place(entry);
        fresh.push(entry);
      }
    }
    refresh();
    return fresh;
  }

  const isEcho = (entry, message) =>
    entry.id === null &&
    entry.author === "visitor" &&
    message.id < entry.order &&
    tidy(String(message.text)) === tidy(entry.text);

  /** A message of the visitor has reached the server. */
  function settle(entry, id, order) {
    entry.id = id;
    entry.order = order;
    entry.node.classList.remove("message--waiting");
    state.entries.splice(state.entries.indexOf(entry), 1);
    const next = state.entries.find((other) => other.order > order);
    state.entries.splice(next ? state.entries.indexOf(next) : state.entries.length, 0, entry);
    const sibling = next ? next.node : null;
    if (entry.node.nextElementSibling !== sibling) log.insertBefore(entry.node, sibling);
  }

  /** Shows a message of the visitor before the server has it. */
  function showOwn(text) {
    const entry = { order: Infinity, id: null, author: "visitor", text };
    entry.node = messageNode({ author: "visitor", kind: "message", text, at: new Date().toISOString() });
    entry.node.classList.add("message--waiting");
    place(entry);
    refresh();
    scrollToEnd();
    return entry;
  }

  /**
   * What depends on the neighbours: the author's name stands once above a run of messages, and choices are open until
   * the visitor has said something after them. Numbers to call stay. The header says who is there.
   */
  function refresh() {
    let before = null;
    for (const entry of state.entries) {
      entry.node.classList.toggle("message--follows", before !== null && before.author === entry.author);
      before = entry;
    }
    let closedBy = null;
    const offered = new Set();
    for (const entry of [...state.entries].reverse()) {
      if (entry.author === "visitor") closedBy = closedBy || entry.node;
      for (const group of entry.node.querySelectorAll(".choices, .quiet")) {
        if (closedBy && group.contains(document.activeElement)) closedBy.focus({ preventScroll: true });
        group.hidden = closedBy !== null;
        for (const button of group.querySelectorAll("button")) {
          button.hidden = closedBy === null && offered.has(button.dataset.choice);
          offered.add(button.dataset.choice);
        }
      }
    }
    joined.hidden = !teamIsHere();
    alone.hidden = teamIsHere();
  }

  /** A person of the team is in the chat from their first message to their notice that they leave. */
  function teamIsHere() {
    const last = state.entries.filter((entry) => entry.author === "staff").pop();
    return Boolean(last) && last.kind !== "notice";
  }

  /** The language that the server's HTML names, else the page's; nothing else of that HTML is used. */
  const languageOf = (message) => (/^<p lang="([a-z]{2,3})">/.exec(message.html) || ["", root.lang])[1];

  function messageNode(message) {
    const author = AUTHORS[message.author] ? message.author : "bot";
    const kind = KINDS.has(message.kind) ? message.kind : "message";
    const node = element("article", `message message--${author} message--${kind.replace("_", "-")}`);
    node.tabIndex = -1;
    node.append(bylineNode(author, message.at));
    const body = element("div", "message__body");
    if (author === "visitor") body.append(element("p", "", String(message.text || "")));
    else body.append(...paragraphs(String(message.text || "")));
    node.append(body);
    if (author !== "visitor") {
      const language = languageOf(message);
      body.lang = language;
      addSources(body, message.sources);
      addChoices(node, body, kind, language, message.choices);
    }
    return node;
  }

  function bylineNode(author, at) {
    const byline = element("p", "message__by", element("span", "message__author", AUTHORS[author]));
    const time = at && new Date(/(?:Z|[+-]\d\d:?\d\d)$/.test(at) ? at : `${at}Z`);
    if (time && !Number.isNaN(time.getTime())) {
      const clock = time.toLocaleTimeString([], { hour: "numeric", minute: "2-digit" });
      const shown = element("time", "message__time", clock);
      shown.dateTime = time.toISOString();
      byline.append(" ", shown);
    }
    return byline;
  }

  /** Plain text to paragraphs and lists; a line that starts with a dash or a bullet is an item. */
  function paragraphs(text) {
    const nodes = [];
    for (const block of text.split(/\n\s*\n/)) {
      let list = null;
      let paragraph = null;
      for (const line of block.split("\n").filter((part) => part.trim())) {
        const item = /^\s*[-•*]\s+(.*)$/.exec(line);
        if (item) {
          if (!list) nodes.push((list = element("ul")));
          list.append(element("li", "", ...withNumbers(item[1])));
          paragraph = null;
        } else {
          list = null;
          if (paragraph) paragraph.append(element("br"), ...withNumbers(line));
          else nodes.push((paragraph = element("p", "", ...withNumbers(line))));
        }
      }
    }
    return nodes;
  }

  /** Splits a text into text and links to the telephone numbers in it. */
  function withNumbers(text) {
    const parts = [];
    let from = 0;
    for (const found of text.matchAll(/(?:\+?1[-. ])?\(?\d{3}\)?[-. ]\d{3}[-. ]\d{4}|\d{3,6}/g)) {
      const end = found.index + found[0].length;
      const href = numberHref(found[0], text.slice(0, found.index), text.slice(end));
      if (!href) continue;
      const link = element("a", "number", found[0]);
      link.href = href;
      parts.push(text.slice(from, found.index), link);
      from = end;
    }
    parts.push(text.slice(from));
    return parts.filter((part) => part !== "");
  }

  function numberHref(shown, before, after) {
    if (/[\w$#.,/-]$/.test(before) || /^(?:\w|[-.,/]\d|%)/.test(after)) return null; // part of something longer
    const digits = shown.replace(/\D/g, "");
    const texting = TEXTING.exec(before);
    const sms = texting && !/\b(?:call|dial)(?: or|,)\s+text\s+$/i.test(before);
    if (digits.length >= 10) return `tel:${digits.length === 10 ? "1" : ""}${digits}`;
    if (digits === "911") return "tel:911";
    if (digits === "988" && !sms) return "tel:988";
    if (["988", "838255", "741741", "88788"].includes(digits) && sms) {
      const word = texting[1] || texting[2];
      return `sms:${digits}${word ? `?body=${word}` : ""}`;
    }
    return null;
  }

  function addSources(body, sources) {
    const list = element("ul");
    for (const source of Array.isArray(sources) ? sources : []) {
      const title = String(source.title || source.url || "");
      const address = webAddress(source.url);
      if (!title) continue;
      if (!address) {
        list.append(element("li", "", title));
        continue;
      }
      const link = element("a", "", title, element("span", "visually-hidden", " (opens in a new tab)"));
      link.href = address;
      link.target = "_blank";
      link.rel = "noopener noreferrer";
      list.append(element("li", "", link));
    }
    if (!list.childElementCount) return;
    body.append(element("details", "sources", element("summary", "", `Sources (${list.childElementCount})`), list));
  }

  function webAddress(value) {
    try {
      const address = new URL(String(value));
      return address.protocol === "https:" || address.protocol === "http:" ? address.href : null;
    } catch {
      return null;
    }
  }

  function addChoices(node, body, kind, language, choices) {
    const numbers = language === "es" ? CALLS_ES : CALLS;
    const calls = element("div", "calls");
    const open = element("div", "choices");
    const quiet = element("div", "quiet");
    for (const choice of Array.isArray(choices) ? choices : []) {
      const id = String(choice.id || "");
      const label = String(choice.label || "");
      const own = Object.prototype.hasOwnProperty.call(numbers, id) ? numbers[id] : null;
      if (!label) continue;
      if (own || callTarget(id, label)) {
        const [href, digits] = own || [callTarget(id, label), ""];
        const seen = digits.split(" ").some((word) => /\d/.test(word) && label.includes(word.replace(/\D+$/, "")));
        const link = element("a", "button button--call", seen || !digits ? label : `${label}: ${digits}`);
        link.href = href;
        link.lang = language; // the group around it is named in the page's language
        calls.append(link);
      } else {
        const button = element("button", QUIET.has(id) ? "quiet__button" : "button button--choice", label);
        button.type = "button";
        button.dataset.choice = id;
        button.lang = language;
        button.addEventListener("click", () => (id === "quick_exit" ? leave() : choose(id, label)));
        (QUIET.has(id) ? quiet : open).append(button);
      }
    }
    for (const [group, name] of [
      [calls, "Call or text for help"],
      [open, kind === "question" ? "Answers" : "Choices"],
      [quiet, "About this question"],
    ]) {
      if (!group.childElementCount) continue;
      group.setAttribute("role", "group");
      group.setAttribute("aria-label", name);
      node.append(group);
    }
    const question = body.querySelector(":scope > p:last-of-type");
    if (kind === "question" && question && question.textContent.length < 200) {
      question.id = `question-${uuid()}`;
      open.removeAttribute("aria-label");
      open.setAttribute("aria-labelledby", question.id);
    }
  }

  /** A number to call in the label of a choice such as call_clinic that the table does not know. */
  function callTarget(id, label) {
    const digits = id.startsWith("call_") ? label.replace(/\D/g, "") : "";
    if (digits.length === 10) return `tel:1${digits}`;
    return digits.length === 11 && digits[0] === "1" ? `tel:${digits}` : null;
  }

  /** A line between two sessions, or about the connection; not part of the conversation that the server keeps. */
  function showNote(text) {
    log.append(element("p", "note", text));
  }

  // ---------------------------------------------------------------- scrolling

  // On a low screen, or at 400 % zoom, the page scrolls as a whole and the list does not.
  const scrolling = () => (getComputedStyle(scroller).overflowY === "visible" ? document.scrollingElement : scroller);
  const distanceToEnd = () => {
    const area = scrolling();
    return area.scrollHeight - area.clientHeight - area.scrollTop;
  };
  const atEnd = () => distanceToEnd() < 60;
  const smooth = () => (matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth");

  let following = true; // the end is in view, and stays there when something is added or the page changes its size
  let gliding = 0; // until when a scroll of ours is under way and says nothing about what the reader wants

  function glide(top, behavior) {
    const area = scrolling();
    gliding = performance.now() + (behavior === "smooth" ? 800 : 100);
    area.scrollTo({ top, behavior });
    updateJump();
  }

  function scrollToEnd(behavior = "auto") {
    following = true;
    glide(scrolling().scrollHeight, behavior);
  }

  /** Brings a reply into view, but never its first line out of it: a long one is read from the top. */
  function reveal(fresh, follow) {
    if (!fresh.length) return;
    if (!follow) {
      jump.dataset.fresh = "true";
      updateJump();
      return;
    }
    const area = scrolling();
    const bar = document.querySelector(".crisis-bar"); // stays at the top when the page scrolls as a whole
    const top = area === scroller ? area.getBoundingClientRect().top : bar.offsetHeight;
    const first = fresh[0].node.getBoundingClientRect().top - top + area.scrollTop - 12;
    const end = area.scrollHeight - area.clientHeight;
    following = first >= end;
    glide(Math.min(first, end), smooth());
  }

  const keepPlace = () => (following ? scrollToEnd() : updateJump());

  function scrolled() {
    if (atEnd()) following = true;
    else if (performance.now() > gliding) following = false;
    updateJump();
  }

  let jumpTimer = 0;

  function updateJump() {
    clearTimeout(jumpTimer);
    if (atEnd()) {
      delete jump.dataset.fresh;
      jump.hidden = true;
    } else {
      jumpTimer = setTimeout(() => {
        const text = jump.dataset.fresh ? "New message" : "More below";
        if (jump.textContent !== text) jump.textContent = text;
        jump.hidden = atEnd();
      }, 300); // not in the middle of a smooth scroll
    }
  }

  // ---------------------------------------------------------------- status

  let statusTimer = 0;

  /** One line above the box: "lost" and "busy" stay until said otherwise. */
  function say(text, tone = "") {
    clearTimeout(statusTimer);
    if (statusLine.textContent !== text) statusLine.textContent = text;
    statusLine.dataset.tone = text ? tone : "";
  }

  function connectionLost() {
    say("Connection lost, trying again. What you write is kept on this page until it can be sent.", "lost");
  }

  function connectionWorks() {
    trouble.hidden = true;
    if (statusLine.dataset.tone === "lost") {
      say("Connected again.");
      statusTimer = setTimeout(() => say(""), 4000);
      document.dispatchEvent(new Event(CONNECTED));
    } else if (statusLine.dataset.tone === "busy") {
      say("");
    }
  }

  /** The stream or a poll got through; that says nothing about an assistant that does not answer. */
  function streamWorks() {
    if (statusLine.dataset.tone === "lost") connectionWorks();
  }

  let typingTimer = 0;
  let typingSpoken = 0;

  function showTyping(on) {
    clearTimeout(typingTimer);
    clearTimeout(typingSpoken);
    if (!on || teamIsHere()) {
      typing.hidden = true;
      announcer.textContent = "";
      return;
    }
    typingTimer = setTimeout(() => {
      typing.hidden = false;
      if (following) scrollToEnd();
    }, 250);
    typingSpoken = setTimeout(() => (announcer.textContent = "The assistant is writing."), 2500);
  }

  // ---------------------------------------------------------------- sessions

  /** Begins a session; shows the ways to reach people while that fails. */
  async function startSession() {
    const epoch = state.epoch;
    for (let failures = 0; epoch === state.epoch; failures += 1) {
      try {
        const session = await call("POST", "/chat/session", {});
        if (epoch !== state.epoch) return;
        if (typeof session.token !== "string") throw new Unreachable("no token");
        token.keep(session.token);
        opened(session.messages || []);
        return;
      } catch (error) {
        if (epoch !== state.epoch) return;
        if (error.status === 429) {
          await waitOut(error, "A lot of chats are starting.");
        } else {
          say("");
          trouble.hidden = false;
          await waitToRetry(backoff(failures + 2));
          if (failures === 0) say("Trying to reach the chat again.", "busy");
        }
      }
    }
  }

  async function waitOut(error, reason) {
    const seconds = Math.min(error.retryAfter || 5, 60);
    say(`${reason} Trying again in ${seconds} ${seconds === 1 ? "second" : "seconds"}.`, "busy");
    await wait(seconds);
  }

  /** Shows the conversation of the token after a reload. */
  async function resumeSession() {
    const epoch = state.epoch;
    for (let failures = 0; epoch === state.epoch; failures += 1) {
      try {
        const messages = await fetchAfter(0);
        if (epoch === state.epoch) opened(messages);
        return;
      } catch (error) {
        if (epoch !== state.epoch) return;
        if (error.status === 401 || error.status === 404) {
          await renewSession();
          return;
        }
        if (error.status === 429) {
          await waitOut(error, "The chat is busy.");
        } else {
          connectionLost();
          trouble.hidden = failures < 2;
          await waitToRetry(backoff(failures));
        }
      }
    }
  }

  function opened(messages) {
    connectionWorks();
    state.ready = true;
    if (messages.length > 5) {
      log.setAttribute("aria-live", "off"); // a whole conversation is not read out on a reload
      setTimeout(() => log.setAttribute("aria-live", "polite"), 1000);
    }
    const waiting = state.entries.filter((entry) => entry.id === null);
    const fresh = show(messages);
    if (waiting.length || fresh.length > 3) scrollToEnd();
    else updateJump();
    startOver.hidden = false;
    listen(state.epoch);
    deliver();
  }

  let renewing = null;

  /** The server no longer knows the conversation: begin another, say so, and send there what still waits. */
  function renewSession() {
    renewing =
      renewing ||
      (async () => {
        token.drop();
        const waiting = endSession();
        for (const group of log.querySelectorAll(".choices, .quiet")) group.remove();
        showNote("Your earlier chat has ended, so this is a new one. Nothing is wrong with what you wrote.");
        for (const entry of waiting) place(entry);
        refresh();
        await startSession();
      })().finally(() => {
        renewing = null;
      });
    return renewing;
  }

  /** Forgets the session but not what waits to be sent; choices of it mean nothing in another one. */
  function endSession() {
    state.epoch += 1;
    if (state.stream) state.stream.abort();
    const lost = state.queue.filter((item) => item.choice);
    for (const item of lost) item.entry.node.remove();
    state.queue = state.queue.filter((item) => !item.choice);
    const waiting = state.queue.map((item) => item.entry);
    Object.assign(state, { ready: false, last: 0, entries: [], held: [], delivering: false });
    showTyping(false);
    return waiting;
  }

  async function beginAgain() {
    token.forget();
    state.queue = [];
    endSession();
    log.replaceChildren();
    say("");
    (matchMedia("(pointer: fine)").matches ? box : byId("chat-title")).focus();
    await startSession();
  }

  // ---------------------------------------------------------------- sending

  function send(text) {
    const id = uuid();
    state.queue.push({ id, text, entry: showOwn(text) });
    deliver();
  }

  function choose(choice, label) {
    const id = uuid();
    state.queue.push({ id, choice, entry: showOwn(label) });
    deliver();
  }

  /** Sends what waits, one after the other. A new session does not wait for what the one before it has under way. */
  async function deliver() {
    if (state.delivering) return;
    state.delivering = true;
    const epoch = state.epoch;
    try {
      while (epoch === state.epoch && state.ready && state.queue.length) await deliverOne(state.queue[0]);
    } finally {
      if (epoch === state.epoch) {
        state.delivering = false;
        showTyping(false);
      }
    }
  }

  async function deliverOne(item) {
    const body = item.choice ? { id: item.id, choice: item.choice } : { id: item.id, text: item.text };
    for (let failures = 0; ; failures += 1) {
      const epoch = state.epoch;
      showTyping(true);
      try {
        const { messages } = await call("POST", "/chat/messages", body);
        if (epoch !== state.epoch) return;
        connectionWorks();
        state.queue.shift();
        showTyping(false);
        showReply(item, Array.isArray(messages) ? messages : []);
        return;
      } catch (error) {
        if (epoch !== state.epoch) return;
        showTyping(false);
        releaseHeld();
        if (error instanceof Refused && !(await mayTryAgain(item, error, failures))) return;
        if (error instanceof Unreachable) {
          connectionLost();
          if (failures >= 2) trouble.hidden = false;
          await waitToRetry(backoff(failures));
        }
        if (epoch !== state.epoch) return;
      }
    }
  }

  async function mayTryAgain(item, error, failures) {
    if (error.status === 401) {
      await renewSession();
      return false;
    }
    if (error.status === 429) {
      await waitOut(error, "That was a lot at once. Your message is kept.");
      return true;
    }
    if (error.status >= 500 || error.status === 408) {
      if (failures + 1 < TRIES) {
        say("The assistant isn't answering. Your message is kept, and this page is trying again.", "busy");
        if (failures >= 1) trouble.hidden = false;
        await waitToRetry(backoff(failures));
        return true;
      }
      trouble.hidden = false;
    }
    giveBack(item, error);
    return false;
  }

  /** The server does not take it: nothing is lost, the words go back into the box. */
  function giveBack(item, error) {
    state.queue.shift();
    state.entries = state.entries.filter((entry) => entry !== item.entry);
    item.entry.node.remove();
    if (item.text) {
      box.value = box.value ? `${item.text}\n${box.value}` : item.text;
      boxChanged();
    }
    refresh();
    const kept = item.text ? " Your words are back in the box." : "";
    say(`${error.message || "That could not be sent."}${kept}`, "problem");
  }

  function showReply(item, messages) {
    const follow = following;
    if (item.choice === ERASE) {
      log.replaceChildren();
      state.entries = [];
      state.held = [];
    } else if (item.entry.id === null) {
      const own = messages.find((message) => isEcho(item.entry, message) && message.author === "visitor");
      const replies = messages.filter((message) => message.author !== "visitor").map((message) => message.id);
      // Without an echo its id is not known, but its place is: just before its reply. Where nobody replies, as while
      // the team has taken over, the stream brings the echo.
      if (!own) settle(item.entry, null, replies.length ? Math.min(...replies) - 0.5 : Infinity);
    }
    const fresh = show([...state.held.splice(0), ...messages]);
    reveal(fresh, follow);
  }

  // ---------------------------------------------------------------- hearing from the server

  /** Messages that nobody asked for, of staff or of another tab. */
  function receive(messages) {
    if (state.delivering && state.queue.length) {
      state.held.push(...messages);
      return;
    }
    const follow = following;
    const fresh = show(messages);
    reveal(fresh, follow);
    if (fresh.length && document.hidden) document.title = `New message · ${title}`;
  }

  function releaseHeld() {
    const follow = following;
    reveal(show(state.held.splice(0)), follow);
  }

  async function listen(epoch) {
    let streaming = typeof ReadableStream !== "undefined" && typeof TextDecoder !== "undefined";
    let failures = 0;
    while (epoch === state.epoch) {
      try {
        if (streaming && !document.hidden) {
          streaming = await readStream(epoch);
          if (streaming) await wait(1);
        } else {
          await waitFor(document.hidden ? HIDDEN_POLL : POLL, [document, "visibilitychange"]);
          if (epoch !== state.epoch) return;
          const messages = await fetchAfter(state.last);
          if (epoch !== state.epoch) return;
          streamWorks();
          receive(messages);
        }
        failures = 0;
      } catch (error) {
        if (epoch !== state.epoch) return;
        if (error.status === 401) {
          await renewSession();
          return;
        }
        if (error instanceof Refused && error.status < 500 && error.status !== 429) streaming = false;
        if (error instanceof Unreachable) connectionLost();
        await waitToRetry(Math.max(backoff(failures), error.retryAfter || 0));
        failures += 1;
      }
    }
  }

  /**
   * Reads one event stream to its end. EventSource cannot send the Authorization header, so this is fetch().
   * Returns false when the stream never brought a byte, as behind a proxy that buffers.
   */
  async function readStream(epoch) {
    const abort = new AbortController();
    state.stream = abort;
    const stop = () => document.hidden && abort.abort();
    document.addEventListener("visibilitychange", stop);
    let heard = false;
    let silent = false;
    const silence = () => {
      silent = true;
      abort.abort();
    };
    let watchdog = setTimeout(silence, SILENCE * 1000);
    try {
      const response = await fetch(`/chat/events?after=${state.last}`, {
        headers: { Accept: "text/event-stream", ...authorization() },
        cache: "no-store",
        signal: abort.signal,
      });
      if (!response.ok) throw await refusal(response);
      if (!(response.headers.get("Content-Type") || "").startsWith("text/event-stream") || !response.body) return false;
      const reader = response.body.getReader();
      const decoder = new TextDecoder();
      let buffer = "";
      for (;;) {
        const { done, value } = await reader.read();
        if (done || epoch !== state.epoch) return true;
        if (!heard) streamWorks();
        heard = true;
        clearTimeout(watchdog);
        watchdog = setTimeout(silence, SILENCE * 1000);
        buffer += decoder.decode(value, { stream: true });
        const events = buffer.split(/\r\n\r\n|\n\n|\r\r/);
        buffer = events.pop();
        for (const event of events) receive(eventMessages(event));
      }
    } catch (error) {
      if (error instanceof Refused) throw error;
      if (silent) return heard;
      if (abort.signal.aborted) return true;
      throw new Unreachable("the stream broke");
    } finally {
      clearTimeout(watchdog);
      document.removeEventListener("visibilitychange", stop);
      abort.abort();
      if (state.stream === abort) state.stream = null;
    }
  }

  function eventMessages(event) {
    const data = event
      .split(/\r\n|\n|\r/)
      .filter((line) => line.startsWith("data:"))
      .map((line) => line.slice(5).replace(/^ /, ""))
      .join("\n");
    if (!data) return []; // a comment that keeps the line open
    try {
      const value = JSON.parse(data);
      if (Array.isArray(value.messages)) return value.messages;
      return value.id ? [value] : [];
    } catch {
      return [];
    }
  }

  // ---------------------------------------------------------------- the box

  function boxChanged() {
    box.style.height = "auto";
    box.style.height = `${box.scrollHeight + box.offsetHeight - box.clientHeight}px`;
    const left = LIMIT - characters(tidy(box.value));
    const text = left < 0 ? `${charactersWord(-left)} over the limit` : `${charactersWord(left)} left`;
    count.hidden = left > NEAR_LIMIT;
    count.textContent = count.hidden ? "" : text;
    count.classList.toggle("composer__count--over", left < 0);
    box.setAttribute("aria-invalid", String(left < 0));
    const milestone = left < 0 ? "over" : [0, 20, 50, 100, 200].find((mark) => left <= mark);
    if (milestone !== undefined && milestone !== boxChanged.said) announcer.textContent = text;
    boxChanged.said = milestone;
    if (statusLine.dataset.tone === "problem") say("");
  }

  function submit() {
    const text = tidy(box.value);
    if (!text) {
      box.focus();
      return;
    }
    const over = characters(text) - LIMIT;
    if (over > 0) {
      say(`That is ${charactersWord(over)} too long. Please shorten it or send it in two parts.`, "problem");
      box.focus();
      return;
    }
    box.value = "";
    boxChanged();
    send(text);
  }

  // ---------------------------------------------------------------- leaving, starting over, about

  const title = document.title;
  const hostOrigin = (() => {
    try {
      const host = decodeURIComponent(/[#&]host=([^&]*)/.exec(location.hash)[1]);
      return new URL(host).origin === host ? host : null;
    } catch {
      return null;
    }
  })();

  const tellHost = (what) => {
    if (embedded && hostOrigin) window.parent.postMessage({ onward: what }, hostOrigin);
  };

  /** Clears the page, then leaves it without a way back. */
  function leave() {
    token.forget();
    state.queue = [];
    state.epoch += 1;
    if (state.stream) state.stream.abort();
    box.value = "";
    document.title = "…";
    document.body.replaceChildren();
    if (!embedded) {
      location.replace(EXIT);
      return;
    }
    tellHost("leave"); // the whole page of the site has to go, and its script can do that
    setTimeout(() => {
      try {
        window.top.location.replace(EXIT);
      } catch {
        location.replace(EXIT);
      }
    }, 400);
  }

  let escaped = 0;

  function escapePressed() {
    const now = Date.now();
    if (now - escaped < DOUBLE_ESCAPE) {
      leave();
      return;
    }
    escaped = now;
    if (confirmBox.open) return; // this press closes the question
    if (embedded) {
      tellHost("close");
    } else if (!statusLine.textContent) {
      say("Press Escape once more to leave this page.");
      statusTimer = setTimeout(() => say(""), DOUBLE_ESCAPE);
    }
  }

  const aboutOpen = (open) => {
    root.classList.toggle("about-open", open);
    aboutToggle.setAttribute("aria-expanded", String(open));
    if (!open) updateJump();
  };

  function fitToKeyboard() {
    // On iOS the on-screen keyboard covers the page instead of shrinking it.
    if (window.visualViewport.scale > 1.01) return; // pinched: the reader has chosen what to see
    root.style.setProperty("--visible-height", `${Math.round(window.visualViewport.height)}px`);
    if (following) scrollToEnd();
  }

  function wire() {
    root.classList.add("js");
    leaveButton.hidden = aboutToggle.hidden = aboutBack.hidden = false;

    composer.addEventListener("submit", (event) => {
      event.preventDefault();
      submit();
    });
    box.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.keyCode === 229) return;
      event.preventDefault();
      submit();
    });
    box.addEventListener("input", boxChanged);
    byId("send").addEventListener("mousedown", (event) => event.preventDefault()); // focus stays in the box

    scroller.addEventListener("scroll", scrolled, { passive: true });
    window.addEventListener("scroll", scrolled, { passive: true });
    for (const name of ["wheel", "touchmove"]) {
      window.addEventListener(name, () => (gliding = 0), { passive: true });
    }
    window.addEventListener("resize", keepPlace);
    const sizes = new ResizeObserver(keepPlace);
    for (const part of [trouble, box, statusLine]) sizes.observe(part); // they take room from the conversation
    jump.addEventListener("click", () => {
      scrollToEnd(smooth());
      if (document.activeElement === jump) log.focus({ preventScroll: true });
    });

    leaveButton.addEventListener("click", leave);
    document.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && !event.isComposing && !event.repeat) escapePressed();
    });

    startOver.addEventListener("click", () => confirmBox.showModal());
    byId("confirm-no").addEventListener("click", () => confirmBox.close());
    byId("confirm-yes").addEventListener("click", () => {
      confirmBox.close();
      beginAgain();
    });

    aboutToggle.addEventListener("click", () => aboutOpen(!root.classList.contains("about-open")));
    aboutBack.addEventListener("click", () => {
      aboutOpen(false);
      aboutToggle.focus();
    });
    document.querySelector(".skip-link").addEventListener("click", (event) => {
      event.preventDefault();
      aboutOpen(false);
      box.focus();
    });

    window.addEventListener("offline", connectionLost);
    window.addEventListener("online", () => state.stream && state.stream.abort()); // open it anew, at once
    document.addEventListener("visibilitychange", () => {
      if (!document.hidden) document.title = title;
    });
    window.addEventListener("pageshow", (event) => {
      if (event.persisted && !document.body.childElementCount) location.replace(EXIT);
    });
    window.addEventListener("message", (event) => {
      if (event.source !== window.parent || event.origin !== hostOrigin || !event.data) return;
      if (event.data.onward === "opened") {
        (matchMedia("(hover: hover) and (pointer: fine)").matches ? box : byId("chat-title")).focus();
      }
    });
    if (window.visualViewport) {
      window.visualViewport.addEventListener("resize", fitToKeyboard);
      fitToKeyboard();
    }
  }

  wire();
  tellHost("ready");
  token.load();
  if (token.value) resumeSession();
  else startSession();
})();
