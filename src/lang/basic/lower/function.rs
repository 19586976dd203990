//! BASIC's own functions: of strings, of numbers, and conversions.

use super::{Routine, Type, Typed};
use crate::il::{self, BinaryOp, Span, UnaryOp, Value};
use crate::interp::Builtin;
use crate::lang::basic::tree::{Expression, Word};

/// Their names.
pub(super) const NAMES: &[&str] = &[
    "ABS", "ASC", "CDBL", "CEIL", "CHR$", "CINT", "CLNG", "CSNG", "ERR", "FIX", "FLOOR", "INSTR",
    "INT", "LBOUND", "LCASE$", "LEFT$", "LEN", "LTRIM$", "MID$", "POW", "RIGHT$", "RTRIM$", "SGN",
    "SQR", "STR$", "TRIM$", "UBOUND", "UCASE$", "VAL",
];

/// Functions that are a row of the runtime's table, with the types of their parameters.
fn row(name: &str, arguments: usize) -> Option<(Builtin, &'static [Type])> {
    use Type::{Float, Integer, Text};
    Some(match (name, arguments) {
        ("LEN", _) => (Builtin::Len, &[Text]),
        ("LEFT", _) => (Builtin::Left, &[Text, Integer]),
        ("RIGHT", _) => (Builtin::Right, &[Text, Integer]),
        ("MID", 3) => (Builtin::MidLen, &[Text, Integer, Integer]),
        ("MID", _) => (Builtin::Mid, &[Text, Integer]),
        ("CHR", _) => (Builtin::Chr, &[Integer]),
        ("ASC", _) => (Builtin::Asc, &[Text]),
        ("UCASE", _) => (Builtin::ToUpper, &[Text]),
        ("LCASE", _) => (Builtin::ToLower, &[Text]),
        ("TRIM", _) => (Builtin::Trim, &[Text]),
        ("LTRIM", _) => (Builtin::TrimStart, &[Text]),
        ("RTRIM", _) => (Builtin::TrimEnd, &[Text]),
        ("VAL", _) => (Builtin::Val, &[Text]),
        ("SQR", _) => (Builtin::Sqrt, &[Float]),
        ("POW", _) => (Builtin::Pow, &[Float, Float]),
        _ => return None,
    })
}

/// Whether BASIC has a function with this name.
pub(super) fn is_function(name: Word<'_>) -> bool {
    let upper = name.key();
    let plain = upper.trim_end_matches('$');
    // A name with another suffix, such as `LEN$`, is none of them.
    NAMES.iter().any(|it| it.trim_end_matches('$') == plain)
        && (!upper.ends_with('$') || NAMES.contains(&upper.as_str()))
}

impl Routine<'_, '_, '_> {
    /// What a function of BASIC gives; `None` if none has this name.
    pub(super) fn function(
        &mut self,
        name: Word<'_>,
        arguments: &[Expression<'_>],
        span: Span,
    ) -> Option<Typed> {
        let upper = name.key();
        let plain = upper.trim_end_matches('$');
        if !is_function(name) {
            return None;
        }
        if matches!(plain, "LBOUND" | "UBOUND") {
            return Some(self.bound(name, plain == "UBOUND", arguments));
        }
        if let Some((row, types)) = row(plain, arguments.len()) {
            return Some(self.by_row(name, row, types, arguments, span));
        }
        if plain == "INSTR" {
            return Some(self.in_string(name, arguments, span));
        }
        let takes = usize::from(plain != "ERR");
        if arguments.len() != takes {
            return Some(self.wrong_arguments(name, takes, arguments));
        }
        if plain == "ERR" {
            let slot = self.error_slot();
            let value = self.f.load("code", il::Type::I64, &slot);
            return Some(Typed::new(value, Type::Integer));
        }
        let typed = self.expression(&arguments[0]);
        Some(match (plain, typed.ty) {
            (_, Type::Unknown) => Typed::unknown(),
            (_, Type::Integer | Type::Float | Type::Boolean) => self.of_number(plain, typed),
            (_, other) => {
                let message = format!("'{}' takes a number, found {}", name.text, other.name());
                self.error(arguments[0].span, message);
                Typed::unknown()
            }
        })
    }

    fn wrong_arguments(
        &mut self,
        name: Word<'_>,
        takes: usize,
        arguments: &[Expression<'_>],
    ) -> Typed {
        let plural = if takes == 1 { "" } else { "s" };
        let message =
            format!("'{}' takes {takes} argument{plural}, found {}", name.text, arguments.len());
        self.error(name.span, message);
        Typed::unknown()
    }

    fn by_row(
        &mut self,
        name: Word<'_>,
        row: Builtin,
        types: &[Type],
        arguments: &[Expression<'_>],
        span: Span,
    ) -> Typed {
        if arguments.len() != types.len() {
            return self.wrong_arguments(name, types.len(), arguments);
        }
        let mut values = vec![];
        for (number, (argument, &ty)) in arguments.iter().zip(types).enumerate() {
            let typed = self.expression(argument);
            let what = format!("parameter {} of '{}'", number + 1, name.text);
            values.push(self.convert(typed, ty, argument.span, &what, false));
        }
        self.place(span);
        self.runtime(row, &values)
    }

    /// `INSTR([start,] text, needle)`
    fn in_string(&mut self, name: Word<'_>, arguments: &[Expression<'_>], span: Span) -> Typed {
        use Type::{Integer, Text};
        match arguments.len() {
            2 => self.by_row(name, Builtin::IndexOf, &[Text, Text], arguments, span),
            3 => {
                let mut values = vec![];
                for (number, (argument, ty)) in
                    (1..).zip(arguments.iter().zip([Integer, Text, Text]))
                {
                    let typed = self.expression(argument);
                    let what = format!("parameter {number} of '{}'", name.text);
                    values.push(self.convert(typed, ty, argument.span, &what, false));
                }
                values.swap(0, 1);
                // A start before the text is its beginning.
                let is_less = self.f.binary("is", BinaryOp::SCmpLt, &values[1], &Value::Int(1));
                let starts = [&Value::Int(1), &values[1]];
                values[1] = self.f.select("start", il::Type::I64, &is_less, starts);
                self.place(span);
                self.runtime(Builtin::IndexOfFrom, &values)
            }
            _ => self.wrong_arguments(name, 2, arguments),
        }
    }

    /// The functions of one number.
    fn of_number(&mut self, name: &str, typed: Typed) -> Typed {
        let is_float = typed.ty == Type::Float;
        let integer = |value| Typed::new(value, Type::Integer);
        match name {
            "STR" if is_float => self.runtime(Builtin::ToStringDouble, &[typed.value]),
            "STR" => {
                let value = self.integer_of(typed);
                self.runtime(Builtin::ToStringInt, &[value])
            }
            "CDBL" | "CSNG" => Typed::new(self.float_of(typed), Type::Float),
            "CINT" | "CLNG" if is_float => {
                integer(self.f.unary("rounded", UnaryOp::FpToSiRteChk, &typed.value))
            }
            "FIX" if is_float => integer(self.truncated(&typed.value)),
            "INT" | "FLOOR" if is_float => self.runtime(Builtin::Floor, &[typed.value]),
            "CEIL" if is_float => self.runtime(Builtin::Ceil, &[typed.value]),
            "ABS" if is_float => {
                let value = typed.value;
                let is_less = self.f.binary("is", BinaryOp::FCmpLt, &value, &Value::Float(0.0));
                let minus = self.f.binary("minus", BinaryOp::FMul, &value, &Value::Float(-1.0));
                let size = self.f.select("size", il::Type::F64, &is_less, [&minus, &value]);
                Typed::new(size, Type::Float)
            }
            "ABS" => {
                let value = self.integer_of(typed);
                let is_less = self.f.binary("is", BinaryOp::SCmpLt, &value, &Value::Int(0));
                // Of a positive number this never overflows.
                let minus = self.f.binary("minus", BinaryOp::ISubOvf, &Value::Int(0), &value);
                integer(self.f.select("size", il::Type::I64, &is_less, [&minus, &value]))
            }
            "SGN" => self.sign(typed),
            // Of an INTEGER, the others change nothing.
            _ => integer(self.integer_of(typed)),
        }
    }

    fn sign(&mut self, typed: Typed) -> Typed {
        let is_float = typed.ty == Type::Float;
        let (value, zero) = if is_float {
            (typed.value, Value::Float(0.0))
        } else {
            (self.integer_of(typed), Value::Int(0))
        };
        let [less, greater] = if is_float {
            [BinaryOp::FCmpLt, BinaryOp::FCmpGt]
        } else {
            [BinaryOp::SCmpLt, BinaryOp::SCmpGt]
        };
        let is_less = self.f.binary("is", less, &value, &zero);
        let is_greater = self.f.binary("is", greater, &value, &zero);
        let plus = [&Value::Int(1), &Value::Int(0)];
        let plus = self.f.select("sign", il::Type::I64, &is_greater, plus);
        let sign = self.f.select("sign", il::Type::I64, &is_less, [&Value::Int(-1), &plus]);
        Typed::new(sign, Type::Integer)
    }

    /// `LBOUND(a)` and `UBOUND(a)`
    fn bound(&mut self, name: Word<'_>, is_upper: bool, arguments: &[Expression<'_>]) -> Typed {
        let [array] = arguments else { return self.wrong_arguments(name, 1, arguments) };
        let found = self.named_variable(&array.kind).filter(|it| it.size.is_some()).cloned();
        match found {
            Some(found) if is_upper => self.last_index(&found),
            Some(_) => Typed::new(Value::Int(0), Type::Integer),
            None => {
                self.error(array.span, format!("'{}' takes the name of an array", name.text));
                Typed::unknown()
            }
        }
    }
}
