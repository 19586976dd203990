use super::*;

const A: ThreadId = ThreadId(1);
const B: ThreadId = ThreadId(2);
const C: ThreadId = ThreadId(3);

/// An object under test.
struct It(Option<Shared>);

impl It {
    fn new(object: impl Into<Shared>) -> Self {
        It(Some(object.into()))
    }

    fn ask(&mut self, me: ThreadId, request: impl Into<Request>) -> Response<Request> {
        let before = self.0.clone();
        let response = Shared::apply(&mut self.0, me, &request.into());
        if matches!(response, Response::Waits | Response::Refused(_)) {
            assert_eq!(self.0, before, "all or nothing");
        }
        response
    }

    fn message(&mut self, me: ThreadId, request: impl Into<Request>) -> String {
        match self.ask(me, request) {
            Response::Refused((kind, message)) => format!("{kind}: {message}"),
            other => panic!("not refused: {other:?}"),
        }
    }
}

#[test]
fn a_gate_has_as_many_permits_as_nobody_has() {
    let mut gate = It::new(Gate::new(1).expect("it may"));
    assert_eq!(gate.ask(A, GateUse::Enter), Response::Word(0));
    assert_eq!(gate.ask(B, GateUse::Enter), Response::Waits);
    assert_eq!(gate.ask(C, GateUse::Leave(2)), Response::Word(0));
    assert_eq!(gate.ask(A, GateUse::Permits), Response::Word(2));
    assert_eq!(
        gate.message(A, GateUse::Leave(-1)),
        "domain-error: Gate.Leave: count cannot be negative"
    );
    assert_eq!(
        gate.message(A, GateUse::Leave(i64::MAX)),
        "overflow: Gate.Leave: permit count overflow"
    );
    assert!(Gate::new(-1).is_err() && Gate::new(0).is_ok());
}

#[test]
fn a_barrier_sends_all_on_and_begins_anew() {
    let mut barrier = It::new(Barrier::new(2).expect("it may"));
    for _ in 0..2 {
        let pass = BarrierUse::Pass(0);
        assert_eq!(barrier.ask(A, BarrierUse::Arrive), Response::Begins(pass.clone().into()));
        assert_eq!(barrier.ask(A, pass.clone()), Response::Waits);
        assert_eq!(
            barrier.message(B, BarrierUse::Reset),
            "invalid-operation: Barrier.Reset: threads are waiting"
        );
        assert_eq!(barrier.ask(B, BarrierUse::Arrive), Response::Word(1));
        // The next round has begun before the thread of the last one goes on.
        assert!(matches!(barrier.ask(B, BarrierUse::Arrive), Response::Begins(_)));
        assert_eq!(barrier.ask(A, pass), Response::Word(0));
        assert_eq!(barrier.ask(C, BarrierUse::Arrive), Response::Word(1));
        assert_eq!(barrier.ask(C, BarrierUse::Waiting), Response::Word(0));
    }
    assert!(Barrier::new(0).is_err() && Barrier::new(-1).is_err());
}

#[test]
fn a_waiting_writer_keeps_new_readers_out_and_also_those_that_read() {
    let mut lock = It::new(RwLock::default());
    assert_eq!(lock.ask(A, RwLockUse::ReadEnter), Response::Word(0));
    assert_eq!(lock.ask(B, RwLockUse::WriteEnter), Response::Begins(RwLockUse::Write.into()));
    assert_eq!(lock.ask(B, RwLockUse::Write), Response::Waits);
    for reader in [A, C] {
        assert_eq!(lock.ask(reader, RwLockUse::ReadEnter), Response::Waits);
        assert_eq!(lock.ask(reader, RwLockUse::TryReadEnter), Response::Word(0));
    }
    let awaited = |it: &It, me, way: RwLockUse| it.0.as_ref().unwrap().awaited(me, &way.into());
    assert_eq!(awaited(&lock, A, RwLockUse::ReadEnter), Some(B));
    assert_eq!(awaited(&lock, B, RwLockUse::Write), Some(A));
    assert_eq!(
        lock.message(A, RwLockUse::WriteEnter),
        "invalid-operation: RwLock.WriteEnter: cannot upgrade read lock"
    );
    assert_eq!(lock.ask(A, RwLockUse::ReadExit), Response::Word(0));
    assert_eq!(lock.ask(B, RwLockUse::Write), Response::Word(0));
    assert_eq!(lock.ask(C, RwLockUse::ReadEnter), Response::Waits);
    assert_eq!(awaited(&lock, C, RwLockUse::ReadEnter), Some(B));
}

#[test]
fn a_writer_enters_again_and_may_read() {
    let mut lock = It::new(RwLock::default());
    for way in [RwLockUse::WriteEnter, RwLockUse::WriteEnter, RwLockUse::ReadEnter] {
        assert_eq!(lock.ask(A, way), Response::Word(0));
    }
    assert_eq!(lock.message(B, RwLockUse::WriteExit), "double-unlock: RwLock.WriteExit: not owner");
    assert_eq!(
        lock.message(B, RwLockUse::ReadExit),
        "double-unlock: RwLock.ReadExit: exit without matching enter"
    );
    for _ in 0..2 {
        assert_eq!(lock.ask(A, RwLockUse::WriteExit), Response::Word(0));
    }
    assert_eq!(
        lock.message(A, RwLockUse::WriteExit),
        "double-unlock: RwLock.WriteExit: exit without matching enter"
    );
    assert_eq!(lock.ask(B, RwLockUse::TryWriteEnter), Response::Word(0));
    assert_eq!(lock.ask(B, RwLockUse::ReadEnter), Response::Word(0));
    assert_eq!(lock.ask(B, RwLockUse::Readers), Response::Word(2));
}

#[test]
fn a_closed_queue_is_emptied_and_then_nobody_waits() {
    let mut queue = It::new(Queue::default());
    assert_eq!(queue.ask(A, QueueUse::Pop), Response::Waits);
    for item in [1, 0, 2] {
        assert_eq!(queue.ask(A, QueueUse::Push(item)), Response::Word(0));
    }
    assert_eq!(queue.ask(B, QueueUse::Close), Response::Word(0));
    assert_eq!(
        queue.message(A, QueueUse::Push(3)),
        "invalid-operation: ConcurrentQueue.Enqueue: queue is closed"
    );
    for item in [1, 0, 2] {
        assert_eq!(queue.ask(B, QueueUse::Peek), Response::Word(item));
        assert_eq!(queue.ask(B, QueueUse::Pop), Response::Word(item));
    }
    assert_eq!(queue.ask(B, QueueUse::Pop), Response::Nothing);
}

#[test]
fn a_map_tells_null_from_nothing() {
    let mut map = It::new(Map::default());
    assert_eq!(map.ask(A, MapUse::SetIfMissing(5, 0)), Response::Word(1));
    assert_eq!(map.ask(B, MapUse::SetIfMissing(5, 9)), Response::Word(0));
    assert_eq!(map.ask(B, MapUse::Get(5)), Response::Word(0));
    assert_eq!(map.ask(B, MapUse::Get(6)), Response::Nothing);
    assert_eq!(map.ask(B, MapUse::Remove(5)), Response::Word(1));
    assert_eq!(map.ask(B, MapUse::Remove(5)), Response::Word(0));
}

#[test]
fn a_channel_without_room_hands_over_from_thread_to_thread() {
    let mut channel = It::new(Channel::new(-1));
    assert_eq!(channel.ask(A, ChannelUse::TrySend(7)), Response::Word(0));
    assert_eq!(channel.ask(A, ChannelUse::Send(7)), Response::Waits);
    assert_eq!(channel.ask(B, ChannelUse::TryRecv), Response::Nothing);
    assert_eq!(channel.ask(B, ChannelUse::Recv), Response::Begins(ChannelUse::Take.into()));
    assert_eq!(channel.ask(B, ChannelUse::Take), Response::Waits);
    assert_eq!(channel.ask(C, ChannelUse::IsFull), Response::Word(0));
    assert_eq!(channel.ask(A, ChannelUse::Send(7)), Response::Begins(ChannelUse::Sent.into()));
    assert_eq!(channel.ask(A, ChannelUse::Sent), Response::Waits);
    assert_eq!(channel.ask(C, ChannelUse::Count), Response::Word(1));
    assert_eq!(channel.ask(C, ChannelUse::TrySend(8)), Response::Word(0));
    assert_eq!(channel.ask(B, ChannelUse::Take), Response::Word(7));
    assert_eq!(channel.ask(A, ChannelUse::Sent), Response::Word(1));
}

#[test]
fn a_receiver_that_gives_up_is_not_sent_anything() {
    let mut channel = It::new(Channel::new(0));
    assert!(matches!(channel.ask(B, ChannelUse::Recv), Response::Begins(_)));
    channel.0.as_mut().unwrap().give_up(B, &ChannelUse::Take.into());
    assert_eq!(channel.ask(A, ChannelUse::Send(7)), Response::Waits);
}

#[test]
fn a_full_channel_holds_senders_up_and_a_closed_one_refuses_them() {
    let mut channel = It::new(Channel::new(1));
    assert_eq!(channel.ask(A, ChannelUse::Send(1)), Response::Word(1));
    assert_eq!(channel.ask(A, ChannelUse::Send(2)), Response::Waits);
    assert_eq!(channel.ask(B, ChannelUse::Close), Response::Word(0));
    assert_eq!(
        channel.message(A, ChannelUse::Send(2)),
        "invalid-operation: Channel.Send: send on closed channel"
    );
    assert_eq!(channel.ask(A, ChannelUse::SendFor(2)), Response::Nothing);
    assert_eq!(channel.ask(B, ChannelUse::Recv), Response::Word(1));
    assert_eq!(channel.ask(B, ChannelUse::Recv), Response::Nothing);
}

#[test]
fn a_promise_is_kept_or_broken_once() {
    for (done, got, error) in [
        (PromiseUse::Set(3), Response::Word(3), Response::Nothing),
        (PromiseUse::SetError(4), Response::Nothing, Response::Word(4)),
    ] {
        let mut promise = It::new(Promise::default());
        assert_eq!(promise.ask(B, PromiseUse::Get), Response::Waits);
        assert_eq!(promise.ask(A, done), Response::Word(0));
        let again = promise.message(A, PromiseUse::Set(5));
        assert_eq!(again, "invalid-operation: Promise: already completed");
        assert_eq!(promise.ask(B, PromiseUse::Get), got);
        assert_eq!(promise.ask(B, PromiseUse::Error), error);
    }
}

#[test]
fn a_value_is_of_its_kind_only() {
    let mut value = It::new(Value { kind: ValueKind::I64, word: 5 });
    assert_eq!(value.ask(A, ValueUse::As(ValueKind::I64)), Response::Word(5));
    assert_eq!(
        value.message(A, ValueUse::As(ValueKind::Str)),
        "invalid-cast: Box.ToStr: str expected, i64 found"
    );
}

#[test]
fn a_mutex_keeps_its_owner_out_too() {
    let mut mutex = It::new(Mutex::default());
    assert_eq!(mutex.ask(A, MutexUse::Lock), Response::Word(0));
    assert_eq!(mutex.ask(A, MutexUse::Lock), Response::Waits);
    assert_eq!(mutex.0.as_ref().unwrap().awaited(A, &MutexUse::Lock.into()), Some(A));
    assert_eq!(mutex.message(B, MutexUse::Unlock), "double-unlock: Mutex.Unlock: not owner");
    assert_eq!(mutex.ask(A, MutexUse::Unlock), Response::Word(0));
    assert_eq!(mutex.ask(B, MutexUse::Lock), Response::Word(0));
}

#[test]
fn a_notification_is_for_those_on_the_list() {
    let mut condition = It::new(Condition::default());
    assert_eq!(condition.ask(C, ConditionUse::NotifyOne), Response::Word(1));
    for thread in [B, A] {
        assert_eq!(condition.ask(thread, ConditionUse::Enlist), Response::Word(1));
    }
    assert_eq!(condition.ask(C, ConditionUse::NotifyOne), Response::Word(1));
    assert_eq!(condition.ask(A, ConditionUse::Await), Response::Waits);
    assert_eq!(condition.ask(B, ConditionUse::Await), Response::Word(1));
}

#[test]
fn two_tokens_for_a_parker_are_one() {
    let mut parker = It::new(Parker::default());
    for _ in 0..2 {
        assert_eq!(parker.ask(A, ParkerUse::Unpark), Response::Word(1));
    }
    assert_eq!(parker.ask(B, ParkerUse::Park), Response::Word(1));
    assert_eq!(parker.ask(B, ParkerUse::Park), Response::Waits);
}

#[test]
fn what_is_asked_of_another_class_is_refused() {
    let mut gate = It::new(Gate::new(0).expect("it may"));
    assert_eq!(gate.message(A, BarrierUse::Arrive), "invalid-cast: Barrier.Arrive: not a barrier");
    assert_eq!(It(None).message(A, GateUse::Enter), "invalid-cast: Gate.Enter: not a gate");
}

#[test]
fn threads_that_change_places_change_them_in_every_object() {
    let swap = |thread: ThreadId| {
        if thread == A {
            B
        } else if thread == B {
            A
        } else {
            thread
        }
    };
    let mut lock = It::new(RwLock::default());
    assert_eq!(lock.ask(A, RwLockUse::ReadEnter), Response::Word(0));
    assert!(matches!(lock.ask(C, RwLockUse::WriteEnter), Response::Begins(_)));
    lock.0.as_mut().unwrap().rename(&swap);
    assert_eq!(lock.ask(B, RwLockUse::ReadExit), Response::Word(0));
    let mut barrier = It::new(Barrier::new(2).expect("it may"));
    assert!(matches!(barrier.ask(A, BarrierUse::Arrive), Response::Begins(_)));
    barrier.0.as_mut().unwrap().rename(&swap);
    assert_eq!(barrier.ask(A, BarrierUse::Pass(0)), Response::Word(0));
    assert_eq!(barrier.ask(B, BarrierUse::Pass(0)), Response::Waits);
    for owner in [A, B] {
        let mut mutex = It::new(Mutex::default());
        assert_eq!(mutex.ask(owner, MutexUse::Lock), Response::Word(0));
        mutex.0.as_mut().unwrap().rename(&swap);
        assert_eq!(mutex.ask(swap(owner), MutexUse::Unlock), Response::Word(0));
    }
}

/// The words of a task.
fn task(function: u64, argument: u64) -> Response<Request> {
    Response::Words([function, argument].into())
}

#[test]
fn a_pool_gives_its_tasks_to_workers_in_their_order() {
    let mut pool = It::new(Pool::new(2));
    assert_eq!(pool.ask(A, PoolUse::Take), Response::Waits);
    assert_eq!(pool.ask(C, PoolUse::Submit(1, 10)), Response::Word(1));
    assert_eq!(pool.ask(C, PoolUse::Submit(2, 20)), Response::Word(1));
    assert_eq!(pool.ask(A, PoolUse::Take), task(1, 10));
    assert_eq!(pool.ask(C, PoolUse::Pending), Response::Word(1));
    assert_eq!(pool.ask(C, PoolUse::Active), Response::Word(1));
    assert_eq!(pool.ask(B, PoolUse::Take), task(2, 20));
    assert_eq!(pool.ask(C, PoolUse::Wait), Response::Waits);
    assert_eq!(pool.ask(A, PoolUse::Finish), Response::Word(0));
    assert_eq!(pool.ask(C, PoolUse::WaitFor), Response::Waits);
    assert_eq!(pool.0.as_ref().and_then(|it| it.awaited(C, &PoolUse::Wait.into())), Some(B));
    assert_eq!(pool.ask(B, PoolUse::Fail(7)), Response::Word(0));
    assert_eq!(pool.ask(C, PoolUse::Wait), Response::Word(7), "the message of the trap, once");
    assert_eq!(pool.ask(C, PoolUse::Wait), Response::Word(0));
}

#[test]
fn a_pool_that_is_shut_down_ends_when_its_workers_have_left() {
    for (shutdown, is_done) in [(PoolUse::Shutdown, true), (PoolUse::ShutdownNow, false)] {
        let mut pool = It::new(Pool::new(1));
        assert_eq!(pool.ask(C, PoolUse::Submit(1, 10)), Response::Word(1));
        assert_eq!(pool.ask(C, shutdown), Response::Word(0));
        assert_eq!(pool.ask(C, PoolUse::IsShutdown), Response::Word(1));
        assert_eq!(pool.ask(C, PoolUse::Submit(1, 20)), Response::Word(0), "it takes nothing now");
        assert_eq!(pool.ask(C, PoolUse::End), Response::Waits);
        if is_done {
            assert_eq!(pool.ask(A, PoolUse::Take), task(1, 10));
            assert_eq!(pool.ask(A, PoolUse::Finish), Response::Word(0));
        }
        assert_eq!(pool.ask(A, PoolUse::Take), Response::Nothing);
        assert_eq!(pool.ask(C, PoolUse::End), Response::Word(0));
    }
    let mut pool = It::new(Pool::new(3));
    assert_eq!(pool.ask(C, PoolUse::Abandon(1)), Response::Word(0));
    assert_eq!(pool.ask(A, PoolUse::Take), Response::Nothing);
    assert_eq!(pool.ask(C, PoolUse::End), Response::Word(0), "the other two never were");
}

#[test]
fn a_worker_does_not_wait_for_its_own_pool() {
    let mut pool = It::new(Pool::new(1));
    assert_eq!(pool.ask(C, PoolUse::Submit(1, 10)), Response::Word(1));
    assert_eq!(pool.ask(A, PoolUse::Take), task(1, 10));
    for (way, what) in [
        (PoolUse::Wait, "Wait: cannot wait"),
        (PoolUse::WaitFor, "WaitFor: cannot wait"),
        (PoolUse::Shutdown, "Shutdown: cannot shutdown"),
        (PoolUse::ShutdownNow, "ShutdownNow: cannot shutdown"),
    ] {
        let message = format!("invalid-operation: Pool.{what} from pool worker");
        assert_eq!(pool.message(A, way), message);
    }
    assert_eq!(pool.ask(A, PoolUse::Submit(1, 20)), Response::Word(1), "but it may submit");
}

#[test]
fn a_pool_takes_as_many_tasks_as_may_be_pending() {
    let mut pool = Pool::new(1);
    let mut submit = || class::Class::perform(&mut pool, A, &PoolUse::Submit(1, 0));
    for _ in 0..65_536 {
        assert_eq!(submit(), Response::Word(1));
    }
    assert_eq!(submit(), Response::Word(0));
}

#[test]
fn a_sequence_has_what_it_was_made_of() {
    let mut objects = It::new(Sequence::new(Elements::Objects, [5, 6].into()));
    let get = |elements, at| SequenceUse::Get(elements, at);
    assert_eq!(objects.ask(A, SequenceUse::Count), Response::Word(2));
    assert_eq!(objects.ask(A, get(Elements::Objects, 1)), Response::Word(6));
    for at in [-1, 2, i64::MIN] {
        let message = objects.message(A, get(Elements::Objects, at));
        assert_eq!(message, "bounds: Seq.Get: index out of bounds");
    }
    assert_eq!(
        objects.message(A, get(Elements::Strings, 0)),
        "invalid-cast: Seq.GetStr: value is not a string"
    );
    let mut strings = It::new(Sequence::new(Elements::Strings, [9].into()));
    assert_eq!(strings.ask(A, get(Elements::Strings, 0)), Response::Word(9));
    assert_eq!(
        strings.message(A, get(Elements::Objects, 0)),
        "invalid-cast: Seq.Get: value is a string"
    );
}

#[test]
fn a_map_tells_all_that_it_has_at_once() {
    let mut map = It::new(Map::default());
    assert_eq!(map.ask(A, MapUse::Entries), Response::Words([].into()));
    assert_eq!(map.ask(A, MapUse::Set(2, 20)), Response::Word(1));
    assert_eq!(map.ask(A, MapUse::Set(1, 10)), Response::Word(1));
    assert_eq!(map.ask(A, MapUse::Entries), Response::Words([1, 10, 2, 20].into()));
}
