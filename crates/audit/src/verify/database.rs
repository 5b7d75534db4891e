//! Checking the database itself, also while the platform runs.

use eventlog::{Log, Node, Position, Recorded};

use super::{Against, Check, Leaf, Report, VerifyError, Wrong, export::Earlier, under};

/// Rows read at once.
const PAGE: i64 = 1_000;

/// Reads every row of the log and recomputes what can be. `progress` is told the position reached and the last one.
pub async fn verify_database(
    log: &Log,
    against: &Against,
    mut progress: impl FnMut(Position, Position),
) -> Result<Report, VerifyError> {
    let mut check = Check::new(against)?;
    let mut earlier = Earlier::open(against)?;
    let ends = log.ends().await?;
    outside(log, &mut check, Position::MIN, 0).await?;
    let mut after = 0;
    while after < ends.head {
        let rows = log.rows(after, PAGE.min(ends.head - after)).await?;
        if rows.is_empty() {
            break;
        }
        for row in rows {
            after = match &row {
                Ok(event) => event.position,
                Err(position) => *position,
            };
            if after > ends.head {
                break;
            }
            match row {
                Ok(event) => {
                    event_of(&mut check, &event);
                    earlier.compare(&mut check, event.position, event.leaf_hash)?;
                }
                Err(position) => check.unreadable(position),
            }
        }
        progress(after.min(ends.head), ends.head);
    }
    check.missing_up_to(ends.head);
    outside(log, &mut check, ends.head, ends.last.unwrap_or(0)).await?;
    if ends.tree.as_ref() != Some(&check.tree) {
        check.note(Wrong::Head { head: ends.head });
    }
    nodes(log, &mut check).await?;
    Ok(check.finish())
}

fn event_of(check: &mut Check, event: &Recorded) {
    check.event(&Leaf {
        position: event.position,
        stream: &event.stream.to_string(),
        version: event.version,
        at: &eventlog::timestamp(event.at),
        content: eventlog::leaf_hash(eventlog::envelope(event).as_bytes()),
        recorded: event.leaf_hash,
    });
}

/// Rows after a position, up to another, where there should be none.
async fn outside(log: &Log, check: &mut Check, mut after: Position, last: Position) -> Result<(), VerifyError> {
    while after < last {
        let rows = log.rows(after, PAGE).await?;
        let positions = rows.iter().map(|row| row.as_ref().map_or_else(|position| *position, |event| event.position));
        for position in positions.take_while(|position| *position <= last) {
            check.note(Wrong::Unexpected { position });
        }
        after = match rows.last() {
            Some(Ok(event)) => event.position,
            Some(Err(position)) => *position,
            None => last,
        };
    }
    Ok(())
}

/// The stored hashes inside the tree, as far as it was checked.
async fn nodes(log: &Log, check: &mut Check) -> Result<(), VerifyError> {
    let mut due = std::mem::take(&mut check.nodes);
    due.sort_unstable_by_key(|node| (node.level, node.index));
    let mut due = due.into_iter().peekable();
    let (size, mut after) = (check.tree.size(), (0, -1));
    let place = |node: &Node| (node.level, node.index);
    loop {
        let stored = log.nodes(after, PAGE).await?;
        let Some(last) = stored.last() else { break };
        after = place(last);
        for node in &stored {
            while let Some(missing) = due.next_if(|due| place(due) < place(node)) {
                check.note(under(&missing));
            }
            let right = due.next_if(|due| place(due) == place(node)).map(|due| due == *node);
            // Those of events that were appended meanwhile are not looked at.
            let later = matches!(under(node), Wrong::Node { last, .. } if last > size);
            if right == Some(false) || (right.is_none() && !later) {
                check.note(under(node));
            }
        }
    }
    due.for_each(|missing| check.note(under(&missing)));
    Ok(())
}
