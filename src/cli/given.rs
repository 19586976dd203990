//! The command line as it was given: which options the user wrote, and how to write the same command
//! again.

use clap::parser::ValueSource;
use clap::{Arg, ArgAction, ArgMatches, Command};
use drawloom::guest::{EngineKind, Search, Setting};

use super::error::Error;
use super::shell::quoted;

/// What the user wrote after the name of a command.
pub(super) struct Given {
    command: Command,
    matches: ArgMatches,
}

/// Options that concern one run only: where its results go, and when it stops. A repeated command names
/// the program together with its language.
const ABOUT_ONE_RUN: &[&str] = &[
    "color",
    "fail-fast",
    "filter",
    "format",
    "html",
    "language",
    "quiet",
    "report",
    "resume",
    "save",
    "shard",
    "svg",
    "time",
    "verbose",
    "width",
];

/// Options in which the processes that make the shards of a search may differ.
const ABOUT_ONE_PROCESS: &[&str] =
    &["color", "jobs", "max-memory", "resume", "shard", "time", "timeout", "width"];

impl Given {
    pub(super) fn new(command: Command, matches: ArgMatches) -> Self {
        Given { command, matches }
    }

    /// Whether the user wrote this option.
    pub(super) fn has(&self, option: &str) -> bool {
        self.options().any(|argument| argument.get_long() == Some(option))
    }

    /// Whether the user wrote this option with exactly this value.
    pub(super) fn says(&self, option: &str, value: &str) -> bool {
        let mut written = self.options().filter(|argument| argument.get_long() == Some(option));
        written.any(|argument| self.values(argument) == [value])
    }

    /// The value that the user wrote for an option.
    pub(super) fn value(&self, option: &str) -> String {
        let mut written = self.options().filter(|argument| argument.get_long() == Some(option));
        written.next().map_or_else(String::new, |argument| self.values(argument).join(" "))
    }

    /// The arguments that the user wrote.
    fn options(&self) -> impl Iterator<Item = &Arg> {
        self.command.get_arguments().filter(|argument| {
            let source = self.matches.value_source(argument.get_id().as_str());
            source == Some(ValueSource::CommandLine)
        })
    }

    /// # Errors
    /// The user wrote an option that has no effect on any of these engines, nor on the run as a whole, as those in
    /// `of_run` have.
    pub(super) fn suits(&self, engines: &[EngineKind], of_run: &[Setting]) -> Result<(), Error> {
        let is_taken = |setting| {
            of_run.contains(&setting) || engines.iter().any(|engine| engine.takes(setting))
        };
        let mut written = Setting::ALL.into_iter().filter(|setting| self.has(setting.name()));
        match written.find(|&setting| !is_taken(setting)) {
            None => Ok(()),
            Some(setting) => {
                let engines: Vec<String> = engines.iter().copied().map(as_options).collect();
                let (engine, takers) = (engines.join(","), setting.takers());
                Err(Error::NotTaken { engine, option: setting.name(), takers })
            }
        }
    }

    /// Returns a command that does the same again: `drawloom NAME` with these words, with the options
    /// that were decided, and with those options of the user that the command has and that apply to it.
    pub(super) fn again(
        &self,
        name: &str,
        words: &[&str],
        decided: &[(&str, String)],
        is_of_use: impl Fn(&str) -> bool,
    ) -> String {
        let mut all: Vec<String> =
            ["drawloom", name].iter().chain(words).map(|&it| it.into()).collect();
        all.extend(decided.iter().map(|(option, value)| format!("--{option} {value}")));
        let other = super::command(name);
        let exists = |option: &str| {
            other.get_arguments().any(|argument| argument.get_long() == Some(option))
        };
        let is_said = |option: &str| decided.iter().any(|&(decided, _)| decided == option);
        for argument in self.options() {
            let Some(option) = argument.get_long() else { continue };
            if ABOUT_ONE_RUN.contains(&option) || is_said(option) || !exists(option) {
                continue;
            }
            if is_of_use(option) && matches!(argument.get_action(), ArgAction::Append) {
                let values = self.values(argument);
                all.extend(values.iter().map(|value| format!("--{option} {value}")));
            } else if is_of_use(option) {
                all.push(format!("--{option}"));
                if argument.get_action().takes_values() {
                    all.extend(self.values(argument));
                }
            }
        }
        if let Some(last) = self.options().find(|argument| argument.is_last_set()) {
            all.push("--".into());
            all.extend(self.values(last));
        }
        all.join(" ")
    }

    /// The command as words, without the options in which the processes that make the shards of a search may
    /// differ.
    pub(super) fn of_all_processes(&self) -> Vec<String> {
        let mut words = vec![self.command.get_name().to_owned()];
        let raw = |argument: &Arg| -> Vec<String> {
            let values = self.matches.get_raw(argument.get_id().as_str()).into_iter().flatten();
            values.map(|value| value.to_string_lossy().into_owned()).collect()
        };
        for argument in self.options() {
            match argument.get_long() {
                Some(option) if ABOUT_ONE_PROCESS.contains(&option) => {}
                // What `fuzz` draws in all depends on it; a shard of `check` stops there, and may go on later.
                Some("max-executions") if self.command.get_name() == "check" => {}
                Some(option) if argument.get_action().takes_values() => {
                    words.extend(raw(argument).iter().map(|value| format!("--{option}={value}")));
                }
                Some(option) => words.push(format!("--{option}")),
                None => {}
            }
        }
        // The arguments without a name come last, and may look like options.
        let unnamed = || self.options().filter(|argument| argument.get_long().is_none());
        let before = unnamed().filter(|argument| !argument.is_last_set());
        words.extend(before.flat_map(raw));
        if let Some(last) = unnamed().find(|argument| argument.is_last_set()) {
            words.push("--".into());
            words.extend(raw(last));
        }
        words
    }

    /// The arguments as the user wrote them, quoted for a shell.
    fn values(&self, argument: &Arg) -> Vec<String> {
        let values = self.matches.get_raw(argument.get_id().as_str()).into_iter().flatten();
        values.map(|value| quoted(&value.to_string_lossy())).collect()
    }
}

/// An engine as the options choose it.
fn as_options(engine: EngineKind) -> String {
    match engine {
        EngineKind::Explorer(search) if search != Search::default() => {
            format!("{} --search {}", engine.name(), search.name())
        }
        other => other.to_string(),
    }
}

/// Whether an option has an effect for engines that take these settings. An option that is not a setting
/// applies to all engines.
pub(super) fn is_of_use(option: &str, takes: impl Fn(Setting) -> bool) -> bool {
    Setting::ALL.into_iter().find(|it| it.name() == option).is_none_or(takes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use drawloom::guest::Strategy;

    fn options(command: &str) -> Vec<String> {
        let command = crate::cli::command(command);
        let options = command.get_arguments().filter_map(|it| it.get_long().map(str::to_owned));
        options.collect()
    }

    #[test]
    fn every_setting_is_an_option_of_check() {
        for setting in Setting::ALL {
            assert!(options("check").iter().any(|it| it == setting.name()), "{setting:?}");
        }
    }

    #[test]
    fn fuzz_and_replay_take_the_settings_that_they_have() {
        let fuzz = EngineKind::Fuzz(Strategy::Pos);
        for (command, engine) in [("fuzz", fuzz), ("replay", EngineKind::Replay)] {
            let options = options(command);
            for setting in Setting::ALL {
                let has = options.iter().any(|it| it == setting.name());
                assert_eq!(has, engine.takes(setting), "{command} {setting:?}");
            }
        }
    }
}
