//! Asking for access, and deciding on it (rule 1, **L**).

mod mutations;

pub(crate) use mutations::AdmissionMutations;

use std::{collections::HashMap, sync::Arc};

use app::Ground;
use async_graphql::{Context, ID, Object, SimpleObject};
use chrono::{DateTime, Utc};
use domain::{
    Aggregate as _, Command as _,
    basis::{Basis as BasisAggregate, GrantNumber},
    member::{GrantAccess, Member as MemberAggregate},
    organisation::Organisation as OrganisationAggregate,
};
use readmodel::models::{
    catalogue::{About, BasisFacts, Entry},
    member::{Decision, MemberRow, Members, Request},
};
use uuid::Uuid;

use super::{
    access_log,
    catalogue::{self, Intervention, Named as _},
    context::Viewing as _,
    error::Failed,
    id::global,
    limits,
    member::{self, Member},
    register::{self, AccessBasis, AccessBasisKind, Organisation},
    text::Text,
};

/// What was decided on a request.
#[derive(Clone, Debug)]
pub(crate) struct AccessDecision(Decision);

/// What was decided on a request.
#[Object]
impl AccessDecision {
    /// Whether access was granted.
    async fn granted(&self) -> bool {
        self.0.granted
    }

    async fn at(&self) -> DateTime<Utc> {
        self.0.at
    }

    /// Who decided.
    async fn by(&self, ctx: &Context<'_>) -> Result<Option<Member>, Failed> {
        member::maybe_member(ctx, self.0.by).await
    }

    /// Why.
    async fn reason(&self) -> Option<Text> {
        self.0.reason.as_ref().map(Text::from)
    }
}

/// Something in the register that a request may be about, and how well it fits.
#[derive(Clone, Debug, SimpleObject)]
#[expect(clippy::struct_excessive_bools, reason = "each is a mark of its own beside the request")]
pub(crate) struct AccessMatch {
    basis: AccessBasis,
    /// Its number or name is what the applicant wrote.
    same_name: bool,
    /// It is for every intervention that the applicant named.
    covers_interventions: bool,
    /// It holds today.
    holds_now: bool,
    /// It is for an organisation that is called as the applicant wrote.
    names_organisation: bool,
}

/// Somebody who asks to take part, beside what the register knows.
#[derive(Clone, Debug)]
pub(crate) struct AccessRequest {
    row: MemberRow,
    request: Request,
    bases: Arc<[(Uuid, BasisFacts)]>,
    organisations: Arc<HashMap<Uuid, String>>,
}

impl AccessRequest {
    /// Organisations that are called as the applicant wrote, or nearly so.
    fn named_alike(&self) -> Vec<Uuid> {
        let Some(typed) = self.request.organisation.text().map(str::to_lowercase) else { return vec![] };
        let alike = |name: &str| name == typed || (typed.len() > 3 && (name.contains(&typed) || typed.contains(name)));
        let mut ids: Vec<Uuid> =
            self.organisations.iter().filter(|(_, name)| alike(&name.to_lowercase())).map(|(id, _)| *id).collect();
        ids.sort_unstable();
        ids
    }

    fn is_named(&self, (id, basis): &(Uuid, BasisFacts)) -> bool {
        let Some(typed) = self.request.basis.text() else { return false };
        if self.request.is_grant {
            return basis.is_grant && GrantNumber::parse(typed).is_some_and(|number| number.basis().0 == *id);
        }
        !basis.is_grant && basis.name.to_lowercase() == typed.to_lowercase()
    }
}

/// Somebody who asks to take part, beside what the register knows.
#[Object]
impl AccessRequest {
    /// Who they are or would be.
    async fn member_id(&self) -> ID {
        global(MemberAggregate::KIND, self.row.id)
    }

    async fn name(&self) -> Text {
        (&self.row.name).into()
    }

    /// Shown to be theirs.
    async fn email(&self) -> Text {
        (&self.row.email).into()
    }

    /// Where they say they work.
    async fn organisation(&self) -> Text {
        (&self.request.organisation).into()
    }

    /// On what their access would rest.
    async fn basis_kind(&self) -> AccessBasisKind {
        if self.request.is_grant { AccessBasisKind::Grant } else { AccessBasisKind::PromisingProject }
    }

    /// The number of the grant, or the name of their project.
    async fn basis(&self) -> Text {
        (&self.request.basis).into()
    }

    /// What they say they implement.
    async fn interventions(&self, ctx: &Context<'_>) -> Result<Vec<Intervention>, Failed> {
        catalogue::interventions(ctx, &self.request.interventions).await
    }

    /// Why they ask.
    async fn motivation(&self) -> Option<Text> {
        self.request.motivation.as_ref().map(Text::from)
    }

    async fn requested_at(&self) -> DateTime<Utc> {
        self.request.at
    }

    /// What was decided; null while nothing was.
    async fn decision(&self) -> Option<AccessDecision> {
        self.request.decision.clone().map(AccessDecision)
    }

    /// Organisations of the register that are called as they wrote, or nearly so.
    async fn alike(&self, ctx: &Context<'_>) -> Result<Vec<Organisation>, Failed> {
        let ids: Vec<_> = self.named_alike().into_iter().map(Into::into).collect();
        register::organisations(ctx, &ids).await
    }

    /// Grants and promising projects that they may mean: with their number or name, or for such an organisation; those
    /// that fit best first.
    async fn matches(&self, ctx: &Context<'_>) -> Result<Vec<AccessMatch>, Failed> {
        let now = ctx.platform()?.app.source().now();
        let alike = self.named_alike();
        let mut found: Vec<AccessMatch> = self
            .bases
            .iter()
            .filter_map(|basis| {
                let (same_name, facts) = (self.is_named(basis), &basis.1);
                let names_organisation = facts.terms.organisations.iter().any(|id| alike.contains(&id.0));
                let covers = |id| facts.terms.interventions.contains(id);
                (same_name || names_organisation).then(|| AccessMatch {
                    same_name,
                    covers_interventions: self.request.interventions.iter().all(covers),
                    holds_now: facts.holds(now),
                    names_organisation,
                    basis: AccessBasis::new(basis.0, facts.clone()),
                })
            })
            .collect();
        found.sort_by_key(|found| {
            let fits = [found.same_name, found.holds_now, found.covers_interventions, found.names_organisation];
            std::cmp::Reverse(fits)
        });
        found.truncate(limits::PAGE);
        Ok(found)
    }

    /// A member who has the same e-mail address: they need a further basis rather than a second membership.
    async fn same_address(&self, ctx: &Context<'_>) -> Result<Option<Member>, Failed> {
        let Some(email) = self.row.email.text() else { return Ok(None) };
        let known = ctx.platform()?.models.members_with_email(email).await?;
        member::maybe_member(ctx, known.into_iter().find(|id| *id != self.row.id)).await
    }
}

/// Questions about who asks to take part.
#[derive(Debug, Default)]
pub(crate) struct AdmissionQueries;

#[Object]
impl AdmissionQueries {
    /// Who asked for access: those on whom nothing was decided yet, the first first, then the others, the latest first. At
    /// most a hundred. Null for whoever does not decide on access.
    #[graphql(complexity = "200 + 20 * child_complexity")]
    async fn access_requests(&self, ctx: &Context<'_>) -> Result<Option<Vec<AccessRequest>>, Failed> {
        if !decides(ctx).await? {
            return Ok(None);
        }
        let limit = i64::try_from(limits::PAGE).unwrap_or_default();
        let models = &ctx.platform()?.models;
        let rows = models.access_requests(limit).await?;
        let bases: Arc<[_]> = models.catalogue(BasisAggregate::KIND).await?.into_iter().filter_map(facts).collect();
        let organisations = models.catalogue(OrganisationAggregate::KIND).await?;
        let named = organisations.into_iter().map(|entry| (entry.id, entry.name().to_owned()));
        let organisations: Arc<HashMap<Uuid, String>> = Arc::new(named.collect());
        access_log::note(ctx, "read_access_requests", rows.iter().map(|row| row.id.0).collect(), Ground::Admission)
            .await?;
        let request = |row: MemberRow| {
            let request = row.request.clone()?;
            Some(AccessRequest { row, request, bases: bases.clone(), organisations: organisations.clone() })
        };
        Ok(Some(rows.into_iter().filter_map(request).collect()))
    }

    /// Whether one can ask for access here: it takes a way to write to people.
    async fn takes_access_requests(&self, ctx: &Context<'_>) -> Result<bool, Failed> {
        let platform = ctx.open()?;
        Ok(platform.mail.is_some() && platform.as_of.is_none())
    }
}

fn facts(entry: Entry) -> Option<(Uuid, BasisFacts)> {
    match entry.about {
        About::Basis(facts) => Some((entry.id, facts)),
        _ => None,
    }
}

/// Whether the viewer decides on access.
async fn decides(ctx: &Context<'_>) -> Result<bool, Failed> {
    ctx.may::<MemberAggregate>(Uuid::nil(), GrantAccess::NAME).await
}

/// Access that somebody has on one basis.
#[derive(Clone, Debug, SimpleObject)]
pub(crate) struct MemberAccess {
    basis: AccessBasis,
    /// The last day: that of the basis, or before.
    last_day: super::text::Date,
}

/// Whether the viewer may know on what somebody's access rests: themselves, and those who decide on access.
async fn sees_access(ctx: &Context<'_>, row: &MemberRow) -> Result<bool, Failed> {
    Ok(ctx.caller()?.viewer == Some(row.id) || decides(ctx).await?)
}

/// Whether somebody's access rests on no basis, for whoever may know; null for others.
pub(crate) async fn unbound(ctx: &Context<'_>, row: &MemberRow) -> Result<Option<bool>, Failed> {
    Ok(sees_access(ctx, row).await?.then_some(row.unbound))
}

/// On what somebody's access rests, for whoever may know; null for others.
pub(crate) async fn accesses(ctx: &Context<'_>, row: &MemberRow) -> Result<Option<Vec<MemberAccess>>, Failed> {
    if !sees_access(ctx, row).await? {
        return Ok(None);
    }
    let mut accesses = Vec::with_capacity(row.accesses.len());
    for held in &row.accesses {
        let entry = ctx.row::<readmodel::models::catalogue::Catalogue>(held.basis).await?;
        let Some(basis) = entry.and_then(AccessBasis::of) else { continue };
        let last_day = held.until.map_or(basis.facts.last_day(), |until| until.min(basis.facts.last_day()));
        accesses.push(MemberAccess { basis, last_day: super::text::Date(last_day) });
    }
    Ok(Some(accesses))
}

/// Those whose access rests on each of some bases, read at once, for whoever decides on access; nothing for others.
pub(crate) async fn resting_on(ctx: &Context<'_>, bases: &[Uuid]) -> Result<Option<Resting>, Failed> {
    if !decides(ctx).await? {
        return Ok(None);
    }
    let mut resting = Resting::new();
    for row in ctx.platform()?.models.members_resting_on(bases).await? {
        for held in &row.accesses {
            resting.entry(held.basis.0).or_default().push(row.clone());
        }
    }
    Ok(Some(resting))
}

/// Members by a basis on which their access rests.
pub(crate) type Resting = HashMap<Uuid, Vec<MemberRow>>;

/// The row of a member, whoever they are: also of those who only asked.
async fn row(ctx: &Context<'_>, id: Uuid) -> Result<Option<MemberRow>, Failed> {
    ctx.row::<Members>(id).await
}
