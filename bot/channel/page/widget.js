/*
 * Puts the chat into any site with one line:  <script src="https://OUR-ORIGIN/widget.js" defer></script>
 *
 * It adds a button and, once that is pressed, an iframe of our own origin. What people write stays in the iframe: the
 * site can neither read nor style it, and nothing is stored on the site. The button lives in a shadow root, so that the
 * site's CSS does not reach it. A bar with "Close" is drawn here, not in the iframe, and so are the crisis numbers that
 * stand in for a chat that does not load: the widget never leaves a reader before an empty box.
 *
 * Optional on the script tag: data-label, the words on the button; data-phone, the clinic's number.
 */
"use strict";

(() => {
  const script = document.currentScript || document.querySelector('script[src$="/widget.js"]');
  const ORIGIN = new URL(script.src).origin;
  const EXIT = "https://www.weather.gov/";
  const TAG = "onward-chat";
  const SLOW = 10000; // milliseconds without a sign of life after which the other ways are shown
  const DOUBLE_ESCAPE = 1500; // milliseconds between two presses
  const SMALL = matchMedia("(max-width: 480px), (max-height: 520px)");

  if (document.querySelector(TAG)) return; // included twice

  const STYLE = `
    :host { all: initial; }
    *, *::before, *::after { box-sizing: border-box; }
    [hidden] { display: none !important; }
    .launcher, .panel {
      font: 16px/1.4 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif;
    }
    .launcher {
      position: fixed; z-index: 2147483000;
      right: max(20px, env(safe-area-inset-right)); bottom: max(20px, env(safe-area-inset-bottom));
      display: inline-flex; align-items: center; gap: 10px;
      min-height: 52px; max-width: calc(100vw - 40px); padding: 10px 20px;
      border: 1px solid #fff; border-radius: 26px; background: #1d5b57; color: #fff; font-weight: 600; text-align: left;
      box-shadow: 0 2px 6px rgb(0 0 0 / 20%), 0 8px 24px rgb(0 0 0 / 16%); cursor: pointer;
    }
    .launcher:hover { background: #15443f; }
    .launcher svg { flex: none; width: 22px; height: 22px; }
    :focus-visible { outline: 3px solid #0b5cad; outline-offset: 2px; box-shadow: 0 0 0 2px #fff; }
    .panel {
      position: fixed; z-index: 2147483000;
      inset: auto max(20px, env(safe-area-inset-right)) max(88px, env(safe-area-inset-bottom)) auto;
      flex-direction: column; width: min(420px, calc(100vw - 40px)); height: min(720px, calc(100vh - 108px));
      max-width: none; max-height: none; margin: 0; padding: 0; overflow: hidden;
      border: 1px solid #75827e; border-radius: 16px; background: #f5f2ec; color: #1e2a29;
      box-shadow: 0 4px 12px rgb(0 0 0 / 14%), 0 16px 48px rgb(0 0 0 / 20%);
    }
    .panel[open] { display: flex; }
    .panel.full { inset: 0; width: 100%; height: 100vh; height: 100dvh; border: 0; border-radius: 0; }
    .bar {
      flex: none; display: flex; align-items: center; justify-content: space-between; gap: 8px; padding: 0 4px 0 16px;
      background: #1d5b57; color: #fff;
    }
    .bar p { margin: 0; font-weight: 600; }
    .close {
      min-width: 44px; min-height: 44px; padding: 0 12px; border: 0; border-radius: 8px; background: none; color: #fff;
      font: inherit; font-weight: 600; cursor: pointer;
    }
    .close:hover { text-decoration: underline; }
    .close:focus-visible { outline-color: #fff; outline-offset: -4px; box-shadow: none; }
    .inside { position: relative; flex: 1 1 auto; min-height: 0; }
    iframe { display: block; width: 100%; height: 100%; border: 0; background: #f5f2ec; }
    .aside { position: absolute; inset: 0; overflow: auto; padding: 20px; background: #f5f2ec; }
    .aside p { margin: 0 0 14px; }
    .aside ul { margin: 0 0 18px; padding-left: 18px; }
    .aside li { margin-bottom: 8px; }
    .aside a { color: #1d5b57; font-weight: 600; }
    .aside button {
      min-height: 44px; padding: 8px 18px; border: 1px solid #1d5b57; border-radius: 12px;
      background: #1d5b57; color: #fff; font: inherit; font-weight: 600; cursor: pointer;
    }
    @media (forced-colors: active) { .launcher, .panel, .aside button { border: 2px solid; } }
    @media print { .launcher, .panel { display: none !important; } }
  `;

  const element = (tag, attributes, ...children) => {
    const node = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes || {})) node.setAttribute(name, value);
    node.append(...children);
    return node;
  };

  const link = (href, text) => element("a", { href }, text);

  function icon() {
    const space = "http://www.w3.org/2000/svg";
    const svg = document.createElementNS(space, "svg");
    const path = document.createElementNS(space, "path");
    svg.setAttribute("viewBox", "0 0 24 24");
    svg.setAttribute("aria-hidden", "true");
    path.setAttribute("d", "M4 5h16v11H10l-5 4v-4H4zM8 9h8M8 12h5");
    path.setAttribute("fill", "none");
    path.setAttribute("stroke", "currentColor");
    path.setAttribute("stroke-width", "1.8");
    path.setAttribute("stroke-linejoin", "round");
    svg.append(path);
    return svg;
  }

  const phone = (script.dataset.phone || "").trim();
  const launcher = element(
    "button",
    {
      type: "button",
      class: "launcher",
      "aria-expanded": "false",
      "aria-haspopup": "dialog",
      "aria-controls": "panel",
    },
    icon(),
    script.dataset.label || "Chat with our assistant",
  );
  const closeButton = element("button", { type: "button", class: "close" }, "Close");
  const message = element("p", { role: "status" }, "Loading the chat.");
  const again = element("button", { type: "button", hidden: "" }, "Try again");
  const numbers = element(
    "ul",
    {},
    element("li", {}, "In danger now: call ", link("tel:911", "911")),
    element("li", {}, "988 Suicide & Crisis Lifeline, day and night: call ", link("tel:988", "988"),
      " or text ", link("sms:988", "988")),
  );
  if (phone) numbers.append(element("li", {}, "The clinic: ", link(`tel:${phone.replace(/[^+\d]/g, "")}`, phone)));
  const aside = element("div", { class: "aside" }, message, numbers, again);
  const inside = element("div", { class: "inside" }, aside);
  const bar = element("div", { class: "bar" }, element("p", {}, "Automated assistant"), closeButton);
  const panel = element(
    "dialog",
    { class: "panel", id: "panel", "aria-label": "Chat with the automated assistant" },
    bar,
    inside,
  );

  let frame = null;
  let ready = false;
  let slow = 0;
  let escaped = 0;

  function load() {
    ready = false;
    message.textContent = "Loading the chat.";
    again.hidden = true;
    aside.hidden = false;
    if (frame) frame.remove();
    frame = element("iframe", {
      title: "Chat with the automated assistant",
      src: `${ORIGIN}/chat#host=${encodeURIComponent(location.origin)}`,
      allow: "camera 'none'; microphone 'none'; geolocation 'none'; payment 'none'",
      referrerpolicy: "no-referrer",
      loading: "lazy",
    });
    inside.prepend(frame);
    clearTimeout(slow);
    slow = setTimeout(() => {
      message.textContent = "The chat could not be loaded. These numbers work without it.";
      again.hidden = false;
    }, SLOW);
  }

  /** Over the whole screen where there is little of it, and then nothing behind it can be reached. */
  function show() {
    if (panel.open) panel.close();
    panel.classList.toggle("full", SMALL.matches);
    if (SMALL.matches) panel.showModal();
    else panel.show();
  }

  function open() {
    show();
    launcher.setAttribute("aria-expanded", "true");
    if (!frame) load();
    if (ready) enter();
    else closeButton.focus();
  }

  function enter() {
    frame.focus();
    tellFrame("opened");
  }

  function close() {
    panel.close();
    launcher.setAttribute("aria-expanded", "false");
    launcher.focus();
  }

  /** Leaves the whole page without a way back. */
  function leave() {
    document.title = "…";
    document.documentElement.hidden = true;
    document.documentElement.style.setProperty("display", "none", "important");
    if (frame) frame.remove();
    location.replace(EXIT);
  }

  function tellFrame(what) {
    if (frame && frame.contentWindow) frame.contentWindow.postMessage({ onward: what }, ORIGIN);
  }

  function escapePressed() {
    if (Date.now() - escaped < DOUBLE_ESCAPE) {
      leave();
      return;
    }
    if (!panel.open) return;
    escaped = Date.now();
    close();
  }

  launcher.addEventListener("click", () => (panel.open ? close() : open()));
  closeButton.addEventListener("click", close);
  again.addEventListener("click", () => {
    load();
    closeButton.focus();
  });
  panel.addEventListener("cancel", (event) => event.preventDefault()); // Escape is handled below, once
  SMALL.addEventListener("change", () => panel.open && show());

  // The first Escape counts only inside the chat; the second may come when focus is back on the site.
  window.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || event.repeat || event.isComposing) return;
    const ours = event.composedPath().includes(host);
    if (ours || Date.now() - escaped < DOUBLE_ESCAPE) escapePressed();
  }, true);

  window.addEventListener("message", (event) => {
    if (event.origin !== ORIGIN || !frame || event.source !== frame.contentWindow || !event.data) return;
    if (event.data.onward === "ready") {
      ready = true;
      clearTimeout(slow);
      const focused = root.activeElement;
      aside.hidden = true;
      if (panel.open && (focused === closeButton || aside.contains(focused))) enter();
    } else if (event.data.onward === "close") {
      escapePressed();
    } else if (event.data.onward === "leave") {
      leave();
    }
  });

  const host = document.createElement(TAG);
  const root = host.attachShadow({ mode: "open" });
  try {
    const sheet = new CSSStyleSheet(); // allowed under a site's style-src, where a style element is not
    sheet.replaceSync(STYLE);
    root.adoptedStyleSheets = [sheet];
  } catch {
    root.append(element("style", {}, STYLE));
  }
  root.append(launcher, panel);
  const mount = () => document.querySelector(TAG) || document.body.append(host);
  if (document.body) mount();
  else document.addEventListener("DOMContentLoaded", mount); // the line stands in the head
})();
