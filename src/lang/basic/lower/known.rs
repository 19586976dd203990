//! The names and types that belong to the whole file: procedures, and what is written after `AS`.

use super::{Known, Signature, Type};
use crate::il::{Diagnostic, Span, nearest};
use crate::lang::basic::names::{Found, FullName};
use crate::lang::basic::runtime;
use crate::lang::basic::tree::{Path, Procedure, Program, TypeName, Word};

impl Known<'_, '_> {
    pub(super) fn error(&mut self, span: Span, message: impl Into<String>) {
        self.errors.add(Diagnostic::new(span, message));
    }

    pub(super) fn declare_procedures(&mut self, program: &Program<'_>) {
        for procedure in &program.procedures {
            let signature = self.signature(procedure);
            if let Some(first) = self.procedures.iter().find(|it| it.key == signature.key) {
                let message = format!("duplicate procedure '{}'", signature.name);
                let error = Diagnostic::new(procedure.name.span, message);
                self.errors.add(error.related(first.span, "first defined here"));
            }
            self.procedures.push(signature);
        }
    }

    pub(super) fn signature(&mut self, procedure: &Procedure<'_>) -> Signature {
        let namespace = procedure.namespace.clone();
        let dot = if namespace.is_empty() { "" } else { "." };
        let name = format!("{namespace}{dot}{}", procedure.name.text);
        let key = name.to_ascii_uppercase();
        let function = self.il_name(&name);
        let mut params: Vec<Type> = vec![];
        for param in &procedure.params {
            params.push(self.type_of(param.name, param.ty.as_ref(), &namespace));
        }
        let result =
            procedure.result.as_ref().map(|it| self.type_of(procedure.name, Some(it), &namespace));
        let span = procedure.name.span;
        Signature { name, key, span, function, params, result, namespace }
    }

    /// A name in IL like this one that nothing else has.
    pub(super) fn il_name(&mut self, name: &str) -> String {
        // The name of a namespace may have a suffix as well.
        let plain = name.replace(['%', '&', '!', '#'], "");
        let free = (1..).map(|n| if n == 1 { plain.clone() } else { format!("{plain}.{n}") });
        let name = free.into_iter().find(|it| !self.taken.contains(it)).unwrap_or_default();
        self.taken.insert(name.clone());
        name
    }

    /// The type of a name that is declared with this type, or without one.
    pub(super) fn type_of(
        &mut self,
        name: Word<'_>,
        ty: Option<&TypeName<'_>>,
        namespace: &str,
    ) -> Type {
        match ty {
            None | Some(TypeName::OfName) => Type::of_suffix(name).unwrap_or(Type::Integer),
            Some(TypeName::Written(path)) => {
                let written = self.written_type(path, namespace);
                match Type::of_suffix(name) {
                    Some(ty) if ty != written && written != Type::Unknown => {
                        let message = format!(
                            "the suffix of '{}' says {}, and AS says {}",
                            name.text,
                            ty.name(),
                            written.name()
                        );
                        self.error(name.span, message);
                        ty
                    }
                    _ => written,
                }
            }
        }
    }

    /// The type that is written after `AS`.
    pub(super) fn written_type(&mut self, path: &Path<'_>, namespace: &str) -> Type {
        if let [word] = path.words.as_slice()
            && let Some(ty) = Type::of_word(*word)
        {
            return ty;
        }
        match self.class(path, namespace) {
            Some(ty) => ty,
            None => {
                let message = format!("there is no type '{}'", path.text());
                let error = Diagnostic::new(path.span(), message);
                self.errors.add(advise_class(error, path));
                Type::Unknown
            }
        }
    }

    /// The runtime's class with this name; an ambiguous one is an error and `Unknown`.
    pub(super) fn class(&mut self, path: &Path<'_>, namespace: &str) -> Option<Type> {
        let class = |name: &FullName| match name {
            FullName::Runtime(name) if name == "STRING" => Some(Type::Text),
            FullName::Runtime(name) => Some(Type::Object(Some(runtime::class(name)?))),
            FullName::Own(_) => None,
        };
        match self.names.find(&path.text(), namespace, |name| class(name).is_some()) {
            Found::Nothing => None,
            Found::One(name) => class(&name),
            Found::Several(all) => {
                let message = format!(
                    "E_NS_003: ambiguous type '{}' (found in: {})",
                    path.text(),
                    all.join(", ")
                );
                self.error(path.span(), message);
                Some(Type::Unknown)
            }
        }
    }
}

/// Adds advice about a class that is not there.
pub(super) fn advise_class(error: Diagnostic, path: &Path<'_>) -> Diagnostic {
    let classes: Vec<String> =
        runtime::classes().iter().map(|class| format!("Viper.{class}")).collect();
    let words = ["INTEGER", "FLOAT", "DOUBLE", "STRING", "BOOLEAN", "OBJECT"];
    let known = words.into_iter().chain(classes.iter().map(String::as_str));
    match nearest(&path.text(), known) {
        Some(near) => error.help(format!("did you mean '{near}'?")),
        None => error
            .help("types are INTEGER, FLOAT, STRING, BOOLEAN, OBJECT and the runtime's classes"),
    }
}
