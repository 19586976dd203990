//! What names with dots may mean: namespaces of the program and of the runtime, and `USING`.
//!
//! A name is looked for in this order; the first place that has it decides:
//!
//! | place | example in `NAMESPACE A.B` |
//! |---|---|
//! | the namespace around, and those around that | `F` is `A.B.F`, `A.F` or `F` |
//! | an alias of `USING G = Viper.Threads` | `G.Gate` is `Viper.Threads.Gate` |
//! | the runtime's root | `Zanna.Threads.Gate` |
//! | all that `USING` imports, together | `Gate` is `Viper.Threads.Gate` |

use super::super::errors::Errors;
use super::runtime;
use super::tree::{Path, Program, Word};
use crate::flags::{Flag, Flags};
use crate::il::{Diagnostic, nearest};

/// The roots of the runtime's namespaces: two names of one project.
const ROOTS: [&str; 2] = ["VIPER", "ZANNA"];

/// Whether a namespace with this root is the runtime's.
pub(super) fn is_root(word: Word<'_>) -> bool {
    ROOTS.iter().any(|root| word.is(root))
}

/// The rest of an upper-case path that begins with the runtime's root; empty for the root alone.
fn below_root(path: &str) -> Option<&str> {
    let (root, rest) = path.split_once('.').unwrap_or((path, ""));
    ROOTS.contains(&root).then_some(rest)
}

/// A full name, in capital letters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum FullName {
    /// Of the program.
    Own(String),
    /// Of the runtime, without its root.
    Runtime(String),
}

impl FullName {
    fn of(path: String) -> Self {
        match below_root(&path) {
            Some(rest) => FullName::Runtime(rest.to_owned()),
            None => FullName::Own(path),
        }
    }
}

/// What a name may mean.
pub(super) enum Found {
    Nothing,
    One(FullName),
    /// Several imports have it: their full names.
    Several(Vec<String>),
}

/// The imports of a file.
#[derive(Debug, Default)]
pub(super) struct Names {
    /// The paths, in capital letters.
    imports: Vec<String>,
    aliases: Vec<(String, String)>,
}

impl Names {
    /// Reads the `USING` lines.
    pub(super) fn new(program: &Program<'_>, flags: Flags, errors: &mut Errors) -> Self {
        let mut names = Names::default();
        for using in &program.usings {
            let mut path = using.path.text().to_ascii_uppercase();
            if let Some(Refusal { error, meant }) = refusal(&using.path, &path, program, flags) {
                errors.add(error);
                let Some(meant) = meant else { continue };
                path = meant;
            }
            let Some(alias) = using.alias else {
                names.imports.push(path);
                continue;
            };
            if names.aliases.iter().any(|(known, _)| *known == alias.key()) {
                let message = format!("E_NS_004: the alias '{}' is defined twice", alias.text);
                errors.add(Diagnostic::new(alias.span, message));
            }
            names.aliases.push((alias.key(), path));
        }
        names
    }

    /// What a name means in a namespace, of those names that exist.
    pub(super) fn find(
        &self,
        path: &str,
        namespace: &str,
        exists: impl Fn(&FullName) -> bool,
    ) -> Found {
        let path = path.to_ascii_uppercase();
        let one = |name: FullName| exists(&name).then_some(Found::One(name));
        let mut around = Some(namespace).filter(|it| !it.is_empty());
        while let Some(namespace) = around {
            if let Some(found) = one(FullName::Own(format!("{namespace}.{path}"))) {
                return found;
            }
            around = namespace.rsplit_once('.').map(|it| it.0);
        }
        let (first, rest) = path.split_once('.').unwrap_or((&path, ""));
        let expanded = self.aliases.iter().find(|(alias, _)| alias == first && !rest.is_empty());
        let expanded = expanded.map(|(_, full)| FullName::of(format!("{full}.{rest}")));
        let whole = FullName::of(path.clone());
        if let Some(found) = expanded.and_then(one).or_else(|| one(whole)) {
            return found;
        }
        let imported = self.imports.iter().map(|import| format!("{import}.{path}"));
        // Both roots of the runtime have the same names: as full names they are equal.
        let mut found: Vec<(FullName, String)> = vec![];
        for import in imported {
            let name = FullName::of(import.clone());
            if exists(&name) && found.iter().all(|(known, _)| *known != name) {
                found.push((name, import));
            }
        }
        if found.len() < 2 {
            return found.pop().map_or(Found::Nothing, |(name, _)| Found::One(name));
        }
        let mut all: Vec<String> = found.into_iter().map(|(_, import)| import).collect();
        all.sort();
        Found::Several(all)
    }
}

/// Why a `USING` is wrong.
struct Refusal {
    error: Diagnostic,
    /// The namespace that it probably means, in capital letters. Its names are known all the same, so that one
    /// mistake is reported once.
    meant: Option<String>,
}

fn refusal(path: &Path<'_>, key: &str, program: &Program<'_>, flags: Flags) -> Option<Refusal> {
    let error = |message: String| Diagnostic::new(path.span(), message);
    let root = path.words[0].text;
    if let Some(rest) = below_root(key) {
        let is_enabled = flags.is_enabled(Flag::RuntimeNamespaces);
        if rest.is_empty() || !is_enabled {
            let message = format!("E_NS_009: the root namespace '{root}' is reserved");
            let help = if is_enabled {
                format!("name one of its namespaces: USING {root}.Threads")
            } else {
                format!("{} is off", Flag::RuntimeNamespaces.name())
            };
            let meant = runtime::is_namespace(rest).then(|| key.to_owned());
            return Some(Refusal { error: error(message).help(help), meant });
        }
        if runtime::is_namespace(rest) {
            return None;
        }
    } else if program.namespaces.contains(key) {
        return None;
    }
    let found = error(format!("E_NS_001: namespace not found: '{}'", path.text()));
    let runtimes = ["Viper.Threads", "Viper.Terminal", "Viper.Core", "Viper.String", "Viper.Math"];
    let runtimes = runtimes.into_iter().filter(|_| flags.is_enabled(Flag::RuntimeNamespaces));
    let known = program.namespaces.iter().map(String::as_str).chain(runtimes);
    let near = nearest(&path.text(), known);
    let meant = near.map(str::to_ascii_uppercase);
    let help = near.map(|near| format!("did you mean '{near}'?"));
    Some(Refusal { error: Diagnostic { help, ..found }, meant })
}
