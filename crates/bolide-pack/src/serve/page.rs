//! Pages that are made here, and what is put into those that are not.

use std::fmt::Write as _;

use cap_std::fs::Dir;

use super::CLIENT;
use super::live::Live;
use crate::http::{UrlPath, encode_segment as encode, is_hidden};

/// A page with the script that keeps it up to date: before the end of its body, or at its end.
pub(super) fn with_client(mut page: Vec<u8>, live: &Live) -> Vec<u8> {
    let utf16 = [&[0xfe, 0xff], &[0xff, 0xfe]];
    if utf16.iter().any(|mark| page.starts_with(*mark)) {
        return page;
    }
    let (session, sent) = live.stamp();
    let script = format!(
        "<script src=\"{CLIENT}\" data-session=\"{session}\" data-sent=\"{sent}\" async></script>"
    );
    let end = b"</body";
    let place = page
        .windows(end.len())
        .rposition(|bytes| bytes.eq_ignore_ascii_case(end));
    let place = place.unwrap_or(page.len());
    page.splice(place..place, script.into_bytes());
    page
}

/// Text as it is written in HTML.
pub(super) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            c => escaped.push(c),
        }
    }
    escaped
}

/// An item of a folder.
struct Entry {
    name: String,
    is_folder: bool,
    size: u64,
}

/// What is served of a folder: folders first, by name.
fn entries(dir: &Dir, path: &UrlPath) -> Vec<Entry> {
    let folder = path.to_relative();
    let Ok(items) = dir.read_dir(&folder) else {
        return Vec::new();
    };
    let mut entries: Vec<Entry> = items
        .flatten()
        .filter_map(|item| {
            let name = item.file_name().into_string().ok()?;
            // Through symbolic links, except for those that lead out.
            let metadata = dir.metadata(folder.join(&name)).ok()?;
            let served = !is_hidden(&name) && (metadata.is_dir() || metadata.is_file());
            served.then(|| Entry {
                is_folder: metadata.is_dir(),
                size: metadata.len(),
                name,
            })
        })
        .collect();
    entries.sort_by_cached_key(|entry| (!entry.is_folder, entry.name.to_lowercase()));
    entries
}

/// A page that lists a folder.
pub(super) fn listing(dir: &Dir, path: &UrlPath) -> String {
    let mut crumbs = String::from("<a href=\"/\">/</a>");
    let mut url = String::from("/");
    for segment in path.segments() {
        url = format!("{url}{}/", encode(segment));
        let _ = write!(crumbs, "<a href=\"{url}\">{}</a>/", escape(segment));
    }
    let entries = entries(dir, path);
    let mut rows = String::new();
    if !path.segments().is_empty() {
        rows.push_str("<li class=\"folder\"><a href=\"../\">..</a></li>");
    }
    for entry in &entries {
        let (slash, class) = if entry.is_folder {
            ("/", "folder")
        } else {
            ("", "file")
        };
        let size = match entry.is_folder {
            true => String::new(),
            false => size(entry.size),
        };
        let _ = write!(
            rows,
            "<li class=\"{class}\"><a href=\"./{}{slash}\">{}{slash}</a><span>{size}</span></li>",
            encode(&entry.name),
            escape(&entry.name),
        );
    }
    if entries.is_empty() {
        rows.push_str("<li class=\"empty\">There is nothing here.</li>");
    }
    let hint = match path.segments() {
        [] => "<footer>A file <code>index.html</code> here is shown instead of this list.</footer>",
        _ => "",
    };
    let title = format!("{} — files", path.encode());
    page(
        &title,
        &format!("<h1 class=\"path\">{crumbs}</h1><ul>{rows}</ul>{hint}"),
    )
}

/// A page for a path where there is nothing, and what may be meant.
pub(super) fn missing(dir: &Dir, path: &UrlPath) -> String {
    let near = near(dir, path);
    let mut body = format!(
        "<h1>There is no <code>{}</code></h1>",
        escape(&path.segments().join("/")),
    );
    if near.is_empty() {
        body.push_str(
            "<p>Nothing here has a name like that. <a href=\"/\">See what there is</a>.</p>",
        );
    } else {
        body.push_str("<p>Did you mean one of these?</p><ul>");
        for url in &near {
            let text = percent_encoding::percent_decode_str(url).decode_utf8_lossy();
            let class = if url.ends_with('/') { "folder" } else { "file" };
            let _ = write!(
                body,
                "<li class=\"{class}\"><a href=\"{url}\">{}</a></li>",
                escape(&text)
            );
        }
        body.push_str("</ul>");
    }
    page("Not found", &body)
}

/// URLs of what has a similar name, the most similar first.
pub(super) fn near(dir: &Dir, path: &UrlPath) -> Vec<String> {
    const MOST: usize = 5;
    const SIMILAR: f64 = 0.8;
    let Some((wanted, parents)) = path.segments().split_last() else {
        return Vec::new();
    };
    let parent = UrlPath::folder(parents.to_vec());
    let wanted = wanted.to_lowercase();
    let likeness = |entry: &Entry| {
        let name = entry.name.to_lowercase();
        let stem = name.split('.').next().unwrap_or(&name);
        // What misses the extension only is as near as can be.
        strsim::jaro_winkler(&name, &wanted).max(strsim::jaro_winkler(stem, &wanted))
    };
    let mut near: Vec<(f64, Entry)> = (entries(dir, &parent).into_iter())
        .map(|entry| (likeness(&entry), entry))
        .filter(|(likeness, _)| *likeness >= SIMILAR)
        .collect();
    near.sort_by(|(a, _), (b, _)| b.total_cmp(a));
    let url = |(_, entry): (f64, Entry)| {
        let slash = if entry.is_folder { "/" } else { "" };
        format!("{}{}{slash}", parent.encode(), encode(&entry.name))
    };
    near.into_iter().take(MOST).map(url).collect()
}

fn size(bytes: u64) -> String {
    match bytes {
        0..1_000 => format!("{bytes} B"),
        1_000..1_000_000 => format!("{:.1} kB", bytes as f64 / 1e3),
        1_000_000..1_000_000_000 => format!("{:.1} MB", bytes as f64 / 1e6),
        _ => format!("{:.1} GB", bytes as f64 / 1e9),
    }
}

fn page(title: &str, body: &str) -> String {
    format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <meta name=\"color-scheme\" content=\"light dark\">\
         <title>{}</title><style>{}</style></head><body><main>{body}</main></body></html>\n",
        escape(title),
        include_str!("page.css"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn place_of_the_script() {
        for (page, expected) in [
            ("<body>x</body></html>", "<body>x@</body></html>"),
            ("<BODY>x</BODY>", "<BODY>x@</BODY>"),
            (
                "<script>'</body>'</script>x</body >",
                "<script>'</body>'</script>x@</body >",
            ),
            ("<p>no body", "<p>no body@"),
            ("", "@"),
        ] {
            let found = with_client(page.as_bytes().to_vec(), &Live::new());
            let found = String::from_utf8(found).unwrap();
            let script = found.find("<script src=\"/.bolide/").unwrap();
            let end = script + found[script..].find("</script>").unwrap() + "</script>".len();
            assert_eq!(format!("{}@{}", &found[..script], &found[end..]), expected);
        }
        let utf16 = b"\xff\xfe<\0p\0>\0".to_vec();
        assert_eq!(with_client(utf16.clone(), &Live::new()), utf16);
    }
}
