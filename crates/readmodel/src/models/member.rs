//! Who takes part.

use domain::{
    Aggregate as _, Event, Scope, Timestamp,
    id::{MemberId, OrganisationId, RegionId, ThemeId},
    member::{MemberEvent, Profession, Role},
    scope::Consortium,
};
use serde::{Deserialize, Serialize};

use crate::{
    ReadModels,
    error::ReadModelError,
    model::{Model, Origin, Rows, Seen, Shown},
    tables,
};

/// Members; the key of a row is the member's id.
pub struct Members;

/// A member as others see them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MemberRow {
    /// Which.
    pub id: MemberId,
    /// Their name.
    pub name: Shown,
    /// The e-mail address they were invited at.
    pub email: Shown,
    /// What they do.
    pub profession: Option<Profession>,
    /// Where they work.
    pub organisation: OrganisationId,
    /// Themes they know well.
    pub expertise: Vec<ThemeId>,
    /// Whether colleagues may ask for contact.
    pub open_to_contact: bool,
    /// Every role they were ever given, in the order in which they were.
    pub roles: Vec<RoleHeld>,
    /// When they came, as a position.
    pub since: i64,
}

/// A role that was given, and how long it holds or held.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RoleHeld {
    /// Which.
    pub role: Role,
    /// Where.
    pub scope: Scope,
    /// From when.
    pub from: Timestamp,
    /// Until when, exclusive: its own end, or when it was taken or given anew, whichever was first. No end when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
    /// Who gave it; the platform when nobody.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by: Option<MemberId>,
}

impl RoleHeld {
    /// Whether it holds at a moment.
    pub fn holds(&self, at: Timestamp) -> bool {
        self.from <= at && self.until.is_none_or(|until| at < until)
    }

    /// Whether it reaches a region, which belongs to this consortium.
    pub fn reaches(&self, region: RegionId, consortium: Consortium) -> bool {
        match self.scope {
            Scope::National => true,
            Scope::Consortium { consortium: other } => other == consortium,
            Scope::Region { region: other } => other == region,
        }
    }
}

impl Model for Members {
    const NAME: &'static str = "member";
    const KINDS: &'static [&'static str] = &[domain::member::Member::KIND];
    const VERSION: u32 = 1;
    const DEFINITION: &'static str = include_str!("member.rs");
    const ORIGIN: Origin = Origin::Stream;
    const INDEXES: &'static [&'static str] =
        &["CREATE INDEX ON {table} (((doc ->> 'since')::bigint))", "CREATE INDEX ON {table} (lower(doc ->> 'email'))"];
    const BRINGS: &'static [(&'static str, &'static str)] = &[("doc ->> 'organisation'", "catalogue")];
    type Row = MemberRow;

    fn touches(event: &Seen) -> Vec<String> {
        match &event.event {
            Event::Member(_) => vec![event.stream.id.to_string()],
            _ => Vec::new(),
        }
    }

    fn fold(rows: &mut Rows<MemberRow>, event: &Seen) {
        let Event::Member(happened) = &event.event else { return };
        let key = event.stream.id.to_string();
        match happened {
            MemberEvent::MemberInvited { name, email, organisation } => rows.put(
                key,
                MemberRow {
                    id: event.stream.id.into(),
                    name: name.into(),
                    email: email.into(),
                    profession: None,
                    organisation: *organisation,
                    expertise: Vec::new(),
                    open_to_contact: false,
                    roles: Vec::new(),
                    since: event.position,
                },
            ),
            MemberEvent::ProfileRevised { name, profession, expertise, open_to_contact } => rows.change(&key, |row| {
                row.name = name.into();
                row.profession = Some(*profession);
                row.expertise.clone_from(expertise);
                row.open_to_contact = *open_to_contact;
            }),
            MemberEvent::RoleGiven { role, scope, until } => rows.change(&key, |row| {
                end(row, *role, scope, event.at);
                row.roles.push(RoleHeld {
                    role: *role,
                    scope: scope.clone(),
                    from: event.at,
                    until: *until,
                    by: event.actor.member(),
                });
            }),
            MemberEvent::RoleTaken { role, scope } => rows.change(&key, |row| end(row, *role, scope, event.at)),
        }
    }
}

/// A role holds no longer from here on, if it did.
fn end(row: &mut MemberRow, role: Role, scope: &Scope, at: Timestamp) {
    let held = row.roles.iter_mut().filter(|held| held.role == role && held.scope == *scope && held.holds(at));
    held.for_each(|held| held.until = Some(at));
}

impl ReadModels {
    /// Members in the order in which they came, after a position.
    pub async fn members(&self, after: i64, limit: i64) -> Result<Vec<MemberRow>, ReadModelError> {
        let docs = sqlx::query_scalar!(
            r#"SELECT doc::text AS "doc!" FROM member WHERE (doc ->> 'since')::bigint > $1
               ORDER BY (doc ->> 'since')::bigint LIMIT $2"#,
            after,
            limit
        )
        .fetch_all(&self.pool)
        .await?;
        docs.iter().map(|doc| tables::read::<Members>(doc)).collect()
    }

    /// Members who ever held a role beyond taking part, in the order in which they came.
    pub async fn members_with_roles(&self) -> Result<Vec<MemberRow>, ReadModelError> {
        let docs = sqlx::query_scalar!(
            r#"SELECT doc::text AS "doc!" FROM member WHERE doc -> 'roles' <> '[]' ORDER BY (doc ->> 'since')::bigint"#
        )
        .fetch_all(&self.pool)
        .await?;
        docs.iter().map(|doc| tables::read::<Members>(doc)).collect()
    }

    /// The members who were invited at an address, whatever its case; no more than two are told of.
    pub async fn members_with_email(&self, email: &str) -> Result<Vec<MemberId>, ReadModelError> {
        let ids = sqlx::query_scalar!(
            r#"SELECT key::uuid AS "id!" FROM member WHERE lower(doc ->> 'email') = lower($1) ORDER BY key LIMIT 2"#,
            email.trim()
        )
        .fetch_all(&self.pool)
        .await?;
        Ok(ids.into_iter().map(MemberId::from).collect())
    }
}
