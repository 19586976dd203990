//! Arrays: cells from the heap, whose address is in the variable.
//!
//! `DIM a(n)` has the elements 0 to n. An array whose `n` is a constant has only these; otherwise their
//! number is in a cell before them.

use super::variable::{Size, Variable};
use super::{CELL, Routine, Type, Typed};
use crate::il::{self, BinaryOp, Span, Value};
use crate::lang::basic::tree::Expression;
use crate::lang::builder::Runtime;

const ALLOC: Runtime =
    Runtime { name: "Viper.Memory.Alloc", params: &[il::Type::I64], result: il::Type::Ptr };

/// The most elements that a constant size may ask for; more memory no guest has.
const ELEMENTS_MAX: i64 = 1 << 27;

impl Routine<'_, '_, '_> {
    /// The size that is written in a `DIM`, and the number of elements.
    pub(super) fn size(&mut self, last: &Expression<'_>) -> (Size, Value) {
        let constant = self.fold(last).and_then(|it| it.as_integer());
        if let Some(last_index) = constant {
            if !(0..ELEMENTS_MAX).contains(&last_index) {
                let message = format!("an array cannot have the elements 0 to {last_index}");
                self.error(last.span, message);
                return (Size::Fixed(1), Value::Int(1));
            }
            return (Size::Fixed(last_index + 1), Value::Int(last_index + 1));
        }
        let last_index = self.expression(last);
        let last_index = self.convert(last_index, Type::Integer, last.span, "the size", true);
        let fits = self.f.binary("fits", BinaryOp::SCmpGe, &last_index, &Value::Int(0));
        self.assert(&fits, "the last index of an array is negative");
        let count = self.f.binary("count", BinaryOp::IAddOvf, &last_index, &Value::Int(1));
        (Size::Stored, count)
    }

    /// Makes the elements of an array.
    pub(super) fn allocate(&mut self, array: &Variable, count: &Value) {
        let Some(size) = array.size else { return };
        let bytes = match (size, count) {
            (Size::Fixed(count), _) => Value::Int(count * CELL),
            (Size::Stored, _) => {
                let bytes = self.f.binary("bytes", BinaryOp::IMulOvf, count, &Value::Int(CELL));
                self.f.binary("bytes", BinaryOp::IAddOvf, &bytes, &Value::Int(CELL))
            }
        };
        let elements = self.f.host("array", &ALLOC, &[bytes]);
        if matches!(size, Size::Stored) {
            self.f.store(il::Type::I64, &elements, count);
        }
        if array.ty == Type::Text {
            self.fill(&elements, size, count);
        }
        let at = self.address(array);
        self.f.store(il::Type::Ptr, &at, &elements);
    }

    /// Gives every element of an array of strings the empty one.
    fn fill(&mut self, elements: &Value, size: Size, count: &Value) {
        let (head, body, end) =
            (self.f.fresh("fill"), self.f.fresh("fill.next"), self.f.fresh("filled"));
        let empty = self.f.text("");
        let first = self.f.gep("first", elements, &Value::Int(size.head()));
        self.f.branch(&head, &[Value::Int(0)]);
        self.f.begin(&head);
        let index = self.f.block_param("index", il::Type::I64);
        let more = self.f.binary("more", BinaryOp::SCmpLt, &index, count);
        self.f.branch_if(&more, &body, &end);
        self.f.begin(&body);
        let bytes = self.f.binary("bytes", BinaryOp::Mul, &index, &Value::Int(CELL));
        let at = self.f.gep("at", &first, &bytes);
        self.f.store(il::Type::Str, &at, &empty);
        let next = self.f.binary("next", BinaryOp::Add, &index, &Value::Int(1));
        self.f.branch(&head, &[next]);
        self.f.begin(&end);
    }

    /// The address of an element; traps `bounds` if there is none with this index.
    pub(super) fn element(
        &mut self,
        array: &Variable,
        arguments: &[Expression<'_>],
        span: Span,
    ) -> Value {
        let [index] = arguments else {
            let message =
                format!("'{}' is an array with one index, found {}", array.name, arguments.len());
            self.error(span, message);
            return Value::Null;
        };
        let value = self.expression(index);
        let value = self.convert(value, Type::Integer, index.span, "an index", true);
        let at = self.address(array);
        let elements = self.f.load("array", il::Type::Ptr, &at);
        let size = array.size.unwrap_or(Size::Fixed(0));
        let count = self.count(&elements, size);
        let index = self.f.index_check_below("index", &value, &count);
        let bytes = self.f.binary("bytes", BinaryOp::Mul, &index, &Value::Int(CELL));
        let at = self.f.gep("element", &elements, &bytes);
        match size.head() {
            0 => at,
            head => self.f.gep("element", &at, &Value::Int(head)),
        }
    }

    fn count(&mut self, elements: &Value, size: Size) -> Value {
        match size {
            Size::Fixed(count) => Value::Int(count),
            Size::Stored => self.f.load("count", il::Type::I64, elements),
        }
    }

    /// The last index of an array.
    pub(super) fn last_index(&mut self, array: &Variable) -> Typed {
        let last = match array.size {
            Some(Size::Fixed(count)) => Value::Int(count - 1),
            _ => {
                let at = self.address(array);
                let elements = self.f.load("array", il::Type::Ptr, &at);
                let count = self.count(&elements, Size::Stored);
                self.f.binary("last", BinaryOp::ISubOvf, &count, &Value::Int(1))
            }
        };
        Typed::new(last, Type::Integer)
    }
}
