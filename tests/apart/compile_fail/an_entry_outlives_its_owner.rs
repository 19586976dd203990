//! V1: a look-up is owned. A borrow of it cannot go on when the owner is gone, and the registry
//! lends nothing that unregistering could take away.

use drawloom::native::Registry;

fn borrowed(registry: &Registry) -> &str {
    let found = registry.look_up("Host.Clock").expect("registered");
    found.name()
}

fn main() {}
