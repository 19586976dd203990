//! A litmus test as data: what the parser builds and the emitter reads.
//!
//! Names are resolved: a [`LocationId`] is an index into [`Test::locations`], a [`VariableId`] one
//! into its thread's [`Thread::variables`].

use std::collections::BTreeSet;

use super::condition::Condition;
use super::state::Observed;
use crate::il::{MemoryOrder, RmwOp, Span};

/// A whole test.
#[derive(Debug)]
pub(super) struct Test {
    pub(super) name: String,
    pub(super) locations: Vec<Location>,
    /// The threads; `P0` comes first.
    pub(super) threads: Vec<Thread>,
    /// Everything that `locations` lists or the condition mentions.
    pub(super) observed: BTreeSet<Observed>,
    pub(super) condition: Condition,
    /// From `locations` or the condition to the end of the test.
    pub(super) condition_span: Span,
}

/// A cell that the threads share. An element of an array has a name such as `y[0]`.
#[derive(Debug)]
pub(super) struct Location {
    pub(super) name: String,
    pub(super) initial: i32,
}

/// Consecutive locations with a common name: `y[0]`, `y[1]`, ...
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Array {
    pub(super) first: LocationId,
    pub(super) length: usize,
}

/// The target of an access.
#[derive(Debug)]
pub(super) enum Target {
    Location(LocationId),
    /// The element with this index, which is known only when the test runs.
    Element(Array, Box<Expression>),
}

/// One `Pn`.
#[derive(Debug)]
pub(super) struct Thread {
    pub(super) variables: Vec<Variable>,
    pub(super) body: Vec<Statement>,
    /// The `Pn` in front of the parameters.
    pub(super) span: Span,
}

/// An `int` of one thread. It belongs to the thread, not to the block that declares it.
#[derive(Debug)]
pub(super) struct Variable {
    pub(super) name: String,
    pub(super) initial: i32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct LocationId(pub(super) usize);

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct VariableId(pub(super) usize);

#[derive(Debug)]
pub(super) struct Statement {
    pub(super) kind: StatementKind,
    /// Up to the semicolon; for a statement that contains others, the keyword.
    pub(super) span: Span,
}

/// The kind of a statement. `for` is a `While` with its step at the end of the body: there is no
/// `continue` that could skip it.
#[derive(Debug)]
pub(super) enum StatementKind {
    Assign(VariableId, Expression),
    /// A plain store has no order.
    Store(Target, Option<MemoryOrder>, Expression),
    Fence(MemoryOrder),
    /// Evaluates an expression for its effects.
    Evaluate(Expression),
    If(Expression, Vec<Statement>, Vec<Statement>),
    While(Expression, Vec<Statement>),
    DoWhile(Vec<Statement>, Expression),
}

#[derive(Debug)]
pub(super) enum Expression {
    Constant(i32),
    Variable(VariableId),
    Access(Box<Access>),
    Unary(Unary, Box<Expression>),
    Binary(Binary, Box<(Expression, Expression)>),
}

/// An access to memory that returns a value.
#[derive(Debug)]
pub(super) struct Access {
    pub(super) target: Target,
    pub(super) kind: AccessKind,
    pub(super) span: Span,
}

#[derive(Debug)]
pub(super) enum AccessKind {
    /// A plain load has no order.
    Load(Option<MemoryOrder>),
    /// Returns the old value.
    ReadModifyWrite(RmwOp, Expression, MemoryOrder),
    /// Returns whether it stored.
    CompareExchange(CompareExchange),
}

#[derive(Debug)]
pub(super) struct CompareExchange {
    pub(super) expected: Expected,
    pub(super) desired: Expression,
    pub(super) success: MemoryOrder,
    pub(super) failure: MemoryOrder,
    /// Whether it may fail although it finds the expected value.
    pub(super) is_weak: bool,
}

/// The place from which a compare-exchange takes the expected value, and to which it writes the value found.
#[derive(Clone, Copy, Debug)]
pub(super) enum Expected {
    /// `&r`
    Variable(VariableId),
    /// A parameter: both accesses are plain.
    Location(LocationId),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unary {
    Negate,
    Complement,
    Not,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Binary {
    Multiply,
    Divide,
    Remainder,
    Add,
    Subtract,
    ShiftLeft,
    ShiftRight,
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
    Equal,
    NotEqual,
    And,
    Xor,
    Or,
    LogicalAnd,
    LogicalOr,
}

impl Binary {
    /// Sign, precedence and operator; operators that bind tighter have a higher precedence.
    pub(super) const TABLE: &[(&str, u8, Binary)] = &[
        ("*", 10, Binary::Multiply),
        ("/", 10, Binary::Divide),
        ("%", 10, Binary::Remainder),
        ("+", 9, Binary::Add),
        ("-", 9, Binary::Subtract),
        ("<<", 8, Binary::ShiftLeft),
        (">>", 8, Binary::ShiftRight),
        ("<", 7, Binary::Less),
        ("<=", 7, Binary::LessEqual),
        (">", 7, Binary::Greater),
        (">=", 7, Binary::GreaterEqual),
        ("==", 6, Binary::Equal),
        ("!=", 6, Binary::NotEqual),
        ("&", 5, Binary::And),
        ("^", 4, Binary::Xor),
        ("|", 3, Binary::Or),
        ("&&", 2, Binary::LogicalAnd),
        ("||", 1, Binary::LogicalOr),
    ];
}

/// The variables that some of these statements may write.
pub(super) fn written_by(statements: &[Statement]) -> BTreeSet<VariableId> {
    let mut written = BTreeSet::new();
    collect_from_statements(statements, &mut written);
    written
}

/// The variables that evaluating this expression may write, by compare-exchanges.
pub(super) fn written_in(expression: &Expression) -> BTreeSet<VariableId> {
    let mut written = BTreeSet::new();
    collect_from_expression(expression, &mut written);
    written
}

fn collect_from_statements(statements: &[Statement], written: &mut BTreeSet<VariableId>) {
    for statement in statements {
        match &statement.kind {
            StatementKind::Assign(variable, value) => {
                written.insert(*variable);
                collect_from_expression(value, written);
            }
            StatementKind::Store(target, _, value) => {
                collect_from_target(target, written);
                collect_from_expression(value, written);
            }
            StatementKind::Evaluate(value) => collect_from_expression(value, written),
            StatementKind::Fence(_) => {}
            StatementKind::If(condition, then, otherwise) => {
                collect_from_expression(condition, written);
                collect_from_statements(then, written);
                collect_from_statements(otherwise, written);
            }
            StatementKind::While(condition, body) | StatementKind::DoWhile(body, condition) => {
                collect_from_expression(condition, written);
                collect_from_statements(body, written);
            }
        }
    }
}

fn collect_from_expression(expression: &Expression, written: &mut BTreeSet<VariableId>) {
    match expression {
        Expression::Constant(_) | Expression::Variable(_) => {}
        Expression::Unary(_, operand) => collect_from_expression(operand, written),
        Expression::Binary(_, operands) => {
            collect_from_expression(&operands.0, written);
            collect_from_expression(&operands.1, written);
        }
        Expression::Access(access) => {
            collect_from_target(&access.target, written);
            match &access.kind {
                AccessKind::Load(_) => {}
                AccessKind::ReadModifyWrite(_, operand, _) => {
                    collect_from_expression(operand, written);
                }
                AccessKind::CompareExchange(exchange) => {
                    if let Expected::Variable(variable) = exchange.expected {
                        written.insert(variable);
                    }
                    collect_from_expression(&exchange.desired, written);
                }
            }
        }
    }
}

fn collect_from_target(target: &Target, written: &mut BTreeSet<VariableId>) {
    if let Target::Element(_, index) = target {
        collect_from_expression(index, written);
    }
}
