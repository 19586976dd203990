//! One thread: its statements, and the values of its variables at each of them.
//!
//! A variable is a temp, a new one after each assignment. Where two paths meet, each variable that
//! either may have written becomes a parameter of the block where they meet. At the head of a loop, each
//! variable that the loop may write becomes a parameter.

use std::collections::BTreeSet;

use super::{Places, global_of, thread_function};
use crate::il::{Type, Value};
use crate::lang::builder::{FunctionBuilder, ModuleBuilder};
use crate::lang::litmus::program::{
    Expression, Statement, StatementKind, Test, Thread, Variable, VariableId, written_by,
    written_in,
};
use crate::lang::litmus::state::Observed;

/// A thread's function while its statements are emitted.
pub(super) struct Body<'p, 'm> {
    pub(super) f: FunctionBuilder<'m>,
    pub(super) test: &'p Test,
    pub(super) thread: &'p Thread,
    pub(super) places: &'p Places<'p>,
    /// The value of each variable, by its id.
    pub(super) values: Vec<Value>,
}

impl<'p, 'm> Body<'p, 'm> {
    /// Emits the function of a thread.
    pub(super) fn emit(
        module: &'m mut ModuleBuilder,
        test: &'p Test,
        number: usize,
        places: &'p Places<'p>,
    ) {
        let thread = &test.threads[number];
        let mut f = FunctionBuilder::new(module, thread_function(number), &[], Type::Void);
        places.set(&mut f, thread.span);
        f.begin("entry");
        let initial = |variable: &Variable| Value::Int(variable.initial.into());
        let values = thread.variables.iter().map(initial).collect();
        let mut body = Body { f, test, thread, places, values };
        body.statements(&thread.body);
        places.set(&mut body.f, thread.span);
        body.store_observed(number);
        body.f.ret(None);
        body.f.finish();
    }

    /// Stores the values that main prints, after the thread has done everything else.
    fn store_observed(&mut self, number: usize) {
        for observed in &self.test.observed {
            let Observed::Register { thread, name } = observed else { continue };
            if *thread as usize != number {
                continue;
            }
            let same_name = |variable: &Variable| variable.name == *name;
            let Some(index) = self.thread.variables.iter().position(same_name) else { continue };
            let at = self.f.global_address("at", &global_of(observed));
            let value = self.values[index].clone();
            self.f.store(Type::I64, &at, &value);
        }
    }

    fn statements(&mut self, statements: &'p [Statement]) {
        for statement in statements {
            self.places.set(&mut self.f, statement.span);
            self.statement(&statement.kind);
        }
    }

    fn statement(&mut self, kind: &'p StatementKind) {
        match kind {
            StatementKind::Assign(variable, value) => {
                let value = self.value(value, &self.thread.variables[variable.0].name);
                self.values[variable.0] = value;
            }
            StatementKind::Store(target, order, value) => {
                // The index is evaluated first, from left to right.
                let element = self.element_address(target);
                let value = self.value(value, "value");
                let at = element.unwrap_or_else(|| self.address(target));
                match order {
                    Some(order) => self.f.atomic_store(Type::I64, &at, &value, *order),
                    None => self.f.store(Type::I64, &at, &value),
                }
            }
            StatementKind::Fence(order) => self.f.fence(*order),
            StatementKind::Evaluate(value) => {
                self.value(value, "unused");
            }
            StatementKind::If(condition, then, otherwise) => {
                self.if_statement(condition, then, otherwise);
            }
            StatementKind::While(condition, body) => self.while_loop(condition, body),
            StatementKind::DoWhile(body, condition) => self.do_loop(body, condition),
        }
    }

    fn if_statement(
        &mut self,
        condition: &'p Expression,
        then: &'p [Statement],
        otherwise: &'p [Statement],
    ) {
        let condition = self.truth(condition);
        let mut written = written_by(then);
        written.extend(written_by(otherwise));
        let before = self.values.clone();
        let labels = [self.f.fresh("then"), self.f.fresh("else")];
        let end = self.f.fresh("endif");
        self.f.branch_if(&condition, &labels[0], &labels[1]);
        for (label, arm) in labels.into_iter().zip([then, otherwise]) {
            self.values.clone_from(&before);
            self.f.begin(label);
            self.statements(arm);
            self.branch_with(&end, &written);
        }
        self.begin_with(end, &written);
    }

    fn while_loop(&mut self, condition: &'p Expression, body: &'p [Statement]) {
        let mut written = written_in(condition);
        written.extend(written_by(body));
        let (head, inside) = (self.f.fresh("while"), self.f.fresh("do"));
        let end = self.f.fresh("endwhile");
        self.branch_with(&head, &written);
        self.begin_with(head.clone(), &written);
        let condition = self.truth(condition);
        self.f.branch_if(&condition, &inside, &end);
        let after = self.values.clone();
        self.f.begin(inside);
        self.statements(body);
        self.branch_with(&head, &written);
        self.f.begin(end);
        self.values = after;
    }

    fn do_loop(&mut self, body: &'p [Statement], condition: &'p Expression) {
        let mut written = written_in(condition);
        written.extend(written_by(body));
        let (head, again) = (self.f.fresh("do"), self.f.fresh("again"));
        let end = self.f.fresh("enddo");
        self.branch_with(&head, &written);
        self.begin_with(head.clone(), &written);
        self.statements(body);
        let condition = self.truth(condition);
        self.f.branch_if(&condition, &again, &end);
        self.f.begin(again);
        self.branch_with(&head, &written);
        self.f.begin(end);
    }

    /// Branches to a block that takes these variables.
    fn branch_with(&mut self, label: &str, written: &BTreeSet<VariableId>) {
        let args: Vec<Value> = written.iter().map(|id| self.values[id.0].clone()).collect();
        self.f.branch(label, &args);
    }

    /// Branches to a block that takes these variables and a truth value.
    pub(super) fn branch_with_truth(
        &mut self,
        label: &str,
        written: &BTreeSet<VariableId>,
        truth: Value,
    ) {
        let values = written.iter().map(|id| self.values[id.0].clone());
        let args: Vec<Value> = values.chain([truth]).collect();
        self.f.branch(label, &args);
    }

    /// Begins a block that takes these variables.
    pub(super) fn begin_with(&mut self, label: String, written: &BTreeSet<VariableId>) {
        self.f.begin(label);
        for id in written {
            let name = &self.thread.variables[id.0].name;
            self.values[id.0] = self.f.block_param(name, Type::I64);
        }
    }
}
