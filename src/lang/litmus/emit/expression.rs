//! Expressions of a thread, as temps.
//!
//! An `int` is 32 bits wide and is kept sign-extended in an `i64`, so a result that may leave that range
//! is wrapped by [`Body::wrapped`]. Comparisons are `i1` where they are used as truth values.

use super::body::Body;
use crate::il::{BinaryOp, Type, UnaryOp, Value};
use crate::lang::builder::Runtime;
use crate::lang::litmus::program::{
    Access, AccessKind, Binary, CompareExchange, Expected, Expression, LocationId, Target, Unary,
    written_in,
};

/// Whether a weak compare-exchange fails.
const MAY_FAIL: Runtime = Runtime { name: "Drawloom.MayFail", params: &[], result: Type::I1 };

impl<'p> Body<'p, '_> {
    /// The value of an expression, as an `i64`. A new temp is called after the hint.
    pub(super) fn value(&mut self, expression: &'p Expression, hint: &str) -> Value {
        match expression {
            Expression::Constant(value) => Value::Int((*value).into()),
            Expression::Variable(variable) => self.values[variable.0].clone(),
            Expression::Access(access) => self.access(access, hint),
            Expression::Unary(Unary::Negate, operand) => {
                let operand = self.value(operand, "operand");
                let value = self.f.binary("wide", BinaryOp::Sub, &Value::Int(0), &operand);
                self.wrapped(&value, hint)
            }
            Expression::Unary(Unary::Complement, operand) => {
                let operand = self.value(operand, "operand");
                self.f.binary(hint, BinaryOp::Xor, &operand, &Value::Int(-1))
            }
            Expression::Binary(binary, operands) => match arithmetic(*binary) {
                Some(operator) => self.arithmetic(&operator, &operands.0, &operands.1, hint),
                None => self.truth_as_value(expression, hint),
            },
            Expression::Unary(Unary::Not, _) => self.truth_as_value(expression, hint),
        }
    }

    fn truth_as_value(&mut self, expression: &'p Expression, hint: &str) -> Value {
        let truth = self.truth(expression);
        self.f.unary(hint, UnaryOp::Zext1, &truth)
    }

    /// Whether an expression is not zero, as an `i1`.
    pub(super) fn truth(&mut self, expression: &'p Expression) -> Value {
        match expression {
            Expression::Unary(Unary::Not, operand) => {
                let operand = self.value(operand, "operand");
                self.f.binary("is_zero", BinaryOp::ICmpEq, &operand, &Value::Int(0))
            }
            Expression::Binary(binary, operands) => {
                if let Some(operator) = comparison(*binary) {
                    let left = self.value(&operands.0, "left");
                    let right = self.value(&operands.1, "right");
                    self.f.binary("truth", operator, &left, &right)
                } else if let Binary::LogicalAnd | Binary::LogicalOr = binary {
                    self.logical(*binary == Binary::LogicalOr, &operands.0, &operands.1)
                } else {
                    self.is_not_zero(expression)
                }
            }
            Expression::Access(access) => match &access.kind {
                AccessKind::CompareExchange(exchange) => self.compare_exchange(access, exchange),
                AccessKind::Load(_) | AccessKind::ReadModifyWrite(..) => {
                    self.is_not_zero(expression)
                }
            },
            Expression::Constant(_) | Expression::Variable(_) | Expression::Unary(..) => {
                self.is_not_zero(expression)
            }
        }
    }

    fn is_not_zero(&mut self, expression: &'p Expression) -> Value {
        let value = self.value(expression, "value");
        self.f.binary("truth", BinaryOp::ICmpNe, &value, &Value::Int(0))
    }

    /// `left && right`, or `left || right` if the left operand decides when it is true. The right
    /// operand is evaluated only if the left one does not decide.
    fn logical(&mut self, decides: bool, left: &'p Expression, right: &'p Expression) -> Value {
        let left = self.truth(left);
        let written = written_in(right);
        let (short, rest) = (self.f.fresh("short"), self.f.fresh("rest"));
        let end = self.f.fresh("endlogical");
        let (if_true, if_false) = if decides { (&short, &rest) } else { (&rest, &short) };
        self.f.branch_if(&left, if_true, if_false);
        let before = self.values.clone();
        self.f.begin(rest);
        let right = self.truth(right);
        self.branch_with_truth(&end, &written, right);
        self.values = before;
        self.f.begin(short);
        self.branch_with_truth(&end, &written, Value::Bool(decides));
        self.begin_with(end, &written);
        self.f.block_param("truth", Type::I1)
    }

    fn arithmetic(
        &mut self,
        operator: &Arithmetic,
        left: &'p Expression,
        right: &'p Expression,
        hint: &str,
    ) -> Value {
        let left = self.value(left, "left");
        let mut right = self.value(right, "right");
        if operator.is_shift {
            right = self.f.binary("count", BinaryOp::And, &right, &Value::Int(31));
        }
        if !operator.may_leave_range {
            return self.f.binary(hint, operator.op, &left, &right);
        }
        let wide = self.f.binary("wide", operator.op, &left, &right);
        self.wrapped(&wide, hint)
    }

    /// The lower half of a word, with its sign.
    fn wrapped(&mut self, wide: &Value, hint: &str) -> Value {
        let half = self.f.binary("half", BinaryOp::Shl, wide, &Value::Int(32));
        self.f.binary(hint, BinaryOp::AShr, &half, &Value::Int(32))
    }

    /// The address of an access.
    pub(super) fn address(&mut self, target: &'p Target) -> Value {
        match target {
            Target::Location(location) => self.location_address(*location),
            Target::Element(array, index) => {
                let index = self.value(index, "index");
                let index = self.f.index_check("index", &index, 0, array.length as i64);
                let mut at = self.location_address(array.first);
                for nth in 1..array.length {
                    let element = self.location_address(LocationId(array.first.0 + nth));
                    let nth = Value::Int(nth as i64);
                    let is_it = self.f.binary("is_it", BinaryOp::ICmpEq, &index, &nth);
                    at = self.f.select("at", Type::Ptr, &is_it, [&element, &at]);
                }
                at
            }
        }
    }

    /// The address of an element whose index must be computed.
    pub(super) fn element_address(&mut self, target: &'p Target) -> Option<Value> {
        matches!(target, Target::Element(..)).then(|| self.address(target))
    }

    fn location_address(&mut self, location: LocationId) -> Value {
        let name = super::global_name(&self.test.locations[location.0].name);
        self.f.global_address(&name, &name)
    }

    fn access(&mut self, access: &'p Access, hint: &str) -> Value {
        match &access.kind {
            AccessKind::Load(order) => {
                self.places.set(&mut self.f, access.span);
                let at = self.address(&access.target);
                match order {
                    Some(order) => self.f.atomic_load(hint, Type::I64, &at, *order),
                    None => self.f.load(hint, Type::I64, &at),
                }
            }
            AccessKind::ReadModifyWrite(operation, operand, order) => {
                let element = self.element_address(&access.target);
                let operand = self.value(operand, "operand");
                self.places.set(&mut self.f, access.span);
                let at = element.unwrap_or_else(|| self.address(&access.target));
                self.f.atomic_rmw(hint, *operation, Type::I64, &at, &operand, *order)
            }
            AccessKind::CompareExchange(exchange) => {
                let truth = self.compare_exchange(access, exchange);
                self.f.unary(hint, UnaryOp::Zext1, &truth)
            }
        }
    }

    /// Whether a compare-exchange stored. The value found is written to the place of the expected value.
    /// If that place is a variable, it is always written, since the two are equal if the exchange
    /// stored. If it is a location, it is written only if the exchange did not store; otherwise there
    /// would be a store that C does not make.
    fn compare_exchange(&mut self, access: &'p Access, exchange: &'p CompareExchange) -> Value {
        let element = self.element_address(&access.target);
        let desired = self.value(&exchange.desired, "desired");
        self.places.set(&mut self.f, access.span);
        let at = element.unwrap_or_else(|| self.address(&access.target));
        match exchange.expected {
            Expected::Variable(variable) => {
                let wanted = self.values[variable.0].clone();
                let (found, stored) = self.exchange_if_equal(&at, exchange, &wanted, &desired);
                self.values[variable.0] = found;
                stored
            }
            Expected::Location(location) => {
                let target = self.location_address(location);
                let wanted = self.f.load("expected", Type::I64, &target);
                let (found, stored) = self.exchange_if_equal(&at, exchange, &wanted, &desired);
                let (failed, end) = (self.f.fresh("failed"), self.f.fresh("endcas"));
                self.f.branch_if(&stored, &end, &failed);
                self.f.begin(failed);
                self.f.store(Type::I64, &target, &found);
                self.f.branch(&end, &[]);
                self.f.begin(end);
                stored
            }
        }
    }

    /// The value found, and whether it is the expected one.
    fn exchange_if_equal(
        &mut self,
        at: &Value,
        exchange: &CompareExchange,
        wanted: &Value,
        desired: &Value,
    ) -> (Value, Value) {
        if !exchange.is_weak {
            return self.strong_exchange(at, exchange, wanted, desired);
        }
        let fails = self.f.host("fails", &MAY_FAIL, &[]);
        let (weak, strong) = (self.f.fresh("weak"), self.f.fresh("strong"));
        let end = self.f.fresh("endweak");
        self.f.branch_if(&fails, &weak, &strong);
        self.f.begin(weak);
        let found = self.f.atomic_load("found", Type::I64, at, exchange.failure);
        self.f.branch(&end, &[found, Value::Bool(false)]);
        self.f.begin(strong);
        let (found, stored) = self.strong_exchange(at, exchange, wanted, desired);
        self.f.branch(&end, &[found, stored]);
        self.f.begin(end);
        (self.f.block_param("found", Type::I64), self.f.block_param("stored", Type::I1))
    }

    fn strong_exchange(
        &mut self,
        at: &Value,
        exchange: &CompareExchange,
        wanted: &Value,
        desired: &Value,
    ) -> (Value, Value) {
        let orders = (exchange.success, exchange.failure);
        let found = self.f.atomic_cas("found", Type::I64, at, (wanted, desired), orders);
        let stored = self.f.binary("stored", BinaryOp::ICmpEq, &found, wanted);
        (found, stored)
    }
}

/// The IL operation for an operator on two integers.
struct Arithmetic {
    op: BinaryOp,
    /// Whether the result of two 32-bit integers may leave the 32-bit range.
    may_leave_range: bool,
    is_shift: bool,
}

fn arithmetic(binary: Binary) -> Option<Arithmetic> {
    let (op, may_leave_range) = match binary {
        Binary::Multiply => (BinaryOp::Mul, true),
        // The smallest integer divided by -1.
        Binary::Divide => (BinaryOp::SDivChk0, true),
        Binary::Remainder => (BinaryOp::SRemChk0, false),
        Binary::Add => (BinaryOp::Add, true),
        Binary::Subtract => (BinaryOp::Sub, true),
        Binary::ShiftLeft => (BinaryOp::Shl, true),
        Binary::ShiftRight => (BinaryOp::AShr, false),
        Binary::And => (BinaryOp::And, false),
        Binary::Xor => (BinaryOp::Xor, false),
        Binary::Or => (BinaryOp::Or, false),
        _ => return None,
    };
    let is_shift = matches!(binary, Binary::ShiftLeft | Binary::ShiftRight);
    Some(Arithmetic { op, may_leave_range, is_shift })
}

fn comparison(binary: Binary) -> Option<BinaryOp> {
    Some(match binary {
        Binary::Less => BinaryOp::SCmpLt,
        Binary::LessEqual => BinaryOp::SCmpLe,
        Binary::Greater => BinaryOp::SCmpGt,
        Binary::GreaterEqual => BinaryOp::SCmpGe,
        Binary::Equal => BinaryOp::ICmpEq,
        Binary::NotEqual => BinaryOp::ICmpNe,
        _ => return None,
    })
}
