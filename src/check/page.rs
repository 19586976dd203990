//! The page of a failing execution, for a user who asks for it.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::run::HTML;
use super::story::story;
use crate::engine::Report;
use crate::page::{PAGE_MARK, render_page};

/// Writes the page to a file, or into a folder under the test's name. Returns what the failure says of it.
pub(super) fn write(engine: &str, report: &Report, again: Option<String>, to: &Path) -> String {
    let Some(story) = story(engine, report, again) else { return String::new() };
    let path = if to.is_dir() { to.join(file_name(&story.title)) } else { to.to_owned() };
    match write_whole(&path, &render_page(&story)) {
        Ok(()) => format!("\nthe execution as a page: {}\n", path.display()),
        Err(error) => format!("\n{HTML}: {}: not written: {error}\n", path.display()),
    }
}

/// The name of a test's page: `queue::tests::no_item_is_lost` is `queue-tests-no_item_is_lost.html`.
fn file_name(test: &str) -> String {
    let is_plain = |c: char| c.is_alphanumeric() || c == '_';
    let parts: Vec<&str> = test.split(|c| !is_plain(c)).filter(|it| !it.is_empty()).collect();
    format!("{}.html", parts.join("-"))
}

/// Writes a page completely or not at all. Replaces a page or an empty file, and nothing else.
fn write_whole(path: &Path, text: &str) -> io::Result<()> {
    // A device or a pipe would be replaced, or would block for ever.
    if fs::metadata(path).is_ok_and(|it| !it.is_file()) {
        return Err(io::Error::other("is no ordinary file"));
    }
    match fs::read(path) {
        Ok(found) if !found.is_empty() && !found.starts_with(PAGE_MARK.as_bytes()) => {
            return Err(io::Error::other("is there already, and is no page of drawloom"));
        }
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut unfinished = path.as_os_str().to_owned();
    // Other tests of this process may fail at the same time.
    let thread = format!("{:?}", std::thread::current().id());
    unfinished.push(format!(".{}-{}", std::process::id(), file_name(&thread)));
    let unfinished = PathBuf::from(unfinished);
    let written = fs::write(&unfinished, text).and_then(|()| fs::rename(&unfinished, path));
    if written.is_err() {
        // Nothing more can be done about what is left.
        let _ = fs::remove_file(&unfinished);
    }
    written
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_a_page_is_the_tests_name() {
        assert_eq!(file_name("queue::tests::no_item_is_lost"), "queue-tests-no_item_is_lost.html");
        assert_eq!(file_name("a model"), "a-model.html");
        assert_eq!(file_name("../etc"), "etc.html");
    }

    #[cfg(unix)]
    #[test]
    fn a_device_is_not_replaced() {
        assert!(write_whole(Path::new("/dev/null"), "a page").is_err());
    }
}
