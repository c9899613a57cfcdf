//! The modules of Node that glue code and packages use, `process` and `Buffer`.

mod buffer;
mod crypto;
mod fs;
mod heap;
mod process;
mod state;
mod text;
mod wasi;
mod zlib;

use crate::builtins::Area;
pub(crate) use state::NodeState;

/// `"events"` is the builtin `node/events` in `events.js`, beside this file. Modules that are `absent` are parts of
/// `absent.js`.
macro_rules! sources {
    (files: $($name:literal)*; absent: $($absent:literal)*) => {
        &[
            $((concat!("node/", $name), include_str!(concat!($name, ".js"))),)*
            $((
                concat!("node/", $absent),
                concat!("Object.assign(exports, load(\"node/absent\").", $absent, ");"),
            ),)*
        ]
    };
}

pub(crate) const AREA: Area = Area {
    sources: sources! {
        files:
        "absent" "assert" "assert_strict" "async_hooks" "buffer" "buffer_numbers" "console" "constants" "crypto"
        "deep_equal" "diagnostics_channel" "errors" "events" "fs" "fs_common" "fs_dir" "fs_promises" "fs_stats"
        "fs_streams" "global" "module" "os" "parse_args" "path" "path_glob" "path_posix" "path_win32" "perf_hooks" "process"
        "process_module" "promisify" "querystring" "readline" "readline_promises" "stdio" "stream" "stream_consumers"
        "stream_core" "stream_duplex" "stream_end" "stream_operators" "stream_pipe" "stream_promises"
        "stream_readable" "stream_web" "stream_writable" "string_decoder" "timers" "timers_promises" "tty" "url"
        "url_legacy" "util" "util_types" "v8" "vm" "wasi" "zlib";
        absent:
        "child_process" "cluster" "dgram" "dns" "dns_promises" "domain" "http" "http2" "https" "inspector"
        "inspector_promises" "net" "repl" "tls"
        "trace_events" "worker_threads"
    },
    globals: &[
        ("process", "node/process"),
        ("Buffer", "node/buffer"),
        ("global", "node/global"),
    ],
    natives: &[
        ("buffer", buffer::fill),
        ("crypto", crypto::fill),
        ("fs", fs::fill),
        ("heap", heap::fill),
        ("process", process::fill),
        ("wasi", wasi::fill),
        ("zlib", zlib::fill),
    ],
    modules: &[
        ("assert", "node/assert"),
        ("assert/strict", "node/assert_strict"),
        ("async_hooks", "node/async_hooks"),
        ("buffer", "node/buffer"),
        ("child_process", "node/child_process"),
        ("cluster", "node/cluster"),
        ("console", "node/console"),
        ("constants", "node/constants"),
        ("crypto", "node/crypto"),
        ("dgram", "node/dgram"),
        ("diagnostics_channel", "node/diagnostics_channel"),
        ("dns", "node/dns"),
        ("dns/promises", "node/dns_promises"),
        ("domain", "node/domain"),
        ("events", "node/events"),
        ("fs", "node/fs"),
        ("fs/promises", "node/fs_promises"),
        ("http", "node/http"),
        ("http2", "node/http2"),
        ("https", "node/https"),
        ("inspector", "node/inspector"),
        ("inspector/promises", "node/inspector_promises"),
        ("module", "node/module"),
        ("net", "node/net"),
        ("os", "node/os"),
        ("path", "node/path"),
        ("path/posix", "node/path_posix"),
        ("path/win32", "node/path_win32"),
        ("perf_hooks", "node/perf_hooks"),
        ("process", "node/process_module"),
        ("querystring", "node/querystring"),
        ("readline", "node/readline"),
        ("readline/promises", "node/readline_promises"),
        ("repl", "node/repl"),
        ("stream", "node/stream"),
        ("stream/consumers", "node/stream_consumers"),
        ("stream/promises", "node/stream_promises"),
        ("stream/web", "node/stream_web"),
        ("string_decoder", "node/string_decoder"),
        ("sys", "node/util"),
        ("timers", "node/timers"),
        ("timers/promises", "node/timers_promises"),
        ("tls", "node/tls"),
        ("trace_events", "node/trace_events"),
        ("tty", "node/tty"),
        ("url", "node/url"),
        ("util", "node/util"),
        ("util/types", "node/util_types"),
        ("v8", "node/v8"),
        ("vm", "node/vm"),
        ("wasi", "node/wasi"),
        ("worker_threads", "node/worker_threads"),
        ("zlib", "node/zlib"),
    ],
};
