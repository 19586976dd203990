//! What commands write to files, and how it is known again: what drawloom has written may be written over by the same
//! kind of thing, and nothing else may.

use drawloom::guest::Schedule;
use drawloom::page::{PAGE_MARK, PICTURE_MARK};
use serde_json::Value;

/// What a command writes to a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Content {
    Schedule,
    Page,
    Picture,
    /// A report on programs as JSON.
    Json,
    /// The same as `JUnit` XML.
    Junit,
    /// The same in SARIF.
    Sarif,
}

impl Content {
    pub(super) fn noun(self) -> &'static str {
        match self {
            Content::Schedule => "schedule",
            Content::Page => "page of drawloom",
            Content::Picture => "picture of drawloom",
            Content::Json => "report of drawloom in JSON",
            Content::Junit => "report of drawloom in JUnit XML",
            Content::Sarif => "report of drawloom in SARIF",
        }
    }

    /// How much of a file must be read to tell whether it has such a content.
    pub(super) fn head_bytes(self) -> u64 {
        match self {
            Content::Schedule | Content::Page | Content::Picture => 64,
            Content::Junit => 256,
            // What made it is said at the end of a log.
            Content::Json | Content::Sarif => u64::MAX,
        }
    }

    /// Whether these bytes are such a content, or the beginning of one with [`head_bytes`](Self::head_bytes).
    pub(super) fn is_in(self, head: &[u8]) -> bool {
        match self {
            Content::Schedule => Schedule::is_begun_by(head),
            Content::Page => head.starts_with(PAGE_MARK.as_bytes()),
            Content::Picture => head.starts_with(PICTURE_MARK.as_bytes()),
            Content::Json => serde_json::from_slice::<Value>(head).is_ok_and(|value| {
                let program = value.get(0).unwrap_or(&value);
                program["schema"].as_str().is_some_and(|name| name.starts_with("check-"))
            }),
            Content::Junit => {
                let text = String::from_utf8_lossy(head);
                text.starts_with("<?xml") && text.contains("<testsuites name=\"drawloom\"")
            }
            Content::Sarif => serde_json::from_slice::<Value>(head).is_ok_and(|log| {
                log.pointer("/runs/0/tool/driver/name").is_some_and(|name| name == "drawloom")
            }),
        }
    }
}
