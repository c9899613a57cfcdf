// node:os
const host = native("process");
const { process } = load("node/process");
const { unavailable } = load("node/errors");

const SIGNALS = {
  SIGHUP: 1, SIGINT: 2, SIGQUIT: 3, SIGILL: 4, SIGTRAP: 5, SIGABRT: 6, SIGIOT: 6, SIGBUS: 7, SIGFPE: 8, SIGKILL: 9, SIGUSR1: 10,
  SIGSEGV: 11, SIGUSR2: 12, SIGPIPE: 13, SIGALRM: 14, SIGTERM: 15, SIGCHLD: 17, SIGSTKFLT: 16, SIGCONT: 18, SIGSTOP: 19, SIGTSTP: 20,
  SIGTTIN: 21, SIGTTOU: 22, SIGURG: 23, SIGXCPU: 24, SIGXFSZ: 25, SIGVTALRM: 26, SIGPROF: 27, SIGWINCH: 28, SIGIO: 29, SIGPOLL: 29,
  SIGPWR: 30, SIGSYS: 31,
};
const PRIORITY = { PRIORITY_LOW: 19, PRIORITY_BELOW_NORMAL: 10, PRIORITY_NORMAL: 0, PRIORITY_ABOVE_NORMAL: -7, PRIORITY_HIGH: -14, PRIORITY_HIGHEST: -20 };

const { env } = process;
const system = () => host.system();

Object.assign(exports, {
  EOL: "\n",
  devNull: "/dev/null",
  constants: {
    UV_UDP_REUSEADDR: 4,
    signals: SIGNALS,
    errno: Object.fromEntries(native("fs").errors().map(([name, number]) => [name, number])),
    priority: PRIORITY,
    dlopen: { RTLD_LAZY: 1, RTLD_NOW: 2, RTLD_GLOBAL: 256, RTLD_LOCAL: 0 },
  },
  arch: () => process.arch,
  availableParallelism: () => system().cores,
  // One entry per core; models and times belong to the machine, which scripts are not told.
  cpus: () => Array.from({ length: system().cores }, () => ({ model: "unknown", speed: 0, times: { user: 0, nice: 0, sys: 0, idle: 0, irq: 0 } })),
  endianness: () => "LE",
  freemem: () => system().freemem,
  totalmem: () => system().totalmem,
  loadavg: () => system().loadavg,
  uptime: () => system().uptime,
  platform: () => process.platform,
  type: () => system().type,
  release: () => system().release,
  version: () => system().version,
  machine: () => system().machine,
  hostname: () => env.HOSTNAME ?? "localhost",
  homedir: () => env.HOME ?? "/",
  tmpdir: () => (env.TMPDIR ?? env.TMP ?? env.TEMP ?? "/tmp").replace(/(.)\/$/, "$1"),
  networkInterfaces: () => ({}),
  userInfo: () => ({ uid: -1, gid: -1, username: env.USER ?? "", homedir: env.HOME ?? "/", shell: env.SHELL ?? null }),
  getPriority: () => 0,
  setPriority() { throw unavailable("os.setPriority", "scripts cannot change how they are scheduled"); },
});
