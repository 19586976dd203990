//! What the statements and expressions of a litmus test do: as in C.
#![cfg(feature = "cli")]

mod common {
    pub(crate) mod guest;
}

use std::fmt;

use common::guest::{Printed, code_of, small_limits};
use drawloom::lang::Language;
use drawloom::native::Loading;
use proptest::prelude::*;

/// What a test prints when it runs natively, once.
fn printed(text: &str) -> String {
    let printed = Printed::default();
    let program = Loading::new(code_of(Language::Litmus, text)).limits(small_limits());
    let finished = program.output(printed.clone()).initialise().run();
    assert_eq!(finished.result.ok(), Some(0), "{text}");
    printed.text()
}

/// A test with one thread, whose `r` is looked at.
fn one_thread(initial: &str, body: &str) -> String {
    let parameters = "atomic_int* x, int* y, volatile _Atomic int *z";
    format!("C one {{ {initial} }}\nP0 ({parameters}) {{ {body} }}\nlocations [0:r; x; y; z]")
}

#[test]
fn statements_do_what_c_says() {
    let table: &[(&str, &str, &str)] = &[
        // The initial state.
        ("x=1; [y]=2; atomic_int z = 3", "int r;", "0:r=0; [x]=1; [y]=2; [z]=3;"),
        ("int y = -1; P0:r = 7; _Atomic int x", "int r;", "0:r=7; [x]=0; [y]=-1; [z]=0;"),
        (
            "x = ATOMIC_INIT(4); int z;",
            "int r = 1, s = r; r = s + r;",
            "0:r=2; [x]=4; [y]=0; [z]=0;",
        ),
        ("(* a (* b *) *) x = 0x10; y", "int r; // x\n/* y */", "0:r=0; [x]=16; [y]=0; [z]=0;"),
        // Accesses.
        ("x=5", "int r = *x; *x = r + 1; *y = *(x) * 2;", "0:r=5; [x]=6; [y]=12; [z]=0;"),
        ("x=5", "int r = atomic_load(x); atomic_store((x), 9);", "0:r=5; [x]=9; [y]=0; [z]=0;"),
        ("x=5", "int r = atomic_exchange(x, 3);", "0:r=5; [x]=3; [y]=0; [z]=0;"),
        ("x=5", "int r = atomic_fetch_sub(x, 3);", "0:r=5; [x]=2; [y]=0; [z]=0;"),
        ("x=5", "int r = atomic_fetch_and(x, 3);", "0:r=5; [x]=1; [y]=0; [z]=0;"),
        ("x=5", "int r = atomic_fetch_or(x, 3);", "0:r=5; [x]=7; [y]=0; [z]=0;"),
        ("x=5", "int r = atomic_fetch_xor(x, 3);", "0:r=5; [x]=6; [y]=0; [z]=0;"),
        ("x=5", "int r; atomic_fetch_add(x, 3); *x;", "0:r=0; [x]=8; [y]=0; [z]=0;"),
        ("", "int r; atomic_thread_fence(memory_order_relaxed);", "0:r=0; [x]=0; [y]=0; [z]=0;"),
        // Compare-exchange: what it gives, and what it leaves in the expected place.
        (
            "x=5",
            "int r = 5; *y = atomic_compare_exchange_strong(x, &r, 6);",
            "0:r=5; [x]=6; [y]=1; [z]=0;",
        ),
        (
            "x=5",
            "int r = 4; *y = atomic_compare_exchange_weak_explicit(x, &r, 6, \
             memory_order_release, memory_order_relaxed);",
            "0:r=5; [x]=5; [y]=0; [z]=0;",
        ),
        (
            "x=5; y=5",
            "int r; if (atomic_compare_exchange_strong(x, y, 6)) r = 1; else r = 2;",
            "0:r=1; [x]=6; [y]=5; [z]=0;",
        ),
        (
            "x=5; y=4",
            "int r; if (!atomic_compare_exchange_strong(x, y, 6)) { r = 1; } else { r = 2; }",
            "0:r=1; [x]=5; [y]=5; [z]=0;",
        ),
        // Control.
        ("", "int r = 3; if (r == 3) { int s = 4; r = s; }", "0:r=4; [x]=0; [y]=0; [z]=0;"),
        (
            "",
            "int r = 2; if (r < 2) r = 10; else if (r > 2) r = 20; else r = 30;",
            "0:r=30; [x]=0; [y]=0; [z]=0;",
        ),
        (
            "",
            "int r = 0; int i = 0; while (i < 5) { r = r + i; i = i + 1; }",
            "0:r=10; [x]=0; [y]=0; [z]=0;",
        ),
        (
            "",
            "int r = 0; for (int i = 0; i < 3; ++i) for (int j = i; j; j--) r += 1;",
            "0:r=3; [x]=0; [y]=0; [z]=0;",
        ),
        ("", "int r = 9; do { r -= 1; } while (r > 4 && r != 6);", "0:r=6; [x]=0; [y]=0; [z]=0;"),
        (
            "x=3",
            "int r = 0; while (atomic_fetch_sub(x, 1) > 0) r++; ;",
            "0:r=3; [x]=-1; [y]=0; [z]=0;",
        ),
        (
            "",
            "int r = 0; int i = 1; while (i) { if (r == 2) { i = 0; } else { r++; } }",
            "0:r=2; [x]=0; [y]=0; [z]=0;",
        ),
        // What the right side of `&&` and `||` does is done only if it is needed.
        (
            "x=1",
            "int r = 0 && atomic_exchange(x, 2); int s = 1 || atomic_exchange(x, 3);",
            "0:r=0; [x]=1; [y]=0; [z]=0;",
        ),
        (
            "x=1",
            "int r = 7; if (r == 7 && atomic_compare_exchange_strong(x, &r, 2) == 0) *y = r;",
            "0:r=1; [x]=1; [y]=1; [z]=0;",
        ),
    ];
    for (initial, body, expected) in table {
        assert_eq!(printed(&one_thread(initial, body)).trim_end(), *expected, "{initial} {body}");
    }
}

/// The elements of `y` are looked at, each by its name.
#[test]
fn an_element_is_a_location() {
    let table: &[(&str, &str, &str)] = &[
        (
            "x=1; int y[2] = {3, 4}",
            "int r = y[1]; y[0] = r + 1; y[*x] = *(y + 0); *x = *y;",
            "0:r=4; [x]=5; [y[0]]=5; [y[1]]=5;",
        ),
        (
            "atomic_int y[3] = {1}; x=2",
            "int r = 2; atomic_store(y + 1, 7); atomic_fetch_add(&y[r], 5); \
             r = atomic_load(&y[r - 1]) + y[r];",
            "0:r=12; [x]=2; [y[0]]=1; [y[1]]=7; [y[2]]=5;",
        ),
        (
            "y[2]",
            "int r = 0; int i = 1; r = atomic_compare_exchange_strong(&y[i], &r, 6);",
            "0:r=1; [x]=0; [y[0]]=0; [y[1]]=6;",
        ),
    ];
    for (initial, body, expected) in table {
        let elements: Vec<String> =
            (0..3).map(|at| format!("y[{at}];")).filter(|it| expected.contains(&it[..4])).collect();
        let text = format!(
            "C one {{ {initial} }}\nP0 (atomic_int* x, int* y) {{ {body} }}\nlocations [0:r; x; {}]",
            elements.join(" ")
        );
        assert_eq!(printed(&text).trim_end(), expected.trim_end(), "{initial} {body}");
    }
}

#[test]
fn an_index_outside_of_its_array_is_a_trap_at_its_place() {
    let text = "C one { int y[2]; }\nP0 (int* y) {\n  int r = 2;\n  y[r] = 1;\n}\n";
    let program = Loading::new(code_of(Language::Litmus, text)).limits(small_limits());
    let trap = program.initialise().run().result.expect_err("there is no third element");
    assert_eq!((trap.kind.name(), trap.backtrace[0].line), ("bounds", 4));
}

/// An expression over `a`, `b` and `c`, fully in parentheses or without any, and its value when
/// these are 7, -3 and the smallest integer; no value if it divides by zero.
fn expression() -> impl Strategy<Value = (String, Option<i32>)> {
    let leaf = prop_oneof![
        Just(("a".to_owned(), Some(7))),
        Just(("b".to_owned(), Some(-3))),
        Just(("c".to_owned(), Some(i32::MIN))),
        (0..100).prop_map(|value: i32| (value.to_string(), Some(value))),
        Just((i32::MAX.to_string(), Some(i32::MAX))),
    ];
    leaf.prop_recursive(5, 40, 2, |inner| {
        let unary = (prop::sample::select(vec!["-", "~", "!"]), inner.clone()).prop_map(
            |(sign, (text, value))| {
                (format!("({sign} {text})"), value.map(|value| unary_value(sign, value)))
            },
        );
        let signs = vec![
            "*", "/", "%", "+", "-", "<<", ">>", "<", "<=", ">", ">=", "==", "!=", "&", "^", "|",
            "&&", "||",
        ];
        let binary = (prop::sample::select(signs), inner.clone(), inner).prop_map(
            |(sign, (left, a), (right, b))| {
                (format!("({left} {sign} {right})"), binary_value(sign, a, b))
            },
        );
        prop_oneof![1 => unary, 4 => binary]
    })
}

fn unary_value(sign: &str, value: i32) -> i32 {
    match sign {
        "-" => value.wrapping_neg(),
        "~" => !value,
        _ => i32::from(value == 0),
    }
}

fn binary_value(sign: &str, left: Option<i32>, right: Option<i32>) -> Option<i32> {
    let a = left?;
    match sign {
        "&&" if a == 0 => return Some(0),
        "||" if a != 0 => return Some(1),
        _ => {}
    }
    let b = right?;
    Some(match sign {
        "*" => a.wrapping_mul(b),
        "/" | "%" if b == 0 => return None,
        "/" => a.wrapping_div(b),
        "%" => a.wrapping_rem(b),
        "+" => a.wrapping_add(b),
        "-" => a.wrapping_sub(b),
        "<<" => a.wrapping_shl(b as u32),
        ">>" => a.wrapping_shr(b as u32),
        "<" => i32::from(a < b),
        "<=" => i32::from(a <= b),
        ">" => i32::from(a > b),
        ">=" => i32::from(a >= b),
        "==" => i32::from(a == b),
        "!=" => i32::from(a != b),
        "&" => a & b,
        "^" => a ^ b,
        "|" => a | b,
        _ => i32::from(b != 0),
    })
}

#[test]
fn operators_bind_as_in_c() {
    for (text, expected) in [
        ("1 + 2 * 3", 7),
        ("(1 + 2) * 3", 9),
        ("10 - 4 - 3", 3),
        ("100 / 10 / 5", 2),
        ("7 % 4 * 2", 6),
        ("1 << 2 + 1", 8),
        ("1 << 3 >> 1", 4),
        ("1 < 2 == 1", 1),
        ("2 & 1 == 1", 0),
        ("1 | 6 ^ 2 & 3", 5),
        ("1 || 0 && 0", 1),
        ("-2 * -3", 6),
        ("!0 + 1", 2),
        ("~1 & 7", 6),
        ("- -2147483648", i32::MIN),
        ("1 -1", 0),
        ("0xffffffff", -1),
        ("+5 - +3", 2),
        ("3 > 2 > 1", 0),
    ] {
        let line = printed(&one_thread("", &format!("int r = {text};")));
        assert_eq!(line, format!("0:r={expected}; [x]=0; [y]=0; [z]=0;\n"), "{text}");
    }
}

/// An expression that may read and write the variables and `x`, to be evaluated here too.
#[derive(Clone, Debug)]
enum Expression {
    Constant(i32),
    Variable(usize),
    Add(Box<[Expression; 2]>),
    Less(Box<[Expression; 2]>),
    And(Box<[Expression; 2]>),
    Or(Box<[Expression; 2]>),
    Exchange(Box<Expression>),
    CompareExchange(usize, Box<Expression>),
}

/// A statement; loops count in variables of their own.
#[derive(Clone, Debug)]
enum Statement {
    Set(usize, Expression),
    If(Expression, Vec<Statement>, Vec<Statement>),
    /// A loop of this form, at most so many times, while this holds.
    Loop(Form, i32, Expression, Vec<Statement>),
}

#[derive(Clone, Copy, Debug)]
enum Form {
    While,
    Do,
    For,
}

/// The names of the variables, and what is in them and in `x`.
const NAMES: [&str; 3] = ["a", "b", "c"];

#[derive(Debug, Default)]
struct World {
    variables: [i32; 3],
    x: i32,
}

impl fmt::Display for Expression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Expression::Constant(value) => write!(f, "{value}"),
            Expression::Variable(variable) => f.write_str(NAMES[*variable]),
            Expression::Add(both) => write!(f, "({} + {})", both[0], both[1]),
            Expression::Less(both) => write!(f, "({} < {})", both[0], both[1]),
            Expression::And(both) => write!(f, "({} && {})", both[0], both[1]),
            Expression::Or(both) => write!(f, "({} || {})", both[0], both[1]),
            Expression::Exchange(new) => write!(f, "atomic_exchange(x, {new})"),
            Expression::CompareExchange(expected, new) => {
                let expected = NAMES[*expected];
                write!(f, "atomic_compare_exchange_strong(x, &{expected}, {new})")
            }
        }
    }
}

impl World {
    fn value(&mut self, expression: &Expression) -> i32 {
        match expression {
            Expression::Constant(value) => *value,
            Expression::Variable(variable) => self.variables[*variable],
            Expression::Add(both) => self.value(&both[0]).wrapping_add(self.value(&both[1])),
            Expression::Less(both) => i32::from(self.value(&both[0]) < self.value(&both[1])),
            Expression::And(both) => {
                i32::from(self.value(&both[0]) != 0 && self.value(&both[1]) != 0)
            }
            Expression::Or(both) => {
                i32::from(self.value(&both[0]) != 0 || self.value(&both[1]) != 0)
            }
            Expression::Exchange(new) => {
                let new = self.value(new);
                std::mem::replace(&mut self.x, new)
            }
            Expression::CompareExchange(expected, new) => {
                let new = self.value(new);
                let stores = self.x == self.variables[*expected];
                self.variables[*expected] = self.x;
                if stores {
                    self.x = new;
                }
                i32::from(stores)
            }
        }
    }

    fn run(&mut self, statements: &[Statement]) {
        for statement in statements {
            match statement {
                Statement::Set(variable, value) => self.variables[*variable] = self.value(value),
                Statement::If(condition, then, otherwise) => {
                    let holds = self.value(condition) != 0;
                    self.run(if holds { then } else { otherwise });
                }
                Statement::Loop(Form::Do, times, condition, body) => {
                    for done in 1.. {
                        self.run(body);
                        if done >= *times || self.value(condition) == 0 {
                            break;
                        }
                    }
                }
                Statement::Loop(Form::While | Form::For, times, condition, body) => {
                    for _ in 0..*times {
                        if self.value(condition) == 0 {
                            break;
                        }
                        self.run(body);
                    }
                }
            }
        }
    }
}

/// The statements as text. Each level of loops has a counter of its own.
fn text(statements: &[Statement], level: usize) -> String {
    let piece = |statement: &Statement| match statement {
        Statement::Set(variable, value) => format!("{} = {value};\n", NAMES[*variable]),
        Statement::If(condition, then, otherwise) => format!(
            "if ({condition}) {{\n{}}} else {{\n{}}}\n",
            text(then, level),
            text(otherwise, level)
        ),
        Statement::Loop(form, times, condition, body) => {
            let (i, body) = (format!("i{level}"), text(body, level + 1));
            match form {
                Form::While => format!(
                    "int {i} = 0; while ({i} < {times} && {condition}) {{\n{body}{i}++;\n}}\n"
                ),
                Form::Do => format!(
                    "int {i} = 0; do {{\n{body}{i}++;\n}} while ({i} < {times} && {condition});\n"
                ),
                Form::For => format!(
                    "for (int {i} = 0; {i} < {times} && {condition}; {i} += 1) {{\n{body}}}\n"
                ),
            }
        }
    };
    statements.iter().map(piece).collect()
}

fn effectful_expression() -> impl Strategy<Value = Expression> {
    let leaf = prop_oneof![
        (-2..4).prop_map(Expression::Constant),
        (0_usize..3).prop_map(Expression::Variable),
    ];
    leaf.prop_recursive(3, 8, 2, |inner| {
        let both = [inner.clone(), inner.clone()].prop_map(Box::new);
        prop_oneof![
            both.clone().prop_map(Expression::Add),
            both.clone().prop_map(Expression::Less),
            both.clone().prop_map(Expression::And),
            both.prop_map(Expression::Or),
            inner.clone().prop_map(|new| Expression::Exchange(Box::new(new))),
            (0_usize..3, inner)
                .prop_map(|(expected, new)| Expression::CompareExchange(expected, Box::new(new))),
        ]
    })
}

fn statements() -> impl Strategy<Value = Vec<Statement>> {
    let set =
        (0_usize..3, effectful_expression()).prop_map(|(to, value)| Statement::Set(to, value));
    let statement = set.prop_recursive(3, 16, 3, |inner| {
        let block = prop::collection::vec(inner, 0..4);
        let form = prop::sample::select(vec![Form::While, Form::Do, Form::For]);
        prop_oneof![
            (effectful_expression(), block.clone(), block.clone())
                .prop_map(|(condition, then, otherwise)| Statement::If(condition, then, otherwise)),
            (form, 1..4, effectful_expression(), block).prop_map(
                |(form, times, condition, body)| Statement::Loop(form, times, condition, body)
            ),
        ]
    });
    prop::collection::vec(statement, 1..6)
}

proptest! {
    #[test]
    fn expressions_have_the_values_that_c_gives_them((text, value) in expression()) {
        prop_assume!(value.is_some());
        let initial = "0:a=7; 0:b=-3; 0:c=-2147483648";
        // Once as a value, once as a condition.
        let body = format!("int a; int b; int c; int r = {text}; if ({text}) *y = 1;");
        let line = printed(&one_thread(initial, &body));
        let value = value.unwrap_or_default();
        let truth = i32::from(value != 0);
        prop_assert_eq!(line, format!("0:r={value}; [x]=0; [y]={truth}; [z]=0;\n"));
    }

    #[test]
    fn variables_have_the_values_that_c_gives_them(statements in statements()) {
        let mut world = World::default();
        world.run(&statements);
        let body = text(&statements, 0);
        let line = printed(&format!(
            "C t {{}} P0 (atomic_int* x) {{ int a, b, c;\n{body}}} locations [0:a; 0:b; 0:c; x]"
        ));
        let [a, b, c] = world.variables;
        prop_assert_eq!(line, format!("0:a={a}; 0:b={b}; 0:c={c}; [x]={};\n", world.x));
    }
}
