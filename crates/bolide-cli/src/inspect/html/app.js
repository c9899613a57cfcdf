// The head of the page, its tabs, and what the part after `#` in the address says.

const KIND = {
  command: "WASI command",
  reactor: "WASI reactor",
  object: "object file, to be linked",
  module: "module",
};

const TABS = [
  { id: "map", title: "Size map", make: () => treemap((to) => (location.hash = to)), search: "highlight by name" },
  { id: "functions", title: "Functions", make: functionsView, search: "filter by name or type" },
  { id: "interface", title: "Imports & exports", make: interfaceView, search: "filter by name or type" },
  { id: "data", title: "Data", make: dataView, search: "filter the text" },
  { id: "structure", title: "Structure", make: structureView, search: "filter by name" },
  { id: "fn", title: "Function", make: (index) => functionView(Number(index)), of: "functions", search: "find functions" },
];

function header() {
  const { file, size, name, kind, unsupported } = report;
  const short = file.split(/[\\/]/).pop();
  byId("file").append(short);
  byId("file").title = file;
  const chip = (text, style = "") => element(`span.chip${style}`, {}, text);
  byId("chips").append(
    chip(KIND[kind] ?? kind, ".kind-chip"),
    ...data.origin.map((text) => chip(text)),
    ...(name && name !== short ? [chip(`name: ${name}`, ".quiet")] : []),
    ...(unsupported ? [chip(`Bolide cannot run it yet: ${unsupported.what} (${unsupported.proposal})`, ".warning")] : []),
  );
  const custom = report.sections.filter((section) => section.custom).reduce((sum, section) => sum + section.size, 0);
  const figures = [
    ["File", bytes(size), `${number(size)} bytes`],
    ["Code", bytes(report.functions.code_size), plural(report.functions.defined, "function")],
    ["Data", bytes(data.data_size), plural(report.data.length + missing("data"), "segment")],
    ["Custom", bytes(custom), plural(report.sections.filter((section) => section.custom).length, "section")],
    ["Imports", number(report.imports.length + missing("imports")), `${number(imported)} of functions`],
    ["Exports", number(report.exports.length + missing("exports")), ""],
  ];
  byId("figures").append(
    ...figures.map(([title, value, detail]) =>
      element("div", {}, element("dt", {}, title), element("dd", {}, value, element("small", {}, detail))),
    ),
  );
  const producers = report.producers.slice(0, 12).map(({ name: tool, version }) => element("span.name", {}, `${tool} ${version}`.trim()));
  const features = report.target_features.slice(0, 30).map(({ name: feature, used }) => element("span.name", {}, `${used ? "+" : "−"}${feature}`));
  const line = (title, items) => (items.length ? [element("span.item", {}, element("b", {}, title), ...items)] : []);
  byId("made").append(...line("Made with", producers), ...line("Features", features));
}

const made = new Map();
let current = null;

/** The tab and its argument that the address asks for. */
function route() {
  const [id, argument] = location.hash.slice(1).split("=");
  return { tab: TABS.find((tab) => tab.id === id) ?? TABS[0], argument };
}

function show() {
  tip.hide();
  const { tab, argument } = route();
  // Tabs are made once, and so keep their order and where they were scrolled to.
  if (!tab.of && !made.has(tab.id)) made.set(tab.id, tab.make());
  const view = made.get(tab.id) ?? tab.make(argument);
  view.go?.(argument);
  byId("view").replaceChildren(view);
  byId("view").className = tab.id;
  current = view;
  for (const button of byId("tabs").children) {
    const selected = button.id === `tab-${tab.of ?? tab.id}`;
    button.setAttribute("aria-selected", selected);
    button.tabIndex = selected ? 0 : -1;
  }
  const input = byId("search");
  input.placeholder = `Search: ${tab.search}  ( / )`;
  view.search?.(input.value.trim().toLowerCase());
  if (tab.of) scrollTo(0, 0);
}

function tabs() {
  const buttons = TABS.filter(({ of }) => !of).map(({ id, title }) =>
    element("button", { type: "button", id: `tab-${id}`, role: "tab", onclick: () => (location.hash = id) }, title),
  );
  byId("tabs").append(...buttons);
  byId("tabs").addEventListener("keydown", ({ key }) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[key];
    if (!step) return;
    const at = buttons.indexOf(document.activeElement);
    const next = buttons[(at + step + buttons.length) % buttons.length];
    next.focus();
    next.click();
  });
}

header();
tabs();
byId("search").addEventListener(
  "input",
  debounced(() => {
    if (current.search) current.search(byId("search").value.trim().toLowerCase());
    else if (byId("search").value) location.hash = "functions";
  }, 120),
);
addEventListener("keydown", (event) => {
  const typing = /^(INPUT|TEXTAREA)$/.test(document.activeElement?.tagName);
  if (event.key === "/" && !typing) {
    event.preventDefault();
    byId("search").focus();
  } else if (event.key === "Escape") tip.hide();
});
addEventListener("hashchange", show);
show();
