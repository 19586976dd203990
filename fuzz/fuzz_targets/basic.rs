//! Bytes are a BASIC text, under options that the first byte chooses. The front end must not panic, gives
//! errors whose places can be drawn, and makes no IL that the verifier refuses.
#![no_main]

use drawloom::flags::Flags;
use drawloom::il::{Lines, verify};
use drawloom::lang::basic;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Some((&first, rest)) = bytes.split_first() else { return };
    let Ok(text) = std::str::from_utf8(rest) else { return };
    match basic::lower(text, Flags::of_word(u32::from(first))) {
        Ok(module) => drop(verify(module).expect("the front end makes right IL")),
        Err(found) => {
            assert!(!found.is_empty());
            let lines = Lines::new(text);
            for error in found {
                assert!(text.get(error.span.range()).is_some(), "{error}: outside of the text");
                lines.place(error.span.range().start);
            }
        }
    }
});
