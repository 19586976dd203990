//! The sign and the colour of a result. The sign says the same as the colour, for whoever does not see that.

#[cfg(feature = "report")]
use anstyle::{AnsiColor, Style};

/// What a result is worth.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Mark {
    /// As it must be, and nothing is left to search.
    Fine,
    /// As it must be, as far as anybody has looked or argued.
    Likely,
    /// Not decided.
    Open,
    /// Not as it must be.
    Wrong,
    /// It was not tried.
    Refused,
}

impl Mark {
    /// The sign.
    pub fn sign(self) -> char {
        match self {
            Mark::Fine => '✓',
            Mark::Likely => '○',
            Mark::Open => '?',
            Mark::Wrong => '✗',
            Mark::Refused => '!',
        }
    }
}

#[cfg(feature = "report")]
impl Mark {
    fn style(self) -> Style {
        let colour = match self {
            Mark::Fine => AnsiColor::Green,
            Mark::Likely => AnsiColor::Cyan,
            Mark::Open => AnsiColor::Yellow,
            Mark::Wrong | Mark::Refused => AnsiColor::Red,
        };
        colour.on_default().bold()
    }

    /// A text in the colour; strip it where colours are not wanted.
    pub(super) fn coloured(self, text: &str) -> String {
        let style = self.style();
        format!("{style}{text}{style:#}")
    }

    /// A text after the sign, in the colour.
    pub(super) fn marked(self, text: &str) -> String {
        self.coloured(&format!("{} {text}", self.sign()))
    }
}
