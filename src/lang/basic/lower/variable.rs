//! Variables: where they are, and how they are declared, read and written.

use std::collections::BTreeMap;

use super::{CELL, Routine, Type, Typed};
use crate::il::{self, Diagnostic, Span, Value, nearest};
use crate::lang::basic::tree::{Kind, Word};

/// Where a variable is.
#[derive(Clone, Debug)]
pub(super) enum Place {
    /// A global, with its name in IL.
    Global(String),
    /// The address of a stack slot.
    Slot(Value),
}

/// The number of elements.
#[derive(Clone, Copy, Debug)]
pub(super) enum Size {
    Fixed(i64),
    /// In the first cell.
    Stored,
}

impl Size {
    /// The bytes before element 0.
    pub(super) fn head(self) -> i64 {
        match self {
            Size::Fixed(_) => 0,
            Size::Stored => CELL,
        }
    }
}

#[derive(Clone, Debug)]
pub(super) struct Variable {
    /// As written where it is declared.
    pub(super) name: String,
    pub(super) span: Span,
    /// Of the elements, if it is an array.
    pub(super) ty: Type,
    pub(super) place: Place,
    /// The number of elements, if it is an array.
    pub(super) size: Option<Size>,
    /// Where an `OBJECT` was given its class, if it was.
    pub(super) class_from: Option<Span>,
}

impl Variable {
    pub(super) fn in_slot(name: Word<'_>, ty: Type, slot: Value) -> Self {
        let (name, span) = (name.text.to_owned(), name.span);
        Variable { name, span, ty, place: Place::Slot(slot), size: None, class_from: None }
    }

    /// The name and type of its global, if it is in one.
    pub(super) fn global(&self) -> Option<(&str, il::Type)> {
        let ty = match (self.size.is_some(), self.ty.il()) {
            // The handle of a string, which is none before the first statement.
            (true, _) | (_, il::Type::Str) => il::Type::Ptr,
            (false, ty) => ty,
        };
        match &self.place {
            Place::Global(name) => Some((name, ty)),
            Place::Slot(_) => None,
        }
    }
}

/// A name as temps in IL may have it: without the suffixes that only BASIC has.
pub(super) fn name_in_il(name: Word<'_>) -> &str {
    name.text.trim_end_matches(['%', '&', '!', '#'])
}

impl Routine<'_, '_, '_> {
    /// The variable with this name, if it has been declared.
    pub(super) fn variable(&self, key: &str) -> Option<&Variable> {
        self.locals.get(key).or_else(|| {
            let is_hidden = self.constants.contains_key(key);
            // A slot belongs to the function that made it.
            let is_main = self.procedure.is_none();
            let is_here = |it: &&Variable| is_main || matches!(it.place, Place::Global(_));
            self.known.variables.get(key).filter(|_| !is_hidden).filter(is_here)
        })
    }

    /// Declares a variable where the current statement is; what it hides must be outside.
    pub(super) fn declare(&mut self, name: Word<'_>, ty: Type, size: Option<Size>) -> Variable {
        self.refuse_name_of_procedure(name);
        let key = name.key();
        let is_main = self.procedure.is_none();
        let (known, constants) = if is_main {
            // Outside of procedures, a local is the variable of a CATCH.
            let catch = self.locals.get(&key);
            (catch.or(self.known.variables.get(&key)), &self.known.constants)
        } else {
            (self.locals.get(&key), &self.constants)
        };
        if let Some(first) = known {
            let what = if is_main { "variable" } else { "local" };
            let message = format!("duplicate {what} '{}'", name.text);
            let error = Diagnostic::new(name.span, message);
            self.known.errors.add(error.related(first.span, "first declared here"));
        } else if constants.contains_key(&key) {
            self.error(name.span, format!("'{}' is a constant already", name.text));
        }
        let place = if is_main && self.known.shared.contains(&key) {
            let global = self.known.il_name(name.text);
            if ty == Type::Text && size.is_none() {
                self.f.in_prologue(|f| {
                    let at = f.global_address("at", &global);
                    let empty = f.text("");
                    f.store(il::Type::Str, &at, &empty);
                });
            }
            Place::Global(global)
        } else if size.is_some() {
            Place::Slot(self.f.in_prologue(|f| f.alloca(name_in_il(name), CELL)))
        } else {
            Place::Slot(self.new_slot(name_in_il(name), ty))
        };
        let (text, span) = (name.text.to_owned(), name.span);
        let variable = Variable { name: text, span, ty, place, size, class_from: None };
        self.declared_here().insert(key, variable.clone());
        variable
    }

    /// The variables that are declared where the current statement is.
    fn declared_here(&mut self) -> &mut BTreeMap<String, Variable> {
        if self.procedure.is_none() { &mut self.known.variables } else { &mut self.locals }
    }

    /// An error if a procedure around has this name, which could not be called any more.
    pub(super) fn refuse_name_of_procedure(&mut self, name: Word<'_>) {
        let (key, own) = (name.key(), format!("{}.{}", self.namespace, name.key()));
        let mut procedures = self.known.procedures.iter();
        let Some(first) = procedures.find(|it| it.key == key || it.key == own) else { return };
        let message = format!("'{}' is a procedure already", name.text);
        let error = Diagnostic::new(name.span, message);
        self.known.errors.add(error.related(first.span, "defined here"));
    }

    /// The variable that an assignment writes; one that is new gets the type of its suffix, or of the
    /// value.
    pub(super) fn variable_to_write(&mut self, name: Word<'_>, ty: Type) -> Variable {
        if let Some(variable) = self.variable(&name.key()) {
            return variable.clone();
        }
        let class_from = matches!(ty, Type::Object(Some(_))).then_some(name.span);
        let ty = Type::of_suffix(name).unwrap_or(ty);
        self.declare(name, ty, None);
        let declared = self.declared_here().get_mut(&name.key());
        let variable = declared.expect("it has just been declared");
        variable.class_from = class_from;
        variable.clone()
    }

    /// The address of a variable.
    pub(super) fn address(&mut self, variable: &Variable) -> Value {
        match &variable.place {
            Place::Global(name) => self.f.global_address("at", name),
            Place::Slot(slot) => slot.clone(),
        }
    }

    /// Reads a variable that is no array.
    pub(super) fn read(&mut self, variable: &Variable) -> Typed {
        let at = self.address(variable);
        Typed::new(self.f.load("value", variable.ty.il(), &at), variable.ty)
    }

    /// Writes a variable that is no array.
    pub(super) fn write(&mut self, variable: &Variable, value: Typed, span: Span) {
        let what = format!("'{}'", variable.name);
        self.learn_class(variable, &value, span);
        let ty = self.variable(&variable.name.to_ascii_uppercase()).map_or(variable.ty, |it| it.ty);
        let value = self.convert(value, ty, span, &what, true);
        let at = self.address(variable);
        self.f.store(ty.il(), &at, &value);
    }

    /// The first object that an `OBJECT` gets decides its class, so that methods can be called on it.
    pub(super) fn learn_class(&mut self, variable: &Variable, value: &Typed, span: Span) {
        let class = match value.ty {
            Type::Object(class) => class,
            // Its class would come from a value with an error; what is done with it may be right.
            Type::Unknown => None,
            _ => return,
        };
        let key = variable.name.to_ascii_uppercase();
        let is_local = self.locals.contains_key(&key);
        let variables = if is_local { &mut self.locals } else { &mut self.known.variables };
        let Some(known) = variables.get_mut(&key) else { return };
        match (known.ty, known.class_from, class) {
            (Type::Object(None), ..) => {
                known.ty = value.ty;
                known.class_from = class.map(|_| span);
            }
            (Type::Object(Some(first)), Some(from), Some(class)) if first != class => {
                let message = format!(
                    "'{}' has objects of Viper.{first}; this one is of Viper.{class}",
                    variable.name
                );
                let error =
                    Diagnostic::new(span, message).related(from, "the class is known from here");
                self.known.errors.add(error.help("use another variable for it"));
                // Reported; the assignment itself is of an OBJECT.
                known.class_from = None;
                known.ty = Type::Unknown;
            }
            _ => {}
        }
    }

    /// An error: nothing has this name.
    pub(super) fn unknown_name(&mut self, name: Word<'_>) -> Typed {
        if self.known.errors.only_counts() {
            return Typed::unknown();
        }
        let key = name.key();
        let known = self.locals.values().chain(self.known.variables.values());
        let mut names: Vec<String> = known.map(|it| it.name.clone()).collect();
        names.extend(self.constants.keys().chain(self.known.constants.keys()).cloned());
        names.extend(self.known.procedures.iter().map(|it| it.name.clone()));
        let near = nearest(name.text, names.iter().map(String::as_str).filter(|it| *it != key));
        let help = match near {
            Some(near) => format!("did you mean '{near}'?"),
            None => format!("declare it: DIM {} AS INTEGER", name.text),
        };
        self.error_with(name.span, format!("unknown variable '{}'", name.text), help);
        Typed::unknown()
    }

    /// The variable that an expression names, if it is nothing but a name.
    pub(super) fn named_variable(&self, kind: &Kind<'_>) -> Option<&Variable> {
        match kind {
            Kind::Name(name) => self.variable(&name.key()),
            _ => None,
        }
    }
}
