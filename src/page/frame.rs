//! What all pages have in common: the head of the file, and that nothing is fetched from anywhere.

use maud::{DOCTYPE, Markup, PreEscaped, html};

/// What a page begins with.
pub const PAGE_MARK: &str = "<!DOCTYPE html><!-- drawloom page -->";

/// Colours, texts, cards and tables.
const STYLE: &str = include_str!("page.css");
/// Nothing is fetched from anywhere.
const POLICY: &str = include_str!("policy.txt");

/// A page as HTML with a style sheet of its own. It needs no other file.
pub(super) fn framed(title: &str, style: &str, body: &Markup) -> String {
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta http-equiv="Content-Security-Policy" content=(POLICY.trim());
                meta name="color-scheme" content="light dark";
                title { (title) }
                style { (PreEscaped(STYLE)) (PreEscaped(style)) }
            }
            body { (body) }
        }
    };
    page.into_string().replacen("<!DOCTYPE html>", PAGE_MARK, 1)
}
