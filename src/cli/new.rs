//! `drawloom new`: writes a small program with its header to start from.

use std::path::PathBuf;

use clap::Args;
use drawloom::lang::Language;

use super::error::{Error, Exit, NotNew};
use super::files::write_new;
use super::output::write;
use super::shell::quoted;
use super::values;

#[derive(Args)]
#[command(after_help = "\
Examples:
  drawloom new counter               counter.bas: two threads count under a lock
  drawloom new counter.il            the same in IL
  drawloom new mp --language litmus  mp.litmus: two threads pass a message")]
pub(super) struct Options {
    /// The name of the program, with or without an ending
    name: PathBuf,
    /// The language [default: from the ending; without one, bas]
    #[arg(long, value_name = "LANGUAGE", value_parser = values::language)]
    language: Option<Language>,
}

/// Writes the program, and says what to type next.
pub(super) fn new(options: &Options) -> Result<Exit, Error> {
    let (path, language) = options.place()?;
    write_new(&path, template(language))?;
    let shown = quoted(&path.display().to_string());
    write(&format!(
        "wrote {}\n\n\
         drawloom run {shown}      runs it on real threads\n\
         drawloom check {shown}    searches every execution, and compares what it finds with the header\n\n\
         The comment at its top says what to change to see a violation.\n",
        path.display()
    ))?;
    Ok(Exit::Fine)
}

impl Options {
    /// Where the program is written, and in which language.
    fn place(&self) -> Result<(PathBuf, Language), NotNew> {
        let path = self.name.clone();
        match (Language::of_path(&path), self.language) {
            (Some(named), Some(language)) if named != language => {
                let (ending, language) = (named.ending(), language.ending());
                Err(NotNew::OtherLanguage { path, ending, language })
            }
            (Some(named), _) => Ok((path, named)),
            (None, None) if path.extension().is_some() => Err(NotNew::UnknownEnding { path }),
            (None, language) => {
                let language = language.unwrap_or(Language::Basic);
                let mut name = path.into_os_string();
                name.push(format!(".{}", language.ending()));
                let path = PathBuf::from(name);
                // A folder, or nothing, has no name to which an ending could be added.
                if Language::of_path(&path).is_none() {
                    return Err(NotNew::UnknownEnding { path });
                }
                Ok((path, language))
            }
        }
    }
}

/// The program in this language. Each is verified as it is, and becomes wrong by the change that it names.
fn template(language: Language) -> &'static str {
    match language {
        Language::Il => include_str!("../../examples/new/counter.il"),
        Language::TinyVm => include_str!("../../examples/new/counter.tvm"),
        Language::Litmus => include_str!("../../examples/new/message_passing.litmus"),
        Language::Basic => include_str!("../../examples/new/counter.bas"),
    }
}
