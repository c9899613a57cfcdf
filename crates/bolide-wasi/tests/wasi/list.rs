//! The list of functions against the witx.

use bolide_wasi::functions::{FUNCTIONS, ParamType};
use bolide_wasi::{Abi, Errno};

/// Names and wasm-level parameters (`i`, `I` for `i64`) as the witx of preview 1 lowers them.
const WITX: &[(&str, &str)] = &[
    ("args_get", "ii"),
    ("args_sizes_get", "ii"),
    ("clock_res_get", "ii"),
    ("clock_time_get", "iIi"),
    ("environ_get", "ii"),
    ("environ_sizes_get", "ii"),
    ("fd_advise", "iIIi"),
    ("fd_allocate", "iII"),
    ("fd_close", "i"),
    ("fd_datasync", "i"),
    ("fd_fdstat_get", "ii"),
    ("fd_fdstat_set_flags", "ii"),
    ("fd_fdstat_set_rights", "iII"),
    ("fd_filestat_get", "ii"),
    ("fd_filestat_set_size", "iI"),
    ("fd_filestat_set_times", "iIIi"),
    ("fd_pread", "iiiIi"),
    ("fd_prestat_dir_name", "iii"),
    ("fd_prestat_get", "ii"),
    ("fd_pwrite", "iiiIi"),
    ("fd_read", "iiii"),
    ("fd_readdir", "iiiIi"),
    ("fd_renumber", "ii"),
    ("fd_seek", "iIii"),
    ("fd_sync", "i"),
    ("fd_tell", "ii"),
    ("fd_write", "iiii"),
    ("path_create_directory", "iii"),
    ("path_filestat_get", "iiiii"),
    ("path_filestat_set_times", "iiiiIIi"),
    ("path_link", "iiiiiii"),
    ("path_open", "iiiiiIIii"),
    ("path_readlink", "iiiiii"),
    ("path_remove_directory", "iii"),
    ("path_rename", "iiiiii"),
    ("path_symlink", "iiiii"),
    ("path_unlink_file", "iii"),
    ("poll_oneoff", "iiii"),
    ("proc_exit", "i"),
    ("proc_raise", "i"),
    ("random_get", "ii"),
    ("sched_yield", ""),
    ("sock_accept", "iii"),
    ("sock_recv", "iiiiii"),
    ("sock_send", "iiiii"),
    ("sock_shutdown", "ii"),
];

#[test]
fn the_functions_are_those_of_the_witx() {
    let mut functions: Vec<(&str, String)> = FUNCTIONS
        .iter()
        .map(|f| {
            let params = f.params.iter().map(|p| match p {
                ParamType::I32 => 'i',
                ParamType::I64 => 'I',
            });
            (f.name, params.collect())
        })
        .collect();
    functions.sort();
    let witx: Vec<(&str, String)> = WITX.iter().map(|&(n, p)| (n, p.to_string())).collect();
    assert_eq!(functions, witx);
    assert_eq!(functions.len(), 46);
}

#[test]
fn only_proc_exit_has_no_result_and_only_sock_accept_is_new_in_preview_1() {
    for function in FUNCTIONS {
        let name = function.name;
        assert_eq!(function.returns_errno, name != "proc_exit", "{name}");
        let old = function.abis.contains(&Abi::Preview0);
        assert_eq!(old, name != "sock_accept", "{name}");
        assert!(function.modules().any(|m| m == "wasi_snapshot_preview1"));
    }
}

#[test]
fn error_numbers_are_those_of_the_witx() {
    for (errno, number) in [
        (Errno::Success, 0),
        (Errno::TooBig, 1),
        (Errno::Acces, 2),
        (Errno::Badf, 8),
        (Errno::Exist, 20),
        (Errno::Fault, 21),
        (Errno::Ilseq, 25),
        (Errno::Inval, 28),
        (Errno::Isdir, 31),
        (Errno::Loop, 32),
        (Errno::Noent, 44),
        (Errno::Notdir, 54),
        (Errno::Notempty, 55),
        (Errno::Notsup, 58),
        (Errno::Perm, 63),
        (Errno::Pipe, 64),
        (Errno::Rofs, 69),
        (Errno::Spipe, 70),
        (Errno::Xdev, 75),
        (Errno::Notcapable, 76),
    ] {
        assert_eq!(errno.raw(), number, "{errno}");
    }
    assert_eq!(Errno::ALL.len(), 77);
}

#[test]
fn host_errors_keep_their_meaning() {
    use std::io::{Error, ErrorKind};
    for (error, errno) in [
        (Error::from(rustix::io::Errno::NOTEMPTY), Errno::Notempty),
        (Error::from(rustix::io::Errno::XDEV), Errno::Xdev),
        (Error::from(rustix::io::Errno::TXTBSY), Errno::Txtbsy),
        (Error::from(rustix::io::Errno::OPNOTSUPP), Errno::Notsup),
        (Error::from(rustix::io::Errno::ISNAM), Errno::Io),
        (Error::from(ErrorKind::PermissionDenied), Errno::Perm),
        (Error::from(ErrorKind::BrokenPipe), Errno::Pipe),
        (Error::other("of the embedder"), Errno::Io),
    ] {
        assert_eq!(Errno::from(error), errno);
    }
}
