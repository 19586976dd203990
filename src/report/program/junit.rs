//! Reports on checked programs as `JUnit` XML: one test case for each program.

use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};

use super::alert::Alert;
use super::checked::{Checked, Conclusion};
use super::text::{render_checked, render_findings};
use crate::report::layout::TextStyle;

/// All programs as one test suite. An unfinished check counts as an error: it is not a success, but
/// nothing failed either. A program that was left out is skipped.
pub fn render_junit(checked: &[Checked], style: TextStyle) -> String {
    let mut suite = TestSuite::new("drawloom check");
    let mut total = std::time::Duration::ZERO;
    for program in checked {
        let time = program.time();
        total += time;
        let mut case = TestCase::new(program.program.name.as_str(), status(program, style));
        case.set_classname("drawloom")
            .set_time(time)
            .set_system_out(plain(&render_checked(program, style)));
        case.extra.insert("file".into(), program.program.name.as_str().into());
        let region = Alert::all(program).into_iter().find_map(|alert| alert.region);
        if let Some(region) = region {
            case.extra.insert("line".into(), region.line.to_string().into());
        }
        suite.add_test_case(case);
    }
    suite.set_time(total);
    let mut report = Report::new("drawloom");
    report.set_time(total).add_test_suite(suite);
    report.to_string().expect("a report can be written to a string")
}

/// The status, with the findings and their traces if there are any.
fn status(program: &Checked, style: TextStyle) -> TestCaseStatus {
    if program.not_run.is_some() {
        let mut status = TestCaseStatus::skipped();
        status.set_message(program.headline());
        return status;
    }
    let conclusion = program.conclusion();
    let mut status = match conclusion {
        Conclusion::Fine => return TestCaseStatus::success(),
        Conclusion::Wrong => TestCaseStatus::non_success(NonSuccessKind::Failure),
        Conclusion::Unfinished | Conclusion::Refused => {
            TestCaseStatus::non_success(NonSuccessKind::Error)
        }
    };
    status.set_type(conclusion.name()).set_message(program.headline());
    status.set_description(plain(&render_findings(program, style)));
    status
}

/// A text without colours.
fn plain(text: &str) -> String {
    anstream::adapter::strip_str(text).to_string()
}
