//! Runs mutants against models, in child processes, on all cores.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::process::Command;
use std::sync::{Arc, Mutex, OnceLock};
use std::time::{Duration, Instant};

use rayon::iter::{IntoParallelRefIterator as _, ParallelIterator as _};

use super::discovery::objection;
use super::{
    Attempt, Discovery, DiscoveryError, End, Kill, Lost, Mutant, Observation, Operator, Outcome,
    Row, Search, Suite, Worker, plan,
};
use crate::engine::World;
use crate::session::locked;

/// How a matrix is made.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Options {
    /// The seed of all random choices.
    pub seed: u64,
    /// How many children work at once.
    pub jobs: usize,
    /// How long one mutant may take; after that it stays undecided. The same for each search of an unbroken model.
    pub time_max: Duration,
    /// Try every model, not only until one has noticed; with smaller budgets.
    pub asks_all: bool,
}

/// Why a model does not pass, if it does not; whoever asks first finds it out.
type Answer = Arc<OnceLock<Option<DiscoveryError>>>;

/// Runs a suite's mutants.
pub struct Runner<'s> {
    suite: &'s Suite,
    options: Options,
    /// Makes the command whose process calls [`serve`](super::serve) with the same suite.
    command: &'s (dyn Fn() -> Command + Sync),
    idle: Mutex<Vec<Worker>>,
    /// Why unbroken models do not pass, by model and search, as far as that was asked after the discovery.
    unbroken: Mutex<HashMap<(String, Search), Answer>>,
}

impl fmt::Debug for Runner<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Runner").field("options", &self.options).finish_non_exhaustive()
    }
}

impl<'s> Runner<'s> {
    /// Creates a runner whose children are started by `command`.
    pub fn new(
        suite: &'s Suite,
        options: Options,
        command: &'s (dyn Fn() -> Command + Sync),
    ) -> Self {
        Runner { suite, options, command, idle: Mutex::default(), unbroken: Mutex::default() }
    }

    /// Runs the unbroken models and collects the mutants of the operations that they reach. `done` is
    /// called after each model.
    ///
    /// # Errors
    /// A model fails while nothing is broken, or an argument does not match exactly one mutant.
    pub fn discover(&self, done: &(dyn Fn() + Sync)) -> Result<Discovery, DiscoveryError> {
        let shown: Result<Vec<_>, DiscoveryError> = self.on_all_cores(|| {
            let models = self.suite.models.par_iter();
            models
                .map(|model| {
                    let has_body = |search: &Search| {
                        search.world().is_built() && model.bodies.contains_key(&search.world())
                    };
                    let searches = plan::discovery(self.options.seed).into_iter().filter(has_body);
                    let shown: Result<Vec<_>, _> = searches
                        .map(|search| {
                            let model = model.name.clone();
                            let observation = self.unbroken(&model, search)?;
                            Ok((model, observation.mutants))
                        })
                        .collect();
                    done();
                    shown
                })
                .collect()
        });
        let shown: Vec<_> = shown.map(|shown| shown.into_iter().flatten().collect())?;
        let discovery = Discovery::new(self.suite, &shown);
        match self.suite.stray_argument(&discovery.mutants) {
            None => Ok(discovery),
            Some((&known, count)) => Err(DiscoveryError::Equivalent { known, count }),
        }
    }

    fn unbroken(&self, model: &str, search: Search) -> Result<Observation, DiscoveryError> {
        let fails = |what: String| DiscoveryError::Model {
            model: model.to_owned(),
            engine: search.name(),
            what,
        };
        let attempt = Attempt { model: model.to_owned(), search, mutant: None };
        let deadline = Instant::now() + self.options.time_max;
        let observation =
            self.attempt(&attempt, deadline).map_err(|lost| fails(lost.to_string()))?;
        let what = objection(search, &observation).or_else(|| self.label(&attempt, &observation));
        what.map_or(Ok(observation), |what| Err(fails(what)))
    }

    /// Why the unbroken model does not pass the same search, if it does not. The discovery has made the first searches of
    /// each, which are small; the others are made when a mutant is noticed by one.
    fn unbroken_fails(&self, Attempt { model, search, .. }: &Attempt) -> Option<DiscoveryError> {
        if plan::discovery(self.options.seed).contains(search) {
            return None;
        }
        let known = locked(&self.unbroken).entry((model.clone(), *search)).or_default().clone();
        known.get_or_init(|| self.unbroken(model, *search).err()).clone()
    }

    /// Runs these mutants, and calls `done` with each row as it is ready. Returns the rows in the order
    /// of the mutants.
    pub fn run(
        &self,
        discovery: &Discovery,
        mutants: &[Mutant],
        done: &(dyn Fn(&Row) + Sync),
    ) -> Vec<Row> {
        self.on_all_cores(|| {
            mutants
                .par_iter()
                .map(|mutant| {
                    let row = self.row(discovery, mutant);
                    done(&row);
                    row
                })
                .collect()
        })
    }

    fn row(&self, discovery: &Discovery, mutant: &Mutant) -> Row {
        let begin = Instant::now();
        let outcome = self.outcome(discovery, mutant, begin + self.options.time_max);
        Row { mutant: mutant.clone(), outcome, ms: begin.elapsed().as_millis() as u64 }
    }

    fn outcome(&self, discovery: &Discovery, mutant: &Mutant, deadline: Instant) -> Outcome {
        let Options { seed, asks_all, .. } = self.options;
        let mut tally = Tally::default();
        for attempt in plan::attempts(mutant, discovery, seed, asks_all) {
            let is_killed = !tally.kills.is_empty();
            if is_killed && !asks_all {
                break;
            }
            if tally.is_answered(&attempt) {
                continue;
            }
            let answer = self.attempt(&attempt, deadline).map(|observation| {
                let missing = self.label(&attempt, &observation);
                (observation, missing)
            });
            let is_kill = match &answer {
                Ok((observation, missing)) => observation.is_violation() || missing.is_some(),
                Err(lost) => *lost == Lost::Aborted,
            };
            if let Some(error) = is_kill.then(|| self.unbroken_fails(&attempt)).flatten() {
                tally.doubt.get_or_insert(error);
                continue;
            }
            match answer {
                Ok((observation, missing)) => tally.add(attempt, observation, missing),
                Err(Lost::Aborted) => tally.kill(attempt, None, "aborted".to_owned()),
                // A killed mutant stays killed.
                Err(_) if is_killed => break,
                Err(lost) => {
                    let Attempt { model, search, .. } = &attempt;
                    let reason = format!("{model}, {}: {lost}", search.name());
                    return Outcome::Unjudged { reason };
                }
            }
        }
        tally.outcome()
    }

    /// The label that a completed search should have reached and did not.
    ///
    /// Random searches do not count here: a broken operation changes their schedules, and a label may be
    /// missed by bad luck. Nor does loom count for a split update: loom remembers only the latest access
    /// to an atomic, and the load hides the access that could have come before the store.
    fn label(&self, attempt: &Attempt, observation: &Observation) -> Option<String> {
        let is_split = attempt.mutant.as_ref().is_some_and(|it| it.operator == Operator::Split);
        let is_blind = is_split && attempt.search.world() == World::Loom;
        if observation.end != End::Complete || !attempt.search.is_systematic() || is_blind {
            return None;
        }
        let labels = self.suite.model(&attempt.model).map(|model| &model.sometimes);
        let is_missing = |label: &&String| !observation.reached.contains(label);
        let missing = labels.into_iter().flatten().find(is_missing)?;
        Some(format!("never '{missing}'"))
    }

    fn attempt(&self, attempt: &Attempt, deadline: Instant) -> Result<Observation, Lost> {
        let used = locked(&self.idle).pop();
        let answer = used.map(|worker| self.attempt_by(worker, attempt, deadline));
        match answer {
            Some(answer) if answer != Err(Lost::Aborted) => answer,
            // A child that has made attempts before may have aborted because of what they left behind.
            Some(_) | None => self.attempt_by(Worker::start((self.command)())?, attempt, deadline),
        }
    }

    fn attempt_by(
        &self,
        mut worker: Worker,
        attempt: &Attempt,
        deadline: Instant,
    ) -> Result<Observation, Lost> {
        let observation = worker.attempt(attempt, deadline)?;
        // An execution with a violation does not clean up after itself.
        if !observation.is_violation() {
            locked(&self.idle).push(worker);
        }
        Ok(observation)
    }

    fn on_all_cores<R: Send>(&self, work: impl FnOnce() -> R + Send) -> R {
        match rayon::ThreadPoolBuilder::new().num_threads(self.options.jobs).build() {
            Ok(pool) => pool.install(work),
            // The system refuses threads, so this thread does the work.
            Err(_) => work(),
        }
    }
}

/// What the attempts on one mutant have shown so far.
#[derive(Default)]
struct Tally {
    kills: Vec<Kill>,
    executions: u64,
    /// For each model and engine that has searched it systematically, whether the search completed.
    completed: BTreeMap<(String, World), bool>,
    has_searched: bool,
    /// Why a search that noticed something does not count.
    doubt: Option<DiscoveryError>,
    /// Why an engine cannot search it.
    unsupported: Option<String>,
}

impl Tally {
    /// Whether the result of an attempt is known already.
    fn is_answered(&self, attempt: &Attempt) -> bool {
        let key = (attempt.model.clone(), attempt.search.world());
        let has_ended = self.completed.get(&key) == Some(&true);
        self.kills.iter().any(|kill| kill.model == attempt.model) || has_ended
    }

    fn add(&mut self, attempt: Attempt, observation: Observation, missing: Option<String>) {
        self.executions += observation.executions;
        let is_complete = observation.end == End::Complete;
        let how = match observation.end {
            End::Violated(what) => Some(what),
            End::Complete | End::Unfinished => {
                self.has_searched = true;
                missing
            }
            End::Unsupported(reason) => {
                self.unsupported = Some(reason);
                None
            }
        };
        if let Some(how) = how {
            self.kill(attempt, Some(observation.executions), how);
        } else if attempt.search.is_systematic() {
            self.completed.insert((attempt.model, attempt.search.world()), is_complete);
        }
    }

    fn kill(&mut self, attempt: Attempt, execution: Option<u64>, how: String) {
        let Attempt { model, search, .. } = attempt;
        self.kills.push(Kill { model, engine: search.name().to_owned(), execution, how });
    }

    fn outcome(self) -> Outcome {
        let is_complete_for = |model: &String| {
            self.completed.iter().any(|((of, _), &is_complete)| of == model && is_complete)
        };
        let mut models = self.completed.keys().map(|(model, _)| model).peekable();
        let is_complete = models.peek().is_some() && models.all(is_complete_for);
        if !self.kills.is_empty() {
            Outcome::Killed { by: self.kills }
        } else if let Some(error) = self.doubt {
            Outcome::Unjudged { reason: error.to_string() }
        } else if self.has_searched {
            Outcome::Survived { executions: self.executions, is_complete }
        } else {
            let reason = self.unsupported.unwrap_or_else(|| "no model comes to it".to_owned());
            Outcome::Unjudged { reason }
        }
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use crate::engine::mutation::{Model, Operation};
    use crate::session::OpKind;

    /// A child that answers with one of these: to the first searches of a mutant and those of the sound model unbroken, to
    /// later ones of a mutant, to those of another model unbroken.
    fn child(first: &End, later: &str, unbroken: &str) -> Command {
        let script = r#"
            while read -r request; do
                case "$request" in
                    *'"sound"'*'"mutant":null'*) answer=$FIRST ;;
                    *'"mutant":null'*) answer=$UNBROKEN ;;
                    *'"executions":20}'* | *'"executions":300}'*) answer=$FIRST ;;
                    *) answer=$LATER ;;
                esac
                if [ "$answer" = abort ]; then kill -ABRT $$; fi
                echo "$answer"
            done"#;
        let mut command = Command::new("sh");
        command.args(["-c", script]).env("FIRST", answer(first));
        command.env("LATER", later).env("UNBROKEN", unbroken);
        command
    }

    fn answer(end: &End) -> String {
        let (within, reached, mutants) = (Vec::new(), Vec::new(), Vec::new());
        let observation = Observation { end: end.clone(), executions: 7, within, reached, mutants };
        serde_json::to_string(&observation).expect("texts and numbers")
    }

    /// What becomes of the mutant that one of the later searches of each of these models notices.
    fn outcome(models: &[&str], later: &str, unbroken: &str) -> Outcome {
        let model = |name: &&str| Model {
            name: (*name).to_owned(),
            sometimes: Vec::new(),
            preemptions_max: None,
            bodies: BTreeMap::new(),
        };
        let models: Vec<Model> = models.iter().map(model).collect();
        let names: Vec<String> = models.iter().map(|model| model.name.clone()).collect();
        let suite = Suite { models, sources: Vec::new(), equivalents: Vec::new() };
        let (file, op) = ("a.rs".to_owned(), OpKind::Load);
        let operation = Operation { file, line: 1, column: 1, op, name: None };
        let mutants = vec![Mutant { operation, operator: Operator::DropStore }];
        let reached: Vec<_> = names.into_iter().map(|name| (name, mutants.clone())).collect();
        let discovery = Discovery::new(&suite, &reached);
        let time_max = Duration::from_mins(1);
        let options = Options { seed: 1, jobs: 1, time_max, asks_all: false };
        let command = || child(&End::Unfinished, later, unbroken);
        let runner = Runner::new(&suite, options, &command);
        let rows = runner.run(&discovery, &mutants, &|_| {});
        rows[0].outcome.clone()
    }

    #[test]
    fn what_the_unbroken_model_shows_too_is_no_kill() {
        let (fine, wrong) = (answer(&End::Unfinished), answer(&End::Violated("panic".into())));
        for later in [wrong.as_str(), "abort"] {
            let killed = outcome(&["model"], later, &fine);
            assert!(matches!(killed, Outcome::Killed { .. }), "{later}: {killed:?}");
            for unbroken in [wrong.as_str(), "abort"] {
                let killed = outcome(&["model", "sound"], later, unbroken);
                let Outcome::Killed { by } = killed else { panic!("{later}: {killed:?}") };
                assert!(by.iter().all(|kill| kill.model == "sound"), "{by:?}");
                let Outcome::Unjudged { reason } = outcome(&["model"], later, unbroken) else {
                    panic!("{later}: judged, although the unbroken model fails");
                };
                assert!(reason.starts_with("model model, nothing broken, "), "{reason}");
            }
        }
    }
}
