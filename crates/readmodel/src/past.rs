//! How things were at an earlier position: the same fold, in memory, from the events up to there.
//!
//! Nothing is kept for it, so that every position can be asked for. What was erased since stays erased: the texts are
//! opened with the keys of today.

use std::collections::HashMap;

use domain::id::ProjectId;
use eventlog::{Log, Position};
use uuid::Uuid;

use crate::{
    ReadModels,
    engine::PAGE,
    error::ReadModelError,
    model::{Model, Origin, Rows},
    models::cycle::{CycleRow, Cycles},
    told::see,
};

/// How one thing was: the rows of a model folded from every event that concerns a subject, up to and including a
/// position.
pub async fn as_of<M: Model>(log: &Log, subject: Uuid, until: Position) -> Result<Rows<M::Row>, ReadModelError> {
    let mut rows = Rows::default();
    let mut after = 0;
    loop {
        let mut events = log.concerning(subject, after, PAGE).await?;
        let Some(last) = events.last().map(|event| event.position) else { return Ok(rows) };
        events.retain(|event| event.position <= until);
        for event in &see(log, &events).await? {
            M::fold(&mut rows, event);
        }
        if last >= until {
            return Ok(rows);
        }
        after = last;
    }
}

impl ReadModels {
    /// Rows by the ids that are their keys, as they were at an earlier position.
    pub async fn rows_at<M: Model>(
        &self,
        ids: &[Uuid],
        until: Position,
    ) -> Result<HashMap<String, M::Row>, ReadModelError> {
        match M::ORIGIN {
            Origin::Stream => {
                let events = self.log.streams(ids, until).await?;
                let mut rows = Rows::default();
                for event in &see(&self.log, &events).await? {
                    M::fold(&mut rows, event);
                }
                Ok(rows.into_map())
            }
            Origin::Concerning => {
                let mut found = HashMap::new();
                for id in ids {
                    let key = id.to_string();
                    let mut rows = as_of::<M>(&self.log, *id, until).await?.into_map();
                    found.extend(rows.remove(&key).map(|row| (key, row)));
                }
                Ok(found)
            }
        }
    }

    /// The cycles of a project as they were at an earlier position, in the order in which they were planned.
    pub async fn cycles_at(&self, project: ProjectId, until: Position) -> Result<Vec<CycleRow>, ReadModelError> {
        let rows = as_of::<Cycles>(&self.log, project.0, until).await?.into_map();
        let mut cycles: Vec<CycleRow> = rows.into_values().filter(|row| row.project == project).collect();
        cycles.sort_unstable_by_key(|row| row.planned_position);
        Ok(cycles)
    }
}
