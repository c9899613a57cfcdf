// Imports and exports, and everything else that a module consists of.

const KINDS = ["func", "memory", "table", "global", "tag"];

const code = (text) => element("code", {}, text ?? "");
const quoted = (text) => element("span.name", {}, text ?? "");

const column = {
  index: { title: "Index", width: "5rem", numeric: true, large: false, cell: ({ index }) => `${index}`, sort: ({ index }) => index },
  kind: {
    title: "Kind",
    width: "5.5rem",
    cell: ({ kind }) => element(`span.kind.${KINDS.includes(kind) ? kind : "other"}`, {}, kind),
    sort: ({ kind }) => kind,
    text: ({ kind }) => kind,
  },
  type: { title: "Type", width: "minmax(10rem, 3fr)", cell: ({ type }) => code(type), sort: ({ type }) => type, text: ({ type }) => type },
  name: {
    title: "Name",
    width: "minmax(9rem, 2fr)",
    cell: ({ name }) => quoted(name),
    sort: ({ name }) => name ?? "",
    text: ({ name }) => name ?? "",
  },
};

/** The name of an import or export, with a link to the function if it is one. */
const linked = {
  ...column.name,
  cell: ({ kind, index, name }) =>
    kind === "func" && positions.has(index) ? element("a.name", { href: `#fn=${index}`, title: name }, name) : quoted(name),
};

/** A titled table, or nothing if it has no rows. */
function block(title, rows, columns, options = {}) {
  if (!rows.length) return null;
  const listing = table({ label: title, rows, columns, height: "60vh", ...options });
  const total = rows.length + (options.missing ?? 0);
  const made = element("section.block", {}, element("h2", {}, title, element("small", {}, number(total))), listing);
  made.search = listing.search;
  return made;
}

/** Blocks below each other, all searched together. */
function blocks(list, empty) {
  const present = list.filter(Boolean);
  const view = element("section", {}, ...(present.length ? present : [element("p.intro", {}, empty)]));
  view.search = (query) => present.forEach((part) => part.search?.(query));
  return view;
}

function interfaceView() {
  const module = {
    title: "Module",
    width: "minmax(7rem, 1fr)",
    cell: (entry) => quoted(entry.module),
    sort: (entry) => entry.module,
    text: (entry) => entry.module,
  };
  return blocks(
    [
      block("Imports", report.imports, [column.kind, column.index, module, linked, column.type], { missing: missing("imports") }),
      block("Exports", report.exports, [column.kind, column.index, linked, column.type], { missing: missing("exports") }),
    ],
    "The module imports and exports nothing.",
  );
}

const imports = { title: "", width: "6rem", cell: ({ imported: from }) => (from ? "imported" : "") };

function memoryBlock(memory) {
  const { index, name, type, initial_bytes: initial, maximum_bytes: maximum, data_bytes: inside, layout } = memory;
  const title = `Memory ${index}${name ? ` “${name}”` : ""}`;
  const about = facts([
    ["Type", code(type)],
    ["At first", bytes(initial)],
    ["At most", maximum === null ? "what the host allows" : bytes(maximum)],
    ["Data", bytes(inside)],
    ["Imported", memory.imported ? "yes" : null],
  ]);
  const made = element("section.block", {}, element("h2", {}, title), about);
  if (layout.length) {
    const listing = table({
      label: `Layout of memory ${index}`,
      rows: layout,
      height: "40vh",
      columns: [
        { title: "Start", width: "8rem", cell: ({ start }) => code(hex(start)), sort: ({ start }) => start },
        { title: "End", width: "8rem", cell: ({ start, end }) => code(end > start ? hex(end) : ""), sort: ({ end }) => end },
        { title: "Size", width: "7rem", numeric: true, cell: ({ start, end }) => (end > start ? bytes(end - start) : ""), sort: ({ start, end }) => end - start },
        { title: "What", width: "minmax(10rem, 1fr)", cell: ({ what }) => quoted(what), sort: ({ what }) => what, text: ({ what }) => what },
      ],
    });
    made.append(listing);
    made.search = listing.search;
  }
  return made;
}

function elementBlock() {
  const place = ({ mode, table: of, offset }) => (mode === "active" ? `table ${of} at ${offset}` : mode);
  const first = ({ index }) => {
    const items = data.elements[index] ?? [];
    const some = items.slice(0, 4).map((item) => (item === null ? "null" : indexLink(item)));
    return element("span.name", {}, ...some.flatMap((item, i) => (i ? [", ", item] : [item])), items.length > 4 ? ", …" : "");
  };
  return block(
    "Element segments",
    report.elements,
    [
      column.index,
      column.name,
      { title: "Place", width: "minmax(7rem, 1fr)", cell: (row) => code(place(row)), sort: place, text: place },
      { ...column.type, width: "8rem" },
      { title: "Items", width: "5rem", numeric: true, cell: (row) => number(row.count), sort: (row) => row.count },
      { title: "First", width: "minmax(12rem, 3fr)", cell: first },
    ],
    { missing: missing("elements") },
  );
}

function structureView() {
  const largestSection = report.sections.reduce((most, { size }) => Math.max(most, size), 0);
  const section = ({ name, custom }) => (custom ? `“${name}”` : name);
  const initial = { title: "Value", width: "minmax(9rem, 2fr)", cell: ({ init }) => code(init), sort: ({ init }) => init ?? "", text: ({ init }) => init ?? "" };
  const short = { ...column.type, width: "minmax(9rem, 2fr)" };
  const cut = (name) => ({ missing: missing(name) });
  return blocks([
    block("Sections", report.sections, [
      { title: "Offset", width: "8rem", cell: ({ offset }) => code(hex(offset)), sort: ({ offset }) => offset },
      { title: "Name", width: "minmax(9rem, 1fr)", cell: (row) => quoted(section(row)), sort: section, text: section },
      { title: "Size", width: "9rem", numeric: true, cell: ({ size }) => bar(size, largestSection), sort: ({ size }) => size },
      { title: "Share", width: "6rem", numeric: true, cell: ({ size }) => share(size, report.size), sort: ({ size }) => size },
    ], cut("sections")),
    ...report.memories.slice(0, 100).map(memoryBlock),
    block("Tables", report.tables, [column.index, column.name, short, imports], cut("tables")),
    elementBlock(),
    block("Globals", report.globals, [column.index, column.name, short, initial, imports], cut("globals")),
    block("Tags", report.tags, [column.index, column.name, short, imports], cut("tags")),
    block("Producers", report.producers, [
      { title: "Field", width: "9rem", cell: ({ field }) => quoted(field), sort: ({ field }) => field, text: ({ field }) => field },
      column.name,
      { title: "Version", width: "minmax(9rem, 3fr)", cell: ({ version }) => quoted(version), sort: ({ version }) => version, text: ({ version }) => version },
    ], cut("producers")),
    block("Target features", report.target_features, [
      column.name,
      { title: "Used", width: "8rem", cell: ({ used }) => (used ? "yes" : "must not be"), sort: ({ used }) => Number(used) },
    ], cut("target_features")),
  ], "The module is empty.");
}
