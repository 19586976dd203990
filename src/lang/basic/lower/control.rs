//! Branches, loops and `TRY`.

use super::{Constant, Loop, Routine, Type};
use crate::il::{self, BinaryOp, Value};
use crate::lang::basic::tree::{Condition, Expression, For, LoopKind, Statement, Word};

impl Routine<'_, '_, '_> {
    pub(super) fn if_statement(
        &mut self,
        branches: &[(Expression<'_>, Vec<Statement<'_>>)],
        otherwise: &[Statement<'_>],
    ) {
        let end = self.f.fresh("end_if");
        let mut is_live = false;
        for (condition, statements) in branches {
            let [then, next] = ["then", "else"].map(|hint| self.f.fresh(hint));
            let before = self.is_live;
            let condition = self.condition(condition);
            self.f.branch_if(&condition, &then, &next);
            self.begin(&then, before);
            self.statements(statements);
            is_live |= self.is_open && self.is_live;
            self.jump(&end);
            self.begin(&next, before);
        }
        self.statements(otherwise);
        is_live |= self.is_open && self.is_live;
        self.jump(&end);
        self.begin(&end, is_live);
    }

    /// The statements of a loop, between its head and the jump back.
    fn loop_body(&mut self, kind: LoopKind, exit: &str, body: &[Statement<'_>]) -> bool {
        let (exit, tries) = (exit.to_owned(), self.tries.len());
        self.loops.push(Loop { kind, exit, is_left: false, tries });
        self.statements(body);
        self.loops.pop().is_some_and(|it| it.is_left)
    }

    /// `WHILE` and `DO`, with a condition at the head, at the foot, or nowhere.
    pub(super) fn condition_loop(
        &mut self,
        kind: LoopKind,
        head: Option<&Condition<'_>>,
        body: &[Statement<'_>],
        foot: Option<&Condition<'_>>,
    ) {
        let [again, inside, exit] =
            ["loop", "loop.body", "loop.end"].map(|hint| self.f.fresh(hint));
        let before = self.is_live;
        self.jump(&again);
        self.begin(&again, before);
        if let Some(condition) = head {
            self.leave_loop_if(condition, &inside, &exit);
            self.begin(&inside, before);
        }
        let is_left = self.loop_body(kind, &exit, body);
        let mut is_live = head.is_some() && before || is_left;
        if let (Some(condition), true) = (foot, self.is_open) {
            is_live |= self.is_live;
            self.leave_loop_if(condition, &again, &exit);
            self.is_open = false;
        } else {
            self.jump(&again);
        }
        self.begin(&exit, is_live);
    }

    fn leave_loop_if(&mut self, condition: &Condition<'_>, inside: &str, exit: &str) {
        let value = self.condition(&condition.value);
        if condition.is_until {
            self.f.branch_if(&value, exit, inside);
        } else {
            self.f.branch_if(&value, inside, exit);
        }
    }

    pub(super) fn for_loop(&mut self, it: &For<'_>) {
        let bounds = [Some(&it.from), Some(&it.to), it.step.as_ref()];
        let values = bounds.map(|bound| bound.map(|bound| (self.expression(bound), bound.span)));
        let is_float = values.iter().flatten().any(|(typed, _)| typed.ty == Type::Float);
        let ty = if is_float { Type::Float } else { Type::Integer };
        let Some(variable) = self.variable_for(it.variable, ty) else { return };
        let ty = variable.ty;
        if !ty.is_number() {
            let message = format!("'{}' is {}, and no number", variable.name, ty.name());
            self.error(it.variable.span, message);
            return;
        }
        // As the variable has it: in a loop over an INTEGER, a STEP of 0.5 is 0.
        let constant_step = match &it.step {
            None => Some(1.0),
            Some(step) => {
                let step = self.fold(step).and_then(|it| it.into_type(ty));
                step.and_then(|it| it.into_type(Type::Float)).as_ref().and_then(number)
            }
        };
        if let (Some(0.0), Some(step)) = (constant_step, &it.step) {
            self.refuse_step_of_zero(step, &variable);
        }
        let [from, to, step] = values.map(|value| {
            let (typed, span) = value?;
            Some(self.convert(typed, ty, span, "a bound of the loop", true))
        });
        let (from, to) = (from.unwrap_or(Value::Int(0)), to.unwrap_or(Value::Int(0)));
        let one = if ty == Type::Float { Value::Float(1.0) } else { Value::Int(1) };
        let (to, step) = (self.kept(to, ty), step.unwrap_or(one));
        let step = self.kept(step, ty);
        let at = self.address(&variable);
        self.f.store(ty.il(), &at, &from);

        let [again, inside, exit] = ["for", "for.body", "for.end"].map(|hint| self.f.fresh(hint));
        let before = self.is_live;
        self.jump(&again);
        self.begin(&again, before);
        let goes_on = self.goes_on(&variable, &to, &step, constant_step);
        self.f.branch_if(&goes_on, &inside, &exit);
        self.begin(&inside, before);
        self.loop_variables.push(it.variable.key());
        self.loop_body(LoopKind::For, &exit, &it.body);
        self.loop_variables.pop();
        if self.is_open {
            self.place(it.variable.span);
            let step = self.kept_value(&step, ty);
            let value = self.read(&variable).value;
            let op = if ty == Type::Float { BinaryOp::FAdd } else { BinaryOp::IAddOvf };
            let next = self.f.binary("next", op, &value, &step);
            let at = self.address(&variable);
            self.f.store(ty.il(), &at, &next);
            self.jump(&again);
        }
        self.begin(&exit, before);
    }

    fn refuse_step_of_zero(&mut self, step: &Expression<'_>, variable: &super::Variable) {
        match self.fold(step) {
            Some(Constant::Float(written)) if variable.ty == Type::Integer && written != 0.0 => {
                let name = &variable.name;
                let message = format!(
                    "a STEP of {written} is rounded to 0, since '{name}' is INTEGER, and never ends \
                     the loop"
                );
                self.error_with(step.span, message, "use a FLOAT variable for the loop");
            }
            _ => self.error(step.span, "a STEP of 0 never ends the loop"),
        }
    }

    /// Whether the loop's variable is not past its end.
    fn goes_on(
        &mut self,
        variable: &super::Variable,
        to: &Kept,
        step: &Kept,
        constant_step: Option<f64>,
    ) -> Value {
        let ty = variable.ty;
        let [less, greater, zero] = match ty {
            Type::Float => [BinaryOp::FCmpLe, BinaryOp::FCmpGe, BinaryOp::FCmpLt],
            _ => [BinaryOp::SCmpLe, BinaryOp::SCmpGe, BinaryOp::SCmpLt],
        };
        let value = self.read(variable).value;
        let to = self.kept_value(to, ty);
        if let Some(step) = constant_step {
            let op = if step < 0.0 { greater } else { less };
            return self.f.binary("goes_on", op, &value, &to);
        }
        let step = self.kept_value(step, ty);
        let nothing = self.initial(ty);
        let falls = self.f.binary("falls", zero, &step, &nothing);
        let down = self.f.binary("down", greater, &value, &to);
        let up = self.f.binary("up", less, &value, &to);
        self.f.select("goes_on", il::Type::I1, &falls, [&down, &up])
    }

    /// Keeps a value for later: a jump into the loop may not have computed it.
    fn kept(&mut self, value: Value, ty: Type) -> Kept {
        if matches!(value, Value::Int(_) | Value::Float(_)) {
            return Kept::Literal(value);
        }
        let slot = self.new_slot("kept", ty);
        self.f.store(ty.il(), &slot, &value);
        Kept::Slot(slot)
    }

    fn kept_value(&mut self, kept: &Kept, ty: Type) -> Value {
        match kept {
            Kept::Literal(value) => value.clone(),
            Kept::Slot(slot) => self.f.load("bound", ty.il(), slot),
        }
    }

    pub(super) fn try_block(
        &mut self,
        body: &[Statement<'_>],
        variable: Option<Word<'_>>,
        handler: &[Statement<'_>],
    ) {
        let [catch, end] = ["catch", "end_try"].map(|hint| self.f.fresh(hint));
        let before = self.is_live;
        let number = self.tries_seen;
        self.tries_seen += 1;
        self.f.push_handler(&catch);
        self.tries.push(number);
        self.statements(body);
        self.tries.pop();
        let mut is_live = self.is_open && self.is_live;
        if self.is_open {
            self.f.pop_handler();
        }
        self.jump(&end);
        let error = self.f.begin_handler(&catch);
        self.is_open = true;
        self.is_live = before;
        let code = self.code_of(&error);
        let hidden = variable.map(|name| (name.key(), self.catch_into(name, &code)));
        self.statements(handler);
        if let Some((key, hidden)) = hidden {
            self.locals.remove(&key);
            self.locals.extend(hidden.map(|it| (key, it)));
        }
        is_live |= self.is_open && self.is_live;
        self.jump(&end);
        self.begin(&end, is_live);
    }
}

/// A value that a loop needs again.
enum Kept {
    Literal(Value),
    Slot(Value),
}

fn number(constant: &Constant) -> Option<f64> {
    match constant {
        Constant::Float(value) => Some(*value),
        _ => None,
    }
}
