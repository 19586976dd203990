//! What a test process is asked to do, through its environment.
//!
//! | variable | value | effect on each model of the process |
//! |---|---|---|
//! | [`RECORD`] | a file | its [`ModelRun`] is appended, as one line |
//! | [`OPERATIONS`] | `1` | the line has the operations that were performed |
//! | [`MUTANT`] | a [`Mutant`] as JSON, or an array of them | these operations are broken, all at once |
//! | [`EXECUTIONS`] | a number | the search ends after so many executions |

use std::fs::OpenOptions;
use std::io::{self, Write as _};
use std::path::PathBuf;
use std::sync::Arc;

use serde::Deserialize;

use super::ModelRun;
use crate::session::Mutant;

/// Names the file to which the runs of models are appended.
pub const RECORD: &str = "DRAWLOOM_RECORD";
/// Asks for the operations that a model performs.
pub const OPERATIONS: &str = "DRAWLOOM_OPERATIONS";
/// Names the operations that are broken.
pub const MUTANT: &str = "DRAWLOOM_MUTANT";
/// Limits the executions of each search.
pub const EXECUTIONS: &str = "DRAWLOOM_EXECUTIONS";

/// What is asked of each model of the process.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub struct Asked {
    /// The file to which its run is appended.
    pub record: Option<PathBuf>,
    /// Whether the run has its operations.
    pub operations: bool,
    /// The operations that are broken.
    pub mutants: Arc<[Mutant]>,
    /// The limit on executions.
    pub executions_max: Option<u64>,
}

/// A variable with a value that means nothing.
#[derive(Debug, thiserror::Error)]
pub enum WrongVariable {
    /// It is not Unicode.
    #[error("{0} is not Unicode")]
    NotUnicode(&'static str),
    /// It is neither 0 nor 1.
    #[error("{OPERATIONS} is 0 or 1, not '{0}'")]
    Switch(String),
    /// It is no number, or 0.
    #[error("{EXECUTIONS} is a number from 1, not '{0}'")]
    Executions(String),
    /// It is no mutant.
    #[error("{MUTANT} is neither a mutant as JSON nor an array of them: {error}: {text}")]
    Mutant {
        /// The value.
        text: String,
        /// Why it cannot be read.
        error: serde_json::Error,
    },
}

#[derive(Deserialize)]
#[serde(untagged)]
enum OneOrSeveral {
    One(Mutant),
    Several(Vec<Mutant>),
}

impl Asked {
    /// Reads the variables, as `variable` gives them.
    ///
    /// # Errors
    /// A value means nothing. A variable that is empty counts as one that is not there.
    pub fn read(
        variable: impl Fn(&'static str) -> Option<std::ffi::OsString>,
    ) -> Result<Self, WrongVariable> {
        let given = |name| variable(name).filter(|value| !value.is_empty());
        let text = |name| {
            let text = given(name).map(std::ffi::OsString::into_string);
            text.transpose().map_err(|_| WrongVariable::NotUnicode(name))
        };
        let operations = match text(OPERATIONS)?.as_deref() {
            None | Some("0") => false,
            Some("1") => true,
            Some(other) => return Err(WrongVariable::Switch(other.to_owned())),
        };
        let executions_max = match text(EXECUTIONS)? {
            None => None,
            Some(text) => match text.parse() {
                Ok(0) | Err(_) => return Err(WrongVariable::Executions(text)),
                Ok(number) => Some(number),
            },
        };
        let mutants = match text(MUTANT)? {
            None => Arc::default(),
            Some(text) => match serde_json::from_str(&text) {
                Ok(OneOrSeveral::One(mutant)) => [mutant].into(),
                Ok(OneOrSeveral::Several(mutants)) => mutants.into(),
                Err(error) => return Err(WrongVariable::Mutant { text, error }),
            },
        };
        let record = given(RECORD).map(PathBuf::from);
        Ok(Asked { record, operations, mutants, executions_max })
    }

    /// Whether anything is asked.
    pub fn is_something(&self) -> bool {
        *self != Asked::default()
    }

    /// Appends a run to the file, if one is asked for.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn append(&self, run: &ModelRun) -> io::Result<()> {
        let Some(path) = &self.record else { return Ok(()) };
        let mut line = serde_json::to_vec(run).expect("texts and numbers");
        line.push(b'\n');
        // One write, so that the lines of tests that run at once do not mix.
        OpenOptions::new().create(true).append(true).open(path)?.write_all(&line)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::session::{Operation, Operator};
    use crate::verdict::OpKind;

    fn asked(variables: &[(&str, &str)]) -> Result<Asked, WrongVariable> {
        let value = |name| variables.iter().find(|(it, _)| *it == name).map(|(_, value)| *value);
        Asked::read(|name| value(name).map(Into::into))
    }

    const MUTANT_TEXT: &str = r#"{"file":"src/a.rs","line":1,"column":2,"op":"Store","name":null,"operator":"drop-store"}"#;

    #[test]
    fn the_variables_are_read() {
        let operation = Operation {
            file: "src/a.rs".into(),
            line: 1,
            column: 2,
            op: OpKind::Store,
            name: None,
        };
        let mutant = Mutant { operation, operator: Operator::DropStore };
        let all = [(RECORD, "f"), (OPERATIONS, "1"), (EXECUTIONS, "20"), (MUTANT, MUTANT_TEXT)];
        let expected = Asked {
            record: Some("f".into()),
            operations: true,
            mutants: [mutant.clone()].into(),
            executions_max: Some(20),
        };
        assert_eq!(asked(&all).expect("they are right"), expected);
        let several = format!("[{MUTANT_TEXT},{MUTANT_TEXT}]");
        let twice = asked(&[(MUTANT, &several)]).expect("an array");
        assert_eq!(twice.mutants[..], [mutant.clone(), mutant]);
        let nothing = asked(&[(RECORD, ""), (OPERATIONS, "0")]).expect("nothing is asked");
        assert!(!nothing.is_something());
    }

    #[test]
    fn a_wrong_value_is_named() {
        for (name, value, expected) in [
            (OPERATIONS, "yes", "DRAWLOOM_OPERATIONS is 0 or 1, not 'yes'"),
            (EXECUTIONS, "0", "DRAWLOOM_EXECUTIONS is a number from 1, not '0'"),
            (EXECUTIONS, "many", "DRAWLOOM_EXECUTIONS is a number from 1, not 'many'"),
            (MUTANT, "drop", "DRAWLOOM_MUTANT is neither a mutant as JSON nor an array of them"),
            (MUTANT, "{}", "DRAWLOOM_MUTANT is neither a mutant as JSON nor an array of them"),
        ] {
            let error = asked(&[(name, value)]).expect_err("it means nothing").to_string();
            assert!(error.starts_with(expected), "{error}");
        }
    }
}
