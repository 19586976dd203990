//! The types of BASIC and their IL.

use super::lexer::SUFFIXES;
use super::tree::Word;
use crate::il;

/// A type of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Type {
    /// 64 bits.
    Integer,
    Float,
    Text,
    /// In memory 0 or 1; as an integer 0 or -1.
    Boolean,
    /// An object of the runtime, with its class as the runtime's table names it, if that is known.
    Object(Option<&'static str>),
    /// Of an expression with an error: fits everywhere, so that one mistake is reported once.
    Unknown,
}

impl Type {
    pub(super) fn il(self) -> il::Type {
        match self {
            Type::Integer | Type::Unknown => il::Type::I64,
            Type::Float => il::Type::F64,
            Type::Text => il::Type::Str,
            Type::Boolean => il::Type::I1,
            Type::Object(_) => il::Type::Ptr,
        }
    }

    /// As messages call it.
    pub(super) fn name(self) -> String {
        match self {
            Type::Integer => "INTEGER".to_owned(),
            Type::Float => "FLOAT".to_owned(),
            Type::Text => "STRING".to_owned(),
            Type::Boolean => "BOOLEAN".to_owned(),
            Type::Object(None) => "OBJECT".to_owned(),
            Type::Object(Some(class)) => format!("Viper.{class}"),
            Type::Unknown => "unknown".to_owned(),
        }
    }

    /// Whether arithmetic takes it.
    pub(super) fn is_number(self) -> bool {
        matches!(self, Type::Integer | Type::Float | Type::Unknown)
    }

    /// The type that the suffix of a name gives.
    pub(super) fn of_suffix(name: Word<'_>) -> Option<Type> {
        match name.text.chars().next_back().filter(|c| SUFFIXES.contains(c))? {
            '$' => Some(Type::Text),
            '%' | '&' => Some(Type::Integer),
            _ => Some(Type::Float),
        }
    }

    /// The type with this name, if it is not a class.
    pub(super) fn of_word(word: Word<'_>) -> Option<Type> {
        match word.key().as_str() {
            "INTEGER" | "INT" | "LONG" | "I64" => Some(Type::Integer),
            "FLOAT" | "DOUBLE" | "SINGLE" | "F64" => Some(Type::Float),
            "STRING" | "STR" => Some(Type::Text),
            "BOOLEAN" | "BOOL" => Some(Type::Boolean),
            "OBJECT" => Some(Type::Object(None)),
            _ => None,
        }
    }

    /// The type of a word of the runtime that is not a handle.
    pub(super) fn of_il(ty: il::Type) -> Type {
        match ty {
            il::Type::F64 => Type::Float,
            il::Type::Str => Type::Text,
            il::Type::I1 => Type::Boolean,
            il::Type::Ptr => Type::Object(None),
            _ => Type::Integer,
        }
    }
}
