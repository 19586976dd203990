//! Reports on checked programs as `JUnit` XML: one test case for each program.

use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};

use super::checked::{Checked, Conclusion};
use super::text::{TextStyle, render_checked};

/// All programs as one test suite. An unfinished check counts as an error: it is not a success, but
/// nothing failed either.
pub fn render_junit(checked: &[Checked], style: TextStyle) -> String {
    let mut suite = TestSuite::new("drawloom check");
    let mut total = std::time::Duration::ZERO;
    for program in checked {
        let time = program.searches.iter().map(|searched| searched.time).sum();
        total += time;
        let mut case = TestCase::new(program.program.name.as_str(), status(program));
        case.set_classname("drawloom").set_time(time);
        let text = anstream::adapter::strip_str(&render_checked(program, style)).to_string();
        case.set_system_out(text);
        suite.add_test_case(case);
    }
    suite.set_time(total);
    let mut report = Report::new("drawloom");
    report.set_time(total).add_test_suite(suite);
    report.to_string().expect("a report can be written to a string")
}

fn status(program: &Checked) -> TestCaseStatus {
    let conclusion = program.conclusion();
    let mut status = match conclusion {
        Conclusion::Fine => return TestCaseStatus::success(),
        Conclusion::Wrong => TestCaseStatus::non_success(NonSuccessKind::Failure),
        Conclusion::Unfinished | Conclusion::Refused => {
            TestCaseStatus::non_success(NonSuccessKind::Error)
        }
    };
    status.set_type(conclusion.name()).set_message(program.headline());
    status
}
