// The call graph around a function: two steps to callers on the left, two to callees on the right.

const NODE = { width: 190, height: 30, gap: 10, column: 60 };

/** Functions in the column next to the chosen one, and in the one beyond. */
const NEAR = 10;
const FAR = 12;

/** The largest of some functions. */
const largest = (found, most) => [...found].sort((a, b) => functions.size[b] - functions.size[a]).slice(0, most);

/** Columns of nodes on one side, with the edges between them; `step` says what follows a function. */
function side(center, edges, extra) {
  const all = slice(edges, center);
  const near = largest(all, NEAR).map((position) => ({ key: `n${position}`, position, from: ["center"] }));
  if (all.length > near.length) {
    const left = all.length - near.length;
    near.push({ key: "more", text: `${number(left)} more`, href: extra.more, from: ["center"], quiet: true });
  }
  near.push(...extra.nodes);
  const seen = new Set([center, ...near.map(({ position }) => position)]);
  const far = new Map();
  for (let round = 0; round < 3; round++) {
    for (const node of near) {
      if (node.position === undefined) continue;
      const next = largest(slice(edges, node.position), 3)[round];
      if (next === undefined || seen.has(next)) continue;
      if (far.has(next)) far.get(next).from.push(node.key);
      else if (far.size < FAR) far.set(next, { key: `f${next}`, position: next, from: [node.key] });
    }
  }
  return [near, [...far.values()]];
}

/** Text that fits a node. */
function fitted(text, width) {
  const most = Math.floor((width - 16) / 6.7);
  if (text.length <= most) return text;
  const tail = text.includes("::") ? text.replace(/^<(.*) as .*>::/, "$1::").split("::").slice(-2).join("::") : text;
  return tail.length <= most ? tail : `${tail.slice(0, most - 1)}…`;
}

/** The type of a function in short: `(i32 i64) → f32`. */
function signature(type) {
  const list = (keyword) => type.match(new RegExp(`\\(${keyword} ((?:[^()]|\\([^()]*\\))*)\\)`))?.[1] ?? "";
  const results = list("result");
  return `(${list("param")})${results ? ` → ${results}` : ""}`;
}

function callGraph(center) {
  const codes = [...slice(indirect(), center)];
  const dashed = codes.slice(0, 4).map((code) => ({
    key: `t${code}`,
    text: `${code & 1 ? "by reference" : "indirect"} ${signature(functions.types[code >> 1])}`,
    href: `type-${code}`,
    from: ["center"],
    dashed: true,
  }));
  const [callersNear, callersFar] = side(center, callers(), { more: "callers", nodes: [] });
  const [calleesNear, calleesFar] = side(center, callees(), { more: "callees", nodes: dashed });
  const middle = [{ key: "center", position: center, center: true, from: [] }];
  const columns = [callersFar, callersNear, middle, calleesNear, calleesFar];
  const used = columns.map((column) => column.length > 0);
  const rows = Math.max(...columns.map((column) => column.length));
  const height = rows * (NODE.height + NODE.gap) + NODE.gap;
  const places = new Map();
  let x = 8;
  columns.forEach((column, i) => {
    if (!used[i]) return;
    const top = (height - column.length * (NODE.height + NODE.gap) + NODE.gap) / 2;
    column.forEach((node, row) => {
      places.set(node.key + (i < 2 ? "<" : ""), { x, y: top + row * (NODE.height + NODE.gap) });
    });
    x += NODE.width + NODE.column;
  });
  const width = x - NODE.column + 8;
  const drawing = svg("svg", { viewBox: `0 0 ${width} ${height}`, width, height, role: "group", "aria-label": "Call graph" });
  const lines = svg("g", { class: "lines" });
  drawing.append(lines);
  columns.forEach((column, i) => {
    const left = i < 2;
    for (const node of column) {
      const at = places.get(node.key + (left ? "<" : ""));
      for (const from of node.from) {
        const other = places.get(from === "center" ? from : from + (left ? "<" : ""));
        if (other) lines.append(left ? curve(at, other, node) : curve(other, at, node));
      }
      drawing.append(graphNode(node, at));
    }
  });
  const frame = element("div.graph", { tabIndex: 0 }, drawing);
  const middleX = places.get("center").x + NODE.width / 2;
  requestAnimationFrame(() => (frame.scrollLeft = middleX - frame.clientWidth / 2));
  return frame;
}

/** A line from one node's right side to another's left side. */
function curve(from, to, { dashed, quiet }) {
  const [x1, y1] = [from.x + NODE.width, from.y + NODE.height / 2];
  const [x2, y2] = [to.x, to.y + NODE.height / 2];
  const bend = (x2 - x1) / 2;
  const path = `M${x1} ${y1}C${x1 + bend} ${y1} ${x2 - bend} ${y2} ${x2 - 5} ${y2}m-5 -3.5l6 3.5l-6 3.5`;
  return svg("path", { d: path, class: dashed || quiet ? "dashed" : "" });
}

function graphNode(node, { x, y }) {
  const { position, text, href, center } = node;
  const label = text ?? nameOf(position);
  const kind = center ? "center" : node.dashed ? "dashed" : node.quiet ? "quiet" : isImport(position) ? "import" : "";
  const go = () => {
    if (center) return;
    if (href) byId(href)?.scrollIntoView({ behavior: "smooth" });
    else location.hash = `fn=${functions.index[position]}`;
  };
  const made = svg("g", {
    class: `node ${kind}`,
    transform: `translate(${x} ${y})`,
    tabindex: center ? -1 : 0,
    role: center ? "img" : "link",
    "aria-label": label,
    onclick: go,
    onkeydown: (event) => {
      if (event.key === "Enter") go();
    },
  });
  made.append(
    svg("rect", { width: NODE.width, height: NODE.height, rx: 6 }),
    svg("text", { x: 8, y: NODE.height / 2 }, fitted(label, NODE.width)),
    svg("title", {}, position === undefined ? label : `${label}\n${isImport(position) ? "imported" : bytes(functions.size[position])}`),
  );
  return made;
}
