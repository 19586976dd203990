//! From text to [`Module`].
//!
//! The parser checks only the grammar; the verifier checks whether names exist and types fit. It returns
//! for every text, without a panic, in time and memory proportional to the text's length; the grammar
//! has no nesting, so there is no recursion. After a mistake it continues at the next line (in a
//! function) or declaration (outside), and so reports independent mistakes in one run.
//!
//! | file | reads |
//! |---|---|
//! | `mod` | the header, and the choice of the next declaration |
//! | `declaration` | externs, globals, functions, blocks |
//! | `instruction` | one instruction |
//! | `operand` | operands, branch targets, types, names |
//! | `literal` | numbers and strings |
//! | `cursor` | tokens: look, take, expect, recover |

mod cursor;
mod declaration;
mod instruction;
mod literal;
mod operand;

use std::collections::HashMap;

pub(super) use instruction::CALL_ATTRIBUTES;

use super::lexer::{Lexeme, Lexer, Token};
use super::reports::Reports;
use super::table::Mnemonic;
use super::{Diagnostic, Module, Span, Version};

/// Reads a module.
///
/// # Errors
/// All findings of one run, in the order of the text: at least one, and at most fifty, with a last one
/// that says that there are more. Their spans are ranges of bytes of `text` that begin and end on
/// character boundaries.
///
/// # Examples
/// ```
/// let text = "il 0.3.0\nfunc @main() -> i64 {\nentry:\n  ret 0\n}\n";
/// let module = drawloom::il::parse(text).unwrap();
/// assert_eq!(module.to_string(), text.replace("func", "\nfunc"));
/// ```
pub fn parse(text: &str) -> Result<Module, Vec<Diagnostic>> {
    // Spans are 32 bits wide.
    if u32::try_from(text.len()).is_err() {
        let message = "the text is larger than 4 GiB";
        return Err(vec![Diagnostic::new(Span::new(0, 0), message)]);
    }
    let mut parser = Parser::new(text);
    let module = parser.module();
    if parser.reports.is_empty() { Ok(module) } else { Err(parser.reports.into_findings()) }
}

/// A finding has been reported, and the caller must recover.
#[derive(Debug)]
struct Reported;

/// The result of reading a part; on `Err` the tokens up to the mistake have been taken.
type Parsed<T> = Result<T, Reported>;

/// The state of one run.
struct Parser<'t> {
    lexer: Lexer<'t>,
    /// The token to look at next.
    current: Lexeme<'t>,
    /// One past the last token taken, for the spans of things that have several tokens.
    taken_end: usize,
    mnemonics: HashMap<&'static str, Mnemonic>,
    reports: Reports,
}

/// The words that begin a declaration at the start of a line.
const DECLARATIONS: [&str; 5] = ["extern", "global", "func", "target", "il"];

impl<'t> Parser<'t> {
    fn new(text: &'t str) -> Self {
        let mut lexer = Lexer::new(text);
        let current = lexer.next();
        let mnemonics = Mnemonic::all().map(|mnemonic| (mnemonic.name(), mnemonic)).collect();
        Parser { lexer, current, taken_end: 0, mnemonics, reports: Reports::default() }
    }

    fn module(&mut self) -> Module {
        let mut module = Module::default();
        self.skip_line_ends();
        if self.at_word("il") {
            match self.header() {
                Ok(version) => module.version = version,
                Err(Reported) => self.skip_to_line_end(),
            }
        } else {
            let finding = Diagnostic::new(self.current.span, "the version header is missing");
            self.report(finding.help("begin the text with a line 'il 0.3.0'"));
        }
        loop {
            self.skip_line_ends();
            if self.current.token == Token::EndOfText || self.reports.is_full() {
                return module;
            }
            if let Err(Reported) = self.declaration(&mut module) {
                self.skip_to_declaration();
            }
        }
    }

    /// `il 0.3.0`
    fn header(&mut self) -> Parsed<Version> {
        self.advance();
        let span = self.current.span;
        let Token::Word(word) = self.current.token else {
            return Err(self.unexpected("a version such as 0.3.0"));
        };
        let mut parts = word.split('.').map(|part| part.parse::<u32>().ok());
        let version = match (parts.next(), parts.next(), parts.next(), parts.next()) {
            (Some(Some(0)), Some(Some(minor @ 1..=3)), None, None) => (minor, None),
            (Some(Some(0)), Some(Some(minor @ 1..=3)), Some(Some(patch)), None) => {
                (minor, Some(patch))
            }
            _ => {
                let finding = Diagnostic::new(span, format!("unsupported IL version '{word}'"));
                return Err(self.fail(finding.help("supported are 0.1 to 0.3, with any patch")));
            }
        };
        self.advance();
        self.expect_line_end()?;
        Ok(Version { major: 0, minor: version.0, patch: version.1 })
    }

    fn declaration(&mut self, module: &mut Module) -> Parsed<()> {
        let span = self.current.span;
        match self.current.token {
            Token::Word("extern") => {
                let declared = self.extern_declaration()?;
                module.externs.push(declared);
            }
            Token::Word("global") => {
                let declared = self.global_declaration()?;
                module.globals.push(declared);
            }
            Token::Word("func") => module.functions.extend(self.function()),
            Token::Word("target") => {
                let target = self.target_line()?;
                if module.target.replace(target).is_some() {
                    self.report(Diagnostic::new(span, "the target is given twice"));
                }
            }
            Token::Word("il") => {
                let finding = Diagnostic::new(span, "the version header must come first, once");
                return Err(self.fail(finding));
            }
            _ => return Err(self.unexpected("'extern', 'global' or 'func'")),
        }
        Ok(())
    }

    /// `target "x86_64"`
    fn target_line(&mut self) -> Parsed<String> {
        self.advance();
        let target = self.string("the target's name in quotes")?;
        self.expect_line_end()?;
        Ok(target)
    }
}
