//! The modules of Node that glue code and packages use, `process` and `Buffer`.

mod buffer;
mod crypto;
mod fs;
mod heap;
mod process;
mod state;
mod text;

use crate::builtins::Area;
pub(crate) use state::NodeState;

/// One entry per file beside this one: `"events"` is the builtin `node/events` in `events.js`.
macro_rules! sources {
    ($($name:literal)*) => {
        &[$((concat!("node/", $name), include_str!(concat!($name, ".js")))),*]
    };
}

pub(crate) const AREA: Area = Area {
    sources: sources! {
        "buffer" "buffer_numbers" "crypto" "deep_equal" "errors" "events" "fs" "fs_common" "fs_dir" "fs_promises"
        "fs_stats" "fs_streams" "parse_args" "path" "path_glob" "path_posix" "path_win32" "process" "process_module"
        "promisify" "querystring" "stdio" "stream" "stream_core" "stream_duplex" "stream_end" "stream_operators"
        "stream_pipe" "stream_promises" "stream_readable" "stream_writable" "string_decoder" "url" "url_legacy" "util"
        "util_types"
    },
    globals: &[("process", "node/process"), ("Buffer", "node/buffer")],
    natives: &[
        ("buffer", buffer::fill),
        ("crypto", crypto::fill),
        ("fs", fs::fill),
        ("heap", heap::fill),
        ("process", process::fill),
    ],
    modules: &[
        ("buffer", "node/buffer"),
        ("crypto", "node/crypto"),
        ("events", "node/events"),
        ("fs", "node/fs"),
        ("fs/promises", "node/fs_promises"),
        ("path", "node/path"),
        ("path/posix", "node/path_posix"),
        ("path/win32", "node/path_win32"),
        ("process", "node/process_module"),
        ("stream", "node/stream"),
        ("stream/promises", "node/stream_promises"),
        ("querystring", "node/querystring"),
        ("string_decoder", "node/string_decoder"),
        ("url", "node/url"),
        ("util", "node/util"),
        ("util/types", "node/util_types"),
    ],
};
