//! The primitives that the worlds share with `std`: for each one a body that uses it rightly and bodies that use
//! it wrongly, in every world that has it.
#![cfg(all(feature = "heddle", feature = "loom", feature = "shuttle"))]
#![allow(unsafe_code, reason = "an `UnsafeCell` is of no use without")]
#![allow(clippy::drop_non_drop, reason = "in loom's world a weak pointer has no destructor")]

use std::sync::Arc as StdArc;
use std::sync::atomic::Ordering;

use drawloom::engine::heddle::Heddle;
use drawloom::engine::loom::Loom;
use drawloom::engine::{Bound, Engine, Fault, Gap, Verdict};

#[macro_use]
#[path = "common/in_worlds.rs"]
mod in_worlds;

use in_worlds::{executions, found, harmless, not_seen, reaches, shuttle, stress, survivors};

macro_rules! bodies {
    ($world:ident) => {
        use drawloom::$world::sync::{
            Arc, AtomicBool, Barrier, LazyLock, Once, OnceLock, mpsc, AtomicI8, AtomicI16, AtomicI32, AtomicI64, AtomicIsize, AtomicPtr,
            AtomicU8, AtomicU16, AtomicU32, AtomicU64, AtomicUsize, Condvar, Mutex,
            Ordering::{AcqRel, Acquire, Relaxed, Release, SeqCst},
            Counter, RwLock, TryLockError, Weak, alloc::{Layout, Owned, alloc, dealloc}, cell::UnsafeCell, hint, thread,
        };
        use std::panic::{AssertUnwindSafe, catch_unwind};
        use std::time::Duration;

        macro_rules! computes {
            ($name:ident $integer:ident) => {
                let (ours, theirs) = ($name::new(6), std::sync::atomic::$name::new(6));
                let numbers = [1, 3, $integer::MAX, $integer::MIN, 0b101, 100];
                for number in numbers {
                    macro_rules! both {
                        ($method:ident) => {
                            assert_eq!(
                                ours.$method(number, SeqCst),
                                theirs.$method(number, SeqCst),
                                stringify!($integer $method)
                            );
                        };
                    }
                    both!(fetch_add);
                    both!(fetch_sub);
                    both!(fetch_and);
                    both!(fetch_nand);
                    both!(fetch_or);
                    both!(fetch_xor);
                    both!(fetch_min);
                    both!(fetch_max);
                    both!(fetch_add);
                    both!(swap);
                    assert_eq!(ours.load(Acquire), theirs.load(Acquire));
                }
                assert_eq!(ours.compare_exchange(7, 8, SeqCst, SeqCst), Err(100));
                assert_eq!(ours.compare_exchange(100, 8, SeqCst, SeqCst), Ok(100));
                assert_eq!(ours.fetch_update(SeqCst, SeqCst, |it| it.checked_add(1)), Ok(8));
                let mut ours = ours;
                *ours.get_mut() += 1;
                assert_eq!(*ours.get_mut(), 10);
                assert_eq!(ours.into_inner(), 10);
                assert_eq!($name::from(5).into_inner(), 5);
                assert_eq!($name::default().into_inner(), 0);
            };
        }

        pub(super) fn integers_compute_as_those_of_std() {
            computes!(AtomicU8 u8);
            computes!(AtomicU16 u16);
            computes!(AtomicU32 u32);
            computes!(AtomicU64 u64);
            computes!(AtomicUsize usize);
            computes!(AtomicI8 i8);
            computes!(AtomicI16 i16);
            computes!(AtomicI32 i32);
            computes!(AtomicI64 i64);
            computes!(AtomicIsize isize);
        }

        pub(super) fn a_flag_computes_as_that_of_std() {
            let mut flag = AtomicBool::from(true);
            assert!(flag.fetch_nand(true, SeqCst) && !flag.fetch_nand(false, SeqCst));
            assert!(flag.fetch_not(SeqCst) && !flag.fetch_not(SeqCst) && flag.load(SeqCst));
            *flag.get_mut() = false;
            assert!(!flag.into_inner());
        }

        pub(super) fn a_pointer_is_set_once() {
            let place = Arc::new(AtomicPtr::<u32>::default());
            let other = place.clone();
            let set = |place: &AtomicPtr<u32>, mine: *mut u32| {
                let null = std::ptr::null_mut();
                match place.compare_exchange(null, mine, AcqRel, Acquire) {
                    Ok(_) => mine,
                    Err(theirs) => theirs,
                }
            };
            let child = thread::spawn(move || {
                let mut mine = 0;
                set(&other, &raw mut mine).addr()
            });
            let mut mine = 0;
            let chosen = set(&place, &raw mut mine).addr();
            assert_eq!(child.join().unwrap(), chosen);
            sometimes(if chosen == (&raw mut mine).addr() { "mine" } else { "theirs" });
        }

        pub(super) fn a_pointer_changes_without_others() {
            let mut number = 0;
            let mut place = AtomicPtr::from(&raw mut number);
            assert_eq!(place.get_mut().addr(), (&raw mut number).addr());
            *place.get_mut() = std::ptr::null_mut();
            assert!(place.swap(&raw mut number, AcqRel).is_null());
            assert_eq!(place.into_inner(), &raw mut number);
        }

        pub(super) fn what_get_mut_writes_is_read() {
            let mut number = AtomicU32::new(1);
            *number.get_mut() = 2;
            let number = Arc::new(number);
            let other = number.clone();
            let child = thread::spawn(move || other.fetch_add(1, Relaxed));
            assert!(number.load(Relaxed) >= 2);
            assert_eq!(child.join().unwrap(), 2);
        }

        pub(super) fn weak_exchange_without_a_loop() {
            let number = AtomicU32::new(0);
            assert!(number.compare_exchange_weak(0, 1, SeqCst, SeqCst).is_ok());
        }

        pub(super) fn weak_exchange_in_a_loop() {
            let number = Arc::new(AtomicU32::new(0));
            let other = number.clone();
            let add = |number: &AtomicU32| {
                let mut old = number.load(Relaxed);
                while let Err(found) = number.compare_exchange_weak(old, old + 1, SeqCst, Relaxed) {
                    sometimes(if found == old { "without a cause" } else { "for a cause" });
                    old = found;
                }
            };
            let child = thread::spawn(move || add(&other));
            add(&number);
            child.join().unwrap();
            assert_eq!(number.load(Relaxed), 2);
        }

        pub(super) fn wait_without_a_loop() {
            let state = Arc::new((Mutex::new(false), Condvar::new()));
            let other = state.clone();
            let child = thread::spawn(move || {
                *other.0.lock().unwrap() = true;
                other.1.notify_one();
            });
            let mut done = state.0.lock().unwrap();
            if !*done {
                done = state.1.wait(done).unwrap();
            }
            assert!(*done, "nothing is done yet");
            drop(done);
            child.join().unwrap();
        }

        pub(super) fn wait_in_a_loop() {
            let state = Arc::new((Mutex::new(false), Condvar::new()));
            let other = state.clone();
            let child = thread::spawn(move || {
                *other.0.lock().unwrap() = true;
                other.1.notify_one();
            });
            let mut done = state.0.lock().unwrap();
            while !*done {
                done = state.1.wait(done).unwrap();
                sometimes(if *done { "for a cause" } else { "without a cause" });
            }
            drop(done);
            child.join().unwrap();
        }

        pub(super) fn a_try_takes_a_lock_or_finds_it_held() {
            let number = Arc::new(Mutex::new(0));
            let other = number.clone();
            let child = thread::spawn(move || *other.lock().unwrap() += 1);
            let tried = match number.try_lock() {
                Ok(mut guard) => {
                    *guard += 1;
                    sometimes("free");
                    1
                }
                Err(TryLockError::WouldBlock) => {
                    sometimes("held");
                    0
                }
                Err(TryLockError::Poisoned(_)) => unreachable!("nobody panics"),
            };
            child.join().unwrap();
            assert_eq!(*number.lock().unwrap(), tried + 1);
        }

        pub(super) fn a_try_need_not_succeed() {
            let number = Arc::new(Mutex::new(0));
            let other = number.clone();
            let child = thread::spawn(move || *other.lock().unwrap() += 1);
            *number.try_lock().expect("it is free") += 1;
            child.join().unwrap();
        }

        pub(super) fn a_try_does_not_wait() {
            let lock = Arc::new(Mutex::new(()));
            let other = lock.clone();
            let child = thread::spawn(move || drop(other.try_lock()));
            let guard = lock.lock().unwrap();
            child.join().unwrap();
            drop(guard);
        }

        pub(super) fn readers_may_overlap() {
            let lock = Arc::new((RwLock::new(7), AtomicU32::new(0)));
            let other = lock.clone();
            let read = |lock: &(RwLock<u32>, AtomicU32)| {
                let guard = lock.0.read().unwrap();
                lock.1.fetch_add(1, SeqCst);
                sometimes(if lock.1.load(SeqCst) == 2 { "together" } else { "alone" });
                lock.1.fetch_sub(1, SeqCst);
                *guard
            };
            let child = thread::spawn(move || read(&other));
            assert_eq!(read(&lock) + child.join().unwrap(), 14);
        }

        pub(super) fn a_reader_comes_before_or_after_a_writer() {
            let lock = Arc::new(RwLock::new((0, 0)));
            let other = lock.clone();
            let child = thread::spawn(move || {
                let mut guard = other.write().unwrap();
                guard.0 += 1;
                guard.1 += 1;
            });
            let guard = lock.read().unwrap();
            assert_eq!(guard.0, guard.1);
            sometimes(if guard.0 == 0 { "before" } else { "after" });
            drop(guard);
            child.join().unwrap();
        }

        pub(super) fn writers_come_one_after_the_other() {
            let lock = Arc::new(RwLock::new(0));
            let other = lock.clone();
            let child = thread::spawn(move || *other.write().unwrap() += 1);
            *lock.write().unwrap() += 1;
            child.join().unwrap();
            let mut lock = RwLock::new(*lock.read().unwrap());
            assert_eq!(*lock.get_mut().unwrap(), 2);
            assert_eq!(lock.into_inner().unwrap(), 2);
        }

        pub(super) fn what_was_read_may_be_old_when_it_is_written() {
            let lock = Arc::new(RwLock::new(0));
            let other = lock.clone();
            let add = |lock: &RwLock<u32>| {
                let old = *lock.read().unwrap();
                *lock.write().unwrap() = old + 1;
            };
            let child = thread::spawn(move || add(&other));
            add(&lock);
            child.join().unwrap();
            assert_eq!(*lock.read().unwrap(), 2, "an update is lost");
        }

        pub(super) fn a_reader_cannot_become_a_writer() {
            let lock = RwLock::new(0);
            let old = lock.read().unwrap();
            *lock.write().unwrap() = *old + 1;
        }

        pub(super) fn a_reader_that_reads_again_waits_for_a_writer_between() {
            let lock = Arc::new(RwLock::new(0));
            let other = lock.clone();
            let child = thread::spawn(move || *other.write().unwrap() += 1);
            {
                let first = lock.read().unwrap();
                assert_eq!(*first, *lock.read().unwrap());
            }
            child.join().unwrap();
        }

        pub(super) fn a_try_to_write_fails_while_another_reads() {
            let lock = Arc::new(RwLock::new(0));
            let other = lock.clone();
            let guard = lock.read().unwrap();
            let child = thread::spawn(move || {
                assert_eq!(*other.try_read().unwrap(), 0);
                assert!(matches!(other.try_write(), Err(TryLockError::WouldBlock)));
            });
            child.join().unwrap();
            drop(guard);
            *lock.try_write().unwrap() += 1;
            let guard = lock.write().unwrap();
            let other = lock.clone();
            let child = thread::spawn(move || assert!(other.try_read().is_err()));
            child.join().unwrap();
            assert_eq!(*guard, 1);
        }

        pub(super) fn a_writer_that_panics_poisons() {
            let lock = Arc::new(RwLock::new(0));
            let other = lock.clone();
            let child = thread::spawn(move || {
                let reads = catch_unwind(AssertUnwindSafe(|| {
                    let _guard = other.read().unwrap();
                    std::panic::resume_unwind(Box::new("caught"));
                }));
                assert!(reads.is_err() && !other.is_poisoned());
                let writes = catch_unwind(AssertUnwindSafe(|| {
                    let _guard = other.write().unwrap();
                    std::panic::resume_unwind(Box::new("caught"));
                }));
                assert!(writes.is_err());
            });
            child.join().unwrap();
            assert!(lock.is_poisoned() && lock.read().is_err() && lock.write().is_err());
            assert!(matches!(lock.try_read(), Err(TryLockError::Poisoned(_))));
            lock.clear_poison();
            assert_eq!(*lock.read().unwrap(), 0);
        }

        pub(super) fn a_timed_wait_may_be_in_time_and_may_be_late() {
            let state = Arc::new((Mutex::new(()), Condvar::new()));
            let other = state.clone();
            let child = thread::spawn(move || {
                drop(other.0.lock().unwrap());
                other.1.notify_one();
            });
            let guard = state.0.lock().unwrap();
            let (guard, result) = state.1.wait_timeout(guard, Duration::from_micros(50)).unwrap();
            sometimes(if result.timed_out() { "late" } else { "in time" });
            drop(guard);
            child.join().unwrap();
        }

        pub(super) fn a_timed_wait_need_not_be_in_time() {
            let state = Arc::new((Mutex::new(()), Condvar::new()));
            let other = state.clone();
            let child = thread::spawn(move || {
                let _guard = other.0.lock().unwrap();
                other.1.notify_one();
            });
            let guard = state.0.lock().unwrap();
            let (guard, result) = state.1.wait_timeout(guard, Duration::from_secs(1)).unwrap();
            assert!(!result.timed_out());
            drop(guard);
            child.join().unwrap();
        }

        pub(super) fn an_unpark_is_not_lost() {
            let (main, flag) = (thread::current(), Arc::new(AtomicBool::new(false)));
            let other = flag.clone();
            let child = thread::spawn(move || {
                other.store(true, Relaxed);
                main.unpark();
            });
            while !flag.load(Relaxed) {
                thread::park();
            }
            child.join().unwrap();
        }

        pub(super) fn a_park_comes_after_what_was_before_its_unpark() {
            let number = Arc::new(AtomicU32::new(0));
            let other = number.clone();
            let child = thread::spawn(move || {
                thread::park();
                assert_eq!(other.load(Relaxed), 1);
            });
            number.store(1, Relaxed);
            child.thread().unpark();
            child.join().unwrap();
        }

        pub(super) fn nobody_unparks() {
            thread::spawn(thread::park).join().unwrap();
        }

        pub(super) fn a_token_is_there_or_not() {
            thread::current().unpark();
            thread::current().unpark();
            thread::park();
            thread::park();
        }

        pub(super) fn a_park_with_a_limit_takes_the_token() {
            thread::park_timeout(Duration::from_micros(10));
            thread::current().unpark();
            thread::park_timeout(Duration::from_micros(10));
            thread::park();
        }

        pub(super) fn a_park_with_a_limit_ends() {
            let main = thread::current();
            let child = thread::spawn(move || main.unpark());
            thread::park_timeout(Duration::from_micros(10));
            thread::sleep(Duration::from_micros(10));
            child.join().unwrap();
        }

        pub(super) fn threads_have_names_and_identities() {
            let named = thread::Builder::new().name("named".to_owned());
            let child = named
                .spawn(|| {
                    assert_eq!(thread::current().name(), Some("named"));
                    thread::current().id()
                })
                .unwrap();
            assert_eq!(child.thread().name(), Some("named"));
            let id = child.thread().id();
            assert_eq!(child.join().unwrap(), id);
            assert_ne!(thread::current().id(), id);
            assert_eq!(thread::current().id(), thread::current().id());
        }

        pub(super) fn a_thread_is_finished_or_not() {
            let child = thread::spawn(|| ());
            sometimes(if child.is_finished() { "finished" } else { "running" });
            child.join().unwrap();
        }

        pub(super) fn a_finished_thread_has_published_nothing() {
            let number = Arc::new(AtomicU32::new(0));
            let other = number.clone();
            let child = thread::spawn(move || other.store(1, Relaxed));
            if child.is_finished() {
                assert_eq!(number.load(Relaxed), 1, "it is not joined");
            }
            child.join().unwrap();
        }

        pub(super) fn a_loop_spins() {
            let flag = Arc::new(AtomicBool::new(false));
            let other = flag.clone();
            let child = thread::spawn(move || other.store(true, Release));
            while !flag.load(Acquire) {
                hint::spin_loop();
            }
            child.join().unwrap();
        }

        pub(super) fn what_is_done_once_is_done_for_both() {
            let state = Arc::new((Once::new(), AtomicU32::new(0)));
            let other = state.clone();
            let call = |(once, number): &(Once, AtomicU32)| {
                once.call_once(|| number.store(number.load(Relaxed) + 1, Relaxed));
                assert!(once.is_completed());
                assert_eq!(number.load(Relaxed), 1);
            };
            let child = thread::spawn(move || call(&other));
            call(&state);
            child.join().unwrap();
        }

        pub(super) fn to_ask_is_not_to_call_once() {
            let state = Arc::new((Once::new(), AtomicU32::new(0)));
            let other = state.clone();
            let call = |(once, number): &(Once, AtomicU32)| {
                if !once.is_completed() {
                    number.fetch_add(1, Relaxed);
                    once.call_once(|| ());
                }
            };
            let child = thread::spawn(move || call(&other));
            call(&state);
            child.join().unwrap();
            assert_eq!(state.1.load(Relaxed), 1);
        }

        pub(super) fn of_two_values_one_is_set() {
            let place = Arc::new(OnceLock::new());
            let other = place.clone();
            let child = thread::spawn(move || other.set(1).is_ok());
            sometimes(if place.get().is_some() { "set" } else { "unset" });
            let mine = place.set(2).is_ok();
            assert_ne!(child.join().unwrap(), mine);
            assert_eq!(place.get(), Some(if mine { &2 } else { &1 }));
            assert_eq!(OnceLock::from(3).into_inner(), Some(3));
        }

        pub(super) fn a_value_need_not_be_set() {
            let place = Arc::new(OnceLock::new());
            let other = place.clone();
            let child = thread::spawn(move || other.set(1));
            assert_eq!(place.get(), Some(&1), "not yet");
            child.join().unwrap().unwrap();
        }

        pub(super) fn a_lazy_value_is_made_once() {
            let made = Arc::new(AtomicU32::new(0));
            let of_lazy = made.clone();
            let lazy = Arc::new(LazyLock::new(move || of_lazy.fetch_add(1, Relaxed) + 7));
            let other = lazy.clone();
            let child = thread::spawn(move || **other);
            assert_eq!(**lazy, 7);
            assert_eq!(child.join().unwrap(), 7);
            assert_eq!(made.load(Relaxed), 1);
        }

        pub(super) fn a_panic_poisons_a_once_but_not_a_once_lock() {
            let (once, place) = (Once::new(), OnceLock::new());
            let panics = |f: &dyn Fn()| catch_unwind(AssertUnwindSafe(f)).is_err();
            let throw = || std::panic::resume_unwind(Box::new("caught"));
            assert!(panics(&|| once.call_once(throw)));
            assert!(!once.is_completed());
            assert!(panics(&|| once.call_once(|| ())));
            once.call_once_force(|state| assert!(state.is_poisoned()));
            once.call_once(|| unreachable!("it is done"));
            assert!(panics(&|| _ = place.get_or_init(|| -> u32 { throw(); 0 })));
            assert_eq!(place.get_or_init(|| 5), &5);
        }

        pub(super) fn a_barrier_has_one_leader() {
            let state = Arc::new((Barrier::new(2), AtomicU32::new(0), AtomicU32::new(0)));
            let other = state.clone();
            let child = thread::spawn(move || {
                other.1.store(1, Relaxed);
                let is_leader = other.0.wait().is_leader();
                assert_eq!(other.2.load(Relaxed), 1);
                is_leader
            });
            state.2.store(1, Relaxed);
            let is_leader = state.0.wait().is_leader();
            assert_eq!(state.1.load(Relaxed), 1);
            sometimes(if is_leader { "leads" } else { "follows" });
            assert_ne!(child.join().unwrap(), is_leader);
        }

        pub(super) fn two_threads_at_a_barrier_for_three() {
            let barrier = Arc::new(Barrier::new(3));
            let other = barrier.clone();
            let child = thread::spawn(move || other.wait().is_leader());
            barrier.wait();
            child.join().unwrap();
        }

        pub(super) fn a_channel_keeps_the_order_and_ends() {
            let (sender, receiver) = mpsc::channel();
            let child = thread::spawn(move || {
                sender.send(1).unwrap();
                sender.send(2).unwrap();
            });
            assert_eq!(receiver.recv(), Ok(1));
            match receiver.try_recv() {
                Ok(value) => assert_eq!(value, 2),
                Err(mpsc::TryRecvError::Empty) => {
                    sometimes("empty");
                    assert_eq!(receiver.recv(), Ok(2));
                }
                Err(error) => panic!("{error}"),
            }
            assert_eq!(receiver.recv(), Err(mpsc::RecvError));
            assert_eq!(receiver.try_recv(), Err(mpsc::TryRecvError::Disconnected));
            child.join().unwrap();
        }

        pub(super) fn a_channel_may_be_empty() {
            let (sender, receiver) = mpsc::channel();
            let child = thread::spawn(move || sender.send(1));
            assert_eq!(receiver.try_recv(), Ok(1));
            child.join().unwrap().unwrap();
        }

        pub(super) fn a_channel_has_several_senders() {
            let (sender, receiver) = mpsc::channel();
            let other = sender.clone();
            let child = thread::spawn(move || other.send(1).unwrap());
            sender.send(2).unwrap();
            drop(sender);
            assert_eq!(receiver.into_iter().sum::<u32>(), 3);
            child.join().unwrap();
        }

        pub(super) fn a_sender_is_forgotten() {
            let (sender, receiver) = mpsc::channel();
            let other = sender.clone();
            let child = thread::spawn(move || other.send(1).unwrap());
            assert_eq!(receiver.iter().count(), 1);
            drop(sender);
            child.join().unwrap();
        }

        pub(super) fn without_a_receiver_a_value_comes_back() {
            let (sender, receiver) = mpsc::channel();
            sender.send(1).unwrap();
            drop(receiver);
            assert_eq!(sender.send(2), Err(mpsc::SendError(2)));
        }

        pub(super) fn a_channel_with_room_for_one_makes_its_sender_wait() {
            let (sender, receiver) = mpsc::sync_channel(1);
            let child = thread::spawn(move || {
                sender.send(1).unwrap();
                sometimes(if sender.try_send(2).is_ok() { "room" } else { "full" });
                sender.send(3).unwrap();
            });
            let all: Vec<_> = receiver.iter().collect();
            assert!(all == [1, 2, 3] || all == [1, 3], "{all:?}");
            child.join().unwrap();
        }

        pub(super) fn nobody_makes_room() {
            let (sender, _receiver) = mpsc::sync_channel(1);
            sender.send(1).unwrap();
            sender.send(2).unwrap();
        }

        pub(super) fn a_rendezvous_hands_over() {
            let (sender, receiver) = mpsc::sync_channel(0);
            assert_eq!(sender.try_send(0), Err(mpsc::TrySendError::Full(0)));
            let child = thread::spawn(move || receiver.recv());
            sender.send(1).unwrap();
            assert_eq!(child.join().unwrap(), Ok(1));
            assert_eq!(sender.send(2), Err(mpsc::SendError(2)));
        }

        pub(super) fn nobody_comes_to_a_rendezvous() {
            let (sender, _receiver) = mpsc::sync_channel(0);
            sender.send(1).unwrap();
        }

        pub(super) fn a_receiver_does_not_come_to_a_rendezvous() {
            let (sender, receiver) = mpsc::sync_channel(0);
            let child = thread::spawn(move || drop(receiver));
            assert_eq!(sender.send(1), Err(mpsc::SendError(1)));
            child.join().unwrap();
        }

        pub(super) fn a_receive_may_be_late() {
            let (sender, receiver) = mpsc::channel();
            let child = thread::spawn(move || sender.send(1));
            let received = receiver.recv_timeout(Duration::from_micros(50));
            sometimes(match received {
                Ok(1) => "in time",
                Err(mpsc::RecvTimeoutError::Timeout) => "late",
                wrong => panic!("{wrong:?}"),
            });
            let _ = child.join().unwrap();
        }

        pub(super) fn owners_are_counted() {
            let mut first = Arc::new(5);
            *Arc::get_mut(&mut first).unwrap() += 1;
            let second = first.clone();
            assert!(Arc::ptr_eq(&first, &second) && Arc::as_ptr(&first) == Arc::as_ptr(&second));
            assert_eq!((Arc::strong_count(&first), Arc::weak_count(&first)), (2, 0));
            assert!(Arc::get_mut(&mut first).is_none());
            let first = Arc::try_unwrap(first).unwrap_err();
            *Arc::make_mut(&mut { second }) += 1;
            assert_eq!(Arc::strong_count(&first), 1);
            let mut first = Arc::new(Arc::try_unwrap(first).unwrap());
            *Arc::make_mut(&mut first) += 1;
            let second = first.clone();
            assert_eq!((Arc::into_inner(first), Arc::into_inner(second)), (None, Some(7)));
        }

        pub(super) fn weak_pointers_are_counted() {
            struct Node {
                me: Weak<Node>,
                had: bool,
            }
            let node = Arc::new_cyclic(|me| Node { me: me.clone(), had: me.upgrade().is_some() });
            assert_eq!((Arc::strong_count(&node), Arc::weak_count(&node)), (1, 1));
            let again = node.me.upgrade().unwrap();
            assert!(Arc::ptr_eq(&node, &again) && !node.had);
            let weak = Arc::downgrade(&again);
            drop(again);
            assert_eq!((weak.strong_count(), weak.weak_count()), (1, 2));
            drop(node);
            assert_eq!((weak.strong_count(), weak.weak_count()), (0, 0));
            assert!(weak.upgrade().is_none() && Weak::<u8>::new().upgrade().is_none());
            let mut number = Arc::new(1);
            let weak = Arc::downgrade(&number);
            assert!(Arc::get_mut(&mut number).is_none());
            *Arc::make_mut(&mut number) += 1;
            assert!(weak.upgrade().is_none() && *number == 2);
            drop(weak);
            assert_eq!(Arc::try_unwrap(number).unwrap(), 2);
        }

        pub(super) fn a_weak_pointer_leads_to_the_value_or_nowhere() {
            let owner = Arc::new(AtomicU32::new(1));
            let weak = Arc::downgrade(&owner);
            let child = thread::spawn(move || match weak.upgrade() {
                Some(owner) => {
                    sometimes("alive");
                    assert_eq!(owner.fetch_add(1, Relaxed), 1);
                }
                None => sometimes("dropped"),
            });
            thread::yield_now();
            drop(owner);
            child.join().unwrap();
        }

        pub(super) fn a_weak_pointer_need_not_lead_anywhere() {
            let owner = Arc::new(AtomicU32::new(0));
            let weak = Arc::downgrade(&owner);
            let child = thread::spawn(move || weak.upgrade().expect("it is alive").load(Relaxed));
            thread::yield_now();
            drop(owner);
            child.join().unwrap();
        }

        pub(super) fn the_only_owner_knows_what_others_did() {
            let mut owner = Arc::new(AtomicU32::new(0));
            let other = owner.clone();
            let child = thread::spawn(move || other.store(1, Relaxed));
            match Arc::get_mut(&mut owner) {
                Some(number) => {
                    sometimes("alone");
                    assert_eq!(*number.get_mut(), 1);
                }
                None => sometimes("shared"),
            }
            child.join().unwrap();
        }

        pub(super) fn the_last_owner_gets_the_value() {
            let owner = Arc::new(AtomicU32::new(0));
            let other = owner.clone();
            let child = thread::spawn(move || Arc::into_inner(other).is_some());
            let mine = Arc::into_inner(owner).is_some();
            assert_ne!(child.join().unwrap(), mine);
            sometimes(if mine { "mine" } else { "theirs" });
        }

        pub(super) fn of_two_that_try_nobody_may_get_the_value() {
            let owner = Arc::new(AtomicU32::new(0));
            let other = owner.clone();
            let child = thread::spawn(move || Arc::try_unwrap(other).is_ok());
            let mine = Arc::try_unwrap(owner).is_ok();
            assert_ne!(child.join().unwrap(), mine);
        }

        struct Guarded {
            is_locked: AtomicBool,
            number: UnsafeCell<u32>,
        }

        // SAFETY: the number is reached only by the thread that has set the flag, if the orderings are right. If
        // they are not, the checkers end the execution before the pointer is used; natively they are.
        unsafe impl Sync for Guarded {}

        fn with_spin_lock(lock: super::Ordering, unlock: super::Ordering) {
            let guarded = Guarded {
                is_locked: AtomicBool::new(false),
                number: UnsafeCell::new(0),
            };
            let guarded = Arc::new(guarded);
            let other = guarded.clone();
            let add = move |guarded: &Guarded| {
                while guarded.is_locked.swap(true, lock) {
                    thread::yield_now();
                }
                // SAFETY: this thread has set the flag.
                guarded.number.with_mut(|number| unsafe { *number += 1 });
                guarded.is_locked.store(false, unlock);
            };
            let child = thread::spawn(move || add(&other));
            add(&guarded);
            child.join().unwrap();
            // SAFETY: the other thread has ended.
            assert_eq!(guarded.number.with(|number| unsafe { *number }), 2);
            let mut cell = UnsafeCell::from(3);
            *cell.get_mut() += 1;
            assert_eq!(cell.into_inner(), 4);
        }

        struct CountsDrops(std::sync::Arc<std::sync::atomic::AtomicU32>);

        impl Drop for CountsDrops {
            fn drop(&mut self) {
                self.0.fetch_add(1, Relaxed);
            }
        }

        pub(super) fn an_owner_of_memory_is_like_a_box() {
            let mut word = Owned::new(7_u64);
            *word += 1;
            assert_eq!((*word, format!("{word:?}"), Owned::into_inner(word)), (8, "8".into(), 8));
            Owned::into_inner(Owned::new(()));
            let drops = std::sync::Arc::default();
            let pointer = AtomicPtr::new(Owned::into_raw(Owned::new(CountsDrops(std::sync::Arc::clone(&drops)))));
            let pointer = Arc::new(pointer);
            let other = pointer.clone();
            let child = thread::spawn(move || {
                let mine = other.swap(std::ptr::null_mut(), AcqRel);
                // SAFETY: whoever swaps the pointer out has it alone.
                (!mine.is_null()).then(|| drop(unsafe { Owned::from_raw(mine) }))
            });
            let mine = pointer.swap(std::ptr::null_mut(), AcqRel);
            if !mine.is_null() {
                // SAFETY: see above.
                drop(unsafe { Owned::from_raw(mine) });
            }
            child.join().unwrap();
            assert_eq!(drops.load(Relaxed), 1);
            let layout = Layout::new::<[u64; 3]>();
            // SAFETY: the layout is not empty, and the memory is freed once.
            unsafe { dealloc(alloc(layout), layout) };
        }

        pub(super) fn a_counter_adds_up() {
            let count = Arc::new(Counter::new(1));
            let other = count.clone();
            let child = thread::spawn(move || other.add(2));
            count.add(4);
            child.join().unwrap();
            assert_eq!((count.total(), Counter::default().total()), (7, 0));
        }

        pub(super) fn memory_is_never_freed() {
            Owned::into_raw(Owned::new(1));
        }

        pub(super) fn a_spin_lock_guards() {
            with_spin_lock(Acquire, Release);
        }

        pub(super) fn a_relaxed_spin_lock_does_not_guard() {
            with_spin_lock(Acquire, Relaxed);
        }
    };
}

in_every_world!(bodies);

right!(integers_compute_as_those_of_std in native stress heddle loom shuttle, 1, []);
right!(a_flag_computes_as_that_of_std in native stress heddle loom shuttle, 1, []);
right!(a_pointer_is_set_once in native stress heddle loom shuttle, 2, ["mine", "theirs"]);
right!(a_pointer_changes_without_others in native stress heddle loom shuttle, 1, []);
right!(what_get_mut_writes_is_read in native stress heddle loom shuttle, 2, []);
right!(weak_exchange_in_a_loop in native stress heddle loom shuttle, _, ["for a cause"]);

#[test]
fn a_weak_exchange_fails_without_a_cause_if_that_is_asked_for() {
    use in_heddle::{weak_exchange_in_a_loop, weak_exchange_without_a_loop};
    let certain = Heddle::default();
    let report = harmless(&certain, weak_exchange_without_a_loop);
    assert_eq!(not_seen(&report), [Gap::WeakFailures].into());
    let strong = harmless(&certain, in_heddle::a_pointer_is_set_once);
    assert_eq!(not_seen(&strong), [].into());
    found(&certain.spurious(true), weak_exchange_without_a_loop);
    // It fails once, and might fail once more.
    let report = harmless(&certain.spurious(true), weak_exchange_in_a_loop);
    reaches(&report, &["for a cause", "without a cause"]);
    assert!(
        matches!(report.verdict, Verdict::Bounded { stopped_by: Bound::Uncaused, .. }),
        "{report:?}"
    );
    let report = harmless(&certain, weak_exchange_in_a_loop);
    assert!(!report.reached.contains("without a cause"), "{report:?}");
}

#[test]
fn a_weak_exchange_that_is_never_tried_again_is_searched_completely() {
    fn once() {
        let number = drawloom::heddle::sync::AtomicU32::new(0);
        let order = drawloom::heddle::sync::Ordering::Relaxed;
        let result = number.compare_exchange_weak(0, 1, order, order);
        drawloom::heddle::sync::sometimes(if result.is_ok() { "succeeds" } else { "fails" });
    }
    let report = harmless(&Heddle::default().spurious(true), once);
    assert_eq!(report.verdict, Verdict::Exhausted { executions: 2 });
    reaches(&report, &["succeeds", "fails"]);
}

#[test]
fn a_wait_ends_without_a_cause_if_that_is_asked_for() {
    use in_heddle::{wait_in_a_loop, wait_without_a_loop};
    let certain = Heddle::default();
    let report = harmless(&certain, wait_without_a_loop);
    assert_eq!(not_seen(&report), [Gap::UncausedWakeups].into());
    // A bound hides nothing of what is not seen besides.
    let cut = harmless(&certain.executions_max(1), wait_without_a_loop);
    assert_eq!(cut.bounds, [Bound::Executions].into());
    assert_eq!(cut.not_seen, [Gap::UncausedWakeups].into());
    let shown = found(&certain.spurious(true), wait_without_a_loop);
    assert!(shown.message.contains("nothing is done yet"));
    let report = harmless(&certain.spurious(true), wait_in_a_loop);
    reaches(&report, &["for a cause", "without a cause"]);
    assert!(
        matches!(report.verdict, Verdict::Bounded { stopped_by: Bound::Uncaused, .. }),
        "{report:?}"
    );
}

right!(a_try_takes_a_lock_or_finds_it_held in native stress heddle shuttle, 3, ["free", "held"]);
wrong!(a_try_need_not_succeed in heddle shuttle, Panic);
right!(readers_may_overlap in native stress heddle loom shuttle, _, ["together", "alone"]);
right!(a_reader_comes_before_or_after_a_writer in native stress heddle loom shuttle, 2, ["before", "after"]);
right!(writers_come_one_after_the_other in native stress heddle loom shuttle, 2, []);
wrong!(what_was_read_may_be_old_when_it_is_written in heddle loom shuttle, Panic);
wrong!(a_reader_cannot_become_a_writer in heddle loom, Deadlock);
wrong!(a_reader_that_reads_again_waits_for_a_writer_between in heddle, Deadlock);
right!(a_try_to_write_fails_while_another_reads in native stress heddle loom shuttle, 1, []);
right!(a_writer_that_panics_poisons in native stress heddle shuttle, 1, []);
right!(a_timed_wait_may_be_in_time_and_may_be_late in native stress heddle loom shuttle, _, ["in time", "late"]);
wrong!(a_timed_wait_need_not_be_in_time in heddle loom shuttle, Panic);

#[test]
fn a_try_does_not_wait() {
    executions(in_heddle::a_try_does_not_wait, 2);
    harmless(&shuttle(), in_shuttle::a_try_does_not_wait);
    let report = harmless(&Loom::default(), in_loom::a_try_takes_a_lock_or_finds_it_held);
    assert!(not_seen(&report).contains(&Gap::FailedTries), "{report:?}");
    // loom makes the child wait, and cannot go on after that.
    let report = harmless(&Loom::default(), in_loom::a_try_does_not_wait);
    let is_named = matches!(report.verdict, Verdict::Bounded { stopped_by: Bound::FalseAlarm, .. });
    assert!(is_named, "{report:?}");
}

#[test]
fn a_lock_is_needed_by_readers_and_by_writers() {
    let none: [&str; 0] = [];
    assert_eq!(survivors(in_heddle::a_reader_comes_before_or_after_a_writer), none);
    // It reads when the other thread has ended already.
    let idle = ["LockShared leave-out", "LockShared unlock-early"];
    assert_eq!(survivors(in_heddle::writers_come_one_after_the_other), idle);
    // It allows for a try that fails.
    let allowed = ["TryLock fail-try"];
    assert_eq!(survivors(in_heddle::a_try_takes_a_lock_or_finds_it_held), allowed);
}

right!(an_unpark_is_not_lost in native stress heddle loom shuttle, 2, []);
right!(a_park_comes_after_what_was_before_its_unpark in stress heddle loom shuttle, 1, []);
wrong!(nobody_unparks in heddle loom shuttle, Deadlock);
wrong!(a_token_is_there_or_not in heddle loom shuttle, Deadlock);
wrong!(a_park_with_a_limit_takes_the_token in heddle loom shuttle, Deadlock);
right!(a_park_with_a_limit_ends in native stress heddle loom shuttle, 2, []);
right!(threads_have_names_and_identities in native stress heddle loom shuttle, 1, []);
right!(a_thread_is_finished_or_not in native stress heddle shuttle, 2, ["finished", "running"]);
wrong!(a_finished_thread_has_published_nothing in heddle, Panic);
right!(a_loop_spins in native stress heddle loom shuttle, _, []);

#[test]
fn loom_cannot_be_asked_whether_a_thread_is_finished() {
    let report = Loom::default().explore(StdArc::new(in_loom::a_thread_is_finished_or_not));
    assert!(matches!(report.verdict, Verdict::Unsupported { .. }), "{report:?}");
}

#[test]
fn a_park_ends_without_a_cause_if_that_is_asked_for() {
    let body = in_heddle::a_park_comes_after_what_was_before_its_unpark;
    assert_eq!(not_seen(&harmless(&Heddle::default(), body)), [Gap::UncausedWakeups].into());
    found(&Heddle::default().spurious(true), body);
    assert_eq!(survivors(body), [] as [&str; 0]);
}

right!(what_is_done_once_is_done_for_both in native stress heddle loom shuttle, _, []);
wrong!(to_ask_is_not_to_call_once in heddle loom shuttle, Panic);
right!(of_two_values_one_is_set in native stress heddle shuttle, _, ["set", "unset"]);
wrong!(a_value_need_not_be_set in heddle loom shuttle, Panic);
right!(a_lazy_value_is_made_once in native stress heddle loom shuttle, _, []);
right!(a_panic_poisons_a_once_but_not_a_once_lock in native stress heddle shuttle, 1, []);
right!(a_barrier_has_one_leader in native stress heddle loom shuttle, 2, ["leads", "follows"]);
wrong!(two_threads_at_a_barrier_for_three in heddle loom shuttle, Deadlock);
right!(a_channel_keeps_the_order_and_ends in native stress heddle loom shuttle, _, ["empty"]);
wrong!(a_channel_may_be_empty in heddle loom shuttle, Panic);
right!(a_channel_has_several_senders in native stress heddle loom shuttle, _, []);
wrong!(a_sender_is_forgotten in heddle loom shuttle, Deadlock);
right!(without_a_receiver_a_value_comes_back in native stress heddle loom shuttle, 1, []);
right!(a_channel_with_room_for_one_makes_its_sender_wait in native stress heddle loom shuttle, _, ["room", "full"]);
wrong!(nobody_makes_room in heddle loom shuttle, Deadlock);
right!(a_rendezvous_hands_over in native stress heddle loom shuttle, _, []);
wrong!(nobody_comes_to_a_rendezvous in heddle loom shuttle, Deadlock);
right!(a_receiver_does_not_come_to_a_rendezvous in native stress heddle loom shuttle, _, []);
right!(a_receive_may_be_late in native stress heddle shuttle, _, ["in time", "late"]);

#[test]
fn loom_does_not_see_a_value_that_is_set_before_it_is_asked_for() {
    let report = harmless(&Loom::default(), in_loom::of_two_values_one_is_set);
    assert!(not_seen(&report).contains(&Gap::Reduction) && !report.reached.contains("set"));
}

#[test]
fn what_once_and_barrier_are_built_of_is_needed() {
    // One thread waits, and looks again.
    let of_once = ["NotifyAll notify-one", "Wait wake-uncaused"];
    assert_eq!(survivors(in_heddle::what_is_done_once_is_done_for_both), of_once);
    assert_eq!(survivors(in_heddle::of_two_values_one_is_set), of_once);
    assert_eq!(survivors(in_heddle::a_barrier_has_one_leader), ["NotifyAll notify-one"]);
}

right!(owners_are_counted in native stress heddle loom shuttle, 1, []);
right!(weak_pointers_are_counted in native stress heddle shuttle, 1, []);
right!(a_weak_pointer_leads_to_the_value_or_nowhere in native stress heddle shuttle, _, ["alive", "dropped"]);
wrong!(a_weak_pointer_need_not_lead_anywhere in heddle shuttle, Panic);
right!(the_only_owner_knows_what_others_did in native stress heddle loom, 2, ["alone", "shared"]);
right!(the_last_owner_gets_the_value in native stress heddle loom, 2, ["mine", "theirs"]);
wrong!(of_two_that_try_nobody_may_get_the_value in heddle loom, Panic);
right!(an_owner_of_memory_is_like_a_box in native stress heddle loom shuttle, 2, []);
right!(a_counter_adds_up in native stress heddle loom shuttle, 1, []);
wrong!(memory_is_never_freed in heddle, Leak);
right!(a_spin_lock_guards in native stress heddle loom shuttle, _, []);
wrong!(a_relaxed_spin_lock_does_not_guard in heddle loom, DataRace);

/// shuttle switches no threads where the number of owners changes.
#[test]
fn owners_change_under_shuttle_too() {
    harmless(&shuttle(), in_shuttle::the_only_owner_knows_what_others_did);
    harmless(&shuttle(), in_shuttle::the_last_owner_gets_the_value);
}

#[test]
fn loom_has_no_weak_pointers() {
    let report = Loom::default().explore(StdArc::new(in_loom::weak_pointers_are_counted));
    assert!(matches!(report.verdict, Verdict::Unsupported { .. }), "{report:?}");
}
