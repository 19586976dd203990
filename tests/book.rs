//! The book: every page is in its summary, every link leads somewhere, and what the pages show a command print is what
//! it prints.
//!
//! A `console` block has commands after `$ `, each with its output below it. A block after a line that ends with a
//! name in backquotes and a colon is the file of that name. Both work in a new folder for each page, which has a copy
//! of `programs/`. `…` stands for anything within a line, or, alone in a line, for any number of lines.
//!
//! `BLESS=1 cargo test --test book` writes outputs and pictures anew.
//!
//! *Does not see* what commands of other programs do (`NOT_RUN`); such commands have no output here.
#![cfg(feature = "cli")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

#[path = "common/said.rs"]
mod said;

use said::{Folder, drawloom_in};

const SUMMARY: &str = "docs/SUMMARY.md";
const NOT_RUN: &[&str] = &["cargo", "parallel", "sbatch", "seq"];

/// The name and the text of each page: the files in docs/, and those at the top.
fn pages() -> Vec<(String, String)> {
    let mut pages = vec![];
    for folder in ["docs", "."] {
        for entry in fs::read_dir(folder).expect("it is there") {
            let path = entry.expect("it is read").path();
            let name = path.display().to_string().replace('\\', "/");
            let name = name.trim_start_matches("./").to_owned();
            if path.extension().is_some_and(|it| it == "md") {
                pages.push((name, fs::read_to_string(&path).expect("a text")));
            }
        }
    }
    pages.sort();
    assert!(pages.len() > 20, "only {} pages found", pages.len());
    pages
}

/// A fenced block of a page.
struct Block {
    /// What follows the opening fence.
    info: String,
    /// The last line before it that is not empty.
    before: String,
    /// The lines inside, in the page: from the first one up to that of the closing fence.
    from: usize,
    to: usize,
    text: String,
}

impl Block {
    /// The file that the block is, if the line before names one.
    fn file(&self) -> Option<&str> {
        let name = self.before.strip_suffix("`:")?.rsplit('`').next()?;
        (self.info != "console").then_some(name)
    }
}

fn blocks(text: &str) -> Vec<Block> {
    let mut blocks: Vec<Block> = vec![];
    let (mut before, mut is_open) = (String::new(), false);
    for (at, line) in text.lines().enumerate() {
        match (line.strip_prefix("```"), is_open) {
            (Some(info), false) => {
                let (info, before) = (info.to_owned(), before.clone());
                blocks.push(Block { info, before, from: at + 1, to: at + 1, text: String::new() });
                is_open = true;
            }
            (Some(_), true) => is_open = false,
            (None, true) => {
                let block = blocks.last_mut().expect("one is open");
                block.text.extend([line, "\n"]);
                block.to = at + 1;
            }
            (None, false) if !line.trim().is_empty() => line.clone_into(&mut before),
            (None, false) => {}
        }
    }
    assert!(!is_open, "a fence is not closed");
    blocks
}

/// The lines of a page that are in no block.
fn lines_outside(text: &str) -> Vec<&str> {
    let mut is_open = false;
    let is_outside = |line: &&str| {
        let is_fence = line.starts_with("```");
        is_open ^= is_fence;
        !is_open && !is_fence
    };
    text.lines().filter(is_outside).collect()
}

/// Where the links and pictures of a page lead.
fn targets(text: &str) -> Vec<String> {
    // Without what is in backquotes.
    let prose: String = lines_outside(text).join("\n").split('`').step_by(2).collect();
    let targets = prose.split("](").skip(1).filter_map(|it| it.split_once(')'));
    targets.map(|(target, _)| target.to_owned()).collect()
}

/// The anchors of the headings of a page, as GitHub and mdBook make them.
fn anchors(text: &str) -> BTreeSet<String> {
    let mut anchors = BTreeSet::new();
    for line in lines_outside(text) {
        let heading = line.trim_start_matches('#');
        if heading == line || !heading.starts_with(' ') {
            continue;
        }
        let is_kept = |it: &char| it.is_alphanumeric() || ['-', '_', ' '].contains(it);
        let anchor: String = heading.trim().to_lowercase().chars().filter(is_kept).collect();
        anchors.insert(anchor.replace(' ', "-"));
    }
    anchors
}

#[test]
fn every_page_is_in_the_summary_once() {
    let summary = fs::read_to_string(SUMMARY).expect("it is there");
    let mut listed = targets(&summary);
    listed.sort();
    let in_docs = pages().into_iter().filter_map(|(name, _)| {
        let name = name.strip_prefix("docs/")?;
        (name != "SUMMARY.md").then(|| name.to_owned())
    });
    assert_eq!(listed, in_docs.collect::<Vec<_>>());
}

#[test]
fn every_link_leads_somewhere() {
    let mut links = 0;
    for (name, text) in pages() {
        for target in targets(&text) {
            if target.contains("://") {
                continue;
            }
            links += 1;
            let (file, anchor) = target.split_once('#').unwrap_or((&target, ""));
            let folder = Path::new(&name).parent().expect("a folder");
            let path = if file.is_empty() { PathBuf::from(&name) } else { folder.join(file) };
            assert!(path.exists(), "{name}: {target}: no {}", path.display());
            if !anchor.is_empty() {
                let there = fs::read_to_string(&path).expect("a text");
                assert!(anchors(&there).contains(anchor), "{name}: {target}: no such heading");
            }
        }
    }
    assert!(links > 300, "only {links} links found: the reader is broken");
}

/// A command of a `console` block, and the lines below it.
struct Command {
    shown: String,
    words: String,
    output: Vec<String>,
}

fn commands(block: &Block) -> Vec<Command> {
    let mut commands: Vec<Command> = vec![];
    let mut is_continued = false;
    for line in block.text.lines() {
        let start = line.strip_prefix("$ ");
        if let Some(words) = start.or(is_continued.then_some(line)) {
            if start.is_some() {
                let (shown, words) = (String::new(), String::new());
                commands.push(Command { shown, words, output: vec![] });
            }
            let command = commands.last_mut().expect("one has begun");
            command.shown.extend([line, "\n"]);
            let words = words.split("  #").next().unwrap_or_default().trim();
            command.words.extend([words.trim_end_matches('\\').trim(), " "]);
            is_continued = words.ends_with('\\');
        } else {
            let command = commands.last_mut().expect("the block begins with a command");
            command.output.push(line.to_owned());
        }
    }
    commands
}

/// Whether a line is as shown.
fn is_line(shown: &str, line: &str) -> bool {
    let Some((start, rest)) = shown.split_once('…') else { return shown == line };
    let Some(line) = line.strip_prefix(start) else { return false };
    let ends = line.char_indices().map(|(at, _)| at).chain([line.len()]);
    ends.into_iter().any(|at| is_line(rest, &line[at..]))
}

/// Whether the lines are as shown.
fn is_output(shown: &[String], lines: &[String]) -> bool {
    match (shown, lines) {
        ([], _) => lines.is_empty(),
        ([first, rest @ ..], _) if first == "…" => {
            (0..=lines.len()).any(|at| is_output(rest, &lines[at..]))
        }
        (_, []) => false,
        ([first, rest @ ..], [line, others @ ..]) => {
            is_line(first, line) && is_output(rest, others)
        }
    }
}

/// The lines with `…` for what differs from run to run.
fn without_times(lines: &[String]) -> Vec<String> {
    let line = |line: &String| match line.split_once(' ') {
        Some(("time", _)) => "time              … s".to_owned(),
        Some(("rate", _)) => "rate              … executions/s".to_owned(),
        _ => match (line.rsplit_once(" in "), line.split_once(" s] ")) {
            (Some((before, time)), _) if time.ends_with(" s") => format!("{before} in … s"),
            (_, Some((before, after))) => {
                let before = before.split_once('[').map_or(before, |(before, _)| before);
                format!("{before}[… s] {after}")
            }
            _ => line.clone(),
        },
    };
    lines.iter().map(line).collect()
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("it is made");
    for entry in fs::read_dir(from).expect("it is there") {
        let path = entry.expect("it is read").path();
        let there = to.join(path.file_name().expect("a name"));
        if path.is_dir() {
            copy(&path, &there);
        } else {
            fs::copy(&path, there).expect("it is copied");
        }
    }
}

fn is_blessed() -> bool {
    std::env::var_os("BLESS").is_some()
}

/// The folder that the commands of a page work in, and the exit code of the last one.
struct Shell {
    folder: Folder,
    code: i32,
}

impl Shell {
    fn new() -> Self {
        let folder = Folder::new();
        copy(Path::new("programs"), &folder.path("programs"));
        Shell { folder, code: 0 }
    }

    /// What a terminal shows of a command; nothing of those that are not run.
    fn run(&mut self, command: &str) -> Vec<String> {
        let (words, file) = command.split_once(" > ").unwrap_or((command, ""));
        let program = words.split(' ').find(|it| !it.contains('=')).unwrap_or_default();
        let shown = match program {
            "drawloom" => {
                let said = drawloom_in(self.folder.0.path(), &words["drawloom".len()..], "");
                self.code = said.code;
                if file.is_empty() {
                    said.stdout + &said.stderr
                } else {
                    self.folder.write(file, &said.stdout);
                    said.stderr
                }
            }
            "cat" => self.folder.read(&words["cat ".len()..]),
            "echo" if words == "echo $?" => self.code.to_string(),
            _ => {
                assert!(NOT_RUN.contains(&program), "'{command}' is not run");
                String::new()
            }
        };
        shown.lines().map(|line| line.trim_end().to_owned()).collect()
    }
}

/// Runs the commands of a page, and compares what they print and the pictures that they write.
fn check(page: &str) {
    let text = fs::read_to_string(page).expect("it is there");
    let mut shell = Shell::new();
    let mut run = 0;
    // The lines of each block as they should be, and those that it has now.
    let mut written: Vec<(usize, usize, Vec<String>)> = vec![];
    for block in blocks(&text) {
        if let Some(name) = block.file() {
            let path = shell.folder.path(name);
            fs::create_dir_all(path.parent().expect("a folder")).expect("it is made");
            shell.folder.write(name, &block.text);
        }
        if block.info != "console" {
            continue;
        }
        let mut lines = vec![];
        for Command { shown, words, output } in commands(&block) {
            let said = shell.run(words.trim());
            let is_right = is_output(&output, &said);
            assert!(
                is_right || is_blessed(),
                "{page}: $ {words}\n{}\n--- the page has:\n{}",
                said.join("\n"),
                output.join("\n")
            );
            lines.extend(shown.lines().map(str::to_owned));
            lines.extend(without_times(if is_right { &output } else { &said }));
            run += 1;
        }
        written.push((block.from, block.to, lines));
    }
    assert!(run > 0, "{page}: no command found");
    compare_pictures(page, &text, &shell.folder);
    if is_blessed() {
        let mut after: Vec<String> = text.lines().map(str::to_owned).collect();
        // A block may grow or shrink, so the last ones are replaced first.
        for (from, to, lines) in written.into_iter().rev() {
            after.splice(from..to, lines);
        }
        fs::write(page, after.join("\n") + "\n").expect("it is written");
    }
}

/// A picture that the page shows and that its commands have written is the one beside the page.
fn compare_pictures(page: &str, text: &str, folder: &Folder) {
    for target in targets(text) {
        let (there, here) = (folder.path(&target), Path::new("docs").join(&target));
        if !there.is_file() {
            continue;
        }
        let picture = fs::read(there).expect("it is read");
        if is_blessed() {
            fs::write(here, picture).expect("it is written");
        } else {
            let is_same = fs::read(&here).is_ok_and(|it| it == picture);
            assert!(is_same, "{} is not what {page} makes", here.display());
        }
    }
}

#[test]
fn the_commands_of_the_readme_print_what_it_shows() {
    check("README.md");
}

#[test]
fn the_commands_of_the_tutorial_print_what_it_shows() {
    check("docs/TUTORIAL.md");
}

#[test]
fn the_commands_of_reading_md_print_what_it_shows() {
    check("docs/READING.md");
}

#[test]
fn the_commands_of_threads_md_print_what_it_shows() {
    check("docs/THREADS.md");
}

#[test]
fn the_commands_of_recipes_md_print_what_it_shows() {
    check("docs/RECIPES.md");
}

#[test]
fn the_commands_of_faq_md_print_what_it_shows() {
    check("docs/FAQ.md");
}

#[test]
fn the_commands_of_language_md_print_what_it_shows() {
    check("docs/LANGUAGE.md");
}

/// Also of those commands that are too long or too large to be run here: those in other pages, and those of workflows.
#[test]
fn the_options_that_commands_name_are_there() {
    let mut texts = pages();
    for name in ["action.yml", ".github/workflows/release.yml"] {
        texts.push((name.to_owned(), fs::read_to_string(name).expect("it is there")));
    }
    let mut options = 0;
    for (name, text) in texts {
        for line in text.replace("\\\n", " ").lines() {
            let Some((before, after)) = line.split_once("drawloom ") else { continue };
            let before = before.trim_start().trim_end_matches("cargo ").trim_end_matches("./");
            let is_script =
                before.is_empty() && Path::new(&name).extension().is_some_and(|it| it == "yml");
            if !is_script && !["$ ", "- run: ", "run: "].contains(&before) {
                continue;
            }
            // After `--` begins another command, or the arguments of a program.
            let words = after.split(" -- ").next().unwrap_or_default();
            let words = words.split("  #").next().unwrap_or_default();
            let subcommands = words
                .split(' ')
                .take_while(|it| !it.is_empty() && it.chars().all(|it| it.is_ascii_lowercase()));
            let subcommands: Vec<&str> = subcommands.take(2).collect();
            let Some(subcommand) = subcommands.first() else { continue };
            let mut help = format!("{subcommand} --help");
            if *subcommand == "campaign" {
                help = format!("{} --help", subcommands.join(" "));
            }
            let help = drawloom_in(Path::new("."), &help, "");
            assert_eq!(help.code, 0, "{name}: {line}: no command '{subcommand}'");
            for option in words.split([' ', '=']).filter(|it| it.starts_with("--")) {
                options += 1;
                let is_there = help.stdout.split([' ', ',', '\n']).any(|it| it == option);
                assert!(is_there, "{name}: {line}: {subcommand} has no {option}");
            }
        }
    }
    assert!(options > 30, "only {options} options found: the reader is broken");
}

/// Every model of the core checks a statement of docs/THREADS.md, and every name in the table is there.
#[test]
fn the_statements_about_threads_name_all_models_and_nothing_else() {
    let text = fs::read_to_string("docs/THREADS.md").expect("it is there");
    let rows = text.lines().filter(|line| line.starts_with('|'));
    let checks = rows.filter_map(|row| row.trim_end_matches('|').rsplit('|').next());
    let named: BTreeSet<String> =
        checks.flat_map(|it| it.split('`').skip(1).step_by(2)).map(str::to_owned).collect();
    let sources = |folder: &str| {
        let entries = fs::read_dir(folder).expect("it is there");
        let paths = entries.map(|entry| entry.expect("it is read").path());
        let paths = paths.filter(|path| path.extension().is_some_and(|it| it == "rs"));
        paths.map(|path| fs::read_to_string(path).expect("a text")).collect::<String>()
    };
    let (models, tests) = (sources("models"), sources("tests"));
    let models = models.split(" name: \"").skip(1).filter_map(|it| it.split('"').next());
    let models: BTreeSet<String> = models.map(str::to_owned).collect();
    let missing: Vec<_> = models.difference(&named).collect();
    assert!(models.len() > 60 && missing.is_empty(), "docs/THREADS.md does not name {missing:?}");
    for name in named.difference(&models) {
        let is_test = tests.contains(&format!("fn {name}("));
        let is_file =
            [Path::new(""), Path::new("programs")].iter().any(|it| it.join(name).is_file());
        assert!(is_test || is_file, "docs/THREADS.md: no {name}");
    }
}

#[test]
fn what_is_shown_is_told_from_what_is_not() {
    let lines = |text: &str| text.lines().map(str::to_owned).collect::<Vec<_>>();
    let is = |shown, text| is_output(&lines(shown), &lines(text));
    assert!(is("a\ntime … s\nb", "a\ntime 1.2 s\nb"));
    assert!(is("a\n…\nb", "a\nb") && is("a\n…\nb", "a\nx\ny\nb"));
    assert!(!is("a\ntime … s", "a\ntime 1.2 ms") && !is("a", "a\nb") && !is("a\nb", "a"));
    assert!(!is("", "a") && !is("a\n…\nb", "a\nx"));
}
