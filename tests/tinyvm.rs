//! `TinyVM` programs: which are errors and where, and what the others become.
#![cfg(feature = "cli")]

use std::collections::BTreeSet;

use drawloom::il::{self, Diagnostic, Module, Op, Value};
use drawloom::lang::tinyvm;
use proptest::prelude::*;

/// Line and column, both counted from 1, of the first byte of the place.
fn line_and_column(text: &str, diagnostic: &Diagnostic) -> (usize, usize) {
    let before = &text[..diagnostic.span.range().start];
    let line_start = before.rfind('\n').map_or(0, |at| at + 1);
    (before.matches('\n').count() + 1, before[line_start..].chars().count() + 1)
}

/// Each error as `line:column 'what the carets are under' message`.
fn errors(text: &str) -> Vec<String> {
    let diagnostics = tinyvm::lower(text).expect_err("this program is wrong");
    let show = |diagnostic: &Diagnostic| {
        let (line, column) = line_and_column(text, diagnostic);
        let place = &text[diagnostic.span.range()];
        format!("{line}:{column} `{place}` {}", diagnostic.message)
    };
    diagnostics.iter().map(show).collect()
}

/// `set` for this many variables, one per line.
fn sets(variables: std::ops::Range<usize>) -> String {
    variables.map(|variable| format!("set v{variable} 1")).collect::<Vec<_>>().join("\n") + "\n"
}

#[test]
fn every_error_names_its_place() {
    let long = "n".repeat(32);
    let table: &[(&str, &str)] = &[
        // Words that are no instruction.
        ("foo", "1:1 `foo` unknown instruction 'foo'"),
        ("exit\n\n  # note\n  Print x", "4:3 `Print` unknown instruction 'Print'"),
        ("\u{e9}t\u{e9} 1", "1:1 `\u{e9}t\u{e9}` unknown instruction '\u{e9}t\u{e9}'"),
        ("\u{7}", "1:1 `\u{7}` unknown instruction '\\u{7}'"),
        // Operands: how many.
        ("set", "1:1 `set` 'set' takes 2 operands, found 0"),
        ("set x", "1:1 `set x` 'set' takes 2 operands, found 1"),
        ("set x 1 2 3", "1:9 `2 3` 'set' takes 2 operands, found 4"),
        ("setshared x", "1:1 `setshared x` 'setshared' takes 2 operands, found 1"),
        ("add x y", "1:1 `add x y` 'add' takes 3 operands, found 2"),
        ("add x y z w", "1:11 `w` 'add' takes 3 operands, found 4"),
        ("print # x", "1:1 `print` 'print' takes 1 operand, found 0"),
        ("print x y", "1:9 `y` 'print' takes 1 operand, found 2"),
        ("sleep", "1:1 `sleep` 'sleep' takes 1 operand, found 0"),
        ("thread", "1:1 `thread` 'thread' takes 1 operand, found 0"),
        ("thread 0 0", "1:10 `0` 'thread' takes 1 operand, found 2"),
        ("exit 0", "1:6 `0` 'exit' takes no operands, found 1"),
        ("lock", "1:1 `lock` 'lock' takes 1 operand, found 0"),
        ("unlock", "1:1 `unlock` 'unlock' takes 1 operand, found 0"),
        ("function", "1:1 `function` 'function' takes 1 operand, found 0"),
        ("function main\nsync", "2:1 `sync` 'sync' takes 1 operand, found 0"),
        ("function main\nasync a b", "2:9 `b` 'async' takes 1 operand, found 2"),
        // Integers.
        ("set x 5x", "1:7 `5x` '5x' is not an integer"),
        ("set x -", "1:7 `-` '-' is not an integer"),
        ("set x +-1", "1:7 `+-1` '+-1' is not an integer"),
        ("set x 0x10", "1:7 `0x10` '0x10' is not an integer"),
        ("setshared v y", "1:13 `y` 'y' is not an integer"),
        (
            "set x 2147483648",
            "1:7 `2147483648` '2147483648' is out of range (-2147483648 to 2147483647)",
        ),
        (
            "set x -2147483649",
            "1:7 `-2147483649` '-2147483649' is out of range (-2147483648 to 2147483647)",
        ),
        ("sleep soon", "1:7 `soon` 'soon' is not an integer"),
        ("sleep -5", "1:7 `-5` sleep time -5 is negative"),
        // Lines that a thread could start at.
        ("thread next", "1:8 `next` 'next' is not an integer"),
        ("thread -1", "1:8 `-1` there is no line -1: the program has lines 0 to 0"),
        ("thread 2\n\n# note\nexit", "1:8 `2` there is no line 2: the program has lines 0 to 1"),
        (
            "function main\nthread 2\nfunction f\nexit\nexit",
            "2:8 `2` there is no line 2: function 'main' has lines 0 to 1",
        ),
        // Functions.
        ("exit\nfunction main", "1:1 `exit` code outside of a function"),
        ("function f\nexit", "1:10 `f` there is no function 'main'"),
        ("function main\nfunction main", "2:10 `main` function 'main' is defined twice"),
        ("function main\nsync f", "2:6 `f` there is no function 'f'"),
        ("async main", "1:7 `main` there is no function 'main'"),
        ("function Main\nfunction main\nsync MAIN", "3:6 `MAIN` there is no function 'MAIN'"),
    ];
    for (text, expected) in table {
        assert_eq!(errors(text), [*expected], "for {text:?}");
        let crlf = text.replace('\n', "\r\n");
        assert_eq!(errors(&crlf), [*expected], "for {crlf:?}");
    }
    let too_long = format!("1:7 `{long}` name of 32 bytes is too long (at most 31)");
    assert_eq!(errors(&format!("print {long}")), [too_long]);
}

#[test]
fn the_table_sizes_of_the_original_are_kept() {
    let full = |line: &str| (0..10).map(|n| line.replace('@', &n.to_string())).collect::<String>();

    let shared = full("setshared s@ 1\n");
    assert!(tinyvm::lower(&shared).is_ok());
    let expected = "11:11 `more` too many shared variables: 'more' does not fit (at most 10)";
    assert_eq!(errors(&format!("{shared}setshared more 1\nsetshared yet 1")), [expected]);

    let locks = full("lock m@\n");
    assert!(tinyvm::lower(&locks).is_ok());
    let expected = "11:8 `more` too many locks: 'more' does not fit (at most 10)";
    assert_eq!(errors(&format!("{locks}unlock more")), [expected]);

    let functions = full("function f@\n").replace("f9", "main");
    assert!(tinyvm::lower(&functions).is_ok());
    let expected = "11:10 `more` too many functions: 'more' does not fit (at most 10)";
    assert_eq!(errors(&format!("{functions}function more")), [expected]);
}

#[test]
fn ten_variables_are_counted_for_each_thread() {
    let expected = "too many variables in one thread (at most 10)";
    assert!(tinyvm::lower(&sets(0..10)).is_ok());
    assert_eq!(errors(&sets(0..11)), [format!("11:1 `set v10 1` {expected}")]);

    // Two threads with ten each; the second never sees the first one's.
    let two = format!("thread 12\n{}exit\n{}exit", sets(0..10), sets(10..20));
    assert!(tinyvm::lower(&two).is_ok());
    // Without the `exit` between them, the first thread has all twenty.
    let one = format!("thread 11\n{}{}exit", sets(0..10), sets(10..20));
    assert_eq!(errors(&one), [format!("12:1 `set v10 1` {expected}")]);

    // What a function writes belongs to the thread that syncs it, not to the one that started it.
    let functions = format!("function f\n{}function main\nset x 1\n", sets(0..10));
    assert!(tinyvm::lower(&format!("{functions}async f")).is_ok());
    assert_eq!(errors(&format!("{functions}sync f")), [format!("14:1 `sync f` {expected}")]);
    // A function that exits gives its caller no next line.
    let exits = format!("function f\nexit\nfunction main\nsync f\n{}", sets(0..11));
    assert!(tinyvm::lower(&exits).is_ok());
}

#[test]
fn one_run_reports_every_line_that_is_wrong() {
    let text = "set x\nprint x\nfoo\nthread 9\nsync f\nsleep -1";
    let expected = [
        "1:1 `set x` 'set' takes 2 operands, found 1",
        "3:1 `foo` unknown instruction 'foo'",
        "4:8 `9` there is no line 9: the program has lines 0 to 5",
        "5:6 `f` there is no function 'f'",
        "6:7 `-1` sleep time -1 is negative",
    ];
    assert_eq!(errors(text), expected);

    let many = errors(&"foo\n".repeat(1000));
    assert_eq!(many.len(), 51);
    assert!(many[50].ends_with("950 more errors are not shown"));
}

#[test]
fn help_shows_the_form_that_was_meant() {
    for (text, help) in [
        ("SET x 5", "did you mean `set NAME INTEGER`?"),
        ("prnt x", "did you mean `print NAME`?"),
        ("unlok m", "did you mean `unlock NAME`?"),
        ("set x", "write `set NAME INTEGER`"),
    ] {
        let diagnostics = tinyvm::lower(text).expect_err("this program is wrong");
        assert_eq!(diagnostics[0].help.as_deref(), Some(help));
    }
    let far = tinyvm::lower("goto 5").expect_err("this program is wrong");
    assert_eq!(far[0].help, None);
}

/// Every operation of a module, with its line in the source.
fn operations(module: &Module) -> impl Iterator<Item = (&Op, Option<u32>)> {
    let blocks = module.functions.iter().flat_map(|function| &function.blocks);
    let instructions = blocks.flat_map(|block| &block.instructions);
    instructions.map(|instruction| (&instruction.op, instruction.loc.map(|loc| loc.line)))
}

/// The line of each call of the extern or function with this name, in the order of the module.
fn calls_of(module: &Module, name: &str) -> Vec<Option<u32>> {
    let is_call = |op: &Op| matches!(op, Op::Call { callee, .. } if callee == name);
    operations(module).filter(|(op, _)| is_call(op)).map(|(_, line)| line).collect()
}

#[test]
fn blank_lines_and_comments_have_no_number() {
    let text = "# title\n\nthread 1 # 0\n\n  # note\r\nprint x#y # 1\n";
    let module = tinyvm::lower(text).expect("a right program");
    let entries: BTreeSet<&str> = module.functions.iter().map(|f| f.name.as_str()).collect();
    assert!(entries.contains("tvm.thread.0") && entries.contains("tvm.thread.1"));
    // Places count lines of the text, not of the program.
    assert_eq!(calls_of(&module, "tvm.spawn"), [None, Some(3)]);
    assert_eq!(calls_of(&module, "Viper.Terminal.SayInt"), [None, Some(6)]);
}

#[test]
fn what_can_trap_carries_its_line() {
    let text = "lock m\nunlock m\nthread 0\nsleep 1";
    let module = tinyvm::lower(text).expect("a right program");
    let asserts = calls_of(&module, "Viper.Core.Diagnostics.Assert");
    assert_eq!(asserts, [Some(1), Some(2), Some(3)]);
    assert_eq!(calls_of(&module, "Viper.Threads.Thread.Sleep"), [Some(4)]);
}

#[test]
fn a_read_of_an_unknown_variable_is_zero() {
    let module = tinyvm::lower("print nobody").expect("a right program");
    let is_zero = |op: &Op| match op {
        Op::Call { callee, args, .. } if callee == "Viper.Terminal.SayInt" => {
            args[0].value == Value::Int(0)
        }
        _ => false,
    };
    assert!(operations(&module).any(|(op, _)| is_zero(op)));
}

#[test]
fn lines_that_nothing_reaches_become_no_code() {
    let module = tinyvm::lower("exit\nsleep 1").expect("a right program");
    assert_eq!(calls_of(&module, "Viper.Threads.Thread.Sleep"), []);
    let module = tinyvm::lower("thread 2\nexit\nsleep 1").expect("a right program");
    assert_eq!(calls_of(&module, "Viper.Threads.Thread.Sleep"), [Some(3)]);
}

/// What a small program becomes, as text. To renew the file, run this test with `BLESS=1`, and
/// read the difference.
#[test]
fn a_small_program_lowers_to_the_golden_text() {
    let text = include_str!("golden/tinyvm/small.tvm");
    let module = tinyvm::lower(text).expect("a right program");
    let printed = module.to_string();
    assert_eq!(il::verify(module).err(), None);
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/tinyvm/small.il");
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(path, &printed).expect("the golden file can be written");
    }
    let golden = std::fs::read_to_string(path).expect("the golden file can be read");
    assert!(printed == golden.replace("\r\n", "\n"), "not the golden text:\n{printed}");
}

#[test]
fn a_program_without_an_instruction_is_none() {
    for (text, place) in [("", "1:1"), ("# nothing\n\n", "3:1"), ("\u{feff}# nothing", "1:11")] {
        let error = format!("{place} `` the program has no line with an instruction");
        assert_eq!(errors(text), [error], "{text:?}");
    }
    let module = tinyvm::lower("function main").expect("it has a line");
    assert_eq!(il::verify(module).err(), None);
}

#[test]
fn a_byte_order_mark_is_no_part_of_the_first_line() {
    let marked = tinyvm::lower("\u{feff}print x\nexit\n").expect("a right program");
    assert_eq!(Ok(marked), tinyvm::lower("print x\nexit\n"));
    assert_eq!(errors("\u{feff}foo"), ["1:2 `foo` unknown instruction 'foo'"]);
}

/// One line of a program that is right if it has `lines` lines or more and no functions.
fn plain_line(lines: usize) -> impl Strategy<Value = String> {
    let name = prop::sample::select(vec!["x", "y", "z", "5", "caf\u{e9}", "a.b", "$"]);
    let value = any::<i32>();
    prop_oneof![
        (name.clone(), value).prop_map(|(name, value)| format!("set {name} {value}")),
        (name.clone(), name.clone(), name.clone()).prop_map(|(a, b, c)| format!("add {a} {b} {c}")),
        name.clone().prop_map(|name| format!("print {name}")),
        (0..=i32::MAX).prop_map(|ms| format!("\tsleep +{ms}")),
        (0..lines).prop_map(|line| format!("thread {line}  # spawn")),
        Just("exit".to_owned()),
        (name.clone(), value).prop_map(|(name, value)| format!("setshared {name} {value}")),
        name.clone().prop_map(|name| format!("lock {name}")),
        name.prop_map(|name| format!("unlock {name}")),
    ]
}

const FUNCTIONS: &[&str] = &["main", "f", "\u{e9}", "f.0"];

/// A section: its `function` line and a few lines that may name any function.
fn section(name: &'static str) -> impl Strategy<Value = String> {
    let other = prop::sample::select(FUNCTIONS);
    let call = (any::<bool>(), other)
        .prop_map(|(waits, other)| format!("{} {other}", if waits { "sync" } else { "async" }));
    prop::collection::vec(prop_oneof![4 => plain_line(1), 1 => call], 0..8)
        .prop_map(move |lines| format!("function {name}\n{}\n", lines.join("\n")))
}

/// A program in which nothing is wrong.
fn right_program() -> impl Strategy<Value = String> {
    let plain = (1_usize..20)
        .prop_flat_map(|count| prop::collection::vec(plain_line(count), count))
        .prop_map(|lines| lines.join("\n"));
    let sections: Vec<_> = FUNCTIONS.iter().map(|name| section(name)).collect();
    prop_oneof![plain, sections.prop_map(|sections| sections.concat())]
}

proptest! {
    #[test]
    fn no_text_makes_it_panic(text in "\\PC*|([a-z0-9 #\\r\\n\\t+-]{0,80}\\n){0,20}") {
        check_spans(&text);
    }

    #[test]
    fn no_change_to_a_right_program_makes_it_panic(
        text in right_program(), at in any::<prop::sample::Index>(), new in "\\PC{0,3}",
    ) {
        let at = at.index(text.len() + 1);
        let at = (0..=at).rev().find(|&at| text.is_char_boundary(at)).unwrap_or(0);
        check_spans(&format!("{}{new}{}", &text[..at], text[at..].get(1..).unwrap_or_default()));
    }

    #[test]
    fn right_programs_lower_to_modules_that_print_and_verify(text in right_program()) {
        match tinyvm::lower(&text) {
            Ok(module) => {
                prop_assert_eq!(il::parse(&module.to_string()), Ok(module.clone()));
                prop_assert_eq!(il::verify(module).err(), None);
            }
            Err(errors) => prop_assert!(false, "{errors:?}"),
        }
    }
}

/// Every place that an error names lies in the text, between characters.
fn check_spans(text: &str) {
    for diagnostic in tinyvm::lower(text).err().into_iter().flatten() {
        let related = diagnostic.related.map(|(span, _)| span);
        for span in related.into_iter().chain([diagnostic.span]) {
            assert!(text.get(span.range()).is_some(), "{span:?} in {text:?}");
        }
    }
}
