// Elements and texts. Whatever a module says is put into the document as text, here and nowhere else.

/** Makes an element: `properties` are set on it; children that are no nodes become text. */
function element(tag, properties = {}, ...children) {
  const [name, ...classes] = tag.split(".");
  const made = document.createElement(name || "div");
  if (classes.length) made.className = classes.join(" ");
  assign(made, properties);
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
}

/** Makes an element of SVG; `attributes` may have a class and listeners. */
function svg(tag, attributes = {}, ...children) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
  assign(made, attributes, true);
  made.append(...children);
  return made;
}

function assign(made, properties, attributes = false) {
  for (const [key, value] of Object.entries(properties)) {
    if (value === undefined || value === null) continue;
    if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
    else if (attributes || key.includes("-") || key === "role") made.setAttribute(key, value);
    else made[key] = value;
  }
}

const byId = (id) => document.getElementById(id);

const UNITS = ["KiB", "MiB", "GiB", "TiB"];

/** Bytes for humans, such as `1.5 KiB`. */
function bytes(count) {
  if (count < 1024) return `${count} B`;
  let value = count / 1024;
  let unit = 0;
  while (value >= 1023.95 && unit + 1 < UNITS.length) {
    value /= 1024;
    unit++;
  }
  return `${value.toFixed(1)} ${UNITS[unit]}`;
}

const number = (value) => value.toLocaleString("en-US");

/** `1 function`, `2 functions`, `2 entries`. */
function plural(value, noun) {
  if (value === 1) return `1 ${noun}`;
  return `${number(value)} ${noun.endsWith("y") ? `${noun.slice(0, -1)}ies` : `${noun}s`}`;
}

function share(part, whole) {
  const percent = whole ? (100 * part) / whole : 0;
  if (percent > 0 && percent < 0.05) return "<0.1 %";
  return `${percent.toFixed(1)} %`;
}

const hex = (value, digits = 6) => `0x${value.toString(16).padStart(digits, "0")}`;

/** What `text` contains of what is searched for: everything, if nothing is. */
const matches = (text, query) => !query || text.toLowerCase().includes(query);

/** Runs `run` once after calls have come to rest for `wait` milliseconds. */
function debounced(run, wait) {
  let timer = 0;
  return () => {
    clearTimeout(timer);
    timer = setTimeout(run, wait);
  };
}

/** A list of facts: names and values, of which those that are null are left out. */
function facts(entries) {
  const list = element("dl.facts");
  for (const [name, value] of entries) {
    if (value === null || value === undefined || value === "") continue;
    list.append(element("div", {}, element("dt", {}, name), element("dd", {}, value)));
  }
  return list;
}

/** The tooltip, shown near the pointer or below an element. */
const tip = {
  show(lines, x, y) {
    const box = byId("tip");
    box.replaceChildren(...lines.filter(Boolean).map((line, i) => element(i ? "div" : "strong", {}, line)));
    box.hidden = false;
    const { width, height } = box.getBoundingClientRect();
    const left = Math.max(4, Math.min(x + 14, innerWidth - width - 8));
    const above = y + 18 + height > innerHeight;
    box.style.left = `${left}px`;
    box.style.top = `${above ? Math.max(4, y - height - 12) : y + 18}px`;
  },
  hide() {
    byId("tip").hidden = true;
  },
};
