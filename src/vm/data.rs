//! The data of a running program that its guests and its host functions share.

use super::memory::Memory;
use super::strings::Strings;

#[derive(Debug)]
pub(super) struct Data {
    pub(super) memory: Memory,
    pub(super) strings: Strings,
}
