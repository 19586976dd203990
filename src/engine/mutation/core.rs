//! The suite of our own core: its models against its sources.

use super::{Equivalent, Model, OpKind, Source, Suite};
use crate::engine::Body;
use crate::stress::models::{MODELS, Size};

#[path = "../../../models/equivalent.rs"]
mod equivalent;

macro_rules! sources {
    ($($file:literal)*) => {
        &[$((concat!("src/vm/", $file), include_str!(concat!("../../vm/", $file)))),*]
    };
}

/// The files of the core that have operations.
const SOURCES: &[(&str, &str)] = sources! {
    "active.rs" "host.rs" "memory.rs" "mod.rs" "options.rs" "output.rs" "program.rs" "registry.rs"
    "state.rs" "strings.rs" "threads.rs" "trap.rs" "vm.rs"
};

/// The core, its models, and what is known about its mutants.
pub fn core() -> Suite {
    let models = MODELS.iter().enumerate().map(|(index, model)| Model {
        name: model.name.to_owned(),
        sometimes: model.sometimes.iter().map(|&label| label.to_owned()).collect(),
        preemptions_max: match model.size {
            Size::Exhaustible => None,
            Size::Preemptions(max) => Some(max),
        },
        loom: of_loom(index),
        shuttle: of_shuttle(index),
    });
    let sources =
        SOURCES.iter().map(|&(file, text)| Source { file: file.into(), text: text.into() });
    Suite {
        models: models.collect(),
        sources: sources.collect(),
        equivalents: equivalent::EQUIVALENT.to_vec(),
    }
}

/// The lists of all worlds are one list, included in each.
#[cfg(feature = "loom")]
#[expect(clippy::unnecessary_wraps, reason = "there is none without the feature")]
fn of_loom(index: usize) -> Option<Body> {
    let body = crate::loom::models::MODELS[index].body;
    Some(std::sync::Arc::new(body))
}

#[cfg(not(feature = "loom"))]
fn of_loom(_: usize) -> Option<Body> {
    None
}

#[cfg(feature = "shuttle")]
#[expect(clippy::unnecessary_wraps, reason = "there is none without the feature")]
fn of_shuttle(index: usize) -> Option<Body> {
    let body = crate::shuttle::models::MODELS[index].body;
    Some(std::sync::Arc::new(body))
}

#[cfg(not(feature = "shuttle"))]
fn of_shuttle(_: usize) -> Option<Body> {
    None
}

#[cfg(test)]
mod tests {
    use super::SOURCES;

    #[test]
    fn no_file_of_the_core_is_left_out() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/vm");
        let files = std::fs::read_dir(folder).expect("the sources are there");
        let mut there: Vec<String> = files
            .map(|file| file.expect("it can be read").path())
            .filter(|path| path.extension().is_some_and(|it| it == "rs"))
            .map(|path| format!("src/vm/{}", path.file_name().expect("a name").display()))
            .collect();
        there.sort();
        let known: Vec<&str> = SOURCES.iter().map(|&(file, _)| file).collect();
        assert_eq!(known, there);
    }
}
