//! `--html` and `--svg`: what is in them, and what becomes of files that cannot be written.
#![cfg(feature = "cli")]

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use drawloom::guest::explorer::Fuzz;
use drawloom::guest::{
    Act, Control, GuestCounterexample, GuestEngine as _, MemoryModel, Options, Strategy, views,
};
use drawloom::lang::Language;
use drawloom::reference::Subject;
use serde_json::Value;
use tempfile::TempDir;

#[path = "common/browser.rs"]
mod browser;
#[path = "common/command.rs"]
mod command;
#[path = "common/guest.rs"]
mod guest;

use browser::Browser;

const ABBA: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/programs/wrong/abba.il");
const RACY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/programs/wrong/lost_update.il");

/// A folder, and what a command in it has said.
struct Run {
    folder: TempDir,
    code: i32,
    stdout: String,
    stderr: String,
}

impl Run {
    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name))
            .unwrap_or_else(|error| panic!("{error}: {}", self.stderr))
    }

    /// What the page's script knows.
    fn data(&self) -> Value {
        data_of(&self.read("a.html"))
    }
}

fn run_in(folder: TempDir, arguments: &str) -> Run {
    let mut command = command::drawloom();
    command.current_dir(folder.path()).args(arguments.split_whitespace());
    let output = command.output().expect("it runs");
    let code = output.status.code().expect("no signal ended it");
    let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
    Run { folder, code, stdout: text(output.stdout), stderr: text(output.stderr) }
}

fn run(arguments: &str) -> Run {
    run_in(TempDir::new().expect("a folder"), arguments)
}

/// The same with a program `a.EXTENSION`.
fn run_with(extension: &str, text: &str, arguments: &str) -> Run {
    let folder = TempDir::new().expect("a folder");
    fs::write(folder.path().join(format!("a.{extension}")), text).expect("it is written");
    run_in(folder, arguments)
}

fn data_of(page: &str) -> Value {
    let begin = "<script id=\"story\" type=\"application/json\">";
    let (_, rest) = page.split_once(begin).expect("it has data");
    let (data, _) = rest.split_once("</script>").expect("the data end");
    serde_json::from_str(data).expect("it is JSON")
}

/// The changes of a part of the state, from what comes before the first step on, up to the one of so many steps.
fn changes<'d>(data: &'d Value, part: &'d str, steps: usize) -> Vec<&'d Value> {
    let made = data["steps"].as_array().expect("steps").iter().take(steps);
    let changes = [&data["before"]].into_iter().chain(made.map(|step| &step["change"]));
    changes.map(|it| &it[part]).filter(|it| !it.is_null()).collect()
}

/// The locks after so many steps.
fn locks(data: &Value, steps: usize) -> &Value {
    changes(data, "locks", steps).last().expect("there is a state")
}

/// The memory after so many steps.
fn memory(data: &Value, steps: usize) -> Vec<[String; 2]> {
    let mut memory: Vec<[String; 2]> = Vec::new();
    for change in changes(data, "memory", steps) {
        memory.resize(change["count"].as_u64().expect("a number") as usize, Default::default());
        for row in change["new"].as_array().expect("rows") {
            let at = row[0].as_u64().expect("a number") as usize;
            memory[at] = [1, 2].map(|it| row[it].as_str().expect("a text").to_owned());
        }
    }
    memory
}

/// What was printed in so many steps.
fn output(data: &Value, steps: usize) -> String {
    let mut output = String::new();
    for change in changes(data, "output", steps) {
        assert_eq!(change["kept"], output.encode_utf16().count(), "what was printed stays");
        output += change["more"].as_str().expect("a text");
    }
    output
}

const STORE_BUFFERING: &str = "C SB
{ x=0; y=0; }
P0 (atomic_int* x, atomic_int* y) {
  atomic_store_explicit(x, 1, memory_order_relaxed);
  int r = atomic_load_explicit(y, memory_order_relaxed);
}
P1 (atomic_int* x, atomic_int* y) {
  atomic_store_explicit(y, 1, memory_order_relaxed);
  int r = atomic_load_explicit(x, memory_order_relaxed);
}
exists (0:r=0 /\\ 1:r=0)
";

#[test]
fn a_deadlock_shows_who_has_what_and_who_waits_for_whom() {
    let run = run(&format!("check {ABBA} --html a.html --svg a.svg --save a.schedule"));
    assert_eq!(run.code, 0, "as expected: {}", run.stderr);
    let (page, picture) = (run.read("a.html"), run.read("a.svg"));
    assert!(page.contains("<span class=\"sign\" aria-hidden=\"true\">✗</span> violated: deadlock"));
    assert!(page.contains(&format!("drawloom replay {ABBA} a.schedule")), "the command is there");
    let data = run.data();
    let lanes: Vec<&str> = data["lanes"]
        .as_array()
        .expect("lanes")
        .iter()
        .filter_map(|it| it["role"].as_str())
        .collect();
    assert_eq!(lanes, ["@main", "@to_right", "@to_left"]);
    let locks = locks(&data, usize::MAX);
    let locks: Vec<[&str; 3]> = locks
        .as_array()
        .expect("locks")
        .iter()
        .map(|it| ["name", "owner", "waiting"].map(|field| it[field].as_str().expect("a text")))
        .collect();
    assert_eq!(locks, [["@left", "thread 1", "thread 2"], ["@right", "thread 2", "thread 1"]]);
    assert_eq!(memory(&data, usize::MAX), [["@left", "50"], ["@right", "50"]]);
    // The circle: main waits for thread 1, and the two for each other.
    assert_eq!(picture.matches("class=\"link wait\" data-from").count(), 3, "{picture}");
    assert!(picture.starts_with("<!-- drawloom picture -->\n<svg xmlns="), "{picture}");
    assert!(page.contains(picture.lines().nth(1).expect("the picture")), "drawn once, for both");
}

#[test]
fn variables_have_the_values_that_the_reference_has() {
    let run = run(&format!("check {ABBA} --html a.html"));
    let data = run.data();
    let steps = data["steps"].as_array().expect("steps");
    let entered = steps.iter().find(|step| step["words"] == "enter @left").expect("it is entered");
    let thread = &entered["change"]["threads"][0];
    assert_eq!(thread[0], 1, "thread 1 is made to run");
    assert_eq!(thread[1]["state"], "next: enter @right");
    let call = &thread[1]["calls"][0];
    assert_eq!(call["function"], "@transfer");
    assert_eq!(call["variables"], serde_json::json!([["%from", "@left"], ["%to", "@right"]]));
    assert_eq!(thread[1]["calls"][1]["function"], "@to_right");
}

#[test]
fn an_older_value_is_explained_and_a_witness_is_shown() {
    let run = run_with("litmus", STORE_BUFFERING, "check a.litmus --witness --html a.html");
    assert_eq!(run.code, 0, "{}", run.stderr);
    let page = run.read("a.html");
    assert!(page.contains("an execution that ends as asked"), "{page}");
    let data = data_of(&page);
    let steps = data["steps"].as_array().expect("steps");
    let whys: Vec<&str> = steps.iter().filter_map(|step| step["why"].as_str()).collect();
    let [why] = &whys[..] else { panic!("one load reads an older value: {whys:?}") };
    assert!(
        why.contains("reads 0, the initial value. There is a newer write: 1 by thread"),
        "{why}"
    );
    assert!(why.contains("does not happen before this read, so under RC11"), "{why}");
    assert!(page.contains("an older value"), "the picture says so, too");
}

#[test]
fn a_race_is_marked_and_nothing_orders_the_pair() {
    let run = run(&format!("check {RACY} --memory sc --html a.html --svg a.svg"));
    let picture = run.read("a.svg");
    assert_eq!(picture.matches("class=\"link race\" data-from").count(), 1, "{}", run.stderr);
    assert_eq!(picture.matches("class=\"ring\"").count(), 2);
    assert!(picture.contains("races with"), "the legend");
}

#[test]
fn no_text_of_a_program_becomes_a_part_of_the_page() {
    let evil = "il 0.3.0
extern @Viper.Terminal.PrintStr(str) -> void
extern @Viper.Core.Diagnostics.Assert(i1, str) -> void
global const str @text = \"<script>alert(1)</script>\\n\"
func @main() -> i64 {
entry:
  %text = const_str @text
  call @Viper.Terminal.PrintStr(%text)
  call @Viper.Core.Diagnostics.Assert(false, %text)
  ret 0
}
";
    let run = run_with("il", evil, "check a.il --html a.html --svg a.svg");
    let page = run.read("a.html");
    assert_eq!(run.code, 1, "{}", run.stderr);
    assert_eq!(page.matches("<script").count(), 2, "the data and our script: {page}");
    let data = data_of(&page);
    assert_eq!(output(&data, usize::MAX), "<script>alert(1)</script>\n");
    assert!(!run.read("a.svg").contains("<script"));
}

#[test]
fn fuzz_and_replay_write_the_same() {
    let run = run(&format!("fuzz {ABBA} --budget 1000 --html a.html --save a.schedule"));
    assert!(run.read("a.html").contains("violated: deadlock"), "{}", run.stderr);
    let first = data_of(&run.read("a.html"));
    let again = run_in(run.folder, &format!("replay {ABBA} a.schedule --html a.html"));
    let page = again.read("a.html");
    assert_eq!(data_of(&page), first, "a page replaces a page, and shows the same execution");
    assert!(page.contains(&format!(">drawloom replay {ABBA} a.schedule<")), "{page}");
}

#[test]
fn the_machine_in_a_world_has_a_picture_without_states() {
    let run = run(&format!("check {ABBA} --engine stress --max-executions 50 --html a.html"));
    // Real threads need not come to the deadlock.
    if run.path("a.html").exists() {
        assert!(run.read("a.html").contains("which keeps no state of its steps"));
    }
}

#[test]
fn without_an_execution_to_show_nothing_is_written() {
    let sum = concat!(env!("CARGO_MANIFEST_DIR"), "/programs/correct/sum.il");
    let run = run(&format!("check {sum} --html a.html --svg a.svg"));
    assert_eq!(run.code, 0, "{}", run.stderr);
    for name in ["a.html", "a.svg"] {
        assert!(!run.path(name).exists());
        let note = format!("note: {name}: not written: there is no execution to show\n");
        assert!(run.stderr.contains(&note), "{}", run.stderr);
    }
}

#[test]
fn a_page_that_cannot_be_written_is_refused_before_the_search() {
    let folder = || {
        let folder = TempDir::new().expect("a folder");
        fs::write(folder.path().join("mine.html"), "<!DOCTYPE html>\n<p>mine").expect("written");
        fs::write(folder.path().join("mine.svg"), "<svg/>").expect("written");
        folder
    };
    for (options, words) in [
        ("--html mine.html", "error: mine.html: is there already, and is no page of drawloom"),
        ("--svg mine.svg", "error: mine.svg: is there already, and is no picture of drawloom"),
        ("--html no/such/folder", "error: no/such/folder: cannot be written"),
        ("--html x --svg x", "error: x: two outputs would be written to it"),
        ("--save x --html x", "error: x: two outputs would be written to it"),
    ] {
        for command in ["check", "fuzz"] {
            let run = run_in(folder(), &format!("{command} {ABBA} {options}"));
            assert_eq!(run.code, 2, "{options}: {}", run.stderr);
            assert!(run.stderr.starts_with(words), "{options}: {}", run.stderr);
            assert!(!run.path("x").exists());
            assert_eq!(run.read("mine.svg"), "<svg/>");
        }
    }
    let several = run_in(folder(), &format!("check {ABBA} {RACY} --svg x"));
    assert_eq!(several.code, 2);
    assert!(several.stderr.contains("--svg shows what is found in one program"));
}

#[test]
fn several_programs_are_listed_with_what_was_found() {
    let folder = TempDir::new().expect("a folder");
    let at = |name: &str| folder.path().join("some").join(name);
    fs::create_dir(folder.path().join("some")).expect("a folder");
    let abba = fs::read_to_string(ABBA).expect("a program");
    fs::write(at("expected.il"), &abba).expect("it is written");
    let unexpected = abba.replace("# expect: deadlock", "# expect: verified");
    fs::write(at("unexpected.il"), unexpected).expect("it is written");
    fs::write(at("unreadable.il"), "il 0.3.0\n<script>\n").expect("it is written");
    let run = run_in(folder, "check some --html a.html");
    assert_eq!(run.code, 2, "{}", run.stderr);
    let page = run.read("a.html");
    assert!(page.contains("3 programs, 1 fine, 1 wrong, 1 refused"), "{page}");
    for (name, standing, pictures) in
        [("expected", "fine", 1), ("unexpected", "wrong", 1), ("unreadable", "refused", 0)]
    {
        let begin = format!("<details class=\"entry {standing}\"");
        let entry = page.split("<details").find(|it| it.contains(&format!("some/{name}.il")));
        let entry = entry.unwrap_or_else(|| panic!("{name} is listed"));
        assert!(page.contains(&begin), "{name}");
        assert_eq!(entry.matches("<svg").count(), pictures, "{name}");
    }
    assert_eq!(page.matches("<script").count(), 1, "only ours");
    let Some(mut browser) = Browser::start(390, 900) else { return };
    browser.open(&run.path("a.html"));
    let shown = "document.getElementById('shown').textContent";
    assert_eq!(browser.eval(shown), "3 of 3 shown");
    browser.eval("document.querySelector('.chooser.fine input').click()");
    assert_eq!(browser.eval(shown), "2 of 3 shown");
    browser.eval(
        "const name = document.getElementById('name'); name.value = 'UNEX'; \
         name.dispatchEvent(new Event('input'))",
    );
    assert_eq!(browser.eval(shown), "1 of 3 shown");
    let overflows = "document.documentElement.scrollWidth > document.documentElement.clientWidth";
    assert_eq!(browser.eval(overflows), false, "nothing is beyond the edge");
    assert!(browser.complaints.is_empty(), "{:?}", browser.complaints);
}

/// What a page shows of memory is what the steps have read and written.
#[test]
fn the_states_beside_a_trace_are_those_of_its_steps() {
    let mut compared = 0;
    for (name, subject) in wrong_programs() {
        for model in [MemoryModel::Sc, MemoryModel::Rc11] {
            let options = Options { executions_max: 30, steps_max: 300, ..Options::default() };
            let engine = Fuzz {
                strategy: Strategy::Random,
                model: Some(model),
                counts_states: false,
                options,
            };
            let findings = engine.check(&subject, &Control::default());
            for shown in &findings.tally.violations {
                compared += compare(&name, shown, model);
            }
        }
    }
    assert!(compared > 500, "only {compared} words compared");
}

fn wrong_programs() -> Vec<(String, Arc<Subject>)> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/programs/wrong");
    let entries = fs::read_dir(folder).expect("the folder can be read");
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.expect("an entry").path()).collect();
    paths.sort();
    let read = |path: PathBuf| {
        let language = Language::of_path(&path)?;
        let text = fs::read_to_string(&path).expect("a program is a text");
        let code = guest::checked_code_of(language, &text);
        Some((path.display().to_string(), Arc::new(Subject::new(code))))
    };
    paths.into_iter().filter_map(read).collect()
}

/// How many words of the states agree with what the steps have read and written; none may not.
fn compare(name: &str, shown: &GuestCounterexample, model: MemoryModel) -> usize {
    let states = views(shown, 0);
    let made = shown.trace.iter().filter(|step| !step.is_pending).count();
    assert_eq!(states.len(), made + 1, "{name}: {:?}", shown.violation);
    assert_eq!(views(shown, made).len(), 1, "only the last ones");
    let mut compared = 0;
    for (at, step) in shown.trace[..made].iter().enumerate() {
        let Act::Operation(done) = &step.act else { panic!("{name}: of the reference") };
        // What was refused has had no answer.
        let (Some(cell), Some(_)) = (done.operation.cell(), done.answer) else { continue };
        let place = format!("{name}, {model}, step {}: {:?}", at + 1, done.operation);
        let is_newest = done.after.is_some_and(|after| after.is_latest);
        if model == MemoryModel::Sc && done.operation.is_told() {
            assert_eq!(Some(states[at].word(cell)), done.answer, "before {place}");
            compared += 1;
        }
        if let Some(word) = done.operation.written(done.answer).filter(|_| is_newest) {
            assert_eq!(states[at + 1].word(cell), word, "after {place}");
            compared += 1;
        }
    }
    compared
}

/// What a page shows: the number of the step, the words above, and the number of steps still to come.
fn shown(browser: &mut Browser) -> (String, String, u64) {
    let text = |browser: &mut Browser, id: &str| {
        let it = browser.eval(&format!("document.getElementById('{id}').textContent"));
        it.as_str().expect("a text").to_owned()
    };
    let later = browser.eval("document.querySelectorAll('.lanes .step.later').length");
    (text(browser, "where"), text(browser, "what"), later.as_u64().expect("a number"))
}

#[test]
fn a_browser_steps_through_a_page_without_complaints() {
    let run = run(&format!("check {ABBA} --html a.html"));
    let path: &Path = &run.path("a.html");
    let steps = run.data()["steps"].as_array().expect("steps").len() as u64;
    for width in [390, 1400] {
        let Some(mut browser) = Browser::start(width, 900) else { return };
        browser.open(path);
        let end = (format!("{steps} of {steps}"), 0);
        let (place, _, later) = shown(&mut browser);
        assert_eq!((place, later), end, "the violation comes first");
        browser.press("ArrowLeft");
        assert_eq!(shown(&mut browser).2, 1);
        browser.press("Home");
        assert_eq!(shown(&mut browser), (format!("0 of {steps}"), "The beginning.".into(), steps));
        browser.press("ArrowRight");
        let (place, words, later) = shown(&mut browser);
        assert_eq!((place, later), (format!("1 of {steps}"), steps - 1));
        assert_eq!(words, "main: start @to_right as thread 1");
        let threads = browser.eval("document.querySelectorAll('#state .card h3')[1].textContent");
        assert_eq!(threads, "thread 1");
        // The source has the line of each thread that has one.
        let line = browser.eval("document.querySelector('.text.now code').textContent.trim()");
        assert_eq!(line, "%a = call @Viper.Threads.Thread.Start(@to_right, null)");
        browser.press("End");
        assert_eq!(shown(&mut browser).0, end.0);
        // As a user who drags the slider.
        browser.eval(
            "const slider = document.getElementById('step'); slider.value = 2; \
             slider.dispatchEvent(new Event('input'))",
        );
        assert_eq!(shown(&mut browser).0, format!("2 of {steps}"));
        assert_eq!(browser.eval("location.hash"), "#2");
        // Buttons can be reached and pressed with the keyboard alone.
        browser.eval("document.getElementById('on').focus()");
        browser.press("Enter");
        assert_eq!(shown(&mut browser).0, format!("3 of {steps}"));
        let overflows =
            "document.documentElement.scrollWidth > document.documentElement.clientWidth";
        assert_eq!(browser.eval(overflows), false, "nothing is beyond the edge at {width}");
        assert!(browser.complaints.is_empty(), "{:?}", browser.complaints);
    }
}

/// Two counters of one thread, what it prints, and a claim that does not hold.
const COUNTS: &str = "il 0.3.0
extern @Viper.Core.Diagnostics.Assert(i1, str) -> void
extern @Viper.Terminal.Say(str) -> void
extern @Viper.Terminal.SayInt(i64) -> void
global i64 @one = 0
global i64 @two = 5
global const str @.clef = \"\u{1d11e} <b>\"
global const str @.no = \"no\"
func @main() -> i64 {
entry:
  %clef = const_str @.clef
  %no = const_str @.no
  %one = gaddr @one
  %two = gaddr @two
  br ^again(1)
again(%n: i64):
  store i64, %one, %n
  call @Viper.Terminal.Say(%clef)
  store i64, %two, %n
  call @Viper.Terminal.SayInt(%n)
  %next = iadd.ovf %n, 1
  %is_more = scmp_le %next, 3
  cbr %is_more, ^again(%next), ^end
end:
  call @Viper.Core.Diagnostics.Assert(false, %no)
  ret 0
}
";

/// A page has what each step changes, and no more; its script puts that together.
#[test]
fn a_browser_shows_the_memory_and_the_output_after_each_step() {
    let run = run_with("il", COUNTS, "check a.il --html a.html");
    let data = run.data();
    let steps = data["steps"].as_array().expect("steps").len();
    let last = [["@one", "3"], ["@two", "3"]];
    assert_eq!(memory(&data, usize::MAX), last, "{}", run.stderr);
    let whole = "\u{1d11e} <b>\n1\n\u{1d11e} <b>\n2\n\u{1d11e} <b>\n3\n";
    assert_eq!(output(&data, usize::MAX), whole);
    let rows = |change: &&Value| change["new"].as_array().expect("rows").len();
    let changed: usize = changes(&data, "memory", usize::MAX).iter().map(rows).sum();
    assert_eq!(changed, 2 + 6, "the two, and each store");
    let Some(mut browser) = Browser::start(1400, 900) else { return };
    browser.open(&run.path("a.html"));
    for step in (0..=steps).rev() {
        let card = |title: &str, rest: &str| {
            format!(
                "[...document.querySelectorAll('#state .card')]\
                 .filter(it => it.querySelector('h3').textContent === '{title}'){rest}"
            )
        };
        let rows = card("Memory", "[0]") + ".querySelectorAll('tr')";
        let texts = "[...row.querySelectorAll('td')].map(it => it.textContent)";
        let shown = browser.eval(&format!("[...{rows}].map(row => {texts})"));
        assert_eq!(shown, serde_json::json!(memory(&data, step)), "after step {step}");
        let printed = card("Output", ".map(it => it.querySelector('pre').textContent).join()");
        assert_eq!(browser.eval(&printed), output(&data, step), "after step {step}");
        browser.press("ArrowLeft");
    }
    assert!(browser.complaints.is_empty(), "{:?}", browser.complaints);
}

/// With more steps than there is room for, too.
#[test]
fn a_page_opens_where_its_step_and_the_lanes_are_in_sight() {
    let long = concat!(env!("CARGO_MANIFEST_DIR"), "/programs/wrong/buffer_3x3_notify_one.il");
    let run = run(&format!("check {long} --time 20s --html a.html"));
    let steps = run.data()["steps"].as_array().expect("steps").len();
    assert!(steps > 30, "{steps}: {}", run.stderr);
    for (width, height) in [(1280, 720), (390, 844)] {
        let Some(mut browser) = Browser::start(width, height) else { return };
        browser.open(&run.path("a.html"));
        assert_eq!(browser.eval("Number(document.getElementById('step').value)"), steps);
        let is_in_sight = "(() => {
            const it = document.querySelector('.lanes .row.now').getBoundingClientRect();
            const controls = document.querySelector('nav').getBoundingClientRect();
            return it.top >= controls.bottom && it.bottom <= innerHeight && controls.top >= 0;
        })()";
        assert_eq!(browser.eval(is_in_sight), true, "{width} wide");
        browser.press("ArrowLeft");
        assert_eq!(browser.eval("Number(document.getElementById('step').value)"), steps - 1);
        assert_eq!(browser.eval(is_in_sight), true, "{width} wide, one step back");
        assert!(browser.complaints.is_empty(), "{:?}", browser.complaints);
    }
}

#[test]
fn the_page_of_mutants_shows_each_operation_and_who_noticed() {
    let run = run("mutants --quick --site vm/trap.rs --html a.html --resume a.journal");
    assert_eq!(run.code, 0, "{}", run.stderr);
    let page = run.read("a.html");
    assert!(page.contains("<h2>src/vm/trap.rs</h2>") && page.contains(" killed, 0 equivalent"));
    let mutants = page.matches("<li class=\"killed\">").count();
    assert!(mutants > 1, "{page}");
    // A box is about parts of the text, and counts them.
    let parts = page.matches("data-standing=\"killed\"").count();
    assert!(
        parts > 1 && parts < mutants && page.contains(&format!("✓ killed: {parts}<")),
        "{page}"
    );
    assert!(page.contains("killed by "), "who noticed");
    assert_eq!(page.matches("<script").count(), 1, "only ours");
    // What is not noticed stands out.
    let journal = run.read("a.journal");
    let line = journal.lines().find(|line| line.contains("\"killed\"")).expect("a row");
    let mut row: Value = serde_json::from_str(line).expect("JSON");
    let survived =
        [("outcome", "survived".into()), ("executions", 7.into()), ("is_complete", true.into())];
    for (name, value) in survived {
        row[name] = value;
    }
    row.as_object_mut().expect("an object").remove("by");
    fs::write(run.path("a.journal"), journal.replace(line, &row.to_string())).expect("written");
    let command =
        "mutants --quick --site vm/trap.rs --html a.html --resume a.journal --format github";
    let run = run_in(run.folder, command);
    assert_eq!(run.code, 1, "{}", run.stderr);
    let page = run.read("a.html");
    assert!(page.contains("✗ survived: 1<") && page.contains("survived 7 executions"), "{page}");
    assert!(page.contains(&format!("✓ killed: {}<", parts - 1)), "one part more, one less");
    assert_eq!(page.matches("<details class=\"line survived\" open>").count(), 1);
    // The same as annotations.
    let lines: Vec<&str> = run.stdout.lines().collect();
    let [annotation, totals] = lines[..] else { panic!("{lines:?}") };
    assert!(annotation.starts_with("::warning file=src/vm/trap.rs,line="), "{annotation}");
    assert!(annotation.contains(",title=no test notices::"), "{annotation}");
    assert!(annotation.contains(": survived 7 executions"), "{annotation}");
    assert!(totals.contains(", 1 survived; seed 1"), "{totals}");
    let Some(mut browser) = Browser::start(390, 900) else { return };
    browser.open(&run.path("a.html"));
    // What became of each mutant is in sight, without scrolling in a long line.
    let beyond = "[...document.querySelectorAll('.fates .sign, details[open] li')]\
                  .filter(it => it.getBoundingClientRect().right > innerWidth - 16).length";
    assert_eq!(browser.eval(beyond), 0);
    let visible = "[...document.querySelectorAll('.part')].filter(it => !it.hidden).length";
    let all = browser.eval(visible).as_u64().expect("a number");
    browser.eval("document.querySelector('.chooser.survived input').click()");
    assert_eq!(browser.eval(visible), all - 1);
    let overflows = "document.documentElement.scrollWidth > document.documentElement.clientWidth";
    assert_eq!(browser.eval(overflows), false, "nothing is beyond the edge");
    assert!(browser.complaints.is_empty(), "{:?}", browser.complaints);
}

#[test]
fn draws_that_find_nothing_show_how_many_traces_they_came_upon() {
    let atomic = include_str!("../programs/correct/barrier.il");
    let run = run_with("il", atomic, "fuzz a.il --budget 3000 --html a.html --svg a.svg");
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert!(run.stderr.contains("a.svg: not written"), "a picture needs an execution");
    let page = run.read("a.html");
    assert!(page.contains("distinct traces in 3,000 executions") && page.contains("<polyline"));
    assert!(page.contains("<dt>new traces</dt>") && page.contains("100.00 %"), "{page}");
    assert_eq!(page.matches("<script").count(), 0, "there is nothing to step through");
    // With a violation, both are there.
    let run = run_with(
        "il",
        &fs::read_to_string(RACY).expect("a program"),
        "fuzz a.il --collect --html a.html",
    );
    let page = run.read("a.html");
    assert!(page.contains("id=\"story\"") && page.contains("<polyline"), "{}", run.stderr);
    let Some(mut browser) = Browser::start(390, 900) else { return };
    browser.open(&run.path("a.html"));
    let overflows = "document.documentElement.scrollWidth > document.documentElement.clientWidth";
    assert_eq!(browser.eval(overflows), false, "nothing is beyond the edge");
    // What is written in the chart is not smaller than elsewhere in the page.
    let small = "[...document.querySelectorAll('.chart .scale')]\
                 .filter(it => it.getBoundingClientRect().height < 11).length";
    assert_eq!(browser.eval(small), 0);
    assert!(browser.complaints.is_empty(), "{:?}", browser.complaints);
}

/// An outcome that is longer than a line is cut where it differs from the others, and whole when it is opened.
#[test]
fn draws_show_long_outcomes_in_short() {
    let long = "a line that is much longer than a line of a table may be; ".repeat(20);
    let says = COUNTS
        .replace("\u{1d11e} <b>", &long)
        .replace("  call @Viper.Core.Diagnostics.Assert(false, %no)\n", "");
    let run = run_with("il", &says, "fuzz a.il --budget 20 --html a.html");
    let page = run.read("a.html");
    let (_, rest) = page.split_once("<details><summary>").expect("it is cut");
    let (short, rest) = rest.split_once("</summary>").expect("the short text ends");
    let (whole, _) = rest.split_once("</details>").expect("the whole text ends");
    assert!(short.chars().count() < 90 && short.contains('…'), "{short}");
    assert_eq!(whole.matches(long.trim_end()).count(), 3, "{whole}");
}
