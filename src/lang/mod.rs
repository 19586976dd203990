//! Front ends: each turns a source text into an [`Module`].
//!
//! A front end returns a module that passes [`verify`](crate::il::verify), or errors with their places.
//! IL itself is only parsed, since every caller verifies next. Instructions have the place of the line
//! from which they were made. A front end runs nothing and prints nothing; `cli` reads files, and
//! `report` draws diagnostics.

pub mod basic;
mod builder;
mod errors;
pub mod litmus;
pub mod tinyvm;

use std::path::Path;

use crate::flags::Flags;
use crate::il::{self, Diagnostic, Module};

/// A language that drawloom reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Language {
    /// The typed intermediate language itself.
    Il,
    /// Numbered lines of a small teaching machine; see [`tinyvm`].
    TinyVm,
    /// herd's C11 litmus tests; see [`litmus`].
    Litmus,
    /// BASIC by the rules of Viper's front end; see [`basic`].
    Basic,
}

impl Language {
    /// All languages, in the order of the help text.
    pub const ALL: &[Language] =
        &[Language::Il, Language::TinyVm, Language::Litmus, Language::Basic];

    /// The ending of its file names, without the dot.
    pub fn ending(self) -> &'static str {
        match self {
            Language::Il => "il",
            Language::TinyVm => "tvm",
            Language::Litmus => "litmus",
            Language::Basic => "bas",
        }
    }

    /// All endings, for a message.
    pub fn endings() -> String {
        let endings: Vec<String> = Self::ALL.iter().map(|it| format!(".{}", it.ending())).collect();
        endings.join(" or ")
    }

    /// The `.loc` file number of the text itself; see [`Place`](crate::interp::Place).
    pub fn own_file(self) -> u32 {
        match self {
            Language::Il => 0,
            Language::TinyVm => tinyvm::SOURCE_FILE,
            Language::Litmus => litmus::SOURCE_FILE,
            Language::Basic => basic::SOURCE_FILE,
        }
    }

    /// The language of a file, by the ending of its name, ignoring ASCII case.
    ///
    /// ```
    /// use drawloom::lang::Language;
    ///
    /// assert_eq!(Language::of_path("programs/sum.il".as_ref()), Some(Language::Il));
    /// assert_eq!(Language::of_path("ARTICLE.TVM".as_ref()), Some(Language::TinyVm));
    /// assert_eq!(Language::of_path("README".as_ref()), None);
    /// ```
    pub fn of_path(path: &Path) -> Option<Language> {
        let ending = path.extension()?.to_str()?;
        Self::ALL.iter().copied().find(|language| ending.eq_ignore_ascii_case(language.ending()))
    }
}

/// Translates a text to a module, with the options of the front ends as they are by default.
///
/// # Errors
/// Everything that can be found wrong with the text in one run, in the order of the text; never empty.
pub fn compile(language: Language, text: &str) -> Result<Module, Vec<Diagnostic>> {
    compile_under(language, text, Flags::DEFAULT)
}

/// As [`compile`], under a snapshot of the options. A file has one setting from its beginning to its end,
/// whatever happens to the options of the process meanwhile; a `Compilation` of a world takes the snapshot.
///
/// # Errors
/// As [`compile`].
///
/// # Examples
/// ```
/// use drawloom::lang::{Language, compile_under};
/// use drawloom::native::Compilation;
///
/// let compilation = Compilation::begin();
/// let module = compile_under(Language::Basic, "PRINT 1 + 1\n", compilation.flags());
/// assert!(module.is_ok());
/// ```
pub fn compile_under(
    language: Language,
    text: &str,
    flags: Flags,
) -> Result<Module, Vec<Diagnostic>> {
    match language {
        Language::Il => il::parse(text),
        Language::TinyVm => tinyvm::lower(text),
        Language::Litmus => litmus::read(text).map(|test| test.module),
        Language::Basic => basic::lower(text, flags),
    }
}
