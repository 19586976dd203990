//! Places in the source, written for people.

use std::borrow::Cow;
use std::panic::Location;

/// `src/vm/threads.rs:40:9`.
pub fn place_of(location: &Location<'_>) -> String {
    format!("{}:{}:{}", file_of(location), location.line(), location.column())
}

/// The file of a location, without the detours that a `#[path]` adds: `models/flags.rs` instead of the
/// compiler's `src/../models/flags.rs`, and `src/channel.rs` instead of `src/./channel.rs`.
pub fn file_of<'l>(location: &Location<'l>) -> Cow<'l, str> {
    without_detours(location.file())
}

fn without_detours(file: &str) -> Cow<'_, str> {
    let is_detour = |part: &str| part == "." || part == "..";
    if !file.contains('\\') && !file.split('/').any(is_detour) {
        return Cow::Borrowed(file);
    }
    let mut parts: Vec<&str> = Vec::new();
    for part in file.split(['/', '\\']) {
        match part {
            "." => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => _ = parts.pop(),
            part => parts.push(part),
        }
    }
    Cow::Owned(parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_named_without_detours() {
        for (compiler, people) in [
            ("src/vm/vm.rs", "src/vm/vm.rs"),
            ("src/../models/flags.rs", "models/flags.rs"),
            ("src/./channel.rs", "src/channel.rs"),
            ("../other/src/lib.rs", "../other/src/lib.rs"),
            ("src\\vm\\vm.rs", "src/vm/vm.rs"),
            ("/home/../srv/a.rs", "/srv/a.rs"),
        ] {
            assert_eq!(without_detours(compiler), people);
        }
    }
}
