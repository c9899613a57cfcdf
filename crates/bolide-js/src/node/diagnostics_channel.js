// node:diagnostics_channel
const { invalidArgType, validate } = load("node/errors");
const channels = new Map();

class Channel {
  #subscribers = [];
  #stores = new Map();

  constructor(name) {
    this.name = name;
  }

  get hasSubscribers() {
    return this.#subscribers.length > 0 || this.#stores.size > 0;
  }

  subscribe(callback) {
    validate.function(callback, "subscription");
    this.#subscribers = [...this.#subscribers, callback];
  }

  unsubscribe(callback) {
    const index = this.#subscribers.indexOf(callback);
    if (index === -1) return false;
    this.#subscribers = this.#subscribers.toSpliced(index, 1);
    return true;
  }

  bindStore(store, transform) {
    this.#stores.set(store, transform);
  }

  unbindStore(store) {
    return this.#stores.delete(store);
  }

  publish(message) {
    for (const callback of this.#subscribers) {
      try {
        callback(message, this.name);
      } catch (error) {
        native("loop").uncaught(error);
      }
    }
  }

  runStores(message, callback, self, ...values) {
    let run = () => {
      this.publish(message);
      return Reflect.apply(callback, self, values);
    };
    for (const [store, transform] of this.#stores) {
      const inner = run;
      run = () => store.run(transform ? transform(message) : message, inner);
    }
    return run();
  }
}

function channel(name) {
  if (typeof name !== "string" && typeof name !== "symbol") throw invalidArgType("channel", ["string", "symbol"], name);
  if (!channels.has(name)) channels.set(name, new Channel(name));
  return channels.get(name);
}

const EVENTS = ["start", "end", "asyncStart", "asyncEnd", "error"];

class TracingChannel {
  constructor(given) {
    for (const name of EVENTS) this[name] = typeof given === "string" ? channel(`tracing:${given}:${name}`) : given[name];
  }

  get hasSubscribers() {
    return EVENTS.some((name) => this[name].hasSubscribers);
  }

  subscribe(handlers) {
    for (const name of EVENTS) if (handlers[name]) this[name].subscribe(handlers[name]);
  }

  unsubscribe(handlers) {
    return EVENTS.every((name) => !handlers[name] || this[name].unsubscribe(handlers[name]));
  }

  traceSync(callback, context = {}, self, ...values) {
    return this.start.runStores(context, () => {
      try {
        return (context.result = Reflect.apply(callback, self, values));
      } catch (error) {
        context.error = error;
        this.error.publish(context);
        throw error;
      } finally {
        this.end.publish(context);
      }
    });
  }

  tracePromise(callback, context = {}, self, ...values) {
    const settle = (key, finish) => (value) => {
      context[key] = value;
      if (key === "error") this.error.publish(context);
      this.asyncStart.publish(context);
      this.asyncEnd.publish(context);
      return finish(value);
    };
    return this.start.runStores(context, () => {
      try {
        return Promise.resolve(Reflect.apply(callback, self, values)).then(
          settle("result", (value) => value),
          settle("error", (error) => Promise.reject(error)),
        );
      } catch (error) {
        context.error = error;
        this.error.publish(context);
        throw error;
      } finally {
        this.end.publish(context);
      }
    });
  }
}

Object.assign(exports, {
  Channel,
  channel,
  hasSubscribers: (name) => channels.get(name)?.hasSubscribers ?? false,
  subscribe: (name, callback) => channel(name).subscribe(callback),
  unsubscribe: (name, callback) => channel(name).unsubscribe(callback),
  tracingChannel: (given) => new TracingChannel(given),
});
