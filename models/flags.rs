//! Models of the option flags.
//!
//! The idea: only ever turn all three on or all three off, so that any mixture is a mistake; and a
//! plain cell that compilations read and reconfigurations write, so that an overlap is one too.

use std::sync::OnceLock;

use super::sync::{Arc, Plain, sometimes, thread};
use super::{Compilation, Flag, Flags, Model, Size, flags, reconfigure, set_flag};
use crate::lang::{Language, compile_under};

fn is_whole(flags: Flags) -> bool {
    flags == Flags::DEFAULT || flags == Flags::NONE
}

/// Readers take no lock.
pub(super) const WHOLE_SNAPSHOT: Model = Model {
    name: "no_snapshot_of_the_flags_is_torn",
    statement: "who reads the flags sees all of them at one moment, also while they are \
                reconfigured (SEMANTICS.md, Option flags; V14)",
    sometimes: &["all on", "all off"],
    size: Size::Exhaustible,
    body: || {
        let reader = thread::spawn(|| {
            let [first, second] = [flags(), flags()];
            assert!(is_whole(first) && is_whole(second), "torn: {first:?} {second:?}");
            assert!(first == Flags::DEFAULT || second == Flags::NONE, "back in time");
            sometimes(if second == Flags::NONE { "all off" } else { "all on" });
        });
        let compiler = thread::spawn(|| {
            let compilation = Compilation::begin();
            assert!(is_whole(compilation.flags()), "torn: {compilation:?}");
        });
        assert_eq!(reconfigure(|_| Flags::NONE), Flags::NONE);
        assert_eq!(flags(), Flags::NONE);
        reader.join().unwrap();
        compiler.join().unwrap();
    },
};

/// A flag changes without draining.
pub(super) const ONE_SETTING: Model = Model {
    name: "a_compilation_sees_one_setting",
    statement: "a compilation has the flags of its start to its end, also while a flag is set \
                without draining (SEMANTICS.md, Option flags; V14)",
    sometimes: &["begun before", "begun after", "changed meanwhile"],
    size: Size::Exhaustible,
    body: || {
        let setter = thread::spawn(|| set_flag(Flag::RuntimeNamespaces, false));
        let compilation = Compilation::begin();
        let at_start = compilation.flags();
        let meanwhile = flags();
        assert_eq!(compilation.flags(), at_start, "one file, two settings");
        assert!(at_start.is_enabled(Flag::SelectCaseConstLabels), "the others stay");
        let on = |flags: Flags| flags.is_enabled(Flag::RuntimeNamespaces);
        sometimes(if on(at_start) { "begun before" } else { "begun after" });
        if on(at_start) != on(meanwhile) {
            sometimes("changed meanwhile");
        }
        setter.join().unwrap();
    },
};

/// Two compilations, so that draining has to count.
pub(super) const DRAINED: Model = Model {
    name: "reconfigure_waits_for_compilations_and_they_for_it",
    statement: "while `reconfigure` changes the flags no compilation is alive, and one that begins \
                later has the new flags (SEMANTICS.md, Option flags)",
    sometimes: &["compiled before", "compiled after"],
    size: Size::Exhaustible,
    body: || {
        let is_changed = Arc::new(Plain::new(false));
        let compilers = [(), ()].map(|()| {
            let is_changed = is_changed.clone();
            thread::spawn(move || {
                let compilation = Compilation::begin();
                let is_changed = is_changed.with(|is_changed| *is_changed);
                let expected = if is_changed { Flags::NONE } else { Flags::DEFAULT };
                assert_eq!(compilation.flags(), expected);
                sometimes(if is_changed { "compiled after" } else { "compiled before" });
            })
        });
        reconfigure(|before| {
            assert_eq!(before, Flags::DEFAULT);
            is_changed.with_mut(|is_changed| *is_changed = true);
            Flags::NONE
        });
        for compiler in compilers {
            compiler.join().unwrap();
        }
    },
};

/// Each turns another flag off, beside a thread that compiles twice: one compilation is waited for,
/// the other waits, and nobody who waits may be forgotten.
pub(super) const TWO_RECONFIGURERS: Model = Model {
    name: "two_reconfigurations_take_turns",
    statement: "reconfigurations exclude each other, and none is lost (SEMANTICS.md, Option flags)",
    sometimes: &["a compilation saw neither", "a compilation saw one", "a compilation saw both"],
    // Exhaustive with one compilation: 5,600 executions.
    size: Size::Preemptions(3),
    body: || {
        let turn = Arc::new(Plain::new(0));
        let off = |flag: Flag, turn: &Plain<i32>| {
            reconfigure(|flags| {
                turn.with_mut(|turn| *turn += 1);
                flags.with(flag, false)
            })
        };
        let shared = turn.clone();
        let other = thread::spawn(move || off(Flag::RuntimeNamespaces, &shared));
        let shared = turn.clone();
        let compiler = thread::spawn(move || {
            for _ in 0..2 {
                let _compilation = Compilation::begin();
                sometimes(match shared.with(|turn| *turn) {
                    0 => "a compilation saw neither",
                    1 => "a compilation saw one",
                    _ => "a compilation saw both",
                });
            }
        });
        off(Flag::RuntimeTypeBridging, &turn);
        other.join().unwrap();
        compiler.join().unwrap();
        let expected = Flags::NONE.with(Flag::SelectCaseConstLabels, true);
        assert_eq!(flags(), expected, "one was lost");
        assert_eq!(turn.with(|turn| *turn), 2);
    },
};

/// One turns a flag off, one turns another off and on again, and main reconfigures a third.
pub(super) const NO_LOST_FLAG: Model = Model {
    name: "no_flag_that_is_set_is_lost",
    statement: "flags that are set at once, also while the others are reconfigured, all end as they \
                were set (SEMANTICS.md, Option flags)",
    sometimes: &[],
    size: Size::Preemptions(2),
    body: || {
        let setter = thread::spawn(|| set_flag(Flag::RuntimeNamespaces, false));
        let other = thread::spawn(|| {
            set_flag(Flag::RuntimeTypeBridging, false);
            set_flag(Flag::RuntimeTypeBridging, true);
        });
        reconfigure(|flags| flags.with(Flag::SelectCaseConstLabels, false));
        setter.join().unwrap();
        other.join().unwrap();
        assert_eq!(flags(), Flags::NONE.with(Flag::RuntimeTypeBridging, true), "one was lost");
    },
};

/// What asks for each of the three flags once. Off, each is an error.
const ASKS_ALL: &str = "USING Viper.Threads
CONST TOP = 1
DIM s AS SafeI64 = NEW Viper.Threads.SafeI64(1)
SELECT CASE 1
CASE TOP: s.Set(2)
END SELECT
";

/// The errors that the front end finds in [`ASKS_ALL`] under a snapshot. It is a function of the text and the
/// snapshot, and has no threads: each snapshot is compiled once, and not in every execution. An explorer's
/// threads have too little stack for it.
fn errors(flags: Flags) -> usize {
    static FOUND: [OnceLock<usize>; 8] = [const { OnceLock::new() }; 8];
    *FOUND[flags.word() as usize].get_or_init(|| {
        let compile = move || compile_under(Language::Basic, ASKS_ALL, flags);
        let compiled = std::thread::spawn(compile).join().expect("the front end does not panic");
        compiled.map_or_else(|errors| errors.len(), |_| 0)
    })
}

/// Two compilations beside a thread that turns all flags off.
pub(super) const ONE_FILE_ONE_SETTING: Model = Model {
    name: "a_file_is_compiled_under_one_setting",
    statement: "what the front end makes of a file is what it makes under all flags on, or under all \
                off, also while the flags are reconfigured (SEMANTICS.md, Option flags; V14)",
    sometimes: &["compiled with all on", "compiled with all off", "one of each"],
    size: Size::Exhaustible,
    body: || {
        let compile = || {
            let compilation = Compilation::begin();
            errors(compilation.flags())
        };
        let [all_on, all_off] = [Flags::DEFAULT, Flags::NONE].map(errors);
        assert!(all_on == 0 && all_off > 2, "{all_on} and {all_off} errors: the text asks nothing");
        let compilers = [(), ()].map(|()| thread::spawn(compile));
        assert_eq!(reconfigure(|_| Flags::NONE), Flags::NONE);
        let found = compilers.map(|compiler| compiler.join().unwrap());
        for errors in found {
            assert!(
                errors == all_on || errors == all_off,
                "one file, two settings: {errors} errors"
            );
            sometimes(if errors == all_on {
                "compiled with all on"
            } else {
                "compiled with all off"
            });
        }
        if found[0] != found[1] {
            sometimes("one of each");
        }
        assert_eq!(compile(), all_off, "a compilation that begins later has the new flags");
    },
};
