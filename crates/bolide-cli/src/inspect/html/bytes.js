// Data segments as hexadecimal numbers and text, and the strings in them.

const segmentBytes = (index) => Uint8Array.from(atob(data.segments[index] ?? ""), (char) => char.charCodeAt(0));

/** The address at which a segment starts if that is known, or else 0: then numbers are offsets in the segment. */
function base({ memory, offset }) {
  const wide = memory !== null && report.memories[memory]?.type.includes("i64");
  return address(offset, wide);
}

/** Where a segment goes, in words. */
function placeOf(segment) {
  if (segment.mode !== "active") return segment.mode;
  const at = base(segment);
  const memory = report.memories.length > 1 ? `memory ${segment.memory} at ` : "";
  return memory + (at === null ? segment.offset : hex(at));
}

const printable = (byte) => byte >= 0x20 && byte < 0x7f;

function hexRow(content, start, from) {
  const part = content.subarray(from, from + 16);
  const digits = Array.from(part, (byte, i) => byte.toString(16).padStart(2, "0") + (i === 7 ? " " : ""));
  const text = Array.from(part, (byte) => (printable(byte) ? String.fromCharCode(byte) : "·"));
  return { at: hex(start + BigInt(from)), digits: digits.join(" "), text: text.join("") };
}

function hexTable(segment) {
  const content = segmentBytes(segment.index);
  const start = base(segment) ?? 0n;
  const rows = Array.from({ length: Math.ceil(content.length / 16) }, (_, i) => i * 16);
  const row = (from) => hexRow(content, start, from);
  const title = base(segment) === null ? "Offset" : "Address";
  const listing = table({
    label: `Bytes of data segment ${segment.index}`,
    rows,
    columns: [
      { title, width: "8rem", cell: (from) => element("code.quiet", {}, row(from).at) },
      { title: "Bytes", width: "27rem", cell: (from) => element("code.bytes", {}, row(from).digits) },
      { title: "Text", width: "minmax(10rem, 1fr)", cell: (from) => element("code.bytes", {}, row(from).text), text: (from) => row(from).text },
    ],
  });
  const left = segment.size - content.length;
  if (left > 0) listing.append(element("p.note", {}, `${bytes(left)} more of this segment are not in this page`));
  return listing;
}

/** Pieces of text of at least five characters, at most 400 bytes each. */
function stringsIn(content) {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  const found = [];
  let start = 0;
  const end = (at) => {
    if (at - start >= 5) found.push({ at: start, text: String.fromCharCode(...content.subarray(start, at)) });
  };
  let at = 0;
  while (at < content.length) {
    const byte = content[at];
    const length = printable(byte) || byte === 10 || byte === 9 ? 1 : byte >= 0xc3 && byte < 0xf5 ? sequence(content, at) : 0;
    if (length && at + length - start <= 400) at += length;
    else {
      end(at);
      if (!length) at++;
      start = at;
    }
  }
  end(at);
  for (const string of found) {
    if (!/[\x80-\xff]/.test(string.text)) continue;
    const raw = Uint8Array.from(string.text, (char) => char.charCodeAt(0));
    string.text = decoder.decode(raw);
  }
  return found;
}

/** How long the sequence of UTF-8 is that starts here; 0 if there is none, or if it is for a control character. */
function sequence(content, at) {
  const byte = content[at];
  const length = byte < 0xe0 ? 2 : byte < 0xf0 ? 3 : 4;
  const part = content.subarray(at, at + length);
  try {
    const [char, ...others] = new TextDecoder("utf-8", { fatal: true }).decode(part);
    return char && !others.length && !/[\p{C}\p{Z}]/u.test(char) ? length : 0;
  } catch {
    return 0;
  }
}

const allStrings = lazy(() =>
  report.data.flatMap((segment) => {
    const start = base(segment);
    return stringsIn(segmentBytes(segment.index)).map(({ at, text }) => ({ segment, at, start, text }));
  }),
);

function stringsTable() {
  return table({
    label: "Strings",
    rows: allStrings(),
    columns: [
      {
        title: "Segment",
        width: "6rem",
        numeric: true,
        large: false,
        cell: ({ segment }) => element("a", { href: `#data=${segment.index}` }, `${segment.index}`),
        sort: ({ segment }) => segment.index,
      },
      {
        title: "Address",
        width: "8rem",
        cell: ({ start, at }) => element("code.quiet", {}, start === null ? `+${hex(at)}` : hex(start + BigInt(at))),
        sort: ({ start, at }) => (start ?? 0n) + BigInt(at),
      },
      { title: "Length", width: "5rem", numeric: true, cell: ({ text }) => `${text.length}`, sort: ({ text }) => text.length },
      {
        title: "Text",
        width: "minmax(12rem, 1fr)",
        cell: ({ text }) => element("code.name", { title: text }, text.replace(/\n/g, "⏎").replace(/\t/g, "→")),
        sort: ({ text }) => text,
        text: ({ text }) => text,
      },
    ],
  });
}

function dataView() {
  const most = report.data.reduce((size, segment) => Math.max(size, segment.size), 0);
  const view = element("section.fill.data");
  if (!report.data.length) {
    view.append(element("p.intro", {}, "The module has no data segments."));
    return view;
  }
  let current = null;
  const segments = table({
    label: "Data segments",
    rows: report.data,
    missing: missing("data"),
    columns: [
      {
        title: "Segment",
        width: "minmax(7rem, 1fr)",
        cell: ({ index, name }) =>
          element("a.name", { href: `#data=${index}`, "aria-current": index === current?.index }, name ? `${index} ${name}` : `${index}`),
        sort: ({ index }) => index,
      },
      { title: "Place", width: "7rem", cell: (segment) => element("code", {}, placeOf(segment)), sort: (segment) => base(segment) ?? -1n },
      { title: "Size", width: "7rem", numeric: true, cell: ({ size }) => bar(size, most), sort: ({ size }) => size },
    ],
  });
  const pane = element("div.pane");
  const link = (to, text, on) => element("a.choice", { href: `#data=${to}`, "aria-current": on }, text);
  let content = null;

  /** Shows a segment, or the strings of all; without an argument what was shown before, or the first that is not empty. */
  view.go = (argument) => {
    if (argument === undefined && content) return;
    const first = report.data.find(({ size }) => size) ?? report.data[0];
    const shown = current ?? first;
    current = argument === "strings" ? null : (report.data[Number(argument ?? shown.index)] ?? first);
    content = current ? hexTable(current) : stringsTable();
    const choices = element(
      "div.choices",
      {},
      link((current ?? shown).index, `Segment ${(current ?? shown).index}`, Boolean(current)),
      link("strings", "Strings of all segments", !current),
    );
    pane.replaceChildren(choices, content);
    segments.refresh();
  };
  view.append(
    element("p.intro", {}, `${plural(report.data.length + missing("data"), "data segment")} · ${bytes(data.data_size)}`),
    element("div.split", {}, segments, pane),
  );
  view.search = (query) => content?.search(query);
  return view;
}
