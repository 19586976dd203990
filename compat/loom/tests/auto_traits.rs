//! Types are sent, shared and kept across panics as those of `std` are, whatever is in them.

use std::cell::Cell;
use std::fmt::Write as _;
use std::marker::PhantomData;
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::rc::Rc;

/// Whether a type has a trait.
macro_rules! has {
    ($type:ty: $($bound:tt)+) => {{
        struct Of<T: ?Sized>(PhantomData<T>);
        #[allow(dead_code)]
        trait No {
            const ANSWER: bool = false;
        }
        impl<T: ?Sized> No for Of<T> {}
        #[allow(dead_code)]
        impl<T: ?Sized + $($bound)+> Of<T> {
            const ANSWER: bool = true;
        }
        <Of<$type>>::ANSWER
    }};
}

macro_rules! traits {
    ($type:ty) => {
        [
            ("Send", has!($type: Send)),
            ("Sync", has!($type: Sync)),
            ("Unpin", has!($type: Unpin)),
            ("UnwindSafe", has!($type: UnwindSafe)),
            ("RefUnwindSafe", has!($type: RefUnwindSafe)),
        ]
    };
}

/// A type must have the traits that the other one has, and no more of those that say what other threads may do.
macro_rules! compare {
    ($differences:ident: $($ours:ty, $theirs:ty;)*) => {$(
        for ((name, ours), (_, theirs)) in traits!($ours).into_iter().zip(traits!($theirs)) {
            let has_more = ours && !theirs && matches!(name, "Send" | "Sync");
            if has_more || (theirs && !ours) {
                let _ = writeln!($differences, "{}: {name} is {ours}", stringify!($ours));
            }
        }
    )*};
}

macro_rules! compare_with {
    ($differences:ident: $($content:ty;)*) => {$(compare! { $differences:
        loom::sync::Mutex<$content>, std::sync::Mutex<$content>;
        loom::sync::MutexGuard<'static, $content>, std::sync::MutexGuard<'static, $content>;
        loom::sync::RwLock<$content>, std::sync::RwLock<$content>;
        loom::sync::RwLockReadGuard<'static, $content>, std::sync::RwLockReadGuard<'static, $content>;
        loom::sync::RwLockWriteGuard<'static, $content>, std::sync::RwLockWriteGuard<'static, $content>;
        loom::sync::Arc<$content>, std::sync::Arc<$content>;
        loom::sync::Weak<$content>, std::sync::Weak<$content>;
        loom::sync::OnceLock<$content>, std::sync::OnceLock<$content>;
        loom::sync::LazyLock<$content>, std::sync::LazyLock<$content>;
        loom::sync::mpsc::Sender<$content>, std::sync::mpsc::Sender<$content>;
        loom::sync::mpsc::SyncSender<$content>, std::sync::mpsc::SyncSender<$content>;
        loom::sync::mpsc::Receiver<$content>, std::sync::mpsc::Receiver<$content>;
        loom::sync::atomic::AtomicPtr<$content>, std::sync::atomic::AtomicPtr<$content>;
        loom::cell::UnsafeCell<$content>, std::cell::UnsafeCell<$content>;
        loom::cell::Cell<$content>, std::cell::Cell<$content>;
        loom::cell::ConstPtr<$content>, *const $content;
        loom::cell::MutPtr<$content>, *mut $content;
        // As loom's, whose threads may return what is not sent.
        loom::thread::JoinHandle<$content>, std::sync::Arc<std::sync::Mutex<$content>>;
        loom::thread::LocalKey<$content>, std::thread::LocalKey<$content>;
    })*};
}

#[test]
fn types_have_the_auto_traits_of_std() {
    let mut differences = String::new();
    compare_with! { differences:
        u8;
        Cell<u8>;
        Rc<u8>;
        &'static Cell<u8>;
        &'static mut u8;
        *mut u8;
        std::marker::PhantomPinned;
    }
    compare! { differences:
        loom::sync::Condvar, std::sync::Condvar;
        loom::sync::Barrier, std::sync::Barrier;
        loom::sync::Once, std::sync::Once;
        loom::sync::WaitTimeoutResult, std::sync::WaitTimeoutResult;
        loom::sync::BarrierWaitResult, std::sync::BarrierWaitResult;
        loom::sync::atomic::AtomicBool, std::sync::atomic::AtomicBool;
        loom::sync::atomic::AtomicU8, std::sync::atomic::AtomicU8;
        loom::sync::atomic::AtomicI64, std::sync::atomic::AtomicI64;
        loom::sync::atomic::AtomicUsize, std::sync::atomic::AtomicUsize;
        loom::sync::Mutex<[Cell<u8>]>, std::sync::Mutex<[Cell<u8>]>;
        loom::sync::Mutex<dyn Send>, std::sync::Mutex<dyn Send>;
        loom::sync::Arc<dyn Send + Sync>, std::sync::Arc<dyn Send + Sync>;
        loom::thread::Builder, std::thread::Builder;
        loom::thread::Thread, std::thread::Thread;
        loom::thread::ThreadId, std::thread::ThreadId;
        loom::thread::Scope<'static, 'static>, std::thread::Scope<'static, 'static>;
        loom::thread::AccessError, std::thread::AccessError;
    }
    assert_eq!(differences, "", "\n{differences}");
}
