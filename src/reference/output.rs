//! The output of a program.
//!
//! A search keeps many states, and most of their outputs have a long common beginning. So the text is
//! kept in the pieces in which it was printed, shared between states, and its fingerprint grows with it.

use std::fmt;
use std::hash::{Hash, Hasher};

use siphasher::sip128::{Hasher128 as _, SipHasher13};

use super::chain::Chain;
use crate::interp::Text;

/// A text that only grows.
#[derive(Clone)]
pub struct Output {
    pieces: Chain<Text>,
    bytes: u64,
    /// Has been fed the text byte by byte: the division into pieces makes no difference.
    hasher: SipHasher13,
}

impl Output {
    /// The empty output.
    pub(super) fn new() -> Self {
        Output { pieces: Chain::new(), bytes: 0, hasher: SipHasher13::new() }
    }

    pub(super) fn push(&mut self, text: Text) {
        self.bytes += text.len() as u64;
        self.hasher.write(text.as_bytes());
        self.pieces.push(text);
    }

    /// Its length in bytes.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// The whole text.
    pub fn text(&self) -> Text {
        let mut pieces: Vec<&str> = self.pieces.iter().map(|piece| &**piece).collect();
        pieces.reverse();
        pieces.concat().into()
    }
}

impl Hash for Output {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.bytes.hash(state);
        self.hasher.finish128().as_u128().hash(state);
    }
}

impl fmt::Debug for Output {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&*self.text(), f)
    }
}

#[cfg(test)]
mod tests {
    use super::super::fingerprint_of;
    use super::*;

    #[test]
    fn the_same_text_in_other_pieces_is_the_same() {
        let (mut one, mut other) = (Output::new(), Output::new());
        one.push("ab".into());
        one.push("cdefghijk".into());
        other.push("abcdefg".into());
        assert_ne!(fingerprint_of(&one), fingerprint_of(&other));
        other.push("hijk".into());
        assert_eq!(fingerprint_of(&one), fingerprint_of(&other));
        assert_eq!((&*one.text(), one.bytes()), ("abcdefghijk", 11));
        assert_eq!(one.text(), other.text());
    }
}
