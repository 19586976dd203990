//! The engine of the toy world, for the tests: one execution, since that world has one schedule.

use std::panic::Location;

use super::search::{Claim, Explained, Search};
use super::{Body, Bound, Engine, Fault, Probe, Report};
use crate::session::{self, ThreadId};

/// The search of the one schedule.
#[derive(Debug)]
pub struct Toy;

impl Engine for Toy {
    fn name(&self) -> &'static str {
        "toy"
    }

    #[track_caller]
    fn explore_with(&self, body: Body, probe: Probe) -> Report {
        let location = Location::caller();
        let search = Search::new("toy", body, 0, probe, None);
        let (session, body) = (search.begin(), search.body.clone());
        // A failure is recorded in the session.
        let _ = session::run_thread(&session, ThreadId(0), location, move || body());
        session::detach();
        let found = search.objection(|_| Explained::Fault(Fault::Panic));
        let claim = || search.unharmed(Some(Bound::Executions), Claim::All);
        search.report(found.unwrap_or_else(claim), None)
    }
}
