//! `SELECT CASE`: the value once, then label by label in order.

use std::collections::HashMap;

use super::constant::Constant;
use super::expression::of_integers;
use super::{Routine, Type, Typed};
use crate::flags::Flag;
use crate::il::{Diagnostic, Span, Value};
use crate::interp::Builtin;
use crate::lang::basic::tree::{Arm, Binary, CaseLabel, Expression, Kind, Statement};

/// What the labels of one `SELECT CASE` have been so far.
struct Labels {
    /// The type of the subject.
    ty: Type,
    first: HashMap<String, Span>,
}

impl Routine<'_, '_, '_> {
    pub(super) fn select_case(
        &mut self,
        subject: &Expression<'_>,
        arms: &[Arm<'_>],
        otherwise: Option<&[Statement<'_>]>,
    ) {
        let typed = self.expression(subject);
        let ty = match typed.ty {
            Type::Integer | Type::Boolean | Type::Unknown => Type::Integer,
            Type::Text => Type::Text,
            other => {
                let message =
                    format!("SELECT CASE takes INTEGER or STRING, found {}", other.name());
                let help = (other == Type::Float).then(|| "convert it: CINT(...)".to_owned());
                let error = Diagnostic::new(subject.span, message);
                self.known.errors.add(Diagnostic { help, ..error });
                Type::Unknown
            }
        };
        let value = self.integer_of(typed);
        let slot = self.new_slot("selector", ty);
        self.f.store(ty.il(), &slot, &value);
        let end = self.f.fresh("selected");
        let mut labels = Labels { ty, first: HashMap::new() };
        let mut is_live = false;
        for arm in arms {
            let [body, next] = ["case", "case.next"].map(|hint| self.f.fresh(hint));
            for label in &arm.labels {
                let after = self.f.fresh("case.or");
                if let Some(hit) = self.hit(label, &slot, &mut labels) {
                    self.f.branch_if(&hit, &body, &after);
                    self.f.begin(&after);
                }
            }
            self.jump(&next);
            self.begin(&body, self.is_live);
            let before = self.is_live;
            self.statements(&arm.body);
            is_live |= self.is_open && self.is_live;
            self.jump(&end);
            self.begin(&next, before);
        }
        self.statements(otherwise.unwrap_or_default());
        is_live |= self.is_open && self.is_live;
        self.jump(&end);
        self.begin(&end, is_live);
    }

    /// Whether a label fits the value; `None` if the label is wrong.
    fn hit(&mut self, label: &CaseLabel<'_>, slot: &Value, labels: &mut Labels) -> Option<Value> {
        match label {
            CaseLabel::Value(value) => {
                self.place(value.span);
                let constant = self.label(value, labels)?;
                self.is_new(format!("{constant:?}"), value.span, labels);
                Some(self.case_relation(Binary::Equal, slot, &constant))
            }
            CaseLabel::Relation(relation, value) => {
                self.place(value.span);
                let constant = self.label(value, labels)?;
                Some(self.case_relation(*relation, slot, &constant))
            }
            CaseLabel::Range(low, high) => {
                self.place(low.span);
                let ends = (self.label(low, labels), self.label(high, labels));
                let (Some(first), Some(last)) = ends else { return None };
                let is_empty = match (&first, &last) {
                    (Constant::Integer(first), Constant::Integer(last)) => first > last,
                    (Constant::Text(first), Constant::Text(last)) => first > last,
                    _ => false,
                };
                if is_empty {
                    let span = Span { start: low.span.start, end: high.span.end };
                    self.error_with(span, "nothing is in this range", "write the lower end first");
                }
                let above = self.case_relation(Binary::GreaterOrEqual, slot, &first);
                let below = self.case_relation(Binary::LessOrEqual, slot, &last);
                let arms = [&below, &Value::Bool(false)];
                Some(self.f.select("is", crate::il::Type::I1, &above, arms))
            }
        }
    }

    /// The constant of a label, of the subject's type.
    fn label(&mut self, value: &Expression<'_>, labels: &Labels) -> Option<Constant> {
        let is_literal = matches!(
            &value.kind,
            Kind::Integer(_) | Kind::Float(_) | Kind::Text(_) | Kind::Boolean(_)
        ) || matches!(&value.kind, Kind::Unary(_, it) if matches!(it.kind, Kind::Integer(_)));
        if !is_literal && !self.known.flags.is_enabled(Flag::SelectCaseConstLabels) {
            let help = format!("{} is off", Flag::SelectCaseConstLabels.name());
            self.error_with(value.span, "SELECT CASE labels must be integer literals", help);
            return None;
        }
        let Some(constant) = self.fold(value) else {
            let help = "a label is a literal or a CONST; for other conditions use IF ... ELSEIF";
            self.error_with(value.span, "SELECT CASE labels must be literals or CONSTs", help);
            return None;
        };
        match (constant.ty(), labels.ty) {
            (_, Type::Unknown) => None,
            (Type::Integer, Type::Integer) | (Type::Text, Type::Text) => Some(constant),
            (Type::Boolean, Type::Integer) => constant.into_type(Type::Integer),
            (Type::Text, _) | (_, Type::Text) => {
                let message = format!(
                    "mixed-type SELECT CASE: the value is {}, the label is {}",
                    labels.ty.name(),
                    constant.ty().name()
                );
                self.error(value.span, message);
                None
            }
            _ => {
                self.error(value.span, "SELECT CASE labels must be integer literals");
                None
            }
        }
    }

    /// Adds an error if a label is there a second time.
    fn is_new(&mut self, label: String, span: Span, labels: &mut Labels) {
        if let Some(&first) = labels.first.get(&label) {
            let error = Diagnostic::new(span, "duplicate CASE label");
            self.known.errors.add(error.related(first, "the first one decides"));
        } else {
            labels.first.insert(label, span);
        }
    }

    fn case_relation(&mut self, relation: Binary, slot: &Value, constant: &Constant) -> Value {
        let Typed { value: label, ty } = self.constant_value(constant);
        let value = self.f.load("value", ty.il(), slot);
        let op = of_integers(relation);
        if ty == Type::Text {
            let order = self.runtime(Builtin::Compare, &[value, label]).value;
            return self.f.binary("is", op, &order, &Value::Int(0));
        }
        self.f.binary("is", op, &value, &label)
    }
}
