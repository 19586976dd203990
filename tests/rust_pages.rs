//! The failing execution of Rust code as a page: what it shows, and how a test is asked for it.
#![cfg(all(feature = "heddle", feature = "page"))]

use std::path::Path;
use std::process::Command;
use std::sync::Arc as Body;

use drawloom::engine::Engine as _;
use drawloom::engine::heddle::Heddle;
use drawloom::heddle::sync::Ordering::{self, Acquire, Relaxed, Release, SeqCst};
use drawloom::heddle::sync::{Arc, AtomicBool, AtomicU32, Condvar, Mutex, Plain, thread};
use drawloom::page::{Link, LinkKind, Story, render_page};
use drawloom::{model, story};

fn story_of(body: fn()) -> Story {
    let report = Heddle::default().explore(Body::new(body));
    story("heddle", &report, None).expect("an execution fails")
}

/// The links of a kind, as words.
fn links(story: &Story, kind: LinkKind) -> Vec<String> {
    let step = |at: usize| {
        let step = &story.steps[at];
        format!("{} {}", story.lanes[step.lane].name, step.words)
    };
    let is_it = |link: &&Link| link.kind == kind;
    let shown = |link: &Link| format!("{} -> {}", step(link.from), step(link.to));
    story.links.iter().filter(is_it).map(shown).collect()
}

fn has(links: &[String], from: &str, to: &str) -> bool {
    links.iter().any(|link| {
        link.split_once(" -> ").is_some_and(|(one, other)| one.contains(from) && other.contains(to))
    })
}

/// The notification comes between the look and the wait.
fn lost_wakeup() {
    let shared = Arc::new((Mutex::new(()), Condvar::new(), AtomicBool::new(false)));
    let other = shared.clone();
    let waker = thread::spawn(move || {
        other.2.store(true, SeqCst);
        other.1.notify_one();
    });
    let (mutex, condvar, is_ready) = &*shared;
    if !is_ready.load(SeqCst) {
        let guard = mutex.lock().unwrap();
        drop(condvar.wait(guard).unwrap());
    }
    waker.join().unwrap();
}

#[test]
fn a_lost_wakeup_shows_the_wait_that_nobody_ends() {
    let story = story_of(lost_wakeup);
    assert_eq!(story.headline, "violated: deadlock");
    let last = story.steps.last().expect("it has steps");
    assert!(last.is_pending && last.is_named, "{last:?}");
    assert_eq!(last.words, "waits on Condvar#2");
    let locks = &last.after.locks;
    assert_eq!(locks.len(), 1, "the lock is given back in the wait: {locks:?}");
    assert_eq!(locks[0].waiting, "for a notification: thread 0");
    assert_eq!(last.after.threads[1].state, "has ended");
    let told = story.steps.iter().find(|step| step.words.starts_with("wakes one")).expect("a step");
    assert_eq!(told.after.threads[0].state, "next: waits on Condvar#2", "it does not wait yet");
    assert_eq!(told.after.locks[0].owner, "thread 0");
    let spot = last.spot.expect("a place");
    let source = &story.sources[spot.source];
    let line = source.lines.iter().find(|(number, _)| *number == spot.line).expect("it is shown");
    assert!(line.1.contains("condvar.wait(guard)"), "{line:?}");
    assert!(links(&story, LinkKind::Order).iter().any(|it| it.contains("starts thread 1 ->")));
    assert!(render_page(&story).contains("condvar.wait(guard)"));
}

/// A message and a flag, which is written and read with these orderings.
fn message(write: Ordering, read: Ordering, is_late: bool) {
    let shared = Arc::new((AtomicU32::new(0), AtomicU32::new(0)));
    let other = shared.clone();
    let writer = thread::spawn(move || {
        other.0.store(7, Relaxed);
        other.1.store(1, write);
    });
    if shared.1.load(read) == 1 {
        let message = shared.0.load(Relaxed);
        assert!(message == 7 && !is_late, "seen");
    }
    writer.join().unwrap();
}

#[test]
fn a_read_orders_if_the_orderings_say_so() {
    let story = story_of(|| message(Release, Acquire, true));
    let order = links(&story, LinkKind::Order);
    assert!(has(&order, "writes 1 to Atomic#2", "reads 1 from Atomic#2"), "{order:#?}");
    assert!(links(&story, LinkKind::Reads).is_empty());
    assert!(story.steps.iter().all(|step| step.why.is_none()), "nothing older can be read");
}

#[test]
fn an_older_value_is_explained() {
    let story = story_of(|| message(Relaxed, Relaxed, false));
    let reads = links(&story, LinkKind::Reads);
    assert!(has(&reads, "writes 1 to Atomic#2", "reads 1 from Atomic#2"), "{reads:#?}");
    let why: Vec<&str> = story.steps.iter().filter_map(|step| step.why.as_deref()).collect();
    let [why] = &why[..] else { panic!("one load reads an older value: {why:?}") };
    assert!(
        why.starts_with(
            "Atomic#1: reads 0, the initial value. There is a newer write: 7 by thread 1"
        ),
        "{why}"
    );
    assert!(why.contains("It does not happen before this load"), "{why}");
}

#[test]
fn locks_have_owners_and_what_gives_them_back_comes_before() {
    let story = story_of(|| {
        let shared = Arc::new(Mutex::new(0));
        let other = shared.clone();
        let adder = thread::spawn(move || *other.lock().unwrap() += 1);
        *shared.lock().unwrap() += 1;
        adder.join().unwrap();
        assert_eq!(*shared.lock().unwrap(), 3);
    });
    let order = links(&story, LinkKind::Order);
    assert!(has(&order, "thread 1 ends", "has joined thread 1"), "{order:#?}");
    assert!(has(&order, "gives Mutex#1 back", "locks Mutex#1"), "{order:#?}");
    let locked =
        story.steps.iter().find(|step| step.words == "locks Mutex#1").expect("it is locked");
    assert_eq!(locked.after.locks[0].owner, story.lanes[locked.lane].name);
}

#[test]
fn a_race_has_its_pair() {
    let story = story_of(|| {
        let shared = Arc::new(Plain::new(0));
        let other = shared.clone();
        let writer = thread::spawn(move || other.with_mut(|it| *it = 1));
        shared.with(|it| assert!(*it < 2));
        writer.join().unwrap();
    });
    assert_eq!(story.headline, "violated: data race");
    assert_eq!(links(&story, LinkKind::Race).len(), 1, "{:#?}", story.steps);
    assert_eq!(story.steps.iter().filter(|step| step.is_named).count(), 2);
}

/// Fails, in a child process that is asked for its page.
#[test]
#[ignore = "fails, for the test below"]
fn a_wakeup_is_lost() {
    model(lost_wakeup);
}

/// What the failing test says when it is asked for its page.
fn failure(page: &Path) -> String {
    let test = std::env::current_exe().expect("this test");
    let mut command = Command::new(test);
    command
        .args(["--exact", "a_wakeup_is_lost", "--ignored", "--nocapture"])
        .env("DRAWLOOM_HTML", page);
    let output = command.output().expect("it runs");
    assert!(!output.status.success());
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn a_failing_test_writes_its_page_where_it_is_asked_to() {
    let folder = std::env::temp_dir().join(format!("drawloom-pages-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder");
    let read = |name: &str| std::fs::read_to_string(folder.join(name)).expect("it is there");
    let said = failure(&folder.join("a.html"));
    assert!(said.contains("the execution as a page: "), "{said}");
    let page = read("a.html");
    assert!(page.contains("violated: deadlock"), "{page}");
    assert!(page.contains("DRAWLOOM_SCHEDULE=&quot;heddle "), "the line that runs it again");
    failure(&folder);
    assert_eq!(read("a_wakeup_is_lost.html"), page, "in a folder, it has the test's name");
    std::fs::write(folder.join("mine"), "mine").expect("it is written");
    let said = failure(&folder.join("mine"));
    assert!(said.contains("not written: is there already, and is no page of drawloom"), "{said}");
    assert_eq!(read("mine"), "mine");
    let names = std::fs::read_dir(&folder).expect("a folder").count();
    assert_eq!(names, 3, "nothing unfinished is left");
    std::fs::remove_dir_all(&folder).expect("it can be removed");
}
