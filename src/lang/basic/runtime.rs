//! The runtime as BASIC sees it: classes, their constructors, methods and properties.
//!
//! All of it is read from the table of [`Builtin`]. The name of a row is a class and a member:
//! `Threads.Gate.Enter` is `Enter` of the class `Threads.Gate`. A method takes its object first. A class
//! is one that has objects if some row makes them. Names here have no root and are compared without
//! regard to ASCII case.

use super::types::Type;
use crate::il;
use crate::interp::Builtin;

/// Rows that give an object of another class than their own.
const RESULTS: &[(Builtin, &str)] = &[
    (Builtin::PromiseGetFuture, "Threads.Future"),
    (Builtin::MapKeys, "Collections.Seq"),
    (Builtin::MapValues, "Collections.Seq"),
    (Builtin::QueueTryPopOption, "Option"),
    (Builtin::ChannelTryRecv, "Option"),
    (Builtin::FutureTryGetOption, "Option"),
];

/// Members that make an object of their own class.
const MAKERS: &[&str] = &["New", "Start", "StartSafe", "Linked"];

/// Which parameter of a row is a procedure that a thread begins with or a worker calls, if one is. The one after it
/// is what that procedure gets.
pub(super) fn entry_of(row: Builtin) -> Option<usize> {
    match row {
        Builtin::Start | Builtin::StartSafe => Some(0),
        Builtin::PoolSubmit => Some(1),
        _ => None,
    }
}

/// Every name of every row.
fn names() -> impl Iterator<Item = (&'static str, Builtin)> {
    let names = |row: Builtin| std::iter::once(row.name()).chain(row.aliases().iter().copied());
    Builtin::ALL.iter().flat_map(move |&row| names(row).map(move |name| (name, row)))
}

/// A name apart: `Threads.Gate` and `Enter`.
fn class_and_member(name: &'static str) -> Option<(&'static str, &'static str)> {
    name.rsplit_once('.')
}

/// The class with this name, if there are objects of it.
pub(super) fn class(name: &str) -> Option<&'static str> {
    let made = names().filter_map(|(row, builtin)| {
        let (class, member) = class_and_member(row)?;
        let is_object = builtin.signature().result == il::Type::Ptr;
        (is_object && MAKERS.contains(&member)).then_some(class)
    });
    let others = RESULTS.iter().map(|&(_, class)| class);
    made.chain(others).find(|class| class.eq_ignore_ascii_case(name))
}

/// The classes of which there are objects, for hints.
pub(super) fn classes() -> Vec<&'static str> {
    let mut all: Vec<&'static str> =
        names().filter_map(|(row, _)| class(class_and_member(row)?.0)).collect();
    all.dedup();
    all
}

/// Whether some row is in this namespace or class.
pub(super) fn is_namespace(path: &str) -> bool {
    names().any(|(name, _)| {
        let head = name.get(..path.len()).unwrap_or_default();
        head.eq_ignore_ascii_case(path) && name[path.len()..].starts_with('.')
    })
}

/// Whether some row has this name.
pub(super) fn is_function(name: &str) -> bool {
    names().any(|(row, _)| row.eq_ignore_ascii_case(name))
}

/// The row with this name that takes this many arguments. Where Viper has two functions with one name,
/// the second one is called `...Many` in its table.
pub(super) fn function(name: &str, arguments: usize) -> Option<Builtin> {
    let takes = |row: &Builtin| row.signature().params.len() == arguments;
    let many = || names().find(|(row, _)| row.eq_ignore_ascii_case(&format!("{name}Many")));
    let exact = names().find(|(row, _)| row.eq_ignore_ascii_case(name)).map(|it| it.1);
    exact.filter(takes).or_else(|| many().map(|it| it.1).filter(takes)).or(exact)
}

/// The row for a member of an object: a method, or the getter of a property.
pub(super) fn member(class: &str, member: &str, arguments: usize) -> Option<Builtin> {
    let takes = |row: &Builtin| row.signature().params.len() == arguments + 1;
    let method = function(&format!("{class}.{member}"), arguments + 1);
    let getter = || function(&format!("{class}.get_{member}"), arguments + 1);
    method.filter(takes).or_else(|| getter().filter(takes)).or(method).or_else(getter)
}

/// The row that sets a property.
pub(super) fn setter(class: &str, property: &str) -> Option<Builtin> {
    function(&format!("{class}.set_{property}"), 2)
}

/// The members of a class, for hints.
pub(super) fn members(class: &str) -> Vec<&'static str> {
    let of_class = |(name, _)| {
        let (of, member) = class_and_member(name)?;
        let plain = member.strip_prefix("get_").unwrap_or(member);
        of.eq_ignore_ascii_case(class).then_some(plain)
    };
    names().filter_map(of_class).collect()
}

/// The names of all rows, for hints.
pub(super) fn functions() -> impl Iterator<Item = &'static str> {
    names().map(|it| it.0)
}

/// The type of what a row gives; `None` if it gives nothing.
pub(super) fn result(row: Builtin) -> Option<Type> {
    let ty = row.signature().result;
    if ty == il::Type::Void {
        return None;
    }
    if ty != il::Type::Ptr {
        return Some(Type::of_il(ty));
    }
    if let Some((_, class)) = RESULTS.iter().find(|(known, _)| *known == row) {
        return Some(Type::Object(Some(class)));
    }
    let own = class_and_member(row.name()).filter(|(_, member)| MAKERS.contains(member));
    Some(Type::Object(own.map(|(class, _)| class)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_class_has_its_rows_as_members() {
        assert_eq!(class("threads.SAFEI64"), Some("Threads.SafeI64"));
        assert_eq!(class("Terminal"), None, "there are no objects of it");
        assert_eq!(member("Threads.Thread", "id", 0), Some(Builtin::Id));
        assert_eq!(member("String", "Length", 0), Some(Builtin::Len));
        assert_eq!(result(Builtin::SafeNew), Some(Type::Object(Some("Threads.SafeI64"))));
        assert_eq!(result(Builtin::Start), Some(Type::Object(Some("Threads.Thread"))));
        assert!(is_namespace("threads"));
        assert!(!is_namespace("thread"));
    }
}
