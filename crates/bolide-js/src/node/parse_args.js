// util.parseArgs
const { make, invalidArgType, invalidArgValue, validate } = load("node/errors");

const fail = (code, message) => make(TypeError, code, message);

function checkOptions(options) {
  for (const [long, option] of Object.entries(options)) {
    validate.object(option, `options.${long}`);
    validate.oneOf(option.type, `options.${long}.type`, ["string", "boolean"]);
    if (option.short !== undefined) {
      validate.string(option.short, `options.${long}.short`);
      if (option.short.length !== 1) throw invalidArgValue(`options.${long}.short`, option.short, "must be a single character");
    }
    if (option.multiple !== undefined) validate.boolean(option.multiple, `options.${long}.multiple`);
    if (option.default === undefined) continue;
    const values = option.multiple ? option.default : [option.default];
    if (!Array.isArray(values)) throw invalidArgType(`options.${long}.default`, "Array", option.default);
    for (const value of values) {
      if (typeof value !== option.type) throw invalidArgType(`options.${long}.default`, option.multiple ? `${option.type}[]` : option.type, option.default);
    }
  }
}

const findShort = (options, letter) => Object.keys(options).find((long) => options[long].short === letter) ?? letter;

// Splits arguments into tokens.
function tokenize(args, options) {
  const tokens = [];
  const queue = args.map((arg, index) => ({ arg, index }));
  let ended = false;
  while (queue.length > 0) {
    const { arg, index, fromGroup } = queue.shift();
    if (ended) {
      tokens.push({ kind: "positional", index, value: arg });
    } else if (arg === "--") {
      ended = true;
      tokens.push({ kind: "option-terminator", index });
    } else if (/^-[^-]$/s.test(arg)) {
      const name = findShort(options, arg[1]);
      let value;
      let inlineValue;
      if (options[name]?.type === "string" && queue.length > 0 && !(fromGroup && queue[0].fromGroup) && !isOption(queue[0].arg)) {
        value = queue.shift().arg;
        inlineValue = false;
      }
      tokens.push({ kind: "option", name, rawName: arg, index, value, inlineValue });
    } else if (/^-[^-]../s.test(`${arg}.`) && arg.length > 2 && arg[1] !== "-") {
      const name = findShort(options, arg[1]);
      if (options[name]?.type === "string") {
        tokens.push({ kind: "option", name, rawName: arg.slice(0, 2), index, value: arg.slice(2), inlineValue: true });
      } else {
        const group = [];
        for (let i = 1; i < arg.length; i++) {
          const long = findShort(options, arg[i]);
          if (options[long]?.type === "string" && i < arg.length - 1) {
            group.push({ arg: `-${arg.slice(i)}`, index });
            break;
          }
          group.push({ arg: `-${arg[i]}`, index, fromGroup: true });
        }
        queue.unshift(...group);
      }
    } else if (/^--[^=]*$/s.test(arg) || (arg.startsWith("--") && !/^--[^=]+=/s.test(arg))) {
      const name = arg.slice(2);
      let value;
      let inlineValue;
      if (options[name]?.type === "string" && queue.length > 0 && !isOption(queue[0].arg)) {
        value = queue.shift().arg;
        inlineValue = false;
      }
      tokens.push({ kind: "option", name, rawName: arg, index, value, inlineValue });
    } else if (arg.startsWith("--")) {
      const at = arg.indexOf("=");
      tokens.push({ kind: "option", name: arg.slice(2, at), rawName: arg.slice(0, at), index, value: arg.slice(at + 1), inlineValue: true });
    } else {
      tokens.push({ kind: "positional", index, value: arg });
    }
  }
  return tokens;
}

const isOption = (text) => text.length > 1 && text.startsWith("-");

function checkToken(token, options, { allowPositionals, allowNegative }) {
  const option = options[token.name];
  if (option === undefined) {
    const hint = allowPositionals
      ? `. To specify a positional argument starting with a '-', place it at the end of the command after '--', as in '-- ${JSON.stringify(token.rawName)}`
      : "";
    throw fail("ERR_PARSE_ARGS_UNKNOWN_OPTION", `Unknown option '${token.rawName}'${hint}`);
  }
  const shown = `${option.short ? `-${option.short}, ` : ""}--${token.name}`;
  if (option.type === "string" && typeof token.value !== "string") {
    throw fail("ERR_PARSE_ARGS_INVALID_OPTION_VALUE", `Option '${shown} <value>' argument missing`);
  }
  if (option.type === "boolean" && token.value !== undefined && !allowNegative) {
    throw fail("ERR_PARSE_ARGS_INVALID_OPTION_VALUE", `Option '${shown}' does not take an argument`);
  }
}

exports.parseArgs = (config = {}) => {
  validate.object(config, "config");
  const { options = {}, strict = true, allowNegative = false, tokens: wantsTokens = false } = config;
  const allowPositionals = config.allowPositionals ?? !strict;
  const args = config.args ?? load("node/process").process.argv.slice(2);
  validate.array(args, "args");
  checkOptions(options);
  const tokens = tokenize(args, options);
  const values = { __proto__: null };
  const positionals = [];
  for (const token of tokens) {
    if (token.kind === "positional") {
      if (!allowPositionals) {
        throw fail("ERR_PARSE_ARGS_UNEXPECTED_POSITIONAL", `Unexpected argument '${token.value}'. This command does not take positional arguments`);
      }
      positionals.push(token.value);
    }
    if (token.kind !== "option") continue;
    if (allowNegative && token.name.startsWith("no-") && options[token.name] === undefined && options[token.name.slice(3)]?.type === "boolean") {
      token.name = token.name.slice(3);
      token.value = false;
    }
    if (strict) checkToken(token, options, { allowPositionals, allowNegative });
    if (token.name === "__proto__") continue;
    const value = token.value ?? true;
    if (options[token.name]?.multiple) (values[token.name] ??= []).push(value);
    else values[token.name] = value;
    if (token.value === false) token.value = undefined;
  }
  for (const [long, option] of Object.entries(options)) {
    if (option.default !== undefined && values[long] === undefined) values[long] = option.default;
  }
  return wantsTokens ? { values, positionals, tokens } : { values, positionals };
};
