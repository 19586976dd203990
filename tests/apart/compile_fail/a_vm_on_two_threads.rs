//! A `Vm` is not `Sync`: two threads cannot have it at once.

fn shared<T: Sync>(_: &T) {}

fn two_threads_have_it(vm: &drawloom::native::Vm) {
    shared(vm);
}

fn main() {}
