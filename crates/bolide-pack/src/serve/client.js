// Keeps a page up to date: loads it anew, replaces its style sheets, and shows why a build has failed.
(() => {
  const script = document.currentScript;
  const { session, sent } = script.dataset;
  const base = script.src;
  let styles = null;
  let source = null;
  let timer = 0;
  let dismissed = null;

  const sheet = new CSSStyleSheet();
  sheet.replaceSync(`
    :host { all: initial; }
    * { box-sizing: border-box; }
    .screen, .badge {
      --ground: #fff; --ink: #1c2024; --quiet: #60666e; --line: #d8dce2; --accent: #c62828; --shade: #f6f7f9;
      --red: #c62828; --green: #1b7f3b; --yellow: #8a6100; --blue: #1a5fb4; --magenta: #92278f; --cyan: #00727d;
      font: 14px/1.5 system-ui, sans-serif; color: var(--ink);
    }
    @media (prefers-color-scheme: dark) {
      .screen, .badge {
        --ground: #16181c; --ink: #e4e6ea; --quiet: #9aa1ab; --line: #33373e; --accent: #ff6b6b; --shade: #1e2126;
        --red: #ff7b72; --green: #6fd08c; --yellow: #e5c07b; --blue: #79b8ff; --magenta: #e58fe0; --cyan: #6ad4de;
      }
    }
    .screen {
      position: fixed; inset: 0; z-index: 2147483647; padding: clamp(8px, 4vh, 48px) clamp(8px, 4vw, 48px);
      background: rgb(0 0 0 / 55%); display: flex; align-items: flex-start; justify-content: center;
    }
    section {
      display: flex; flex-direction: column; width: 100%; max-width: 1080px; max-height: 100%;
      background: var(--ground); border: 1px solid var(--line); border-top: 4px solid var(--accent);
      border-radius: 8px; box-shadow: 0 12px 48px rgb(0 0 0 / 40%); overflow: hidden;
    }
    header { display: flex; gap: 16px; align-items: flex-start; padding: 14px 14px 12px 20px; }
    h1 { margin: 0; font-size: 17px; line-height: 1.4; font-weight: 650; flex: 1; overflow-wrap: anywhere; }
    h1 small { display: block; font-size: 12px; font-weight: 600; color: var(--accent); letter-spacing: .02em; }
    button {
      font: inherit; font-size: 13px; color: var(--quiet); background: none; border: 1px solid var(--line);
      border-radius: 6px; padding: 3px 10px; cursor: pointer; white-space: nowrap;
    }
    button:hover, button:focus-visible { color: var(--ink); border-color: var(--quiet); }
    pre {
      margin: 0; padding: 16px 20px; overflow: auto; background: var(--shade); border-top: 1px solid var(--line);
      font: 13px/1.5 ui-monospace, "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace; tab-size: 4; white-space: pre;
    }
    footer { padding: 9px 20px; border-top: 1px solid var(--line); font-size: 12.5px; color: var(--quiet); }
    .badge {
      position: fixed; right: 16px; bottom: 16px; z-index: 2147483647; display: flex; gap: 9px; align-items: center;
      padding: 7px 14px; background: var(--ground); border: 1px solid var(--line); border-radius: 99px;
      box-shadow: 0 3px 14px rgb(0 0 0 / 25%); font-size: 13px; cursor: default;
    }
    .badge.failed { border-color: var(--accent); color: var(--accent); cursor: pointer; }
    .wheel {
      width: 12px; height: 12px; border: 2px solid var(--line); border-top-color: var(--blue); border-radius: 50%;
      animation: turn .8s linear infinite;
    }
    @keyframes turn { to { transform: rotate(1turn); } }
    @media (prefers-reduced-motion: reduce) { .wheel { animation-duration: 4s; } }
    .bold { font-weight: 700; } .dim { opacity: .7; } .italic { font-style: italic; } .underline { text-decoration: underline; }
    .red { color: var(--red); } .green { color: var(--green); } .yellow { color: var(--yellow); }
    .blue { color: var(--blue); } .magenta { color: var(--magenta); } .cyan { color: var(--cyan); }
  `);

  // In a shadow tree, so that the page and this do not style each other.
  const host = document.createElement("bolide-status");
  const root = host.attachShadow({ mode: "open" });
  root.adoptedStyleSheets = [sheet];

  function element(tag, className, ...children) {
    const made = document.createElement(tag);
    made.className = className;
    made.append(...children);
    return made;
  }

  function show(...content) {
    root.replaceChildren(...content);
    if (!content.length) host.remove();
    else if (!host.isConnected) document.documentElement.append(host);
  }

  function badge(kind, ...content) {
    const made = element("div", `badge ${kind}`, ...content);
    made.setAttribute("role", "status");
    return made;
  }

  function failed({ title, text }) {
    const id = JSON.stringify([title, text]);
    if (dismissed === id) {
      const reopen = badge("failed", "Build failed");
      reopen.onclick = () => {
        dismissed = null;
        failed({ title, text });
      };
      show(reopen);
      return;
    }
    const close = element("button", "", "Dismiss (Esc)");
    close.type = "button";
    close.onclick = () => {
      dismissed = id;
      failed({ title, text });
    };
    const heading = element("h1", "", element("small", "", "Build failed"), title);
    const report = element("pre", "", ...text.map((run) => element("span", run.class, run.text)));
    report.tabIndex = 0;
    const foot = element("footer", "", "This goes away when the build works again.");
    const box = element("section", "", element("header", "", heading, close), ...(text.length ? [report] : []), foot);
    box.setAttribute("role", "alertdialog");
    box.setAttribute("aria-label", "Build failed");
    show(element("div", "screen", box));
    screen.onclose = close.onclick;
  }

  const screen = { onclose: null };
  addEventListener(
    "keydown",
    (event) => {
      if (event.key === "Escape" && root.querySelector(".screen")) screen.onclose();
    },
    true,
  );

  function restyle(moment) {
    const links = [...document.querySelectorAll('link[rel~="stylesheet"][href]')];
    const own = links.filter((link) => new URL(link.href).origin === location.origin);
    if (!own.length) {
      location.reload();
      return;
    }
    for (const link of own) {
      // The old one stays until the new one is there, so that the page is never without a style.
      const url = new URL(link.href);
      url.searchParams.set("bolide", moment);
      const fresh = link.cloneNode();
      fresh.href = url.href;
      fresh.onload = fresh.onerror = () => link.remove();
      link.after(fresh);
    }
  }

  function update(state) {
    if (state.session !== session || state.reload > Number(sent)) {
      disconnect();
      location.reload();
      return;
    }
    if (state.styles > (styles ?? Number(sent))) restyle(state.styles);
    styles = Math.max(styles ?? 0, state.styles);
    const { build } = state;
    if (build.status === "failed") failed(build);
    else if (build.status === "running") show(badge("", element("span", "wheel"), "Building…"));
    else show();
  }

  function connect() {
    if (source) return;
    source = new EventSource(new URL("events", base));
    source.onmessage = (event) => update(JSON.parse(event.data));
    source.onerror = () => {
      // Some browsers do not try again by themselves.
      if (source?.readyState !== EventSource.CLOSED) return;
      disconnect();
      timer = setTimeout(connect, 500);
    };
  }

  function disconnect() {
    clearTimeout(timer);
    source?.close();
    source = null;
  }

  // A browser has few connections to a server; pages that nobody sees leave theirs to others.
  const visible = () => (document.visibilityState === "hidden" ? disconnect() : connect());
  document.addEventListener("visibilitychange", visible);
  addEventListener("pagehide", disconnect);
  addEventListener("pageshow", visible);
  visible();
})();
