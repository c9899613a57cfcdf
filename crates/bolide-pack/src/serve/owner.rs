//! Who has taken a port, where the system tells it in `/proc`.

use std::fs;

/// The program that listens on `port`, with its process id, if it may be known.
pub(super) fn of_port(port: u16) -> Option<String> {
    let sockets: Vec<String> = ["/proc/net/tcp", "/proc/net/tcp6"]
        .into_iter()
        .filter_map(|table| fs::read_to_string(table).ok())
        .flat_map(|table| listening(&table, port))
        .map(|inode| format!("socket:[{inode}]"))
        .collect();
    if sockets.is_empty() {
        return None;
    }
    for process in fs::read_dir("/proc").ok()?.flatten() {
        let Ok(files) = fs::read_dir(process.path().join("fd")) else {
            continue;
        };
        let mut targets = files
            .flatten()
            .filter_map(|file| fs::read_link(file.path()).ok());
        if targets.any(|target| {
            sockets
                .iter()
                .any(|socket| target.as_os_str() == socket.as_str())
        }) {
            let name = fs::read_to_string(process.path().join("comm")).ok()?;
            let id = process.file_name();
            return Some(format!(
                "`{}` (process {})",
                name.trim(),
                id.to_string_lossy()
            ));
        }
    }
    None
}

/// The inodes of sockets in a table of `/proc/net` that listen on `port`.
fn listening(table: &str, port: u16) -> Vec<String> {
    const LISTEN: &str = "0A";
    let port = format!(":{port:04X}");
    let socket = |line: &str| {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let (local, state, inode) = (fields.get(1)?, fields.get(3)?, fields.get(9)?);
        (local.ends_with(&port) && *state == LISTEN).then(|| (*inode).to_owned())
    };
    table.lines().filter_map(socket).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sockets() {
        let table = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n\
             \x20  0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 41 1 0 100 0 0 10 0\n\
             \x20  1: 0100007F:1F90 0100007F:D2F0 01 00000000:00000000 00:00000000 00000000  1000        0 42 1 0 20 4 30 10 -1\n\
             \x20  2: 0100007F:1F91 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 43 1 0 100 0 0 10 0\n";
        assert_eq!(listening(table, 8080), ["41"]);
        assert_eq!(listening(table, 80), [""; 0]);
    }
}
