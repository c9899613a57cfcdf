// path.matchesGlob: patterns with `*`, `**`, `?`, `[…]` and `{a,b}`.

const escape = (text) => text.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&");

// `{a,b}` as the list of patterns that it stands for.
function expandBraces(pattern) {
  const match = /^([^{]*)\{([^{}]*)\}(.*)$/s.exec(pattern);
  if (!match || !match[2].includes(",")) return [pattern];
  return match[2].split(",").flatMap((choice) => expandBraces(match[1] + choice + match[3]));
}

function segment(text) {
  let source = "";
  for (let i = 0; i < text.length; i++) {
    if (text[i] === "*") source += "[^/]*";
    else if (text[i] === "?") source += "[^/]";
    else if (text[i] === "[" && text.indexOf("]", i + 2) !== -1) {
      const end = text.indexOf("]", i + 2);
      const body = text.slice(i + 1, end).replace(/\\/g, "\\\\").replace(/^!/, "^");
      source += `[${body}]`;
      i = end;
    } else source += escape(text[i]);
  }
  const hidden = /^[*?[]/.test(text) ? "(?!\\.)" : "";
  return hidden + source;
}

function expression(pattern) {
  const parts = pattern.split("/");
  let source = "";
  parts.forEach((part, index) => {
    const last = index === parts.length - 1;
    if (part === "**") source += last ? "(?:(?!\\.)[^/]+(?:/(?!\\.)[^/]+)*)?" : "(?:(?!\\.)[^/]+/)*";
    else source += segment(part) + (last ? "" : "/");
  });
  return new RegExp(`^${source}$`, "s");
}

exports.matchesGlob = (path, pattern, windows) => {
  const plain = (text) => (windows ? text.replaceAll("\\", "/") : text);
  const text = plain(path);
  return expandBraces(plain(pattern)).some((one) => expression(one).test(text));
};
