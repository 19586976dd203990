//! Declarations of thread-local values and of lazy statics.

/// Declares thread-local values, as `std::thread_local!` does: each thread of an execution has its own.
#[macro_export]
macro_rules! thread_local {
    () => {};
    ($(#[$attr:meta])* $vis:vis static $name:ident: $type:ty = $init:expr; $($rest:tt)*) => {
        $crate::__heddle::sync::local! { $(#[$attr])* $vis static $name: $type = $init; }
        $crate::thread_local!($($rest)*);
    };
    ($(#[$attr:meta])* $vis:vis static $name:ident: $type:ty = $init:expr) => {
        $crate::thread_local!($(#[$attr])* $vis static $name: $type = $init;);
    };
}

/// Declares statics that are made when they are first used, as `lazy_static::lazy_static!` does: fresh in every
/// execution.
#[macro_export]
macro_rules! lazy_static {
    () => {};
    ($(#[$attr:meta])* $vis:vis static ref $name:ident: $type:ty = $init:expr; $($rest:tt)*) => {
        #[allow(non_camel_case_types, dead_code, missing_copy_implementations)]
        #[allow(missing_debug_implementations)]
        $(#[$attr])*
        $vis struct $name {
            __private: (),
        }
        #[doc(hidden)]
        $vis static $name: $name = $name { __private: () };
        impl ::core::ops::Deref for $name {
            type Target = $type;

            fn deref(&self) -> &$type {
                struct __Made;
                // Apart, so that a static of the same name may be used in it.
                impl $crate::lazy_static::__Initial<$type> for __Made {
                    fn make() -> $type {
                        $init
                    }
                }
                fn __value() -> &'static $type {
                    static LAZY: $crate::lazy_static::Lazy<$type> =
                        $crate::lazy_static::Lazy::__new::<__Made>();
                    LAZY.get()
                }
                let () = self.__private;
                __value()
            }
        }
        $crate::lazy_static!($($rest)*);
    };
}
