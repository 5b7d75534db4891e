//! What happened that somebody is to be told by mail.

use std::time::Duration;

use chrono::TimeDelta;
use domain::{
    Event,
    experience::ExperienceEvent,
    member::MemberEvent,
    project::{ProjectEvent, ProjectText},
    question::QuestionEvent,
};
use eventlog::Position;
use readmodel::{
    Seen,
    models::{experience::Experiences, project::Projects, question::Questions},
};

use crate::{Mail, MailError, letter::About, outbox};

/// Kinds of streams of which somebody may be told something.
const KINDS: [&str; 4] = ["member", "question", "experience", "project"];
/// Events read at once.
const PAGE: i64 = 500;
/// How long to wait after something broke, or while another process follows.
const PAUSE: Duration = Duration::from_secs(5);
/// What is older is nobody told any more, e.g. after mail was switched on.
const STALE: TimeDelta = TimeDelta::days(7);

/// Follows the log, for ever.
pub(crate) async fn follow(mail: Mail) {
    let mut head = mail.log.watch();
    loop {
        match page(&mail).await {
            // There may be more.
            Ok(Some(_)) => {}
            Ok(None) => {
                // Another process may put in what this one is woken for, and the other way round.
                let _ = tokio::time::timeout(PAUSE, head.changed()).await;
            }
            Err(error) => {
                tracing::warn!(error = &error as &dyn std::error::Error, "nobody is written to for now");
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
}

/// Where there is no position yet, it is the end of the log.
pub(crate) async fn begin(mail: &Mail) -> Result<(), MailError> {
    let head = mail.log.head().await?.position;
    let begun = sqlx::query!("INSERT INTO mail.follower (position) VALUES ($1) ON CONFLICT DO NOTHING", head);
    begun.execute(&mail.pool).await?;
    Ok(())
}

/// Takes a page of events into account: what is to be told and how far it was read become one. Nothing when there is
/// nothing new, or another process is at it.
async fn page(mail: &Mail) -> Result<Option<Position>, MailError> {
    let mut transaction = mail.pool.begin().await?;
    let head = mail.log.head().await?;
    let position = sqlx::query_scalar!("SELECT position FROM mail.follower FOR UPDATE SKIP LOCKED");
    let Some(position) = position.fetch_optional(&mut *transaction).await? else { return Ok(None) };
    let events = mail.log.page(position, PAGE).await?;
    let Some(last) = events.last().map(|event| event.position) else {
        transaction.commit().await?;
        return Ok(None);
    };
    let telling: Vec<_> = events.into_iter().filter(|event| KINDS.contains(&&*event.stream.kind)).collect();
    for seen in mail.models.see(&telling).await? {
        if seen.at <= head.at - STALE {
            continue;
        }
        for about in told(&seen).into_iter().chain(mail.redacted(&seen).await?) {
            outbox::put(&mut *transaction, &about).await?;
        }
    }
    sqlx::query!("UPDATE mail.follower SET position = $1", last).execute(&mut *transaction).await?;
    transaction.commit().await?;
    mail.due.notify_one();
    Ok(Some(last))
}

impl Mail {
    /// Whom to tell that a text was destroyed: its author, and the lead of the project it stood with. Whoever asked
    /// anonymously sees it themselves: a mail would tie them to it.
    async fn redacted(&self, seen: &Seen) -> Result<Vec<About>, MailError> {
        let key = seen.stream.id.to_string();
        let (author, project) = match &seen.event {
            Event::Question(QuestionEvent::ContributionRedacted { answer, .. }) => {
                self.models.reach(seen.position).await?;
                let Some(row) = self.models.row::<Questions>(key).await? else { return Ok(vec![]) };
                let of = |id| row.answers.iter().find(|row| row.id == id).and_then(|row| row.author);
                (answer.map_or(row.asker, of), row.project)
            }
            Event::Experience(ExperienceEvent::ContributionRedacted { .. }) => {
                self.models.reach(seen.position).await?;
                let Some(row) = self.models.row::<Experiences>(key).await? else { return Ok(vec![]) };
                (row.author, row.project)
            }
            Event::Project(ProjectEvent::ContributionRedacted { part, .. }) => {
                self.models.reach(seen.position).await?;
                let Some(row) = self.models.row::<Projects>(key).await? else { return Ok(vec![]) };
                let author = match part {
                    ProjectText::Bottleneck(id) => {
                        row.bottlenecks.iter().find(|row| row.id == *id).and_then(|row| row.raised_by)
                    }
                    ProjectText::Update(id) => row.updates.iter().find(|row| row.id == *id).and_then(|row| row.by),
                };
                (author, Some(row.id))
            }
            _ => return Ok(vec![]),
        };
        let lead = match project {
            Some(project) => self.models.row::<Projects>(project.to_string()).await?.map(|row| row.lead),
            None => None,
        };
        let position = seen.position;
        let author = author.map(|member| About::Redacted { member, position, own: true });
        let lead = lead.map(|member| About::Redacted { member, position, own: false });
        // (Who is both is told once: the first counts.)
        Ok(author.into_iter().chain(lead).collect())
    }
}

/// What somebody is to be told of an event that happened to them.
fn told(seen: &Seen) -> Option<About> {
    let (Event::Member(happened), position) = (&seen.event, seen.position) else { return None };
    let member = seen.stream.id.into();
    match happened {
        MemberEvent::MemberInvited { .. } => Some(About::Invited { member, position }),
        // Those who were invited on a basis hear of it with the invitation.
        MemberEvent::AccessGranted { reason: Some(_), .. } => Some(About::Granted { member, position }),
        MemberEvent::AccessRefused { .. } => Some(About::Refused { member, position }),
        MemberEvent::AccessEnded { .. } => Some(About::Ended { member, position }),
        MemberEvent::AccessGranted { reason: None, .. }
        | MemberEvent::AccessRequested { .. }
        | MemberEvent::MemberErased { .. }
        | MemberEvent::ProfileRevised { .. }
        | MemberEvent::RoleGiven { .. }
        | MemberEvent::RoleTaken { .. } => None,
    }
}
