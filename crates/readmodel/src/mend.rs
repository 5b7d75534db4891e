//! Folding rows anew: those that hold what was erased, and no others.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use eventlog::{Log, Position};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::{
    error::ReadModelError,
    model::{Model, Origin, Rows, Seen},
    past,
    tables::{fold, load, upsert, write},
    told::see,
};

/// Folds the rows anew into which some events went, from all events up to a position. Rows that stay the same are not
/// written. Returns how many changed.
pub(crate) async fn mend<M: Model>(
    connection: &mut PgConnection,
    table: &str,
    log: &Log,
    events: &[Seen],
    until: Position,
) -> Result<usize, ReadModelError> {
    let events: Vec<&Seen> = events.iter().filter(|event| M::KINDS.contains(&&*event.stream.kind)).collect();
    let touched: BTreeSet<String> = events.iter().flat_map(|event| M::touches(event)).collect();
    let mut rows = Rows::new(load::<M>(connection, table, &Vec::from_iter(touched)).await?);
    // A fold writes the same rows whatever they hold by now.
    fold::<M>(&mut rows, &events)
        .map_err(|(n, why)| ReadModelError::Event { position: events[n].position, source: why.into() })?;
    let written: BTreeSet<String> = rows.changed().into_iter().map(|(key, _)| key.to_owned()).collect();
    let stored = load::<M>(connection, table, &Vec::from_iter(written)).await?;
    let mut subjects: BTreeMap<Uuid, Vec<(&String, &M::Row)>> = BTreeMap::new();
    for (key, row) in &stored {
        if let Some(subject) = M::subject(key) {
            subjects.entry(subject).or_default().push((key, row));
        }
    }
    let mut changed = 0;
    for (subject, rows) in subjects {
        let anew = of_subject::<M>(log, subject, until).await?;
        let (mut keys, mut docs) = (Vec::new(), Vec::new());
        for (key, row) in rows {
            let Some(row_anew) = anew.get(key) else { continue };
            let doc = write::<M>(row_anew)?;
            if doc != write::<M>(row)? {
                keys.push(key.clone());
                docs.push(doc);
            }
        }
        changed += keys.len();
        // One thing after the other: the database does not wait long for a transaction in which nothing happens.
        upsert(connection, table, keys, docs).await?;
    }
    Ok(changed)
}

async fn of_subject<M: Model>(
    log: &Log,
    subject: Uuid,
    until: Position,
) -> Result<HashMap<String, M::Row>, ReadModelError> {
    match M::ORIGIN {
        Origin::Concerning => Ok(past::as_of::<M>(log, subject, until).await?.into_map()),
        Origin::Stream => {
            let mut rows = Rows::default();
            for event in &see(log, &log.streams(&[subject], until).await?).await? {
                M::fold(&mut rows, event);
            }
            Ok(rows.into_map())
        }
    }
}
