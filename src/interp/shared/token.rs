//! Tokens of cancellation (`Threads.CancelToken`).
//!
//! A token knows the token that it is linked to, and those that are linked to it. To cancel it is to cancel those as
//! well, one after the other. A token that is not cancelled itself refers to the one that it is linked to.

use super::class::{Class, Response, Way};
use crate::interp::ThreadId;

/// A token.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Token {
    is_cancelled: bool,
    /// The address of the token that it is linked to.
    parent: Option<u64>,
    /// The addresses of the tokens that are linked to it.
    children: Vec<u64>,
}

/// What can be done with a token.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum TokenUse {
    /// Cancels it; how many are linked to it.
    Cancel,
    /// The one of them with this number, from 0.
    Child(u64),
    /// Whether it is cancelled: 1, or the token to ask as well, or nothing.
    IsCancelled,
    /// Is not cancelled any more.
    Reset,
    /// Links another token to it; whether it is cancelled.
    Adopt(u64),
}

impl Token {
    /// A token that is linked to the one at this address.
    pub fn linked(parent: u64) -> Self {
        Token { parent: Some(parent), ..Token::default() }
    }
}

impl Class for Token {
    type Use = TokenUse;
    const NAME: &'static str = "CancelToken";
    const NOUN: &'static str = "token";

    fn is_possible(&self, _: ThreadId, _: &TokenUse) -> bool {
        true
    }

    fn perform(&mut self, _: ThreadId, way: &TokenUse) -> Response<TokenUse> {
        match *way {
            TokenUse::Cancel => {
                self.is_cancelled = true;
                Response::Word(self.children.len() as u64)
            }
            TokenUse::Child(number) => {
                let child = self.children.get(number as usize);
                child.map_or(Response::Nothing, |&child| Response::Word(child))
            }
            TokenUse::IsCancelled if self.is_cancelled => Response::Word(1),
            TokenUse::IsCancelled => self.parent.map_or(Response::Nothing, Response::Word),
            TokenUse::Reset => {
                self.is_cancelled = false;
                Response::Word(0)
            }
            TokenUse::Adopt(child) => {
                self.children.push(child);
                Response::Word(u64::from(self.is_cancelled))
            }
        }
    }
}

impl Way for TokenUse {
    fn function(&self) -> &'static str {
        match self {
            TokenUse::Cancel => "Cancel",
            TokenUse::Child(_) => "Cancel (the next)",
            TokenUse::IsCancelled => "get_IsCancelled",
            TokenUse::Reset => "Reset",
            TokenUse::Adopt(_) => "Linked",
        }
    }

    fn arguments(&self) -> Vec<u64> {
        if let TokenUse::Adopt(child) = *self { vec![child] } else { Vec::new() }
    }

    fn is_told(&self) -> bool {
        matches!(self, TokenUse::IsCancelled)
    }
}
