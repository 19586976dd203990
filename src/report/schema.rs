//! What an output as JSON says of itself: the JSON Schema in docs/schema/ that describes it.

use serde::Serialize;

/// The first fields of an output as JSON.
#[derive(Clone, Copy, Debug, Serialize)]
pub(super) struct SchemaName {
    /// The name of the schema, which is that of its file.
    schema: &'static str,
    /// It grows when a field changes its meaning; fields that are added leave it as it is.
    version: u32,
}

impl SchemaName {
    #[cfg(feature = "report")]
    pub(super) const CHECK: SchemaName = SchemaName { schema: "check-1", version: 1 };
    #[cfg(feature = "mutants")]
    pub(super) const MUTANTS: SchemaName = SchemaName { schema: "mutants-1", version: 1 };
    #[cfg(all(feature = "report", feature = "selfcheck"))]
    pub(super) const SELFCHECK: SchemaName = SchemaName { schema: "selfcheck-1", version: 1 };
}
