//! The data of a running program: what its guests and its host functions both reach.

use super::memory::Memory;
use super::strings::Strings;

#[derive(Debug)]
pub(super) struct Data {
    pub(super) memory: Memory,
    pub(super) strings: Strings,
}
