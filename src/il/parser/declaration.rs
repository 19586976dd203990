//! Externs, globals, functions and their blocks.

use super::super::lexer::Token;
use super::super::{Block, Diagnostic, Extern, Function, Global, Init, Loc, Param, Span, Type};
use super::literal::Number;
use super::{Parsed, Parser, Reported};

/// The promises that the declaration of a function or extern may contain. They are read and dropped:
/// nothing here relies on them.
const FUNCTION_ATTRIBUTES: &[&str] = &["nothrow", "readonly", "pure"];

/// A function's lines, as far as they have been read.
#[derive(Default)]
struct Body {
    blocks: Vec<Block>,
    /// The last `.loc` of the current block.
    loc: Option<Loc>,
}

impl Parser<'_> {
    /// `extern @name(types) -> type [attributes]`
    pub(super) fn extern_declaration(&mut self) -> Parsed<Extern> {
        self.advance();
        let (name, span) = self.symbol("the extern's name such as @Name")?;
        let signature = self.signature()?;
        self.attributes(FUNCTION_ATTRIBUTES)?;
        self.expect_line_end()?;
        Ok(Extern { name, signature, span })
    }

    /// `global [export] [const] type @name [= init]`
    pub(super) fn global_declaration(&mut self) -> Parsed<Global> {
        self.advance();
        self.reject_import("global")?;
        self.take_word("export");
        let constant = self.take_word("const");
        let ty = self.type_name()?;
        let (name, span) = self.symbol("the global's name such as @counter")?;
        let init = if self.take('=') { self.initial_value(ty)? } else { Init::Zero };
        self.expect_line_end()?;
        Ok(Global { name, constant, ty, init, span })
    }

    fn initial_value(&mut self, ty: Type) -> Parsed<Init> {
        let init = match self.current.token {
            Token::Str(_) => return self.string("a string").map(Init::Str),
            Token::Word("null") if ty == Type::Ptr => Init::Zero,
            Token::Word("true") if ty == Type::I1 => Init::Int(1),
            Token::Word("false") if ty == Type::I1 => Init::Int(0),
            Token::Word(word) => match self.number(word)? {
                Some(Number::Int(value)) if ty == Type::F64 => Init::Float(value as f64),
                Some(Number::Int(value)) => Init::Int(value),
                Some(Number::Float(value)) => Init::Float(value),
                None => return Err(self.unexpected(&format!("an initial value of type {ty}"))),
            },
            _ => return Err(self.unexpected(&format!("an initial value of type {ty}"))),
        };
        self.advance();
        Ok(init)
    }

    fn reject_import(&mut self, what: &str) -> Parsed<()> {
        if self.at_word("import") {
            let message = format!("'{what} import' is not supported: drawloom runs single modules");
            return Err(self.fail(Diagnostic::new(self.current.span, message)));
        }
        Ok(())
    }

    /// A function from `func` to `}`. If its header is wrong, its body is still read, to report the
    /// mistakes in it.
    pub(super) fn function(&mut self) -> Option<Function> {
        let start = self.current.span;
        let header = self.function_header();
        if header.is_err() && !self.skip_broken_header() {
            return None;
        }
        let blocks = self.body(start, header.is_err());
        let mut function = header.ok()?;
        function.blocks = blocks;
        Some(function)
    }

    /// `func [export] @name(params) -> type [attributes] {`
    fn function_header(&mut self) -> Parsed<Function> {
        let start = self.advance().span;
        self.reject_import("func")?;
        let exported = self.take_word("export");
        let (name, _) = self.symbol("the function's name such as @main")?;
        self.expect('(')?;
        let params = self.list(')', |parser| parser.parameter(true))?;
        self.expect_arrow()?;
        let result = self.type_name()?;
        let span = self.span_from(start);
        self.attributes(FUNCTION_ATTRIBUTES)?;
        if matches!(self.current.token, Token::EndOfLine) {
            self.skip_line_ends();
        }
        self.expect('{')?;
        Ok(Function { name, params, result, exported, blocks: Vec::new(), span })
    }

    /// Goes to the line after a header that could not be read; returns whether a body seems to follow.
    fn skip_broken_header(&mut self) -> bool {
        let mut opened = false;
        while !matches!(self.current.token, Token::EndOfLine | Token::EndOfText) {
            opened = self.advance().token == Token::Punct('{');
        }
        self.skip_line_ends();
        opened || !(self.current.token == Token::EndOfText || self.at_declaration())
    }

    /// The lines up to the closing brace.
    fn body(&mut self, start: Span, header_is_broken: bool) -> Vec<Block> {
        let mut body = Body::default();
        while !self.reports.is_full() {
            self.skip_line_ends();
            if self.take('}') {
                if self.expect_line_end().is_err() {
                    self.skip_to_line_end();
                }
                break;
            }
            if self.current.token == Token::EndOfText || self.at_declaration() {
                if !header_is_broken {
                    let finding = self.unexpected_finding("'}' at the end of the function");
                    self.report(finding.related(start, "the function begins here"));
                }
                break;
            }
            if let Err(Reported) = self.body_line(&mut body) {
                self.skip_to_line_end();
            }
        }
        body.blocks
    }

    fn body_line(&mut self, body: &mut Body) -> Parsed<()> {
        if self.at_label() {
            body.loc = None;
            return self.block_header(body);
        }
        if self.at_word(".loc") {
            body.loc = self.loc()?;
            return self.expect_instruction_end();
        }
        if body.blocks.is_empty() {
            let finding = Diagnostic::new(self.current.span, "instruction before the first label");
            self.report(finding.help("begin the function with a line 'entry:'"));
            body.blocks.push(block(String::new(), self.current.span));
        }
        let mut instruction = self.instruction()?;
        instruction.loc = body.loc;
        if let Some(block) = body.blocks.last_mut() {
            block.instructions.push(instruction);
        }
        self.expect_instruction_end()
    }

    /// Requires that the line ends here, or the function does.
    fn expect_instruction_end(&mut self) -> Parsed<()> {
        if self.at('}') { Ok(()) } else { self.expect_line_end() }
    }

    /// Whether a block begins here: no instruction has `:`, `(` or `^` as its second token.
    fn at_label(&self) -> bool {
        match self.current.token {
            Token::Caret(_) => true,
            Token::Word("handler" | "label") if matches!(self.peek(), Token::Caret(_)) => true,
            Token::Word(_) => matches!(self.peek(), Token::Punct(':' | '(')),
            _ => false,
        }
    }

    /// `label:`, `label(%x: i64):`, or `handler ^label(...):`. The block is created even if its header
    /// is wrong, to hold the instructions that follow.
    fn block_header(&mut self, body: &mut Body) -> Parsed<()> {
        if matches!(self.peek(), Token::Caret(_)) {
            self.advance();
        }
        let label = self.advance();
        if let Token::Word(name) | Token::Caret(name) = label.token {
            body.blocks.push(block(name.to_owned(), label.span));
        }
        let params: Vec<Param> = if self.take('(') {
            self.list(')', |parser| parser.parameter(false))?
        } else {
            Vec::new()
        };
        if let Some(block) = body.blocks.last_mut() {
            block.params = params;
        }
        self.expect(':')
    }

    /// `.loc file line column`; line 0 removes the place, as in Viper.
    fn loc(&mut self) -> Parsed<Option<Loc>> {
        self.advance();
        let file = self.integer("a file number")?;
        let line = self.integer("a line number")?;
        let column = self.integer("a column number")?;
        Ok((line > 0).then_some(Loc { file, line, column }))
    }
}

fn block(label: String, span: Span) -> Block {
    Block { label, params: Vec::new(), instructions: Vec::new(), span }
}
