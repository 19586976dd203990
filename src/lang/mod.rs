//! Front ends: each turns a source text into an [`Module`].
//!
//! A front end returns a module that passes [`verify`](crate::il::verify), or errors with their
//! places; IL itself is only parsed, since verifying is everybody's next step. Instructions carry
//! the place of the line they were made from. A front end runs nothing and prints nothing; reading
//! files and drawing diagnostics is left to `cli` and `report`.

mod builder;
mod errors;
pub mod litmus;
pub mod tinyvm;

use std::path::Path;

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
}

impl Language {
    /// All of them, in the order of the help text.
    pub const ALL: &[Language] = &[Language::Il, Language::TinyVm, Language::Litmus];

    /// How the names of its files end, without the dot.
    pub fn ending(self) -> &'static str {
        match self {
            Language::Il => "il",
            Language::TinyVm => "tvm",
            Language::Litmus => "litmus",
        }
    }

    /// All endings, for a message.
    pub fn endings() -> String {
        let endings: Vec<String> = Self::ALL.iter().map(|it| format!(".{}", it.ending())).collect();
        endings.join(" or ")
    }

    /// The `.loc` file number that stands for the text itself; see [`Place`](crate::interp::Place).
    pub fn own_file(self) -> u32 {
        match self {
            Language::Il => 0,
            Language::TinyVm => tinyvm::SOURCE_FILE,
            Language::Litmus => litmus::SOURCE_FILE,
        }
    }

    /// The language of a file, by the ending of its name; ASCII case does not matter.
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

/// Turns a text into a module.
///
/// # Errors
/// All that can be found wrong with the text in one run, in the order of the text; never empty.
pub fn compile(language: Language, text: &str) -> Result<Module, Vec<Diagnostic>> {
    match language {
        Language::Il => il::parse(text),
        Language::TinyVm => tinyvm::lower(text),
        Language::Litmus => litmus::read(text).map(|test| test.module),
    }
}
