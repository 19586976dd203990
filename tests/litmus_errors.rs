//! Litmus tests: which texts are errors and where, and that no text makes the reader panic.
#![cfg(feature = "cli")]

use drawloom::il::{self, Diagnostic};
use drawloom::lang::litmus;
use proptest::prelude::*;

/// Each error as `line:column 'what the carets are under' message`.
fn shown(text: &str, errors: &[Diagnostic]) -> Vec<String> {
    let lines = il::Lines::new(text);
    let show = |error: &Diagnostic| {
        let (line, column) = lines.place(error.span.range().start);
        format!("{line}:{column} `{}` {}", &text[error.span.range()], error.message)
    };
    errors.iter().map(show).collect()
}

fn errors(text: &str) -> Vec<String> {
    shown(text, &litmus::read(text).err().unwrap_or_default())
}

#[test]
fn every_error_outside_of_the_threads_names_its_place() {
    let table: &[(&str, &str)] = &[
        // The header.
        ("", "1:1 `` expected 'C' and the test's name"),
        ("  (* only a note *)\n", "2:1 `` expected 'C' and the test's name"),
        ("(* no end", "1:1 `(*` this comment has no end"),
        ("X86 SB\n{}", "1:1 `X86` expected a test in 'C', found 'X86'"),
        ("C {}", "1:3 `` expected the test's name"),
        ("C SB", "1:5 `` expected '{' and the initial state"),
        ("C SB \"quoted {}", "1:6 `\"` this quote has no end"),
        // The initial state.
        ("C t { x=0", "1:10 `` expected ';' or '}', found the end of the text"),
        ("C t { x=0 y=1 }", "1:11 `y` expected ';' or '}', found 'y'"),
        ("C t { x=y; }", "1:9 `y` 'y' is not supported"),
        ("C t { x=&y; }", "1:9 `&` '&' is not supported"),
        ("C t { int *p; }", "1:11 `*` pointers are not supported"),
        ("C t { int a[0]; }", "1:13 `0` an array has 1 to 64 elements, not 0"),
        ("C t { int a[65]; }", "1:13 `65` an array has 1 to 64 elements, not 65"),
        ("C t { int a[2]={1,2,3}; }", "1:21 `3` array 'a' has 2 elements, from 0"),
        ("C t { int a[2]={1 2}; }", "1:19 `2` expected ',' or '}', found '2'"),
        ("C t { int a[2]; a=1; }", "1:17 `a` location 'a' is initialised twice"),
        ("C t { int a[2]; int a[2]; }", "1:21 `a` location 'a' is initialised twice"),
        ("C t { x={1,2}; }", "1:9 `{` only an array begins with values in braces"),
        ("C t { uint64_t x=1; }", "1:7 `uint64_t` 'uint64_t' is not supported"),
        ("C t { x=0;\n  x=1; }", "2:3 `x` location 'x' is initialised twice"),
        ("C t { main=1; }", "1:7 `main` a location cannot be called 'main'"),
        ("C t { x=1a; }", "1:9 `1a` '1a' is not a 32-bit integer"),
        ("C t { x=010; }", "1:9 `010` '010' is not supported"),
        (
            "C t { x=-2147483649; }",
            "1:9 `-2147483649` -2147483649 is out of range (-2147483648 to 2147483647)",
        ),
        ("C t { 1:r=1; } P0 () {}", "1:7 `1:r=1` there is no thread 1"),
        ("C t { 0:r=1; } P0 () {}", "1:7 `0:r=1` thread 0 has no variable 'r'"),
        ("C t { x=\u{e9}; }", "1:9 `\u{e9}` '\u{e9}' is not supported"),
        ("C t { (* no end }", "1:7 `(*` this comment has no end"),
        // Threads.
        ("C t {}", "1:7 `` expected thread P0, found the end of the text"),
        ("C t {} exists true", "1:8 `exists` expected thread P0, found 'exists'"),
        ("C t {} P1 () {}", "1:8 `P1` expected thread P0, found 'P1'"),
        ("C t {} P0 () {} P0 () {}", "1:17 `P0` expected thread P1, found 'P0'"),
        ("C t {} P0 {}", "1:11 `{` expected '(', found '{'"),
        ("C t {} P0 (int x) {}", "1:16 `x` expected '*', found 'x'"),
        ("C t {} P0 (int** x) {}", "1:16 `*` a pointer to a pointer is not supported"),
        ("C t {} P0 (struct s* x) {}", "1:12 `struct` 'struct' is not supported"),
        ("C t {} P0 (int* x, int* x) {}", "1:25 `x` parameter 'x' is there twice"),
        ("C t {} P0 (int* x) { /* no end", "1:22 `/*` this comment has no end"),
        ("C t {} P0 (int* x) { *x = 1;", "1:29 `` expected '}', found the end of the text"),
        // The condition.
        ("C t {} P0 () {} filter true", "1:17 `filter` 'filter' is not supported"),
        ("C t {} P0 () {} regions: x", "1:17 `regions` 'regions' is not supported"),
        ("C t {} P0 () {} (true)", "1:17 `(` expected 'exists', '~exists' or 'forall', found '('"),
        (
            "C t {} P0 () {} exists",
            "1:23 `` expected a location or a variable, found the end of the text",
        ),
        ("C t {} P0 () {} exists x=1", "1:24 `x` there is no location 'x'"),
        ("C t {x} P0 () {} exists x", "1:26 `` expected '=', found the end of the text"),
        ("C t {x} P0 () {} exists x=", "1:27 `` expected an integer, found the end of the text"),
        ("C t {x} P0 () {} exists x=x", "1:27 `x` 'x' is an address here"),
        ("C t {x} P0 () {} exists x[1]=0", "1:26 `[` 'x' is not an array"),
        ("C t {x[2]} P0 () {} exists x=0", "1:28 `x` 'x' is an array"),
        ("C t {x[2]} P0 () {} exists x[2]=0", "1:29 `[2]` array 'x' has 2 elements, from 0"),
        ("C t {x[2]} P0 () {} exists [x[-1]]=0", "1:30 `[-1]` array 'x' has 2 elements, from 0"),
        ("C t {} P0 () {} exists 0:r=1", "1:24 `0:r` thread 0 has no variable 'r'"),
        ("C t {} P0 () {} exists 3:r=1", "1:24 `3:r` there is no thread 3"),
        ("C t {} P0 () {} exists (true", "1:29 `` expected ')', found the end of the text"),
        (
            "C t {} P0 () {} exists true true",
            "1:29 `true` expected the end of the test, found 'true'",
        ),
        ("C t {} P0 () {} locations [0:r;]", "1:28 `0:r` thread 0 has no variable 'r'"),
        ("C t {x} P0 () {} locations [x x]", "1:31 `x` expected ';' or ']', found 'x'"),
    ];
    for (text, expected) in table {
        assert_eq!(errors(text), [*expected], "for {text:?}");
    }
}

#[test]
fn every_error_in_a_statement_names_its_place() {
    let table: &[(&str, &str)] = &[
        ("struct s t;", "2:1 `struct` 'struct' is not supported"),
        ("return;", "2:1 `return` 'return' is not supported"),
        ("while (1) break;", "2:11 `break` 'break' is not supported"),
        ("uint64_t s = 1;", "2:1 `uint64_t` 'uint64_t' is not supported"),
        ("int *p = x;", "2:5 `*` a pointer variable is not supported"),
        ("int if = 2;", "2:5 `if` expected the name of a variable, found 'if'"),
        ("char *s;", "2:1 `char` 'char' is not supported"),
        ("int s[2];", "2:6 `[` arrays are not supported"),
        ("atomic_int s;", "2:1 `atomic_int` a thread's own variable cannot be atomic"),
        ("int x = 1;", "2:5 `x` 'x' is a parameter of this thread"),
        ("s = 1;", "2:1 `s` 's' is not declared"),
        ("r = x;", "2:5 `x` 'x' is the address of a location, not an integer"),
        ("r = 1", "3:1 `}` expected ';', found '}'"),
        ("r = ;", "2:5 `;` expected an expression, found ';'"),
        ("r = 1 +;", "2:8 `;` expected an expression, found ';'"),
        ("r = (1;", "2:7 `;` expected ')', found ';'"),
        ("r = r ? 1 : 2;", "2:7 `?` '?' is not supported"),
        ("r = r++;", "2:6 `++` '++' is not supported"),
        ("r = &r;", "2:5 `&` '&' is not supported"),
        ("r = x[1];", "2:6 `[1]` 'x' is not an array"),
        ("r = r[1];", "2:5 `r` 'r' is not a parameter of this thread"),
        ("x[0] = 1;", "2:2 `[0]` 'x' is not an array"),
        (
            "r = 3000000000;",
            "2:5 `3000000000` 3000000000 is out of range (-2147483648 to 2147483647)",
        ),
        ("r = 1u;", "2:5 `1u` '1u' is not a 32-bit integer"),
        ("r = 0x1ffffffff;", "2:5 `0x1ffffffff` '0x1ffffffff' is not a 32-bit integer"),
        ("*r = 1;", "2:2 `r` 'r' is not a parameter of this thread"),
        ("*x += 1;", "2:4 `+=` '+=' is not supported"),
        ("**x = 1;", "2:2 `*` '*' is not supported"),
        ("r = *z;", "2:6 `z` 'z' is not a parameter of this thread"),
        ("r = READ_ONCE(*x);", "2:5 `READ_ONCE` 'READ_ONCE' is not supported"),
        ("mtx_lock(x);", "2:1 `mtx_lock` 'mtx_lock' is not supported"),
        ("r = atomic_load(&x);", "2:17 `&` '&' is not supported"),
        ("r = atomic_load(r);", "2:17 `r` 'r' is not a parameter of this thread"),
        ("r = atomic_load_explicit(x);", "2:27 `)` expected ',', found ')'"),
        (
            "r = atomic_load_explicit(x, memory_order_release);",
            "2:29 `memory_order_release` 'memory_order_release' cannot order a load",
        ),
        (
            "atomic_store_explicit(x, 1, memory_order_acq_rel);",
            "2:29 `memory_order_acq_rel` 'memory_order_acq_rel' cannot order a store",
        ),
        (
            "atomic_compare_exchange_weak_explicit(x, &r, 1, memory_order_relaxed, memory_order_release);",
            "2:71 `memory_order_release` 'memory_order_release' cannot order a compare-exchange that fails",
        ),
        ("atomic_compare_exchange_strong(x, r, 1);", "2:35 `r` 'r' is not an address"),
        (
            "atomic_compare_exchange_strong(x, 0, 1);",
            "2:35 `0` expected '&' and a variable, found '0'",
        ),
        ("atomic_store_explicit(x, 1, relaxed);", "2:29 `relaxed` 'relaxed' is not a memory order"),
        ("r = atomic_store(x, 1);", "2:5 `atomic_store` 'atomic_store' gives no value"),
        ("atomic_thread_fence();", "2:21 `)` expected a memory order, found ')'"),
        ("if r = 1;", "2:4 `r` expected '(', found 'r'"),
        ("else r = 1;", "2:1 `else` 'else' belongs to no 'if'"),
        ("do r = 1; until (r);", "2:11 `until` expected 'while', found 'until'"),
        ("for (r = 1; r) ;", "2:14 `)` expected ';', found ')'"),
        ("r.s = 1;", "2:2 `.` '.' is not supported"),
    ];
    for (statement, expected) in table {
        let text = format!("C t {{}} P0 (atomic_int* x, int* y) {{ int r;\n{statement}\n}}");
        assert_eq!(errors(&text), [*expected], "for {statement:?}");
    }
}

#[test]
fn one_run_reports_every_statement_that_is_wrong() {
    let text = "C t {}\nP0 (int* x) {\n  a = 1;\n  if (1) { b = 1; int r = 1; }\n  *x = r; c = 1;\n}\n\
                P1 (int* y) {\n  goto end;\n}\nexists true";
    let expected = [
        "3:3 `a` 'a' is not declared",
        "4:12 `b` 'b' is not declared",
        "5:11 `c` 'c' is not declared",
        "8:3 `goto` 'goto' is not supported",
    ];
    assert_eq!(errors(text), expected);
    let many = errors(&format!("C t {{}} P0 () {{ {} }}", "a = 1;\n".repeat(1000)));
    assert_eq!(many.len(), 51);
    assert!(many[50].ends_with("950 more errors are not shown"));
}

#[test]
fn what_nests_without_end_is_an_error() {
    let body = |body: &str| format!("C t {{}} P0 (int* x) {{ int r; {body} }}");
    let deep = 100_000;
    for (text, expected) in [
        (body(&format!("r = {}1;", "(".repeat(deep))), "nests too deeply"),
        (body(&format!("r = {}1;", "-".repeat(deep))), "'--' is not supported"),
        (body(&format!("r = {}1;", "- ".repeat(deep))), "too many operators"),
        (body(&format!("r = 1{};", " + 1".repeat(deep))), "too many operators"),
        (body(&"{".repeat(deep)), "nests too deeply"),
        (body(&"if (1) ".repeat(deep)), "nests too deeply"),
        (body(&"if (1) ; else ".repeat(deep)), "nests too deeply"),
        (body(&format!("r = {}", "atomic_exchange(x, ".repeat(deep))), "nests too deeply"),
        (body(&format!("*{}x = 1;", "(".repeat(deep))), "expected"),
        (format!("C t {{}} P0 () {{}} exists {}", "(".repeat(deep)), "nests too deeply"),
        (format!("C t {{}} P0 () {{}} exists {}", "~".repeat(deep)), "too many operators"),
        (format!("C t {{}} P0 () {{}} exists {}", "true => ".repeat(deep)), "too many operators"),
    ] {
        let found = litmus::read(&text).expect_err("it is wrong");
        assert!(found[0].message.contains(expected), "{expected}: {found:?}");
    }
    // What a person might write is not.
    let sum = body(&format!("r = {}1{};", "(".repeat(50), " + 1)".repeat(50)));
    let chain = body(&"if (r == 1) r = 2; else ".repeat(50)).replace("else  }", "else ; }");
    for text in [sum, chain] {
        let litmus = litmus::read(&text).unwrap_or_else(|errors| panic!("{errors:?} in {text}"));
        assert_eq!(il::verify(litmus.module).err(), None);
    }
}

/// Pieces of litmus tests, right and wrong.
const PIECES: &[&str] = &[
    "C t ",
    "{",
    "}",
    "(",
    ")",
    "[",
    "]",
    ";",
    ",",
    "=",
    "*",
    "&",
    "~",
    "/\\",
    "\\/",
    "=>",
    "<>",
    "P0 ",
    "P1 ",
    "int ",
    "atomic_int ",
    "* x",
    "* y",
    "r",
    "x",
    "y",
    "0",
    "1",
    "0:r",
    "if ",
    "else ",
    "while ",
    "for ",
    "do ",
    "exists ",
    "forall ",
    "locations ",
    "atomic_load(",
    "atomic_store_explicit(x, 1, ",
    "memory_order_release",
    "atomic_compare_exchange_strong(x, &r, ",
    "atomic_thread_fence(",
    "&&",
    "||",
    "++",
    "+=",
    "//",
    "/*",
    "*/",
    "(*",
    "*)",
    "\n",
    "\"",
    "\u{e9}",
];

/// Every place that an error names lies in the text, between characters; what is right verifies.
fn check(text: &str) -> Result<(), TestCaseError> {
    match litmus::read(text) {
        Ok(litmus) => prop_assert_eq!(il::verify(litmus.module).err(), None),
        Err(errors) => {
            prop_assert!(!errors.is_empty());
            for error in errors {
                prop_assert!(text.get(error.span.range()).is_some(), "{:?} in {:?}", error, text);
            }
        }
    }
    Ok(())
}

/// A test with a bit of everything.
const RIGHT: &str = "\
C right \"a test\"
Key=value
{ x=1; atomic_int y = -1; [z]=0x10; 0:r=2; }
P0 (atomic_int* x, volatile int* y) {
  int r, s = 0; // a comment
  while (s < 3 && atomic_load_explicit(x, memory_order_acquire) == 1) { s++; *y = s; }
  if (atomic_compare_exchange_strong(x, &s, 4) || !r) r = -s; else { r <<= 2; }
}
P1 (atomic_int* x) {
  for (int i = 0; i < 2; i += 1) atomic_fetch_add_explicit(x, i, memory_order_relaxed);
  atomic_thread_fence(memory_order_seq_cst); /* another */
}
locations [0:r; x;]
~exists (0:s=3 /\\ ~(x=2 \\/ [y]<>1)) => 0:r=[x]
";

#[test]
fn the_test_that_is_changed_below_is_right() {
    assert!(litmus::read(RIGHT).is_ok(), "{:?}", errors(RIGHT));
}

proptest! {
    #[test]
    fn no_text_makes_it_panic(text in "\\PC*|C t \\{\\PC*\\} P0 \\(int\\* x\\) \\{\\PC*") {
        check(&text)?;
    }

    #[test]
    fn no_pieces_make_it_panic(
        pieces in prop::collection::vec(prop::sample::select(PIECES), 0..60), frame in 0..4,
    ) {
        let pieces = pieces.concat();
        check(&match frame {
            0 => pieces,
            1 => format!("C t {{ {pieces}"),
            2 => format!("C t {{}} P0 (atomic_int* x, int* y) {{ int r; {pieces} }} exists x=1"),
            _ => format!("C t {{}} P0 (atomic_int* x, int* y) {{ int r; }} exists {pieces}"),
        })?;
    }

    #[test]
    fn no_change_to_a_right_test_makes_it_panic(
        at in any::<prop::sample::Index>(), removed in 0_usize..8,
        new in prop::sample::select(PIECES),
    ) {
        let text = RIGHT;
        let at = at.index(text.len() + 1);
        let end = (at + removed).min(text.len());
        check(&format!("{}{new}{}", &text[..at], &text[end..]))?;
    }
}
