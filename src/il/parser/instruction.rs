//! One instruction: `%result:type = mnemonic operands`.

use super::super::lexer::Token;
use super::super::mnemonic::Mnemonic;
use super::super::suggest::nearest;
use super::super::{Binding, Case, Diagnostic, Instruction, Op, Operand, RmwOp, Type};
use super::cursor::quote;
use super::literal::Number;
use super::{Parsed, Parser};

/// What a call site may promise; kept for printing, and nothing relies on it.
pub(in super::super) const CALL_ATTRIBUTES: &[&str] = &["nothrow", "readonly", "pure"];

const RMW_OPS: [RmwOp; 8] = [
    RmwOp::Add,
    RmwOp::Sub,
    RmwOp::And,
    RmwOp::Or,
    RmwOp::Xor,
    RmwOp::Exchange,
    RmwOp::Min,
    RmwOp::Max,
];

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

    /// `%name =` or `%name:type =`, if the line begins so.
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
            return Err(self.fail(match nearest(word, Mnemonic::all().map(|(_, name)| name)) {
                Some(near) => finding.help(format!("did you mean '{near}'?")),
                None => finding,
            }));
        };
        self.advance();
        Ok(mnemonic)
    }

    fn operation(&mut self, mnemonic: Mnemonic) -> Parsed<Op> {
        Ok(match mnemonic {
            Mnemonic::Unary(op) => Op::Unary(op, self.operand()?),
            Mnemonic::Binary(op) => {
                let left = self.operand()?;
                self.expect(',')?;
                Op::Binary(op, left, self.operand()?)
            }
            Mnemonic::Select => {
                let ty = self.typed()?;
                let condition = self.operand()?;
                self.expect(',')?;
                let if_true = self.operand()?;
                self.expect(',')?;
                Op::Select { ty, condition, if_true, if_false: self.operand()? }
            }
            Mnemonic::IdxChk => {
                let index = self.operand()?;
                self.expect(',')?;
                let low = self.operand()?;
                self.expect(',')?;
                Op::IdxChk { index, low, high: self.operand()? }
            }
            Mnemonic::Alloca => Op::Alloca(self.operand()?),
            Mnemonic::Load => Op::Load { ty: self.typed()?, pointer: self.operand()? },
            Mnemonic::Store => {
                let ty = self.typed()?;
                let pointer = self.operand()?;
                self.expect(',')?;
                Op::Store { ty, pointer, value: self.operand()? }
            }
            Mnemonic::Gep => {
                let pointer = self.operand()?;
                self.expect(',')?;
                Op::Gep(pointer, self.operand()?)
            }
            Mnemonic::GAddr => Op::GAddr(self.symbol("a global such as @counter")?.0),
            Mnemonic::AddrOf => Op::AddrOf(self.symbol("a function such as @main")?.0),
            Mnemonic::ConstStr => Op::ConstStr(self.symbol("a string global such as @.text")?.0),
            Mnemonic::ConstNull => Op::ConstNull,
            Mnemonic::ConstF64 => Op::ConstF64(self.float()?),
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
            Mnemonic::AtomicLoad => {
                let ty = self.typed()?;
                let pointer = self.operand()?;
                self.expect(',')?;
                Op::AtomicLoad { ty, pointer, order: self.memory_order()? }
            }
            Mnemonic::AtomicStore => {
                let ty = self.typed()?;
                let pointer = self.operand()?;
                self.expect(',')?;
                let value = self.operand()?;
                self.expect(',')?;
                Op::AtomicStore { ty, pointer, value, order: self.memory_order()? }
            }
            Mnemonic::AtomicRmw => {
                let op = self.rmw_op()?;
                let ty = self.typed()?;
                let pointer = self.operand()?;
                self.expect(',')?;
                let value = self.operand()?;
                self.expect(',')?;
                Op::AtomicRmw { op, ty, pointer, value, order: self.memory_order()? }
            }
            Mnemonic::AtomicCas => {
                let ty = self.typed()?;
                let pointer = self.operand()?;
                self.expect(',')?;
                let expected = self.operand()?;
                self.expect(',')?;
                let desired = self.operand()?;
                self.expect(',')?;
                let success = self.memory_order()?;
                self.expect(',')?;
                let failure = self.memory_order()?;
                Op::AtomicCas { ty, pointer, expected, desired, success, failure }
            }
            Mnemonic::Fence => Op::Fence(self.memory_order()?),
            Mnemonic::Br => Op::Br(self.target()?),
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
            Mnemonic::Ret => Op::Ret(self.optional_operand()?),
            Mnemonic::Trap => Op::Trap,
            Mnemonic::TrapFromErr => {
                Op::TrapFromErr { ty: self.type_name()?, code: self.operand()? }
            }
            Mnemonic::TrapErr => {
                let kind = self.operand()?;
                self.expect(',')?;
                Op::TrapErr { kind, message: self.operand()? }
            }
            Mnemonic::TrapKind => Op::TrapKind(self.optional_operand()?),
            Mnemonic::EhPush => Op::EhPush(self.target()?),
            Mnemonic::EhPop => Op::EhPop,
            Mnemonic::EhEntry => Op::EhEntry,
            Mnemonic::ResumeSame => Op::ResumeSame(self.operand()?),
            Mnemonic::ResumeNext => Op::ResumeNext(self.operand()?),
            Mnemonic::ResumeLabel => {
                let token = self.operand()?;
                self.expect(',')?;
                Op::ResumeLabel { token, target: self.target()? }
            }
        })
    }

    /// A type and the comma after it.
    fn typed(&mut self) -> Parsed<Type> {
        let ty = self.type_name()?;
        self.expect(',')?;
        Ok(ty)
    }

    /// An operand unless the instruction ends here.
    fn optional_operand(&mut self) -> Parsed<Option<Operand>> {
        match self.current.token {
            Token::EndOfLine | Token::EndOfText | Token::Punct('}') => Ok(None),
            _ => self.operand().map(Some),
        }
    }

    /// The constant of `const.f64`; an integer will do.
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

    fn rmw_op(&mut self) -> Parsed<RmwOp> {
        let op = match self.current.token {
            Token::Word(word) => RMW_OPS.into_iter().find(|op| op.name() == word),
            _ => None,
        };
        let Some(op) = op else {
            let finding = self.unexpected_finding("a read-modify-write operation");
            let help = "the operations are add, sub, and, or, xor, xchg, min and max";
            return Err(self.fail(finding.help(help)));
        };
        self.advance();
        Ok(op)
    }

    /// `value -> label`
    fn case(&mut self) -> Parsed<Case> {
        let value = self.integer("a 32-bit case value")?;
        self.expect_arrow()?;
        Ok(Case { value, target: self.target()? })
    }
}
