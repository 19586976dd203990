//! The options of the BASIC front end, as data.
//!
//! [`Flags`] is a snapshot: all options at one moment. A front end takes one and asks nothing else, so
//! that a file is compiled under one setting. What keeps the options of the process, and lets them change
//! between compilations, is `options`, in each world.

use std::fmt;

use crate::il::nearest;

/// An option of the BASIC front end. All are on by default.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u32)]
pub enum Flag {
    /// `USING` may import the runtime's namespaces.
    RuntimeNamespaces = 1 << 0,
    /// `NEW` makes objects of the runtime's classes.
    RuntimeTypeBridging = 1 << 1,
    /// `SELECT CASE` accepts labels that are constants.
    SelectCaseConstLabels = 1 << 2,
}

impl Flag {
    /// All of them.
    pub const ALL: [Flag; 3] =
        [Flag::RuntimeNamespaces, Flag::RuntimeTypeBridging, Flag::SelectCaseConstLabels];

    /// The option with this name, whatever its case.
    ///
    /// # Errors
    /// There is none; the error names the nearest one.
    pub fn find(name: &str) -> Result<Flag, UnknownFlag> {
        Flag::ALL.into_iter().find(|flag| flag.name().eq_ignore_ascii_case(name)).ok_or_else(|| {
            let near = nearest(name, Flag::ALL.map(Flag::name));
            UnknownFlag { name: name.to_owned(), near }
        })
    }

    /// The name that users write.
    pub fn name(self) -> &'static str {
        match self {
            Flag::RuntimeNamespaces => "enableRuntimeNamespaces",
            Flag::RuntimeTypeBridging => "enableRuntimeTypeBridging",
            Flag::SelectCaseConstLabels => "enableSelectCaseConstLabels",
        }
    }
}

/// No option has this name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownFlag {
    /// As given.
    pub name: String,
    /// The name that was probably meant.
    pub near: Option<&'static str>,
}

impl fmt::Display for UnknownFlag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "no option of a front end is called '{}'", self.name)?;
        match self.near {
            Some(near) => write!(f, "; did you mean '{near}'?"),
            None => write!(f, "; there are {}", Flag::ALL.map(Flag::name).join(", ")),
        }
    }
}

impl std::error::Error for UnknownFlag {}

/// All flags at one moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Flags(u32);

impl Flags {
    /// All flags are on.
    pub const DEFAULT: Flags = Flags(0b111);
    /// All flags are off.
    pub const NONE: Flags = Flags(0);

    /// Whether a flag is on.
    pub fn is_enabled(self, flag: Flag) -> bool {
        self.0 & flag as u32 != 0
    }

    /// The same flags with one of them changed.
    #[must_use]
    pub fn with(self, flag: Flag, on: bool) -> Self {
        Flags(if on { self.0 | flag as u32 } else { self.0 & !(flag as u32) })
    }

    /// The flags as one word, bit by bit.
    pub const fn word(self) -> u32 {
        self.0
    }

    /// The flags of a [`word`](Self::word); further bits are dropped.
    pub const fn of_word(word: u32) -> Self {
        Flags(word & Flags::DEFAULT.0)
    }
}

impl Default for Flags {
    fn default() -> Self {
        Flags::DEFAULT
    }
}
