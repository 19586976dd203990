//! Which module of a crate names which other one, read from its sources.
//!
//! It reads words, not types. What a name stands for is followed through `use` and `pub use` to the module
//! that defines it, and all on the way are named too. A glob ends where it leads, so that what the crate's
//! root has from a world counts as that world's, and so does what a world includes by `#[path]`.
//!
//! It does not see: calls of methods, whose types are not written there; names that a macro puts together;
//! and a name that comes from a `use` inside a function, outside of that function's module.

use std::collections::{BTreeMap, BTreeSet};

#[path = "words.rs"]
mod words;

use words::{is_name, words};

/// A module's names from the crate's root down; the root has none.
pub(crate) type Path = Vec<String>;

/// One module names another.
#[derive(Clone, Debug)]
pub(crate) struct Arrow {
    pub(crate) from: Path,
    pub(crate) to: Path,
    /// `file:line: path`, as it is written there.
    pub(crate) place: String,
    /// Whether unit tests name it.
    pub(crate) is_of_tests: bool,
}

/// The modules of a crate.
#[derive(Default)]
pub(crate) struct Crate {
    modules: BTreeMap<Path, Module>,
}

#[derive(Default)]
struct Module {
    file: String,
    is_of_tests: bool,
    /// What `use` brings in, by the name that it has here.
    used: BTreeMap<String, Path>,
    globs: Vec<Path>,
    /// Of what it has by `#[path]`, the names here.
    included: BTreeSet<String>,
    /// What is defined here.
    items: BTreeSet<String>,
    written: Vec<Written>,
}

/// A path in the text.
struct Written {
    path: Path,
    line: usize,
    is_of_tests: bool,
}

impl Crate {
    /// Reads a crate's files, each given by its path below `src/` and its text.
    pub(crate) fn read<'t>(files: impl IntoIterator<Item = (&'t str, &'t str)>) -> Self {
        let mut read = Crate::default();
        for (file, text) in files {
            Reader::new(&mut read, file, text).file();
        }
        let of_tests: Vec<Path> = read.of(|module| module.is_of_tests).cloned().collect();
        for (path, module) in &mut read.modules {
            module.is_of_tests |= of_tests.iter().any(|test| path.starts_with(test));
        }
        read
    }

    fn of(&self, is: impl Fn(&Module) -> bool) -> impl Iterator<Item = &Path> {
        self.modules.iter().filter(move |(_, module)| is(module)).map(|(path, _)| path)
    }

    /// All modules that have a text.
    pub(crate) fn modules(&self) -> impl Iterator<Item = &Path> {
        self.of(|module| !module.file.is_empty())
    }

    /// All arrows from one module to another one, but for those into its own insides.
    pub(crate) fn arrows(&self) -> Vec<Arrow> {
        let mut arrows = vec![];
        for (from, module) in &self.modules {
            for written in &module.written {
                let place =
                    format!("{}:{}: {}", module.file, written.line, written.path.join("::"));
                let is_of_tests = written.is_of_tests || module.is_of_tests;
                let mut named = vec![];
                let found = self.resolve(from, &written.path, &mut named, 0);
                named.extend(found);
                named.retain(|to| !to.starts_with(from) && !to.is_empty());
                let arrow =
                    |to| Arrow { from: from.clone(), to, place: place.clone(), is_of_tests };
                arrows.extend(named.into_iter().map(arrow));
            }
        }
        arrows
    }

    /// The module that defines what a path stands for, seen from a module; `None` for what is not of this
    /// crate. `passed` gets the modules that have it from others.
    fn resolve(
        &self,
        from: &[String],
        path: &[String],
        passed: &mut Vec<Path>,
        depth: usize,
    ) -> Option<Path> {
        let (first, mut rest) = path.split_first()?;
        let mut at = from.to_vec();
        match first.as_str() {
            "crate" | "$crate" | "drawloom" => at.clear(),
            "self" => {}
            "super" => {
                at.pop();
                while let Some((_, after)) = rest.split_first().filter(|(it, _)| *it == "super") {
                    at.pop();
                    rest = after;
                }
            }
            _ if self.has(from, first, depth) => rest = path,
            _ => return None,
        }
        while let Some((name, after)) = rest.split_first() {
            let child = [&at[..], std::slice::from_ref(name)].concat();
            if self.modules.contains_key(&child) {
                (at, rest) = (child, after);
                continue;
            }
            let module = self.modules.get(&at)?;
            // A source that a world includes is a part of it, but for the world itself.
            if module.included.contains(name) && at != from {
                return Some(at);
            }
            if let Some(used) = module.used.get(name).filter(|used| used[..] != [name.as_str()]) {
                if depth > 20 {
                    return None;
                }
                let found = self.resolve(&at, &[used, after].concat(), passed, depth + 1);
                passed.extend(found.is_some().then_some(at));
                return found;
            }
            if !module.items.contains(name) {
                let globs = module.globs.iter().filter(|glob| glob[..] != ["super".to_owned()]);
                let mut globs =
                    globs.filter_map(|it| self.resolve(&at, it, &mut vec![], depth + 1));
                if let Some(glob) = globs.find(|glob| self.has(glob, name, depth + 1)) {
                    return Some(glob);
                }
            }
            // Whatever the root does not have is a macro, which is known everywhere.
            return Some(at);
        }
        Some(at)
    }

    /// Whether a module has a name: a module in it, an item, or what it brings in.
    fn has(&self, at: &[String], name: &str, depth: usize) -> bool {
        let Some(module) = self.modules.get(at) else { return false };
        let child = [at, &[name.to_owned()]].concat();
        self.modules.contains_key(&child)
            || module.items.contains(name)
            || module.used.contains_key(name)
            || depth < 5
                && module.globs.iter().any(|glob| {
                    let glob = self.resolve(at, glob, &mut vec![], depth + 1);
                    glob.is_some_and(|glob| glob != at && self.has(&glob, name, depth + 1))
                })
    }
}

/// The module of a file below `src/`.
pub(crate) fn module_of(file: &str) -> Path {
    let mut path: Path = file.trim_end_matches(".rs").split('/').map(str::to_owned).collect();
    if path.last().is_some_and(|it| it == "mod") || path == ["lib"] {
        path.pop();
    }
    path
}

/// Reads one file.
struct Reader<'c> {
    read: &'c mut Crate,
    file: String,
    tokens: Vec<(String, usize)>,
    /// The modules around the place that is read, each with the token at which it ends.
    around: Vec<(Path, usize)>,
    /// Up to which token the text is of tests.
    tests_until: usize,
    /// What `#[path = "..."]` has said about the next module.
    path_of_next: Option<String>,
}

impl<'c> Reader<'c> {
    fn new(read: &'c mut Crate, file: &str, text: &str) -> Self {
        let (tokens, path) = (words(text), module_of(file));
        let module = read.modules.entry(path.clone()).or_default();
        file.clone_into(&mut module.file);
        let around = vec![(path, tokens.len())];
        let file = file.to_owned();
        Reader { read, file, tokens, around, tests_until: 0, path_of_next: None }
    }

    fn token(&self, at: usize) -> &str {
        self.tokens.get(at).map_or("", |(token, _)| token)
    }

    fn is_at(&self, at: usize, tokens: &[&str]) -> bool {
        tokens.iter().enumerate().all(|(nth, token)| self.token(at + nth) == *token)
    }

    fn here(&self) -> Path {
        self.around.last().expect("the file's own module stays").0.clone()
    }

    fn module(&mut self) -> &mut Module {
        self.read.modules.entry(self.here()).or_default()
    }

    fn file(&mut self) {
        let mut at = 0;
        while at < self.tokens.len() {
            while self.around.len() > 1 && self.around.last().is_some_and(|it| it.1 <= at) {
                self.around.pop();
            }
            at = self.next(at);
        }
    }

    /// Reads what begins at a token; gives the next one that is to be looked at.
    fn next(&mut self, at: usize) -> usize {
        match self.token(at) {
            "#" if self.token(at + 1) == "[" => self.attribute(at),
            "use" if self.token(at + 1) != "<" => self.tree(at + 1, &[]),
            "mod" if is_name(self.token(at + 1)) => self.inner_module(at),
            "fn" | "struct" | "enum" | "trait" | "type" | "const" | "static" | "union"
                if is_name(self.token(at + 1)) =>
            {
                let name = self.token(at + 1).to_owned();
                self.module().items.insert(name);
                at + 2
            }
            "macro_rules" => {
                let name = self.token(at + 2).to_owned();
                self.module().items.insert(name);
                at + 3
            }
            "::" => at + 2,
            token if is_name(token) && self.token(at + 1) == "::" => {
                let mut path = vec![token.to_owned()];
                let mut end = at + 1;
                while self.token(end) == "::" && is_name(self.token(end + 1)) {
                    path.push(self.token(end + 1).to_owned());
                    end += 2;
                }
                self.write(path, at);
                end
            }
            _ => at + 1,
        }
    }

    fn write(&mut self, path: Path, at: usize) {
        let (line, is_of_tests) = (self.tokens[at].1, at < self.tests_until);
        self.module().written.push(Written { path, line, is_of_tests });
    }

    fn attribute(&mut self, at: usize) -> usize {
        let end = self.end_of_group(at + 1);
        if self.is_at(at + 2, &["path", "="]) {
            self.path_of_next = Some(self.token(at + 4).trim_matches('"').to_owned());
        }
        let words = |word: &str| (at + 2..end).any(|it| self.token(it) == word);
        if self.token(at + 2) == "cfg" && words("test") && !words("not") {
            self.tests_until = self.tests_until.max(self.end_of_item(end));
        }
        end
    }

    /// The token behind a group that begins with a bracket.
    fn end_of_group(&self, at: usize) -> usize {
        let mut depth = 0_usize;
        for end in at..self.tokens.len() {
            match self.token(end) {
                "(" | "[" | "{" => depth += 1,
                ")" | "]" | "}" => {
                    depth = depth.saturating_sub(1);
                    if depth == 0 {
                        return end + 1;
                    }
                }
                _ => {}
            }
        }
        self.tokens.len()
    }

    /// The token behind an item: its semicolon or its braces.
    fn end_of_item(&self, mut at: usize) -> usize {
        let mut is_use = false;
        while at < self.tokens.len() {
            match self.token(at) {
                ";" => return at + 1,
                "{" if !is_use => return self.end_of_group(at),
                "(" | "[" | "{" => at = self.end_of_group(at),
                token => {
                    is_use |= token == "use";
                    at += 1;
                }
            }
        }
        at
    }

    /// `mod name;` or `mod name { ... }`
    fn inner_module(&mut self, at: usize) -> usize {
        let name = self.token(at + 1).to_owned();
        let here = self.here();
        let path = [&here[..], std::slice::from_ref(&name)].concat();
        let is_of_tests = at < self.tests_until;
        if self.token(at + 2) == "{" {
            let module = self.read.modules.entry(path.clone()).or_default();
            module.file.clone_from(&self.file);
            module.is_of_tests |= is_of_tests;
            let end = self.end_of_group(at + 2);
            self.around.push((path, end));
            return at + 3;
        }
        let elsewhere = self.path_of_next.take().map(|it| beside(&self.file, &it));
        match elsewhere {
            Some(Some(file)) => {
                let there = [vec!["crate".to_owned()], module_of(&file)].concat();
                self.module().included.insert(name.clone());
                self.module().used.insert(name, there);
            }
            // A source of another folder is not of this crate's modules.
            Some(None) => {}
            None if here == ["main"] => {
                self.module().used.insert(name.clone(), vec!["crate".to_owned(), name]);
            }
            None => self.read.modules.entry(path).or_default().is_of_tests |= is_of_tests,
        }
        at + 3
    }

    /// A tree of a `use`, with what stands before it; gives the token behind it.
    fn tree(&mut self, mut at: usize, before: &[String]) -> usize {
        let mut path = before.to_vec();
        let start = at;
        if self.token(at) == "::" {
            // Of another crate, whatever the names here are.
            path.push(String::new());
            at += 1;
        }
        loop {
            match self.token(at) {
                "{" => {
                    at += 1;
                    while !matches!(self.token(at), "}" | "") {
                        at = self.tree(at, &path);
                        if self.token(at) == "," {
                            at += 1;
                        }
                    }
                    return at + 1;
                }
                "*" => {
                    self.write(path.clone(), start);
                    self.module().globs.push(path);
                    return at + 1;
                }
                name if is_name(name) => path.push(name.to_owned()),
                _ => return at + 1,
            }
            at += 1;
            if self.token(at) == "::" {
                at += 1;
                continue;
            }
            // `a::{self}` is `a`.
            if path.len() > 1 && path.last().is_some_and(|it| it == "self") {
                path.pop();
            }
            let mut name = path.last().cloned().unwrap_or_default();
            if self.token(at) == "as" {
                self.token(at + 1).clone_into(&mut name);
                at += 2;
            }
            self.write(path.clone(), start);
            self.module().used.insert(name, path);
            return at;
        }
    }
}

/// The file below `src/` that a path beside another file leads to; `None` if that is outside.
fn beside(file: &str, path: &str) -> Option<String> {
    let mut there: Vec<&str> = file.split('/').collect();
    there.pop();
    for part in path.split('/') {
        match part {
            ".." => {
                there.pop()?;
            }
            part => there.push(part),
        }
    }
    Some(there.join("/"))
}

/// The groups of nodes that lead back to themselves.
pub(crate) fn circles(arrows: &BTreeMap<String, BTreeSet<String>>) -> Vec<BTreeSet<String>> {
    let reachable = |from: &str| {
        let mut reached = BTreeSet::new();
        let mut pending = vec![from];
        while let Some(node) = pending.pop() {
            for next in arrows.get(node).into_iter().flatten() {
                if reached.insert(next.as_str()) {
                    pending.push(next);
                }
            }
        }
        reached
    };
    let reached: BTreeMap<&str, _> = arrows.keys().map(|it| (it.as_str(), reachable(it))).collect();
    let leads = |from: &str, to: &str| reached.get(from).is_some_and(|it| it.contains(to));
    let circle_of = |node: &str| -> BTreeSet<String> {
        let around = reached[node].iter().filter(|other| leads(other, node));
        around.map(|it| (*it).to_owned()).collect()
    };
    let circles: BTreeSet<_> = arrows.keys().map(|it| circle_of(it)).collect();
    circles.into_iter().filter(|circle| circle.len() > 1).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The arrows of a crate as `from -> to`.
    fn arrows(files: &[(&str, &str)]) -> Vec<String> {
        let read = Crate::read(files.iter().copied());
        let text = |arrow: &Arrow| format!("{} -> {}", arrow.from.join("::"), arrow.to.join("::"));
        let all: BTreeSet<_> = read.arrows().iter().map(text).collect();
        all.into_iter().collect()
    }

    /// What a text in module `a` names of a crate that has `b`, with `b::inner`, and `c`.
    fn named(text: &str) -> Vec<String> {
        let files = [
            ("lib.rs", "mod a; pub mod b; pub use c::*; mod c;"),
            ("a/mod.rs", "mod deep;"),
            ("a/deep.rs", text),
            ("b/mod.rs", "pub mod inner; pub use inner::Shown as Seen; pub struct Own;"),
            ("b/inner.rs", "pub struct Shown; pub enum Kind { One }"),
            ("c.rs", "pub struct Given;"),
        ];
        let of_a = arrows(&files);
        of_a.iter().filter_map(|it| it.strip_prefix("a::deep -> ")).map(str::to_owned).collect()
    }

    #[test]
    fn a_use_tree_is_read_over_many_lines() {
        let tree =
            "use crate::{\n    b::{\n        inner::{Kind, Shown as S},\n        Own,\n    },\n};";
        assert_eq!(named(tree), ["b", "b::inner"]);
        assert_eq!(named("use crate::b::{self, inner};"), ["b", "b::inner"]);
        assert_eq!(named("pub(crate) use super::super::c::*;"), ["c"]);
    }

    #[test]
    fn every_way_to_begin_a_path_is_known() {
        for path in ["crate::b::Own", "super::super::b::Own", "drawloom::b::Own", "$crate::b::Own"]
        {
            assert_eq!(named(&format!("fn f() {{ {path}(1) }}")), ["b"], "{path}");
        }
        assert_eq!(named("use super::super::b; fn f(it: b::inner::Kind) {}"), ["b", "b::inner"]);
        assert_eq!(named("use self::b::Own; mod b { pub struct Own; }"), [""; 0]);
        assert_eq!(named("use ::b::Own; use std::b::Own; let b = b::Own;"), [""; 0]);
    }

    #[test]
    fn what_is_exported_again_names_both_modules() {
        assert_eq!(named("use crate::b::Seen;"), ["b", "b::inner"]);
        assert_eq!(named("fn f(_: crate::Given) {}"), ["c"], "through the root's glob");
        assert_eq!(named("fn f() { crate::some_macro!() }"), [""; 0]);
    }

    #[test]
    fn the_roots_glob_ends_at_the_world_although_the_world_has_it_from_elsewhere() {
        let files = [
            ("lib.rs", "pub mod world; pub use world::*; mod low;"),
            ("world.rs", "#[path = \"core/mod.rs\"] mod core; pub use core::*;"),
            ("core/mod.rs", "mod vm; pub use vm::Vm;"),
            ("core/vm.rs", "pub struct Vm;"),
            ("low.rs", "use crate::Vm; use crate::world::core::vm;"),
        ];
        assert_eq!(arrows(&files), ["low -> world", "world -> core"]);
    }

    #[test]
    fn comments_texts_and_lifetimes_are_no_paths() {
        let text = "// crate::b\n/* crate::b /* crate::c */ crate::b */ fn f<'a>(_: &'a str) {\n\
                    (\"crate::b\", r#\"crate::b \" \"#, b'\"', '\\'', '\"', \"\\\"crate::b\") }";
        assert_eq!(named(text), [""; 0]);
        assert_eq!(named(&format!("{text} use crate::c;")), ["c"]);
    }

    #[test]
    fn unit_tests_are_told_apart() {
        let files = [
            ("lib.rs", "mod a; mod b;"),
            (
                "a.rs",
                "use crate::b::X;\n#[cfg(test)]\nmod tests { use crate::b::Y; }\nfn f() { crate::b::Z }",
            ),
            ("b.rs", ""),
        ];
        let read = Crate::read(files);
        let seen: Vec<_> = read.arrows().into_iter().map(|it| (it.place, it.is_of_tests)).collect();
        let place = |it: &str| format!("a.rs:{it}");
        assert_eq!(
            seen,
            [
                (place("1: crate::b::X"), false),
                (place("4: crate::b::Z"), false),
                (place("3: crate::b::Y"), true),
            ]
        );
    }

    #[test]
    fn a_circle_is_found_whole_and_a_chain_is_none() {
        let graph = |arrows: &[(&str, &str)]| {
            let mut graph: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
            for (from, to) in arrows {
                graph.entry((*from).into()).or_default().insert((*to).into());
            }
            circles(&graph)
        };
        assert!(graph(&[("a", "b"), ("b", "c"), ("a", "c")]).is_empty());
        let found = graph(&[("a", "b"), ("b", "c"), ("c", "a"), ("c", "d"), ("e", "a")]);
        assert_eq!(found, [["a", "b", "c"].map(str::to_owned).into()]);
    }
}
