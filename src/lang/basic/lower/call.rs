//! Uses of names: variables, elements, procedures, functions and methods of the runtime.

use super::function::is_function;
use super::known::advise_class;
use super::{Routine, Signature, Type, Typed};
use crate::flags::Flag;
use crate::il::{self, Diagnostic, Span, Value, nearest};
use crate::interp::Builtin;
use crate::lang::basic::names::{Found, FullName};
use crate::lang::basic::runtime;
use crate::lang::basic::tree::{Expression, Kind, Path, Word};

/// The name with dots that an expression is, if it is nothing else.
fn path_of<'t>(expression: &Expression<'t>) -> Option<Path<'t>> {
    match &expression.kind {
        Kind::Name(name) => Some(Path { words: vec![*name] }),
        Kind::Member(of, member) => {
            let mut path = path_of(of)?;
            path.words.push(*member);
            Some(path)
        }
        _ => None,
    }
}

impl Routine<'_, '_, '_> {
    /// What a name, a member or a call gives; `None` if it is a call that gives nothing.
    pub(super) fn use_of(&mut self, expression: &Expression<'_>) -> Option<Typed> {
        let span = expression.span;
        match &expression.kind {
            Kind::Name(name) => self.use_of_name(*name),
            Kind::Call(callee, arguments) => match &callee.kind {
                Kind::Name(name) => self.call_of_name(*name, arguments, span),
                Kind::Member(of, member) => self.member(of, *member, arguments, span),
                _ => {
                    self.error(callee.span, "this cannot be called");
                    Some(Typed::unknown())
                }
            },
            Kind::Member(of, member) => self.member(of, *member, &[], span),
            _ => Some(self.expression(expression)),
        }
    }

    /// A name alone: a variable, a constant, or a call without arguments.
    fn use_of_name(&mut self, name: Word<'_>) -> Option<Typed> {
        let key = name.key();
        if let Some(variable) = self.variable(&key).cloned() {
            if variable.size.is_some() {
                let help = format!("name an element: {}(0)", name.text);
                self.error_with(name.span, format!("'{}' is an array", name.text), help);
                return Some(Typed::unknown());
            }
            return Some(self.read(&variable));
        }
        if let Some(constant) = self.constant(&key).cloned() {
            return Some(self.constant_value(&constant));
        }
        if let Some(ty) = self.own_result(&key) {
            let slot = self.result_slot(ty);
            return Some(Typed::new(self.f.load("result", ty.il(), &slot), ty));
        }
        self.call_named(name, None, name.span)
    }

    /// Calls what a name means. Without parentheses it could also be the name of a variable.
    fn call_named(
        &mut self,
        name: Word<'_>,
        arguments: Option<&[Expression<'_>]>,
        span: Span,
    ) -> Option<Typed> {
        let path = Path { words: vec![name] };
        let found = self.resolve(&path);
        let is_bare = arguments.is_none();
        let arguments = arguments.unwrap_or_default();
        // A procedure of the program hides a function of BASIC with its name.
        let is_own = matches!(found, Found::One(FullName::Own(_)));
        if !is_own && let Some(typed) = self.function(name, arguments, span) {
            return Some(typed);
        }
        match found {
            Found::Nothing if is_bare => Some(self.unknown_name(name)),
            found => self.call_found(found, &path, arguments, span),
        }
    }

    /// Whether a variable or a procedure of the program hides a function of BASIC with this name.
    pub(super) fn is_hidden(&self, name: Word<'_>) -> bool {
        let found = self.resolve(&Path { words: vec![name] });
        self.variable(&name.key()).is_some() || matches!(found, Found::One(FullName::Own(_)))
    }

    /// The type of the result, if this is the name of the function that is being translated.
    pub(super) fn own_result(&self, key: &str) -> Option<Type> {
        let signature = &self.known.procedures[self.procedure?];
        let own = signature.key.rsplit('.').next().unwrap_or_default();
        signature.result.filter(|_| own == key)
    }

    fn call_of_name(
        &mut self,
        name: Word<'_>,
        arguments: &[Expression<'_>],
        span: Span,
    ) -> Option<Typed> {
        if let Some(variable) = self.variable(&name.key()).cloned() {
            if variable.size.is_none() {
                let message = format!("'{}' is a variable, and no array or procedure", name.text);
                self.error(name.span, message);
                return Some(Typed::unknown());
            }
            let at = self.element(&variable, arguments, span);
            return Some(Typed::new(self.f.load("value", variable.ty.il(), &at), variable.ty));
        }
        self.call_named(name, Some(arguments), span)
    }

    /// A member of an object, or a name with dots.
    fn member(
        &mut self,
        of: &Expression<'_>,
        member: Word<'_>,
        arguments: &[Expression<'_>],
        span: Span,
    ) -> Option<Typed> {
        if let Some(mut path) = path_of(of) {
            let head = path.words[0].key();
            if self.variable(&head).is_none() && self.constant(&head).is_none() {
                path.words.push(member);
                let found = self.resolve(&path);
                return self.call_found(found, &path, arguments, span);
            }
        }
        let object = self.expression(of);
        let Some(class) = self.class_of(&object, of) else { return Some(Typed::unknown()) };
        let Some(row) = runtime::member(class, member.text, arguments.len()) else {
            self.unknown_member(class, member);
            return Some(Typed::unknown());
        };
        self.call_row(row, Some(object.value), arguments, member.span, span)
    }

    /// The class whose members an object has; `None` with an error if it is not known.
    fn class_of(&mut self, object: &Typed, of: &Expression<'_>) -> Option<&'static str> {
        match object.ty {
            Type::Object(Some(class)) => Some(class),
            Type::Text => Some("String"),
            Type::Unknown => None,
            Type::Object(None) => {
                let help = "declare its class: DIM x AS Viper.Threads.SafeI64";
                self.error_with(of.span, "the class of this object is not known here", help);
                None
            }
            other => {
                self.error(of.span, format!("{} has no members", other.name()));
                None
            }
        }
    }

    fn unknown_member(&mut self, class: &str, member: Word<'_>) {
        if self.known.errors.only_counts() {
            return;
        }
        let members = runtime::members(class);
        let message = format!("Viper.{class} has no member '{}'", member.text);
        let error = Diagnostic::new(member.span, message);
        let error = match nearest(member.text, members.iter().copied()) {
            Some(near) => error.help(format!("did you mean '{near}'?")),
            None => error.help(format!("its members: {}", members.join(", "))),
        };
        self.known.errors.add(error);
    }

    /// Assigns to a property of an object.
    pub(super) fn assign_member(
        &mut self,
        of: &Expression<'_>,
        member: Word<'_>,
        value: &Expression<'_>,
    ) {
        let object = self.expression(of);
        let Some(class) = self.class_of(&object, of) else { return };
        match runtime::setter(class, member.text) {
            Some(row) => {
                let value = std::slice::from_ref(value);
                self.call_row(row, Some(object.value), value, member.span, member.span);
            }
            None => {
                let message =
                    format!("Viper.{class} has no property '{}' that can be assigned", member.text);
                self.error(member.span, message);
            }
        }
    }

    /// What a name with dots means, of what can be called.
    fn resolve(&self, path: &Path<'_>) -> Found {
        let exists = |name: &FullName| match name {
            FullName::Own(key) => self.known.procedures.iter().any(|it| it.key == *key),
            FullName::Runtime(name) => runtime::is_function(name),
        };
        self.known.names.find(&path.text(), &self.namespace, exists)
    }

    fn call_found(
        &mut self,
        found: Found,
        path: &Path<'_>,
        arguments: &[Expression<'_>],
        span: Span,
    ) -> Option<Typed> {
        match found {
            Found::One(FullName::Own(key)) => self.call_procedure(&key, path, arguments, span),
            Found::One(FullName::Runtime(name)) => {
                let row = runtime::function(&name, arguments.len())?;
                self.call_row(row, None, arguments, path.span(), span)
            }
            Found::Several(all) => {
                let message =
                    format!("ambiguous procedure '{}' (matches: {})", path.text(), all.join(", "));
                self.error_with(path.span(), message, "write the full name");
                Some(Typed::unknown())
            }
            Found::Nothing => {
                self.unknown_procedure(path);
                // The arguments may have mistakes of their own.
                for argument in arguments {
                    self.expression(argument);
                }
                Some(Typed::unknown())
            }
        }
    }

    fn unknown_procedure(&mut self, path: &Path<'_>) {
        if self.known.errors.only_counts() {
            return;
        }
        let text = path.text();
        let own = self.known.procedures.iter().map(|it| it.name.clone());
        let rooted = runtime::functions().map(|it| format!("Viper.{it}"));
        let builtin = super::function::NAMES.iter().map(|it| (*it).to_owned());
        let names: Vec<String> = own.chain(builtin).chain(rooted).collect();
        let message = format!("unknown procedure '{text}'");
        let error = Diagnostic::new(path.span(), message);
        self.known.errors.add(match nearest(&text, names.iter().map(String::as_str)) {
            Some(near) => error.help(format!("did you mean '{near}'?")),
            None => error,
        });
    }

    fn call_procedure(
        &mut self,
        key: &str,
        path: &Path<'_>,
        arguments: &[Expression<'_>],
        span: Span,
    ) -> Option<Typed> {
        let callee = self.known.procedures.iter().find(|it| it.key == key)?;
        let Signature { name, function, params, result, .. } = callee;
        let (name, function) = (name.clone(), function.clone());
        let (params, result) = (params.clone(), *result);
        if params.len() != arguments.len() {
            self.wrong_count(&name, params.len(), arguments.len(), path.span());
            return result.map(|_| Typed::unknown());
        }
        let mut values = vec![];
        for (number, (argument, &ty)) in arguments.iter().zip(&params).enumerate() {
            let typed = self.expression(argument);
            let what = format!("parameter {} of '{name}'", number + 1);
            values.push(self.convert(typed, ty, argument.span, &what, false));
        }
        self.place(span);
        match result {
            None => {
                self.f.call_dropping(&function, &values);
                None
            }
            Some(ty) => Some(Typed::new(self.f.call("result", &function, &values), ty)),
        }
    }

    fn wrong_count(&mut self, name: &str, takes: usize, found: usize, span: Span) {
        let plural = if takes == 1 { "" } else { "s" };
        self.error(span, format!("'{name}' takes {takes} argument{plural}, found {found}"));
    }

    /// Calls a row of the runtime's table with an object, if it is a method, and arguments.
    fn call_row(
        &mut self,
        row: Builtin,
        object: Option<Value>,
        arguments: &[Expression<'_>],
        name: Span,
        span: Span,
    ) -> Option<Typed> {
        let params = row.signature().params;
        let params = &params[usize::from(object.is_some()).min(params.len())..];
        if params.len() != arguments.len() {
            self.wrong_count(&format!("Viper.{}", row.name()), params.len(), arguments.len(), name);
            return runtime::result(row).map(|_| Typed::unknown());
        }
        let first = usize::from(object.is_some());
        let mut values: Vec<Value> = object.into_iter().collect();
        let mut types = vec![];
        for (number, (argument, &ty)) in arguments.iter().zip(params).enumerate() {
            let typed = self.expression(argument);
            types.push(typed.ty);
            let what = format!("parameter {} of 'Viper.{}'", number + 1, row.name());
            values.push(self.convert(typed, Type::of_il(ty), argument.span, &what, false));
        }
        if let Some(entry) = runtime::entry_of(row) {
            let (pair, at) = (entry - first..entry - first + 2, entry - first);
            if let [entry, argument] = &arguments[pair] {
                self.check_entry(row, (entry, types[at]), (argument, types[at + 1]));
            }
        }
        self.place(span);
        self.call_values(row, &values)
    }

    /// Checks what a row begins with, a procedure, and the object that this one gets.
    fn check_entry(
        &mut self,
        row: Builtin,
        (entry, entry_type): (&Expression<'_>, Type),
        (argument, ty): (&Expression<'_>, Type),
    ) {
        let Kind::AddressOf(path) = &entry.kind else {
            if let Type::Object(Some(class)) = entry_type {
                let message =
                    format!("'Viper.{}' begins with a SUB, not with a Viper.{class}", row.name());
                self.error_with(entry.span, message, "write ADDRESSOF and the name of a SUB");
            }
            return;
        };
        let Found::One(FullName::Own(key)) = self.resolve(path) else { return };
        let Some(callee) = self.known.procedures.iter().find(|it| it.key == key) else { return };
        match callee.params[..] {
            [] if row == Builtin::PoolSubmit => {
                let message = format!("'{}' cannot be a task of a pool", path.text());
                self.error_with(entry.span, message, "a task is a SUB with one object");
            }
            [wanted @ Type::Object(Some(_))] if matches!(ty, Type::Object(_)) => {
                let what = format!("parameter 1 of '{}'", path.text());
                self.convert(Typed::new(Value::Null, ty), wanted, argument.span, &what, false);
            }
            _ => {}
        }
    }

    /// Calls a row with values of the right types; `None` if it has no result.
    pub(super) fn call_values(&mut self, row: Builtin, values: &[Value]) -> Option<Typed> {
        let name = format!("Viper.{}", row.name());
        let value = self.f.host_named(&name, &row.signature(), values)?;
        Some(Typed::new(value, runtime::result(row)?))
    }

    /// Calls a row that has a result, with values of the right types.
    pub(super) fn runtime(&mut self, row: Builtin, values: &[Value]) -> Typed {
        self.call_values(row, values).unwrap_or_else(Typed::unknown)
    }

    /// `NEW class(arguments)`
    pub(super) fn new_object(
        &mut self,
        path: &Path<'_>,
        arguments: &[Expression<'_>],
        span: Span,
    ) -> Typed {
        let namespace = self.namespace.clone();
        let class = match self.known.class(path, &namespace) {
            Some(Type::Object(Some(class))) => class,
            Some(Type::Unknown) => return Typed::unknown(),
            _ => {
                let message = format!("there is no class '{}' to make objects of", path.text());
                let error = Diagnostic::new(path.span(), message);
                let error = advise_class(error, path);
                self.known.errors.add(error);
                return Typed::unknown();
            }
        };
        if !self.known.flags.is_enabled(Flag::RuntimeTypeBridging) {
            let message = format!("NEW of the runtime's class 'Viper.{class}' is not enabled");
            let help = format!("{} is off", Flag::RuntimeTypeBridging.name());
            self.error_with(span, message, help);
            return Typed::unknown();
        }
        match runtime::function(&format!("{class}.New"), arguments.len()) {
            Some(row) => self
                .call_row(row, None, arguments, path.span(), span)
                .unwrap_or_else(Typed::unknown),
            None => {
                let message = format!("objects of 'Viper.{class}' are not made with NEW");
                self.error(span, message);
                Typed::unknown()
            }
        }
    }

    /// `ADDRESSOF procedure`: what `Thread.Start` takes.
    pub(super) fn address_of(&mut self, path: &Path<'_>) -> Typed {
        let ty = Type::Object(None);
        let found = self.resolve(path);
        let key = match found {
            Found::One(FullName::Own(key)) => key,
            Found::Several(_) => {
                self.call_found(found, path, &[], path.span());
                return Typed::unknown();
            }
            Found::One(FullName::Runtime(_)) => return self.no_address(path),
            Found::Nothing if matches!(path.words[..], [name] if is_function(name)) => {
                return self.no_address(path);
            }
            Found::Nothing => {
                self.unknown_procedure(path);
                return Typed::unknown();
            }
        };
        let Some(callee) = self.known.procedures.iter().find(|it| it.key == key) else {
            return Typed::unknown();
        };
        let is_entry = callee.result.is_none()
            && matches!(callee.params.as_slice(), [] | [Type::Object(_) | Type::Unknown]);
        let function = callee.function.clone();
        if !is_entry {
            let message = format!("'{}' cannot be the start of a thread", path.text());
            let help = "a thread starts at a SUB without parameters, or with one object";
            self.error_with(path.span(), message, help);
        }
        Typed::new(Value::Function(function), ty)
    }

    /// An error: the program has no procedure with this name, but BASIC or the runtime has a function.
    fn no_address(&mut self, path: &Path<'_>) -> Typed {
        let message = format!("'{}' is built in and has no address", path.text());
        self.error_with(path.span(), message, "write a SUB that calls it");
        Typed::unknown()
    }

    /// The address of a cell of the type, for a value that another instruction needs in memory.
    pub(super) fn widened(&mut self, value: &Value, slot: &Value) -> Value {
        self.f.store(il::Type::I32, slot, value);
        self.f.load("code", il::Type::I64, slot)
    }
}
