//! Recipes of docs/RECIPES.md that need another tool, where it is there.
#![cfg(all(feature = "cli", feature = "heddle"))]

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

const RECIPES: &str = include_str!("../docs/RECIPES.md");

/// Models in threads of our own world, as ordinary tests.
const TESTS: &str = "\
use drawloom::heddle::sync::{Arc, AtomicU32, Ordering, thread};

fn counts(threads: u32) {
    drawloom::model(move || {
        let total = Arc::new(AtomicU32::new(0));
        let add = || {
            let total = total.clone();
            thread::spawn(move || total.fetch_add(1, Ordering::Relaxed))
        };
        let adding: Vec<_> = (0..threads).map(|_| add()).collect();
        adding.into_iter().for_each(|it| _ = it.join().unwrap());
        assert_eq!(total.load(Ordering::Relaxed), threads);
    });
}

#[test]
fn one_counts() {
    counts(1);
}

#[test]
fn two_count() {
    counts(2);
}

#[test]
fn three_count() {
    counts(3);
}
";

/// The command of a recipe that has these words, for a shard of two.
fn recipe(words: &str, shard: u32) -> String {
    let line = RECIPES.lines().find(|line| line.contains(words)).expect("there is a recipe");
    let command = line.trim_start_matches("- run: ").replace("${{ matrix.shard }}/4", "SHARD/2");
    assert!(command.contains("SHARD/2"), "{line}");
    command.replace("SHARD", &shard.to_string())
}

fn crate_with_models(folder: &Path) {
    let home = env!("CARGO_MANIFEST_DIR");
    let manifest = format!(
        "[package]\nname = \"counts\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\n[workspace]\n\n\
         [dev-dependencies]\ndrawloom = {{ path = {home:?}, default-features = false, features = [\"heddle\"] }}\n"
    );
    fs::create_dir_all(folder.join("src")).expect("a folder");
    fs::create_dir_all(folder.join("tests")).expect("a folder");
    let lock = fs::read_to_string(Path::new(home).join("Cargo.lock")).expect("it is there");
    for (name, text) in [
        ("Cargo.toml", manifest.as_str()),
        // The versions that the build of this test has, so that no network is needed.
        ("Cargo.lock", lock.as_str()),
        ("src/lib.rs", ""),
        ("tests/models.rs", TESTS),
    ] {
        fs::write(folder.join(name), text).expect("it is written");
    }
}

/// Each test is in one of the partitions, and passes there.
#[test]
fn nextest_cuts_a_suite_of_models() {
    let is_there = Command::new("cargo").args(["nextest", "--version"]).output();
    if !is_there.is_ok_and(|it| it.status.success()) {
        eprintln!("skipped: there is no cargo-nextest");
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    crate_with_models(folder.path());
    let mut all = BTreeSet::new();
    for shard in 1..=2 {
        let command = recipe("cargo nextest run --partition", shard);
        let mut words = command.split(' ');
        let mut nextest = Command::new(words.next().expect("a program"));
        nextest.args(words).current_dir(folder.path()).env("CARGO_NET_OFFLINE", "true");
        nextest.env("CARGO_TARGET_DIR", Path::new(env!("CARGO_TARGET_TMPDIR")).join("recipes"));
        for of_caller in
            ["RUSTFLAGS", "CARGO_ENCODED_RUSTFLAGS", "RUSTC_WORKSPACE_WRAPPER", "NEXTEST_PARTITION"]
        {
            nextest.env_remove(of_caller);
        }
        let output = nextest.output().expect("it starts");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{command}: {said}");
        let passed = said.lines().filter(|line| line.contains(" PASS "));
        let names: Vec<&str> = passed.filter_map(|line| line.split(' ').next_back()).collect();
        assert!(!names.is_empty(), "{command}: {said}");
        for name in names {
            assert!(all.insert(name.to_owned()), "{name} is in both partitions");
        }
    }
    let names = ["one_counts", "three_count", "two_count"];
    assert!(all.iter().eq(names), "{all:?}");
}
