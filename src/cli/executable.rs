//! The file of this program, as it is when a command begins.
//!
//! A search may take hours, and somebody may install another build meanwhile. What was found is of the build that has
//! searched, so its file is opened before the search and read after it, if at all: a new file in the same place is
//! another file. *Does not see* a build that was put in place of this one before the command had begun to work.

use std::fs::{File, Metadata};
use std::io::{self, Read as _};
use std::path::Path;
use std::sync::OnceLock;
use std::time::SystemTime;

use super::journal::fingerprint_of;

/// This build of drawloom.
pub(super) struct Executable {
    opened: Option<(File, Stamp)>,
    fingerprint: OnceLock<Option<String>>,
}

/// What changes when somebody writes into a file.
type Stamp = (u64, Option<SystemTime>);

fn stamp(of: &Metadata) -> Stamp {
    (of.len(), of.modified().ok())
}

impl Executable {
    /// The file of this process.
    pub(super) fn of_process() -> Self {
        std::env::current_exe().map_or_else(|_| Executable::none(), |path| Executable::at(&path))
    }

    fn none() -> Self {
        Executable { opened: None, fingerprint: OnceLock::new() }
    }

    fn at(path: &Path) -> Self {
        let open = || -> io::Result<(File, Stamp)> {
            let file = File::open(path)?;
            let stamp = stamp(&file.metadata()?);
            Ok((file, stamp))
        };
        Executable { opened: open().ok(), ..Executable::none() }
    }

    /// The fingerprint of what was in the file. `None` if it cannot be read, or has been written to since.
    pub(super) fn fingerprint(&self) -> Option<&str> {
        let read = || {
            let (mut file, before) = self.opened.as_ref().map(|(file, stamp)| (file, stamp))?;
            let mut bytes = Vec::new();
            file.read_to_end(&mut bytes).ok()?;
            let now = stamp(&file.metadata().ok()?);
            (now == *before).then(|| fingerprint_of(&[&bytes]))
        };
        self.fingerprint.get_or_init(read).as_deref()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn a_file_that_takes_its_place_is_another_one_and_a_changed_one_is_none() {
        let folder = tempfile::tempdir().expect("a folder");
        let (path, new) = (folder.path().join("drawloom"), folder.path().join("new"));
        fs::write(&path, "the old build").expect("it is written");
        let old = Executable::at(&path);
        fs::write(&new, "another build").expect("it is written");
        fs::rename(&new, &path).expect("it is installed");
        assert_eq!(old.fingerprint(), Some(&*fingerprint_of(&[b"the old build"])));
        let changed = Executable::at(&path);
        fs::write(&path, "written over it").expect("it is written");
        assert_eq!(changed.fingerprint(), None);
        assert_eq!(Executable::at(&folder.path().join("none")).fingerprint(), None);
    }

    #[test]
    fn it_is_the_build_that_shards_name() {
        let executable = Executable::of_process();
        let of_shards = super::super::journal::fingerprint_of_build().expect("it can be read");
        assert_eq!(executable.fingerprint(), Some(&*of_shards));
    }
}
