//! One instruction: `%result:type = mnemonic operands`.

use std::mem;

use super::super::lexer::Token;
use super::super::suggest::nearest;
use super::super::table::{Mnemonic, instructions};
use super::super::{Binding, Diagnostic, Instruction, Op, Operand, RmwOp, Target, Type};
use super::cursor::quote;
use super::literal::Number;
use super::{Parsed, Parser};

/// The promises that a call site may contain; kept for printing, and nothing relies on them.
pub(in super::super) const CALL_ATTRIBUTES: &[&str] = &["nothrow", "readonly", "pure"];

/// Reads a plain instruction part by part, in addition to the arms for the others.
macro_rules! read {
    (
        alike { $($_alike:tt)* }
        plain { $(
            $(#[$_doc:meta])* $op:ident $_name:literal $_form:literal
            [$($lead:ident: $_lead:ty),*] ($($operand:ident: $_want:expr, $_role:literal);*) [$($order:ident),*]
            -> $_gives:expr;
        )* }
        shaped { $($_shaped:tt)* }
        $parser:ident, match $mnemonic:ident { $($arms:tt)* }
    ) => {{
        let mut is_first = true;
        match $mnemonic {
            $( Mnemonic::$op => {
                $( let $lead = $parser.lead(&mut is_first)?; )*
                $( let $operand = $parser.part(&mut is_first, Parser::operand)?; )*
                $( let $order = $parser.part(&mut is_first, Parser::memory_order)?; )*
                Op::$op { $($lead,)* $($operand,)* $($order),* }
            } )*
            $($arms)*
        }
    }};
}

/// What may come before the operands of a plain instruction.
trait Lead: Sized {
    fn read(parser: &mut Parser<'_>) -> Parsed<Self>;
}

impl Lead for Type {
    fn read(parser: &mut Parser<'_>) -> Parsed<Self> {
        parser.type_name()
    }
}

impl Lead for RmwOp {
    fn read(parser: &mut Parser<'_>) -> Parsed<Self> {
        let op = match parser.current.token {
            Token::Word(word) => RmwOp::ALL.iter().find(|op| op.name() == word),
            _ => None,
        };
        let Some(&op) = op else {
            let finding = parser.unexpected_finding("a read-modify-write operation");
            let help = "the operations are add, sub, and, or, xor, xchg, min and max";
            return Err(parser.fail(finding.help(help)));
        };
        parser.advance();
        Ok(op)
    }
}

impl Parser<'_> {
    /// An instruction without its end of line.
    pub(super) fn instruction(&mut self) -> Parsed<Instruction> {
        let start = self.current.span;
        let result = self.binding()?;
        let mnemonic = self.mnemonic()?;
        let op = self.operation(mnemonic).inspect_err(|_| {
            self.reports.advise_last(|| format!("write it like '{}'", mnemonic.form()));
        })?;
        Ok(Instruction { result, op, span: self.span_from(start), loc: None })
    }

    /// `%name =` or `%name:type =`, if the line begins with one.
    fn binding(&mut self) -> Parsed<Option<Binding>> {
        let Token::Temp(name) = self.current.token else { return Ok(None) };
        let span = self.advance().span;
        let ty = if self.take(':') { Some(self.type_name()?) } else { None };
        self.expect('=')?;
        Ok(Some(Binding { name: name.to_owned(), ty, span }))
    }

    fn mnemonic(&mut self) -> Parsed<Mnemonic> {
        let Token::Word(word) = self.current.token else {
            return Err(self.unexpected("an instruction"));
        };
        let Some(&mnemonic) = self.mnemonics.get(word) else {
            let message = format!("unknown instruction {}", quote(word));
            let finding = Diagnostic::new(self.current.span, message);
            return Err(self.fail(match nearest(word, Mnemonic::all().map(Mnemonic::name)) {
                Some(near) => finding.help(format!("did you mean '{near}'?")),
                None => finding,
            }));
        };
        self.advance();
        Ok(mnemonic)
    }

    fn operation(&mut self, mnemonic: Mnemonic) -> Parsed<Op> {
        Ok(instructions!(
            read,
            self,
            match mnemonic {
                Mnemonic::Unary(op) => Op::Unary { op, operand: self.operand()? },
                Mnemonic::Binary(op) => {
                    let left = self.operand()?;
                    self.expect(',')?;
                    Op::Binary { op, left, right: self.operand()? }
                }
                Mnemonic::GlobalAddress => {
                    Op::GlobalAddress { global: self.symbol("a global such as @counter")?.0 }
                }
                Mnemonic::FunctionAddress => {
                    Op::FunctionAddress { function: self.symbol("a function such as @main")?.0 }
                }
                Mnemonic::ConstStr => {
                    Op::ConstStr { global: self.symbol("a string global such as @.text")?.0 }
                }
                Mnemonic::ConstF64 => Op::ConstF64 { value: self.float()? },
                Mnemonic::Call => {
                    let callee = self.callee()?;
                    let args = self.arguments()?;
                    Op::Call { callee, args, attributes: self.attributes(CALL_ATTRIBUTES)? }
                }
                Mnemonic::CallIndirect => {
                    let signature = if self.at('[') { Some(self.call_signature()?) } else { None };
                    let callee = self.operand()?;
                    Op::CallIndirect { signature, callee, args: self.arguments()? }
                }
                Mnemonic::Br => Op::Br { target: self.target()? },
                Mnemonic::CBr => {
                    let condition = self.operand()?;
                    self.expect(',')?;
                    let if_true = self.target()?;
                    self.expect(',')?;
                    Op::CBr { condition, if_true, if_false: self.target()? }
                }
                Mnemonic::Switch => {
                    let scrutinee = self.operand()?;
                    self.expect(',')?;
                    let default = self.target()?;
                    let mut cases = Vec::new();
                    while self.take(',') {
                        cases.push(self.case()?);
                    }
                    Op::Switch { scrutinee, default, cases }
                }
                Mnemonic::Ret => Op::Ret { value: self.optional_operand()? },
                Mnemonic::TrapFromErr => {
                    Op::TrapFromErr { ty: self.type_name()?, code: self.operand()? }
                }
                Mnemonic::TrapKind => Op::TrapKind { error: self.optional_operand()? },
                Mnemonic::EhPush => Op::EhPush { handler: self.target()? },
                Mnemonic::ResumeLabel => {
                    let token = self.operand()?;
                    self.expect(',')?;
                    Op::ResumeLabel { token, target: self.target()? }
                }
            }
        ))
    }

    /// What comes before the operands.
    fn lead<T: Lead>(&mut self, is_first: &mut bool) -> Parsed<T> {
        *is_first = false;
        T::read(self)
    }

    /// An operand or an order, after a comma unless it is the first thing after the mnemonic.
    fn part<T>(&mut self, is_first: &mut bool, read: fn(&mut Self) -> Parsed<T>) -> Parsed<T> {
        if !mem::replace(is_first, false) {
            self.expect(',')?;
        }
        read(self)
    }

    /// An operand unless the instruction ends here.
    fn optional_operand(&mut self) -> Parsed<Option<Operand>> {
        match self.current.token {
            Token::EndOfLine | Token::EndOfText | Token::Punct('}') => Ok(None),
            _ => self.operand().map(Some),
        }
    }

    /// The constant of `const.f64`; an integer is allowed.
    fn float(&mut self) -> Parsed<f64> {
        let Token::Word(word) = self.current.token else {
            return Err(self.unexpected("a float"));
        };
        let value = match self.number(word)? {
            Some(Number::Float(value)) => value,
            Some(Number::Int(value)) => value as f64,
            None => return Err(self.unexpected("a float")),
        };
        self.advance();
        Ok(value)
    }

    /// The name after `call`.
    fn callee(&mut self) -> Parsed<String> {
        if let Token::Temp(_) = self.current.token {
            let finding = self.unexpected_finding("the name of a function");
            let help = "a pointer to a function is called with 'call.indirect'";
            return Err(self.fail(finding.help(help)));
        }
        Ok(self.symbol("the name of a function")?.0)
    }

    /// `value -> label`
    fn case(&mut self) -> Parsed<(i32, Target)> {
        let value = self.integer("a 32-bit case value")?;
        self.expect_arrow()?;
        Ok((value, self.target()?))
    }
}
