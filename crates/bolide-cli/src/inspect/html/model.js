// The module as the page's data has it: see `data.rs` for the fields.

const data = JSON.parse(byId("data").textContent);
const { report, functions } = data;
const count = functions.index.length;
const imported = report.functions.imported;

/** Position of each function that the page has, by its index in the module. */
const positions = new Map(functions.index.map((index, position) => [index, position]));

/** What to call the function at a position. */
const nameOf = (position) => functions.name[position] ?? `func ${functions.index[position]}`;
const typeOf = (position) => functions.types[functions.type[position]];
const isImport = (position) => functions.index[position] < imported;

/** How many items of a list the page does not have. */
const missing = (list) => data.cut.filter(([name]) => name === list).reduce((sum, [, items]) => sum + items, 0);

/** Lists of which each begins with its length, as one array with where each list starts. */
function lists(flat, decode) {
  const starts = new Uint32Array(count + 1);
  const items = new Uint32Array(flat.length - count);
  let from = 0;
  let to = 0;
  for (let i = 0; i < count; i++) {
    starts[i] = to;
    const end = from + 1 + flat[from];
    let last = 0;
    for (from++; from < end; from++) {
      last = decode ? last + flat[from] : flat[from];
      items[to++] = last;
    }
  }
  starts[count] = to;
  return { starts, items };
}

const slice = ({ starts, items }, i) => items.subarray(starts[i], starts[i + 1]);

/** The same relation seen from the other side. */
function reversed({ starts, items }) {
  const turned = new Uint32Array(count + 1);
  for (const item of items) turned[item + 1]++;
  for (let i = 0; i < count; i++) turned[i + 1] += turned[i];
  const next = turned.slice();
  const from = new Uint32Array(items.length);
  for (let i = 0; i < count; i++) {
    for (let j = starts[i]; j < starts[i + 1]; j++) from[next[items[j]]++] = i;
  }
  return { starts: turned, items: from };
}

/** A value that is computed when it is first asked for. */
function lazy(compute) {
  let value;
  return () => (value ??= compute());
}

const callees = lazy(() => lists(functions.callees, true));
const callers = lazy(() => reversed(callees()));
const references = lazy(() => lists(functions.references, true));
const referrers = lazy(() => reversed(references()));
const indirect = lazy(() => lists(functions.indirect, false));

/** Export names by function index. */
const exportNames = lazy(() => {
  const names = new Map();
  for (const { kind, index, name } of report.exports) {
    if (kind === "func") names.set(index, [...(names.get(index) ?? []), name]);
  }
  return names;
});

/** Imports of functions, by function index. */
const functionImports = lazy(() => {
  const functionsOnly = report.imports.filter(({ kind }) => kind === "func");
  return new Map(functionsOnly.map((entry) => [entry.index, entry]));
});

/** Where functions stand in element segments, by function index: segment and slot, or null if the slot is not constant. */
const slots = lazy(() => {
  const found = new Map();
  data.elements.forEach((items, segment) => {
    const { offset, mode } = report.elements[segment];
    const base = mode === "active" && /^\d+$/.test(offset) ? Number(offset) : null;
    items.forEach((index, i) => {
      if (index === null) return;
      const list = found.get(index) ?? [];
      found.set(index, list);
      list.push({ segment, slot: base === null ? null : base + i });
    });
  });
  return found;
});

/** Positions of functions to which references exist, by type: what a call through a table may reach. */
const targets = lazy(() => {
  const found = new Map();
  const add = (position) => {
    const type = functions.type[position];
    if (!found.has(type)) found.set(type, new Set());
    found.get(type).add(position);
  };
  for (const index of slots().keys()) if (positions.has(index)) add(positions.get(index));
  for (const position of references().items) add(position);
  return found;
});

/** Positions of functions that call through tables or references, by type. */
const indirectCallers = lazy(() => {
  const found = new Map();
  const { starts, items } = indirect();
  for (let i = 0; i < count; i++) {
    for (let j = starts[i]; j < starts[i + 1]; j++) {
      const type = items[j] >> 1;
      if (!found.has(type)) found.set(type, new Set());
      found.get(type).add(i);
    }
  }
  return found;
});

/** Names in lower case, to search in; those without a name are found by their index. */
const searchable = lazy(() => functions.index.map((_, position) => nameOf(position).toLowerCase()));

/** The address of a data segment or table slot that is a constant; null if it is not. */
function address(offset, wide = false) {
  if (offset === null || !/^-?\d+$/.test(offset)) return null;
  return BigInt.asUintN(wide ? 64 : 32, BigInt(offset));
}

/** A tree of what takes how many bytes: `{name, size, children?, position?, rest?, group?, view?}`. */
const tree = lazy(() => {
  const groups = functions.groups.map((group, id) => ({ name: group.name, size: 0, count: 0, group: id, children: [] }));
  const code = { name: "code", size: 0, count: 0, children: [] };
  const parent = (id) => (id === null ? code : groups[id]);
  const more = (node, amount, size) => {
    if (amount) node.children.push({ name: plural(amount, "smaller function"), size, count: amount, rest: true });
  };
  functions.groups.forEach((group, id) => {
    parent(group.parent).children.push(groups[id]);
    more(groups[id], group.rest, group.rest_size);
  });
  more(code, functions.ungrouped, functions.ungrouped_size);
  for (let position = 0; position < count; position++) {
    if (isImport(position)) continue;
    parent(functions.group[position]).children.push({
      name: nameOf(position),
      size: functions.size[position],
      count: 1,
      position,
    });
  }
  sum(code);
  const segments = report.data.map(({ index, name, size }) => ({ name: name ?? `data ${index}`, size, segment: index }));
  if (missing("data")) {
    const size = data.data_size - segments.reduce((total, segment) => total + segment.size, 0);
    segments.push({ name: `${number(missing("data"))} more segments`, size, rest: true });
  }
  const sections = report.sections.map((section) => {
    const { name, custom, size } = section;
    const contents = { code: code.children, data: segments }[custom ? "" : name] ?? [];
    const node = { name: custom ? `"${name}"` : name, size, section, children: contents };
    const inside = contents.reduce((total, child) => total + child.size, 0);
    if (contents.length && size > inside) {
      node.children = [...contents, { name: "sizes and headers", size: size - inside, count: 0 }];
    }
    node.count = name === "code" && !custom ? code.count : undefined;
    return node;
  });
  const inside = sections.reduce((total, section) => total + section.size, 0);
  sections.push({ name: "section headers", size: Math.max(0, report.size - inside) });
  const root = { name: report.file.split(/[\\/]/).pop(), size: report.size, children: sections };
  link(root);
  return root;
});

/** Adds up sizes and counts of groups; a group with nothing but one group in it gives way to that. */
function sum(node) {
  if (!node.children) return;
  node.children = node.children.map((child) => {
    sum(child);
    const [only] = child.children ?? [];
    if (child.children?.length !== 1 || !only.children) return child;
    return { ...only, name: `${child.name}::${only.name}` };
  });
  for (const child of node.children) {
    node.size += child.size;
    node.count += child.count;
  }
}

/** Sets parents, and puts the largest children first. */
function link(node) {
  node.children?.sort((a, b) => b.size - a.size);
  for (const child of node.children ?? []) {
    child.parent = node;
    link(child);
  }
}
