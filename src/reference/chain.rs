//! A list that grows at its end. Copies share the part that they have in common.

use std::sync::Arc;

/// A list whose clone costs nothing, however long it is.
#[derive(Clone, Debug)]
pub(super) struct Chain<T> {
    last: Option<Arc<Link<T>>>,
}

#[derive(Debug)]
struct Link<T> {
    item: T,
    before: Option<Arc<Link<T>>>,
}

impl<T> Chain<T> {
    pub(super) fn new() -> Self {
        Chain { last: None }
    }

    pub(super) fn push(&mut self, item: T) {
        self.last = Some(Arc::new(Link { item, before: self.last.take() }));
    }

    /// The items, the newest first.
    pub(super) fn iter(&self) -> impl Iterator<Item = &T> {
        let links = std::iter::successors(self.last.as_deref(), |link| link.before.as_deref());
        links.map(|link| &link.item)
    }
}

impl<T> Default for Chain<T> {
    fn default() -> Self {
        Chain::new()
    }
}

/// Drops link by link: if each link dropped the one before it, the stack would have to be as deep as the
/// list is long.
impl<T> Drop for Chain<T> {
    fn drop(&mut self) {
        let mut next = self.last.take();
        while let Some(mut link) = next.and_then(Arc::into_inner) {
            next = link.before.take();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_keeps_what_it_had() {
        let mut chain = Chain::new();
        chain.push(1);
        let copy = chain.clone();
        chain.push(2);
        assert_eq!(chain.iter().copied().collect::<Vec<_>>(), [2, 1]);
        assert_eq!(copy.iter().copied().collect::<Vec<_>>(), [1]);
    }

    #[test]
    fn a_long_list_is_dropped_without_a_deep_stack() {
        let mut chain = Chain::new();
        for item in 0..1_000_000 {
            chain.push(item);
        }
        let copy = chain.clone();
        drop(chain);
        assert_eq!(copy.iter().next(), Some(&999_999));
    }
}
