//! A shared object on the machine, with the threads that wait at it, and what a request there comes to.

use std::collections::VecDeque;

use crate::interp::refusal::Refusal;
use crate::interp::{Reply, Request, Response, Shared, ThreadId};

/// An object, and the threads that wait at it.
#[derive(Clone, Debug, Default)]
pub(super) struct Place {
    pub(super) object: Option<Shared>,
    pub(super) line: Line,
}

/// The threads that wait at an object, longest first, and what each of them wants. There may be a million.
#[derive(Clone, Debug, Default)]
pub(super) struct Line {
    /// Neighbours that want the same are together.
    runs: VecDeque<Run>,
    /// One request for each function of the class that threads in line have called, and the number of these threads.
    functions: Vec<(Request, usize)>,
}

#[derive(Clone, Debug)]
struct Run {
    request: Request,
    /// At least one.
    threads: VecDeque<ThreadId>,
}

/// What a thread in line has come to.
pub(super) type Served = Result<Reply, Refusal>;

impl Place {
    /// Lets the first thread in line go on that can; returns it, and what it has come to.
    pub(super) fn serve_one(&mut self) -> Option<(ThreadId, Served)> {
        let Place { object, line } = self;
        if !line.functions.iter().any(|(request, _)| admits(object.as_ref(), request)) {
            return None;
        }
        let mut at = (0, 0);
        while let Some(Run { request, threads }) = line.runs.get(at.0) {
            let next = threads.get(at.1).filter(|_| admits(object.as_ref(), request));
            let Some(&thread) = next else {
                at = (at.0 + 1, 0);
                continue;
            };
            let served = match Shared::apply(object, thread, request) {
                Response::Waits => {
                    at.1 += 1;
                    continue;
                }
                Response::Begins(then) => {
                    line.change(at, then);
                    at = (0, 0);
                    continue;
                }
                Response::Word(word) => Ok(Reply::Word(word)),
                Response::Words(words) => Ok(Reply::Words(words)),
                Response::Nothing => Ok(Reply::Nothing),
                Response::Refused(refusal) => Err(refusal),
            };
            line.remove_at(at);
            return Some((thread, served));
        }
        None
    }
}

/// Whether there may be a thread that can go on with this request, or with another one to the same function.
fn admits(object: Option<&Shared>, request: &Request) -> bool {
    object.is_some_and(|it| it.admits(request))
}

impl Line {
    pub(super) fn is_empty(&self) -> bool {
        self.runs.is_empty()
    }

    /// Lets a thread wait behind all others.
    pub(super) fn push(&mut self, thread: ThreadId, request: Request) {
        self.count(&request);
        match self.runs.back_mut() {
            Some(last) if last.request == request => last.threads.push_back(thread),
            _ => self.runs.push_back(Run { request, threads: [thread].into() }),
        }
    }

    /// Takes a thread out; returns what it has wanted.
    pub(super) fn remove(&mut self, thread: ThreadId) -> Option<Request> {
        let at = self.runs.iter().enumerate().find_map(|(run, it)| {
            Some((run, it.threads.iter().position(|&waiting| waiting == thread)?))
        })?;
        Some(self.remove_at(at))
    }

    /// What a thread in line wants.
    pub(super) fn wanted(&self, thread: ThreadId) -> Option<&Request> {
        // It is often the last one that is asked for.
        let run =
            self.runs.iter().rev().find(|run| run.threads.iter().rev().any(|&it| it == thread))?;
        Some(&run.request)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (ThreadId, &Request)> {
        self.runs.iter().flat_map(|run| run.threads.iter().map(|&thread| (thread, &run.request)))
    }

    /// Takes out a thread: that of this run, at this position in it.
    fn remove_at(&mut self, (run, position): (usize, usize)) -> Request {
        let Run { request, threads } = &mut self.runs[run];
        let request = request.clone();
        threads.remove(position);
        if threads.is_empty() {
            self.runs.remove(run);
        }
        let counted = self.functions.iter().position(|(it, _)| it.is_like(&request));
        let counted = counted.expect("every thread in line is counted");
        self.functions[counted].1 -= 1;
        if self.functions[counted].1 == 0 {
            self.functions.swap_remove(counted);
        }
        request
    }

    /// Lets a thread in line want something else.
    fn change(&mut self, at: (usize, usize), request: Request) {
        let (run, position) = at;
        let thread = self.runs[run].threads[position];
        // The others of its run stay before it and behind it.
        let behind = Run {
            request: self.runs[run].request.clone(),
            threads: self.runs[run].threads.split_off(position + 1),
        };
        if !behind.threads.is_empty() {
            self.runs.insert(run + 1, behind);
        }
        let place = if position == 0 { run } else { run + 1 };
        self.remove_at(at);
        self.count(&request);
        self.runs.insert(place, Run { request, threads: [thread].into() });
    }

    fn count(&mut self, request: &Request) {
        match self.functions.iter_mut().find(|(it, _)| it.is_like(request)) {
            Some((_, count)) => *count += 1,
            None => self.functions.push((request.clone(), 1)),
        }
    }
}

/// How long a request may wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Patience {
    /// Until it can go on.
    Endless,
    /// For a time that the caller measures.
    Timed,
    /// Not at all.
    None,
}

/// The answer to a request.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub enum Used {
    /// The caller goes on with this answer.
    Done(Reply),
    /// The caller is blocked until [`take_answer`](super::Coordination::take_answer) has its answer.
    Waiting,
    /// The object does not allow it.
    Refused(Refusal),
    /// The wait would never end; describes which thread waits for which.
    Deadlock(String),
}
