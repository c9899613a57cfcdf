// console.table

const { inspect } = load("web/inspect");
const { stringWidth } = load("web/inspect_text");

function cell(value) {
  const isLarge = isObject(value) && !Array.isArray(value) && Object.keys(value).length > 2;
  const depth = isLarge ? -1 : 0;
  return inspect(value, { maxArrayLength: 3, breakLength: Infinity, depth });
}

function draw(heads, rows) {
  const widths = heads.map((head, column) =>
    Math.max(stringWidth(head), ...rows.map((row) => stringWidth(row[column] ?? ""))) + 2);
  const line = (left, middle, right) => left + widths.map((width) => "─".repeat(width)).join(middle) + right;
  const fill = (text, width) => ` ${text}${" ".repeat(width - stringWidth(text) - 1)}`;
  const show = (row) => `│${widths.map((width, column) => fill(row[column] ?? "", width)).join("│")}│`;
  return [
    line("┌", "┬", "┐"), show(heads), line("├", "┼", "┤"), ...rows.map(show), line("└", "┴", "┘"),
  ].join("\n");
}

/** The rows of a collection as `[index, value]`, and the head of the index column. */
function rowsOf(data) {
  if (data instanceof Map) {
    return { head: "(iteration index)", rows: [...data].map(([k, v], i) => [`${i}`, v, k]), keyed: true };
  }
  if (data instanceof Set) return { head: "(iteration index)", rows: [...data].map((v, i) => [`${i}`, v]) };
  return { head: "(index)", rows: Object.keys(data).map((key) => [key, data[key]]) };
}

/** The text of a table. `columns` names the properties to show. */
exports.table = function table(data, columns) {
  const { head, rows, keyed } = rowsOf(data);
  if (keyed) {
    return draw([head, "Key", "Values"], rows.map(([index, value, key]) => [index, cell(key), cell(value)]));
  }
  const names = columns === undefined ? [] : [...columns];
  const hasValues = rows.some(([, value]) => !isObject(value));
  if (columns === undefined) {
    for (const [, value] of rows) {
      if (isObject(value)) for (const key of Object.keys(value)) if (!names.includes(key)) names.push(key);
    }
  }
  const lines = rows.map(([index, value]) => {
    const cells = names.map((name) => (isObject(value) && Object.hasOwn(value, name) ? cell(value[name]) : ""));
    if (hasValues) cells.push(isObject(value) ? "" : cell(value));
    return [index, ...cells];
  });
  return draw([head, ...names, ...(hasValues ? ["Values"] : [])], lines);
};

function isObject(value) {
  return (typeof value === "object" && value !== null) || typeof value === "function";
}
