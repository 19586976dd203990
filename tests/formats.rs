//! Reports for machines: every verdict in every format, held to the schemas and to what the formats ask for.
//!
//! The official schema of SARIF is not in this repository. tests/schema/sarif-parts.json describes by hand the parts
//! that drawloom writes, and nothing else is allowed there. If `DRAWLOOM_SARIF_SCHEMA` names the file of the official
//! schema, which scripts/sarif-schema fetches, outputs are held to that as well.
#![cfg(feature = "cli")]

use std::env;
use std::fs;
use std::path::Path;

use drawloom::reference::ViolationKind;
use drawloom::report::EXPLANATIONS;
use jsonschema::Validator;
use serde_json::Value;
use tempfile::TempDir;

#[path = "common/command.rs"]
mod command;
#[path = "common/schema.rs"]
mod schema;

use schema::{assert_valid, closed, schema, validator};

/// A command for each verdict, and the words that its headline must have: otherwise a schema that is never tried on a
/// verdict would pass.
const VERDICTS: &[(&str, &str)] = &[
    ("check correct.il", "verified, as expected"),
    ("check wrong.il --keep-going", "violated: data race"),
    ("check missed.il", "not as expected"),
    ("check trap.il", "violated: trap"),
    ("check correct.il --max-executions 1", "not finished: the number of executions"),
    ("check free.il --max-executions 1", "nothing unexpected"),
    ("check correct.il --engine stress --max-executions 20", "nothing unexpected"),
    ("check correct.il --engine all --max-executions 20", "other engines"),
    #[cfg(feature = "heddle")]
    ("check wait.il --engine heddle", "not verified: nothing found"),
    ("check nonsense.il", "not checked: 1 finding"),
    ("check missing.il", "not checked: No such file"),
    ("check exists.litmus --witness", "exists: Ok"),
    ("check forall.litmus", "violated: broken claim"),
    ("check livelock.il", "violated: livelock"),
    ("check lost.il", "violated: lost wakeup"),
    ("check deadlock.tvm", "violated: deadlock"),
    ("check counter.bas", "violated: data race"),
    ("fuzz wrong.il --budget 100", "violated: data race"),
    ("fuzz correct.il --budget 10", "nothing found"),
    ("replay wrong.il wrong.schedule", "violated: data race"),
];

/// The programs that the commands name.
fn folder() -> TempDir {
    let folder = TempDir::new().expect("a folder");
    let programs = Path::new(env!("CARGO_MANIFEST_DIR")).join("programs");
    let read = |name: &str| fs::read_to_string(programs.join(name)).expect("it is there");
    let without_header = |text: String| {
        let lines = text.lines().filter(|line| !line.starts_with(['#', '\'']));
        lines.collect::<Vec<_>>().join("\n")
    };
    let write = |name: &str, text: &str| {
        fs::write(folder.path().join(name), text).expect("it is written");
    };
    write("correct.il", &read("correct/relaxed_counter.il"));
    write("free.il", &read("correct/relaxed_counter.il").replace("# executions: 6\n", ""));
    write("wrong.il", &without_header(read("wrong/lost_update.il")));
    let missed = without_header(read("wrong/lost_update.il"));
    write("missed.il", &format!("# expect: deadlock\n{missed}"));
    write("trap.il", &without_header(read("wrong/join_self.il")));
    write("wait.il", &without_header(read("correct/handoff.il")));
    write("nonsense.il", "il 0.3.0\nfunc @main() -> void {\nentry:\n  frob\n}\n");
    write("exists.litmus", &read("litmus/MP+rlx.litmus"));
    let claims = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/kinds/broken_claim.litmus");
    write("forall.litmus", &fs::read_to_string(claims).expect("it is there"));
    write("livelock.il", &without_header(read("wrong/polite_retreat.il")));
    write("lost.il", &without_header(read("wrong/lost_notify.il")));
    write("deadlock.tvm", &without_header(read("wrong/abba.tvm")));
    write("counter.bas", &without_header(read("wrong/lost_update.bas")));
    drawloom(folder.path(), "check wrong.il --save wrong.schedule");
    folder
}

/// What the command writes to stdout.
fn drawloom(folder: &Path, arguments: &str) -> String {
    let mut command = command::drawloom();
    let output = command.args(arguments.split(' ')).current_dir(folder).output().expect("it runs");
    let stderr = String::from_utf8(output.stderr).expect("UTF-8");
    assert!(!stderr.contains("panicked"), "{arguments}: {stderr}");
    String::from_utf8(output.stdout).expect("UTF-8")
}

fn json(folder: &Path, arguments: &str) -> Value {
    let text = drawloom(folder, arguments);
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{arguments}: {error}: {text}"))
}

#[test]
fn json_of_every_verdict_is_valid() {
    let folder = folder();
    let validator = validator(&closed(schema("docs/schema/check-1.json")));
    for (command, headline) in VERDICTS {
        let value = json(folder.path(), &format!("{command} --format json"));
        assert_valid(&validator, &value, command);
        let found = value["headline"].as_str().expect("a headline");
        assert!(found.contains(headline), "{command}: {found}");
    }
    let several = json(folder.path(), "check correct.il nonsense.il --format json");
    assert_valid(&validator, &several, "several");
    let cut = json(folder.path(), "check wrong.il correct.il -j 1 --fail-fast --format json");
    assert_valid(&validator, &cut, "cut short");
    assert_eq!(cut[1]["not_run"], "--fail-fast");
    let mut wrong = several[0].clone();
    wrong["conclusion"] = "good".into();
    assert!(!validator.is_valid(&wrong), "the schema refuses something");
    let mut more = several[0].clone();
    more["mood"] = "good".into();
    assert!(!validator.is_valid(&more), "a field that is not described");
}

#[test]
fn the_schema_names_the_kinds_of_the_source() {
    let schema = schema("docs/schema/check-1.json");
    let named = schema["$defs"]["kind"]["enum"].as_array().expect("a list");
    let named: Vec<&str> = named.iter().filter_map(Value::as_str).collect();
    let mut kinds: Vec<&str> = ViolationKind::ALL.map(ViolationKind::name).to_vec();
    kinds.push(ViolationKind::Witness.name());
    assert_eq!(named, kinds);
}

#[cfg(feature = "heddle")]
#[test]
fn json_of_mutants_is_valid() {
    let folder = TempDir::new().expect("a folder");
    let validator = validator(&closed(schema("docs/schema/mutants-1.json")));
    let command = "mutants --site vm/memory.rs --operator drop-load --format json";
    let whole = json(folder.path(), command);
    assert_valid(&validator, &whole, command);
    assert!(whole["missing"].is_null());
    let judged = |name: &str| whole["totals"][name].as_u64().expect("a number");
    assert!(judged("killed") > 0 && judged("equivalent") > 0, "{whole}");
    let mut wrong = whole.clone();
    wrong["mutants"][0].as_object_mut().expect("an object").remove("ms");
    assert!(!validator.is_valid(&wrong), "the schema refuses something");
}

#[cfg(any(feature = "heddle", feature = "loom", feature = "shuttle"))]
#[test]
fn json_of_selfcheck_is_valid() {
    let folder = TempDir::new().expect("a folder");
    let validator = validator(&closed(schema("docs/schema/selfcheck-1.json")));
    let all = json(folder.path(), "selfcheck --filter monitor --executions 200 --format json");
    assert_valid(&validator, &all, "selfcheck");
    let mut wrong = all.clone();
    wrong["models"][0]["searches"][0]["end"] = "good".into();
    assert!(!validator.is_valid(&wrong), "the schema refuses something");
}

/// The schema of the parts of SARIF that drawloom writes, and the official one if it is there.
fn sarif_validators() -> Vec<Validator> {
    let official = env::var("DRAWLOOM_SARIF_SCHEMA").ok().map(|path| {
        let mut official = schema(&path);
        // The pattern of languages has a bracket too many, so that it is none.
        for part in ["run", "toolComponent"] {
            let language = &mut official["definitions"][part]["properties"]["language"];
            language.as_object_mut().expect("it is there").remove("pattern");
        }
        official
    });
    let parts = schema("tests/schema/sarif-parts.json");
    official.iter().chain([&parts]).map(validator).collect()
}

#[track_caller]
fn assert_valid_sarif(validators: &[Validator], log: &Value, what: &str) {
    for validator in validators {
        assert_valid(validator, log, what);
    }
}

#[test]
fn sarif_of_every_verdict_is_valid_and_its_indices_lead_somewhere() {
    let folder = folder();
    let validators = sarif_validators();
    for (command, _) in VERDICTS {
        let log = json(folder.path(), &format!("{command} --format sarif"));
        assert_valid_sarif(&validators, &log, command);
        assert_indices_lead_somewhere(&log, command);
    }
}

#[test]
fn sarif_has_the_place_and_the_interleaving() {
    let folder = folder();
    let log = json(folder.path(), "check deadlock.tvm --format sarif");
    let result = &log["runs"][0]["results"][0];
    assert_eq!(result["ruleId"], "deadlock");
    assert_eq!(result["level"], "error");
    let region = &result["locations"][0]["physicalLocation"]["region"];
    assert!(region["startLine"].as_u64() > Some(1), "{region}");
    let flows = result["codeFlows"][0]["threadFlows"].as_array().expect("threads");
    assert_eq!(flows[0]["id"], "main", "{flows:?}");
    let steps = flows.iter().flat_map(|flow| flow["locations"].as_array().expect("steps"));
    let mut orders: Vec<u64> =
        steps.map(|step| step["executionOrder"].as_u64().expect("a number")).collect();
    assert!(!orders.is_sorted(), "the threads take turns: {orders:?}");
    orders.sort_unstable();
    assert!(orders.iter().copied().eq(1..=orders.len() as u64), "{orders:?}");
    let words = result.to_string();
    assert!(words.contains("\"essential\"") && words.contains("... enter @tvm.lock"), "{words}");
}

#[test]
fn sarif_says_what_was_not_searched_and_suppresses_what_is_expected() {
    let folder = folder();
    let log = json(folder.path(), "check correct.il --max-executions 1 --format sarif");
    let run = &log["runs"][0];
    assert_eq!(run["results"].as_array().map(Vec::len), Some(0), "an open search is no finding");
    let note = &run["invocations"][0]["toolExecutionNotifications"][0];
    assert_eq!(note["level"], "warning");
    let text = note["message"]["text"].as_str().expect("a text");
    assert!(text.contains("not finished: ") && text.contains("not seen: "), "{text}");
    let header = "# expect: race; trap an update was lost\n";
    let wrong = fs::read_to_string(folder.path().join("wrong.il")).expect("it is there");
    fs::write(folder.path().join("expected.il"), format!("{header}{wrong}")).expect("written");
    let log = json(folder.path(), "check expected.il --format sarif");
    for result in log["runs"][0]["results"].as_array().expect("results") {
        assert_eq!(result["suppressions"][0]["kind"], "inSource", "{result}");
        assert_eq!(result["level"], "note", "{result}");
    }
    let log = json(folder.path(), "check nonsense.il --format sarif");
    assert_eq!(log["runs"][0]["invocations"][0]["executionSuccessful"], false);
    let region = &log["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["region"];
    assert_eq!((&region["startLine"], &region["startColumn"]), (&4.into(), &3.into()));
}

#[test]
fn the_rules_of_sarif_are_the_explanations() {
    let folder = folder();
    let log = json(folder.path(), "check correct.il --format sarif");
    let rules = log["runs"][0]["tool"]["driver"]["rules"].as_array().expect("rules");
    for explanation in EXPLANATIONS.iter().filter(|it| it.guest.is_some()) {
        let rule = rules.iter().find(|rule| rule["id"] == explanation.id()).expect("a rule");
        let help = rule["help"]["text"].as_str().expect("a text");
        assert!(help.contains(explanation.fix), "{help}");
    }
}

/// The results of a log have places, and indices that lead somewhere.
fn assert_indices_lead_somewhere(log: &Value, what: &str) {
    let run = &log["runs"][0];
    let rules = run["tool"]["driver"]["rules"].as_array().expect("rules");
    for result in run["results"].as_array().expect("results") {
        let rule = &rules[result["ruleIndex"].as_u64().expect("a number") as usize];
        assert_eq!(rule["id"], result["ruleId"], "{what}");
        let location = &result["locations"][0]["physicalLocation"]["artifactLocation"];
        let artifact = &run["artifacts"][location["index"].as_u64().expect("a number") as usize];
        assert_eq!(artifact["location"]["uri"], location["uri"], "{what}");
    }
}

/// What no model notices is a result at its operation; what need not be noticed is suppressed, with the reason.
#[cfg(feature = "heddle")]
#[test]
fn sarif_of_mutants_has_what_is_not_noticed_at_its_line() {
    let folder = TempDir::new().expect("a folder");
    let validators = sarif_validators();
    let command =
        "mutants --site vm/memory.rs --operator drop-load --resume a.journal --format sarif";
    let log = json(folder.path(), command);
    assert_valid_sarif(&validators, &log, command);
    assert_indices_lead_somewhere(&log, command);
    let [equivalent] = &log["runs"][0]["results"].as_array().expect("results")[..] else {
        panic!("{log}")
    };
    assert_eq!(equivalent["level"], "note");
    assert_eq!(equivalent["suppressions"][0]["kind"], "external");
    let why = equivalent["suppressions"][0]["justification"].as_str().expect("a reason");
    assert!(why.contains("fetch_update"), "{why}");
    assert_eq!(log["runs"][0]["invocations"][0]["executionSuccessful"], true);
    // The same run, if a model were missing.
    let path = folder.path().join("a.journal");
    let journal = fs::read_to_string(&path).expect("it is there");
    let line = journal.lines().find(|line| line.contains("\"killed\"")).expect("a row");
    let mut row: Value = serde_json::from_str(line).expect("JSON");
    row.as_object_mut().expect("an object").remove("by");
    for (name, value) in
        [("outcome", "survived".into()), ("executions", 7.into()), ("is_complete", true.into())]
    {
        row[name] = value;
    }
    fs::write(&path, journal.replace(line, &row.to_string())).expect("it is written");
    let log = json(folder.path(), command);
    assert_valid_sarif(&validators, &log, "a survivor");
    assert_indices_lead_somewhere(&log, "a survivor");
    let results = log["runs"][0]["results"].as_array().expect("results");
    let survivors: Vec<&Value> = results.iter().filter(|it| it["level"] == "warning").collect();
    let [survivor] = survivors[..] else { panic!("{results:?}") };
    assert!(survivor["suppressions"].is_null() && survivor["ruleId"] == "not-noticed");
    let text = survivor["message"]["text"].as_str().expect("a text");
    assert!(
        text.starts_with("no test notices: ") && text.contains("survived 7 executions"),
        "{text}"
    );
    let place = &survivor["locations"][0]["physicalLocation"];
    assert_eq!(place["artifactLocation"]["uri"], "src/vm/memory.rs");
    // The region is a word in the line of the operation.
    let region = |name: &str| place["region"][name].as_u64().expect("a number") as usize;
    assert_eq!(region("startLine") as u64, row["line"].as_u64().expect("a number"));
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/vm/memory.rs");
    let source = fs::read_to_string(source).expect("it is there");
    let line = source.lines().nth(region("startLine") - 1).expect("a line");
    let word = &line[region("startColumn") - 1..region("endColumn") - 1];
    assert!(!word.is_empty() && word.chars().all(|it| it.is_alphanumeric() || it == '_'), "{word}");
}

#[test]
fn github_gets_an_annotation_at_the_line_of_each_finding() {
    let folder = folder();
    fs::write(folder.path().join("a,b:c.il"), "il 0.3.0\nfrob\n").expect("it is written");
    let said = drawloom(
        folder.path(),
        "check correct.il wrong.il nonsense.il a,b:c.il missed.il --format github",
    );
    let lines: Vec<&str> = said.lines().collect();
    let begins = |words: &str| lines.iter().filter(|line| line.starts_with(words)).count();
    assert_eq!(begins("::error file=wrong.il,line="), 1, "{said}");
    assert_eq!(begins("::error file=nonsense.il,line=4,endLine=4,col=3,"), 1, "{said}");
    assert_eq!(begins("::error file=a%2Cb%3Ac.il,line=2,"), 1, "{said}");
    assert!(begins("::error file=missed.il") >= 2, "the race, and what the header expects: {said}");
    assert!(said.contains("title=data race::error: data race: "), "{said}");
    assert!(said.contains("%0Arepeat with: drawloom check wrong.il"), "{said}");
    let not_seen = begins("not seen in ");
    assert_eq!((begins("not seen in 2 programs: "), not_seen), (1, 2), "one for each: {said}");
    assert_eq!(begins("::"), lines.len() - not_seen - 1, "one for each, and the count: {said}");
    assert!(lines.last().expect("a line").starts_with("5 programs, 1 fine, 2 wrong, 2 refused"));
    let said = drawloom(folder.path(), "check correct.il --max-executions 1 --format github");
    assert!(
        said.starts_with("::warning file=correct.il,title=not finished::not finished: "),
        "{said}"
    );
}

#[test]
fn junit_has_the_finding_the_trace_and_the_place_in_the_failure() {
    let folder = folder();
    let xml = drawloom(folder.path(), "check wrong.il correct.il nonsense.il --format junit");
    let (_, failure) = xml.split_once("<failure ").expect("a failure");
    let (failure, _) = failure.split_once("</failure>").expect("its end");
    for part in ["type=\"wrong\"", "data race: ", "step  line  main", "repeat with: drawloom check"]
    {
        assert!(failure.contains(part), "{part}: {failure}");
    }
    assert!(xml.contains("file=\"wrong.il\" line=\""), "{xml}");
    let (_, error) = xml.split_once("<error ").expect("an error");
    assert!(error.contains("nonsense.il:4:3"), "{error}");
}

#[test]
fn files_get_reports_beside_the_text_in_the_format_of_their_endings() {
    let folder = folder();
    let report = "check wrong.il correct.il --report a.json --report b.xml --report c.sarif";
    let said = drawloom(folder.path(), report);
    assert!(said.contains("violated: data race"), "stdout still has the text: {said}");
    let read = |name: &str| fs::read_to_string(folder.path().join(name)).expect("it is there");
    let json: Value = serde_json::from_str(&read("a.json")).expect("JSON");
    assert_eq!(json.as_array().map(Vec::len), Some(2));
    assert!(read("b.xml").starts_with("<?xml"));
    let sarif: Value = serde_json::from_str(&read("c.sarif")).expect("JSON");
    assert_eq!(sarif["version"], "2.1.0");
    let again = drawloom(folder.path(), report);
    assert!(
        again.contains("violated: data race"),
        "reports are written over by their like: {again}"
    );
    for command in ["fuzz wrong.il --budget 50", "replay wrong.il wrong.schedule"] {
        drawloom(folder.path(), &format!("{command} --report again.json"));
        let json: Value = serde_json::from_str(&read("again.json")).expect("JSON");
        assert_eq!(json["conclusion"], "wrong", "{command}");
    }
}

#[test]
fn a_report_that_cannot_be_written_is_refused_before_the_search() {
    let folder = folder();
    fs::write(folder.path().join("notes.xml"), "<notes/>").expect("it is written");
    fs::create_dir(folder.path().join("d.json")).expect("it is made");
    for (arguments, message) in [
        ("check wrong.il --report a.txt", "a.txt: a report's name ends in .json or .xml or .sarif"),
        ("check wrong.il --report no/such/a.json", "no/such/a.json: cannot be written"),
        ("check wrong.il --report d.json", "d.json: is a directory"),
        ("fuzz wrong.il --report a", "a: a report's name ends in"),
        ("check in.json --language il --report in.json", "in.json: would be written over"),
        (
            "check wrong.il --report in.json",
            "in.json: is there already, and is no report of drawloom in JSON",
        ),
        ("fuzz wrong.il --report notes.xml", "notes.xml: is there already, and is no report of"),
        ("check wrong.il --format sarif --width 60", "--width is for"),
        ("check wrong.il --format json --quiet", "--quiet is for --format text"),
        ("check wrong.il --filter luck", "no program's name has 'luck' in it; there are 1"),
    ] {
        fs::write(folder.path().join("in.json"), "kept").expect("it is written");
        let mut command = command::drawloom();
        let output = command.args(arguments.split(' ')).current_dir(folder.path()).output();
        let output = output.expect("it runs");
        let stderr = String::from_utf8(output.stderr).expect("UTF-8");
        assert_eq!((output.status.code(), output.stdout.len()), (Some(2), 0), "{arguments}");
        assert!(stderr.contains(message), "{arguments}: {stderr}");
        let kept = fs::read_to_string(folder.path().join("in.json")).expect("it is there");
        assert_eq!(kept, "kept", "{arguments}");
    }
}
