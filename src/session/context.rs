//! The calling thread's place in a session.
//!
//! loom and shuttle run all threads of an execution on one OS thread, so the number of the current
//! thread cannot simply be a thread-local. The tool need not be asked for it either: a switch happens
//! only inside a call to the tool, and [`inside`] puts the caller's number back when that call returns.
//!
//! | `Context` is | running code | left by |
//! |---|---|---|
//! | detached | code outside any execution | [`attach`] |
//! | attached, not in the tool | code under test | [`inside`], [`run_thread`] returning |
//! | attached, in the tool | loom, shuttle or std | the return of the call, or a thread's start |
//!
//! A panic raised while in the tool means that the tool has given up on the execution (it found a
//! deadlock, say): its state can no longer be used, and the execution is over.

use std::{
    any::Any,
    cell::{Cell, RefCell},
    collections::HashMap,
    panic::{AssertUnwindSafe, Location, catch_unwind, panic_any, resume_unwind},
    rc::Rc,
    sync::Arc,
    thread::panicking,
    time::Duration,
};

use super::{
    chance::Chance,
    execution::{PanicNote, Session},
    fault::{Failure, Fault},
    mutant::{Decision, Operator},
    watcher::Interrupt,
};
use crate::verdict::{
    Bound, Event, ObjectId, ObjectKind, OpKind, Reason, Site, ThreadId, place_of,
};

/// What a caught panic carries.
pub(crate) type Payload = Box<dyn Any + Send>;

/// The payload that ends a thread whose execution is over. It is not a failure.
pub(crate) struct Cancelled;

#[derive(Default)]
struct Context {
    attached: Cell<bool>,
    thread: Cell<u32>,
    in_tool: Cell<bool>,
    chance: RefCell<Chance>,
    session: RefCell<Option<Arc<Session>>>,
    /// The latest panic on this OS thread, until it is caught.
    panic: RefCell<Option<PanicNote>>,
    /// Whether the running thread has been told to end, and unwinds.
    is_cancelled: Cell<bool>,
    /// The two accesses that the tool is about to compare.
    suspects: Cell<Option<Suspects>>,
    /// The shared values, if a mutant shares a thread-local.
    shared: RefCell<HashMap<LocalName, Rc<dyn Any>>>,
}

/// A thread-local is identified by its name and by the place of its declaration.
type LocalName = (&'static str, &'static Location<'static>);

/// An access to plain data that is being checked, with the latest ones by others.
#[derive(Clone, Copy)]
pub(crate) struct Suspects {
    pub(crate) object: ObjectId,
    pub(crate) op: OpKind,
    pub(crate) location: &'static Location<'static>,
    pub(crate) written: Option<Site>,
    pub(crate) read: Option<Site>,
}

thread_local! {
    static CONTEXT: Context = Context::default();
}

/// Announces an operation. Does not return if the execution is over and the thread may be ended.
pub(crate) fn point(world: &str, event: Event) -> Decision {
    // Fails while the thread's own locals are being destroyed: no session then.
    CONTEXT
        .try_with(|context| {
            if context.attached.get() { context.point(world, event) } else { Ok(Decision::Perform) }
        })
        .unwrap_or(Ok(Decision::Perform))
        .unwrap_or_else(|Cancelled| cancel())
}

impl Context {
    fn point(&self, world: &str, event: Event) -> Result<Decision, Cancelled> {
        let session = self.session.borrow();
        let Some(session) = session.as_ref() else { return Ok(Decision::Perform) };
        if session.is_over() {
            let ends = event.op.may_wait() && !panicking();
            return if ends { Err(Cancelled) } else { Ok(Decision::Bypass) };
        }
        // Nearly always it is the same text, not only an equal one.
        if !std::ptr::eq(world, session.world()) && world != session.world() {
            // The engine of this execution does not schedule it.
            session.mark_unsupported(Reason::ForeignWorld);
            return Ok(Decision::Bypass);
        }
        if event.object.is_some_and(|object| !session.takes(object)) {
            session.mark_unsupported(Reason::ForeignObject);
            return Ok(Decision::Bypass);
        }
        let event = Event { thread: ThreadId(self.thread.get()), ..event };
        session.begin_event(event);
        Ok(session.decide(&event))
    }
}

/// Whether a try fails because it is broken. It is not reported as an event.
pub(crate) fn fails_broken(event: Event) -> bool {
    let fails = |context: &Context, session: &Session| {
        let event = Event { thread: ThreadId(context.thread.get()), ..event };
        !session.is_over() && session.decide(&event) == Decision::Break(Operator::FailTry)
    };
    glance(fails) == Some(true)
}

/// Reports that an announced operation has happened. Anything after the end of the execution is not part of it.
pub(crate) fn finish(event: Event) {
    glance(|context, session| {
        if !session.is_over() {
            session.end_event(Event { thread: ThreadId(context.thread.get()), ..event });
        }
    });
}

/// Runs `call`, a call to the tool that may switch threads.
///
/// A copy is compiled for each operation of each type, so that what can be shared is in [`Caller`].
pub(crate) fn inside<R>(call: impl FnOnce() -> R) -> R {
    let caller = Caller::enters_the_tool();
    let result = call();
    if let Some(caller) = caller {
        caller.returns();
    }
    result
}

/// The thread that has called the tool.
struct Caller {
    thread: u32,
    is_cancelled: bool,
    was_in_tool: bool,
}

impl Caller {
    /// `None` while the thread's own locals are being destroyed.
    fn enters_the_tool() -> Option<Self> {
        let enter = |context: &Context| Caller {
            thread: context.thread.get(),
            is_cancelled: context.is_cancelled.get(),
            was_in_tool: context.in_tool.replace(true),
        };
        CONTEXT.try_with(enter).ok()
    }

    fn returns(self) {
        CONTEXT.with(|context| {
            context.thread.set(self.thread);
            context.is_cancelled.set(self.is_cancelled);
            context.in_tool.set(self.was_in_tool);
        });
    }
}

/// Calls `f` with the session of the calling thread, which is borrowed meanwhile: `f` must not run code under test.
fn glance<R>(f: impl FnOnce(&Context, &Session) -> R) -> Option<R> {
    let look = |context: &Context| context.session.borrow().as_ref().map(|it| f(context, it));
    CONTEXT.try_with(look).ok().flatten()
}

/// Calls `f` with the session of the calling thread. The session is not borrowed meanwhile: `f` may run code
/// under test.
fn with_session<R>(f: impl FnOnce(&Context, &Arc<Session>) -> R) -> Option<R> {
    CONTEXT
        .try_with(|context| {
            if !context.attached.get() {
                return None;
            }
            let session = context.session.borrow().clone()?;
            Some(f(context, &session))
        })
        .ok()
        .flatten()
}

/// The session of the calling thread.
pub(crate) fn session() -> Option<Arc<Session>> {
    with_session(|_, session| session.clone())
}

/// Whether the calling thread belongs to an execution.
#[cfg(feature = "heddle")]
pub(crate) fn is_under_way() -> bool {
    with_session(|_, _| ()).is_some()
}

/// Whether the calling thread's execution is over, so that the tool must be left alone.
pub(crate) fn is_over() -> bool {
    glance(|_, session| session.is_over()).unwrap_or(false)
}

/// Marks that this execution has reached a state. A search reports the union of the labels over all its
/// executions; a model lists the labels that it needs, so that an empty search cannot pass.
pub fn sometimes(label: &'static str) {
    with_session(|_, session| session.reach(label));
}

/// Makes the `nth` spawn of this execution fail, counting from 1, as if the system had refused. Does
/// nothing outside an execution.
pub fn refuse_spawn(nth: u32) {
    with_session(|_, session| session.refuse_spawn(nth));
}

/// A number for a new object of the calling thread's execution.
pub(crate) fn new_object(kind: ObjectKind) -> ObjectId {
    let number = glance(|_, session| session.next_object()).unwrap_or(0);
    ObjectId::new(kind, number)
}

/// The same for an atomic with this initial value.
pub(crate) fn new_atomic(value: u64) -> ObjectId {
    let object = new_object(ObjectKind::Atomic);
    if value != 0 {
        with_session(|_, session| session.note_initial(object.number, value));
    }
    object
}

/// Keeps something until the calling thread's execution is forgotten, or for ever outside of any. Returns what
/// [`serial`] says.
pub(crate) fn keep(thing: Arc<dyn Any + Send + Sync>) -> u64 {
    let mut thing = Some(thing);
    let serial = glance(|_, session| {
        if let Some(thing) = thing.take() {
            session.keep(thing);
        }
        session.serial()
    });
    std::mem::forget(thing);
    serial.unwrap_or(0)
}

/// The number of the calling thread's execution in this process; 0 outside of any.
pub(crate) fn serial() -> u64 {
    glance(|_, session| session.serial()).unwrap_or(0)
}

/// The world's handle of the calling thread, made if there is none yet; `None` outside of any execution.
pub(crate) fn own_handle<T: Send + Sync + 'static>(
    make: impl FnOnce(ThreadId) -> T,
) -> Option<Arc<T>> {
    let (thread, session) =
        with_session(|context, session| (ThreadId(context.thread.get()), session.clone()))?;
    let known = session.handle(thread).and_then(|it| it.downcast().ok());
    Some(known.unwrap_or_else(|| {
        let handle = Arc::new(make(thread));
        session.keep_handle(thread, handle.clone());
        handle
    }))
}

/// How much time has passed in the calling thread's execution; none outside of any.
pub(crate) fn elapsed() -> Duration {
    with_session(|_, session| session.elapsed()).unwrap_or_default()
}

/// Lets time pass in the calling thread's execution.
pub(crate) fn pass(time: Duration) {
    with_session(|_, session| session.pass(time));
}

/// A number for an address in the calling thread's execution; 0 for null.
pub(crate) fn number_of_address(address: usize) -> u64 {
    let numbered = with_session(|_, session| match address {
        0 => 0,
        _ => session.number_of_address(address),
    });
    numbered.unwrap_or(address as u64)
}

/// The memory at an address is another one than before.
pub(crate) fn forget_address(address: usize) {
    with_session(|_, session| session.forget_address(address));
}

/// The calling thread at `location`.
pub(crate) fn site(location: &'static Location<'static>) -> Site {
    let thread = CONTEXT.try_with(|context| context.thread.get()).unwrap_or(0);
    Site { thread: ThreadId(thread), location }
}

/// Records what the tool is about to compare, for the message if it reports a violation.
pub(crate) fn suspect(suspects: Option<Suspects>) {
    let _ = CONTEXT.try_with(|context| context.suspects.set(suspects));
}

/// The progress of the calling thread's execution: a count of everything that may let a thread go on.
pub(crate) fn progress() -> u64 {
    with_session(|_, session| session.progress()).unwrap_or(0)
}

/// Counts progress that is not an event.
pub(crate) fn note_progress() {
    with_session(|_, session| session.note_progress());
}

/// The calling thread has tried to go on and failed, when the progress count had this value.
pub(crate) fn note_blocked(progress: u64) {
    with_session(|context, session| {
        session.note_blocked(ThreadId(context.thread.get()), progress);
    });
}

/// Notes that the search does not see all of something that happened.
pub(crate) fn note_bound(bound: Bound) {
    with_session(|_, session| session.mark_bound(bound));
}

/// Ends the execution without a violation.
pub(crate) fn cut_off(bound: Bound) {
    with_session(|_, session| session.cut_off(bound));
}

/// Drops the values that the threads of the execution share in place of thread-locals.
pub(crate) fn drop_shared_locals() {
    let shared = CONTEXT.try_with(|context| context.shared.take());
    drop(shared);
}

/// Ends the calling thread without reporting anything.
pub(crate) fn cancel() -> ! {
    let _ = CONTEXT.try_with(|context| context.is_cancelled.set(true));
    resume_unwind(Box::new(Cancelled))
}

/// Ends the calling thread, whose execution is left: locks that it holds are not poisoned by that.
#[cfg(feature = "heddle")]
pub(crate) fn leave() -> ! {
    with_session(|_, session| session.mark_over());
    cancel()
}

/// Whether the search must end. The body then ends as soon as it can, in order.
pub(crate) fn is_to_stop() -> bool {
    with_session(|_, session| session.is_to_stop()).unwrap_or(false)
}

/// Registers how a thread from outside the execution tells its body to end.
pub(crate) fn on_stop(interrupt: Option<Interrupt>) {
    with_session(|_, session| session.on_stop(interrupt));
}

/// Whether the calling thread may make a text of this many bytes; asked before the text is made.
pub(crate) fn may_make(bytes: usize) -> bool {
    with_session(|_, session| session.may_make(bytes)).unwrap_or(true)
}

/// Ends the execution, and the search with it, without reporting anything: the body has seen enough.
pub(crate) fn end_search() -> ! {
    with_session(|_, session| session.stop(Bound::Executions));
    cancel()
}

/// Ends the execution: it needs something that this world cannot do.
pub(crate) fn unsupported(reason: Reason) -> ! {
    with_session(|_, session| session.mark_unsupported(reason));
    cancel()
}

/// Ends the execution with a violation that a wrapper has seen.
pub(crate) fn violate(violation: Fault, message: String, location: &Location<'_>) -> ! {
    with_session(|_, session| {
        session.object(Failure {
            violation,
            message: message.clone(),
            location: Some(place_of(location)),
        });
    });
    panic_any(message)
}

/// A pseudo-random number, derived from the session's seed and the thread's number.
pub(crate) fn chance() -> u64 {
    CONTEXT.try_with(|context| context.chance.borrow_mut().bits()).unwrap_or(0)
}

/// The global at `key` in the calling thread's session, if there is one.
pub(crate) fn global<T: Send + Sync + 'static>(key: usize, init: fn() -> T) -> Option<&'static T> {
    session().map(|session| session.global(key, init))
}

/// The value that all threads of the execution share in place of a thread-local, if the session has one.
///
/// Does not see: threads of the stress world, which have an OS thread each and share nothing here.
pub(crate) fn shared_local<T: 'static>(
    name: &'static str,
    location: &'static Location<'static>,
    init: fn() -> T,
) -> Option<Rc<T>> {
    let is_shared = with_session(|_, session| session.is_shared(name, location));
    if is_shared != Some(true) {
        return None;
    }
    CONTEXT.with(|context| {
        let known = context.shared.borrow().get(&(name, location)).cloned();
        let value = known.unwrap_or_else(|| {
            let fresh: Rc<dyn Any> = Rc::new(init());
            context.shared.borrow_mut().insert((name, location), fresh.clone());
            fresh
        });
        value.downcast().ok()
    })
}

/// Makes the calling OS thread part of `session`, as thread 0, until [`detach`].
pub(crate) fn attach(session: &Arc<Session>) {
    CONTEXT.with(|context| {
        context.session.replace(Some(session.clone()));
        context.panic.take();
        context.is_cancelled.set(false);
        context.suspects.take();
        drop(context.shared.take());
        context.thread.set(0);
        // The caller of `attach` is in the tool; `run_thread` marks the entry into the code under test.
        context.in_tool.set(true);
        context.attached.set(true);
    });
}

/// Ends what [`attach`] began.
pub(crate) fn detach() {
    CONTEXT.with(|context| {
        context.attached.set(false);
        context.in_tool.set(false);
        context.session.take();
        context.panic.take();
        drop(context.shared.take());
    });
}

/// Runs the whole of one thread's closure: the code under test. A panic that leaves it is the
/// execution's failure, and the execution is over.
pub(crate) fn run_thread<T>(
    session: &Arc<Session>,
    thread: ThreadId,
    location: &'static Location<'static>,
    body: impl FnOnce() -> T,
) -> Result<T, Payload> {
    begin_thread(session, thread);
    match catch_unwind(AssertUnwindSafe(body)) {
        Ok(result) => {
            end_thread(session, thread, location, None);
            Ok(result)
        }
        Err(payload) => {
            end_thread(session, thread, location, Some(payload));
            Err(Box::new(Cancelled))
        }
    }
}

fn begin_thread(session: &Arc<Session>, thread: ThreadId) {
    CONTEXT.with(|context| {
        if !context.attached.get() {
            attach(session);
        }
        context.thread.set(thread.0);
        let seed = session.seed() ^ (u64::from(thread.0) << 32) ^ session.execution();
        context.chance.replace(Chance::new(seed));
        context.in_tool.set(false);
    });
}

fn end_thread(
    session: &Session,
    thread: ThreadId,
    location: &'static Location<'static>,
    panicked: Option<Payload>,
) {
    let note = CONTEXT.with(|context| {
        context.thread.set(thread.0);
        context.in_tool.set(true);
        context.is_cancelled.set(false);
        context.panic.take()
    });
    match &panicked {
        // Another thread's end released it. What counts is the operation it was in when the execution ended.
        None if session.is_over() => {}
        None => {
            let event = Event { thread, ..Event::new(OpKind::Exit, location) };
            session.begin_event(event);
            session.end_event(event);
        }
        Some(payload) if payload.is::<Cancelled>() => {}
        Some(payload) if session.tool_panic().is_none() && session.failure().is_none() => {
            let (message, location) = match note {
                Some(note) => (note.message, note.location),
                None => (message_of(payload.as_ref()), None),
            };
            session.object(Failure { violation: Fault::Panic, message, location });
        }
        Some(_) => {}
    }
    // The failure is recorded already. A payload that panics when it is dropped would do so in the tool.
    if let Some(payload) = panicked {
        discard(payload);
    }
    session.remove_thread();
}

/// Drops a panic's payload. If the payload panics in its destructor, that panic is ignored.
pub(crate) fn discard(payload: Payload) {
    if let Err(another) = catch_unwind(AssertUnwindSafe(|| drop(payload))) {
        std::mem::forget(another);
    }
}

/// The text of a panic's payload.
pub(crate) fn message_of(payload: &(dyn Any + Send)) -> String {
    if let Some(text) = payload.downcast_ref::<&str>() {
        (*text).to_owned()
    } else if let Some(text) = payload.downcast_ref::<String>() {
        text.clone()
    } else {
        "a panic without a message".to_owned()
    }
}

/// Called by the panic hook. Returns true if the panic happened in an execution and is handled there.
pub(super) fn take_note(note: PanicNote) -> bool {
    CONTEXT
        .try_with(|context| {
            // A destructor that panics while its thread unwinds ends the process, unless it catches the panic. Then
            // this is the last that is heard of it.
            if !context.attached.get() || context.is_cancelled.get() {
                return false;
            }
            if context.in_tool.get()
                && let Ok(session) = context.session.try_borrow()
                && let Some(session) = session.as_ref()
            {
                match context.suspects.take() {
                    Some(suspects) => session.fail(suspects.describe(&note.message)),
                    // What happens after the end is a consequence.
                    None if session.is_over() => {}
                    None => session.note_tool_panic(note.clone()),
                }
            }
            if let Ok(mut slot) = context.panic.try_borrow_mut() {
                *slot = Some(note);
            }
            true
        })
        .unwrap_or(false)
}

impl Suspects {
    fn describe(&self, verdict: &str) -> Failure {
        let Suspects { object, op, location, .. } = self;
        let earlier = |access: &str, site: Option<Site>| {
            site.map(|site| format!("; last {access} by {site}")).unwrap_or_default()
        };
        let verdict = verdict.lines().next().unwrap_or_default();
        Failure {
            violation: Fault::DataRace,
            message: format!(
                "data race: {op:?} of {object} by {}{}{} ({verdict})",
                site(location),
                earlier("written", self.written),
                earlier("read", self.read),
            ),
            location: Some(place_of(location)),
        }
    }
}
