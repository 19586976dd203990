//! Models of what a program prints.
//!
//! The idea: one string per legal output, and the sink as the witness of what came.

use super::guest::{Guest, LIMITS, Screen, result, run};
use super::sync::sometimes;
use super::{Limits, Model, Size};
use crate::interp::TrapKind;

/// A line in two pieces, from each of two threads.
static TWO_PIECES: Guest = Guest::il(
    r#"
global const str @.child = "ch"
global const str @.childs = "ild\n"
global const str @.main = "ma"
global const str @.mains = "in\n"
func @child() -> void {
entry:
  %a = const_str @.child
  call @Viper.Terminal.PrintStr(%a)
  %b = const_str @.childs
  call @Viper.Terminal.PrintStr(%b)
  ret
}
func @main() -> i64 {
entry:
  %child = call @Viper.Threads.Thread.Start(@child, null)
  %a = const_str @.main
  call @Viper.Terminal.PrintStr(%a)
  %b = const_str @.mains
  call @Viper.Terminal.PrintStr(%b)
  ret 0
}
"#,
);

/// Two threads, a line each.
pub(super) const WHOLE_LINES: Model = Model {
    name: "lines_come_out_whole",
    statement: "a thread's line comes out in one piece, in either order (SEMANTICS.md, TinyVM exact \
                output lines)",
    sometimes: &["main\nchild\n", "child\nmain\n"],
    size: Size::Preemptions(3),
    body: || {
        let screen = Screen::default();
        assert_eq!(result(&run(TWO_PIECES.loading().output(screen.clone()))), Ok(0));
        sometimes(known(&screen.text(), WHOLE_LINES.sometimes));
    },
};

/// Two threads, and room for one line: a line that does not fit does not come out at all.
pub(super) const OUTPUT_LIMIT: Model = Model {
    name: "a_line_that_does_not_fit_is_not_printed",
    statement: "the output limit counts whole lines, over all threads (SEMANTICS.md, Limits)",
    sometimes: &["main\n", "child\n"],
    size: Size::Preemptions(3),
    body: || {
        let screen = Screen::default();
        let limits = Limits { output_bytes: 10, ..LIMITS };
        let finished = run(TWO_PIECES.loading().output(screen.clone()).limits(limits));
        assert_eq!(result(&finished), Err(TrapKind::OutputLimit));
        sometimes(known(&screen.text(), OUTPUT_LIMIT.sometimes));
    },
};

static LEAVES_THE_LINE_OPEN: Guest = Guest::il(
    r#"
global const str @.child = "child "
global const str @.main = "main"
func @child() -> void {
entry:
  %a = const_str @.child
  call @Viper.Terminal.PrintStr(%a)
  ret
}
func @main() -> i64 {
entry:
  %child = call @Viper.Threads.Thread.Start(@child, null)
  call @Viper.Threads.Thread.Join(%child)
  %a = const_str @.main
  call @Viper.Terminal.PrintStr(%a)
  ret 0
}
"#,
);

/// The last line of a thread may lack its end.
pub(super) const LAST_LINE: Model = Model {
    name: "a_joined_threads_last_line_is_out",
    statement: "what a thread has printed is out before its end is known (SEMANTICS.md, TinyVM exact \
                output lines; T20)",
    sometimes: &["child main"],
    size: Size::Exhaustible,
    body: || {
        let screen = Screen::default();
        assert_eq!(result(&run(LEAVES_THE_LINE_OPEN.loading().output(screen.clone()))), Ok(0));
        sometimes(known(&screen.text(), LAST_LINE.sometimes));
    },
};

/// The one of `legal` that equals `text`.
fn known(text: &str, legal: &'static [&'static str]) -> &'static str {
    legal.iter().find(|legal| **legal == text).unwrap_or_else(|| panic!("not legal:\n{text}"))
}

static EXIT: Guest = Guest::tinyvm("exit\n");

macro_rules! exit_output {
    ($($line:literal)*) => {
        concat!("Starting TinyVM with threads...\n", $($line, "\n",)* "TinyVM finished.\n")
    };
}

/// `TinyVM`'s smallest program.
pub(super) const TINYVM_EXIT: Model = Model {
    name: "tinyvm_exit_prints_its_four_legal_orders",
    statement: "a program that is just `exit` has 4 legal output orders, and all of them happen \
                (BUGS.md, legal orders; T16, T20)",
    sometimes: &[
        exit_output!(
            "[Main] Waiting for thread Thread 0" "[Thread 0] Thread started" "[Thread 0] Thread exiting"
            "[Thread 0] Thread finished"
        ),
        exit_output!(
            "[Thread 0] Thread started" "[Main] Waiting for thread Thread 0" "[Thread 0] Thread exiting"
            "[Thread 0] Thread finished"
        ),
        exit_output!(
            "[Thread 0] Thread started" "[Thread 0] Thread exiting" "[Main] Waiting for thread Thread 0"
            "[Thread 0] Thread finished"
        ),
        exit_output!(
            "[Thread 0] Thread started" "[Thread 0] Thread exiting" "[Thread 0] Thread finished"
            "[Main] Waiting for thread Thread 0"
        ),
    ],
    size: Size::Preemptions(2),
    body: || sometimes(known(&tinyvm_output(&EXIT), TINYVM_EXIT.sometimes)),
};

/// What a `TinyVM` program printed. Its thread table lies on the heap: 20 cells.
fn tinyvm_output(guest: &Guest) -> String {
    let screen = Screen::default();
    let limits = Limits { memory_cells: 200, ..LIMITS };
    let finished = run(guest.loading().limits(limits).output(screen.clone()));
    assert_eq!(result(&finished), Ok(0));
    screen.text()
}

static SPAWN_AND_EXIT: Guest = Guest::tinyvm("thread 2\nexit\nexit\n");

/// Which lines come before which, for one spawn with `exit` in both threads: 125 orders.
const BEFORE: &[(&str, &str)] = &[
    ("Starting TinyVM with threads...", "[Thread 0] Thread started"),
    ("Starting TinyVM with threads...", "[Main] Waiting for thread Thread 0"),
    ("[Thread 0] Thread started", "[Thread 0] Thread exiting"),
    ("[Thread 0] Thread exiting", "[Thread 0] Thread finished"),
    ("[Thread 0] Thread started", "[Thread 1] Thread started"),
    ("[Thread 1] Thread started", "[Thread 1] Thread exiting"),
    ("[Thread 1] Thread exiting", "[Thread 1] Thread finished"),
    ("[Main] Waiting for thread Thread 0", "[Main] Waiting for thread Thread 1"),
    ("[Thread 0] Thread finished", "[Main] Waiting for thread Thread 1"),
    ("[Main] Waiting for thread Thread 1", "TinyVM finished."),
    ("[Thread 1] Thread finished", "TinyVM finished."),
];

/// Main, and two threads.
pub(super) const TINYVM_SPAWN: Model = Model {
    name: "tinyvm_spawn_prints_legal_orders_only",
    statement: "a program with one spawn and `exit` in both threads prints one of its 125 legal \
                orders (BUGS.md, legal orders; T16, T18, T19, T20)",
    sometimes: &["thread 0 finished first", "thread 1 finished first"],
    size: Size::Preemptions(2),
    body: || {
        let output = tinyvm_output(&SPAWN_AND_EXIT);
        let lines: Vec<&str> = output.lines().collect();
        let place = |wanted: &str| {
            let place = lines.iter().position(|line| *line == wanted);
            place.unwrap_or_else(|| panic!("'{wanted}' is missing:\n{output}"))
        };
        assert_eq!(lines.len(), 10, "{output}");
        for (a, b) in BEFORE {
            assert!(place(a) < place(b), "'{b}' before '{a}':\n{output}");
        }
        let is_first = place("[Thread 0] Thread finished") < place("[Thread 1] Thread finished");
        sometimes(if is_first { "thread 0 finished first" } else { "thread 1 finished first" });
    },
};
