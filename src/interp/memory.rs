//! Memory accesses of instructions and runtime functions by address: the host finds the cell, and then
//! carries out the access.

use super::{Host, Stop, allocation, refusal};
use crate::il::{MemoryOrder, RmwOp};

pub(super) fn store<H: Host>(host: &mut H, address: u64, word: u64) -> Result<(), Stop> {
    let cell = host.locate(address)?;
    host.store(cell, word)
}

pub(super) fn atomic_load<H: Host>(
    host: &mut H,
    address: u64,
    order: MemoryOrder,
) -> Result<u64, Stop> {
    let cell = host.locate(address)?;
    host.atomic_load(cell, order)
}

pub(super) fn atomic_store<H: Host>(
    host: &mut H,
    address: u64,
    word: u64,
    order: MemoryOrder,
) -> Result<(), Stop> {
    let cell = host.locate(address)?;
    host.atomic_store(cell, word, order)
}

pub(super) fn atomic_rmw<H: Host>(
    host: &mut H,
    address: u64,
    op: RmwOp,
    word: u64,
    order: MemoryOrder,
) -> Result<u64, Stop> {
    let cell = host.locate(address)?;
    host.atomic_rmw(cell, op, word, order)
}

pub(super) fn atomic_cas<H: Host>(
    host: &mut H,
    address: u64,
    expected: u64,
    desired: u64,
    success: MemoryOrder,
    failure: MemoryOrder,
) -> Result<u64, Stop> {
    let cell = host.locate(address)?;
    host.atomic_cas(cell, expected, desired, success, failure)
}

pub(super) fn atomic_cas_pointer<H: Host>(
    host: &mut H,
    address: u64,
    expected: u64,
    desired: u64,
    success: MemoryOrder,
    failure: MemoryOrder,
) -> Result<u64, Stop> {
    let cell = host.locate(address)?;
    host.atomic_cas_pointer(cell, expected, desired, success, failure)
}

/// Whether a pointer of checked code comes before another, or, if `or_equal`, is it.
pub(super) fn is_before<H: Host>(
    host: &mut H,
    one: u64,
    other: u64,
    or_equal: bool,
) -> Result<bool, Stop> {
    match allocation::order(one, other) {
        Some(order) => Ok(order.is_lt() || or_equal && order.is_eq()),
        None => {
            let (one, other) = (host.pointer_name(one), host.pointer_name(other));
            let (kind, message) = refusal::unrelated(&one, &other);
            Err(host.fail(kind, message))
        }
    }
}
