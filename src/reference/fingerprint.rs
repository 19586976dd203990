//! Fingerprints of data: equal data have equal numbers, and different data practically never do.

use std::hash::Hash;

use siphasher::sip128::{Hasher128, SipHasher13};

/// The fingerprint of some data, as its [`Hash`] distinguishes it.
pub fn fingerprint_of(data: &(impl Hash + ?Sized)) -> u128 {
    fingerprint_with(|hasher| data.hash(hasher))
}

/// As [`fingerprint_of`], for whatever is fed to the hasher.
pub fn fingerprint_with(feed: impl FnOnce(&mut SipHasher13)) -> u128 {
    let mut hasher = SipHasher13::new();
    feed(&mut hasher);
    hasher.finish128().as_u128()
}
