//! The suite of our own core: its models and its sources.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Equivalent, Model, OpKind, Source, Suite};
use crate::engine::{Body, World};
use crate::stress::models::{MODELS, Size};
use crate::verdict::each_world;

#[path = "../../../models/equivalent.rs"]
mod equivalent;

macro_rules! sources {
    ($($file:literal)*) => {
        &[$((concat!("src/", $file), include_str!(concat!("../../", $file)))),*]
    };
}

/// The files of the core that have operations.
const SOURCES: &[(&str, &str)] = sources! {
    "options.rs" "vm/active.rs" "vm/blocking.rs" "vm/calls.rs" "vm/data.rs" "vm/host.rs" "vm/light.rs"
    "vm/memory.rs" "vm/mod.rs" "vm/model.rs" "vm/output.rs" "vm/own.rs" "vm/program.rs"
    "vm/registry.rs" "vm/schedule.rs" "vm/starts.rs" "vm/state.rs" "vm/strings.rs" "vm/task.rs" "vm/threads.rs"
    "vm/trap.rs" "vm/vm.rs" "vm/waits.rs" "vm/workers.rs"
};

/// The core, its models, and its known equivalent mutants.
pub fn core() -> Suite {
    let models = MODELS.iter().enumerate().map(|(index, model)| Model {
        name: model.name.to_owned(),
        sometimes: model.sometimes.iter().map(|&label| label.to_owned()).collect(),
        preemptions_max: match model.size {
            Size::Exhaustible => None,
            Size::Preemptions(max) => Some(max),
        },
        bodies: bodies(index),
    });
    let sources =
        SOURCES.iter().map(|&(file, text)| Source { file: file.into(), text: text.into() });
    Suite {
        models: models.collect(),
        sources: sources.collect(),
        equivalents: equivalent::EQUIVALENT.to_vec(),
    }
}

/// The body of the model with this index in each world. The lists of all worlds are one list, included
/// in each world.
fn bodies(index: usize) -> BTreeMap<World, Body> {
    macro_rules! in_worlds {
        ($(#[$cfg:meta] $world:ident $module:ident;)*) => {
            BTreeMap::from([$(
                #[$cfg]
                (World::$world, Arc::new(crate::$module::models::MODELS[index].body) as Body),
            )*])
        };
    }
    each_world!(in_worlds)
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
        there.push("src/options.rs".to_owned());
        there.sort();
        let known: Vec<&str> = SOURCES.iter().map(|&(file, _)| file).collect();
        assert_eq!(known, there);
    }
}
