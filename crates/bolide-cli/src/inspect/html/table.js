// Tables that stay quick however long they are: only the rows in sight are in the document.

const ROW = 28;
const SPARE = 12;

/** Rows up to which a table is simply a table. */
const WHOLE = 200;

/**
 * A table. Columns are `{title, cell(row), sort?(row), text?(row), numeric?, width}`: what a cell shows, what rows are sorted by,
 * and what the search looks at. Returns the element, with `search(query)` and with `refresh()` for cells that have changed.
 */
function table({ columns, rows, label, sort = null, descending = false, missing: left = 0, height = null }) {
  const state = { shown: rows, sort, descending, query: "" };
  const body = element("div.rows", { role: "rowgroup" });
  const head = element("div.head", { role: "row" });
  const note = element("p.note", { "aria-live": "polite" });
  const scroller = element("div.scroller", { tabIndex: 0, role: "table", "aria-label": label }, head, body);
  scroller.setAttribute("aria-rowcount", rows.length + 1);
  const template = columns.map(({ width }) => width).join(" ");
  head.style.gridTemplateColumns = template;
  // What columns need at least; with less room the table scrolls sideways.
  const least = columns.reduce((sum, { width }) => sum + parseFloat(width.replace("minmax(", "")), 0);
  for (const part of [head, body]) part.style.minWidth = `calc(${least}rem + ${14 * columns.length + 12}px)`;

  const headings = columns.map((column, i) => {
    const cell = element(column.numeric ? "div.numeric" : "div", { role: "columnheader" });
    if (!column.sort) cell.append(column.title);
    else {
      cell.append(
        element("button", { type: "button", onclick: () => order(i) }, column.title, element("i", { "aria-hidden": "true" })),
      );
    }
    head.append(cell);
    return cell;
  });

  function order(column) {
    const same = state.sort === column;
    state.descending = same ? !state.descending : Boolean(columns[column].numeric && columns[column].large !== false);
    state.sort = column;
    update();
  }

  function update() {
    const texts = columns.filter(({ text }) => text);
    const { query } = state;
    state.shown = query ? rows.filter((row) => texts.some(({ text }) => matches(String(text(row)), query))) : rows;
    if (state.sort !== null) {
      const key = columns[state.sort].sort;
      const sign = state.descending ? -1 : 1;
      const compare = (a, b) => (a < b ? -1 : a > b ? 1 : 0);
      state.shown = state.shown
        .map((row) => [key(row), row])
        .sort(([a], [b]) => sign * compare(a, b))
        .map(([, row]) => row);
    }
    headings.forEach((cell, i) => {
      const direction = state.descending ? "descending" : "ascending";
      cell.setAttribute("aria-sort", state.sort === i ? direction : "none");
    });
    const parts = [];
    if (query) parts.push(`${number(state.shown.length)} of ${number(rows.length)} match “${query}”`);
    if (left) parts.push(`${number(left)} more are not in this page`);
    note.textContent = parts.join(" · ");
    note.hidden = !parts.length;
    body.style.height = `${Math.max(1, state.shown.length) * ROW}px`;
    scroller.scrollTop = 0;
    draw(true);
  }

  let drawn = [0, 0];
  function draw(anew = false) {
    const whole = state.shown.length <= WHOLE;
    const top = Math.max(0, Math.floor(scroller.scrollTop / ROW) - SPARE);
    const sight = Math.ceil((scroller.clientHeight || 800) / ROW);
    const from = whole ? 0 : top;
    const to = whole ? state.shown.length : Math.min(state.shown.length, top + sight + 2 * SPARE);
    if (!anew && from === drawn[0] && to === drawn[1]) return;
    drawn = [from, to];
    const made = [];
    for (let i = from; i < to; i++) {
      const line = element("div.row", { role: "row", "aria-rowindex": i + 2 });
      line.style.top = `${i * ROW}px`;
      line.style.gridTemplateColumns = template;
      for (const column of columns) {
        const content = column.cell(state.shown[i]);
        const cell = element(column.numeric ? "div.numeric" : "div", { role: "cell" }, content ?? "");
        if (typeof content === "string" && content.length > 24) cell.title = content;
        line.append(cell);
      }
      made.push(line);
    }
    body.replaceChildren(...made);
  }

  scroller.addEventListener("scroll", () => draw());
  new ResizeObserver(() => draw()).observe(scroller);
  if (height) scroller.style.maxHeight = height;
  update();
  const whole = element("div.table", {}, scroller, note);
  whole.search = (query) => {
    state.query = query;
    update();
  };
  whole.refresh = () => draw(true);
  return whole;
}

/** A link to a function. */
function functionLink(position) {
  const link = element("a.name", { href: `#fn=${functions.index[position]}`, title: nameOf(position) }, nameOf(position));
  if (functions.name[position] === null) link.classList.add("unnamed");
  return link;
}

/** A link to a function by its index, which the page may not have. */
function indexLink(index) {
  return positions.has(index) ? functionLink(positions.get(index)) : `func ${index}`;
}

/** A number of bytes with a bar that compares it to the largest. */
function bar(size, largest) {
  const fill = element("span.fill");
  fill.style.width = `${largest ? Math.max(0, (100 * size) / largest) : 0}%`;
  return element("span.bar", {}, fill, element("span", {}, bytes(size)));
}
