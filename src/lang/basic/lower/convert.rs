//! Conversions between types.
//!
//! | from | to | how |
//! |---|---|---|
//! | `INTEGER` | `FLOAT` | the nearest one |
//! | `FLOAT` | `INTEGER` | rounded, ties to even; traps if it does not fit; an argument is not rounded |
//! | `BOOLEAN` | `INTEGER`, `FLOAT` | -1 or 0 |
//! | `INTEGER` | `BOOLEAN` | whether it is not 0 |
//! | an object | an object | as it is, unless both classes are known and differ |

use super::{Routine, Type, Typed};
use crate::il::{self, BinaryOp, Diagnostic, Span, UnaryOp, Value};

impl Routine<'_, '_, '_> {
    /// The value as a type that `what` needs.
    pub(super) fn convert(
        &mut self,
        typed: Typed,
        to: Type,
        span: Span,
        what: &str,
        rounds: bool,
    ) -> Value {
        match (typed.ty, to) {
            (Type::Unknown, _) => self.initial(to),
            (_, Type::Unknown) => Value::Int(0),
            (Type::Integer | Type::Boolean, Type::Float) => self.float_of(typed),
            (Type::Boolean, Type::Integer) => self.integer_of(typed),
            (Type::Integer, Type::Boolean) => {
                self.f.binary("is_true", BinaryOp::ICmpNe, &typed.value, &Value::Int(0))
            }
            (Type::Float, Type::Integer) if rounds => {
                self.f.unary("rounded", UnaryOp::FpToSiRteChk, &typed.value)
            }
            (Type::Object(Some(one)), Type::Object(Some(other))) if one != other => {
                self.mismatch(typed.ty, to, span, what);
                Value::Null
            }
            (Type::Object(_), Type::Object(_)) => typed.value,
            (from, to) if from == to => typed.value,
            (from, to) => {
                self.mismatch(from, to, span, what);
                self.initial(to)
            }
        }
    }

    fn mismatch(&mut self, from: Type, to: Type, span: Span, what: &str) {
        let message = format!("{what} is {}, but the value is {}", to.name(), from.name());
        let help = match (from, to) {
            (Type::Text, Type::Integer) => Some("convert it: CINT(VAL(...))"),
            (Type::Text, Type::Float) => Some("convert it: VAL(...)"),
            (Type::Integer | Type::Float, Type::Text) => Some("convert it: STR$(...)"),
            (Type::Float, Type::Integer) => Some("convert it: CINT(...)"),
            (Type::Float, Type::Boolean) => Some("compare it: ... <> 0"),
            _ => None,
        };
        let error = Diagnostic::new(span, message);
        self.known.errors.add(Diagnostic { help: help.map(str::to_owned), ..error });
    }

    /// The value that a variable of this type has first.
    pub(super) fn initial(&mut self, ty: Type) -> Value {
        match ty {
            Type::Integer | Type::Unknown => Value::Int(0),
            Type::Float => Value::Float(0.0),
            Type::Boolean => Value::Bool(false),
            Type::Text => self.f.text(""),
            Type::Object(_) => Value::Null,
        }
    }

    /// An `INTEGER` or a `BOOLEAN` as integer.
    pub(super) fn integer_of(&mut self, typed: Typed) -> Value {
        match typed.ty {
            Type::Boolean => {
                let values = [&Value::Int(-1), &Value::Int(0)];
                self.f.select("number", il::Type::I64, &typed.value, values)
            }
            _ => typed.value,
        }
    }

    /// A number as float.
    pub(super) fn float_of(&mut self, typed: Typed) -> Value {
        match (typed.ty, &typed.value) {
            (Type::Float, _) => typed.value,
            (Type::Unknown, _) => Value::Float(0.0),
            (Type::Integer, Value::Int(value)) => Value::Float(*value as f64),
            _ => {
                let value = self.integer_of(typed);
                self.f.unary("float", UnaryOp::SiToFpCast, &value)
            }
        }
    }
}
