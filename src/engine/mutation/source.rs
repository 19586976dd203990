//! Describes the place of an operation in words that survive an edit elsewhere in the file.

/// A source file under test.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Source {
    /// The path, as the compiler names it, with `/` between folders.
    pub file: String,
    /// The whole text.
    pub text: String,
}

/// Whether a path is `end`, or ends with `end` after a `/`.
pub(super) fn has_end(path: &str, end: &str) -> bool {
    path.strip_suffix(end).is_some_and(|rest| rest.is_empty() || rest.ends_with('/'))
}

impl Source {
    /// Whether the compiler used this path for the file. For a package that was installed, the compiler
    /// uses absolute paths.
    pub(super) fn is_at(&self, path: &str) -> bool {
        has_end(path, &self.file)
    }

    /// Whether `name` is the end of its path.
    pub fn has_name(&self, name: &str) -> bool {
        has_end(&self.file, name)
    }

    /// The line's text, without the spaces around it. Empty if there is no such line.
    pub fn line(&self, line: u32) -> &str {
        let index = (line as usize).saturating_sub(1);
        self.text.lines().nth(index).unwrap_or_default().trim()
    }

    /// The function that contains the line, with the type, or the trait and type, of its `impl`:
    /// `fresh`, `Memory::load`, `Drop for Drained::drop`. Empty outside functions.
    ///
    /// This function reads lines as `rustfmt` formats them; it does not parse.
    pub fn function(&self, line: u32) -> String {
        let before: Vec<&str> = self.text.lines().take(line as usize).collect();
        let Some(at) = before.iter().rposition(|line| function_name(line).is_some()) else {
            return String::new();
        };
        let name = function_name(before[at]).unwrap_or_default();
        // A line of a macro or a static after the function's end.
        if before[at + 1..].iter().any(|line| line.starts_with('}')) {
            return String::new();
        }
        if !before[at].starts_with(' ') {
            return name.to_owned();
        }
        let header = before[..at].iter().rev().find(|line| line.starts_with("impl"));
        match header {
            Some(header) => format!("{}::{name}", implementer(header)),
            None => name.to_owned(),
        }
    }
}

/// The function's name, if the line begins a function.
fn function_name(line: &str) -> Option<&str> {
    let mut words = line.trim_start().split(' ').skip_while(|word| {
        matches!(*word, "pub" | "pub(super)" | "pub(crate)" | "const" | "async")
    });
    if words.next() != Some("fn") {
        return None;
    }
    let rest = words.next()?;
    rest.split(['(', '<']).next()
}

/// The text between `impl` and the brace, without type parameters.
fn implementer(header: &str) -> String {
    let mut depth = 0_u32;
    let mut name = String::new();
    for c in header.trim_start_matches("impl").trim_end_matches('{').chars() {
        match c {
            '<' => depth += 1,
            '>' => depth = depth.saturating_sub(1),
            c if depth == 0 => name.push(c),
            _ => {}
        }
    }
    name.trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_found_with_its_function() {
        let text = "\
static A: u8 = 1;

pub fn first() {
    lock();
}

impl<T> Drop for Guard<'_, T> {
    /// Ends.
    fn drop(&mut self) {
        set();
    }
}

local! {
    static B: u8 = 2;
}

impl Memory {
    #[inline]
    pub(super) fn load<T>(&self) -> u64 {
        self.cell
            .load()
    }
}
";
        let source = Source { file: "a.rs".into(), text: text.into() };
        let functions: Vec<_> = [1, 4, 10, 15, 22].map(|line| source.function(line)).into();
        assert_eq!(functions, ["", "first", "Drop for Guard::drop", "", "Memory::load"]);
        assert_eq!((source.line(4), source.line(99)), ("lock();", ""));
    }

    #[test]
    fn a_file_is_known_by_the_end_of_its_path() {
        let source = Source { file: "src/vm/vm.rs".into(), text: String::new() };
        assert!(source.is_at("/somewhere/drawloom-1/src/vm/vm.rs") && source.is_at("src/vm/vm.rs"));
        assert!(!source.is_at("mysrc/vm/vm.rs") && !source.is_at("vm.rs"));
        assert!(source.has_name("vm.rs") && source.has_name("vm/vm.rs"));
        assert!(!source.has_name("m.rs"));
    }
}
