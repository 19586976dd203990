//! Workflow commands of GitHub Actions: an annotation at a line of a file.
//!
//! <https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands> has the format.

/// A command in one line. `level` is `error` or `warning`.
pub(super) fn command(level: &str, properties: &[(&str, String)], message: &str) -> String {
    let properties: Vec<String> = properties
        .iter()
        .map(|(name, value)| format!("{name}={}", escaped_property(value)))
        .collect();
    format!("::{level} {}::{}", properties.join(","), escaped(message))
}

/// A message, in which a line break would end the command.
fn escaped(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// A property, in which a colon would end all properties and a comma this one.
fn escaped_property(text: &str) -> String {
    escaped(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_would_end_a_command_is_escaped() {
        let properties = [("file", "a,b:c%\n".to_owned()), ("line", "3".to_owned())];
        let line = command("error", &properties, "100 %\r\na: b, c::");
        assert_eq!(line, "::error file=a%2Cb%3Ac%25%0A,line=3::100 %25%0D%0Aa: b, c::");
    }
}
