use super::*;

const A: u64 = 8;
const B: u64 = 16;
const MAIN: ThreadId = ThreadId(0);

fn with_threads(count: u32) -> (Coordination, Vec<ThreadId>) {
    let mut it = Coordination::new(100, None);
    let ids = (0..count).map(|_| it.begin(false).expect("below the limit")).collect();
    (it, ids)
}

fn trapped(kind: TrapKind) -> Ended {
    Ended::Trapped(Box::new(Trap::outside(kind, "m", 0)))
}

#[test]
fn numbers_count_starts_and_an_abandoned_start_uses_none() {
    let (mut it, ids) = with_threads(2);
    assert_eq!(ids, [ThreadId(1), ThreadId(2)]);
    let refused = it.begin(false).expect("below the limit");
    it.abandon(refused);
    assert_eq!(it.begin(false), Ok(refused));
}

#[test]
fn the_limit_counts_live_threads_only() {
    let mut it = Coordination::new(2, None);
    let first = it.begin(false).expect("below the limit");
    assert_eq!(it.begin(false), Err(Refused::Limit(2)));
    assert_eq!(it.end(first, Ended::Returned).to_vec(), []);
    assert_eq!(it.begin(false), Ok(ThreadId(2)));
}

#[test]
fn every_joiner_is_woken_by_the_end_and_later_ones_do_not_wait() {
    let (mut it, ids) = with_threads(3);
    assert_eq!(it.join(ids[0], ids[2], false), Joined::Waiting);
    assert_eq!(it.join(ids[1], ids[2], false), Joined::Waiting);
    assert_eq!(it.end(ids[2], Ended::Returned).to_vec(), [ids[0], ids[1]]);
    assert!(!it.is_blocked(ids[0]) && !it.is_blocked(ids[1]));
    assert_eq!(it.join(ids[0], ids[2], false), Joined::Already);
    assert_eq!(it.join(ids[0], ids[0], false), Joined::Oneself);
    assert_eq!(it.join(ids[0], ThreadId(99), false), Joined::Unknown);
}

#[test]
fn a_monitor_goes_to_the_longest_waiting_thread_at_the_last_exit() {
    let (mut it, ids) = with_threads(3);
    assert_eq!(it.enter(ids[0], A, false), Entered::Now);
    assert_eq!(it.enter(ids[0], A, false), Entered::Now);
    assert_eq!(it.enter(ids[1], A, false), Entered::Waiting);
    assert_eq!(it.enter(ids[2], A, false), Entered::Waiting);
    assert_eq!(it.exit(ids[0], A), Ok(Exited::Still));
    assert_eq!(it.exit(ids[1], A), Err(NotOwner));
    assert_eq!(it.exit(ids[0], A), Ok(Exited::To(ids[1])));
    assert_eq!(it.exit(ids[0], A), Err(NotOwner));
    assert!(!it.is_blocked(ids[1]) && it.is_blocked(ids[2]));
    assert_eq!(it.exit(ids[1], A), Ok(Exited::To(ids[2])));
    assert_eq!(it.exit(ids[2], A), Ok(Exited::Free));
    assert!(it.monitors.is_empty(), "a free monitor is forgotten");
}

#[test]
fn a_waiter_gets_back_the_depth_it_gave_up() {
    let (mut it, ids) = with_threads(2);
    assert_eq!(it.enter(ids[0], A, false), Entered::Now);
    assert_eq!(it.enter(ids[0], A, false), Entered::Now);
    assert_eq!(it.wait(ids[0], A, false), Ok((Exited::Free, Ok(()))));
    assert_eq!(it.enter(ids[1], A, false), Entered::Now);
    assert_eq!(it.notify(ids[1], A, false), Ok(()));
    assert!(it.is_blocked(ids[0]), "the notifier still has the monitor");
    assert_eq!(it.exit(ids[1], A), Ok(Exited::To(ids[0])));
    assert!(it.was_notified(ids[0]));
    assert_eq!(it.exit(ids[0], A), Ok(Exited::Still));
    assert_eq!(it.exit(ids[0], A), Ok(Exited::Free));
}

#[test]
fn a_wait_that_times_out_takes_the_monitor_back_before_it_runs() {
    let (mut it, ids) = with_threads(2);
    assert_eq!(it.enter(ids[0], A, false), Entered::Now);
    assert_eq!(it.wait(ids[0], A, true), Ok((Exited::Free, Ok(()))));
    assert_eq!(it.enter(ids[1], A, false), Entered::Now);
    assert_eq!(it.cancel(ids[0]), Cancelled::WantsBack);
    assert_eq!(it.exit(ids[1], A), Ok(Exited::To(ids[0])));
    assert!(!it.was_notified(ids[0]));
    assert_eq!(it.exit(ids[0], A), Ok(Exited::Free));
}

#[test]
fn a_notification_just_before_the_time_is_up_leaves_the_waiter_in_line() {
    let (mut it, ids) = with_threads(2);
    assert_eq!(it.enter(ids[0], A, false), Entered::Now);
    assert_eq!(it.wait(ids[0], A, true), Ok((Exited::Free, Ok(()))));
    assert_eq!(it.enter(ids[1], A, false), Entered::Now);
    assert_eq!(it.notify(ids[1], A, false), Ok(()));
    assert_eq!(it.cancel(ids[0]), Cancelled::WantsBack);
    assert_eq!(it.exit(ids[1], A), Ok(Exited::To(ids[0])));
    assert!(it.was_notified(ids[0]));
    assert_eq!(it.exit(ids[0], A), Ok(Exited::Free));
}

#[test]
fn a_circle_of_waiting_threads_is_found_when_it_closes() {
    let (mut it, ids) = with_threads(2);
    assert_eq!(it.enter(ids[0], A, false), Entered::Now);
    assert_eq!(it.enter(ids[1], B, false), Entered::Now);
    assert_eq!(it.enter(ids[0], B, false), Entered::Waiting);
    let Entered::Deadlock(text) = it.enter(ids[1], A, false) else { panic!("a deadlock") };
    assert_eq!(
        text,
        "thread 2 waits for monitor 0x8, which thread 1 has; \
         thread 1 waits for monitor 0x10, which thread 2 has"
    );
    assert!(!it.is_blocked(ids[1]), "who closes the circle gets the trap and runs");
    assert_eq!(it.exit(ids[1], B), Ok(Exited::To(ids[0])), "and can undo it");
}

#[test]
fn two_threads_that_join_each_other_are_a_deadlock() {
    let (mut it, ids) = with_threads(2);
    assert_eq!(it.join(ids[0], ids[1], false), Joined::Waiting);
    assert!(matches!(it.join(ids[1], ids[0], false), Joined::Deadlock(_)));
}

#[test]
fn a_time_limit_is_a_way_out_of_a_circle() {
    let (mut it, ids) = with_threads(2);
    assert_eq!(it.join(ids[0], ids[1], true), Joined::Waiting);
    assert_eq!(it.join(ids[1], ids[0], false), Joined::Waiting);
}

#[test]
fn a_lost_wakeup_is_found_when_the_last_running_thread_ends() {
    let (mut it, ids) = with_threads(1);
    assert_eq!(it.enter(ids[0], A, false), Entered::Now);
    assert_eq!(it.wait(ids[0], A, false), Ok((Exited::Free, Ok(()))));
    assert_eq!(it.end(MAIN, Ended::Returned).to_vec(), [ids[0]]);
    assert!(it.is_stopping());
    let trap = it.take_trap().expect("a deadlock");
    assert_eq!(trap.kind, TrapKind::Deadlock);
    assert_eq!(trap.message, "thread 1 waits for a notification on monitor 0x8");
}

#[test]
fn a_thread_that_ends_with_a_monitor_is_named_to_the_next_that_wants_it() {
    let (mut it, ids) = with_threads(1);
    assert_eq!(it.enter(ids[0], A, false), Entered::Now);
    assert_eq!(it.end(ids[0], Ended::Returned).to_vec(), []);
    let Entered::Deadlock(text) = it.enter(MAIN, A, false) else { panic!("a deadlock") };
    assert_eq!(text, "thread 0 waits for monitor 0x8, which thread 1 ended with");
}

#[test]
fn a_thread_that_waits_for_a_monitor_learns_that_its_owner_has_ended_with_it() {
    let (mut it, ids) = with_threads(2);
    assert_eq!(it.enter(ids[0], A, false), Entered::Now);
    assert_eq!(it.enter(ids[1], A, false), Entered::Waiting);
    assert_eq!(it.end(ids[0], Ended::Returned).to_vec(), [ids[1]]);
    let trap = it.take_trap().expect("a deadlock, though the main thread runs");
    assert_eq!(trap.message, "thread 2 waits for monitor 0x8, which thread 1 ended with");
}

#[test]
fn an_owner_that_ends_strands_nobody_who_has_a_time_limit() {
    let (mut it, ids) = with_threads(2);
    assert_eq!(it.enter(ids[0], A, false), Entered::Now);
    assert_eq!(it.enter(ids[1], A, true), Entered::Waiting);
    assert_eq!(it.end(ids[0], Ended::Returned).to_vec(), []);
    assert!(!it.is_stopping());
    assert_eq!(it.cancel(ids[1]), Cancelled::Runs);
}

/// If an end looked at every thread that there has been, this would take minutes.
#[test]
fn an_end_does_not_look_at_those_that_have_ended() {
    let (mut it, ids) = with_threads(1);
    assert_eq!(it.join(MAIN, ids[0], false), Joined::Waiting);
    for _ in 0..500_000 {
        let next = it.begin(false).expect("below the limit");
        assert_eq!(it.end(next, Ended::Returned).to_vec(), []);
    }
    assert_eq!(it.end(ids[0], Ended::Returned).to_vec(), [MAIN]);
}

#[test]
fn a_limit_is_not_an_error_that_a_thread_can_capture() {
    let mut it = Coordination::new(9, None);
    let safe = it.begin(true).expect("below the limit");
    assert_eq!(it.end(safe, trapped(TrapKind::StepLimit)).to_vec(), []);
    assert!(it.is_stopping());
}

#[test]
fn the_first_trap_stops_the_program_and_a_captured_one_does_not() {
    let mut it = Coordination::new(9, None);
    let safe = it.begin(true).expect("below the limit");
    let bare = it.begin(false).expect("below the limit");
    assert_eq!(it.end(safe, trapped(TrapKind::Bounds)).to_vec(), []);
    assert_eq!(it.error_of(safe), Some(Some("bounds: m".into())));
    assert!(!it.is_stopping());
    assert_eq!(it.join(MAIN, bare, false), Joined::Waiting);
    assert_eq!(it.end(bare, trapped(TrapKind::Overflow)).to_vec(), [MAIN]);
    assert!(it.is_stopping());
    assert_eq!(it.stop(None).to_vec(), []);
    assert_eq!(it.take_trap().map(|trap| trap.kind), Some(TrapKind::Overflow));
    assert_eq!(it.begin(false), Err(Refused::Stopping));
}

mod at_shared_objects {
    use super::*;
    use crate::interp::shared::{
        Barrier, BarrierUse, Channel, ChannelUse, Condition, ConditionUse, Gate, GateUse, Mutex,
        MutexUse, Parker, ParkerUse, Promise, PromiseUse, Queue, QueueUse, RwLock, RwLockUse,
    };
    use crate::interp::{Reply, Request, Shared};
    use proptest::prelude::*;

    fn made(it: &mut Coordination, at: u64, object: impl Into<Shared>) {
        let request = Request::New(Box::new(object.into()));
        let (made, woken) = it.use_shared(MAIN, at, &request, Patience::Endless);
        assert_eq!((made, woken.to_vec()), (Used::Done(Reply::Word(0)), vec![]));
    }

    fn ask(
        it: &mut Coordination,
        me: ThreadId,
        request: impl Into<Request>,
        patience: Patience,
    ) -> (Used, Vec<ThreadId>) {
        let (used, woken) = it.use_shared(me, A, &request.into(), patience);
        (used, woken.to_vec())
    }

    #[test]
    fn permits_go_to_the_threads_that_have_waited_longest() {
        let (mut it, ids) = with_threads(4);
        made(&mut it, A, Gate::new(0).expect("it may"));
        for &id in &ids[..3] {
            let waits = ask(&mut it, id, GateUse::Enter, Patience::Endless);
            assert_eq!(waits, (Used::Waiting, vec![]));
        }
        let tries = ask(&mut it, ids[3], GateUse::Enter, Patience::None);
        assert_eq!(tries, (Used::Done(Reply::Nothing), vec![]));
        let left = ask(&mut it, ids[3], GateUse::Leave(2), Patience::Endless);
        assert_eq!(left, (Used::Done(Reply::Word(0)), ids[..2].to_vec()));
        assert_eq!(it.take_answer(ids[0]), Ok(Reply::Word(0)));
        assert!(!it.is_blocked(ids[1]) && it.is_blocked(ids[2]));
    }

    #[test]
    fn a_thread_whose_time_is_up_is_out_of_line() {
        let (mut it, ids) = with_threads(2);
        made(&mut it, A, Gate::new(0).expect("it may"));
        assert_eq!(ask(&mut it, ids[0], GateUse::Enter, Patience::Timed).0, Used::Waiting);
        assert_eq!(it.cancel(ids[0]), Cancelled::Runs);
        assert_eq!(it.take_answer(ids[0]), Ok(Reply::Nothing));
        let left = ask(&mut it, ids[1], GateUse::Leave(1), Patience::Endless);
        assert_eq!(left, (Used::Done(Reply::Word(0)), vec![]));
        let permits = ask(&mut it, ids[1], GateUse::Permits, Patience::Endless);
        assert_eq!(permits.0, Used::Done(Reply::Word(1)));
    }

    #[test]
    fn an_owner_that_waits_for_itself_is_a_deadlock() {
        let (mut it, ids) = with_threads(1);
        made(&mut it, A, Mutex::default());
        let locked = ask(&mut it, ids[0], MutexUse::Lock, Patience::Endless);
        assert_eq!(locked.0, Used::Done(Reply::Word(0)));
        let (again, _) = ask(&mut it, ids[0], MutexUse::Lock, Patience::Endless);
        let text = "thread 1 waits in Mutex.Lock for mutex 0x8, which thread 1 has";
        assert_eq!(again, Used::Deadlock(text.into()));
        assert!(!it.is_blocked(ids[0]), "it runs, to trap");
    }

    #[test]
    fn a_reader_and_the_writer_before_it_wait_for_each_other() {
        let (mut it, ids) = with_threads(2);
        made(&mut it, A, RwLock::default());
        let [reader, writer] = ids[..] else { unreachable!() };
        let endless = Patience::Endless;
        assert_eq!(
            ask(&mut it, reader, RwLockUse::ReadEnter, endless).0,
            Used::Done(Reply::Word(0))
        );
        assert_eq!(ask(&mut it, writer, RwLockUse::WriteEnter, endless).0, Used::Waiting);
        let (again, _) = ask(&mut it, reader, RwLockUse::ReadEnter, endless);
        let Used::Deadlock(text) = again else { panic!("{again:?}") };
        assert!(text.contains("thread 1 waits in RwLock.ReadEnter"), "{text}");
        assert!(text.contains("which thread 1 has"), "{text}");
    }

    #[test]
    fn the_end_of_an_owner_strands_those_in_line() {
        let (mut it, ids) = with_threads(2);
        made(&mut it, A, Mutex::default());
        let locked = ask(&mut it, ids[0], MutexUse::Lock, Patience::Endless);
        assert_eq!(locked.0, Used::Done(Reply::Word(0)));
        assert_eq!(ask(&mut it, ids[1], MutexUse::Lock, Patience::Endless).0, Used::Waiting);
        assert_eq!(it.end(ids[0], Ended::Returned).to_vec(), [ids[1]]);
        let trap = it.take_trap().expect("it stops the program");
        assert_eq!(trap.kind, TrapKind::Deadlock);
        assert!(trap.message.ends_with("which thread 1 ended with"), "{}", trap.message);
    }

    #[test]
    fn a_thread_that_only_looks_for_a_notification_is_off_the_list() {
        let (mut it, ids) = with_threads(2);
        made(&mut it, A, Condition::default());
        for &id in &ids {
            assert_eq!(
                ask(&mut it, id, ConditionUse::Enlist, Patience::Endless).0,
                Used::Done(Reply::Word(1))
            );
        }
        assert_eq!(
            ask(&mut it, ids[0], ConditionUse::Await, Patience::None).0,
            Used::Done(Reply::Nothing)
        );
        assert_eq!(ask(&mut it, ids[1], ConditionUse::Await, Patience::Endless).0, Used::Waiting);
        let notified = ask(&mut it, ids[0], ConditionUse::NotifyOne, Patience::Endless);
        assert_eq!(notified, (Used::Done(Reply::Word(1)), vec![ids[1]]));
    }

    #[test]
    fn a_receiver_takes_what_the_first_sender_in_line_has() {
        let (mut it, ids) = with_threads(3);
        made(&mut it, A, Channel::new(0));
        let [timed, other, receiver] = ids[..] else { unreachable!() };
        assert_eq!(ask(&mut it, timed, ChannelUse::SendFor(1), Patience::Timed).0, Used::Waiting);
        assert_eq!(ask(&mut it, other, ChannelUse::Send(2), Patience::Endless).0, Used::Waiting);
        let received = ask(&mut it, receiver, ChannelUse::Recv, Patience::Endless);
        assert_eq!(received, (Used::Done(Reply::Word(1)), vec![timed]));
        assert_eq!(it.take_answer(timed), Ok(Reply::Word(1)));
        assert!(it.is_blocked(other), "nobody waits for its item");
    }

    #[test]
    fn a_receiver_that_has_come_first_gets_the_item_at_once() {
        let (mut it, ids) = with_threads(2);
        made(&mut it, A, Channel::new(0));
        assert_eq!(ask(&mut it, ids[0], ChannelUse::Recv, Patience::Endless).0, Used::Waiting);
        let sent = ask(&mut it, ids[1], ChannelUse::Send(3), Patience::Endless);
        assert_eq!(sent, (Used::Done(Reply::Word(1)), vec![ids[0]]));
        assert_eq!(it.take_answer(ids[0]), Ok(Reply::Word(3)));
    }

    /// What threads may ask of an object of each kind.
    fn menu(kind: usize) -> (Shared, Vec<Request>) {
        fn all<U: Into<Request>>(
            object: impl Into<Shared>,
            uses: Vec<U>,
        ) -> (Shared, Vec<Request>) {
            (object.into(), uses.into_iter().map(Into::into).collect())
        }
        match kind {
            0 => {
                let gate = Gate::new(1).expect("it may");
                all(
                    gate,
                    vec![GateUse::Enter, GateUse::Enter, GateUse::Leave(1), GateUse::Leave(2)],
                )
            }
            1 => {
                let barrier = Barrier::new(3).expect("it may");
                all(barrier, vec![BarrierUse::Arrive, BarrierUse::Arrive, BarrierUse::Waiting])
            }
            2 => all(Mutex::default(), vec![MutexUse::Lock, MutexUse::Unlock]),
            3 => {
                use RwLockUse::{ReadEnter, ReadExit, TryReadEnter, WriteEnter, WriteExit};
                all(
                    RwLock::default(),
                    vec![ReadEnter, ReadExit, WriteEnter, WriteExit, TryReadEnter],
                )
            }
            4 => {
                use ConditionUse::{Enlist, NotifyAll, NotifyOne};
                all(Condition::default(), vec![Enlist, Enlist, Enlist, NotifyOne, NotifyAll])
            }
            5 => all(Parker::default(), vec![ParkerUse::Park, ParkerUse::Unpark]),
            6 => all(Queue::default(), vec![QueueUse::Pop, QueueUse::Push(7), QueueUse::Close]),
            7 => all(Promise::Pending, vec![PromiseUse::Get, PromiseUse::Wait, PromiseUse::Set(7)]),
            _ => {
                use ChannelUse::{Close, Recv, Send, SendFor, TryRecv, TrySend};
                let uses = [Send(1), Send(2), SendFor(3), Recv, Recv, TryRecv, TrySend(4), Close];
                all(Channel::new((kind - 8) as i64), uses.into())
            }
        }
    }

    proptest! {
        #[test]
        fn nobody_in_line_could_go_on(
            kind in 0..10_usize,
            steps in proptest::collection::vec((0..5_usize, 0..8_usize, any::<bool>()), 1..60),
        ) {
            let (mut it, ids) = with_threads(5);
            let (object, requests) = menu(kind);
            made(&mut it, A, object);
            for (thread, nth, timed) in steps {
                let me = ids[thread];
                if it.is_blocked(me) {
                    if timed && it.live(me).timed {
                        prop_assert_eq!(it.cancel(me), Cancelled::Runs);
                        it.take_answer(me).ok();
                    }
                } else {
                    it.take_answer(me).ok();
                    let patience = if timed { Patience::Timed } else { Patience::Endless };
                    let request = requests[nth % requests.len()].clone();
                    let enlists = request == Request::from(ConditionUse::Enlist);
                    let _ = ask(&mut it, me, request, patience);
                    if enlists {
                        let _ = ask(&mut it, me, ConditionUse::Await, patience);
                    }
                }
                let place = &it.shared[&A];
                let mut in_line = 0;
                for (waiter, request) in place.line.iter() {
                    in_line += 1;
                    prop_assert!(it.is_blocked(waiter));
                    let object = place.object.as_ref().expect("it was made");
                    prop_assert!(object.keeps_waiting(waiter, request), "{waiter:?}: {request}");
                    prop_assert_eq!(place.line.wanted(waiter), Some(request));
                }
                prop_assert_eq!(in_line, ids.iter().filter(|&&id| it.is_blocked(id)).count());
                prop_assert_eq!(in_line == 0, place.line.is_empty());
            }
        }
    }
}
