//! From [`Module`] to text.
//!
//! For a module that the verifier accepts, and for every module that the parser returns, the text parses
//! back to an equal module; floats are equal to the bit, except that all NaNs are one. Names are printed
//! as they are: names that [`verify`](super::verify) rejects give text that does not parse. The form is
//! the canonical one: types before function parameters, carets before labels.

use std::fmt::{self, Write as _};

use super::table::instructions;
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

/// Prints a plain instruction part by part, in addition to the arms for the others.
macro_rules! print {
    (
        alike { $($_alike:tt)* }
        plain { $(
            $(#[$_doc:meta])* $op:ident $_name:literal $_form:literal
            [$($lead:ident: $_lead:ty),*] ($($operand:ident: $_want:expr, $_role:literal);*) [$($order:ident),*]
            -> $_gives:expr;
        )* }
        shaped { $($_shaped:tt)* }
        $f:ident, match $self:ident { $($arms:tt)* }
    ) => {
        match $self {
            $( Op::$op { $($lead,)* $($operand,)* $($order),* } => {
                parts($f, &[$($lead),*], &[$($operand,)* $($order),*])
            } )*
            $($arms)*
        }
    };
}

/// The types of a plain instruction, then the parts after commas.
fn parts(
    f: &mut fmt::Formatter<'_>,
    leads: &[&dyn fmt::Display],
    others: &[&dyn fmt::Display],
) -> fmt::Result {
    leads.iter().try_for_each(|lead| write!(f, " {lead}"))?;
    others.iter().enumerate().try_for_each(|(index, other)| {
        let comma = if leads.is_empty() && index == 0 { "" } else { "," };
        write!(f, "{comma} {other}")
    })
}

impl fmt::Display for Op {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.mnemonic())?;
        instructions!(
            print,
            f,
            match self {
                Op::Unary { operand, .. } => write!(f, " {operand}"),
                Op::Binary { left, right, .. } => write!(f, " {left}, {right}"),
                Op::GlobalAddress { global } | Op::ConstStr { global } => write!(f, " @{global}"),
                Op::FunctionAddress { function } => write!(f, " @{function}"),
                Op::ConstF64 { value } => write!(f, " {}", Float(*value)),
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
                Op::Br { target } | Op::EhPush { handler: target } => write!(f, " {target}"),
                Op::CBr { condition, if_true, if_false } => {
                    write!(f, " {condition}, {if_true}, {if_false}")
                }
                Op::Switch { scrutinee, default, cases } => {
                    write!(f, " {scrutinee}, {default}")?;
                    cases.iter().try_for_each(|(value, target)| write!(f, ", {value} -> {target}"))
                }
                Op::Ret { value: None } | Op::TrapKind { error: None } => Ok(()),
                Op::Ret { value: Some(value) } | Op::TrapKind { error: Some(value) } => {
                    write!(f, " {value}")
                }
                Op::TrapFromErr { ty, code } => write!(f, " {ty} {code}"),
                Op::ResumeLabel { token, target } => write!(f, " {token}, {target}"),
            }
        )
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

/// A float in the fewest digits that give it back. `Debug` always writes a point or an exponent, which
/// distinguishes it from an integer.
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
