//! Calls of the functions of `<stdatomic.h>`.

use super::variable::known_variable;
use super::{Parser, Scope};
use crate::il::{Diagnostic, MemoryOrder, RmwOp, Span};
use crate::lang::litmus::cursor::{Parsed, unsupported};
use crate::lang::litmus::program::{
    Access, AccessKind, CompareExchange, Expected, Expression, StatementKind,
};

/// The name of each order. Consume is acquire: that is as strong as it must be, and how compilers treat it.
const ORDERS: &[(&str, MemoryOrder)] = &[
    ("memory_order_relaxed", MemoryOrder::Relaxed),
    ("memory_order_consume", MemoryOrder::Acquire),
    ("memory_order_acquire", MemoryOrder::Acquire),
    ("memory_order_release", MemoryOrder::Release),
    ("memory_order_acq_rel", MemoryOrder::AcqRel),
    ("memory_order_seq_cst", MemoryOrder::SeqCst),
];

/// The functions that return the old value.
const READ_MODIFY_WRITES: &[(&str, RmwOp)] = &[
    ("atomic_exchange", RmwOp::Exchange),
    ("atomic_fetch_add", RmwOp::Add),
    ("atomic_fetch_sub", RmwOp::Sub),
    ("atomic_fetch_and", RmwOp::And),
    ("atomic_fetch_or", RmwOp::Or),
    ("atomic_fetch_xor", RmwOp::Xor),
];

impl<'t> Parser<'t, '_> {
    /// A call that returns a value.
    pub(super) fn call(&mut self, scope: &Scope<'t>, name: &'t str) -> Parsed<Expression> {
        let start = self.cursor.peek().span;
        let (function, is_explicit) = match name.strip_suffix("_explicit") {
            Some(function) => (function, true),
            None => (name, false),
        };
        let read_modify_write = READ_MODIFY_WRITES.iter().find(|(known, _)| *known == function);
        let is_exchange =
            matches!(function, "atomic_compare_exchange_strong" | "atomic_compare_exchange_weak");
        if matches!(function, "atomic_store" | "atomic_thread_fence") {
            return Err(Diagnostic::new(start, format!("'{name}' gives no value")));
        }
        if function != "atomic_load" && read_modify_write.is_none() && !is_exchange {
            return Err(unsupported(name, start));
        }
        self.cursor.next();
        self.cursor.expect("(")?;
        let target = self.address_argument(scope)?;
        let kind = if let Some(&(_, operation)) = read_modify_write {
            self.cursor.expect(",")?;
            let operand = self.expression(scope)?;
            let order = if is_explicit { self.order_argument()?.0 } else { MemoryOrder::SeqCst };
            AccessKind::ReadModifyWrite(operation, operand, order)
        } else if is_exchange {
            self.compare_exchange(scope, is_explicit, function.ends_with("weak"))?
        } else {
            AccessKind::Load(Some(self.load_order(is_explicit, "a load")?))
        };
        self.cursor.expect(")")?;
        let span = self.cursor.since(start);
        Ok(Expression::Access(Box::new(Access { target, kind, span })))
    }

    /// The part after the location: `, &r, e, success, failure`.
    fn compare_exchange(
        &mut self,
        scope: &Scope<'t>,
        is_explicit: bool,
        is_weak: bool,
    ) -> Parsed<AccessKind> {
        self.cursor.expect(",")?;
        let expected = if self.cursor.take("&") {
            let (name, span) = self.cursor.word("the name of a variable")?;
            Expected::Variable(known_variable(scope, name, span)?)
        } else {
            let (name, span) = self.cursor.word("'&' and a variable")?;
            let Some(parameter) = scope.parameters.get(name) else {
                let message = format!("'{name}' is not an address");
                return Err(Diagnostic::new(span, message).help(format!("write '&{name}'")));
            };
            Expected::Location(parameter.location)
        };
        self.cursor.expect(",")?;
        let desired = self.expression(scope)?;
        let success = if is_explicit { self.order_argument()?.0 } else { MemoryOrder::SeqCst };
        let failure = self.load_order(is_explicit, "a compare-exchange that fails")?;
        let exchange = CompareExchange { expected, desired, success, failure, is_weak };
        Ok(AccessKind::CompareExchange(exchange))
    }

    /// `atomic_store(x, e)`, `atomic_store_explicit(x, e, order)`
    pub(super) fn store_call(&mut self, scope: &Scope<'t>) -> Parsed<StatementKind> {
        let is_explicit = self.cursor.is_at_word("atomic_store_explicit");
        self.cursor.next();
        self.cursor.expect("(")?;
        let target = self.address_argument(scope)?;
        self.cursor.expect(",")?;
        let value = self.expression(scope)?;
        let mut order = MemoryOrder::SeqCst;
        if is_explicit {
            let span;
            (order, span) = self.order_argument()?;
            if matches!(order, MemoryOrder::Acquire | MemoryOrder::AcqRel) {
                return Err(cannot_order(order, span, "a store"));
            }
        }
        self.cursor.expect(")")?;
        Ok(StatementKind::Store(target, Some(order), value))
    }

    /// `, order` of a function that only reads.
    fn load_order(&mut self, is_explicit: bool, what: &str) -> Parsed<MemoryOrder> {
        if !is_explicit {
            return Ok(MemoryOrder::SeqCst);
        }
        let (order, span) = self.order_argument()?;
        if matches!(order, MemoryOrder::Release | MemoryOrder::AcqRel) {
            return Err(cannot_order(order, span, what));
        }
        Ok(order)
    }

    /// `, order`
    fn order_argument(&mut self) -> Parsed<(MemoryOrder, Span)> {
        self.cursor.expect(",")?;
        self.memory_order()
    }

    /// The name of an order.
    pub(super) fn memory_order(&mut self) -> Parsed<(MemoryOrder, Span)> {
        let (name, span) = self.cursor.word("a memory order")?;
        match ORDERS.iter().find(|(known, _)| *known == name) {
            Some(&(_, order)) => Ok((order, span)),
            None => Err(Diagnostic::new(span, format!("'{name}' is not a memory order"))),
        }
    }
}

fn cannot_order(order: MemoryOrder, span: Span, what: &str) -> Diagnostic {
    Diagnostic::new(span, format!("'memory_order_{}' cannot order {what}", order.name()))
}
