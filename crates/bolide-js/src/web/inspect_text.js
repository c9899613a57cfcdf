// The inspector's text: literals, and how entries are laid out in lines.

const codes = {
  bold: [1, 22], italic: [3, 23], underline: [4, 24], inverse: [7, 27],
  black: [30, 39], red: [31, 39], green: [32, 39], yellow: [33, 39], blue: [34, 39], magenta: [35, 39],
  cyan: [36, 39], white: [37, 39], grey: [90, 39], gray: [90, 39],
};

const styles = {
  special: "cyan", number: "yellow", bigint: "yellow", boolean: "yellow", undefined: "grey", null: "bold",
  string: "green", symbol: "green", date: "magenta", regexp: "red", module: "underline",
};

function styleWithColor(text, style) {
  const color = codes[styles[style]];
  return color === undefined ? text : `\u001b[${color[0]}m${text}\u001b[${color[1]}m`;
}

function styleNone(text) {
  return text;
}

const escapes = /[\u001b\u009b][[\]()#;?]*(?:(?:(?:[\w-]+(?:;[\w-]*)*)?\u0007)|(?:\d{1,4}(?:;\d{0,4})*)?[\dA-PR-TZcf-ntqry=><~])/g;

function stripColors(text) {
  return text.includes("\u001b") || text.includes("\u009b") ? text.replace(escapes, "") : text;
}

/** How many columns a character takes: 0 for combining marks, 2 for wide ones. */
function columnsOf(point) {
  if (point < 0x300) return point < 0x20 || (point >= 0x7f && point < 0xa0) ? 0 : 1;
  if (/^[\p{Mn}\p{Me}\p{Cf}]$/u.test(String.fromCodePoint(point))) return 0;
  const wide = (point >= 0x1100 && point <= 0x115f) || point === 0x2329 || point === 0x232a ||
    (point >= 0x2e80 && point <= 0x3247 && point !== 0x303f) || (point >= 0x3250 && point <= 0x4dbf) ||
    (point >= 0x4e00 && point <= 0xa4c6) || (point >= 0xa960 && point <= 0xa97c) ||
    (point >= 0xac00 && point <= 0xd7a3) || (point >= 0xf900 && point <= 0xfaff) ||
    (point >= 0xfe10 && point <= 0xfe19) || (point >= 0xfe30 && point <= 0xfe6b) ||
    (point >= 0xff01 && point <= 0xff60) || (point >= 0xffe0 && point <= 0xffe6) ||
    (point >= 0x1b000 && point <= 0x1b001) || (point >= 0x1f200 && point <= 0x1f251) ||
    (point >= 0x1f300 && point <= 0x1f64f) || (point >= 0x1f900 && point <= 0x1f9ff) ||
    (point >= 0x20000 && point <= 0x3fffd);
  return wide ? 2 : 1;
}

/** The width of a text in columns. */
function stringWidth(text, withColors = true) {
  const plain = withColors ? stripColors(text) : text;
  if (/^[\x20-\x7e]*$/.test(plain)) return plain.length;
  let width = 0;
  for (const character of plain.normalize("NFC")) width += columnsOf(character.codePointAt(0));
  return width;
}

const named = { "\b": "\\b", "\t": "\\t", "\n": "\\n", "\f": "\\f", "\r": "\\r", "\\": "\\\\" };

function escapeCharacter(character) {
  if (named[character] !== undefined) return named[character];
  const code = character.charCodeAt(0);
  if (code > 0xff) return `\\u${code.toString(16)}`;
  return `\\x${code.toString(16).toUpperCase().padStart(2, "0")}`;
}

const special = /[\x00-\x1f\x7f-\x9f\\]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;

/** A string literal, in the quotes that need the fewest escapes. */
function quote(text) {
  let mark = "'";
  if (text.includes("'")) {
    if (!text.includes('"')) mark = '"';
    else if (!text.includes("`") && !text.includes("${")) mark = "`";
  }
  const escaped = text.replace(special, escapeCharacter);
  return mark + (mark === "'" ? escaped.replaceAll("'", "\\'") : escaped) + mark;
}

function groupDigits(digits) {
  return digits.replace(/\B(?=(?:\d{3})+$)/g, "_");
}

function numberText(number, separator) {
  if (Object.is(number, -0)) return "-0";
  const text = `${number}`;
  if (!separator || !Number.isFinite(number) || text.includes("e")) return text;
  const [, sign, integer, fraction] = /^(-?)(\d+)(?:\.(\d+))?$/.exec(text);
  const whole = sign + groupDigits(integer);
  return fraction === undefined ? whole : `${whole}.${fraction.replace(/(\d{3})(?=\d)/g, "$1_")}`;
}

function bigintText(value, separator) {
  const text = `${value}`;
  if (!separator) return `${text}n`;
  return `${text.startsWith("-") ? "-" + groupDigits(text.slice(1)) : groupDigits(text)}n`;
}

function rest(count, noun) {
  return `... ${count} more ${noun}${count > 1 ? "s" : ""}`;
}

/** Primitive values as literals. */
function formatPrimitive(style, value, state) {
  switch (typeof value) {
    case "string": return formatString(style, value, state);
    case "number": return style(numberText(value, state.numericSeparator), "number");
    case "bigint": return style(bigintText(value, state.numericSeparator), "bigint");
    case "boolean": return style(`${value}`, "boolean");
    case "undefined": return style("undefined", "undefined");
    default: return style(Symbol.prototype.toString.call(value), "symbol");
  }
}

function formatString(style, value, state) {
  let trailer = "";
  if (value.length > state.maxStringLength) {
    trailer = rest(value.length - state.maxStringLength, "character");
    value = value.slice(0, state.maxStringLength);
  }
  const long = value.length > 16 && value.length > state.breakLength - state.indentation - 4;
  if (state.compact !== true && long) {
    const lines = value.split(/(?<=\n)/).map((line) => style(quote(line), "string"));
    return lines.join(` +\n${" ".repeat(state.indentation + 2)}`) + trailer;
  }
  return style(quote(value), "string") + trailer;
}

/** Whether entries fit into one line that already has `start` characters. */
function fitsLine(state, output, start, base) {
  let total = output.length + start;
  if (total + output.length > state.breakLength) return false;
  for (const entry of output) {
    total += state.colors ? stripColors(entry).length : entry.length;
    if (total > state.breakLength) return false;
  }
  return base === "" || !base.includes("\n");
}

/** Joins the entries of a value: in a line if they fit and are not nested deeply, or one per line. */
function layOut(state, output, base, braces, isArray, level, value) {
  const head = base === "" ? "" : `${base} `;
  if (state.compact === true) return layOutCompact(state, output, base, braces);
  if (typeof state.compact === "number" && state.compact >= 1) {
    const count = output.length;
    if (isArray && count > 6) output = group(state, output, value);
    if (state.currentDepth - level < state.compact && count === output.length) {
      const start = output.length + state.indentation + braces[0].length + base.length + 10;
      if (fitsLine(state, output, start, base)) {
        const joined = output.join(", ");
        if (!joined.includes("\n")) return `${head}${braces[0]} ${joined} ${braces[1]}`;
      }
    }
  }
  const indentation = `\n${" ".repeat(state.indentation)}`;
  return `${head}${braces[0]}${indentation}  ${output.join(`,${indentation}  `)}${indentation}${braces[1]}`;
}

function layOutCompact(state, output, base, braces) {
  if (fitsLine(state, output, 0, base)) {
    return `${braces[0]}${base === "" ? "" : ` ${base}`} ${output.join(", ")} ${braces[1]}`;
  }
  const indentation = `\n${" ".repeat(state.indentation)}`;
  const first = base === "" && braces[0].length === 1 ? " " : `${base === "" ? "" : ` ${base}`}\n${indentation.slice(1)}  `;
  return `${braces[0]}${first}${output.join(`,${indentation}  `)} ${braces[1]}`;
}

/** How many columns entries of these widths are put into. */
function gridColumns(state, total, widest, count) {
  const cell = widest + 2;
  if (cell * 3 + state.indentation >= state.breakLength) return 1;
  if (total / cell <= 5 && widest > 6) return 1;
  // Characters are about 2.5 times as high as they are wide: aim at a square.
  const bias = Math.sqrt(cell - total / count.all);
  const width = Math.max(cell - 3 - bias, 1);
  return Math.min(
    Math.round(Math.sqrt(2.5 * width * count.shown) / width),
    Math.floor((state.breakLength - state.indentation) / cell),
    state.compact * 4,
    15,
  );
}

/** Puts more than six entries of an array into columns. */
function group(state, output, value) {
  let shown = output.length;
  const more = state.maxArrayLength < output.length;
  if (more) shown--;
  const widths = output.slice(0, shown).map((entry) => stringWidth(entry, state.colors));
  const total = widths.reduce((sum, width) => sum + width + 2, 0);
  const widest = widths.reduce((max, width) => Math.max(max, width), 0);
  const columns = gridColumns(state, total, widest, { all: output.length, shown });
  if (columns <= 1) return output;
  const columnWidths = [];
  for (let column = 0; column < columns; column++) {
    let width = 0;
    for (let i = column; i < shown; i += columns) width = Math.max(width, widths[i]);
    columnWidths.push(width + 2);
  }
  const numbers = value !== undefined && isAllNumbers(value, output.length);
  const rows = [];
  for (let i = 0; i < shown; i += columns) {
    const end = Math.min(i + columns, shown);
    rows.push(row(output, widths, columnWidths, i, end, numbers));
  }
  if (more) rows.push(output[shown]);
  return rows;
}

function row(output, widths, columnWidths, start, end, alignRight) {
  let line = "";
  for (let j = start; j < end; j++) {
    const last = j === end - 1;
    const hidden = output[j].length - widths[j];
    const width = columnWidths[j - start] + hidden;
    if (alignRight) line += last ? output[j].padStart(width - 2) : `${output[j]}, `.padStart(width);
    else line += last ? output[j] : `${output[j]}, `.padEnd(width);
  }
  return line;
}

function isAllNumbers(value, count) {
  for (let i = 0; i < count; i++) {
    if (typeof value[i] !== "number" && typeof value[i] !== "bigint") return false;
  }
  return true;
}

Object.assign(exports, {
  codes, styles, styleWithColor, styleNone, stripColors, stringWidth, quote, escapeCharacter, special,
  numberText, bigintText, rest, formatPrimitive, layOut,
});
