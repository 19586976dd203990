//! The process's panic hook: silent for threads inside an execution, unchanged for all others.
//!
//! A search causes thousands of panics, and reports the one that matters itself.

use std::{panic, sync::Once};

use crate::verdict::place_of;

use super::{
    context::{message_of, take_note},
    execution::PanicNote,
};

/// Installs the hook, once per process. `prepare` runs just before, with the hook of the embedder
/// in place; a hook that `prepare` installs is dropped.
pub(crate) fn silence_panics(prepare: impl FnOnce()) {
    static INSTALLED: Once = Once::new();
    INSTALLED.call_once(|| {
        let original = panic::take_hook();
        prepare();
        panic::set_hook(Box::new(move |info| {
            let note = PanicNote {
                message: message_of_info(info),
                location: info.location().map(place_of),
            };
            if !take_note(note) {
                original(info);
            }
        }));
    });
}

fn message_of_info(info: &panic::PanicHookInfo<'_>) -> String {
    match info.payload_as_str() {
        Some(text) => text.to_owned(),
        None => message_of(&()),
    }
}
