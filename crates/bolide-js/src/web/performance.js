// High resolution time and user timing. https://w3c.github.io/hr-time/ https://w3c.github.io/user-timing/

const { defineInterface, illegalConstructor, illegalInvocation, requireArguments, typeError } = load("web/webidl");
const { now, timeOrigin } = native("clock");

const create = Symbol("create");

class PerformanceEntry {
  #name;
  #type;
  #start;
  #duration;

  constructor(key, name, type, start, duration) {
    if (key !== create) throw illegalConstructor();
    this.#name = name;
    this.#type = type;
    this.#start = start;
    this.#duration = duration;
  }

  get name() { return this.#name; }

  get entryType() { return this.#type; }

  get startTime() { return this.#start; }

  get duration() { return this.#duration; }

  toJSON() {
    const { name, entryType, startTime, duration } = this;
    return { name, entryType, startTime, duration };
  }
}

class PerformanceMark extends PerformanceEntry {
  #detail;

  constructor(name, options = {}) {
    requireArguments(arguments.length, 1, "PerformanceMark");
    const start = options?.startTime ?? now();
    if (start < 0) throw typeError("PerformanceMark: startTime is negative");
    super(create, `${name}`, "mark", +start, 0);
    this.#detail = options?.detail ?? null;
  }

  get detail() { return this.#detail; }

  toJSON() { return { ...super.toJSON(), detail: this.#detail }; }
}

class PerformanceMeasure extends PerformanceEntry {
  #detail;

  constructor(key, name, start, duration, detail) {
    super(key, name, "measure", start, duration);
    this.#detail = detail;
  }

  get detail() { return this.#detail; }

  toJSON() { return { ...super.toJSON(), detail: this.#detail }; }
}

/** Entries in the order of their start. */
let timeline = [];

function add(entry) {
  let index = timeline.length;
  while (index > 0 && timeline[index - 1].startTime > entry.startTime) index--;
  timeline.splice(index, 0, entry);
  return entry;
}

function clear(type, name) {
  const goes = (entry) => entry.entryType === type && (name === undefined || entry.name === `${name}`);
  timeline = timeline.filter((entry) => !goes(entry));
}

function timeOf(mark) {
  if (typeof mark === "number") {
    if (mark < 0) throw typeError("Performance.measure: a time is negative");
    return mark;
  }
  const entry = timeline.findLast((other) => other.entryType === "mark" && other.name === `${mark}`);
  if (entry !== undefined) return entry.startTime;
  throw new DOMException(`The "${mark}" performance mark has not been set`, "SyntaxError");
}

/** Start and end of a measure with options. */
function rangeOf({ start, end, duration }) {
  if (start === undefined && end === undefined) throw typeError("Performance.measure: start or end is required");
  if (start !== undefined && end !== undefined && duration !== undefined) {
    throw typeError("Performance.measure: start, end and duration are too much");
  }
  const last = end !== undefined ? timeOf(end) : duration !== undefined ? timeOf(start) + duration : now();
  const first = start !== undefined ? timeOf(start) : duration !== undefined ? last - duration : 0;
  return [first, last];
}

class Performance {
  #brand;

  constructor(key) {
    if (key !== create) throw illegalConstructor();
  }

  now() {
    if (!(#brand in this)) throw illegalInvocation("Performance");
    return now();
  }

  get timeOrigin() {
    if (!(#brand in this)) throw illegalInvocation("Performance");
    return timeOrigin();
  }

  mark(name, options = {}) {
    return add(new PerformanceMark(name, options));
  }

  measure(name, startOrOptions = undefined, endMark = undefined) {
    requireArguments(arguments.length, 1, "Performance.measure");
    const isOptions = typeof startOrOptions === "object" && startOrOptions !== null;
    const [start, end] = isOptions && Object.keys(startOrOptions).length > 0
      ? rangeOf(startOrOptions)
      : [startOrOptions === undefined || isOptions ? 0 : timeOf(startOrOptions), endMark === undefined ? now() : timeOf(endMark)];
    const detail = isOptions ? startOrOptions.detail ?? null : null;
    return add(new PerformanceMeasure(create, `${name}`, start, end - start, detail));
  }

  clearMarks(name = undefined) {
    clear("mark", name);
  }

  clearMeasures(name = undefined) {
    clear("measure", name);
  }

  getEntries() { return [...timeline]; }

  getEntriesByType(type) {
    requireArguments(arguments.length, 1, "Performance.getEntriesByType");
    return timeline.filter((entry) => entry.entryType === `${type}`);
  }

  getEntriesByName(name, type = undefined) {
    requireArguments(arguments.length, 1, "Performance.getEntriesByName");
    return timeline.filter((entry) => entry.name === `${name}` && (type === undefined || entry.entryType === `${type}`));
  }

  toJSON() { return { timeOrigin: this.timeOrigin }; }
}

for (const Class of [PerformanceEntry, PerformanceMark, PerformanceMeasure, Performance]) defineInterface(Class);
Object.assign(exports, {
  Performance, PerformanceEntry, PerformanceMark, PerformanceMeasure, performance: new Performance(create),
});
