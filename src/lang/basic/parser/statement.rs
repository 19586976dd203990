//! Statements that hold no others.

use super::super::tree::{
    Action, Declaration, Exit, Expression, Item, Kind, LoopKind, Statement, Word,
};
use super::{Parsed, Parser, Token, TokenKind, is_block_of_types, is_reserved};
use crate::il::Span;

/// Statements of other BASICs, and of the one whose rules these are.
const UNSUPPORTED: &[&str] = &[
    "BEEP",
    "CLASS",
    "CLOSE",
    "CLS",
    "COLOR",
    "DATA",
    "DECLARE",
    "DELETE",
    "ENUM",
    "ERASE",
    "EXPORT",
    "FOREIGN",
    "INPUT",
    "INTERFACE",
    "LOCATE",
    "ON",
    "OPEN",
    "PRIVATE",
    "PUBLIC",
    "RANDOMIZE",
    "READ",
    "REDIM",
    "RESTORE",
    "RESUME",
    "SEEK",
    "SLEEP",
    "STATIC",
    "SWAP",
    "TYPE",
    "WRITE",
];

impl<'t> Parser<'t, '_> {
    /// A statement with the labels before it.
    pub(super) fn statement(&mut self, statements: &mut Vec<Statement<'t>>) {
        let start = self.token().span;
        let is_number = matches!(self.token().kind, TokenKind::Integer(_));
        if self.token().is_first && is_number {
            let word = Word { text: self.text_of_token(), span: start };
            self.advance();
            statements.push(Statement { span: start, action: Action::Label(word) });
            if self.is_line_end() || self.closer().is_some() {
                return;
            }
        }
        if self.begins_a_label() {
            if let Some(word) = self.token().word() {
                self.advance();
                self.advance();
                let action = Action::Label(word);
                statements.push(Statement { span: word.span, action });
            }
            if self.is_line_end() || self.closer().is_some() {
                return;
            }
        }
        let start = self.token().span;
        let parsed = self.action(start);
        let ended = parsed.and_then(|action| self.statement_end().map(|()| action));
        match ended {
            Ok(Some(action)) => {
                statements.push(Statement { span: self.since(start), action });
            }
            Ok(None) => {}
            Err(_) => self.skip_line(),
        }
    }

    /// From a place to the end of the token before the current one.
    pub(super) fn since(&self, start: Span) -> Span {
        let end = self.tokens[self.at.saturating_sub(1)].span.end.max(start.end);
        Span { start: start.start, end }
    }

    /// Whether `name:` is here, at the beginning of a line or after its number.
    fn begins_a_label(&self) -> bool {
        let before = self.at.checked_sub(1).map(|at| &self.tokens[at]);
        let is_number = |it: &Token<'_>| it.is_first && matches!(it.kind, TokenKind::Integer(_));
        let is_first = self.token().is_first || before.is_some_and(is_number);
        let names = self.token().word().is_some_and(|it| !is_reserved(it));
        is_first && names && self.next().kind == TokenKind::Mark(":")
    }

    /// What the statement does; `None` if it declares nothing that is kept.
    fn action(&mut self, start: Span) -> Parsed<Option<Action<'t>>> {
        let Some(word) = self.token().word() else {
            return Err(self.expected("a statement"));
        };
        let upper = word.key();
        let action = match upper.as_str() {
            "DIM" => self.dim()?,
            "SHARED" if self.next().word().is_some() => return self.shared(),
            "CONST" => self.constant()?,
            "LET" => {
                self.advance();
                self.assignment()?
            }
            "PRINT" => self.print()?,
            "IF" => return self.if_block(start),
            "FOR" => return self.for_block(start),
            "WHILE" => return Ok(self.while_block(start)),
            "DO" => return self.do_block(start),
            "SELECT" => return Ok(self.select_block(start)),
            "TRY" => return self.try_block(start),
            "EXIT" => self.exit()?,
            "RETURN" => {
                self.advance();
                let ends = self.is_line_end() || self.is_mark(":") || self.is_word("ELSE");
                Action::Return(if ends { None } else { Some(self.expression()?) })
            }
            "GOTO" => {
                self.advance();
                Action::Goto(self.target()?)
            }
            "GOSUB" => {
                self.advance();
                self.body.gosubs += 1;
                Action::Gosub(self.target()?)
            }
            "END" => {
                self.advance();
                Action::End
            }
            "CALL" => {
                self.advance();
                Action::Call(self.postfix()?)
            }
            "SUB" | "FUNCTION" | "NAMESPACE" | "USING" => {
                let message = format!("{upper} inside of a block");
                let help = "a declaration stands at the outermost level";
                return Err(self.error_with(word.span, message, help));
            }
            _ if UNSUPPORTED.contains(&upper.as_str()) && !self.continues_a_name() => {
                self.refused(word)?;
                return Ok(None);
            }
            _ if is_reserved(word) => return Err(self.expected("a statement")),
            _ => self.assignment_or_call()?,
        };
        Ok(Some(action))
    }

    /// Whether the word is a name after all: it is assigned, called or taken apart.
    fn continues_a_name(&self) -> bool {
        matches!(self.next().kind, TokenKind::Mark("=" | "." | "("))
    }

    /// A statement that drawloom does not have. A declaration of a type is passed as a whole.
    pub(super) fn refused(&mut self, word: Word<'t>) -> Parsed<()> {
        let upper = word.key();
        let (message, help) = match upper.as_str() {
            "CLASS" | "INTERFACE" => (
                format!("'{upper}' is not supported"),
                "objects are those of the runtime: NEW Viper.Threads.SafeI64(0)",
            ),
            "STATIC" => (format!("'{upper}' is not supported"), "use a module variable"),
            "INPUT" => (format!("'{upper}' is not supported"), "use Viper.Terminal.ReadLine()"),
            "SLEEP" => {
                (format!("'{upper}' is not supported"), "use Viper.Threads.Thread.Sleep(ms)")
            }
            "ON" | "RESUME" => (format!("'{upper}' is not supported"), "use TRY ... CATCH"),
            _ => return Err(self.error(word.span, format!("'{upper}' is not supported"))),
        };
        let wrong = self.error_with(word.span, message, help);
        if is_block_of_types(word) {
            self.pass_block(word);
        }
        Err(wrong)
    }

    /// Passes a declaration of a type up to its `END`.
    fn pass_block(&mut self, word: Word<'t>) {
        let start = self.at;
        while !self.is_end() {
            if self.is_word("END") && self.next().word().is_some_and(|it| it.is(word.text)) {
                self.advance();
                return;
            }
            self.advance();
        }
        self.at = start; // It has no end, which is no reason to read nothing more.
    }

    /// The label of a jump.
    pub(super) fn target(&mut self) -> Parsed<Word<'t>> {
        let label = self.label()?;
        self.body.targets.insert(label.key());
        Ok(label)
    }

    /// `DIM name[(size)] [AS type] [= value], ...`
    fn dim(&mut self) -> Parsed<Action<'t>> {
        self.advance();
        let mut declarations = vec![];
        loop {
            self.eat_word("SHARED");
            let name = self.name("a name for the variable")?;
            let size = if self.eat_mark("(") {
                let size = self.expression()?;
                if self.is_mark(",") {
                    let message = "an array has one dimension";
                    return Err(self.error(self.token().span, message));
                }
                self.expect_mark(")")?;
                Some(size)
            } else {
                None
            };
            let ty = self.as_type()?;
            let value = if self.eat_mark("=") { Some(self.expression()?) } else { None };
            declarations.push(Declaration { name, size, ty, value });
            if !self.eat_mark(",") {
                return Ok(Action::Dim(declarations));
            }
        }
    }

    /// `SHARED name, ...` in a procedure: the variables of the module are shared anyway.
    fn shared(&mut self) -> Parsed<Option<Action<'t>>> {
        self.advance();
        loop {
            self.name("a variable")?;
            if !self.eat_mark(",") {
                return Ok(None);
            }
        }
    }

    /// `CONST name [AS type] = value`
    fn constant(&mut self) -> Parsed<Action<'t>> {
        self.advance();
        let name = self.name("a name for the constant")?;
        let ty = self.as_type()?;
        self.expect_mark("=")?;
        Ok(Action::Const(name, ty, self.expression()?))
    }

    fn assignment(&mut self) -> Parsed<Action<'t>> {
        let target = self.postfix()?;
        self.expect_mark("=")?;
        Ok(Action::Assign(target, self.expression()?))
    }

    fn assignment_or_call(&mut self) -> Parsed<Action<'t>> {
        let target = self.postfix()?;
        if self.eat_mark("=") {
            return Ok(Action::Assign(target, self.expression()?));
        }
        if matches!(target.kind, Kind::Name(_)) && !self.is_at_statement_end() {
            return Err(self.bare_arguments(&target));
        }
        Ok(Action::Call(target))
    }

    fn is_at_statement_end(&self) -> bool {
        self.is_line_end() || self.is_mark(":") || self.is_word("ELSE")
    }

    /// `Greet "Ada"`, or a word that begins no statement.
    fn bare_arguments(&mut self, target: &Expression<'t>) -> super::Wrong {
        let Kind::Name(name) = target.kind else { return self.expected("a statement") };
        let keywords =
            ["PRINT", "RETURN", "GOSUB", "SELECT", "WHILE", "CONST", "GOTO", "DIM", "LET"];
        let help = match crate::il::nearest(name.text, keywords) {
            Some(near) => format!("did you mean '{near}'?"),
            None => format!("arguments stand in parentheses: {}(...)", name.text),
        };
        let found = self.token().describe();
        let message = format!("expected '(' or '=' after '{}', found {found}", name.text);
        self.error_with(self.token().span, message, help)
    }

    fn print(&mut self) -> Parsed<Action<'t>> {
        self.advance();
        let mut items = vec![];
        while !self.is_at_statement_end() {
            if self.is_mark("#") {
                return Err(self.error(self.token().span, "PRINT to a file is not supported"));
            }
            if self.eat_mark(",") {
                items.push(Item::Zone);
            } else if self.eat_mark(";") {
                items.push(Item::Join);
            } else if matches!(items.last(), Some(Item::Value(_))) {
                return Err(self.expected("';', ',' or the end of the statement"));
            } else {
                items.push(Item::Value(self.expression()?));
            }
        }
        Ok(Action::Print(items))
    }

    fn exit(&mut self) -> Parsed<Action<'t>> {
        const WHATS: [(&str, Exit); 5] = [
            ("FOR", Exit::Loop(LoopKind::For)),
            ("WHILE", Exit::Loop(LoopKind::While)),
            ("DO", Exit::Loop(LoopKind::Do)),
            ("SUB", Exit::Sub),
            ("FUNCTION", Exit::Function),
        ];
        self.advance();
        let what = WHATS.iter().find(|(word, _)| self.is_word(word)).map(|it| it.1);
        let Some(what) = what else { return Err(self.expected("FOR, WHILE, DO, SUB or FUNCTION")) };
        self.advance();
        Ok(Action::Exit(what))
    }
}
