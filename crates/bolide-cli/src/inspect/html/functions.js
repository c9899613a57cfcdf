// The list of functions, and the page about one of them.

const everyFunction = lazy(() => functions.index.map((_, position) => position));

function functionsView() {
  const largest = functions.size.reduce((most, size) => Math.max(most, size), 0);
  const intro = [`${number(report.functions.defined)} defined`, `${number(imported)} imported`];
  intro.push(`${bytes(report.functions.code_size)} of code`);
  const listing = table({
    label: "Functions",
    rows: everyFunction(),
    sort: 2,
    descending: true,
    missing: report.functions.defined + imported - count,
    columns: [
      { title: "Index", width: "5rem", numeric: true, large: false, cell: (i) => `${functions.index[i]}`, sort: (i) => i },
      {
        title: "Name",
        width: "minmax(12rem, 3fr)",
        cell: functionLink,
        sort: (i) => searchable()[i],
        text: (i) => searchable()[i],
      },
      {
        title: "Size",
        width: "8rem",
        numeric: true,
        cell: (i) => (isImport(i) ? "imported" : bar(functions.size[i], largest)),
        sort: (i) => functions.size[i],
      },
      { title: "Locals", width: "4.5rem", numeric: true, cell: (i) => number(functions.locals[i]), sort: (i) => functions.locals[i] },
      { title: "Calls", width: "4.5rem", numeric: true, cell: (i) => number(functions.calls[i]), sort: (i) => functions.calls[i] },
      {
        title: "Callers",
        width: "5rem",
        numeric: true,
        cell: (i) => number(functions.callers[i]),
        sort: (i) => functions.callers[i],
      },
      { title: "Type", width: "minmax(8rem, 2fr)", cell: (i) => element("code", {}, typeOf(i)), sort: typeOf, text: typeOf },
    ],
  });
  const view = element("section.fill", {}, element("p.intro", {}, intro.join(" · ")), listing);
  view.search = listing.search;
  return view;
}

/** A list of functions, the first of them at once. */
function functionList(title, found, { total, note = "", id = "" } = {}) {
  const FIRST = 100;
  const list = element("ul");
  const sorted = [...found].sort((a, b) => functions.size[b] - functions.size[a]);
  const add = (items) =>
    list.append(
      ...items.map((position) =>
        element("li", {}, functionLink(position), element("small", {}, isImport(position) ? "imported" : bytes(functions.size[position]))),
      ),
    );
  add(sorted.slice(0, FIRST));
  const all = total ?? sorted.length;
  const box = element("section.list", { id }, element("h3", {}, title, element("small", {}, number(all))));
  if (note) box.append(element("p.note", {}, note));
  box.append(list);
  if (sorted.length > FIRST) {
    const more = element("button", { type: "button" }, `Show ${number(sorted.length - FIRST)} more`);
    more.addEventListener("click", () => {
      add(sorted.slice(FIRST));
      more.remove();
    });
    box.append(more);
  }
  if (all > sorted.length) {
    box.append(element("p.note", {}, `${number(all - sorted.length)} more are not in this page: it has the largest functions`));
  }
  if (!all) box.append(element("p.note", {}, "none"));
  return box;
}

/** Names of the groups that a function is in. */
function groupsOf(position) {
  const names = [];
  for (let id = functions.group[position]; id !== null; id = functions.groups[id].parent) {
    names.unshift(functions.groups[id].name);
  }
  return names.join(" › ");
}

/** Where a function stands in tables, in words. */
function slotsOf(index) {
  const list = slots().get(index) ?? [];
  const places = list.slice(0, 8).map(({ segment, slot }) => {
    const { table: of } = report.elements[segment];
    return slot === null || of === null ? `element segment ${segment}` : `table ${of}, slot ${slot}`;
  });
  if (list.length > places.length) places.push(`and ${list.length - places.length} more`);
  return places.join("; ");
}

function functionFacts(position) {
  const index = functions.index[position];
  const entry = functionImports().get(index);
  const rows = [
    ["Type", element("code", {}, typeOf(position))],
    ["Imported as", entry ? `${entry.module} › ${entry.name}` : null],
    ["Exported as", (exportNames().get(index) ?? []).join(", ")],
    ["Group", groupsOf(position)],
    ["Size", isImport(position) ? null : `${number(functions.size[position])} bytes, ${share(functions.size[position], report.functions.code_size)} of the code`],
    ["Offset", isImport(position) ? null : hex(functions.offset[position])],
    ["Locals", isImport(position) ? null : `${number(functions.locals[position])}, parameters among them`],
    ["In tables", slotsOf(index)],
    ["Start", report.start === index ? "runs at instantiation" : null],
  ];
  return facts(rows);
}

function functionView(index) {
  if (!positions.has(index)) {
    const exists = index < imported + report.functions.defined;
    const why = exists ? "is not in this page: it has the largest functions only" : "is not in this module";
    return element("section", {}, element("p.intro", {}, `Function ${index} ${why}.`));
  }
  const position = positions.get(index);
  const out = slice(callees(), position);
  const into = slice(callers(), position);
  const view = element(
    "section.function",
    {},
    element("h2.name", {}, nameOf(position), functions.name[position] === null ? null : element("small", {}, `func ${index}`)),
    functionFacts(position),
    callGraph(position),
  );
  const boxes = element(
    "div.lists",
    {},
    functionList("Callers", into, { total: functions.callers[position], id: "callers" }),
    functionList("Calls", out, { total: functions.calls[position], id: "callees" }),
  );
  for (const code of slice(indirect(), position)) {
    const type = code >> 1;
    const how = code & 1 ? "call_ref" : "call_indirect";
    const note = `any of type ${functions.types[type]} to which a reference exists`;
    boxes.append(functionList(`${how}: may call`, targets().get(type) ?? [], { note, id: `type-${code}` }));
  }
  const taken = slice(references(), position);
  if (taken.length) boxes.append(functionList("Takes references to", taken));
  const takers = slice(referrers(), position);
  if (takers.length) boxes.append(functionList("References taken by", takers));
  if (targets().get(functions.type[position])?.has(position)) {
    const note = "these call functions of this type through a table or a reference";
    boxes.append(functionList("May be called indirectly by", indirectCallers().get(functions.type[position]) ?? [], { note }));
  }
  view.append(boxes);
  return view;
}
