//! Definitions of models, and where the tables of each are.

use sqlx::PgConnection;

use crate::{error::ReadModelError, models, tables::AnyModel};

/// A model as this program defines it.
pub(crate) struct Definition {
    pub(crate) model: Box<dyn AnyModel>,
    /// Changes with the definition.
    pub(crate) version: String,
    /// Where its tables are.
    pub(crate) schema: String,
}

impl std::fmt::Debug for Definition {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.label())
    }
}

impl Definition {
    pub(crate) fn new(model: Box<dyn AnyModel>, edition: &str) -> Self {
        let version = model.version(edition);
        Self { schema: schema(model.name(), &version), version, model }
    }

    pub(crate) fn name(&self) -> &'static str {
        self.model.name()
    }

    /// The table that queries read: they name it without its schema, and find it by the search path.
    pub(crate) fn live(&self) -> String {
        format!("{}.{}", self.schema, self.name())
    }

    /// The table that is being built.
    pub(crate) fn new_table(&self) -> String {
        format!("{}_new", self.live())
    }

    /// The table that was live before.
    pub(crate) fn previous(&self) -> String {
        format!("{}_previous", self.live())
    }

    /// What a worker says of itself that folds it.
    pub(crate) fn label(&self) -> String {
        format!("{} {}", self.name(), self.version)
    }

    /// Makes its schema, if there is none.
    pub(crate) async fn make_schema(&self, connection: &mut PgConnection) -> Result<(), ReadModelError> {
        sqlx::query!("SELECT readmodel.make_schema($1) AS done", self.schema).execute(connection).await?;
        Ok(())
    }
}

/// The schema of a model's version.
pub(crate) fn schema(model: &str, version: &str) -> String {
    format!("readmodel_{model}_{}", version.replace('-', "_"))
}

/// All models as this program defines them.
pub(crate) fn all() -> Vec<Definition> {
    of_edition("")
}

/// The same under another version each.
pub(crate) fn of_edition(edition: &str) -> Vec<Definition> {
    models::all().into_iter().map(|model| Definition::new(model, edition)).collect()
}

/// The table in which a model's rows are found, with its schema.
///
/// # Panics
/// When there is no such model.
pub fn table(model: &str) -> String {
    all().iter().find(|definition| definition.name() == model).map(Definition::live).expect("a read model")
}

/// Where queries find the tables of this program's definitions.
pub(crate) fn search_path(definitions: &[Definition]) -> String {
    let schemas = definitions.iter().map(|definition| &*definition.schema);
    schemas.chain(["public"]).collect::<Vec<_>>().join(", ")
}
