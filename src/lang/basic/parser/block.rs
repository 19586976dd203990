//! Statements that hold others: `IF`, the loops, `SELECT CASE` and `TRY`.
//!
//! A block whose head is wrong is parsed to its end all the same, so that its closer is no second error;
//! it gives no action.

use super::super::tree::{
    Action, Arm, Binary, CaseLabel, Condition, Expression, For, Kind, LoopKind, Statement, Unary,
};
use super::{Parsed, Parser};
use crate::il::Span;

/// What comes after the statements of a branch of an `IF`.
const BRANCH_ENDS: &[&str] = &["ELSEIF", "ELSE", "END IF"];

/// What a block does; `None` if its head is wrong.
type Block<'t> = Parsed<Option<Action<'t>>>;

impl<'t> Parser<'t, '_> {
    /// The statements of a block, up to a closer.
    fn block(
        &mut self,
        opener: &'static str,
        span: Span,
        closers: &'static [&'static str],
    ) -> Vec<Statement<'t>> {
        let mut statements = vec![];
        self.nested(opener, span, closers, |parser| parser.statement(&mut statements));
        statements
    }

    /// The block form, or the one that ends with its line.
    pub(super) fn if_block(&mut self, start: Span) -> Block<'t> {
        self.advance();
        let condition = self.if_head();
        if !self.is_line_end() {
            let (then, otherwise) = self.one_line_if(start)?;
            return Ok(condition.ok().map(|it| Action::If(vec![(it, then)], otherwise)));
        }
        if condition.is_err() && self.lacks_then(start) {
            return Ok(None);
        }
        let mut branches = vec![(condition, self.block("IF", start, BRANCH_ENDS))];
        while self.eat_else_if() {
            let condition = self.if_head();
            branches.push((condition, self.block("IF", start, BRANCH_ENDS)));
        }
        let mut otherwise = vec![];
        if self.is_word("ELSE") {
            self.advance();
            otherwise = self.block("IF", start, &["END IF"]);
        }
        self.eat_closer("END IF");
        let branches =
            branches.into_iter().map(|(condition, block)| Some((condition.ok()?, block)));
        Ok(branches.collect::<Option<_>>().map(|branches| Action::If(branches, otherwise)))
    }

    /// The condition with its `THEN`, which is passed also after an error.
    fn if_head(&mut self) -> Parsed<Expression<'t>> {
        let condition = self.expression().and_then(|it| self.expect_word("THEN").map(|()| it));
        while condition.is_err() && !self.is_line_end() && !self.eat_word("THEN") {
            self.advance();
        }
        condition
    }

    /// Whether statements stand on the line of an `IF` that has no `THEN`: no block follows.
    fn lacks_then(&self, start: Span) -> bool {
        let line = self.tokens[..self.at].iter().rev().take_while(|it| it.span.start > start.start);
        let has = |word: &str| line.clone().any(|it| it.word().is_some_and(|it| it.is(word)));
        let is_statement = |it: &&str| has(it);
        !has("THEN") && ["PRINT", "GOTO", "GOSUB", "EXIT", "RETURN", "END"].iter().any(is_statement)
    }

    /// Passes the rest of a wrong head, but not the statements after a `:`.
    pub(super) fn skip_head(&mut self) {
        while !self.is_line_end() && !self.is_mark(":") {
            self.advance();
        }
    }

    /// Passes `ELSEIF`, or `ELSE IF` on one line, which needs no `END IF` of its own.
    fn eat_else_if(&mut self) -> bool {
        let is_two = self.is_word("ELSE") && self.next().word().is_some_and(|it| it.is("IF"));
        if is_two {
            self.advance();
            self.advance();
        }
        is_two || self.eat_word("ELSEIF")
    }

    /// `IF c THEN a: b ELSE c`, without an `END IF`.
    fn one_line_if(&mut self, start: Span) -> Parsed<(Vec<Statement<'t>>, Vec<Statement<'t>>)> {
        if self.open.len() >= super::BLOCKS_MAX {
            return Err(self.error(start, "IF is nested too deeply"));
        }
        self.open.push(super::Open { opener: "IF", span: start, closers: &["ELSE"] });
        let then = self.one_line();
        let otherwise = if self.eat_word("ELSE") { self.one_line() } else { vec![] };
        self.open.pop();
        Ok((then, otherwise))
    }

    /// Statements up to the end of the line, or an `ELSE`. A line number is a jump to it.
    fn one_line(&mut self) -> Vec<Statement<'t>> {
        let mut statements = vec![];
        if matches!(self.token().kind, super::TokenKind::Integer(_)) {
            let span = self.token().span;
            if let Ok(label) = self.target() {
                statements.push(Statement { span, action: Action::Goto(label) });
            }
            return statements;
        }
        loop {
            while self.eat_mark(":") {}
            if self.is_line_end() || self.closer().is_some() {
                return statements;
            }
            self.statement(&mut statements);
        }
    }

    /// `FOR i = a TO b [STEP c] ... NEXT [i]`
    pub(super) fn for_block(&mut self, start: Span) -> Block<'t> {
        self.advance();
        let head = self.for_head();
        if head.is_err() {
            self.skip_head();
        }
        let body = self.block("FOR", start, &["NEXT"]);
        let mut next = None;
        if self.eat_closer("NEXT") && !self.is_line_end() && !self.is_mark(":") {
            next = Some(self.name("a variable")?);
        }
        let Ok(head) = head else { return Ok(None) };
        if let Some(next) = next {
            let variable = head.variable;
            if next.key() != variable.key() {
                let message =
                    format!("'NEXT {}' ends the loop over '{}'", next.text, variable.text);
                let help = format!("write 'NEXT {}'", variable.text);
                let found = crate::il::Diagnostic::new(next.span, message);
                self.errors.add(found.related(variable.span, "the loop begins here").help(help));
            }
        }
        Ok(Some(Action::For(Box::new(For { body, ..head }))))
    }

    /// A loop up to its body.
    fn for_head(&mut self) -> Parsed<For<'t>> {
        if self.is_word("EACH") {
            return Err(self.error(self.token().span, "FOR EACH is not supported"));
        }
        let variable = self.name("a variable for the loop")?;
        self.expect_mark("=")?;
        let from = self.expression()?;
        self.expect_word("TO")?;
        let to = self.expression()?;
        let step = if self.eat_word("STEP") { Some(self.expression()?) } else { None };
        self.statement_end()?;
        Ok(For { variable, from, to, step, body: vec![] })
    }

    /// `WHILE c ... WEND`
    pub(super) fn while_block(&mut self, start: Span) -> Option<Action<'t>> {
        self.advance();
        let value = self.expression_to_end();
        let body = self.block("WHILE", start, &["WEND"]);
        self.eat_closer("WEND");
        let condition = value.ok().map(|value| Condition { is_until: false, value });
        condition.map(|it| Action::Loop(LoopKind::While, Some(it), body, None))
    }

    /// The expression that ends a head.
    fn expression_to_end(&mut self) -> Parsed<Expression<'t>> {
        let value = self.expression().and_then(|it| self.statement_end().map(|()| it));
        if value.is_err() {
            self.skip_head();
        }
        value
    }

    /// `DO [WHILE c] ... LOOP [UNTIL c]`
    pub(super) fn do_block(&mut self, start: Span) -> Block<'t> {
        self.advance();
        let head = self.condition().and_then(|it| self.statement_end().map(|()| it));
        if head.is_err() {
            self.skip_head();
        }
        let body = self.block("DO", start, &["LOOP"]);
        let mut foot = None;
        if self.eat_closer("LOOP") {
            foot = self.condition()?;
        }
        Ok(head.ok().map(|head| Action::Loop(LoopKind::Do, head, body, foot)))
    }

    /// `WHILE c` or `UNTIL c`, if it is here.
    fn condition(&mut self) -> Parsed<Option<Condition<'t>>> {
        let is_until = self.is_word("UNTIL");
        if !is_until && !self.is_word("WHILE") {
            return Ok(None);
        }
        self.advance();
        Ok(Some(Condition { is_until, value: self.expression()? }))
    }

    /// `SELECT CASE e` with its arms.
    pub(super) fn select_block(&mut self, start: Span) -> Option<Action<'t>> {
        self.advance();
        let subject = match self.expect_word("CASE") {
            Ok(()) => self.expression_to_end().ok(),
            Err(_) => {
                self.skip_head();
                None
            }
        };
        let before = self.block("SELECT CASE", start, &["CASE", "END SELECT"]);
        let is_label = |it: &Statement<'_>| matches!(it.action, Action::Label(_));
        if let Some(first) = before.iter().find(|it| !is_label(it)) {
            self.error(first.span, "a statement before the first CASE");
        }
        let (mut arms, mut otherwise) = (vec![], None);
        while self.is_word("CASE") {
            let case = self.token().span;
            self.advance();
            if self.eat_word("ELSE") {
                if otherwise.is_some() {
                    self.error(case, "duplicate CASE ELSE");
                }
                let body = self.block("SELECT CASE", start, &["CASE", "END SELECT"]);
                otherwise.get_or_insert(body);
                continue;
            }
            let labels = match self.labels() {
                Ok(labels) => labels,
                Err(_) => {
                    self.skip_line();
                    vec![]
                }
            };
            let body = self.block("SELECT CASE", start, &["CASE", "END SELECT"]);
            arms.push(Arm { labels, body });
        }
        self.eat_closer("END SELECT");
        // The label of a CASE is at the end of an arm, where a jump to it leaves the block.
        let arm = arms.first_mut().map(|it| &mut it.body);
        arm.unwrap_or_else(|| otherwise.get_or_insert_default())
            .extend(before.into_iter().filter(is_label));
        subject.map(|subject| Action::Select(subject, arms, otherwise))
    }

    /// `1, 4 TO 6, IS > 9`
    fn labels(&mut self) -> Parsed<Vec<CaseLabel<'t>>> {
        let mut labels = vec![self.case_label()?];
        while self.eat_mark(",") {
            labels.push(self.case_label()?);
        }
        self.statement_end()?;
        Ok(labels)
    }

    fn case_label(&mut self) -> Parsed<CaseLabel<'t>> {
        let has_is = self.eat_word("IS");
        if let Some(relation) = self.binary_operator().filter(|it| it.is_comparison()) {
            self.advance();
            return Ok(CaseLabel::Relation(relation, self.case_value()?));
        }
        if has_is {
            return Err(self.expected("a comparison after IS"));
        }
        let value = self.case_value()?;
        if self.eat_word("TO") {
            return Ok(CaseLabel::Range(value, self.case_value()?));
        }
        Ok(CaseLabel::Value(value))
    }

    /// A literal, a constant, or a call that gives one.
    fn case_value(&mut self) -> Parsed<Expression<'t>> {
        let start = self.token().span;
        if self.eat_mark("-") {
            return self.minus(start);
        }
        if self.eat_mark("+") {
            let value = self.postfix()?;
            let height = value.height;
            let kind = Kind::Unary(Unary::Plus, Box::new(value));
            return self.expression_of(self.since(start), kind, &[height]);
        }
        self.postfix()
    }

    /// `TRY ... CATCH [name] ... END TRY`
    pub(super) fn try_block(&mut self, start: Span) -> Block<'t> {
        self.advance();
        let body = self.block("TRY", start, &["CATCH", "FINALLY", "END TRY"]);
        let (mut variable, mut handler) = (None, vec![]);
        if self.is_word("FINALLY") {
            return Err(self.finally());
        }
        if !self.eat_word("CATCH") {
            if self.eat_closer("END TRY") {
                let help = "add a CATCH before END TRY";
                self.error_with(start, "TRY without CATCH", help);
            }
            return Ok(None);
        }
        if !self.is_line_end() && !self.is_mark(":") {
            variable = self.name("a variable for the error").ok();
            if variable.is_none() {
                self.skip_head();
            }
        }
        handler.extend(self.block("TRY", start, &["FINALLY", "END TRY"]));
        if self.is_word("FINALLY") {
            return Err(self.finally());
        }
        self.eat_closer("END TRY");
        Ok(Some(Action::Try(body, variable, handler)))
    }

    /// Refuses `FINALLY` with what belongs to it.
    fn finally(&mut self) -> super::Wrong {
        let span = self.token().span;
        self.advance();
        self.block("TRY", span, &["END TRY"]);
        self.eat_closer("END TRY");
        let help = "write the statements after END TRY, and at the end of CATCH";
        self.error_with(span, "'FINALLY' is not supported", help)
    }

    /// The operator at the current token.
    pub(super) fn binary_operator(&self) -> Option<Binary> {
        const ALL: [Binary; 18] = [
            Binary::Add,
            Binary::Subtract,
            Binary::Multiply,
            Binary::Divide,
            Binary::IntegerDivide,
            Binary::Modulo,
            Binary::Power,
            Binary::Equal,
            Binary::Unequal,
            Binary::Less,
            Binary::LessOrEqual,
            Binary::Greater,
            Binary::GreaterOrEqual,
            Binary::And,
            Binary::Or,
            Binary::Xor,
            Binary::AndAlso,
            Binary::OrElse,
        ];
        ALL.into_iter().find(|it| self.is_mark(it.text()) || self.is_word(it.text()))
    }
}
