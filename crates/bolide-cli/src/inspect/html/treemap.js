// Sizes as a squarified treemap (Bruls, Huizing, van Wijk: Squarified Treemaps, 2000).

/** Pixels of the line with the name of a group, and around what is inside. */
const LABEL = 20;
const GAP = 2;

/** Square pixels below which tiles are drawn as one. */
const SMALLEST = 250;

/** Tiles at most. */
const TILES = 2500;

/**
 * Places items, largest first, with sizes as areas in a rectangle; returns a rectangle for each.
 * A row along the shorter side grows as long as that makes its worst tile more like a square.
 */
function squarify(items, { x, y, width, height }) {
  const total = items.reduce((sum, { size }) => sum + size, 0);
  const scale = total ? (width * height) / total : 0;
  const placed = [];
  let start = 0;
  while (start < items.length) {
    const side = Math.min(width, height);
    let end = start;
    let area = 0;
    let worst = Infinity;
    while (end < items.length) {
      const grown = area + items[end].size * scale;
      const [large, small] = [items[start].size * scale, items[end].size * scale];
      const ratio = Math.max((side * side * large) / (grown * grown), (grown * grown) / (side * side * small));
      if (ratio > worst) break;
      worst = ratio;
      area = grown;
      end++;
    }
    end = Math.max(end, start + 1);
    const thickness = side ? area / side : 0;
    let along = 0;
    for (let i = start; i < end; i++) {
      const length = area ? (items[i].size * scale * side) / area : 0;
      placed.push(
        width >= height
          ? { x, y: y + along, width: thickness, height: length }
          : { x: x + along, y, width: length, height: thickness },
      );
      along += length;
    }
    if (width >= height) [x, width] = [x + thickness, width - thickness];
    else [y, height] = [y + thickness, height - thickness];
    start = end;
  }
  return placed;
}

/** The children to draw in an area: those that would be too small to see become one. */
function visible(node, area) {
  const children = node.children.filter(({ size }) => size > 0);
  const total = children.reduce((sum, { size }) => sum + size, 0);
  const least = (total * SMALLEST) / Math.max(1, area);
  const kept = children.findIndex(({ size }) => size < least);
  if (kept < 0 || children.length - kept < 2) return children;
  const tail = children.slice(kept);
  const size = tail.reduce((sum, child) => sum + child.size, 0);
  const of = tail.every((child) => child.count !== undefined) && tail.reduce((sum, child) => sum + child.count, 0);
  const name = of ? plural(of, "smaller function") : plural(tail.length, "smaller part");
  const rest = { name, size, count: of || undefined, rest: true, parent: node, tail };
  const head = children.slice(0, kept);
  const place = head.findIndex((child) => child.size < size);
  head.splice(place < 0 ? head.length : place, 0, rest);
  return head;
}

/** A hue for each child of the code section, by rank, so that colours tell crates apart. */
function hues() {
  const assigned = new Map();
  const code = tree().children.find(({ section }) => section?.name === "code" && !section.custom);
  const groups = code?.children.filter(({ children }) => children) ?? [];
  groups.forEach((group, i) => assigned.set(group, `h${i % 10}`));
  return assigned;
}

function treemap(open) {
  const crumbs = element("ol.crumbs", { "aria-label": "Where this is" });
  const map = element("div", { id: "treemap", role: "group", "aria-label": "Sizes; arrow keys move, Enter opens" });
  const note = element("p.note", { "aria-live": "polite" });
  const colours = hues();
  const state = { root: tree(), query: "", tiles: [] };

  const hue = (node) => {
    for (let at = node; at; at = at.parent) if (colours.has(at)) return colours.get(at);
    for (let at = node; at; at = at.parent) {
      if (at.section) return { code: "code", data: "data" }[at.section.custom ? "" : at.section.name] ?? "other";
    }
    return "other";
  };

  function matchesNode(node) {
    const { query } = state;
    if (node.tail) return node.tail.some(matchesNode);
    if (node.children?.length) return node.children.some(matchesNode) || matches(node.name, query);
    return matches(node.name, query);
  }

  function describe(node) {
    const lines = [node.name, `${bytes(node.size)} · ${share(node.size, report.size)} of the file`];
    if (node.parent && node.parent.parent) {
      lines[1] += ` · ${share(node.size, node.parent.size)} of ${node.parent.name}`;
    }
    if (node.children && node.count) lines.push(plural(node.count, "function"));
    if (node.position !== undefined) lines.push(`func ${functions.index[node.position]}  ${typeOf(node.position)}`);
    if (node.section) lines.push(`section at ${hex(node.section.offset)}`);
    if (node.segment !== undefined) lines.push(`data segment ${node.segment}`);
    return lines;
  }

  function activate(node) {
    tip.hide();
    if (node.position !== undefined) open(`fn=${functions.index[node.position]}`);
    else if (node.segment !== undefined) open(`data=${node.segment}`);
    else if (node.children?.length) zoom(node);
    else if (node.tail) zoom({ name: node.name, size: node.size, count: node.count, children: node.tail, parent: node.parent });
    else if (node.rest && node.parent !== state.root) zoom(node.parent);
    else if (node.rest && node.count) open("functions");
    else if (node.section) open("structure");
  }

  function zoom(node) {
    state.root = node;
    draw();
    state.tiles[0]?.focus({ preventScroll: true });
  }

  function tile(node, box, depth) {
    const inner = node.children?.length && box.width > 36 && box.height > 34;
    const made = element(`div.tile.${hue(node)}`, {
      tabIndex: -1,
      role: "button",
      "aria-label": describe(node).slice(0, 2).join(", "),
    });
    made.classList.add(inner ? "group" : "leaf", `d${Math.min(depth, 4)}`);
    if (node.rest) made.classList.add("quiet");
    if (state.query && !inner && !matchesNode(node)) made.classList.add("dim");
    if (state.query && !inner && matchesNode(node)) made.classList.add("hit");
    Object.assign(made.style, {
      left: `${box.x}px`,
      top: `${box.y}px`,
      width: `${Math.max(1, box.width)}px`,
      height: `${Math.max(1, box.height)}px`,
    });
    if (box.width > 30 && box.height > 15) {
      const label = element("span.label", {}, element("b", {}, short(node, box.width)));
      if (inner ? box.width > 90 : box.height > 32) label.append(element("small", {}, bytes(node.size)));
      made.append(label);
    }
    made.node = node;
    state.tiles.push(made);
    return made;
  }

  /** As much of a name as says most where there is little room: its last part. */
  function short(node, width) {
    if (node.children || !node.name.includes("::") || node.name.length * 6.2 < width) return node.name;
    return node.name.replace(/^<(.*) as .*>::/, "$1::").split("::").slice(-2).join("::");
  }

  function fill(into, node, box, depth) {
    const items = visible(node, box.width * box.height);
    const boxes = squarify(items, box);
    items.forEach((item, i) => {
      if (state.tiles.length > TILES || boxes[i].width < 2 || boxes[i].height < 2) return;
      const { x, y, width, height } = boxes[i];
      const outer = { x, y, width: width - GAP, height: height - GAP };
      const made = tile(item, outer, depth);
      into.append(made);
      if (made.classList.contains("group")) {
        const inside = { x: GAP, y: LABEL, width: outer.width - 2 * GAP, height: outer.height - LABEL - GAP };
        fill(made, item, inside, depth + 1);
      }
    });
  }

  function draw() {
    const { width, height } = map.getBoundingClientRect();
    if (!width || !height) return;
    const path = [];
    for (let at = state.root; at; at = at.parent) path.unshift(at);
    crumbs.replaceChildren(
      ...path.map((node, i) => {
        const last = i + 1 === path.length;
        const step = element("button", { type: "button", disabled: last, onclick: () => zoom(node) }, node.name);
        return element("li", {}, step, element("small", {}, bytes(node.size)));
      }),
    );
    state.tiles = [];
    map.replaceChildren();
    fill(map, state.root, { x: 0, y: 0, width, height }, 0);
    if (state.tiles.length) state.tiles[0].tabIndex = 0;
    const found = state.query ? total(state.root) : null;
    note.textContent = found
      ? `“${state.query}” is in ${plural(found.count, "name")}: ${bytes(found.size)}, ${share(found.size, report.size)} of the file`
      : "A click opens; Backspace goes up. Colours tell groups of functions apart.";
  }

  /** What the search finds below a node. */
  function total(node) {
    const sum = { count: 0, size: 0 };
    const visit = (at) => {
      if (at.children?.length && !matches(at.name, state.query)) at.children.forEach(visit);
      else if (matches(at.name, state.query) && !at.rest) {
        sum.count++;
        sum.size += at.size;
      }
    };
    (node.children ?? []).forEach(visit);
    return sum;
  }

  /** The tile nearest to another in the direction of an arrow key. */
  function neighbour(from, key) {
    const box = from.getBoundingClientRect();
    const horizontal = key === "ArrowLeft" || key === "ArrowRight";
    const sign = key === "ArrowLeft" || key === "ArrowUp" ? -1 : 1;
    let best = null;
    let nearest = Infinity;
    for (const candidate of state.tiles) {
      if (candidate === from || candidate.classList.contains("group")) continue;
      const other = candidate.getBoundingClientRect();
      const dx = other.x + other.width / 2 - box.x - box.width / 2;
      const dy = other.y + other.height / 2 - box.y - box.height / 2;
      const [ahead, aside] = horizontal ? [dx * sign, Math.abs(dy)] : [dy * sign, Math.abs(dx)];
      if (ahead > 1 && ahead + 2 * aside < nearest) [best, nearest] = [candidate, ahead + 2 * aside];
    }
    return best;
  }

  const tileAt = (event) => event.target.closest?.(".tile");
  map.addEventListener("click", (event) => {
    const at = tileAt(event);
    if (at) activate(at.node);
  });
  map.addEventListener("pointermove", (event) => {
    const at = tileAt(event);
    if (at) tip.show(describe(at.node), event.clientX, event.clientY);
    else tip.hide();
  });
  map.addEventListener("pointerleave", tip.hide);
  map.addEventListener("focusout", tip.hide);
  map.addEventListener("focusin", (event) => {
    const at = tileAt(event);
    if (!at || !at.matches(":focus-visible")) return;
    const { x, y, height } = at.getBoundingClientRect();
    tip.show(describe(at.node), x, y + Math.min(height, 40));
  });
  map.addEventListener("keydown", (event) => {
    const at = tileAt(event);
    if (!at) return;
    if (event.key === "Enter" || event.key === " ") activate(at.node);
    else if (event.key === "Backspace" && state.root.parent) zoom(state.root.parent);
    else if (event.key.startsWith("Arrow")) {
      const next = neighbour(at, event.key);
      if (next) {
        at.tabIndex = -1;
        next.tabIndex = 0;
        next.focus();
      }
    } else return;
    event.preventDefault();
  });
  new ResizeObserver(draw).observe(map);
  const view = element("section.map", {}, crumbs, map, note);
  view.search = (query) => {
    state.query = query;
    draw();
  };
  return view;
}
