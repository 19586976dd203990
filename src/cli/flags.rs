//! The option `--flag`, which sets the options of the BASIC front end.

use std::path::Path;

use clap::Args;
use drawloom::flags::{Flag, Flags};
use drawloom::il::{Diagnostic, Module};
use drawloom::lang::{self, Language};
use drawloom::native::{Compilation, reconfigure};

use super::error::Error;

#[derive(Args)]
pub(super) struct FlagOptions {
    /// Turn an option of the BASIC front end on or off: enableRuntimeNamespaces,
    /// enableRuntimeTypeBridging or enableSelectCaseConstLabels [default: on]
    #[arg(long = "flag", value_name = "NAME=on|off", value_parser = setting)]
    settings: Vec<(Flag, bool)>,
}

impl FlagOptions {
    /// Sets the options of the process. A file that is compiled later is compiled under them.
    ///
    /// # Errors
    /// The user set an option, and none of the command's programs is in BASIC.
    pub(super) fn apply<'p>(
        &self,
        mut programs: impl Iterator<Item = &'p Path>,
        language: Option<Language>,
    ) -> Result<(), Error> {
        // A program in no known language is refused when it is read.
        let may_be_basic = |path| {
            let language = language.or_else(|| Language::of_path(path));
            language.is_none_or(|it| it == Language::Basic)
        };
        if !self.settings.is_empty() && !programs.any(may_be_basic) {
            return Err(Error::FlagNotTaken);
        }
        reconfigure(|flags: Flags| {
            self.settings.iter().fold(flags, |flags, &(flag, on)| flags.with(flag, on))
        });
        Ok(())
    }
}

/// Compiles a text to IL under the options of the process.
pub(super) fn compile(language: Language, text: &str) -> Result<Module, Vec<Diagnostic>> {
    let compilation = Compilation::begin();
    lang::compile_under(language, text, compilation.flags())
}

/// `enableRuntimeNamespaces=off`
fn setting(text: &str) -> Result<(Flag, bool), String> {
    let (name, value) =
        text.split_once('=').ok_or_else(|| format!("write {text}=on or {text}=off"))?;
    let flag = Flag::find(name).map_err(|error| error.to_string())?;
    match value {
        "on" => Ok((flag, true)),
        "off" => Ok((flag, false)),
        _ => Err(format!("'{value}' is neither 'on' nor 'off'")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_setting_is_a_name_and_on_or_off() {
        let on = ("enableRuntimeNamespaces=on", (Flag::RuntimeNamespaces, true));
        let off = ("EnableSelectCaseConstLabels=off", (Flag::SelectCaseConstLabels, false));
        for (text, expected) in [on, off] {
            assert_eq!(setting(text), Ok(expected));
        }
        for (text, error) in [
            ("enableRuntimeNamespaces", "write enableRuntimeNamespaces=on or"),
            ("enableRuntimeNamespaces=yes", "'yes' is neither 'on' nor 'off'"),
            ("enableRuntimeNamspaces=on", "did you mean 'enableRuntimeNamespaces'?"),
            ("fast=on", "no option of a front end is called 'fast'"),
        ] {
            let found = setting(text).expect_err(text);
            assert!(found.contains(error), "{text}: {found}");
        }
    }
}
