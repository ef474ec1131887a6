use crate::database::Database;

/// Every port of the application that is about storage, on one database. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Store {
    pub(crate) database: Database,
}

impl Store {
    /// The ports on a database whose schema is current.
    pub const fn new(database: Database) -> Self {
        Self { database }
    }

    /// The database beneath.
    pub const fn database(&self) -> &Database {
        &self.database
    }
}
