//! `--html` and `--svg`: what a command has found, as a page and as a picture.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use clap::Args;
use drawloom::guest::views;
use drawloom::page::{Story, render_overview, render_page, render_picture};
use drawloom::report::{
    Checked, TextStyle, overview_of, shown_first, shown_from, story_of, story_of_draws,
};

use super::content::Content;
use super::error::Error;
use super::files::{can_replace, write_whole};
use super::say;

#[derive(Args)]
pub(super) struct Pictures {
    /// Write the first violation, or else the witness, to a page for a browser: its steps, with the state after
    /// each. Of several programs, the page lists what was found in each; of draws without a violation, it shows how
    /// many distinct traces they have shown
    #[arg(long, value_name = "FILE")]
    pub(super) html: Option<PathBuf>,
    /// Write the same as a picture: a lane for each thread
    #[arg(long, value_name = "FILE")]
    svg: Option<PathBuf>,
}

impl Pictures {
    /// Whether any was asked for.
    pub(super) fn are_wanted(&self) -> bool {
        self.html.is_some() || self.svg.is_some()
    }

    /// Checks that the files may be written, which a command does before a search. Other outputs of the command go to
    /// `others`.
    ///
    /// # Errors
    /// One may not be, or two outputs have one name.
    pub(super) fn can_be_written<'o>(
        &'o self,
        inputs: &[&Path],
        others: impl Iterator<Item = &'o Path>,
    ) -> Result<(), Error> {
        for (path, content) in self.files() {
            can_replace(path, content, inputs)?;
        }
        let mut before = BTreeSet::new();
        for path in others.chain(self.files().map(|(path, _)| path)) {
            if !before.insert(path) {
                return Err(Error::SameOutput { path: path.to_owned() });
            }
        }
        Ok(())
    }

    /// Writes what was found in one program. `again` is the command that shows it again, if the findings do not have
    /// one.
    ///
    /// # Errors
    /// A file cannot be written.
    pub(super) fn write(
        &self,
        checked: &Checked,
        inputs: &[&Path],
        again: Option<String>,
    ) -> Result<(), Error> {
        if !self.are_wanted() || checked.refusal.is_some() {
            return Ok(());
        }
        let mut story = story(checked, true);
        if let Some(story) = &mut story {
            story.again.splice(0..0, again.map(|command| ("again with".to_owned(), command)));
        }
        let draws = if story.is_none() { story_of_draws(checked) } else { None };
        for (path, content) in self.files() {
            let text = match content {
                Content::Picture => story.as_ref().map(render_picture),
                _ => story.as_ref().or(draws.as_ref()).map(render_page),
            };
            let Some(text) = text else {
                let path = path.display();
                say(&format!("note: {path}: not written: there is no execution to show\n"));
                continue;
            };
            // The file may have changed during a long search.
            can_replace(path, content, inputs)?;
            write_whole(path, &text)?;
        }
        Ok(())
    }

    /// Writes what was found in several programs.
    ///
    /// # Errors
    /// The file cannot be written.
    pub(super) fn write_all(
        &self,
        checked: &[Checked],
        inputs: &[&Path],
        style: TextStyle,
    ) -> Result<(), Error> {
        let Some(path) = &self.html else { return Ok(()) };
        // The page of several programs shows their lanes alone.
        let text = render_overview(&overview_of(checked, style, |it| story(it, false)));
        can_replace(path, Content::Page, inputs)?;
        Ok(write_whole(path, &text)?)
    }

    /// Whether a picture was asked for, which is of one program.
    pub(super) fn has_picture(&self) -> bool {
        self.svg.is_some()
    }

    fn files(&self) -> impl Iterator<Item = (&Path, Content)> {
        let html = self.html.as_deref().map(|path| (path, Content::Page));
        let svg = self.svg.as_deref().map(|path| (path, Content::Picture));
        html.into_iter().chain(svg)
    }
}

/// The execution that shows what was found, if there is one, with its states if they are asked for.
fn story(checked: &Checked, with_states: bool) -> Option<Story> {
    let (searched, shown) = shown_first(checked)?;
    let views = if with_states { views(shown, shown_from(shown)) } else { Vec::new() };
    Some(story_of(checked, searched, shown, &views))
}
