//! Searches that several processes make: `--shard K/N --resume FILE`, and `drawloom merge`.
#![cfg(feature = "cli")]

use std::fs;
use std::path::Path;

use serde_json::Value;

#[path = "common/adds.rs"]
mod adds;
#[path = "common/said.rs"]
mod said;
#[path = "common/schema.rs"]
mod schema;

use adds::{ADD, adds, adds_times, fails_times};
use said::{Folder, Said, command};
#[cfg(feature = "heddle")]
use schema::{assert_valid, closed, schema, validator};

/// A folder with programs.
fn folder() -> Folder {
    let folder = Folder::new();
    folder.write("adds.il", &adds("verified", ADD));
    folder.write("deadlock.il", include_str!("../programs/wrong/abba.il"));
    folder.write("question.litmus", include_str!("../programs/litmus/2+2W+rlx.litmus"));
    folder
}

/// Runs all shards, and puts them together.
fn in_shards(folder: &Folder, command: &str, shards: u64) -> Said {
    let mut files = Vec::new();
    for shard in 1..=shards {
        let made =
            folder.drawloom(&format!("{command} --shard {shard}/{shards} --resume s{shard}"));
        assert_eq!(made.code, 0, "{made:?}");
        files.push(format!("s{shard}"));
    }
    folder.drawloom(&format!("merge --format json {}", files.join(" ")))
}

/// A report without what differs from run to run, or with the place of the cut.
fn facts(json: &str) -> Value {
    let mut value: Value = serde_json::from_str(json).expect(json);
    fn strip(value: &mut Value) {
        match value {
            Value::Object(fields) => {
                // Where the search is cut decides which execution shows a violation first.
                let of_one_run = ["seconds", "executions_per_second", "repeat"];
                for name in of_one_run.into_iter().chain(["execution", "trace", "switches"]) {
                    fields.remove(name);
                }
                fields.values_mut().for_each(strip);
            }
            Value::Array(values) => values.iter_mut().for_each(strip),
            _ => {}
        }
    }
    strip(&mut value);
    value
}

#[test]
fn four_shards_are_one_search() {
    let folder = folder();
    folder
        .write("races.il", &adds_times(1, "race", "load i64, %counter\n  store i64, %counter, 1"));
    for program in ["adds.il", "deadlock.il", "races.il", "question.litmus"] {
        for memory in ["sc", "rc11"] {
            let command = format!("check {program} --memory {memory} --keep-going");
            let merged = in_shards(&folder, &command, 4);
            let whole = folder.drawloom(&format!("{command} --search graphs --format json"));
            assert_eq!(merged.code, whole.code, "{command}: {merged:?}");
            assert_eq!(facts(&merged.stdout), facts(&whole.stdout), "{command}");
            for shard in 1..=4 {
                fs::remove_file(folder.path(&format!("s{shard}"))).expect("it is there");
            }
        }
    }
}

#[test]
fn every_shard_has_work_of_its_own() {
    let folder = folder();
    let merged = in_shards(&folder, "check adds.il --memory rc11", 2);
    assert_eq!(facts(&merged.stdout)["searches"][0]["executions"], 1680);
    for shard in ["s1", "s2"] {
        let rows: Vec<Value> = folder
            .read(shard)
            .lines()
            .skip(1)
            .map(|line| serde_json::from_str(line).expect("a row"))
            .collect();
        let executions = |row: &Value| row["tally"]["executions"].as_u64().expect("a number");
        let own: u64 = rows.iter().filter(|row| row["part"] != 0).map(executions).sum();
        assert!((100..1580).contains(&own), "{shard}: {own}");
    }
}

#[test]
fn shards_that_are_missing_leave_the_search_unfinished() {
    let folder = folder();
    in_shards(&folder, "check adds.il --memory rc11", 4);
    let merged = folder.drawloom("merge s1 s2 s4");
    assert_eq!(merged.code, 3, "{merged:?}");
    assert!(!merged.stdout.contains("verified"), "{}", merged.stdout);
    assert!(merged.stdout.contains("not finished: parts of the search that are missing"));
    assert!(merged.stdout.contains("shard 3 of 4 is missing"), "{}", merged.stdout);

    // The last line of the journal is lost, and half of the one before.
    let text = folder.read("s3");
    let lines: Vec<&str> = text.lines().collect();
    let (last, whole) = lines.split_last().expect("it has lines");
    folder.write("s3", &format!("{}\n{}", whole.join("\n"), &last[..last.len() / 2]));
    let merged = folder.drawloom("merge s1 s2 s3 s4");
    assert_eq!(merged.code, 3, "{merged:?}");
    let line = "shard 3 of 4 is not finished: 1 part is missing in s3";
    assert!(merged.stdout.contains(line), "{}", merged.stdout);

    let again = folder.drawloom("check adds.il --memory rc11 --shard 3/4 --resume s3");
    assert_eq!(again.code, 0, "{again:?}");
    assert!(again.stderr.contains("the last line is incomplete and is dropped"), "{again:?}");
    let merged = folder.drawloom("merge s4 s3 s2 s1");
    assert_eq!(merged.code, 0, "{merged:?}");
    assert!(merged.stdout.contains("1,680"), "{}", merged.stdout);
    assert!(merged.stdout.contains("verified"), "{}", merged.stdout);
}

#[test]
fn a_shard_goes_on_after_it_was_killed() {
    let folder = folder();
    folder.write("many.il", &adds_times(4, "verified", ADD));
    let command = "check many.il --memory rc11 --jobs 1 --shard 1/2 --resume s1";
    let mut child = command::drawloom()
        .current_dir(&folder.0)
        .args(command.split_whitespace())
        .stdout(std::process::Stdio::null())
        .spawn()
        .expect("it starts");
    let rows = || fs::read_to_string(folder.path("s1")).map_or(0, |text| text.lines().count());
    while rows() < 4 && child.try_wait().expect("it can be asked").is_none() {
        std::thread::yield_now();
    }
    child.kill().expect("it can be killed");
    child.wait().expect("it has ended");
    let kept = rows();
    let again = folder.drawloom(command);
    assert_eq!(again.code, 0, "{again:?}");
    let numbers = |text: &str| -> Vec<u64> {
        let rows = text.lines().skip(1).map(|line| serde_json::from_str(line).expect("a row"));
        rows.map(|row: Value| row["part"].as_u64().expect("a number")).collect()
    };
    let made = numbers(&folder.read("s1"));
    assert!(made.len() >= kept, "it was killed in the middle: {kept} rows of {}", made.len());
    let distinct: std::collections::BTreeSet<_> = made.iter().collect();
    assert_eq!(distinct.len(), made.len(), "what was kept is not made again");
    folder.drawloom("check many.il --memory rc11 --shard 2/2 --resume s2");
    let merged = folder.drawloom("merge s1 s2 --format json");
    let whole = folder.drawloom("check many.il --memory rc11 --search graphs --format json");
    assert_eq!(facts(&merged.stdout), facts(&whole.stdout));
}

#[test]
fn shards_of_draws_are_the_draws_of_one_process() {
    let folder = folder();
    folder.write("races.il", &adds("race", "load i64, %counter\n  store i64, %counter, 1"));
    for command in [
        "fuzz adds.il --budget 5000",
        "fuzz adds.il --budget 5000 --memory rc11 --strategy pct",
        "fuzz races.il --budget 3000 --collect",
        "fuzz deadlock.il --budget 3000 --seed 3",
        "fuzz question.litmus --budget 3000",
    ] {
        let merged = in_shards(&folder, command, 4);
        let whole = folder.drawloom(&format!("{command} --format json"));
        assert_eq!(merged.code, whole.code, "{command}: {merged:?}");
        assert_eq!(facts(&merged.stdout), facts(&whole.stdout), "{command}");
        let merged = folder.drawloom("merge s1 s2 s3");
        let is_found = whole.code == 1;
        assert!(is_found || merged.code == 3, "{command}: {merged:?}");
        for shard in 1..=4 {
            fs::remove_file(folder.path(&format!("s{shard}"))).expect("it is there");
        }
    }
}

/// The page is that of one process, but for the points of the chart, which are where parts end.
#[test]
fn shards_of_draws_have_a_page_together() {
    let folder = folder();
    let command = "fuzz adds.il --budget 5000";
    in_shards(&folder, command, 4);
    let merged = folder.drawloom("merge s1 s2 s3 s4 --html merged.html");
    assert_eq!(merged.code, 0, "{merged:?}");
    folder.drawloom(&format!("{command} --html whole.html"));
    let facts = |name: &str| -> Vec<String> {
        let page = folder.read(name);
        let points = page.split("points=\"").nth(1).expect("a chart").split('"').next();
        assert!(points.expect("it ends").split(' ').count() > 4, "{name}");
        let fact = |fact: &str| {
            let (_, rest) = page.split_once(&format!("<dt>{fact}</dt>")).expect("a fact");
            rest.split("</dd>").next().expect("it ends").to_owned()
        };
        let summary = page.split(" distinct traces in 5,000 executions").next();
        let summary = summary.and_then(|it| it.rsplit('>').next()).expect("a number").to_owned();
        vec![fact("executions"), fact("new traces"), summary]
    };
    assert_eq!(facts("merged.html"), facts("whole.html"));
}

#[test]
fn a_shard_that_runs_out_of_time_says_so_and_goes_on_later() {
    let folder = folder();
    let command = "check adds.il --memory rc11 --shard 1/2 --resume s1";
    let stopped = folder.drawloom(&format!("{command} --max-executions 100"));
    assert_eq!(stopped.code, 3, "{stopped:?}");
    let line = "shard 1 of 2 is not finished: the number of executions";
    assert!(stopped.stdout.contains(line), "{}", stopped.stdout);
    let merged = folder.drawloom("merge s1");
    assert_eq!(merged.code, 3, "{merged:?}");
    let goes_on = folder.drawloom(command);
    assert_eq!(goes_on.code, 0, "{goes_on:?}");
    // What `fuzz` may draw in all is shared out.
    let command = "fuzz adds.il --budget 5000 --shard 1/2 --resume fuzz";
    folder.drawloom(command);
    let other = folder.drawloom(&format!("{command} --max-executions 4000"));
    assert_eq!(other.code, 2, "{other:?}");
    assert!(other.stderr.contains("fuzz: the journal is of another"), "{other:?}");
}

#[test]
fn a_journal_that_was_tampered_with_gives_no_verdict() {
    let folder = folder();
    in_shards(&folder, "check adds.il --memory rc11", 2);
    let text = folder.read("s2");
    let lines: Vec<&str> = text.lines().collect();
    let last = lines.last().expect("it has lines");
    let row: Value = serde_json::from_str(last).expect("a row");
    let (part, parts) = (&row["part"], &row["parts"]);
    let header = lines[0];
    let changed = |from: String, to: &str| text.replace(&from, to);
    for (changed, error) in [
        (changed(format!("\"parts\":{parts}"), "\"parts\":1"), "is no part of shard 2 of 2"),
        (changed(format!("\"parts\":{parts}"), "\"parts\":9999"), "in another place"),
        (
            changed(format!("\"parts\":{parts}"), "\"parts\":18446744073709551615"),
            "is no part of shard",
        ),
        (changed(format!("\"part\":{part},"), "\"part\":1,"), "is no part of shard 2 of 2"),
        (changed("\"shards\":2".into(), "\"shards\":0"), "no shard of one"),
        (changed("\"shard\":2".into(), "\"shard\":3"), "no shard of one"),
        (changed("\"build\":\"".into(), "\"build\":\"0"), "another build"),
        (changed("\"is_whole\":true".into(), "\"is_whole\":7"), "s2: line 2"),
        (
            format!("{header}\n{}\n", last.replacen("\"executions\":", "\"executions\":1", 1)),
            "in its outcomes",
        ),
    ] {
        folder.write("changed", &changed);
        let merged = folder.drawloom("merge s1 changed");
        assert_eq!(merged.code, 2, "{error}: {merged:?}");
        let error = error.replace("s2", "changed");
        assert!(merged.stderr.contains(&error), "{error}: {}", merged.stderr);
    }
}

/// Every execution shows the same violation, in every part. The first part that has it says how it is shown.
#[test]
fn violations_that_are_alike_are_shown_by_the_first_of_them() {
    let folder = folder();
    folder.write("fails.il", &fails_times(3));
    let merged = in_shards(&folder, "check fails.il --memory rc11 --keep-going --expect ignore", 2);
    assert_eq!(merged.code, 1, "{merged:?}");
    let parse = |line: &str| serde_json::from_str::<Value>(line).expect("a row");
    let is_violated =
        |row: &Value| row["tally"]["violations"].as_array().is_some_and(|it| !it.is_empty());
    let parts = ["s1", "s2"].map(|name| {
        let text = folder.read(name);
        let rows = text.lines().skip(1).map(parse).filter(is_violated);
        rows.map(|row| row["part"].as_u64().expect("a number")).collect::<Vec<u64>>()
    });
    let first = parts.iter().flatten().min().expect("a part has it");
    assert!(parts[0].len() > 5 && parts[1].len() > 5, "{parts:?}");
    for name in ["s1", "s2"] {
        let text = folder.read(name);
        let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
        for line in &mut lines[1..] {
            if parse(line)["part"] != *first {
                *line = line.replace("\"schedule\":\"drawloom", "\"schedule\":\"nothing");
            }
        }
        folder.write(name, &format!("{}\n", lines.join("\n")));
    }
    let again = folder.drawloom("merge s1 s2 --format json");
    assert_eq!(again.code, 1, "{again:?}");
    assert_eq!(facts(&again.stdout), facts(&merged.stdout));
}

#[test]
fn a_journal_may_end_in_the_middle_of_a_character() {
    let folder = folder();
    let says = "il 0.3.0\n\nextern @Viper.Terminal.Say(str) -> void\n\nglobal const str @.word = \"ä\"\n\n\
                func @main() -> i64 {\nentry:\n  %word = const_str @.word\n  \
                call @Viper.Terminal.Say(%word)\n  ret 0\n}\n";
    folder.write("says.il", says);
    let command = "check says.il --shard 1/1 --resume s1";
    assert_eq!(folder.drawloom(command).code, 0);
    let bytes = fs::read(folder.path("s1")).expect("it is there");
    let at = bytes.iter().rposition(|&byte| byte == 0xc3).expect("the first byte of ä");
    fs::write(folder.path("s1"), &bytes[..=at]).expect("it is written");
    assert_eq!(folder.drawloom("merge s1").code, 3);
    assert_eq!(folder.drawloom(command).code, 0);
    assert_eq!(folder.drawloom("merge s1").code, 0);
}

#[test]
fn two_processes_do_not_add_to_one_journal() {
    let folder = folder();
    let file = fs::File::create(folder.path("s1")).expect("it is made");
    file.lock().expect("nobody else has it");
    let said = folder.drawloom("check adds.il --shard 1/2 --resume s1");
    assert_eq!(said.code, 2, "{said:?}");
    assert!(said.stderr.contains("s1: another process adds to it"), "{said:?}");
}

#[test]
fn what_shards_have_found_is_saved_and_shown_again() {
    let folder = folder();
    in_shards(&folder, "check deadlock.il --expect ignore", 2);
    let merged = folder.drawloom("merge s1 s2 --save found --html found.html");
    assert_eq!(merged.code, 1, "{merged:?}");
    let shown = folder.drawloom("replay deadlock.il found");
    assert_eq!(shown.code, 1, "{shown:?}");
    assert!(shown.stdout.contains("violated: deadlock"), "{}", shown.stdout);
    assert!(folder.read("found.html").contains("deadlock"));
    let over = folder.drawloom("merge s1 s2 --save s1");
    assert_eq!(over.code, 2, "{over:?}");
}

/// The report says what a merge of mutants lacks, once.
#[cfg(feature = "heddle")]
#[test]
fn a_merge_of_mutants_says_which_shards_are_missing() {
    let folder = folder();
    let command = "mutants --site vm/memory.rs --operator drop-load";
    let made = folder.drawloom(&format!("{command} --shard 1/2 --resume s1"));
    assert_eq!(made.code, 0, "{made:?}");
    let missing = "shard 2 of 2 is missing, with 1 mutant";
    let merged = folder.drawloom("merge s1");
    assert_eq!(merged.code, 3, "{merged:?}");
    let summary = merged.stdout.lines().last().expect("a summary");
    assert!(summary.starts_with("? 2 mutants ("), "{summary}");
    assert!(summary.ends_with(&format!("; not finished: {missing}")), "{summary}");
    assert!(!merged.stderr.contains("shard"), "it is said once: {}", merged.stderr);
    let merged = folder.drawloom("merge s1 --format json");
    assert_eq!(merged.code, 3, "{merged:?}");
    let json: Value = serde_json::from_str(&merged.stdout).expect("JSON");
    assert_eq!(json["missing"], serde_json::json!([missing]));
    let validator = validator(&closed(schema("docs/schema/mutants-1.json")));
    assert_valid(&validator, &json, "a shard is missing");
    for (arguments, error) in [
        ("--format junit", "--format junit is for shards of check and fuzz"),
        ("--report a.json", "--report has no effect on shards of mutants"),
        ("--quiet", "--quiet has no effect on shards of mutants"),
        ("--save a", "--save has no effect on shards of mutants"),
    ] {
        let said = folder.drawloom(&format!("merge s1 {arguments}"));
        assert_eq!(said.code, 2, "{said:?}");
        assert!(said.stderr.contains(error), "{arguments}: {}", said.stderr);
    }
}

#[test]
fn what_cannot_be_shared_out_or_put_together_is_refused() {
    let folder = folder();
    fs::create_dir(folder.path("folder")).expect("it is made");
    folder.write("folder/a.il", &adds("verified", ADD));
    folder.write("folder/b.il", &adds("verified", ADD));
    folder.write("text", "hello\n");
    folder.drawloom("check adds.il --shard 1/2 --resume one");
    folder.drawloom("check adds.il --memory rc11 --shard 2/2 --resume other");
    folder.drawloom("check deadlock.il --shard 2/2 --resume deadlock");
    for (command, error) in [
        ("check adds.il --shard 1/2", "--resume"),
        ("check adds.il --resume s", "--shard"),
        ("check adds.il --shard 3/2 --resume s", "the shards are numbered from 1 to 2"),
        ("check adds.il --shard 0/0 --resume s", "there can be 1 to 100000 shards"),
        ("check adds.il --shard one --resume s", "write 2/8 for the second of eight shards"),
        ("check folder --shard 1/2 --resume s", "name one"),
        ("check adds.il --search states --shard 1/2 --resume s", "leave out --search states"),
        ("check adds.il --engine stress --shard 1/2 --resume s", "leave out --engine stress"),
        ("check adds.il --format json --shard 1/2 --resume s", "--format is for `drawloom merge`"),
        ("check adds.il --save f --shard 1/2 --resume s", "--save is for `drawloom merge`"),
        ("check none.il --shard 1/2 --resume s", "none.il: not checked"),
        ("check - --language il --shard 1/2 --resume s", "name a file"),
        ("check adds.il --shard 1/2 --resume text", "text: no journal of this command"),
        ("check adds.il --shard 2/2 --resume one", "one: the journal is of another"),
        ("fuzz adds.il --shard 1/2 --resume s", "--budget COUNT"),
        ("fuzz adds.il --budget 1s --shard 1/2 --resume s", "--budget COUNT"),
        ("fuzz adds.il --budget 99 --count-states --shard 1/2 --resume s", "--count-states"),
        ("merge", "FILE"),
        ("merge none", "none: No such file"),
        ("merge text", "text: no journal of this command"),
        ("merge one one", "one: is of shard 1 of 2, as is one"),
        ("merge one other", "other: is not of the same search as one"),
        ("merge one --format markdown", "--format markdown is for shards of mutants"),
        ("merge one deadlock", "deadlock: is not of the same search as one"),
    ] {
        let said = folder.drawloom(command);
        assert_eq!(said.code, 2, "{command}: {said:?}");
        assert!(said.stderr.contains(error), "{command}: {}", said.stderr);
        assert!(!folder.path("s").exists(), "{command}");
    }
    folder.write("adds.il", &adds("verified", ADD).replace("Three", "3"));
    let said = folder.drawloom("merge one");
    assert_eq!(said.code, 2, "{said:?}");
    assert!(said.stderr.contains("one: was made for another text"), "{said:?}");
}

#[test]
fn a_campaign_is_a_job_array_that_makes_the_shards() {
    let folder = folder();
    let said =
        folder.drawloom("campaign slurm --shards 3 --folder out -- check adds.il --memory rc11");
    assert_eq!(said.code, 0, "{said:?}");
    folder.write("job.sh", &said.stdout);
    for shard in 1..=3 {
        let drawloom = command::drawloom();
        let programs = Path::new(drawloom.get_program())
            .parent()
            .expect("it is in a folder")
            .display()
            .to_string();
        let path = std::env::var("PATH").expect("there is one");
        let mut job = std::process::Command::new("bash");
        job.arg("job.sh").current_dir(&folder.0).env("SLURM_ARRAY_TASK_ID", shard.to_string());
        let ended = job.env("PATH", format!("{programs}:{path}")).output().expect("it runs");
        assert!(ended.status.success(), "{ended:?}");
    }
    let merged = folder.drawloom("merge out/1.shard out/2.shard out/3.shard");
    assert_eq!(merged.code, 0, "{merged:?}");
    for (command, error) in [
        ("campaign slurm --shards 3 -- run adds.il", "this command has no shards: unexpected"),
        ("campaign slurm --shards 3 -- check", "this command has no shards"),
        ("campaign slurm --shards 3 -- check a.il --save b", "--save is for `drawloom merge`"),
        ("campaign slurm --shards 3 -- check a.il b.il", "--shard cuts the search of one program"),
        ("campaign slurm --shards 3 -- check a.il --engine loom", "leave out --engine loom"),
        ("campaign slurm --shards 3 -- fuzz adds.il", "--shard needs a number of executions"),
        ("campaign slurm --shards 3 -- fuzz - --budget 10", "cannot be read by every shard"),
        ("campaign slurm --shards 0 -- check adds.il", "0 is not in 1..=100000"),
        ("campaign slurm --shards 3", "COMMAND"),
        ("campaign", "Usage"),
    ] {
        let said = folder.drawloom(command);
        assert_eq!(said.code, 2, "{command}: {said:?}");
        assert!(said.stderr.contains(error), "{command}: {}", said.stderr);
    }
}
