//! A BASIC program as data: what the parser builds, and lowering reads.
//!
//! Names are kept as written. Whether `A(1)` calls a function or reads an array is decided when the names
//! are known, so both are a [`Kind::Call`] here.

use std::collections::BTreeSet;

use crate::il::Span;

/// A word of the text, and its place.
#[derive(Clone, Copy, Debug)]
pub(super) struct Word<'t> {
    pub(super) text: &'t str,
    pub(super) span: Span,
}

impl Word<'_> {
    /// The word as BASIC compares it: without regard to ASCII case.
    pub(super) fn key(self) -> String {
        self.text.to_ascii_uppercase()
    }

    /// Whether this is the word, without regard to ASCII case.
    pub(super) fn is(self, word: &str) -> bool {
        self.text.eq_ignore_ascii_case(word)
    }
}

/// A name with dots: `Viper.Threads.Gate`.
#[derive(Clone, Debug)]
pub(super) struct Path<'t> {
    /// At least one.
    pub(super) words: Vec<Word<'t>>,
}

impl Path<'_> {
    /// The name as written.
    pub(super) fn text(&self) -> String {
        self.words.iter().map(|word| word.text).collect::<Vec<_>>().join(".")
    }

    /// The place of the whole name.
    pub(super) fn span(&self) -> Span {
        let (first, last) = (self.words[0].span, self.words[self.words.len() - 1].span);
        Span { start: first.start, end: last.end }
    }
}

/// A whole file.
#[derive(Debug, Default)]
pub(super) struct Program<'t> {
    pub(super) usings: Vec<Using<'t>>,
    pub(super) procedures: Vec<Procedure<'t>>,
    /// The statements outside of procedures, in order: what thread 0 runs.
    pub(super) body: Body<'t>,
    /// The names of all namespaces, as upper-case paths.
    pub(super) namespaces: BTreeSet<String>,
}

/// `USING path` or `USING alias = path`
#[derive(Debug)]
pub(super) struct Using<'t> {
    pub(super) alias: Option<Word<'t>>,
    pub(super) path: Path<'t>,
}

/// Statements with jumps between them.
#[derive(Debug, Default)]
pub(super) struct Body<'t> {
    pub(super) statements: Vec<Statement<'t>>,
    /// The labels that `GOTO` and `GOSUB` name, as keys.
    pub(super) targets: BTreeSet<String>,
    /// How many `GOSUB` there are.
    pub(super) gosubs: usize,
    /// Every name that occurs, as keys.
    pub(super) names: BTreeSet<String>,
}

/// A `SUB` or a `FUNCTION`.
#[derive(Debug)]
pub(super) struct Procedure<'t> {
    pub(super) name: Word<'t>,
    /// The namespace around it, as an upper-case path; empty outside of any.
    pub(super) namespace: String,
    pub(super) params: Vec<Param<'t>>,
    /// `None` for a `SUB`.
    pub(super) result: Option<TypeName<'t>>,
    pub(super) body: Body<'t>,
    /// The place of `END SUB`.
    pub(super) end: Span,
}

/// A parameter; passed by value.
#[derive(Debug)]
pub(super) struct Param<'t> {
    pub(super) name: Word<'t>,
    pub(super) ty: Option<TypeName<'t>>,
}

/// A type as written.
#[derive(Clone, Debug)]
pub(super) enum TypeName<'t> {
    /// `AS path`
    Written(Path<'t>),
    /// The type that belongs to the suffix of the name, `INTEGER` without one.
    OfName,
}

#[derive(Debug)]
pub(super) struct Statement<'t> {
    pub(super) span: Span,
    pub(super) action: Action<'t>,
}

#[derive(Debug)]
pub(super) enum Action<'t> {
    /// A line number, or `name:`.
    Label(Word<'t>),
    Dim(Vec<Declaration<'t>>),
    Const(Word<'t>, Option<TypeName<'t>>, Expression<'t>),
    Assign(Expression<'t>, Expression<'t>),
    /// A call whose result is dropped.
    Call(Expression<'t>),
    Print(Vec<Item<'t>>),
    If(Vec<(Expression<'t>, Vec<Statement<'t>>)>, Vec<Statement<'t>>),
    For(Box<For<'t>>),
    /// The condition at the head, the condition at the foot.
    Loop(LoopKind, Option<Condition<'t>>, Vec<Statement<'t>>, Option<Condition<'t>>),
    Select(Expression<'t>, Vec<Arm<'t>>, Option<Vec<Statement<'t>>>),
    Exit(Exit),
    Return(Option<Expression<'t>>),
    Goto(Word<'t>),
    Gosub(Word<'t>),
    Try(Vec<Statement<'t>>, Option<Word<'t>>, Vec<Statement<'t>>),
    End,
}

/// One name of a `DIM`.
#[derive(Debug)]
pub(super) struct Declaration<'t> {
    pub(super) name: Word<'t>,
    /// The number of elements, for an array.
    pub(super) size: Option<Expression<'t>>,
    pub(super) ty: Option<TypeName<'t>>,
    pub(super) value: Option<Expression<'t>>,
}

/// A part of a `PRINT`.
#[derive(Debug)]
pub(super) enum Item<'t> {
    Value(Expression<'t>),
    /// `,`: up to the next zone.
    Zone,
    /// `;`: nothing between.
    Join,
}

#[derive(Debug)]
pub(super) struct For<'t> {
    pub(super) variable: Word<'t>,
    pub(super) from: Expression<'t>,
    pub(super) to: Expression<'t>,
    pub(super) step: Option<Expression<'t>>,
    pub(super) body: Vec<Statement<'t>>,
}

/// Which statement a loop is, as `EXIT` names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LoopKind {
    For,
    While,
    Do,
}

/// `WHILE e` or `UNTIL e`
#[derive(Debug)]
pub(super) struct Condition<'t> {
    pub(super) is_until: bool,
    pub(super) value: Expression<'t>,
}

/// A `CASE` with its labels.
#[derive(Debug)]
pub(super) struct Arm<'t> {
    pub(super) labels: Vec<CaseLabel<'t>>,
    pub(super) body: Vec<Statement<'t>>,
}

#[derive(Debug)]
pub(super) enum CaseLabel<'t> {
    Value(Expression<'t>),
    Range(Expression<'t>, Expression<'t>),
    /// `IS < e`
    Relation(Binary, Expression<'t>),
}

/// What an `EXIT` leaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Exit {
    Loop(LoopKind),
    Sub,
    Function,
}

#[derive(Clone, Debug)]
pub(super) struct Expression<'t> {
    pub(super) span: Span,
    /// The height of the tree, which the parser bounds.
    pub(super) height: u32,
    pub(super) kind: Kind<'t>,
}

#[derive(Clone, Debug)]
pub(super) enum Kind<'t> {
    Integer(i64),
    Float(f64),
    Text(String),
    Boolean(bool),
    Nothing,
    Name(Word<'t>),
    /// A call, or an element of an array.
    Call(Box<Expression<'t>>, Vec<Expression<'t>>),
    Member(Box<Expression<'t>>, Word<'t>),
    Unary(Unary, Box<Expression<'t>>),
    Binary(Binary, Box<Expression<'t>>, Box<Expression<'t>>),
    New(Path<'t>, Vec<Expression<'t>>),
    AddressOf(Path<'t>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unary {
    Minus,
    Plus,
    Not,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Binary {
    Add,
    Subtract,
    Multiply,
    /// `/`: of floats.
    Divide,
    /// `\`: of integers, towards zero.
    IntegerDivide,
    Modulo,
    Power,
    Equal,
    Unequal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    And,
    Or,
    Xor,
    AndAlso,
    OrElse,
}

impl Binary {
    /// The operator as it is written.
    pub(super) fn text(self) -> &'static str {
        match self {
            Binary::Add => "+",
            Binary::Subtract => "-",
            Binary::Multiply => "*",
            Binary::Divide => "/",
            Binary::IntegerDivide => "\\",
            Binary::Modulo => "MOD",
            Binary::Power => "^",
            Binary::Equal => "=",
            Binary::Unequal => "<>",
            Binary::Less => "<",
            Binary::LessOrEqual => "<=",
            Binary::Greater => ">",
            Binary::GreaterOrEqual => ">=",
            Binary::And => "AND",
            Binary::Or => "OR",
            Binary::Xor => "XOR",
            Binary::AndAlso => "ANDALSO",
            Binary::OrElse => "ORELSE",
        }
    }

    /// How tightly it binds: a larger number is tighter.
    pub(super) fn precedence(self) -> u32 {
        match self {
            Binary::And | Binary::Or | Binary::Xor => 1,
            Binary::AndAlso | Binary::OrElse => 2,
            Binary::Equal
            | Binary::Unequal
            | Binary::Less
            | Binary::LessOrEqual
            | Binary::Greater
            | Binary::GreaterOrEqual => 3,
            Binary::Add | Binary::Subtract => 4,
            Binary::Multiply | Binary::Divide | Binary::IntegerDivide | Binary::Modulo => 5,
            Binary::Power => 7,
        }
    }

    pub(super) fn is_comparison(self) -> bool {
        self.precedence() == 3
    }
}
