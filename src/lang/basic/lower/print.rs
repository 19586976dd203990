//! `PRINT`: its items one after the other, with `,` in zones of 14 columns.
//!
//! Zones are counted from the beginning of the statement.

use super::{Routine, Type, Typed};
use crate::interp::Builtin;
use crate::lang::basic::tree::{Expression, Item};

impl Routine<'_, '_, '_> {
    pub(super) fn print(&mut self, items: &[Item<'_>]) {
        let ends_line = !matches!(items.last(), Some(Item::Zone | Item::Join));
        if items.iter().any(|item| matches!(item, Item::Zone)) {
            return self.print_zones(items, ends_line);
        }
        let values: Vec<&Expression<'_>> = items
            .iter()
            .filter_map(|item| match item {
                Item::Value(value) => Some(value),
                _ => None,
            })
            .collect();
        for (at, value) in values.iter().enumerate() {
            let typed = self.printable(value);
            let is_last = ends_line && at + 1 == values.len();
            let row = match (typed.ty, is_last) {
                (Type::Text, true) => Builtin::Say,
                (Type::Text, false) => Builtin::PrintStr,
                (Type::Float, true) => Builtin::SayNum,
                (Type::Float, false) => Builtin::PrintF64,
                (_, true) => Builtin::SayInt,
                (_, false) => Builtin::PrintI64,
            };
            self.runtime(row, &[typed.value]);
        }
        if values.is_empty() && ends_line {
            let empty = self.f.text("");
            self.runtime(Builtin::Say, &[empty]);
        }
    }

    /// A value that can be printed: a text, a float or an integer.
    fn printable(&mut self, value: &Expression<'_>) -> Typed {
        let typed = self.expression(value);
        match typed.ty {
            Type::Boolean => Typed::new(self.integer_of(typed), Type::Integer),
            Type::Object(_) => {
                self.error(value.span, "an OBJECT cannot be printed");
                Typed::unknown()
            }
            _ => typed,
        }
    }

    /// Makes one text of all items, since each zone depends on what is before it.
    fn print_zones(&mut self, items: &[Item<'_>], ends_line: bool) {
        let mut line = self.f.text("");
        for item in items {
            line = match item {
                Item::Join => continue,
                Item::Zone => self.runtime(Builtin::ToZone, &[line]).value,
                Item::Value(value) => {
                    let typed = self.printable(value);
                    let text = match typed.ty {
                        Type::Text => typed.value,
                        Type::Float => self.runtime(Builtin::ToStringDouble, &[typed.value]).value,
                        _ => self.runtime(Builtin::ToStringInt, &[typed.value]).value,
                    };
                    self.runtime(Builtin::Concat, &[line, text]).value
                }
            };
        }
        self.runtime(if ends_line { Builtin::Say } else { Builtin::PrintStr }, &[line]);
    }
}
