// The console. https://console.spec.whatwg.org/

const { write, colors } = native("stdio");
const { defineNamespace } = load("web/webidl");

/** Text of what was logged. What is only strings needs no inspector. */
function toText(fd, values) {
  if (values.length === 1 && typeof values[0] === "string") return values[0];
  if (values.every((value) => typeof value === "string") && !values[0]?.includes("%")) return values.join(" ");
  return load("web/format").formatWithOptions({ colors: colors(fd) }, ...values);
}

function now() {
  return load("web/performance").performance.now();
}

function duration(milliseconds) {
  const seconds = milliseconds / 1000;
  if (milliseconds < 1000) return `${Number(milliseconds.toFixed(3))}ms`;
  if (seconds < 60) return `${seconds.toFixed(3)}s`;
  const minutes = seconds / 60;
  const two = (number) => `${Math.floor(number)}`.padStart(2, "0");
  if (minutes < 60) return `${Math.floor(minutes)}:${(seconds % 60).toFixed(3).padStart(6, "0")} (m:ss.mmm)`;
  return `${Math.floor(minutes / 60)}:${two(minutes % 60)}:${two(seconds % 60)} (h:mm:ss)`;
}

/** A console that writes with `output(fd, text)`, where `fd` is 1 or 2. */
function createConsole(output = write, format = toText) {
  const counts = new Map();
  const timers = new Map();
  let indentation = "";

  const print = (fd, values) => {
    const text = format(fd, values);
    output(fd, `${indentation}${indentation === "" ? text : text.replaceAll("\n", `\n${indentation}`)}\n`);
  };
  const warn = (text) => print(2, [text]);
  const elapsed = (label, values) => {
    const start = timers.get(label);
    if (start === undefined) return warn(`Warning: No such label '${label}' for console.time()`);
    return print(1, [`${label.replaceAll("%", "%%")}: ${duration(now() - start)}`.replaceAll("%%", "%"), ...values]);
  };

  return defineNamespace({
    log(...values) { print(1, values); },
    info(...values) { print(1, values); },
    debug(...values) { print(1, values); },
    warn(...values) { print(2, values); },
    error(...values) { print(2, values); },
    dir(value, options) {
      const { inspect } = load("web/inspect");
      print(1, [inspect(value, { customInspect: false, colors: colors(1), ...options })]);
    },
    dirxml(...values) { print(1, values); },
    trace(...values) {
      const text = values.length === 0 ? "Trace" : `Trace: ${format(2, values)}`;
      const frames = load("web/inspect_names").splitStack(new Error(), "Error").frames.slice(1);
      print(2, [[text, ...frames].join("\n")]);
    },
    assert(condition, ...values) {
      if (condition) return;
      if (typeof values[0] === "string") values[0] = `Assertion failed: ${values[0]}`;
      else values.unshift("Assertion failed");
      print(2, values);
    },
    count(label = "default") {
      label = `${label}`;
      const count = (counts.get(label) ?? 0) + 1;
      counts.set(label, count);
      print(1, [`${label}: ${count}`]);
    },
    countReset(label = "default") {
      label = `${label}`;
      if (!counts.delete(label)) warn(`Warning: Count for '${label}' does not exist`);
    },
    group(...values) {
      if (values.length > 0) print(1, values);
      indentation += "  ";
    },
    groupCollapsed(...values) {
      if (values.length > 0) print(1, values);
      indentation += "  ";
    },
    groupEnd() { indentation = indentation.slice(0, -2); },
    table(data, columns) {
      if (typeof data !== "object" || data === null) return print(1, [data]);
      return print(1, [load("web/table").table(data, columns)]);
    },
    time(label = "default") {
      label = `${label}`;
      if (timers.has(label)) return warn(`Warning: Label '${label}' already exists for console.time()`);
      timers.set(label, now());
      return undefined;
    },
    timeLog(label = "default", ...values) { elapsed(`${label}`, values); },
    timeEnd(label = "default") {
      elapsed(`${label}`, []);
      timers.delete(`${label}`);
    },
  }, "console");
}

exports.createConsole = createConsole;
exports.console = createConsole();
