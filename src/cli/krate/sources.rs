//! Which operations of the crate are broken: those in its own sources that are no part of its tests.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Component, Path, PathBuf};

use drawloom::engine::mutation::{Operation, Source};

use super::test_code::TestCode;

/// The sources of the operations under test.
#[derive(Debug)]
pub(super) struct Sources {
    /// The root of the workspace; the compiler's names of files begin there.
    root: PathBuf,
    /// The package's folder below the root.
    folder: PathBuf,
    /// The sources of our own crates, which are never broken.
    own: Vec<PathBuf>,
    /// Whether operations of other packages count, too.
    with_dependencies: bool,
    /// By the compiler's name of the file; `None` if none of its operations count.
    known: BTreeMap<String, Option<(Source, TestCode)>>,
}

/// Folders of a package of which nothing is broken.
const OF_TESTS: &[&str] = &["tests", "benches", "examples"];

impl Sources {
    pub(super) fn new(
        root: &Path,
        folder: &Path,
        own: Vec<PathBuf>,
        with_dependencies: bool,
    ) -> Self {
        let (root, folder) = (root.to_owned(), folder.to_owned());
        Sources { root, folder, own, with_dependencies, known: BTreeMap::new() }
    }

    /// Whether an operation is one to break.
    pub(super) fn has(&mut self, operation: &Operation) -> bool {
        if !self.known.contains_key(&operation.file) {
            let read = self.read(&operation.file);
            self.known.insert(operation.file.clone(), read);
        }
        let source = self.known.get(&operation.file).and_then(Option::as_ref);
        source.is_some_and(|(_, test_code)| !test_code.has(operation.line))
    }

    /// The files that have operations to break.
    pub(super) fn into_sources(self) -> Vec<Source> {
        self.known.into_values().flatten().map(|(source, _)| source).collect()
    }

    fn read(&self, file: &str) -> Option<(Source, TestCode)> {
        let path = self.root.join(file);
        let is_own = self.own.iter().any(|own| path.starts_with(own));
        let counts = if self.is_of_package(file) {
            !self.is_test_module(Path::new(file))
        } else {
            self.with_dependencies
        };
        if is_own || !counts {
            return None;
        }
        let text = fs::read_to_string(&path).ok()?;
        let test_code = TestCode::of(&text);
        Some((Source { file: file.to_owned(), text }, test_code))
    }

    /// Whether the file is one of the package's own, outside of its tests.
    fn is_of_package(&self, file: &str) -> bool {
        let has_manifest = |folder: &&Path| self.root.join(folder).join("Cargo.toml").is_file();
        // A package may have others in its folder.
        if Path::new(file).ancestors().skip(1).find(has_manifest) != Some(&self.folder) {
            return false;
        }
        let inside = Path::new(file).strip_prefix(&self.folder).unwrap_or(Path::new(file));
        let is_of_tests = |it: Component<'_>| OF_TESTS.iter().any(|name| it.as_os_str() == *name);
        !inside.components().next().is_some_and(is_of_tests)
    }

    /// Whether the file is a module, or in a module, that only tests have.
    fn is_test_module(&self, file: &Path) -> bool {
        let mut module = file.with_extension("");
        if module.ends_with("mod") {
            module.pop();
        }
        while let (Some(name), Some(folder)) = (module.file_name(), module.parent()) {
            if folder == self.folder {
                return false;
            }
            let declared_in = [
                folder.with_extension("rs"),
                folder.join("mod.rs"),
                folder.join("lib.rs"),
                folder.join("main.rs"),
            ];
            let is_declared = declared_in.iter().any(|path| {
                let text = fs::read_to_string(self.root.join(path)).unwrap_or_default();
                TestCode::of(&text).modules.iter().any(|module| name == module.as_str())
            });
            if is_declared {
                return true;
            }
            module = folder.to_owned();
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use drawloom::engine::mutation::OpKind;

    #[test]
    fn operations_of_tests_and_of_other_packages_are_left_whole() {
        let folder = tempfile::tempdir().expect("a folder");
        let write = |path: &str, text: &str| {
            let path = folder.path().join(path);
            fs::create_dir_all(path.parent().expect("below")).expect("a folder");
            fs::write(path, text).expect("a file");
        };
        write("one/Cargo.toml", "");
        write("two/Cargo.toml", "");
        write("one/src/lib.rs", "mod a;\n#[cfg(test)]\nmod checks;\n");
        write("one/src/a.rs", "fn f() {}\n\n#[cfg(test)]\nmod tests {\n    fn g() {}\n}\n");
        write("one/src/checks/deep.rs", "fn f() {}\n");
        write("one/tests/loom.rs", "fn f() {}\n");
        write("two/src/lib.rs", "fn f() {}\n");
        let has = |file: &str, line, with_dependencies| {
            let op = OpKind::Load;
            let operation = Operation { file: file.into(), line, column: 1, op, name: None };
            let own = vec![folder.path().join("own")];
            Sources::new(folder.path(), Path::new("one"), own, with_dependencies).has(&operation)
        };
        assert!(has("one/src/a.rs", 1, false) && !has("one/src/a.rs", 5, false));
        assert!(!has("one/src/checks/deep.rs", 1, true) && !has("one/src/none.rs", 1, true));
        assert!(!has("one/tests/loom.rs", 1, false));
        assert!(!has("two/src/lib.rs", 1, false) && has("two/src/lib.rs", 1, true));
        write("own/src/lib.rs", "");
        assert!(!has("own/src/lib.rs", 1, true));
    }
}
