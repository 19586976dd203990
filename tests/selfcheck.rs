//! `drawloom selfcheck` searches the core's own models from the binary.
#![cfg(feature = "cli")]

use std::process::Output;

#[path = "common/command.rs"]
mod command;

fn drawloom(arguments: &str) -> Output {
    let mut command = command::drawloom();
    command.args(arguments.split(' ')).output().expect("it runs")
}

#[cfg(any(feature = "heddle", feature = "loom", feature = "shuttle"))]
#[test]
fn each_model_is_searched_by_each_engine_and_nothing_is_wrong() {
    use drawloom::stress::models::MODELS;

    let output = drawloom("selfcheck --executions 200 --format json");
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    let all: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let models = all["models"].as_array().expect("a list");
    let names: Vec<&str> = models.iter().filter_map(|model| model["model"].as_str()).collect();
    assert_eq!(names, MODELS.iter().map(|model| model.name).collect::<Vec<_>>());
    let searches = || models.iter().flat_map(|it| it["searches"].as_array().expect("a list"));
    assert!(searches().all(|search| search["executions"].as_u64() > Some(0)), "{models:?}");
    let ends = |end: &str| searches().filter(|search| search["end"] == end).count();
    if cfg!(any(feature = "heddle", feature = "loom")) {
        assert!(ends("complete") > 10 && ends("unfinished") > 0, "small ones and large ones");
    }
    assert_eq!(ends("violated"), 0, "{models:?}");
    let is_whole = |search: &serde_json::Value| search["within"].as_array().map(Vec::is_empty);
    let complete = searches().filter(|search| search["end"] == "complete");
    assert!(complete.map(is_whole).all(|it| it == Some(true)), "{models:?}");
    if cfg!(feature = "heddle") {
        assert!(ends("bounded") > 0, "some models have loops that wait");
    }
}

#[cfg(feature = "heddle")]
#[test]
fn the_table_says_who_searched_what_to_which_end() {
    let arguments = "selfcheck --filter joining --filter guard --executions 1000";
    let output = drawloom(arguments);
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    assert_eq!(output.status.code(), Some(0), "{text}");
    assert!(text.contains("heddle: ") && text.contains("1 of 1 model to the end"), "{text}");
    assert!(text.contains(" all ") && text.contains(" 1 model: nothing wrong found"), "{text}");
    let again = String::from_utf8(drawloom(arguments).stdout).expect("UTF-8");
    let rows = |text: &str| {
        text.lines().take_while(|line| !line.is_empty()).map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(rows(&text), rows(&again), "the same seed, the same table");
}

/// In a narrow table a name has blanks, and may be in two lines.
#[cfg(feature = "heddle")]
#[test]
fn a_model_is_found_by_its_name_as_the_table_has_it() {
    for name in ["two_reconfigurations_take", "two reconfigurations take"] {
        let mut command = command::drawloom();
        let command = command.args(["selfcheck", "--executions", "100", "--filter", name]);
        let output = command.output().expect("it runs");
        let text = String::from_utf8(output.stdout).expect("UTF-8");
        assert!(text.contains("1 model: nothing wrong found"), "{name}: {text}");
    }
}

#[test]
fn what_cannot_be_searched_is_refused() {
    for (arguments, message) in [
        ("selfcheck --filter luck", "no model's name has this text in it; there are "),
        (
            "selfcheck --executions 1",
            "invalid value '1' for '--executions <COUNT>': it must be at least 100",
        ),
    ] {
        let output = drawloom(arguments);
        let stderr = String::from_utf8(output.stderr).expect("UTF-8");
        assert_eq!((output.status.code(), output.stdout.len()), (Some(2), 0), "{arguments}");
        assert!(stderr.contains(message), "{arguments}: {stderr}");
    }
}
