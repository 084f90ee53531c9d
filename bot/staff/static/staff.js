/* Three small helpers; the console works without them.
   1. Warns before the automatic logoff and leaves the page when it is due, so that nobody reads a screen left alone.
   2. Says when something new arrived while the queue stands open.
   3. Adds new messages to a conversation that stands open.
   What comes from the server is set as text, never as HTML. */
"use strict";

(() => {
  const idle = Number(document.body.dataset.idleSeconds) * 1000;
  const dialog = document.getElementById("idle");
  const warnFor = Math.min(120000, idle / 2);
  let loaded = Date.now();
  let leaving = false;

  function leave() { // once: a second request would swallow the message that says why
    if (!leaving) location.replace("/login");
    leaving = true;
  }

  function inWords(ms) {
    const seconds = Math.max(0, Math.ceil(ms / 1000));
    return seconds > 60 ? Math.ceil(seconds / 60) + " minutes" : seconds + (seconds === 1 ? " second" : " seconds");
  }

  function check() {
    const left = loaded + idle - Date.now();
    if (left <= -2000) {
      leave();
    } else if (left <= warnFor) {
      document.getElementById("idle-left").textContent = inWords(left);
      if (!dialog.open) dialog.showModal();
    }
  }

  async function stay() {
    const answer = await fetch("/session.json", { headers: { Accept: "application/json" } }).catch(() => null);
    if (!answer) return;
    if (!answer.ok) return leave();
    loaded = Date.now();
    dialog.close();
  }

  if (idle && dialog) {
    document.getElementById("idle-stay").addEventListener("click", stay);
    dialog.addEventListener("cancel", (event) => { event.preventDefault(); stay(); });
    document.addEventListener("visibilitychange", check);
    setInterval(check, 1000);
  }

  function every(element, address, use) {
    const ask = async () => {
      if (document.hidden || leaving) return;
      const answer = await fetch(address(), { headers: { Accept: "application/json" } }).catch(() => null);
      if (answer && answer.status === 401) leave();
      if (answer && answer.ok) use(await answer.json());
    };
    setInterval(ask, Number(element.dataset.every) * 1000);
  }

  const news = document.getElementById("news");
  if (news) {
    let shown = "";
    every(news, () => news.dataset.url, (counts) => {
      const text = !counts.new ? "" :
        (counts.stat ? counts.stat + " new stat. " : "") + counts.new + (counts.new === 1 ? " new handoff has" : " new handoffs have") + " arrived. ";
      if (text === shown) return;
      shown = text;
      news.textContent = text;
      if (text) {
        const link = document.createElement("a");
        link.href = location.pathname + location.search;
        link.textContent = "Show";
        news.append(link);
      }
    });
  }

  const chat = document.getElementById("chat");
  if (chat) {
    const last = () => Number(chat.lastElementChild ? chat.lastElementChild.dataset.id : 0);
    const line = (name, text) => {
      const element = document.createElement("p");
      element.className = name;
      element.textContent = text;
      return element;
    };
    every(chat, () => chat.dataset.url + "?after=" + last(), (news) => {
      for (const message of news.messages) {
        if (message.id <= last()) continue;
        const item = document.createElement("li");
        item.className = message.by;
        item.dataset.id = message.id;
        item.append(line("quiet", message.author + ", " + message.at + (message.waiting ? ", not answered" : "")), line("text", message.text));
        if (message.choices.length) item.append(line("quiet", "Offered: " + message.choices.join(" \u00b7 ")));
        chat.append(item);
      }
    });
  }

  const print = document.querySelector("[data-print]");
  if (print) print.addEventListener("click", () => window.print());
})();
