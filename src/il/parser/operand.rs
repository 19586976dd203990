//! Operands, branch targets, types and names.

use super::super::lexer::Token;
use super::super::suggest::nearest;
use super::super::{Diagnostic, MemoryOrder, Operand, Param, Signature, Span, Target, Type, Value};
use super::cursor::quote;
use super::literal::{EscapeFault, Number, NumberFault, number, unescape};
use super::{Parsed, Parser};

/// The type that a word of another language probably means.
fn foreign_type(word: &str) -> Option<&'static str> {
    match word {
        "bool" | "boolean" => Some("i1"),
        "short" => Some("i16"),
        "int" | "long" | "u64" | "usize" => Some("i64"),
        "u32" => Some("i32"),
        "float" | "double" | "f32" => Some("f64"),
        "string" => Some("str"),
        "pointer" => Some("ptr"),
        _ => None,
    }
}

impl Parser<'_> {
    /// A use of a value.
    pub(super) fn operand(&mut self) -> Parsed<Operand> {
        let span = self.current.span;
        let value = match self.current.token {
            Token::Temp(name) => Value::Temp(name.to_owned()),
            Token::Symbol(name) => Value::Function(name.to_owned()),
            Token::Word("true") => Value::Bool(true),
            Token::Word("false") => Value::Bool(false),
            Token::Word("null") => Value::Null,
            Token::Word(word) => match self.number(word)? {
                Some(Number::Int(value)) => Value::Int(value),
                Some(Number::Float(value)) => Value::Float(value),
                None => {
                    let finding = self.unexpected_finding("a value");
                    return Err(self.fail(
                        finding.help(format!("write a temp as {}", quote(&format!("%{word}")))),
                    ));
                }
            },
            _ => return Err(self.unexpected("a value")),
        };
        self.advance();
        Ok(Operand { value, span })
    }

    /// The current word as a number; `None` if it does not look like one.
    pub(super) fn number(&mut self, word: &str) -> Parsed<Option<Number>> {
        let fault = match number(word) {
            None => return Ok(None),
            Some(Ok(value)) => return Ok(Some(value)),
            Some(Err(fault)) => fault,
        };
        let message = match fault {
            NumberFault::Malformed => format!("malformed number {}", quote(word)),
            NumberFault::OutOfRange => format!("number {} is out of range", quote(word)),
        };
        Err(self.fail(Diagnostic::new(self.current.span, message)))
    }

    /// An integer in this range, called `what` in messages.
    pub(super) fn integer<T: TryFrom<i64>>(&mut self, what: &str) -> Parsed<T> {
        let Token::Word(word) = self.current.token else { return Err(self.unexpected(what)) };
        let Some(Number::Int(value)) = self.number(word)? else {
            return Err(self.unexpected(what));
        };
        let Ok(value) = T::try_from(value) else {
            let message = format!("{} is out of range for {what}", quote(word));
            return Err(self.fail(Diagnostic::new(self.current.span, message)));
        };
        self.advance();
        Ok(value)
    }

    /// `(a, b)`: operands up to the closing parenthesis.
    pub(super) fn arguments(&mut self) -> Parsed<Vec<Operand>> {
        self.expect('(')?;
        self.list(')', Self::operand)
    }

    /// Items with commas between them, up to and including the closing character.
    pub(super) fn list<T>(
        &mut self,
        close: char,
        mut item: impl FnMut(&mut Self) -> Parsed<T>,
    ) -> Parsed<Vec<T>> {
        let mut items = Vec::new();
        if self.take(close) {
            return Ok(items);
        }
        loop {
            items.push(item(self)?);
            if self.take(close) {
                return Ok(items);
            }
            if !self.take(',') {
                return Err(self.unexpected(&format!("',' or '{close}'")));
            }
        }
    }

    /// `label`, `^label` or `label name`, each with or without arguments.
    pub(super) fn target(&mut self) -> Parsed<Target> {
        // Before a label the word `label` is a keyword; alone it is a label.
        let keyword =
            self.at_word("label") && matches!(self.peek(), Token::Word(_) | Token::Caret(_));
        if keyword {
            self.advance();
        }
        let span = self.current.span;
        let (Token::Word(label) | Token::Caret(label)) = self.current.token else {
            let finding = self.unexpected_finding("a label");
            let finding = match self.current.token {
                Token::Temp(name) | Token::Symbol(name) => {
                    finding.help(format!("write a label as {}", quote(&format!("^{name}"))))
                }
                _ => finding,
            };
            return Err(self.fail(finding));
        };
        self.advance();
        let args = if self.at('(') { self.arguments()? } else { Vec::new() };
        Ok(Target { label: label.to_owned(), args, span })
    }

    /// A type's name.
    pub(super) fn type_name(&mut self) -> Parsed<Type> {
        let Token::Word(word) = self.current.token else { return Err(self.unexpected("a type")) };
        let ty = match word {
            "Error" => Some(Type::Error),
            "ResumeTok" | "resume_tok" => Some(Type::ResumeTok),
            _ => Type::ALL.iter().copied().find(|ty| ty.name() == word),
        };
        let Some(ty) = ty else {
            let finding =
                Diagnostic::new(self.current.span, format!("unknown type {}", quote(word)));
            let near =
                foreign_type(word).or_else(|| nearest(word, Type::ALL.iter().map(|ty| ty.name())));
            return Err(self.fail(match near {
                Some(near) => finding.help(format!("did you mean '{near}'?")),
                None => finding.help(
                    "the types are void, i1, i16, i32, i64, f64, ptr, str, error and resumetok",
                ),
            }));
        };
        self.advance();
        Ok(ty)
    }

    /// `(types) -> type`, after the name of an extern.
    pub(super) fn signature(&mut self) -> Parsed<Signature> {
        self.expect('(')?;
        let params = self.parameter_types()?;
        self.expect_arrow()?;
        Ok(Signature { params, result: self.type_name()? })
    }

    /// `[type(types)]`, before the callee of an indirect call.
    pub(super) fn call_signature(&mut self) -> Parsed<Signature> {
        self.expect('[')?;
        let result = self.type_name()?;
        self.expect('(')?;
        let params = self.parameter_types()?;
        self.expect(']')?;
        Ok(Signature { params, result })
    }

    fn parameter_types(&mut self) -> Parsed<Vec<Type>> {
        self.list(')', |parser| {
            parser.reject_variadic()?;
            parser.type_name()
        })
    }

    /// Reports `...`.
    pub(super) fn reject_variadic(&mut self) -> Parsed<()> {
        if self.at_word("...") {
            let finding =
                Diagnostic::new(self.current.span, "variadic functions are not supported");
            return Err(self.fail(finding.help("declare the parameters that are passed")));
        }
        Ok(())
    }

    /// `%name: type`, or `type %name` where the older form is also allowed.
    pub(super) fn parameter(&mut self, type_first: bool) -> Parsed<Param> {
        self.reject_variadic()?;
        let leading = match self.current.token {
            Token::Word(_) if type_first => Some(self.type_name()?),
            _ => None,
        };
        let span = self.current.span;
        let name = self.temp("a parameter's name such as %x")?;
        let ty = if let Some(ty) = leading {
            ty
        } else {
            self.expect(':')?;
            self.type_name()?
        };
        Ok(Param { name, ty, span })
    }

    /// `%name`
    pub(super) fn temp(&mut self, expected: &str) -> Parsed<String> {
        if let Token::Temp(name) = self.current.token {
            self.advance();
            return Ok(name.to_owned());
        }
        Err(self.unexpected(expected))
    }

    /// `@name` and its place.
    pub(super) fn symbol(&mut self, expected: &str) -> Parsed<(String, Span)> {
        let span = self.current.span;
        match self.current.token {
            Token::Symbol(name) => {
                self.advance();
                Ok((name.to_owned(), span))
            }
            Token::Temp(name) | Token::Word(name) => {
                let finding = self.unexpected_finding(expected);
                let help = format!("write a function or global as {}", quote(&format!("@{name}")));
                Err(self.fail(finding.help(help)))
            }
            _ => Err(self.unexpected(expected)),
        }
    }

    /// A string literal, unescaped.
    pub(super) fn string(&mut self, expected: &str) -> Parsed<String> {
        let Token::Str(inside) = self.current.token else {
            return Err(self.unexpected(expected));
        };
        let span = self.current.span;
        let text = unescape(inside).map_err(|fault| {
            let finding = escape_finding(fault, inside, span);
            self.fail(finding)
        })?;
        self.advance();
        Ok(text)
    }

    /// `relaxed`, `acquire`, `release`, `acq_rel` or `seq_cst`.
    pub(super) fn memory_order(&mut self) -> Parsed<MemoryOrder> {
        let order = match self.current.token {
            Token::Word(word) => MemoryOrder::ALL.iter().find(|order| order.name() == word),
            _ => None,
        };
        let Some(&order) = order else {
            let finding = self.unexpected_finding("a memory order");
            let help = "the orders are relaxed, acquire, release, acq_rel and seq_cst";
            return Err(self.fail(finding.help(help)));
        };
        self.advance();
        Ok(order)
    }

    /// `[nothrow, pure]`, if present: names from `known`.
    pub(super) fn attributes(&mut self, known: &[&'static str]) -> Parsed<Vec<String>> {
        if !self.take('[') {
            return Ok(Vec::new());
        }
        self.list(']', |parser| {
            let Token::Word(word) = parser.current.token else {
                return Err(parser.unexpected("an attribute"));
            };
            if !known.contains(&word) {
                let message = format!("unknown attribute {}", quote(word));
                let finding = Diagnostic::new(parser.current.span, message);
                let help = format!("the attributes are {}", known.join(", "));
                return Err(parser.fail(finding.help(help)));
            }
            parser.advance();
            Ok(word.to_owned())
        })
    }
}

/// The finding about an escape, at the escape if it has a place of its own.
fn escape_finding(fault: EscapeFault, inside: &str, string: Span) -> Diagnostic {
    let inside_start = string.range().start + 1;
    let place = |at: usize, characters: usize| {
        let length: usize = inside[at..].chars().take(characters).map(char::len_utf8).sum();
        Span::new(inside_start + at, inside_start + at + length)
    };
    match fault {
        EscapeFault::Unknown(at) => Diagnostic::new(place(at, 2), "unknown escape in a string")
            .help(r#"the escapes are \", \\, \n, \t, \r, \0 and \xNN"#),
        EscapeFault::ShortHex(at) => {
            Diagnostic::new(place(at, 2), r"'\x' needs two hexadecimal digits")
        }
        EscapeFault::NotUtf8 => {
            Diagnostic::new(string, r"the string's '\x' escapes do not give UTF-8")
        }
    }
}
