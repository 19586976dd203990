//! Values that are known before the program runs: of `CONST`, of `CASE` labels, and the sizes of arrays.

use super::{Routine, Type, Typed};
use crate::il::Value;
use crate::lang::basic::tree::{Binary, Expression, Kind, Unary};

/// The longest text that is joined before the program runs, in bytes.
const TEXT_MAX: usize = 1 << 16;

/// A constant.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Constant {
    Integer(i64),
    Float(f64),
    Text(String),
    Boolean(bool),
}

impl Constant {
    pub(super) fn ty(&self) -> Type {
        match self {
            Constant::Integer(_) => Type::Integer,
            Constant::Float(_) => Type::Float,
            Constant::Text(_) => Type::Text,
            Constant::Boolean(_) => Type::Boolean,
        }
    }

    pub(super) fn as_integer(&self) -> Option<i64> {
        match self {
            Constant::Integer(value) => Some(*value),
            _ => None,
        }
    }

    fn as_float(&self) -> Option<f64> {
        match self {
            Constant::Integer(value) => Some(*value as f64),
            Constant::Float(value) => Some(*value),
            _ => None,
        }
    }

    /// As a constant of another type, if assigning it would convert it so.
    pub(super) fn into_type(self, ty: Type) -> Option<Constant> {
        match (self, ty) {
            (Constant::Integer(value), Type::Float) => Some(Constant::Float(value as f64)),
            (Constant::Integer(value), Type::Boolean) => Some(Constant::Boolean(value != 0)),
            (Constant::Boolean(value), Type::Integer) => Some(Constant::Integer(-i64::from(value))),
            (Constant::Boolean(value), Type::Float) => {
                Some(Constant::Float(-i64::from(value) as f64))
            }
            (Constant::Float(value), Type::Integer) => {
                let rounded = value.round_ties_even();
                let fits = (i64::MIN as f64..-(i64::MIN as f64)).contains(&rounded);
                fits.then_some(Constant::Integer(rounded as i64))
            }
            (other, ty) if other.ty() == ty || ty == Type::Unknown => Some(other),
            _ => None,
        }
    }
}

impl Routine<'_, '_, '_> {
    /// The constant with this name, unless a variable hides it.
    pub(super) fn constant(&self, key: &str) -> Option<&Constant> {
        let constant = self.constants.get(key).or_else(|| self.known.constants.get(key));
        constant.filter(|_| !self.locals.contains_key(key))
    }

    /// The value of an expression, if it is constant. What traps is not.
    pub(super) fn fold(&self, expression: &Expression<'_>) -> Option<Constant> {
        Some(match &expression.kind {
            Kind::Integer(value) => Constant::Integer(*value),
            Kind::Float(value) => Constant::Float(*value),
            Kind::Text(text) => Constant::Text(text.clone()),
            Kind::Boolean(value) => Constant::Boolean(*value),
            Kind::Name(name) => self.constant(&name.key())?.clone(),
            Kind::Unary(operator, operand) => match (operator, self.fold(operand)?) {
                (Unary::Plus, value @ (Constant::Integer(_) | Constant::Float(_))) => value,
                (Unary::Minus, Constant::Integer(value)) => Constant::Integer(value.checked_neg()?),
                (Unary::Minus, Constant::Float(value)) => Constant::Float(-value),
                (Unary::Not, Constant::Boolean(value)) => Constant::Boolean(!value),
                (Unary::Not, Constant::Integer(value)) => Constant::Integer(!value),
                _ => return None,
            },
            Kind::Binary(operator, left, right) => {
                binary(*operator, &self.fold(left)?, &self.fold(right)?)?
            }
            Kind::Call(callee, arguments) => match (&callee.kind, arguments.as_slice()) {
                (Kind::Name(name), [code])
                    if (name.is("CHR$") || name.is("CHR")) && !self.is_hidden(*name) =>
                {
                    let code = u8::try_from(self.fold(code)?.as_integer()?).ok()?;
                    Constant::Text(char::from(code).to_string())
                }
                _ => return None,
            },
            _ => return None,
        })
    }

    /// A constant as a value.
    pub(super) fn constant_value(&mut self, constant: &Constant) -> Typed {
        let value = match constant {
            Constant::Integer(value) => Value::Int(*value),
            Constant::Float(value) => Value::Float(*value),
            Constant::Boolean(value) => Value::Bool(*value),
            Constant::Text(text) => self.f.text(text),
        };
        Typed::new(value, constant.ty())
    }
}

fn binary(operator: Binary, left: &Constant, right: &Constant) -> Option<Constant> {
    use Constant::{Boolean, Float, Integer, Text};
    if let (Integer(left), Integer(right)) = (left, right) {
        let (left, right) = (*left, *right);
        let value = match operator {
            Binary::Add => left.checked_add(right),
            Binary::Subtract => left.checked_sub(right),
            Binary::Multiply => left.checked_mul(right),
            Binary::IntegerDivide => left.checked_div(right),
            Binary::Modulo if right != 0 => Some(left.wrapping_rem(right)),
            Binary::And => Some(left & right),
            Binary::Or => Some(left | right),
            Binary::Xor => Some(left ^ right),
            Binary::Divide if right != 0 => return Some(Float(left as f64 / right as f64)),
            Binary::Power => return Some(Float((left as f64).powf(right as f64))),
            _ => return compared(operator, left.partial_cmp(&right)?),
        };
        return value.map(Integer);
    }
    match (left, right) {
        (Text(one), Text(other)) if operator == Binary::Add => {
            // A few lines could ask for more memory than there is.
            if one.len() + other.len() > TEXT_MAX {
                return None;
            }
            return Some(Text(format!("{one}{other}")));
        }
        (Text(one), Text(other)) => return compared(operator, one.cmp(other)),
        (Boolean(one), Boolean(other)) => {
            return Some(Boolean(match operator {
                Binary::And | Binary::AndAlso => *one && *other,
                Binary::Or | Binary::OrElse => *one || *other,
                Binary::Xor | Binary::Unequal => one != other,
                Binary::Equal => one == other,
                _ => return None,
            }));
        }
        _ => {}
    }
    let (one, other) = (left.as_float()?, right.as_float()?);
    Some(Float(match operator {
        Binary::Add => one + other,
        Binary::Subtract => one - other,
        Binary::Multiply => one * other,
        Binary::Divide => one / other,
        Binary::Power => one.powf(other),
        _ => return compared(operator, one.partial_cmp(&other)?),
    }))
}

fn compared(operator: Binary, order: std::cmp::Ordering) -> Option<Constant> {
    Some(Constant::Boolean(match operator {
        Binary::Equal => order.is_eq(),
        Binary::Unequal => order.is_ne(),
        Binary::Less => order.is_lt(),
        Binary::LessOrEqual => order.is_le(),
        Binary::Greater => order.is_gt(),
        Binary::GreaterOrEqual => order.is_ge(),
        _ => return None,
    }))
}
