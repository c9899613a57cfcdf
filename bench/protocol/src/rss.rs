use std::fs;

/// Resident memory of this process in bytes, as the kernel counts; an error where there is no `/proc`.
pub fn rss_bytes() -> std::io::Result<u64> {
    status_bytes("VmRSS:")
}

/// The largest resident memory that this process ever had, in bytes; an error where there is no `/proc`.
pub fn peak_rss_bytes() -> std::io::Result<u64> {
    status_bytes("VmHWM:")
}

fn status_bytes(key: &str) -> std::io::Result<u64> {
    let status = fs::read_to_string("/proc/self/status")?;
    let kilobytes = status
        .lines()
        .find_map(|line| line.strip_prefix(key))
        .and_then(|rest| rest.split_whitespace().next())
        .and_then(|number| number.parse::<u64>().ok());
    kilobytes.map(|kilobytes| kilobytes * 1024).ok_or_else(|| {
        std::io::Error::other(format!(
            "/proc/self/status has no {key}: memory is measured on Linux only"
        ))
    })
}
