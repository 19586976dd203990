//! Statements in order, and those that declare or assign.

use std::collections::BTreeSet;

use super::{Routine, Type};
use crate::il::{self, Span, Value};
use crate::lang::basic::tree::{Action, Declaration, Expression, Kind, Statement, TypeName, Word};

/// Adds the names that statements declare with `DIM` or `CONST`.
pub(super) fn declared(statements: &[Statement<'_>], names: &mut BTreeSet<String>) {
    for statement in statements {
        match &statement.action {
            Action::Dim(all) => names.extend(all.iter().map(|it| it.name.key())),
            Action::Const(name, ..) => {
                names.insert(name.key());
            }
            other => blocks(other).into_iter().for_each(|block| declared(block, names)),
        }
    }
}

/// The blocks of a statement.
pub(super) fn blocks<'s, 't>(action: &'s Action<'t>) -> Vec<&'s [Statement<'t>]> {
    match action {
        Action::If(branches, otherwise) => {
            let branches = branches.iter().map(|(_, block)| block.as_slice());
            branches.chain([otherwise.as_slice()]).collect()
        }
        Action::For(it) => vec![&it.body],
        Action::Loop(_, _, body, _) => vec![body],
        Action::Select(_, arms, otherwise) => {
            let arms = arms.iter().map(|arm| arm.body.as_slice());
            arms.chain(otherwise.as_deref()).collect()
        }
        Action::Try(body, _, handler) => vec![body, handler],
        _ => vec![],
    }
}

impl Routine<'_, '_, '_> {
    pub(super) fn statements(&mut self, statements: &[Statement<'_>]) {
        for statement in statements {
            self.statement(statement);
        }
    }

    fn statement(&mut self, statement: &Statement<'_>) {
        self.place(statement.span);
        if !self.is_open && !matches!(statement.action, Action::Label(_)) {
            // Nothing leads here, but mistakes in it are mistakes.
            let label = self.f.fresh("dead");
            self.begin(&label, false);
        }
        match &statement.action {
            Action::Label(label) => self.label_here(*label),
            Action::Dim(declarations) => declarations.iter().for_each(|it| self.dim(it)),
            Action::Const(name, ty, value) => self.define(*name, ty.as_ref(), value),
            Action::Assign(target, value) => self.assign(target, value),
            Action::Call(call) => self.call_statement(call),
            Action::Print(items) => self.print(items),
            Action::If(branches, otherwise) => self.if_statement(branches, otherwise),
            Action::For(it) => self.for_loop(it),
            Action::Loop(kind, head, body, foot) => {
                self.condition_loop(*kind, head.as_ref(), body, foot.as_ref());
            }
            Action::Select(subject, arms, otherwise) => {
                self.select_case(subject, arms, otherwise.as_deref());
            }
            Action::Exit(what) => self.exit(*what, statement.span),
            Action::Return(value) => self.return_statement(value.as_ref(), statement.span),
            Action::Goto(label) => self.goto(*label),
            Action::Gosub(label) => self.gosub(*label),
            Action::Try(body, variable, handler) => self.try_block(body, *variable, handler),
            Action::End => self.end_program(statement.span),
        }
    }

    /// A name alone, or a call, whose result is dropped.
    fn call_statement(&mut self, call: &Expression<'_>) {
        match &call.kind {
            Kind::Name(_) | Kind::Call(..) | Kind::Member(..) => {
                if let Kind::Name(name) = &call.kind
                    && (self.variable(&name.key()).is_some()
                        || self.constant(&name.key()).is_some())
                {
                    let help = format!("assign to it: {} = ...", name.text);
                    self.error_with(name.span, "a variable alone is no statement", help);
                    return;
                }
                self.use_of(call);
            }
            _ => self.error(call.span, "a value alone is no statement"),
        }
    }

    fn dim(&mut self, declaration: &Declaration<'_>) {
        let Declaration { name, size, ty, value } = declaration;
        let namespace = self.namespace.clone();
        if let Some(last) = size {
            let ty = self.known.type_of(*name, ty.as_ref(), &namespace);
            let (size, count) = self.size(last);
            let array = self.declare(*name, ty, Some(size));
            if let Some(value) = value {
                self.error(value.span, "an array has no value that DIM could give it");
            }
            return self.allocate(&array, &count);
        }
        let value = value.as_ref().map(|it| (self.expression(it), it.span));
        let ty = match (ty, &value) {
            (None, Some((typed, _))) => Type::of_suffix(*name).unwrap_or(typed.ty),
            (ty, _) => self.known.type_of(*name, ty.as_ref(), &namespace),
        };
        let variable = self.declare(*name, ty, None);
        if let Some((typed, span)) = value {
            self.write(&variable, typed, span);
        }
    }

    /// `CONST name = value`
    fn define(&mut self, name: Word<'_>, ty: Option<&TypeName<'_>>, value: &Expression<'_>) {
        self.refuse_name_of_procedure(name);
        let key = name.key();
        let Some(constant) = self.fold(value) else {
            // What is wrong inside of it matters more.
            let typed = self.expression(value);
            if typed.ty != Type::Unknown {
                let help = "a CONST is made of literals and other CONSTs, and does not trap; use DIM for \
                            a variable";
                self.error_with(value.span, "the value of a CONST must be constant", help);
            }
            self.define_constant(key, super::Constant::Integer(0));
            return;
        };
        let namespace = self.namespace.clone();
        let ty = match ty {
            None => Type::of_suffix(name).unwrap_or(constant.ty()),
            Some(_) => self.known.type_of(name, ty, &namespace),
        };
        let from = constant.ty();
        let (constants, variables) = if self.procedure.is_some() {
            (&self.constants, &self.locals)
        } else {
            (&self.known.constants, &self.known.variables)
        };
        // Outside of procedures, a local is the variable of a CATCH.
        let is_variable = variables.contains_key(&key) || self.locals.contains_key(&key);
        if is_variable || constants.contains_key(&key) {
            self.error(name.span, format!("'{}' is defined twice", name.text));
        }
        match constant.into_type(ty) {
            Some(constant) => self.define_constant(key, constant),
            None => {
                let message =
                    format!("'{}' is {}, but the value is {}", name.text, ty.name(), from.name());
                self.error(value.span, message);
                self.define_constant(key, super::Constant::Integer(0));
            }
        }
    }

    fn define_constant(&mut self, key: String, constant: super::Constant) {
        if self.procedure.is_some() {
            self.constants.insert(key, constant);
        } else {
            self.known.constants.insert(key, constant);
        }
    }

    fn assign(&mut self, target: &Expression<'_>, value: &Expression<'_>) {
        match &target.kind {
            Kind::Name(name) => self.assign_name(*name, value),
            Kind::Call(callee, arguments) => match &callee.kind {
                Kind::Name(name) => self.assign_element(*name, arguments, value, target.span),
                _ => self.error(target.span, "this cannot be assigned"),
            },
            Kind::Member(of, member) => self.assign_member(of, *member, value),
            _ => self.error(target.span, "this cannot be assigned"),
        }
    }

    fn assign_name(&mut self, name: Word<'_>, value: &Expression<'_>) {
        let key = name.key();
        let typed = self.expression(value);
        if let Some(ty) = self.own_result(&key).filter(|_| !self.locals.contains_key(&key)) {
            let what = format!("'{}'", name.text);
            let value = self.convert(typed, ty, value.span, &what, true);
            let slot = self.result_slot(ty);
            return self.f.store(ty.il(), &slot, &value);
        }
        if let Some(variable) = self.variable_for(name, typed.ty) {
            self.write(&variable, typed, value.span);
        }
    }

    /// The variable that a statement writes; `None` with an error if the name cannot be written.
    pub(super) fn variable_for(&mut self, name: Word<'_>, ty: Type) -> Option<super::Variable> {
        let key = name.key();
        if self.loop_variables.contains(&key) {
            let message = format!("cannot assign to loop variable '{}' inside FOR", name.text);
            self.error_with(name.span, message, "leave the loop with EXIT FOR, or use WHILE");
            return None;
        }
        if self.constant(&key).is_some() && !self.locals.contains_key(&key) {
            self.error(name.span, format!("cannot assign to constant '{}'", name.text));
            return None;
        }
        let variable = self.variable_to_write(name, ty);
        if variable.size.is_some() {
            let help = format!("name an element: {}(0) = ...", name.text);
            self.error_with(name.span, format!("'{}' is an array", name.text), help);
            return None;
        }
        Some(variable)
    }

    fn assign_element(
        &mut self,
        name: Word<'_>,
        arguments: &[Expression<'_>],
        value: &Expression<'_>,
        span: Span,
    ) {
        let Some(array) = self.variable(&name.key()).filter(|it| it.size.is_some()).cloned() else {
            let help = format!("declare it: DIM {}(10) AS INTEGER", name.text);
            self.error_with(name.span, format!("there is no array '{}'", name.text), help);
            self.expression(value);
            return;
        };
        let typed = self.expression(value);
        self.learn_class(&array, &typed, value.span);
        let ty = self.variable(&name.key()).map_or(array.ty, |it| it.ty);
        let what = format!("an element of '{}'", array.name);
        let value = self.convert(typed, ty, value.span, &what, true);
        let at = self.element(&array, arguments, span);
        self.f.store(ty.il(), &at, &value);
    }

    /// `END`: the end of thread 0. The program ends with its last thread.
    fn end_program(&mut self, span: Span) {
        if self.procedure.is_some() {
            let help = "return to the statements outside, and end there";
            self.error_with(span, "END inside of a procedure is not supported", help);
        }
        self.leave(None);
    }

    /// `CATCH name`: a variable of the block, with the error's code. Gives the variable that it hides.
    pub(super) fn catch_into(&mut self, name: Word<'_>, code: &Value) -> Option<super::Variable> {
        self.refuse_name_of_procedure(name);
        let slot = self.new_slot(super::variable::name_in_il(name), Type::Integer);
        self.f.store(il::Type::I64, &slot, code);
        self.locals.insert(name.key(), super::Variable::in_slot(name, Type::Integer, slot))
    }

    /// The slot for the code of the newest error of this call, which is 0 before the first one.
    pub(super) fn error_slot(&mut self) -> Value {
        let slot = self.error.take().unwrap_or_else(|| self.new_slot("error", Type::Integer));
        self.error = Some(slot.clone());
        slot
    }

    /// Stores a 32-bit number and reads it as an integer.
    pub(super) fn code_of(&mut self, error: &Value) -> Value {
        let slot = self.error_slot();
        let code = self.f.unary("code", il::UnaryOp::ErrGetCode, error);
        self.widened(&code, &slot)
    }
}
