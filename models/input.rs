//! Models of what a program reads, and of the strings that it makes.
//!
//! The idea: two threads read a line each, and show it to the host as text and as handle.

use std::io::Cursor;

use super::guest::{Guest, host, result, run};
use super::sync::{Arc, Mutex, sometimes};
use super::{Model, Registry, Size};
use crate::il::Type;

static READS_TWO_LINES: Guest = Guest::il(
    "
extern @Viper.Terminal.ReadLine() -> str
extern @Model.Show(str) -> void
func @read() -> void {
entry:
  %line = call @Viper.Terminal.ReadLine()
  call @Model.Show(%line)
  ret
}
func @main() -> i64 {
entry:
  %child = call @Viper.Threads.Thread.Start(@read, null)
  call @read()
  call @Viper.Threads.Thread.Join(%child)
  ret 0
}
",
);

/// Runs it with this input; texts and handles in the order in which they were shown.
fn shown(input: &'static str) -> Vec<(String, u64)> {
    let registry = Arc::new(Registry::new());
    let shown = Arc::new(Mutex::new(Vec::new()));
    let seen = shown.clone();
    host(&registry, "Model.Show", &[Type::Str], Type::Void, move |call| {
        let text = call.text(0).expect("a string that the program has made");
        seen.lock().unwrap().push((text.to_string(), call.words()[0]));
        0
    });
    let loading = READS_TWO_LINES.loading().registry(registry).input(Cursor::new(input));
    assert_eq!(result(&run(loading)), Ok(0));
    std::mem::take(&mut *shown.lock().unwrap())
}

/// Two lines, two readers.
pub(super) const EACH_LINE_ONCE: Model = Model {
    name: "a_line_of_input_goes_to_one_thread",
    statement: "threads that read at once get different lines, whole, and none is lost \
                (LANGUAGE.md, Terminal.ReadLine)",
    sometimes: &["first line first", "second line first"],
    size: Size::Preemptions(2),
    body: || {
        let shown = shown("a\nb\n");
        let texts: Vec<&str> = shown.iter().map(|(text, _)| text.as_str()).collect();
        match texts[..] {
            ["a", "b"] => sometimes("first line first"),
            ["b", "a"] => sometimes("second line first"),
            _ => panic!("lost, doubled or torn: {texts:?}"),
        }
    },
};

/// The same line twice: two threads make the same string at once.
pub(super) const EQUAL_TEXTS: Model = Model {
    name: "equal_texts_share_a_handle",
    statement: "two threads that make the same text at once get the same string, so that strings \
                are compared by handle",
    sometimes: &[],
    size: Size::Preemptions(2),
    body: || {
        let shown = shown("a\na\n");
        assert_eq!(shown.len(), 2);
        assert_eq!(shown[0], shown[1], "one text, two strings");
    },
};
