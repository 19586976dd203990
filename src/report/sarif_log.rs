//! What all logs in SARIF 2.1.0 have in common: one run of drawloom, its rules, the files that it is about, what it has
//! found in them, and what else is to be said.
//!
//! <https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html> defines the format.

use serde_json::{Value, json};

/// The parts of a log, as SARIF describes them.
pub(super) struct SarifRun {
    pub(super) rules: Vec<Value>,
    /// The paths of the files, in the order of their indices.
    pub(super) files: Vec<String>,
    pub(super) results: Vec<Value>,
    pub(super) notifications: Vec<Value>,
    /// Whether all was done that was asked for.
    pub(super) is_whole: bool,
}

impl SarifRun {
    /// The log as text.
    pub(super) fn to_text(&self) -> String {
        let artifacts = self.files.iter().map(|file| json!({ "location": { "uri": uri(file) } }));
        let log = json!({
            "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
            "version": "2.1.0",
            "runs": [{
                "tool": { "driver": {
                    "name": "drawloom",
                    "version": env!("CARGO_PKG_VERSION"),
                    "semanticVersion": env!("CARGO_PKG_VERSION"),
                    "rules": self.rules,
                } },
                "columnKind": "unicodeCodePoints",
                "invocations": [{
                    "executionSuccessful": self.is_whole,
                    "toolExecutionNotifications": self.notifications,
                }],
                "artifacts": artifacts.collect::<Vec<_>>(),
                "results": self.results,
            }],
        });
        let mut text =
            serde_json::to_string_pretty(&log).expect("texts and numbers can be written");
        text.push('\n');
        text
    }
}

/// A path as a URI: relative if the path is.
pub(super) fn uri(path: &str) -> String {
    let path = if cfg!(windows) { path.replace('\\', "/") } else { path.to_owned() };
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte);
    let escape = |byte: u8| {
        if is_plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }
    };
    let escaped: String = path.bytes().map(escape).collect();
    match path.as_bytes() {
        [b'/', ..] => format!("file://{escaped}"),
        [drive, b':', ..] if cfg!(windows) && drive.is_ascii_alphabetic() => {
            format!("file:///{}:{}", char::from(*drive), &escaped[4..])
        }
        _ => escaped,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_a_uri() {
        for (path, expected) in [
            ("programs/a.il", "programs/a.il"),
            ("two words/é.il", "two%20words/%C3%A9.il"),
            ("a%b#c?.il", "a%25b%23c%3F.il"),
            ("/tmp/a.il", "file:///tmp/a.il"),
            (r"C:\x\a.il", if cfg!(windows) { "file:///C:/x/a.il" } else { "C%3A%5Cx%5Ca.il" }),
            (r"x\a.il", if cfg!(windows) { "x/a.il" } else { "x%5Ca.il" }),
        ] {
            assert_eq!(uri(path), expected);
        }
    }
}
