//! The options of the BASIC front end, while they change: every file is compiled under one setting.
#![cfg(feature = "cli")]

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Mutex, PoisonError};
use std::thread;

use drawloom::flags::{Flag, Flags};
use drawloom::lang::{Language, compile_under};
use drawloom::native::{Compilation, reconfigure, set_flag};
use rayon::prelude::*;

/// The options belong to the process, so the tests that change them take turns.
static ALONE: Mutex<()> = Mutex::new(());

/// The number of files.
const FILES: usize = 300;

/// How often a file asks for each of two flags.
fn parts(number: usize) -> usize {
    12 + number % 7
}

/// A file that asks for each flag, two of them many times over, from its first line to its last.
fn file(number: usize) -> String {
    let mut text = String::from("USING Viper.Threads\nCONST TOP = 1\n");
    for part in 0..parts(number) {
        let _ = write!(
            text,
            "DIM s{part} AS Viper.Threads.SafeI64 = NEW Viper.Threads.SafeI64({number})\n\
             SELECT CASE {part}\nCASE TOP: s{part}.Set(2)\nEND SELECT\n"
        );
    }
    text
}

/// What the front end finds wrong with a file under a snapshot.
fn errors(text: &str, flags: Flags) -> usize {
    compile_under(Language::Basic, text, flags).map_or_else(|found| found.len(), |_| 0)
}

/// What it should find: an error wherever the file asks for a flag that is off.
fn expected(number: usize, flags: Flags) -> usize {
    let off = |flag| usize::from(!flags.is_enabled(flag));
    let of_each_part = off(Flag::RuntimeTypeBridging) + off(Flag::SelectCaseConstLabels);
    off(Flag::RuntimeNamespaces) + parts(number) * of_each_part
}

/// Compiles all files on a pool while `change` runs again and again beside it. Returns the flags of each.
fn compile_all(mut change: impl FnMut(usize) + Send) -> Vec<Flags> {
    let is_done = AtomicBool::new(false);
    let files: Vec<String> = (0..FILES).map(file).collect();
    thread::scope(|scope| {
        let is_done = &is_done;
        scope.spawn(move || {
            let mut turn = 0;
            while !is_done.load(Relaxed) {
                change(turn);
                turn += 1;
            }
        });
        let compiled = files.par_iter().enumerate().map(|(number, text)| {
            let compilation = Compilation::begin();
            let found = errors(text, compilation.flags());
            (number, compilation.flags(), found)
        });
        let compiled: Vec<(usize, Flags, usize)> = compiled.collect();
        is_done.store(true, Relaxed);
        let checked = compiled.into_iter().map(|(number, flags, found)| {
            assert_eq!(found, expected(number, flags), "file {number}: two settings");
            flags
        });
        checked.collect()
    })
}

#[test]
fn every_file_of_a_pool_is_compiled_under_one_setting_while_another_thread_reconfigures() {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let (mut on, mut off) = (0, 0);
    // The scheduler decides how often the options change within one round.
    for _ in 0..100 {
        let seen = compile_all(|turn| {
            reconfigure(|_| if turn % 2 == 0 { Flags::NONE } else { Flags::DEFAULT });
        });
        assert_eq!(seen.len(), FILES);
        for flags in seen {
            assert!(flags == Flags::DEFAULT || flags == Flags::NONE, "torn: {flags:?}");
            *(if flags == Flags::DEFAULT { &mut on } else { &mut off }) += 1;
        }
        if on > 0 && off > 0 {
            break;
        }
    }
    reconfigure(|_| Flags::DEFAULT);
    assert!(on > 0 && off > 0, "{on} files with all on, {off} with all off: nothing was tried");
}

#[test]
fn a_flag_that_is_set_without_draining_changes_no_file_that_has_begun() {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let mut seen = BTreeSet::new();
    // The scheduler decides whether files begin under different options within one round.
    for _ in 0..100 {
        let flags = compile_all(|turn| set_flag(Flag::ALL[turn % 3], turn % 2 == 0));
        let settings = flags.into_iter().map(|it| Flag::ALL.map(|flag| it.is_enabled(flag)));
        seen.extend(settings);
        if seen.len() > 1 {
            break;
        }
    }
    reconfigure(|_| Flags::DEFAULT);
    assert!(seen.len() > 1, "all files had the same options: nothing was tried");
}

#[test]
fn each_flag_alone_makes_its_own_errors() {
    for number in [0, 6] {
        let text = file(number);
        for flag in Flag::ALL {
            let flags = Flags::DEFAULT.with(flag, false);
            assert_eq!(errors(&text, flags), expected(number, flags), "{}", flag.name());
        }
        assert_eq!(errors(&text, Flags::DEFAULT), 0);
        assert_eq!(errors(&text, Flags::NONE), 1 + 2 * parts(number));
    }
}

#[test]
fn a_using_that_is_off_is_the_only_error_of_its_names() {
    let text = "USING Viper.Threads\nDIM gate AS Gate = NEW Gate(1)\nSUB Work()\ngate.Leave()\nEND SUB\n\
                DIM t AS Thread = Thread.Start(ADDRESSOF Work, NOTHING)\nt.Join()";
    assert_eq!(errors(text, Flags::DEFAULT), 0);
    assert_eq!(errors(text, Flags::DEFAULT.with(Flag::RuntimeNamespaces, false)), 1);
}
