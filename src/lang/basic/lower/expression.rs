//! Expressions and their operators.

use super::{Constant, Routine, Type, Typed};
use crate::il::{self, BinaryOp, Span, UnaryOp, Value};
use crate::interp::Builtin;
use crate::lang::basic::tree::{Binary, Expression, Kind, Unary};

impl Routine<'_, '_, '_> {
    /// The value of an expression.
    pub(super) fn expression(&mut self, expression: &Expression<'_>) -> Typed {
        let span = expression.span;
        match &expression.kind {
            Kind::Integer(value) => Typed::new(Value::Int(*value), Type::Integer),
            Kind::Float(value) => Typed::new(Value::Float(*value), Type::Float),
            Kind::Boolean(value) => Typed::new(Value::Bool(*value), Type::Boolean),
            Kind::Text(text) => Typed::new(self.f.text(text), Type::Text),
            Kind::Nothing => Typed::new(Value::Null, Type::Object(None)),
            Kind::Name(_) | Kind::Call(..) | Kind::Member(..) => match self.use_of(expression) {
                Some(typed) => typed,
                None => {
                    let text = "a SUB has no result that an expression could use";
                    self.error(span, text);
                    Typed::unknown()
                }
            },
            Kind::Unary(operator, operand) => self.unary(*operator, operand),
            Kind::Binary(operator, left, right) => self.binary(*operator, left, right, span),
            Kind::New(class, arguments) => self.new_object(class, arguments, span),
            Kind::AddressOf(path) => self.address_of(path),
        }
    }

    /// The value of a condition: a `BOOLEAN`, or an `INTEGER` that is not 0.
    pub(super) fn condition(&mut self, expression: &Expression<'_>) -> Value {
        self.place(expression.span);
        let typed = self.expression(expression);
        match typed.ty {
            Type::Boolean => typed.value,
            Type::Integer => {
                self.f.binary("is_true", BinaryOp::ICmpNe, &typed.value, &Value::Int(0))
            }
            Type::Unknown => Value::Bool(false),
            other => {
                let message = format!("expected a BOOLEAN condition, found {}", other.name());
                let help = match other {
                    Type::Float => "compare it: ... <> 0",
                    Type::Text => "compare it: ... <> \"\"",
                    _ => "compare it: ... = NOTHING",
                };
                self.error_with(expression.span, message, help);
                Value::Bool(false)
            }
        }
    }

    fn unary(&mut self, operator: Unary, operand: &Expression<'_>) -> Typed {
        let typed = self.expression(operand);
        match (operator, typed.ty) {
            (_, Type::Unknown) | (Unary::Plus, Type::Integer | Type::Float) => typed,
            (Unary::Minus, Type::Integer) => match typed.value {
                Value::Int(value) if value != i64::MIN => {
                    Typed::new(Value::Int(-value), Type::Integer)
                }
                value => {
                    let value = self.f.binary("minus", BinaryOp::ISubOvf, &Value::Int(0), &value);
                    Typed::new(value, Type::Integer)
                }
            },
            (Unary::Minus, Type::Float) => {
                let value =
                    self.f.binary("minus", BinaryOp::FMul, &typed.value, &Value::Float(-1.0));
                Typed::new(value, Type::Float)
            }
            (Unary::Not, Type::Boolean) => {
                let not = self.f.binary("not", BinaryOp::ICmpEq, &typed.value, &Value::Bool(false));
                Typed::new(not, Type::Boolean)
            }
            (Unary::Not, Type::Integer) => {
                let not = self.f.binary("not", BinaryOp::Xor, &typed.value, &Value::Int(-1));
                Typed::new(not, Type::Integer)
            }
            (operator, ty) => {
                let text = match operator {
                    Unary::Not => "NOT",
                    Unary::Minus => "-",
                    Unary::Plus => "+",
                };
                let message = format!("'{text}' does not take {}", ty.name());
                self.error(operand.span, message);
                Typed::unknown()
            }
        }
    }

    fn binary(
        &mut self,
        operator: Binary,
        left: &Expression<'_>,
        right: &Expression<'_>,
        span: Span,
    ) -> Typed {
        if matches!(operator, Binary::AndAlso | Binary::OrElse) {
            return self.short_circuit(operator, left, right);
        }
        let one = self.expression(left);
        // Only an INTEGER by an INTEGER traps: with a FLOAT on either side the result is infinite, or no number.
        let divides = matches!(operator, Binary::Divide | Binary::IntegerDivide | Binary::Modulo);
        if divides && one.ty == Type::Integer && self.fold(right) == Some(Constant::Integer(0)) {
            self.error(right.span, "division by zero");
            return Typed::unknown();
        }
        let other = self.expression(right);
        match (one.ty, other.ty) {
            (Type::Unknown, _) | (_, Type::Unknown) => {
                let ty = if operator.is_comparison() { Type::Boolean } else { Type::Unknown };
                let value = self.initial(ty);
                Typed::new(value, ty)
            }
            _ if operator.is_comparison() => self.compare(operator, one, other, span),
            _ if matches!(operator, Binary::And | Binary::Or | Binary::Xor) => {
                self.logical(operator, one, other, span)
            }
            (Type::Text, Type::Text) if operator == Binary::Add => {
                self.runtime(Builtin::Concat, &[one.value, other.value])
            }
            (a, b) if a.is_number() && b.is_number() => self.arithmetic(operator, one, other, span),
            _ => self.wrong_operands(operator, &one, &other, span),
        }
    }

    fn wrong_operands(
        &mut self,
        operator: Binary,
        one: &Typed,
        other: &Typed,
        span: Span,
    ) -> Typed {
        let (a, b) = (one.ty.name(), other.ty.name());
        let message = format!("'{}' does not take {a} and {b}", operator.text());
        let is_text = |it: &Typed| it.ty == Type::Text;
        if operator == Binary::Add && is_text(one) != is_text(other) {
            self.error_with(span, message, "convert the number: STR$(...)");
        } else {
            self.error(span, message);
        }
        Typed::unknown()
    }

    fn arithmetic(&mut self, operator: Binary, one: Typed, other: Typed, span: Span) -> Typed {
        let are_integers = one.ty == Type::Integer && other.ty == Type::Integer;
        let of_integers = match operator {
            Binary::Add => Some(BinaryOp::IAddOvf),
            Binary::Subtract => Some(BinaryOp::ISubOvf),
            Binary::Multiply => Some(BinaryOp::IMulOvf),
            Binary::IntegerDivide => Some(BinaryOp::SDivChk0),
            Binary::Modulo => Some(BinaryOp::SRemChk0),
            _ => None,
        };
        if let Some(op) = of_integers.filter(|_| are_integers) {
            return Typed::new(
                self.f.binary("number", op, &one.value, &other.value),
                Type::Integer,
            );
        }
        let of_floats = match operator {
            Binary::Add => BinaryOp::FAdd,
            Binary::Subtract => BinaryOp::FSub,
            Binary::Multiply => BinaryOp::FMul,
            Binary::Divide => {
                if are_integers && !matches!(other.value, Value::Int(1.. | ..=-1)) {
                    self.trap_if_zero(&other.value);
                }
                BinaryOp::FDiv
            }
            Binary::Power => {
                let powers = [self.float_of(one), self.float_of(other)];
                return self.runtime(Builtin::Pow, &powers);
            }
            _ => {
                let message = format!("'{}' takes INTEGER operands", operator.text());
                self.error_with(span, message, "convert them: CINT(...)");
                return Typed::unknown();
            }
        };
        let (one, other) = (self.float_of(one), self.float_of(other));
        Typed::new(self.f.binary("float", of_floats, &one, &other), Type::Float)
    }

    /// `1 / 0` of integers traps, although the result is a float.
    fn trap_if_zero(&mut self, divisor: &Value) {
        self.f.binary("divides", BinaryOp::SRemChk0, &Value::Int(0), divisor);
    }

    fn compare(&mut self, operator: Binary, one: Typed, other: Typed, span: Span) -> Typed {
        let value = match (one.ty, other.ty) {
            (Type::Text, Type::Text) => {
                let order = self.runtime(Builtin::Compare, &[one.value, other.value]);
                self.f.binary("is", of_integers(operator), &order.value, &Value::Int(0))
            }
            (Type::Object(_), Type::Object(_)) | (Type::Boolean, Type::Boolean)
                if matches!(operator, Binary::Equal | Binary::Unequal) =>
            {
                self.f.binary("is", of_integers(operator), &one.value, &other.value)
            }
            (Type::Integer | Type::Boolean, Type::Integer | Type::Boolean) => {
                let (one, other) = (self.integer_of(one), self.integer_of(other));
                self.f.binary("is", of_integers(operator), &one, &other)
            }
            (Type::Integer | Type::Float, Type::Integer | Type::Float) => {
                let op = match operator {
                    Binary::Equal => BinaryOp::FCmpEq,
                    Binary::Unequal => BinaryOp::FCmpNe,
                    Binary::Less => BinaryOp::FCmpLt,
                    Binary::LessOrEqual => BinaryOp::FCmpLe,
                    Binary::Greater => BinaryOp::FCmpGt,
                    _ => BinaryOp::FCmpGe,
                };
                let (one, other) = (self.float_of(one), self.float_of(other));
                self.f.binary("is", op, &one, &other)
            }
            _ => return self.wrong_operands(operator, &one, &other, span),
        };
        Typed::new(value, Type::Boolean)
    }

    /// `AND`, `OR` and `XOR`: of two booleans a boolean, otherwise bit by bit.
    fn logical(&mut self, operator: Binary, one: Typed, other: Typed, span: Span) -> Typed {
        match (one.ty, other.ty) {
            (Type::Boolean, Type::Boolean) => {
                let (one, other) = (one.value, other.value);
                let value = match operator {
                    Binary::And => {
                        self.f.select("and", il::Type::I1, &one, [&other, &Value::Bool(false)])
                    }
                    Binary::Or => {
                        self.f.select("or", il::Type::I1, &one, [&Value::Bool(true), &other])
                    }
                    _ => self.f.binary("xor", BinaryOp::ICmpNe, &one, &other),
                };
                Typed::new(value, Type::Boolean)
            }
            (Type::Integer | Type::Boolean, Type::Integer | Type::Boolean) => {
                let op = match operator {
                    Binary::And => BinaryOp::And,
                    Binary::Or => BinaryOp::Or,
                    _ => BinaryOp::Xor,
                };
                let (one, other) = (self.integer_of(one), self.integer_of(other));
                Typed::new(self.f.binary("bits", op, &one, &other), Type::Integer)
            }
            _ => self.wrong_operands(operator, &one, &other, span),
        }
    }

    /// `ANDALSO` and `ORELSE`: the right side is only evaluated if it decides.
    fn short_circuit(
        &mut self,
        operator: Binary,
        left: &Expression<'_>,
        right: &Expression<'_>,
    ) -> Typed {
        let [more, end] = ["more", "decided"].map(|hint| self.f.fresh(hint));
        let slot = self.new_slot("decided", Type::Boolean);
        let one = self.condition(left);
        self.f.store(il::Type::I1, &slot, &one);
        match operator {
            Binary::AndAlso => self.f.branch_if(&one, &more, &end),
            _ => self.f.branch_if(&one, &end, &more),
        }
        self.f.begin(&more);
        let other = self.condition(right);
        self.f.store(il::Type::I1, &slot, &other);
        self.f.branch(&end, &[]);
        self.f.begin(&end);
        Typed::new(self.f.load("decision", il::Type::I1, &slot), Type::Boolean)
    }

    /// A float without its fraction: `FIX`.
    pub(super) fn truncated(&mut self, value: &Value) -> Value {
        self.f.unary("whole", UnaryOp::FpToSi, value)
    }
}

/// The comparison of integers that an operator is.
pub(super) fn of_integers(operator: Binary) -> BinaryOp {
    match operator {
        Binary::Equal => BinaryOp::ICmpEq,
        Binary::Unequal => BinaryOp::ICmpNe,
        Binary::Less => BinaryOp::SCmpLt,
        Binary::LessOrEqual => BinaryOp::SCmpLe,
        Binary::Greater => BinaryOp::SCmpGt,
        _ => BinaryOp::SCmpGe,
    }
}
