//! The strings of a running program. Equal texts share a handle, and handles stay valid until the
//! program ends. So strings need no reference counts, only a limit.
//!
//! The module's constants have the lowest handles and are read without a lock.

use std::collections::HashMap;

use super::sync::Mutex;
use crate::interp::{Code, Text};

/// The overhead of a string in addition to its text.
const ENTRY_BYTES: usize = 96;

#[derive(Debug)]
pub(super) struct Strings {
    code: Code,
    made: Mutex<Made>,
}

#[derive(Debug)]
struct Made {
    texts: Vec<Text>,
    handles: HashMap<Text, u64>,
    bytes_left: usize,
}

impl Strings {
    pub(super) fn new(code: &Code, bytes_max: usize) -> Self {
        let handles = (1..).zip(&code.strings).map(|(handle, text)| (Text::clone(text), handle));
        let made = Made { texts: Vec::new(), handles: handles.collect(), bytes_left: bytes_max };
        Strings { code: code.clone(), made: Mutex::new(made) }
    }

    /// The text of a handle; `None` if the handle is not valid.
    pub(super) fn text(&self, handle: u64) -> Option<Text> {
        let index = usize::try_from(handle.checked_sub(1)?).ok()?;
        let constants = &self.code.strings;
        if let Some(text) = constants.get(index) {
            return Some(Text::clone(text));
        }
        self.made.lock().unwrap().texts.get(index - constants.len()).cloned()
    }

    /// The handle of a text; `None` if there is no room for a new one.
    pub(super) fn intern(&self, text: &str) -> Option<u64> {
        let mut made = self.made.lock().unwrap();
        if let Some(&handle) = made.handles.get(text) {
            return Some(handle);
        }
        made.bytes_left = made.bytes_left.checked_sub(text.len() + ENTRY_BYTES)?;
        let text: Text = text.into();
        made.texts.push(Text::clone(&text));
        let handle = (self.code.strings.len() + made.texts.len()) as u64;
        made.handles.insert(text, handle);
        Some(handle)
    }
}
