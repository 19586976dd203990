//! From [`Module`] to text.
//!
//! For a module that the verifier accepts, and for every module that the parser gives, the text
//! parses back to an equal module, floats to the bit except that all NaNs are one. Names are
//! printed as they are: those that [`verify`](super::verify) rejects give text that does not
//! parse. The form is the canonical one: types before function parameters, carets before labels.

use std::fmt::{self, Write as _};

use super::{
    Block, Extern, Function, Global, Init, Instruction, Loc, Module, Op, Operand, Signature,
    Target, Value, Version,
};

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)?;
        self.patch.map_or(Ok(()), |patch| write!(f, ".{patch}"))
    }
}

impl fmt::Display for Module {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "il {}", self.version)?;
        if let Some(target) = &self.target {
            writeln!(f, "target {}", Quoted(target))?;
        }
        for declared in &self.externs {
            write!(f, "{declared}")?;
        }
        for declared in &self.globals {
            write!(f, "{declared}")?;
        }
        for function in &self.functions {
            write!(f, "\n{function}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Extern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "extern @{}{}", self.name, self.signature)
    }
}

impl fmt::Display for Global {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let constant = if self.constant { "const " } else { "" };
        write!(f, "global {constant}{} @{}", self.ty, self.name)?;
        match &self.init {
            Init::Zero => {}
            Init::Int(value) => write!(f, " = {value}")?,
            Init::Float(value) => write!(f, " = {}", Float(*value))?,
            Init::Str(text) => write!(f, " = {}", Quoted(text))?,
        }
        f.write_char('\n')
    }
}

impl fmt::Display for Function {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let export = if self.exported { "export " } else { "" };
        write!(f, "func {export}@{}(", self.name)?;
        for (i, param) in self.params.iter().enumerate() {
            let comma = if i > 0 { ", " } else { "" };
            write!(f, "{comma}{} %{}", param.ty, param.name)?;
        }
        writeln!(f, ") -> {} {{", self.result)?;
        for block in &self.blocks {
            write!(f, "{block}")?;
        }
        writeln!(f, "}}")
    }
}

impl fmt::Display for Block {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.label)?;
        if !self.params.is_empty() {
            f.write_char('(')?;
            for (i, param) in self.params.iter().enumerate() {
                let comma = if i > 0 { ", " } else { "" };
                write!(f, "{comma}%{}: {}", param.name, param.ty)?;
            }
            f.write_char(')')?;
        }
        f.write_str(":\n")?;
        let mut loc: Option<Loc> = None;
        for instruction in &self.instructions {
            if instruction.loc != loc {
                loc = instruction.loc;
                let Loc { file, line, column } = loc.unwrap_or(Loc { file: 0, line: 0, column: 0 });
                writeln!(f, "  .loc {file} {line} {column}")?;
            }
            writeln!(f, "  {instruction}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Instruction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(binding) = &self.result {
            write!(f, "%{}", binding.name)?;
            if let Some(ty) = binding.ty {
                write!(f, ":{ty}")?;
            }
            f.write_str(" = ")?;
        }
        write!(f, "{}", self.op)
    }
}

impl fmt::Display for Op {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.mnemonic())?;
        match self {
            Op::ConstNull
            | Op::Trap
            | Op::EhPop
            | Op::EhEntry
            | Op::Ret(None)
            | Op::TrapKind(None) => Ok(()),
            Op::Unary(_, value)
            | Op::Alloca(value)
            | Op::Ret(Some(value))
            | Op::TrapKind(Some(value))
            | Op::ResumeSame(value)
            | Op::ResumeNext(value) => write!(f, " {value}"),
            Op::Binary(_, a, b) | Op::Gep(a, b) => write!(f, " {a}, {b}"),
            Op::Select { ty, condition, if_true, if_false } => {
                write!(f, " {ty}, {condition}, {if_true}, {if_false}")
            }
            Op::IdxChk { index, low, high } => write!(f, " {index}, {low}, {high}"),
            Op::Load { ty, pointer } => write!(f, " {ty}, {pointer}"),
            Op::Store { ty, pointer, value } => write!(f, " {ty}, {pointer}, {value}"),
            Op::GAddr(name) | Op::AddrOf(name) | Op::ConstStr(name) => write!(f, " @{name}"),
            Op::ConstF64(value) => write!(f, " {}", Float(*value)),
            Op::Call { callee, args, attributes } => {
                write!(f, " @{callee}({})", Arguments(args))?;
                if attributes.is_empty() {
                    Ok(())
                } else {
                    write!(f, " [{}]", attributes.join(", "))
                }
            }
            Op::CallIndirect { signature, callee, args } => {
                if let Some(Signature { params, result }) = signature {
                    let params: Vec<_> = params.iter().map(|ty| ty.name()).collect();
                    write!(f, " [{result}({})]", params.join(", "))?;
                }
                write!(f, " {callee}({})", Arguments(args))
            }
            Op::AtomicLoad { ty, pointer, order } => {
                write!(f, " {ty}, {pointer}, {}", order.name())
            }
            Op::AtomicStore { ty, pointer, value, order } => {
                write!(f, " {ty}, {pointer}, {value}, {}", order.name())
            }
            Op::AtomicRmw { op, ty, pointer, value, order } => {
                write!(f, " {} {ty}, {pointer}, {value}, {}", op.name(), order.name())
            }
            Op::AtomicCas { ty, pointer, expected, desired, success, failure } => {
                let (success, failure) = (success.name(), failure.name());
                write!(f, " {ty}, {pointer}, {expected}, {desired}, {success}, {failure}")
            }
            Op::Fence(order) => write!(f, " {}", order.name()),
            Op::Br(target) | Op::EhPush(target) => write!(f, " {target}"),
            Op::CBr { condition, if_true, if_false } => {
                write!(f, " {condition}, {if_true}, {if_false}")
            }
            Op::Switch { scrutinee, default, cases } => {
                write!(f, " {scrutinee}, {default}")?;
                cases.iter().try_for_each(|case| write!(f, ", {} -> {}", case.value, case.target))
            }
            Op::TrapFromErr { ty, code } => write!(f, " {ty} {code}"),
            Op::TrapErr { kind, message } => write!(f, " {kind}, {message}"),
            Op::ResumeLabel { token, target } => write!(f, " {token}, {target}"),
        }
    }
}

impl fmt::Display for Operand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.value {
            Value::Temp(name) => write!(f, "%{name}"),
            Value::Int(value) => write!(f, "{value}"),
            Value::Float(value) => write!(f, "{}", Float(*value)),
            Value::Bool(value) => write!(f, "{value}"),
            Value::Null => f.write_str("null"),
            Value::Function(name) => write!(f, "@{name}"),
        }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "^{}", self.label)?;
        if self.args.is_empty() { Ok(()) } else { write!(f, "({})", Arguments(&self.args)) }
    }
}

/// Operands with commas between them.
struct Arguments<'a>(&'a [Operand]);

impl fmt::Display for Arguments<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, operand) in self.0.iter().enumerate() {
            let comma = if i > 0 { ", " } else { "" };
            write!(f, "{comma}{operand}")?;
        }
        Ok(())
    }
}

/// A float in the fewest digits that give it back. `Debug` always writes a point or an exponent,
/// which keeps it apart from an integer.
struct Float(f64);

impl fmt::Display for Float {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            value if value.is_nan() => f.write_str("NaN"),
            f64::INFINITY => f.write_str("Inf"),
            f64::NEG_INFINITY => f.write_str("-Inf"),
            value => write!(f, "{value:?}"),
        }
    }
}

/// A string in quotes, on one line.
struct Quoted<'a>(&'a str);

impl fmt::Display for Quoted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_char('"')?;
        for character in self.0.chars() {
            match character {
                '"' => f.write_str("\\\"")?,
                '\\' => f.write_str("\\\\")?,
                '\n' => f.write_str("\\n")?,
                '\t' => f.write_str("\\t")?,
                '\r' => f.write_str("\\r")?,
                '\0' => f.write_str("\\0")?,
                '\x01'..='\x1f' | '\x7f' => write!(f, "\\x{:02x}", u32::from(character))?,
                _ => f.write_char(character)?,
            }
        }
        f.write_char('"')
    }
}
